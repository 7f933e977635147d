// Compiling a configuration takes milliseconds to seconds (and then a table for each key), a disk may take as long, and freeing a large snapshot is no small thing either:
// all of it happens here, at a lower priority than the workers', so that none delays a request. Whoever holds a snapshot gives its reference back to this thread, which therefore always
// drops the last one.
#include "server/builder.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "base/check.h"
#include "loop/callback.h"

namespace assay::server {

Builder::Builder(loop::Loop& main, std::unique_ptr<Ledger> ledger, std::unique_ptr<crypto::TableBuilder> tables, std::uint64_t try_again_ms)
    : try_again_ms_(try_again_ms),
      results_wake_(main, loop::bind<&Builder::on_results>(this)),
      ledger_(std::move(ledger)),
      tables_(std::move(tables)),
      thread_([this] { work(); }) {}

Builder::~Builder() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  CHECK(retired_.empty());
}

void Builder::submit(BuildJob job) {
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

std::vector<std::uint64_t> Builder::take_back() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::uint64_t> tickets;
  for (const BuildJob& job : jobs_) tickets.push_back(job.ticket);
  jobs_.clear();
  return tickets;
}

void Builder::retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept {
  if (snapshot == nullptr) return;
  {
    const std::scoped_lock lock(mutex_);
    retired_.push_back(std::move(snapshot));
  }
  wake_.notify_one();
}

std::optional<crypto::TableFigures> Builder::table_figures() const {
  const std::scoped_lock lock(mutex_);
  return table_figures_;
}

void Builder::work() {
  pthread_setname_np(pthread_self(), "assay-builder");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), limits::kBuilderNice);  // of this thread alone; refused where the system forbids it, which does no harm
  auto next_try = std::chrono::steady_clock::time_point();
  bool lacks_tables = tables_ != nullptr;  // for all that is known
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto has_work = [&] { return stopping_ || !jobs_.empty() || !retired_.empty() || lacks_tables; };
    if (ledger_->needs_another_try()) {
      wake_.wait_until(lock, next_try, has_work);
    } else {
      wake_.wait(lock, has_work);
    }
    auto retired = std::exchange(retired_, {});
    auto jobs = stopping_ ? std::vector<BuildJob>() : std::exchange(jobs_, {});
    if (stopping_ && retired.empty()) return;
    lock.unlock();
    // A snapshot may have brought keys, and keys that have gone leave room. Tables are made one at a time and only when nothing else is to be done: no job waits for more than one.
    bool may_lack_tables = !retired.empty();
    const bool is_idle = retired.empty() && jobs.empty();
    retired.clear();
    if (!jobs.empty()) {
      Built built = build(std::move(jobs));
      may_lack_tables = may_lack_tables || built.snapshot != nullptr;
      give(std::move(built));
    }
    if (tables_ != nullptr) lacks_tables = may_lack_tables || (is_idle ? lacks_tables && build_table() : lacks_tables);
    if (const auto now = std::chrono::steady_clock::now(); ledger_->needs_another_try() && now >= next_try) {
      next_try = now + std::chrono::milliseconds(try_again_ms_);
      auto [has_changed, snapshot] = ledger_->try_again();
      if (has_changed) give({.done = {}, .snapshot = std::move(snapshot), .report = ledger_->report()});
    }
    lock.lock();
  }
}

// Whether there was one to make.
bool Builder::build_table() {
  const snapshot::Snapshot& snapshot = *ledger_->current();
  std::vector<crypto::TableWish> wishes;
  for (const auto& server : snapshot.oauth_servers()) {
    if (server->keys == nullptr) continue;
    const std::size_t source = std::hash<std::string>()(server->name);  // whatever keys it has had
    for (const jose::VerificationKey& key : server->keys->keys()) {
      const snapshot::KeyUse* use = server->use_of(key);
      wishes.push_back({key.material, source, use == nullptr ? 0 : use->count()});
    }
  }
  const bool built = tables_->build_next(wishes, snapshot.daemon().key_table_budget_bytes);
  const std::scoped_lock lock(mutex_);
  table_figures_ = tables_->figures();
  return built;
}

Built Builder::build(std::vector<BuildJob> jobs) {
  std::vector<ChangeRequest> requests;
  for (BuildJob& job : jobs) requests.push_back(std::move(job.request));
  const auto begin = std::chrono::steady_clock::now();
  Applied applied = ledger_->apply(requests);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const bool is_news = std::ranges::any_of(applied.outcomes, &Outcome::is_news);
  Built built{.done = {}, .snapshot = std::move(applied.snapshot), .report = is_news ? ledger_->report() : nullptr, .build_us = static_cast<std::uint64_t>(took.count())};
  for (std::size_t i = 0; i < jobs.size(); ++i) built.done.push_back({jobs[i].ticket, std::move(applied.outcomes[i])});
  return built;
}

void Builder::give(Built built) {
  const std::scoped_lock lock(mutex_);
  results_.push_back(std::move(built));
  results_wake_.send();
}

void Builder::on_results() noexcept {
  for (;;) {
    Built built;
    {
      const std::scoped_lock lock(mutex_);
      if (results_.empty()) return;
      built = std::move(results_.front());
      results_.pop_front();
    }
    if (listener_ != nullptr) {
      listener_->on_built(std::move(built));
    } else {
      retire(std::move(built.snapshot));
    }
  }
}

}  // namespace assay::server
