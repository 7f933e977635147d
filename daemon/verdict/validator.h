// The way of a request: tokens in, verdicts out. The one entry point that judges a token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "crypto/engine.h"
#include "jose/pointer.h"
#include "schema/codes.h"
#include "snapshot/snapshot.h"
#include "verdict/token_cache.h"

namespace assay::verdict {

// TokenRequestView: one token to judge, for one API service of the snapshot. Everything is borrowed until the verdicts have been read.
struct TokenRequestView {
  std::string_view token;
  const snapshot::ApiService* api_service = nullptr;  // never null: an unknown API service is an Error, not a verdict
  std::span<const std::string_view> required_scopes;
  std::span<const jose::PointerView> claims;
};

// ClaimAnswerView: a claim that was asked for: its pointer and its value as written in the token.
struct ClaimAnswerView {
  std::string_view pointer;
  std::string_view json;
};

// VerdictView: the answer for one token. Borrows from the snapshot, the request and the validator, until its next validate. Of a refused token nothing
// leaves the daemon but code, signature_verified and generation; its server and kid, as far as they are known, are for the log.
struct VerdictView {
  schema::Code code = schema::Code::unset;
  bool signature_verified = false;
  std::uint64_t generation = 0;  // of the snapshot that judged
  const snapshot::OAuthServer* oauth_server = nullptr;
  std::optional<std::string_view> kid;
  std::uint32_t retry_after_ms = 0;  // key_refreshing: when it is worth asking again
  // Accepted tokens alone:
  std::int64_t valid_until_s = 0;  // the verdict holds before that second if nothing changes
  std::int64_t expires_at_s = 0;   // exp, rounded down
  std::optional<std::string_view> subject;
  std::optional<std::string_view> client_id;
  std::span<const std::string_view> scopes;
  std::span<const ClaimAnswerView> claims;
};

// Validator: judges batches of tokens; owns the memory they need, takes it in the first batches and allocates nothing afterwards. One per worker.
class Validator {
 public:
  // engine and cache outlive the validator; cache: null: none. hash_key: secret to this process. lane: in which the use of keys (key_use.h) and of the cache is counted; no two
  // validators share one at a time.
  Validator(crypto::Engine& engine, base::HashKey hash_key, std::size_t lane, TokenCache* cache = nullptr);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  // begin(snapshot, now_s): a new batch; ends the views of the last one. The snapshot lives until the verdicts have been read. now_s: seconds since 1970.
  void begin(const snapshot::Snapshot& snapshot, std::int64_t now_s);
  // add(request): a token whose API service is the snapshot's. Those that the cache seems to know wait for a few others, to be hashed together; all others are read, up to their signature.
  // About how many nanoseconds the signatures will cost that this call has found to be necessary, on the scale of Engine::cost_ns: 0 for a token that is refused already, or
  // waits. At most kBatchTokensMax tokens in a batch (CHECKed).
  std::uint64_t add(const TokenRequestView& request);
  // settle(): the last of those that wait are looked up; about what their signatures will cost, as add. finish() does it if nobody has.
  std::uint64_t settle();
  // added(): how many there are in the batch.
  std::size_t added() const noexcept;
  // finish(): checks all signatures together, and judges. One verdict for each token, in the order in which they were added.
  std::span<const VerdictView> finish();

  // must_wake_schedule(): whether, since begin(), a kid came that nobody knows, and that the schedule of its key source has not been told of yet: wake it.
  bool must_wake_schedule() const noexcept;

  // validate(snapshot, requests, now_s, verdicts): the three above for a batch that is there as a whole; verdicts has the size of requests (CHECKed).
  void validate(const snapshot::Snapshot& snapshot, std::span<const TokenRequestView> requests, std::int64_t now_s, std::span<VerdictView> verdicts);

 private:
  std::uint64_t cost_since(std::size_t checks_before) const noexcept;

  struct Workspace;
  crypto::Engine& engine_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace assay::verdict
