// A pipeline in an epoll set together with a timer. The set is what the user's loop watches, so that connections may come and go, and times change, without the loop
// knowing. The timer stands for everything that no descriptor says: that there are new requests to send (it is set to a time that has passed), deadlines, the
// next try to connect.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include "assay/async_client.h"
#include "client/fork_mark.h"
#include "client/pipeline.h"

namespace assay {
namespace {

constexpr std::uint64_t kNever = 0;    // as timerfd_settime has it
constexpr std::uint64_t kAtOnce = 1;   // long ago
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

Error error_of(CallStatus status, const char* text, int system_errno = 0) {
  Error error;
  error.status = status;
  error.system_errno = system_errno;
  error.text = text;
  return error;
}

}  // namespace

struct PollClient::State {
  State(std::string socket_path, const AsyncOptions& asked)
      : path(std::move(socket_path)), options(checked(asked)), budget(options.requests_max, options.bytes_max) {
    open_set();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // open_set(): set, timer and pipeline; or why_not. A set that is there already gets a new file under its number.
  void open_set() {
    Descriptor fresh;
    fresh.take(epoll_create1(EPOLL_CLOEXEC));
    timer.take(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    armed_ns = kNever;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = timer.fd();
    const bool good = fresh.is_open() && timer.is_open() && epoll_ctl(fresh.fd(), EPOLL_CTL_ADD, timer.fd(), &event) == 0 &&
                      (!set.is_open() || dup3(fresh.fd(), set.fd(), O_CLOEXEC) >= 0);
    why_not = good ? 0 : errno;
    if (good && !set.is_open()) set.take(fresh.give());
    pipeline.emplace(path, options.client, options.requests_max, set.fd());
  }

  // In a child: everything that was under way is the parent's, and so are the set and the timer, which both processes would share.
  void leave_to_parent() {
    mark.mark();
    pipeline.reset();  // closes the child's copy of the socket, and touches no set
    ending.clear();
    open_set();
  }

  Result<Done> validate(const ValidationRequest& request, std::span<const std::string_view> tokens, Callback callback) {
    if (mark.forked()) leave_to_parent();
    if (destroyed) return error_of(CallStatus::cancelled, "the client is being destroyed");
    if (why_not != 0) {
      Error error = error_of(CallStatus::cannot_connect, "cannot make an epoll set and a timer: ", why_not);
      const char* text = strerrordesc_np(why_not);
      error.text += text != nullptr ? text : "unknown error";
      return error;
    }
    Result<Calls> made = make_call(request, tokens, std::move(callback), budget, options.client);
    if (!made) return made.error();
    pipeline->add(std::move(*made));
    if (!dispatching) arm(kAtOnce);
    return Done{};
  }

  void dispatch() {
    if (mark.forked()) leave_to_parent();
    if (dispatching || destroyed || why_not != 0) return;
    dispatching = true;
    pipeline->step(true);
    // Those that have ended by now, and not what their callbacks make end at once: that comes with the next turn of the loop, which gets its turn too.
    ending.splice(ending.end(), pipeline->ended());
    tell_ending();
    if (destroyed) return;
    if (pipeline->has_unsent()) pipeline->step(false);
    dispatching = false;
    const std::optional<Deadline> wake = pipeline->wake_at();
    arm(!pipeline->ended().empty() ? kAtOnce : wake ? wake->at_ns() : kNever);
  }

  void destroy() {
    if (mark.forked()) return;
    destroyed = true;
    pipeline->end_all(error_of(CallStatus::cancelled, "the client was destroyed before there was an answer"));
    ending.splice(ending.end(), pipeline->ended());
    tell_ending();
  }

  void tell_ending() {
    while (!ending.empty()) {
      Calls one;
      one.splice(one.end(), ending, ending.begin());
      tell(one.front());
    }
  }

  // arm(at_ns): the set is to become readable then. A timer that goes off too early is left alone: that is one turn for nothing, instead of a system call for
  // every answer. One that has gone off is always set, or the set would stay readable.
  void arm(std::uint64_t at_ns) {
    if (at_ns == armed_ns) return;
    const bool gone_off = armed_ns != kNever && armed_ns <= Deadline::in_ms(0).at_ns();
    if (!gone_off && armed_ns != kNever && (at_ns == kNever || at_ns > armed_ns)) return;
    itimerspec time{};
    time.it_value.tv_sec = static_cast<time_t>(at_ns / kNsPerSecond);
    time.it_value.tv_nsec = static_cast<long>(at_ns % kNsPerSecond);
    timerfd_settime(timer.fd(), TFD_TIMER_ABSTIME, &time, nullptr);
    armed_ns = at_ns;
  }

  std::string path;
  AsyncOptions options;
  ForkMark mark;
  Descriptor set;                  // before the pipeline, whose socket is in it
  Descriptor timer;
  int why_not = 0;                 // errno of what keeps this client from working at all
  std::uint64_t armed_ns = kNever;
  bool dispatching = false;
  bool destroyed = false;
  Budget budget;                   // before the calls that are charged to it
  Calls ending;                    // to be told
  std::optional<Pipeline> pipeline;
};

PollClient::PollClient(std::string socket_path, const AsyncOptions& options) noexcept : state_(std::make_shared<State>(std::move(socket_path), options)) {}

PollClient::~PollClient() { state_->destroy(); }

int PollClient::fd() const noexcept { return state_->set.fd(); }

void PollClient::on_readable() noexcept {
  const std::shared_ptr<State> state = state_;  // a callback may destroy the client
  state->dispatch();
}

Result<Done> PollClient::validate(const ValidationRequest& request, std::string_view token, VerdictCallback callback) noexcept {
  return state_->validate(request, std::span(&token, 1), std::move(callback));
}

Result<Done> PollClient::validate(const ValidationRequest& request, std::span<const std::string_view> tokens, VerdictsCallback callback) noexcept {
  return state_->validate(request, tokens, std::move(callback));
}

}  // namespace assay
