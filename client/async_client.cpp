// Lanes: each a connection with a thread that does everything on it. Callers only put calls into their lane's queue; the thread takes the whole queue at once, so what
// has come while it was busy leaves together. It is woken only if it sleeps: a busy client costs its callers no system call.
#include "assay/async_client.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "client/fork_mark.h"
#include "client/pipeline.h"

namespace assay {
namespace {

Error error_of(CallStatus status, const char* text) {
  Error error;
  error.status = status;
  error.text = text;
  return error;
}

Error no_thread(int system_errno) {
  Error error = error_of(CallStatus::cannot_connect, "cannot start the client's thread: ");
  error.system_errno = system_errno;
  const char* text = strerrordesc_np(system_errno);
  error.text += text != nullptr ? text : "unknown error";
  return error;
}

// Lane: a resource; its thread shares it, so that a callback may destroy the client.
class Lane {
 public:
  Lane(const std::string& path, const AsyncOptions& options) : options_(options), budget_(options.requests_max, options.bytes_max) {
    set_.take(epoll_create1(EPOLL_CLOEXEC));
    wake_.take(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_.fd();
    if (!set_.is_open() || !wake_.is_open() || epoll_ctl(set_.fd(), EPOLL_CTL_ADD, wake_.fd(), &event) != 0) why_not_ = errno;
    pipeline_.emplace(path, options.client, options.requests_max, set_.fd());
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  static void start(const std::shared_ptr<Lane>& lane) {
    if (lane->why_not_ != 0) return;
    // The program's signal handlers run on its own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto* shared = new std::shared_ptr<Lane>(lane);
    lane->why_not_ = pthread_create(&lane->thread_, nullptr, &Lane::main, shared);
    if (lane->why_not_ != 0) delete shared;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (lane->why_not_ == 0) pthread_setname_np(lane->thread_, "assay");
  }

  bool works() const noexcept { return why_not_ == 0; }
  std::size_t load() const noexcept { return budget_.requests(); }

  Result<Done> validate(const ValidationRequest& request, std::span<const std::string_view> tokens, Callback callback) {
    if (why_not_ != 0) return no_thread(why_not_);
    Result<Calls> made = make_call(request, tokens, std::move(callback), budget_, options_.client);
    if (!made) return made.error();
    bool asleep = false;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return error_of(CallStatus::cancelled, "the client is being destroyed");
      queue_.splice(queue_.end(), *made);
      asleep = std::exchange(asleep_, false);
    }
    if (asleep) wake();
    return Done{};
  }

  // stop(): no call is taken from here on. join(): every call that was taken has ended and been told, but the one whose callback calls this.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    if (why_not_ == 0) wake();
  }
  void join() {
    if (why_not_ != 0) return;
    if (pthread_equal(pthread_self(), thread_) == 0) {
      pthread_join(thread_, nullptr);
    } else {
      pthread_detach(thread_);
      end_all();
    }
  }

 private:
  static void* main(void* argument) {
    const std::unique_ptr<std::shared_ptr<Lane>> shared(static_cast<std::shared_ptr<Lane>*>(argument));
    (*shared)->run();
    return nullptr;
  }

  void run() {
    for (bool readable = false;;) {
      Calls fresh;
      {
        const std::lock_guard lock(mutex_);
        if (stop_) break;
        asleep_ = false;
        fresh.swap(queue_);
      }
      pipeline_->add(std::move(fresh));
      pipeline_->step(readable);
      tell_ended();
      bool sleep = false;
      {
        const std::lock_guard lock(mutex_);
        if (stop_) break;
        sleep = asleep_ = queue_.empty();
      }
      readable = wait(sleep);
    }
    end_all();
  }

  // wait(sleep): for the connection, a caller, or a time; without sleep only looks. Whether the connection has something.
  bool wait(bool sleep) {
    int timeout_ms = 0;
    if (sleep) {
      const std::optional<Deadline> until = pipeline_->wake_at();
      timeout_ms = until ? static_cast<int>(std::min<std::uint32_t>(until->left_ms(), INT_MAX)) : -1;
    }
    std::array<epoll_event, 2> events{};
    const int count = epoll_wait(set_.fd(), events.data(), static_cast<int>(events.size()), timeout_ms);
    bool readable = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_.fd()) {
        std::uint64_t wakes = 0;
        while (read(wake_.fd(), &wakes, sizeof(wakes)) < 0 && errno == EINTR) {
        }
      } else {
        readable = readable || (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0;
      }
    }
    return readable;
  }

