// The loop of a thread: what is due is put into its connection's buffer, each buffer is sent with one call, answers are read in bulk. A clock is read once before putting
// and once after receiving, so all answers of one read have the same time: that of the moment at which this program could have used them.
//
// Closed loop: a request counts from when it is put. Open loop: from when it was due; it may be put later, because this thread woke up late, the kernel took no more, or
// too many were under way. All of that is latency.
#include "load/sender.h"

#include <fmt/core.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "load/failure.h"
#include "load/process.h"
#include "load/random.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

// Of an open loop, on all connections together and on each at the least: a bound for a daemon that stands still. What finds no place waits, and its waiting counts.
constexpr std::size_t kOpenWindow = 8192;
constexpr std::size_t kOpenWindowMin = 64;
constexpr std::size_t kOpenUnsentBytesMax = 1024 * 1024;
constexpr Nanoseconds kWaitMax = 50'000'000;
constexpr Nanoseconds kWatchEvery = 250'000'000;
constexpr std::size_t kEventsMax = 256;
constexpr std::size_t kExamplesMax = 3;

}  // namespace

Sender::Sender(const Plan& plan, const Frames& frames, Shared& shared, unsigned thread)
    : plan_(plan),
      frames_(frames),
      shared_(shared),
      thread_(thread),
      // Threads begin as far apart as can be, so that no token is seen again sooner than it must.
      cursor_(frames.order().size() * thread / plan.threads),
      events_(std::min<std::size_t>(plan.connections / plan.threads, kEventsMax)),
      codes_(frames.tokens_per_frame()) {}

Sender::~Sender() {
  if (epoll_ >= 0) ::close(epoll_);
}

void Sender::connect() {
  if (!plan_.cpus.empty()) pin_this_thread({plan_.cpus[thread_ % plan_.cpus.size()]});
  // The kernel may be 50 us late with a wake-up unless told otherwise, which would be our lateness and not the daemon's.
  ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw Failure(fmt::format("epoll_create1: {}", std::strerror(errno)));
  Random random(plan_.seed + thread_);
  const unsigned count = plan_.connections / plan_.threads;
  const std::size_t window = plan_.frames_per_s ? std::max(kOpenWindow / plan_.connections, kOpenWindowMin) : plan_.depth;
  connections_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    // An id that begins at random fits no answer that was meant for somebody else; below 2^63, so that it never comes to 0.
    connections_.emplace_back(connect_unix(plan_.socket), random.next() / 2 + 1, window);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back().descriptor(), &event) != 0) throw Failure(fmt::format("epoll_ctl: {}", std::strerror(errno)));
  }
}

void Sender::run() {
  times_ = shared_.times;
  if (plan_.frames_per_s) arrivals_.emplace(Schedule(times_.start, *plan_.frames_per_s, thread_, plan_.threads), connections_.size(), times_.end);
  Nanoseconds now = now_ns();
  for (Connection& connection : connections_) connection.last_answer = now;
  if (!arrivals_) {
    for (std::size_t i = 0; i < connections_.size(); ++i) fill(i, now);
  }
  for (now = now_ns(); !finished(now) && !shared_.stop.load(std::memory_order_relaxed); now = now_ns()) {
    if (arrivals_) release(now);
    watch_for_silence(now);
    wait(now);
  }
  count_unfinished();
}

bool Sender::finished(Nanoseconds now) const noexcept {
  if (now < times_.end) return false;
  if (arrivals_ && now >= times_.give_up) return true;
  if (under_way_ > 0) return false;
  if (!arrivals_) return true;
  if (arrivals_->next_ns() != INT64_MAX) return false;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (arrivals_->waits(i)) return false;
  }
  return true;
}

void Sender::release(Nanoseconds now) {
  const std::uint64_t first = arrivals_->released();
  const std::uint64_t fresh = std::min<std::uint64_t>(arrivals_->release(now), connections_.size());
  for (std::uint64_t k = first; k < first + fresh; ++k) fill(arrivals_->connection_of(k), now);
}

// Puts as many requests as the loop permits into the connection, and sends them.
void Sender::fill(std::size_t index, Nanoseconds now) {
  Connection& connection = connections_[index];
  const auto may_put = [&] {
    if (arrivals_) return arrivals_->waits(index) && connection.has_room() && connection.unsent_bytes() < kOpenUnsentBytesMax;
    return now < times_.end && connection.has_room();
  };
  const std::size_t before = connection.under_way();
  while (may_put()) {
    const Nanoseconds since = arrivals_ ? arrivals_->take(index) : now;
    const std::uint32_t frame = frames_.order()[cursor_];
    cursor_ = cursor_ + 1 == frames_.order().size() ? 0 : cursor_ + 1;
    if (before == 0 && connection.under_way() == 0) connection.last_answer = now;  // silence begins only now
    connection.put(frames_[frame], {since, frame});
    if (arrivals_ && since >= times_.begin) result_.lateness.record(now - since);
  }
  under_way_ += connection.under_way() - before;
  flush(index);
}

