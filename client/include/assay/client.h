// Client: asks the assay daemon of this host whether tokens are valid.
//
//   assay::Client client("/run/assay/data.sock");
//   const assay::ValidationRequest orders{.api_service = "orders", .required_scopes = {"orders.read"}, .claims = {}};
//   const auto verdict = client.validate(orders, token);
//   if (!verdict) return service_unavailable(verdict.error().text);            // no answer is no permission
//   if (!verdict->accepted()) return refuse(verdict->info().http_status, assay::www_authenticate(*verdict, "orders"), verdict->retry_after_s());
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/result.h"
#include "assay/verdict.h"

namespace assay {

inline constexpr std::string_view kDefaultSocketPath = "/run/assay/data.sock";

// The limits of one request (docs/PROTOCOL.md); a request beyond them is CallStatus::bad_argument. The daemon's configuration may set lower ones.
inline constexpr std::size_t kTokensPerRequestMax = 256;
inline constexpr std::size_t kScopesPerRequestMax = 32;
inline constexpr std::size_t kClaimsPerRequestMax = 16;
inline constexpr std::size_t kRequestBytesMax = std::size_t{1024} * 1024;  // the whole frame, of which the tokens are the most

// ClientOptions: all times in milliseconds.
struct ClientOptions {
  // For a whole call: connecting, sending, waiting, and the retry. At least 1. The daemon is told, and drops what nobody waits for any more.
  std::uint32_t timeout_ms = 1000;
  // How long a call, within its time, goes on trying to connect (to sit out a restart of the daemon); 0: one try.
  std::uint32_t connect_timeout_ms = 250;
  // The pause after a failed try grows from the first to the second of these, doubling, with jitter. A call that would have to wait longer than its
  // connect_timeout_ms for the next try fails at once.
  std::uint32_t backoff_ms_min = 10;
  std::uint32_t backoff_ms_max = 2000;
};

// ValidationRequest: what is asked of a token. Make one for each kind of call and keep it. A value.
struct ValidationRequest {
  std::string api_service;                    // by its name in the daemon's configuration
  std::vector<std::string> required_scopes;   // besides those that the API service's configuration requires; the token needs all of them
  std::vector<std::string> claims;            // JSON pointers (RFC 6901) to claims that the verdict shall carry
};

// DaemonInfo: the answer to a ping.
struct DaemonInfo {
  std::string version;
  std::uint64_t generation = 0;
  std::uint64_t instance = 0;  // see Verdict
};

// Client: one connection to the daemon. It connects with the first call, and again by itself when the connection has gone: a call tries to connect for
// connect_timeout_ms, with growing pauses. A validation whose connection breaks is sent once more, within its time; nothing else is repeated, and an
// answer, whatever it says, never is.
//
// A resource: neither copied nor moved. Used by one thread at a time; threads have a Client each. After fork() the child connects anew, so that two processes
// never read each other's answers. Opens no threads, raises no SIGPIPE, throws nothing; out of memory ends the process.
class Client {
 public:
  // Client(socket_path, options): does not connect yet.
  explicit Client(std::string socket_path = std::string(kDefaultSocketPath), const ClientOptions& options = {}) noexcept;
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // connect(): connects now unless connected, so that a service learns at its start whether the daemon is there. Calls do this by themselves.
  Result<Done> connect() noexcept;

  // validate(request, token): one token, any bytes. An error says nothing about the token: do not let the request in.
  Result<Verdict> validate(const ValidationRequest& request, std::string_view token) noexcept;

  // validate(request, tokens): up to kTokensPerRequestMax tokens in one frame, judged by one state of the daemon; exactly one verdict for each, in their order.
  // The tokens are borrowed until the call returns.
  Result<std::vector<Verdict>> validate(const ValidationRequest& request, std::span<const std::string_view> tokens) noexcept;

  // ping(): whether the daemon answers, and which it is.
  Result<DaemonInfo> ping() noexcept;

  // close(): closes the connection; the next call opens another.
  void close() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay
