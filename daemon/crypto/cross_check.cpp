// One sample at a time, and after each a rest that is so much longer than the work as the share asks: the reference engine takes from 50 us to 3 ms for a signature, so a hundredth of a
// processor is some 10 to 200 samples a second. Refusals are not sampled: a wrong one harms nobody but its sender, and is tested for.
#include "crypto/cross_check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace assay::crypto {
namespace {

constexpr int kNice = 19;

std::chrono::nanoseconds thread_cpu_time() noexcept {
  timespec now{};
  CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

CrossCheck::CrossCheck(CrossCheckOptions options, EngineLevels& levels) : options_(std::move(options)), levels_(levels) {
  if (options_.mode != CrossCheckMode::sample) return;
  // No copy of a token or signature is larger, so that offering one takes no memory.
  sample_.message.reserve(base::limits::kTokenBytesMax);
  sample_.signature.reserve(base::limits::kTokenBytesMax);
  wants_sample_.store(true, std::memory_order_relaxed);
  // Signals are others' business, and a thread begins with the mask of the one that starts it.
  sigset_t all, before;
  ::sigfillset(&all);
  CHECK(::pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  thread_ = std::thread([this] { work(); });
  CHECK(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

CrossCheck::~CrossCheck() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CrossCheck::offer(std::span<const SignatureCheckView> checks, std::span<const SignatureResult> results) noexcept {
  if (!wants_sample_.load(std::memory_order_relaxed)) return;
  // From another place each time: no place in a batch is safe from being looked at.
  const std::size_t start = offers_.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15 >> 32;
  for (std::size_t n = 0; n < checks.size(); ++n) {
    const std::size_t i = (start + n) % checks.size();
    const SignatureCheckView& check = checks[i];
    if (results[i] != SignatureResult::valid || levels_.of(check.algorithm) == EngineLevel::reference) continue;
    if (check.message.size() > base::limits::kTokenBytesMax) continue;
    const std::unique_lock lock(mutex_, std::try_to_lock);  // a worker never waits for this
    if (!lock || has_sample_) return;
    sample_.algorithm = check.algorithm;
    sample_.key = check.key->shared_from_this();
    sample_.message.assign(check.message.begin(), check.message.end());
    sample_.signature.assign(check.signature.begin(), check.signature.end());
    has_sample_ = true;
    wants_sample_.store(false, std::memory_order_relaxed);
    wake_.notify_one();
    return;
  }
}

void CrossCheck::disagree(Algorithm algorithm) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (levels_.of(algorithm) == EngineLevel::reference) return;
    levels_.set(algorithm, EngineLevel::reference);
  }
  options_.on_disagreement(algorithm);
}

void CrossCheck::work() {
  pthread_setname_np(pthread_self(), "assay-check");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);  // of this thread alone
  const auto reference = make_reference_engine();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || has_sample_; });
    if (stopping_) return;
    lock.unlock();  // nobody touches the sample while there is one
    const auto begin = thread_cpu_time();
    const SignatureCheckView check{sample_.algorithm, sample_.key.get(), sample_.message, sample_.signature};
    SignatureResult result = SignatureResult::unset;
    verify_batch(*reference, std::span(&check, 1), std::span(&result, 1));
    if (result != SignatureResult::valid) disagree(check.algorithm);
    sample_.key.reset();
    checked_.fetch_add(1, std::memory_order_relaxed);
    const auto rest = (thread_cpu_time() - begin) * (100 - static_cast<int>(options_.percent)) / options_.percent;
    lock.lock();
    wake_.wait_for(lock, rest, [this] { return stopping_; });
    has_sample_ = false;
    wants_sample_.store(true, std::memory_order_relaxed);
  }
}

}  // namespace assay::crypto
