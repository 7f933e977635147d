// An order is under way from its frame until its answer is handed to the link, or until the connection that brought it is gone: so each is answered once, and none to a daemon
// that did not ask.
#include "fetch/fetcher.h"

#include <fmt/core.h>

#include <csignal>

#include "fetch/limits.h"
#include "fetch/order.h"

namespace assay::fetch {

Fetcher::Fetcher(const base::Clock& clock, base::Log& log, std::string keys_path, const std::string& version, server::ServiceManager* manager)
    : clock_(clock),
      log_(log),
      manager_(manager),
      terminate_(loop_, SIGTERM, loop::bind<&Fetcher::stop>(this)),
      interrupt_(loop_, SIGINT, loop::bind<&Fetcher::stop>(this)),
      watchdog_(loop_, manager, {}, log),
      transfers_(loop_, "assay-fetch/" + version),
      link_(loop_, log, std::move(keys_path), *this) {}

void Fetcher::run() noexcept {
  told_ = line();
  if (manager_ != nullptr) manager_->ready(told_);
  loop_.run();
}

void Fetcher::stop() noexcept {
  if (manager_ != nullptr) manager_->stopping();
  loop_.stop();
}

std::string Fetcher::line() const {
  return fmt::format("{}connected to assayd, {} fetch{} under way", connected_ ? "" : "not ", fetches_.size(), fetches_.size() == 1 ? "" : "es");
}

// report(): what the manager has not been told yet.
void Fetcher::report() {
  std::string now = line();
  if (manager_ == nullptr || now == told_) return;
  told_ = std::move(now);
  manager_->status(told_);
}

base::Result<void> Fetcher::on_frame(base::Bytes frame) noexcept {
  auto message = decode_message(frame);
  if (!message) return std::unexpected(message.error());
  if (const auto* error = std::get_if<AssaydError>(&*message)) return base::fail(fmt::format("assayd says {}", error->code));
  if (const auto* bad = std::get_if<BadOrder>(&*message)) {
    if (fetches_.contains(bad->number)) return base::fail("an order under a number that is under way");
    on_outcome(bad->number, Failed{.reason = std::string(bad->reason)});
    return {};
  }
  return take(std::move(std::get<Order>(*message)));
}

base::Result<void> Fetcher::take(Order order) {
  const std::uint64_t number = order.number;
  if (fetches_.contains(number)) return base::fail("an order under a number that is under way");
  if (fetches_.size() >= limits::kOrdersMax) {
    on_outcome(number, Failed{.reason = fmt::format("{} other fetches are under way", limits::kOrdersMax)});
    return {};
  }
  auto fetch = std::make_unique<Fetch>(loop_, transfers_, clock_, *this, std::move(order));
  Fetch& started = *fetch;
  fetches_.emplace(number, std::move(fetch));
  report();
  started.start();
  return {};
}

void Fetcher::on_outcome(std::uint64_t number, Outcome outcome) noexcept {
  if (const auto* failed = std::get_if<Failed>(&outcome)) log_.debug("order {}: {}", number, base::printable(failed->reason, limits::kFetchReasonBytesMax, base::Blanks::kept));
  link_.send(encode_answer(number, outcome));
  fetches_.erase(number);
  report();
}

void Fetcher::on_up() noexcept {
  connected_ = true;
  report();
}

void Fetcher::on_down() noexcept {
  connected_ = false;
  fetches_.clear();
  report();
}

}  // namespace assay::fetch
