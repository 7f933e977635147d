// The coordinator sleeps while the senders work, and looks at clocks and counters twice: when the measured interval begins and when it ends. Rates and CPU times are what lies
// between the two looks, at the times at which it really looked: on a busy host that may be milliseconds late, which then shifts nothing.
#include "load/engine.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "load/failure.h"
#include "load/process.h"
#include "load/sender.h"

namespace assay::load {
namespace {

constexpr Nanoseconds kLookEvery = 100'000'000;
constexpr double kGiveUpS = 2;  // at least so long after the end of an open loop

struct Look {
  Nanoseconds at = 0;
  std::uint64_t tokens = 0;
  std::optional<Nanoseconds> server_cpu;
  double generator_cpu_s = 0;
  double generator_user_s = 0;
};

double seconds_of(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

class Coordinator {
 public:
  Coordinator(const Plan& plan, const Frames& frames, const std::atomic<bool>& stop, const Progress& progress) : plan_(plan), stop_(stop), progress_(progress), shared_(plan.threads) {
    for (unsigned t = 0; t < plan.threads; ++t) senders_.push_back(std::make_unique<Sender>(plan_, frames, shared_, t));
  }

  Measured run() {
    std::vector<std::jthread> threads;
    for (const auto& sender : senders_) threads.emplace_back([this, &sender = *sender] { work(sender); });
    shared_.connected.wait();
    set_times();
    shared_.go.count_down();
    wait_until(shared_.times.begin);
    const Look first = look();
    wait_until(shared_.times.end);
    const Look last = look();
    wait_for_senders();
    threads.clear();
    for (const auto& sender : senders_) {
      if (!sender->failure.empty()) throw Failure(sender->failure);
    }
    if (stop_) throw Failure("interrupted");
    return merge(first, last);
  }

 private:
  void work(Sender& sender) noexcept {
    const auto guarded = [&](auto step) {
      try {
        step();
      } catch (const std::exception& error) {
        sender.failure = error.what();
        shared_.stop = true;
      }
    };
    guarded([&] { sender.connect(); });
    shared_.connected.count_down();
    shared_.go.wait();
    if (!shared_.stop) guarded([&] { sender.run(); });
    shared_.done.count_down();
  }

  void set_times() {
    Times& times = shared_.times;
    times.start = now_ns();
    times.begin = times.start + nanoseconds(plan_.warm_up_s);
    times.end = times.begin + nanoseconds(plan_.duration_s);
    times.give_up = times.end + nanoseconds(std::max(kGiveUpS, plan_.duration_s));
  }

  void wait_until(Nanoseconds time) {
    for (Nanoseconds now = now_ns(); now < time && !shared_.stop; now = now_ns()) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(time - now, kLookEvery)));
      if (progress_) progress_(seconds(now_ns() - shared_.times.start), tokens());
      if (stop_) shared_.stop = true;
    }
  }

  // What is under way is waited for, but not by somebody who has pressed Ctrl-C.
  void wait_for_senders() {
    while (!shared_.done.try_wait()) {
      if (stop_) shared_.stop = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::uint64_t tokens() const {
    std::uint64_t all = 0;
    for (const auto& sender : senders_) all += sender->tokens();
    return all;
  }

  Look look() const {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    Look out{.at = now_ns(), .tokens = tokens(), .server_cpu = {}, .generator_cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), .generator_user_s = seconds_of(usage.ru_utime)};
    if (plan_.server_pid) out.server_cpu = process_cpu_ns(*plan_.server_pid);
    return out;
  }

  Measured merge(const Look& first, const Look& last) {
    Measured out = std::move(senders_.front()->result());
    for (std::size_t t = 1; t < senders_.size(); ++t) {
      const Measured& more = senders_[t]->result();
      out.latency.merge(more.latency);
      out.lateness.merge(more.lateness);
      for (std::size_t code = 0; code < out.verdicts.size(); ++code) out.verdicts[code] += more.verdicts[code];
      out.frames += more.frames;
      out.overloaded += more.overloaded;
      out.unfinished += more.unfinished;
      out.unexpected += more.unexpected;
      out.examples.insert(out.examples.end(), more.examples.begin(), more.examples.end());
    }
    out.seconds = seconds(last.at - first.at);
    out.tokens = last.tokens - first.tokens;
    if (first.server_cpu && last.server_cpu) out.server_cpu_s = seconds(*last.server_cpu - *first.server_cpu);
    out.generator_cpu_s = last.generator_cpu_s - first.generator_cpu_s;
    out.generator_user_s = last.generator_user_s - first.generator_user_s;
    return out;
  }

  const Plan& plan_;
  const std::atomic<bool>& stop_;
  const Progress& progress_;
  Shared shared_;
  std::vector<std::unique_ptr<Sender>> senders_;
};

}  // namespace

Measured run(const Plan& plan, const Frames& frames, const std::atomic<bool>& stop, const Progress& progress) { return Coordinator(plan, frames, stop, progress).run(); }

}  // namespace assay::load
