// AsyncClient and PollClient: many validations under way at once over few connections. AsyncClient has a thread of its own and is for any thread; PollClient has
// none and is for a program that has an event loop.
//
//   assay::AsyncClient client("/run/assay/data.sock");
//   const assay::Result<assay::Done> taken = client.validate(orders, token, [request](assay::Result<assay::Verdict> verdict) {
//     if (!verdict) return request->respond(503);               // no answer is no permission
//     if (!verdict->accepted()) return request->respond(verdict->info().http_status, assay::www_authenticate(*verdict, "orders"));
//     request->serve(verdict->subject);
//   });
//   if (!taken) request->respond(503);                          // not taken: the callback will not run
//
// Both follow the rules of Client: a limit of time for each call, told to the daemon; a connection that comes back by itself, with growing pauses; a validation
// whose connection breaks is sent once more, within its time, and an answer, whatever it says, never is.
//
// A call is taken or it is not, as the value of validate() says. If it is, its callback runs exactly once, never inside that validate(), also when the client is
// destroyed first (CallStatus::cancelled). If it is not, the callback never runs. A callback may call the client again and may destroy it. It must not throw:
// that ends the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/client.h"
#include "assay/result.h"
#include "assay/verdict.h"

namespace assay {

// AsyncOptions: the limits are for each connection.
struct AsyncOptions {
  ClientOptions client;
  // Calls under way, and the bytes of their requests; beyond either a call is not taken (CallStatus::too_many_requests). At least one call always fits.
  std::uint32_t requests_max = 8192;
  std::size_t bytes_max = 16 * kRequestBytesMax;
  // Of an AsyncClient, 1 to 64: each has a thread. A daemon serves a connection with one of its workers, so more than it has workers are of no use.
  std::uint32_t connections = 1;
};

// VerdictCallback, VerdictsCallback: how a call ended; for one token, and for several. An error says nothing about any token: do not let the request in.
using VerdictCallback = std::function<void(Result<Verdict>)>;
using VerdictsCallback = std::function<void(Result<std::vector<Verdict>>)>;

// AsyncClient: for any number of threads at once. Calls that come while its thread is busy leave together in one write; one that comes while it is idle leaves at
// once. It never waits for more to come.
//
// A resource. Callbacks run on the client's thread (that of their connection, if there are several), so a slow one delays the others, and one that waits for
// another call of this client waits for ever. The thread is named "assay" and has all signals blocked.
//
// After fork() the child's client has connections and threads of its own, made with its first call. Calls that were under way are the parent's: in the child their
// callbacks never run and their futures never become ready; descriptors of the parent's connections stay open in it until exec.
class AsyncClient {
 public:
  // AsyncClient(socket_path, options): connects with the first call. Out of descriptors or threads: every call fails with cannot_connect.
  explicit AsyncClient(std::string socket_path = std::string(kDefaultSocketPath), const AsyncOptions& options = {}) noexcept;
  // ~AsyncClient(): ends every call that is under way, and returns when all callbacks have returned (but the one that it is called from, if it is).
  ~AsyncClient();
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;

  // validate(request, token or tokens, callback): asks; never waits. The callback may already run, on its thread, before this has returned. All but the callback
  // is borrowed for the call alone. Not taken: bad_argument, too_many_requests, cancelled (from a callback of a client that is being destroyed), or cannot_connect as above. Thread-safe.
  Result<Done> validate(const ValidationRequest& request, std::string_view token, VerdictCallback callback) noexcept;
  Result<Done> validate(const ValidationRequest& request, std::span<const std::string_view> tokens, VerdictsCallback callback) noexcept;

  // validate(request, token or tokens): the same with a future, which also says why a call was not taken. It is always given a value, never an exception.
  std::future<Result<Verdict>> validate(const ValidationRequest& request, std::string_view token) noexcept;
  std::future<Result<std::vector<Verdict>>> validate(const ValidationRequest& request, std::span<const std::string_view> tokens) noexcept;

 private:
  struct State;
  State& state() noexcept;

  std::string socket_path_;
  AsyncOptions options_;
  std::atomic<State*> state_;  // replaced in a child after fork()
};

// PollClient: for an event loop, over one connection: poll, epoll, libuv and the like.
//
//   watch client.fd() for reading, always; when it is readable, call client.on_readable().
//
// That is all. The descriptor is the same for life, and it becomes readable whenever there is something to do: answers have come, requests can go out, a time has
// passed. (It is an epoll set with the connection and a timer in it. So nothing changes for the loop when the connection does, there is no on_writable() to call,
// and no timeout to ask for.) on_readable() sends what was asked since the last turn of the loop in one write, so a request leaves one turn later, without a pause.
//
// A resource, for one thread at a time; opens no threads, never waits. Callbacks run inside on_readable(), and inside the destructor.
//
// After fork() the child's client has a connection of its own, made with its first call; calls that were under way are the parent's, and in the child their
// callbacks never run. fd() is still the same number, but another file: the child adds it to its loop anew, after that first call.
class PollClient {
 public:
  // PollClient(socket_path, options): connects with the first call. Out of descriptors: fd() is -1 and every call fails with cannot_connect.
  explicit PollClient(std::string socket_path = std::string(kDefaultSocketPath), const AsyncOptions& options = {}) noexcept;
  // ~PollClient(): ends every call that is under way. Take fd() out of the loop before.
  ~PollClient();
  PollClient(const PollClient&) = delete;
  PollClient& operator=(const PollClient&) = delete;

  // fd(): owned by the client; to be waited on and for nothing else.
  int fd() const noexcept;
  // on_readable(): does what there is to do, and runs the callbacks of calls that have ended. To call it for nothing does no harm; inside a callback it does nothing.
  void on_readable() noexcept;

  // validate(request, token or tokens, callback): asks. All but the callback is borrowed for the call alone. Not taken: bad_argument, too_many_requests, cancelled
  // (from a callback inside the destructor), or cannot_connect as above.
  Result<Done> validate(const ValidationRequest& request, std::string_view token, VerdictCallback callback) noexcept;
  Result<Done> validate(const ValidationRequest& request, std::span<const std::string_view> tokens, VerdictsCallback callback) noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with an on_readable() that is under way
};

}  // namespace assay