void Sender::flush(std::size_t index) {
  Connection& connection = connections_[index];
  const bool wants = !connection.flush();
  if (wants == connection.waits_for_room) return;
  connection.waits_for_room = wants;
  epoll_event event{.events = wants ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.u64 = index}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event) != 0) throw Failure(fmt::format("epoll_ctl: {}", std::strerror(errno)));
}

void Sender::read(std::size_t index) {
  Connection& connection = connections_[index];
  if (!connection.receive()) return;
  const Nanoseconds now = now_ns();
  for (std::span<const std::byte> frame = connection.next_frame(); !frame.empty(); frame = connection.next_frame()) take_answer(index, frame, now);
}

void Sender::take_answer(std::size_t index, std::span<const std::byte> frame, Nanoseconds now) {
  const Answer answer = read_answer(frame, codes_);
  if (answer.kind == Answer::Kind::malformed) throw Failure("the daemon has sent a malformed answer");
  // An error without an id is about the connection; no request of it will be answered.
  if (answer.kind == Answer::Kind::error && answer.id == 0) throw Failure(fmt::format("the daemon refuses a connection: {}", answer.text));
  const std::optional<Pending> pending = connections_[index].finish(answer.id);
  if (!pending) throw Failure("the daemon has answered a request that was not made, or answered one twice");
  --under_way_;
  connections_[index].last_answer = now;
  const bool measured = is_measured(*pending);
  if (answer.kind == Answer::Kind::verdicts && answer.verdict_count == codes_.size()) {
    tokens_.store(tokens_.load(std::memory_order_relaxed) + codes_.size(), std::memory_order_relaxed);
    check_verdicts(*pending, measured);
    result_.frames += measured ? 1 : 0;
    if (measured) result_.latency.record(now - pending->since);
  } else if (answer.overloaded) {
    result_.overloaded += measured ? 1 : 0;
  } else if (answer.kind == Answer::Kind::verdicts) {
    unexpected(1, fmt::format("{} verdicts for {} tokens", answer.verdict_count, codes_.size()));
  } else {
    unexpected(1, answer.kind == Answer::Kind::error ? answer.text : "an answer of another kind");
  }
}

void Sender::check_verdicts(const Pending& pending, bool measured) {
  const std::span<const std::uint8_t> expected = frames_[pending.frame].expected;
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    if (measured) ++result_.verdicts[codes_[i]];
    if (codes_[i] == expected[i] || expected[i] == kAnyCode || !plan_.check_verdicts) [[likely]] continue;
    const auto name = [](std::uint8_t code) { return schema::info(static_cast<schema::Code>(code)).name; };
    unexpected(1, fmt::format("a token got {} where {} was expected", name(codes_[i]), name(expected[i])));
  }
}

void Sender::unexpected(std::uint64_t count, std::string what) {
  result_.unexpected += count;
  if (result_.examples.size() < kExamplesMax && std::ranges::find(result_.examples, what) == result_.examples.end()) result_.examples.push_back(std::move(what));
}

void Sender::watch_for_silence(Nanoseconds now) {
  if (now < next_watch_) return;
  next_watch_ = now + kWatchEvery;
  for (const Connection& connection : connections_) {
    if (connection.under_way() > 0 && now - connection.last_answer > nanoseconds(plan_.timeout_s)) throw Failure(fmt::format("no answer for {} s", plan_.timeout_s));
  }
}

void Sender::wait(Nanoseconds now) {
  Nanoseconds until = now + kWaitMax;
  if (now < times_.end) until = std::min(until, times_.end);
  if (arrivals_) until = std::min({until, arrivals_->next_ns(), std::max(times_.give_up, now)});
  const Nanoseconds left = plan_.spin ? 0 : std::max<Nanoseconds>(until - now_ns(), 0);
  const timespec timeout{.tv_sec = left / kNsPerS, .tv_nsec = left % kNsPerS};
  const int count = ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (count < 0 && errno != EINTR) throw Failure(fmt::format("epoll_pwait2: {}", std::strerror(errno)));
  for (int i = 0; i < count; ++i) {
    const std::size_t index = events_[static_cast<std::size_t>(i)].data.u64;
    if ((events_[static_cast<std::size_t>(i)].events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(index);
    fill(index, now_ns());
  }
}

// What has not been answered must not vanish from the figures: the slowest requests are the last to be answered.
void Sender::count_unfinished() {
  if (!arrivals_) return;
  const Nanoseconds now = now_ns();
  const auto count = [&](const Pending& pending) {
    if (!is_measured(pending)) return;
    ++result_.unfinished;
    result_.latency.record(now - pending.since);
  };
  arrivals_->release(now);
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].each_pending(count);
    while (arrivals_->waits(i)) count({arrivals_->take(i), 0});
  }
}

}  // namespace assay::load
