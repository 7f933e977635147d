// One order, from its files to its outcome.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fetch/access.h"
#include "fetch/answer.h"
#include "fetch/order.h"
#include "fetch/transfers.h"
#include "loop/handles.h"
#include "loop/loop.h"

namespace assay::fetch {

// FetchOwner: whoever gave the order.
class FetchOwner {
 public:
  virtual ~FetchOwner() = default;
  // on_outcome(number, outcome): the last call for this order; its Fetch is to be destroyed, now or later.
  virtual void on_outcome(std::uint64_t number, Outcome outcome) noexcept = 0;
};

// Fetch: the metadata if need be, then the set, within one time limit for all. Its destruction ends it without an outcome.
class Fetch {
 public:
  Fetch(loop::Loop& loop, Transfers& transfers, const base::Clock& clock, FetchOwner& owner, Order order);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // start(): once. The outcome may come before it returns.
  void start();

 private:
  enum class Step : std::uint8_t { unset = 0, openid_configuration, oauth_metadata, jwks };

  void ask(Step step, std::string url);
  void on_answer() noexcept;
  void on_timeout() noexcept;
  void take_metadata(Answer& answer);
  void take_jwks(Answer& answer);
  void refuse_status(const Answer& answer);
  void fail(std::string_view reason, std::optional<std::uint64_t> retry_after_s = {});
  void finish(Outcome outcome);

  Transfers& transfers_;
  const base::Clock& clock_;
  FetchOwner& owner_;
  const Order order_;
  Access access_;
  Step step_ = Step::unset;
  loop::Timer timeout_;
  std::unique_ptr<Transfers::Transfer> transfer_;  // before access_ in destruction: it borrows from there
};

}  // namespace assay::fetch
