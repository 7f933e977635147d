// Compiling a configuration takes milliseconds to seconds (tables of keys will take longer), and freeing a large snapshot is no small thing either: both happen here,
// at the lowest priority, so that neither delays a request. Whoever holds a snapshot gives its reference back to this thread, which therefore always
// drops the last one.
#include "server/builder.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "loop/callback.h"

namespace assay::server {

base::Result<std::shared_ptr<const snapshot::Snapshot>, std::vector<snapshot::Fault>> compile(std::string_view document, std::uint64_t deployment,
                                                                                              std::uint64_t generation, const snapshot::Identities& identities) {
  auto config = snapshot::parse_config(document);
  if (!config) return std::unexpected(std::move(config.error()));
  return snapshot::Snapshot::build(*config, deployment, generation, identities);
}

void log_skipped_keys(const snapshot::Snapshot& snapshot, base::Log& log) {
  for (const auto& server : snapshot.oauth_servers()) {
    if (server->keys == nullptr) continue;
    for (const jose::SkippedKey& key : server->keys->skipped()) {
      log.line(key.alarm ? base::LogLevel::alarm : base::LogLevel::warning, "OAuth server {}: key {} (kid {}) is not used: {}", base::printable(server->name),
               key.index, key.kid ? base::printable(*key.kid) : "-", key.reason);
    }
  }
}

Builder::Builder(loop::Loop& main, const snapshot::Identities& identities, base::Log& log, std::uint64_t last_deployment, std::uint64_t last_generation)
    : identities_(identities),
      log_(log),
      results_wake_(main, loop::bind<&Builder::on_results>(this)),
      last_deployment_(last_deployment),
      last_generation_(last_generation),
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

void Builder::retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept {
  if (snapshot == nullptr) return;
  {
    const std::scoped_lock lock(mutex_);
    retired_.push_back(std::move(snapshot));
  }
  wake_.notify_one();
}

void Builder::work() {
  pthread_setname_np(pthread_self(), "assay-builder");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19);  // of this thread alone; refused where the system forbids it, which does no harm
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty() || !retired_.empty(); });
    auto retired = std::exchange(retired_, {});
    const bool has_job = !stopping_ && !jobs_.empty();
    BuildJob job;
    if (has_job) {
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (stopping_ && retired.empty()) return;
    lock.unlock();
    retired.clear();
    if (has_job) {
      Built built = build(std::move(job));
      const std::scoped_lock results_lock(mutex_);
      results_.push_back(std::move(built));
      results_wake_.send();
    }
    lock.lock();
  }
}

Built Builder::build(BuildJob job) {
  Built built{.ticket = job.ticket, .dry_run = job.dry_run, .snapshot = nullptr, .faults = {}};
  auto snapshot = compile(job.document, last_deployment_ + 1, last_generation_ + 1, identities_);
  if (!snapshot) {
    built.faults = std::move(snapshot.error());
  } else if (!job.dry_run) {
    ++last_deployment_;
    ++last_generation_;
    log_skipped_keys(**snapshot, log_);
    built.snapshot = std::move(*snapshot);
  }
  return built;
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
