// Whole runs against a server in the test's process that answers as it is told to: what the engine counts, and how it fails.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "bench_load/wire_answers.h"
#include "load/answer.h"
#include "load/engine.h"
#include "load/failure.h"
#include "load/process.h"

namespace assay::load {
namespace {

// FakeServer: one connection at a time; respond(id, number of the request) is what it sends, empty for nothing; "close" closes.
class FakeServer {
 public:
  using Respond = std::function<std::string(std::uint64_t, std::uint64_t)>;
  explicit FakeServer(Respond respond) : respond_(std::move(respond)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~FakeServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  std::string path() const { return folder_.file("socket"); }

 private:
  static bool readable(int descriptor) {
    pollfd event{descriptor, POLLIN, 0};
    return ::poll(&event, 1, 10) > 0;
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_)) continue;
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      talk(peer, stop);
      ::close(peer);
    }
  }

  void talk(int peer, const std::stop_token& stop) {
    std::string in;
    std::vector<char> room(1 << 16);
    for (std::uint64_t number = 0; !stop.stop_requested();) {
      if (!readable(peer)) continue;
      const ssize_t got = ::recv(peer, room.data(), room.size(), 0);
      if (got <= 0) return;
      in.append(room.data(), static_cast<std::size_t>(got));
      for (;;) {
        const tests::Aligned front(in);
        const std::size_t bytes = frame_bytes(front.bytes());
        if (bytes == 0 || bytes > in.size()) break;
        const std::string answer = respond_(wire::GetSizePrefixedEnvelope(front.bytes().data())->id(), number++);
        if (answer == "close") return;
        for (std::string_view rest = answer; !rest.empty();) {
          const ssize_t sent = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
          if (sent <= 0) return;
          rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        in.erase(0, bytes);
      }
    }
  }

  Folder folder_;
  Respond respond_;
  int listener_ = -1;
  std::jthread thread_;
};

class Engine : public testing::Test {
 protected:
  Measured go(const FakeServer& server, Plan plan) {
    plan.socket = server.path();
    return run(plan, frames_, stop_, {});
  }
  void fails(const FakeServer& server, Plan plan, const std::string& with) {
    try {
      go(server, std::move(plan));
      ADD_FAILURE() << "no failure: " << with;
    } catch (const Failure& failure) {
      EXPECT_NE(std::string(failure.what()).find(with), std::string::npos) << failure.what();
    }
  }
  static Plan plan() { return {.depth = 4, .warm_up_s = 0.05, .duration_s = 0.2, .timeout_s = 20}; }
  static std::string good(std::uint64_t id, std::uint64_t) { return tests::verdicts(id, {1}); }

  Workload workload_{.api_service = "a", .tokens = {{"x.y.z", 1}, {"u.v.w", 1}}, .configuration = {}};
  Frames frames_{workload_, {}, 1};
  std::atomic<bool> stop_ = false;
};

TEST_F(Engine, ClosedLoopCountsWhatIsAnswered) {
  const Measured got = go(FakeServer(good), plan());
  EXPECT_GT(got.frames, 10U);
  EXPECT_EQ(got.latency.count(), got.frames);
  EXPECT_EQ(got.verdicts[1], got.frames);
  EXPECT_EQ(got.unexpected, 0U);
  EXPECT_GT(got.tokens, 10U);
}

TEST_F(Engine, OpenLoopSendsAtItsRate) {
  Plan open = plan();
  open.frames_per_s = 1000;
  const Measured got = go(FakeServer(good), open);
  EXPECT_EQ(got.frames + got.unfinished, 200U);
  EXPECT_EQ(got.latency.count(), 200U);
  EXPECT_GE(got.lateness.count(), 200U);
}

// Coordinated omission, on a real socket: the server stands still for 100 ms, and every request that was due meanwhile has waited for it.
TEST_F(Engine, OpenLoopChargesAStandstillToAllThatWereDueInIt) {
  Plan open = plan();
  open.frames_per_s = 1000;
  open.duration_s = 0.4;
  const Measured got = go(FakeServer([](std::uint64_t id, std::uint64_t number) {
    if (number == 200) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return tests::verdicts(id, {1});
  }), open);
  EXPECT_EQ(got.latency.count(), 400U);
  EXPECT_GE(got.latency.max(), 100'000'000);
  // Some 50 of 400 have waited for more than half of it.
  EXPECT_GT(got.latency.quantile(0.9), 40'000'000);
}

// What is never answered is in the figures, with the time until the run was given up.
TEST_F(Engine, OpenLoopCountsWhatIsNeverAnswered) {
  Plan open = plan();
  open.frames_per_s = 100;
  open.timeout_s = 60;
  const Measured got = go(FakeServer([](std::uint64_t id, std::uint64_t number) { return number < 10 ? tests::verdicts(id, {1}) : std::string(); }), open);
  EXPECT_GT(got.unfinished, 5U);
  EXPECT_EQ(got.latency.count(), 20U);
  EXPECT_GT(got.latency.max(), 1'000'000'000);
}

TEST_F(Engine, UnexpectedVerdictsAndErrorsAreCountedWithAnExample) {
  const Measured wrong = go(FakeServer([](std::uint64_t id, std::uint64_t) { return tests::verdicts(id, {61}); }), plan());
  EXPECT_GT(wrong.unexpected, 0U);
  ASSERT_EQ(wrong.examples.size(), 1U);
  EXPECT_EQ(wrong.examples[0], "a token got expired where accepted was expected");
  const Measured unsigned_one = go(FakeServer([](std::uint64_t id, std::uint64_t) { return tests::verdicts(id, {1}, false); }), plan());
  EXPECT_GT(unsigned_one.unexpected, 0U);
  const Measured error = go(FakeServer([](std::uint64_t id, std::uint64_t) { return tests::error(id, wire::ErrorCode::bad_request); }), plan());
  EXPECT_GT(error.unexpected, 0U);
  EXPECT_EQ(error.latency.count(), 0U);
  const Measured count = go(FakeServer([](std::uint64_t id, std::uint64_t) { return tests::verdicts(id, {1, 1}); }), plan());
  EXPECT_GT(count.unexpected, 0U);
}

TEST_F(Engine, OverloadedIsCountedByItself) {
  const Measured got = go(FakeServer([](std::uint64_t id, std::uint64_t number) { return number % 2 == 0 ? tests::error(id, wire::ErrorCode::overloaded) : tests::verdicts(id, {1}); }), plan());
  EXPECT_GT(got.overloaded, 0U);
  EXPECT_EQ(got.unexpected, 0U);
  EXPECT_EQ(got.latency.count(), got.frames);
}

TEST_F(Engine, FailsWithAReasonAndInTime) {
  Plan impatient = plan();
  impatient.timeout_s = 0.5;
  fails(FakeServer([](std::uint64_t, std::uint64_t) { return std::string(); }), impatient, "no answer for 0.5 s");
  fails(FakeServer([](std::uint64_t id, std::uint64_t number) { return number < 50 ? good(id, number) : std::string("close"); }), plan(), "closed a connection");
  fails(FakeServer([](std::uint64_t, std::uint64_t) { return std::string("rubbish that is no frame"); }), plan(), "no frame");
  fails(FakeServer([](std::uint64_t id, std::uint64_t) { return tests::verdicts(id + 1000, {1}); }), plan(), "was not made");
  fails(FakeServer([](std::uint64_t, std::uint64_t) { return tests::error(0, wire::ErrorCode::too_many_connections); }), plan(), "refuses a connection");
  fails(FakeServer([](std::uint64_t id, std::uint64_t) {
    std::string broken = tests::verdicts(id, {1});
    broken[4] = '\x7f';  // the root's offset
    return broken;
  }), plan(), "malformed");
  Plan nowhere = plan();
  nowhere.socket = "/nonexistent/socket";
  EXPECT_THROW(run(nowhere, frames_, stop_, {}), Failure);
}

TEST_F(Engine, AnInterruptEndsARun) {
  Plan long_one = plan();
  long_one.duration_s = 600;
  const std::jthread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop_ = true;
  });
  fails(FakeServer(good), long_one, "interrupted");
}

}  // namespace
}  // namespace assay::load
