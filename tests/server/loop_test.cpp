#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <thread>

#include "loop/callback.h"
#include "loop/handles.h"
#include "loop/loop.h"

namespace assay::loop {
namespace {

struct Counting {
  Loop& loop;
  int calls = 0;
  void call() noexcept {
    ++calls;
    loop.stop();
  }
};

TEST(Loop, EndsCleanlyWithEveryHandleStartedAndDestroyed) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  {
    Loop loop;
    Counting counting{loop};
    const Callback callback = bind<&Counting::call>(&counting);
    Timer timer(loop, callback);
    timer.start(1000);
    const Signal signal(loop, SIGUSR2, callback);
    const Async async(loop, callback);
    Poll poll(loop, pipe_ends[0], callback);
    poll.start();
    const Check check(loop, {});
    Idle idle(loop);
    idle.start();
    loop.turn();
    EXPECT_EQ(counting.calls, 0);
  }  // ~Loop CHECKs
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST(LoopDeathTest, FindsAHandleThatNobodyClosed) {
  EXPECT_DEATH(
      {
        uv_timer_t forgotten;
        Loop loop;
        uv_timer_init(loop.raw(), &forgotten);
      },
      "uv_loop_close");
}

TEST(Timer, CallsOnceOrAgain) {
  Loop loop;
  Counting counting{loop};
  Timer timer(loop, bind<&Counting::call>(&counting));
  timer.start(1);
  EXPECT_TRUE(timer.running());
  loop.run();
  EXPECT_EQ(counting.calls, 1);
  EXPECT_FALSE(timer.running());
  timer.start(1, 1);
  loop.run();
  loop.run();
  EXPECT_EQ(counting.calls, 3);
  timer.stop();
  EXPECT_FALSE(timer.running());
}

TEST(Timer, MayEndInItsOwnCallback) {
  struct Owner {
    Loop loop;
    std::optional<Timer> timer;
    void end() noexcept { timer.reset(); }
  } owner;
  owner.timer.emplace(owner.loop, bind<&Owner::end>(&owner));
  owner.timer->start(0, 1);
  owner.loop.run();  // returns, since no handle is left
  EXPECT_FALSE(owner.timer.has_value());
}

TEST(Async, WakesTheLoopFromAnotherThread) {
  Loop loop;
  Counting counting{loop};
  Async async(loop, bind<&Counting::call>(&counting));
  std::thread other([&async] { async.send(); });
  loop.run();
  other.join();
  EXPECT_EQ(counting.calls, 1);
}

TEST(Signal, CallsForItsSignal) {
  Loop loop;
  Counting counting{loop};
  const Signal handler(loop, SIGUSR2, bind<&Counting::call>(&counting));
  ::kill(::getpid(), SIGUSR2);
  loop.run();
  EXPECT_EQ(counting.calls, 1);
}

TEST(Poll, CallsWhileReadableUntilStopped) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    Loop loop;
    Counting counting{loop};
    Poll poll(loop, ends[0], bind<&Counting::call>(&counting));
    loop.turn();
    EXPECT_EQ(counting.calls, 0);
    poll.start();
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    loop.run();
    loop.run();
    EXPECT_EQ(counting.calls, 2);
    poll.stop();
    loop.turn();
    EXPECT_EQ(counting.calls, 2);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

// One direction at a time: the one that was started last.
TEST(Poll, CallsWhileWritable) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  {
    Loop loop;
    Counting counting{loop};
    Poll poll(loop, ends[0], bind<&Counting::call>(&counting));
    poll.start();
    loop.turn();
    EXPECT_EQ(counting.calls, 0);
    poll.start_writable();
    loop.run();
    EXPECT_EQ(counting.calls, 1);
    poll.start();
    loop.turn();
    EXPECT_EQ(counting.calls, 1);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

// A callback that may throw does not compile: checked() and bind() take noexcept functions only.
template <class F>
concept Checkable = requires(F function) { checked(function); };
static_assert(Checkable<void (*)(int) noexcept>);
static_assert(!Checkable<void (*)(int)>);

}  // namespace
}  // namespace assay::loop
