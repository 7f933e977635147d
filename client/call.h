// One validation that is under way: what was asked, until when an answer is waited for, and who is told.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "assay/async_client.h"
#include "client/core.h"
#include "client/link.h"
#include "client/socket.h"

namespace assay {

// checked(options): with what makes no sense put right.
AsyncOptions checked(AsyncOptions options) noexcept;

// Budget: how many calls may be under way, and how many bytes. Thread-safe.
class Budget {
 public:
  Budget(std::uint32_t requests_max, std::size_t bytes_max) noexcept : requests_max_(requests_max), bytes_max_(bytes_max) {}
  bool take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept;
  // requests(): how many there are now.
  std::size_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

 private:
  const std::size_t requests_max_;
  const std::size_t bytes_max_;
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::size_t> bytes_ = 0;
};

// Charge: what one call takes of a budget, which outlives it. Movable.
class Charge {
 public:
  Charge() = default;
  // Charge(budget, bytes): of what budget.take(bytes) has granted.
  Charge(Budget& budget, std::size_t bytes) noexcept : budget_(&budget), bytes_(bytes) {}
  Charge(Charge&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge&&) = delete;
  ~Charge() { release(); }
  void release() noexcept {
    if (Budget* budget = std::exchange(budget_, nullptr)) budget->give_back(bytes_);
  }

 private:
  Budget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

using Callback = std::variant<VerdictCallback, VerdictsCallback>;

// Call: a resource; lives in a list and moves from list to list, so that its memory is taken once.
struct Call {
  Call(core::ValidationFrame asked, Callback told, Charge taken) : frame(std::move(asked)), callback(std::move(told)), charge(std::move(taken)) {}

  core::ValidationFrame frame;
  Callback callback;
  Charge charge;
  Deadline deadline;            // of the whole call
  Deadline connect_until;       // there must be a connection, or soon be another try
  std::uint64_t id = 0;         // on the connection; 0: not there
  std::uint64_t sent_at = 0;    // the end of its frame in the connection's stream
  bool repeated = false;        // its connection broke once
  Result<std::vector<Verdict>> answer = Error{};  // once it has ended; until then no success
};
using Calls = std::list<Call>;

// make_call(request, tokens, callback, budget, options): a list of the one call, its times begun; or bad_argument, or too_many_requests.
Result<Calls> make_call(const ValidationRequest& request, std::span<const std::string_view> tokens, Callback callback, Budget& budget,
                        const ClientOptions& options) noexcept;

// tell(call): runs the callback of a call that has ended. The call no longer counts then, so that the callback can make another.
void tell(Call& call) noexcept;

}  // namespace assay
