// What a call of libassay comes to: a value, or why there is none. A verdict is a value: that a token is refused is an answer, not an error.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

// CallStatus: how a call ended. Only ok is success; 0 is what a forgotten status reads as.
enum class CallStatus : std::uint8_t {
  unset = 0,
  ok = 1,
  bad_argument = 2,       // the request breaks a limit of the protocol; nothing was sent
  cannot_connect = 3,     // the daemon cannot be reached: Error::system_errno says why
  timed_out = 4,          // no answer within the time of the call
  connection_lost = 5,    // the connection broke before the answer was whole
  bad_response = 6,       // the peer does not speak the protocol
  daemon_error = 7,       // the daemon answered with an Error: Error::daemon_error
  too_many_requests = 8,  // of an asynchronous client: its limit of calls under way is reached; nothing was sent
  cancelled = 9,          // of an asynchronous client: it was destroyed before there was an answer
};

// DaemonError: why the daemon gave no verdicts, or did not do what an operator asked (ErrorCode of schema/protocol.fbs).
// unset stands for none, and for one that this library does not know.
enum class DaemonError : std::uint8_t {
  unset = 0,
  bad_frame = 1,
  unknown_request = 2,
  bad_request = 3,
  unknown_api_service = 4,
  overloaded = 5,
  too_many_connections = 6,
  response_too_large = 7,
  bad_configuration = 8,
  shutting_down = 9,
  conflict = 10,
  no_such_deployment = 11,
  not_kept = 12,
  bad_key_source = 13,
  bad_keys = 14,
  forbidden = 15,
  no_fetcher = 16,
};

// name(value): its name as written above, for logs and metrics. Never empty.
std::string_view name(CallStatus status) noexcept;
std::string_view name(DaemonError error) noexcept;

// Error: why a call has no value.
struct Error {
  CallStatus status = CallStatus::unset;
  DaemonError daemon_error = DaemonError::unset;  // with status daemon_error
  int system_errno = 0;                           // with cannot_connect and connection_lost; 0 if there is none
  std::string text;                               // one line for an operator; holds nothing of a token
};

// Result<T>: a T, or an Error. Asking for a value that is not there ends the process: nothing absent may read as an answer.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept : value_(std::move(value)) {}        // NOLINT: values convert
  Result(Error error) noexcept : error_(std::move(error)) {}    // NOLINT: errors convert

  bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  // status(): ok if and only if there is a value.
  CallStatus status() const noexcept {
    if (ok()) return CallStatus::ok;
    return error_.status == CallStatus::ok ? CallStatus::unset : error_.status;
  }
  // error(): why there is no value; meaningless if there is one.
  const Error& error() const noexcept { return error_; }

  const T& value() const& noexcept { return ok() ? *value_ : stop(); }
  T& value() & noexcept { return ok() ? *value_ : stop(); }
  T&& value() && noexcept { return std::move(ok() ? *value_ : stop()); }
  const T& operator*() const& noexcept { return value(); }
  T& operator*() & noexcept { return value(); }
  const T* operator->() const noexcept { return &value(); }
  T* operator->() noexcept { return &value(); }

 private:
  [[noreturn]] static T& stop() noexcept { std::abort(); }

  std::optional<T> value_;
  Error error_;
};

// Done: the value of a call that has nothing to tell but that it was done.
struct Done {};

}  // namespace assay
