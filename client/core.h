// The protocol without I/O: requests become bytes, bytes become answers. Whoever owns the socket (link.h) moves the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "assay/client.h"
#include "assay/result.h"
#include "assay/verdict.h"
#include "client/messages.h"

namespace assay::core {

struct Encoder;

// Limits of what is sent and taken; the same in both directions.
struct Limits {
  std::size_t frame_bytes_max;     // the 4-byte prefix included
  std::uint32_t tables_max;        // of a response; the FlatBuffers verifier stops there
  std::size_t unfolded_bytes_max;  // of a response in memory: strings of a FlatBuffer may share their bytes, ours do not
};

// Data: at the most 256 verdicts with 16 claims each are 4,354 tables; the rest is room for what a newer daemon adds. A shared one-letter scope costs 4 bytes of a
// frame and 33 of memory.
inline constexpr Limits kDataLimits{kRequestBytesMax, 64 * 1024, 16 * kRequestBytesMax};
// Control: a status report has a table for each key of each OAuth server, used or skipped.
inline constexpr Limits kControlLimits{32 * kRequestBytesMax, 4 * 1024 * 1024, 256 * kRequestBytesMax};

inline constexpr std::uint32_t kDepthMax = 8;
inline constexpr std::size_t kFrameAlignBytes = 8;
inline constexpr std::size_t kFramePrefixBytes = 4;
// What a configuration may have, so that the envelope around it fits into a control frame.
inline constexpr std::size_t kConfigurationBytesMax = kControlLimits.frame_bytes_max - 64 * 1024;
// What a JWK Set may have that is pushed: as much as one that is fetched.
inline constexpr std::size_t kPushedJwksBytesMax = std::size_t{256} * 1024;

// Answer: what a request came to. The kind is the one that belongs to the request, or a Refusal; never anything else.
using Answer = std::variant<Refusal, DaemonInfo, std::vector<Verdict>, Deployed, Pushed, Refreshed, StatusReport, MetricsText>;

struct Response {
  std::uint64_t id = 0;
  Answer answer;
};

// value_of<T>(answer): the T it holds. The core pairs kinds; should it ever fail to, the caller gets an error and not a default.
template <class T>
Result<T> value_of(Answer&& answer) {
  if (T* value = std::get_if<T>(&answer)) return std::move(*value);
  if (Refusal* refusal = std::get_if<Refusal>(&answer)) return std::move(refusal->error);
  Error error;
  error.status = CallStatus::bad_response;
  error.text = "the peer sent an answer that does not fit the request";
  return error;
}

// ValidationFrame: a validation as it goes over the wire, but for its id and its deadline. Any thread can make one, and it can be sent more than once. A value.
struct ValidationFrame {
  std::vector<std::byte> bytes;
  std::size_t token_count = 0;
};

// frame_of(request, tokens, limits): or bad_argument. Arguments are borrowed for the call. Thread-safe.
Result<ValidationFrame> frame_of(const ValidationRequest& request, std::span<const std::string_view> tokens, const Limits& limits);

// Core: one connection's protocol state. Requests may be pipelined; responses may come in any order. A resource, for one thread at a time.
//
// The peer's first breach of the protocol ends the connection: failure() says why, every open request gets a Refusal, and no byte is taken any more. No request
// is ever left without a response unless it was abandoned.
class Core {
 public:
  // first_id: of the first request; take a random one, so that an answer meant for another connection or another process never fits.
  Core(const Limits& limits, std::uint64_t first_id);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Each appends a request to output() and returns its id, never 0; or bad_argument, and nothing has happened. Arguments are borrowed for the call.
  Result<std::uint64_t> ping();
  // deadline_ms: how long an answer is waited for; 0: not said.
  Result<std::uint64_t> validate(const ValidationRequest& request, std::span<const std::string_view> tokens, std::uint32_t deadline_ms);
  // validate(frame, deadline_ms): likewise, of a frame that frame_of() made for the same limits.
  Result<std::uint64_t> validate(const ValidationFrame& frame, std::uint32_t deadline_ms);
  Result<std::uint64_t> deploy(const DeployRequest& request);
  Result<std::uint64_t> rollback(const RollbackRequest& request);
  Result<std::uint64_t> push_keys(std::string_view oauth_server, std::string_view jwks, std::string_view url);
  Result<std::uint64_t> refresh(std::string_view oauth_server, std::string_view url);
  Result<std::uint64_t> status();
  Result<std::uint64_t> metrics();

  // output(): bytes to send, until the next call that is not const. sent(count): that many of them are sent.
  std::span<const std::byte> output() const noexcept;
  void sent(std::size_t count) noexcept;

  // received(bytes): takes bytes of the stream, cut anywhere.
  void received(std::span<const std::byte> bytes);
  // closed(system_errno): the stream has ended; every open request gets connection_lost.
  void closed(int system_errno);

  // take(id), take_any(): a response that is there, or nothing yet. Each is handed out once.
  std::optional<Response> take(std::uint64_t id);
  std::optional<Response> take_any();

  // abandon(id): nobody waits for this response any more; it will be dropped when it comes.
  void abandon(std::uint64_t id);

  // open_count(): requests without a response yet, abandoned ones included.
  std::size_t open_count() const noexcept { return open_.size(); }
  // answered(): whether the peer has answered any request on this connection.
  bool answered() const noexcept { return answered_; }
  // failure(): why this connection is of no more use; null as long as it is.
  const Error* failure() const noexcept { return failure_ ? &*failure_ : nullptr; }

 private:
  enum class Kind : std::uint8_t { unset = 0, ping, validate, deployment, push_keys, refresh, status, metrics };  // deployment: a deploy or a rollback
  struct Open {
    Kind kind = Kind::unset;
    std::size_t token_count = 0;
    bool dry_run = false;
    bool abandoned = false;
  };

  Result<std::uint64_t> enqueue(const Open& open);
  std::uint64_t opened(const Open& open);
  void take_frame(std::span<const std::byte> frame);
  void respond(std::uint64_t id, const Open& open, Answer answer);
  void fail(const Error& failure, const Error& others);
  void breach(const char* what);

  Limits limits_;
  std::uint64_t next_id_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<std::byte> output_;
  std::size_t output_start_ = 0;
  std::vector<std::byte> input_;
  std::unordered_map<std::uint64_t, Open> open_;
  std::deque<Response> ready_;
  std::optional<Error> failure_;
  bool answered_ = false;
};

}  // namespace assay::core