  void wake() noexcept {
    const std::uint64_t one = 1;
    while (write(wake_.fd(), &one, sizeof(one)) < 0 && errno == EINTR) {
    }
  }

  void end_all() {
    {
      const std::lock_guard lock(mutex_);
      pipeline_->add(std::move(queue_));
    }
    pipeline_->end_all(error_of(CallStatus::cancelled, "the client was destroyed before there was an answer"));
    tell_ended();
  }

  void tell_ended() {
    while (!pipeline_->ended().empty()) {
      Calls one;
      one.splice(one.end(), pipeline_->ended(), pipeline_->ended().begin());
      tell(one.front());
    }
  }

  const AsyncOptions options_;
  Budget budget_;    // before the calls that are charged to it
  Descriptor set_;   // before the pipeline, whose socket is in it
  Descriptor wake_;
  int why_not_ = 0;  // errno of what keeps this lane from working at all
  pthread_t thread_{};

  std::mutex mutex_;
  Calls queue_;          // under the mutex, and so are the next two
  bool asleep_ = false;  // the thread waits, or is about to, and nobody has woken it yet
  bool stop_ = false;

  std::optional<Pipeline> pipeline_;  // of the thread alone
};

// with_future<T>(validate): what validate(callback) comes to, as a future.
template <class T, class Validate>
std::future<Result<T>> with_future(const Validate& validate) {
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> future = promise->get_future();
  if (const Result<Done> taken = validate([promise](Result<T> answer) { promise->set_value(std::move(answer)); }); !taken) promise->set_value(taken.error());
  return future;
}

}  // namespace

struct AsyncClient::State {
  State(const std::string& path, const AsyncOptions& options) {
    for (std::uint32_t i = 0; i < options.connections; ++i) {
      const auto lane = std::make_shared<Lane>(path, options);
      Lane::start(lane);
      // One that does not work would look idle for ever. The first stays, to say why.
      if (lanes.empty() || lane->works()) lanes.push_back(lane);
    }
  }
  ~State() {
    for (const std::shared_ptr<Lane>& lane : lanes) lane->stop();
    for (const std::shared_ptr<Lane>& lane : lanes) lane->join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The least loaded; of equals the first, so that a client with little to do keeps to one connection.
  Lane& lane() const noexcept {
    Lane* least = lanes.front().get();
    std::size_t load = lanes.size() > 1 ? least->load() : 0;
    for (const std::shared_ptr<Lane>& other : lanes) {
      if (load == 0) break;
      if (const std::size_t others = other->load(); others < load) {
        least = other.get();
        load = others;
      }
    }
    return *least;
  }

  ForkMark mark;
  std::vector<std::shared_ptr<Lane>> lanes;
};

AsyncClient::AsyncClient(std::string socket_path, const AsyncOptions& options) noexcept
    : socket_path_(std::move(socket_path)), options_(checked(options)), state_(new State(socket_path_, options_)) {}

AsyncClient::~AsyncClient() {
  State* state = state_.load(std::memory_order_acquire);
  // In a child that has not used the client: its threads are not here, and its locks are as the fork found them. Left alone, for good.
  if (!state->mark.forked()) delete state;
}

AsyncClient::State& AsyncClient::state() noexcept {
  State* state = state_.load(std::memory_order_acquire);
  while (state->mark.forked()) {
    // As above; also its descriptors, as one of them may have been closed, and its number given away, just when the fork happened. exec closes them.
    State* fresh = new State(socket_path_, options_);
    if (state_.compare_exchange_strong(state, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
  }
  return *state;
}

Result<Done> AsyncClient::validate(const ValidationRequest& request, std::string_view token, VerdictCallback callback) noexcept {
  return state().lane().validate(request, std::span(&token, 1), std::move(callback));
}

Result<Done> AsyncClient::validate(const ValidationRequest& request, std::span<const std::string_view> tokens, VerdictsCallback callback) noexcept {
  return state().lane().validate(request, tokens, std::move(callback));
}

std::future<Result<Verdict>> AsyncClient::validate(const ValidationRequest& request, std::string_view token) noexcept {
  return with_future<Verdict>([&](VerdictCallback callback) { return validate(request, token, std::move(callback)); });
}

std::future<Result<std::vector<Verdict>>> AsyncClient::validate(const ValidationRequest& request, std::span<const std::string_view> tokens) noexcept {
  return with_future<std::vector<Verdict>>([&](VerdictsCallback callback) { return validate(request, tokens, std::move(callback)); });
}

}  // namespace assay
