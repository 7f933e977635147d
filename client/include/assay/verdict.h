// A verdict: what the daemon says about one token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/codes.h"

namespace assay {

using schema::Code;
using schema::CodeInfo;
using schema::Outcome;

// Claim: one that was asked for and that the token has.
struct Claim {
  std::string pointer;  // RFC 6901, as asked for
  std::string json;     // the value as it stands in the token: JSON text, not decoded
};

// What Verdict::retry_after_ms is at the most: whoever obeys it stays away no longer than this, whatever the daemon says.
inline constexpr std::uint32_t kRetryAfterMsMax = 60'000;

// Verdict: a value. A default one is refused. Everything from `oauth_server` to `claims` is set for accepted tokens alone.
struct Verdict {
  // Why. Code::unset (refused) also stands for a code that this library does not know, such as one of a newer daemon.
  Code code = Code::unset;
  // Whether the signature was verified. Until then nothing that a token says means anything.
  bool signature_verified = false;
  // The state of the daemon that gave this verdict; it grows with every deploy and every change of keys.
  std::uint64_t generation = 0;
  // The history that the generation belongs to: random, new when the daemon's state was lost or is not on its disk. Only (instance, generation) together
  // name what judged; generations of two instances say nothing about each other. 0: not said, by an older daemon.
  std::uint64_t instance = 0;

  std::string oauth_server;               // the token's issuer, by its name in the configuration
  std::optional<std::string> kid;         // of the key that verified the token; absent when the token names none
  std::int64_t valid_until = 0;           // seconds since 1970: an upper bound if nothing changes. Do not cache verdicts; ask again
  std::int64_t expires_at = 0;            // seconds since 1970: the token's exp, rounded down
  std::optional<std::string> subject;     // the token's sub
  std::optional<std::string> client_id;
  std::vector<std::string> scopes;
  std::vector<Claim> claims;

  // Of an unavailable verdict alone: when it is worth asking again, in milliseconds, at most kRetryAfterMsMax; 0: unknown. The library does not ask again by itself: the
  // service answers 503 now, and its caller waits.
  std::uint32_t retry_after_ms = 0;

  // accepted(): the one question that lets a request in. True only for Code::accepted with a verified signature.
  bool accepted() const noexcept { return code == Code::accepted && signature_verified; }
  // info(): what to make of it: HTTP status, RFC 6750 error, a text that is safe to show. Refused for anything that is not clearly otherwise.
  const CodeInfo& info() const noexcept { return schema::info(code == Code::accepted && !signature_verified ? Code::unset : code); }
  // outcome(): accepted, refused or unavailable; never unset.
  Outcome outcome() const noexcept {
    if (accepted()) return Outcome::accepted;
    return info().outcome == Outcome::unavailable ? Outcome::unavailable : Outcome::refused;
  }
  // retry_after_s(): retry_after_ms as the header Retry-After of the 503 has it (RFC 9110 section 10.2.3): whole seconds, rounded up; 0: send none.
  std::uint32_t retry_after_s() const noexcept { return retry_after_ms / 1000 + (retry_after_ms % 1000 != 0 ? 1 : 0); }
};

// name(outcome): "accepted", "refused" or "unavailable"; unset reads as refused.
std::string_view name(Outcome outcome) noexcept;

}  // namespace assay
