// AsyncClient: many threads, one or a few connections.
#include <gtest/gtest.h>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <optional>

#include "client/async_fixture.h"

namespace assay {
namespace {

using test::Bytes;
using test::FakeDaemon;
using test::hasty;
using test::kOrders;
using test::kPatience;
using test::patient;
using test::Peer;
using AsyncClientTest = test::AsyncTest;

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitizer = false;
#endif

// got(future): its value; a test that has none fails instead of waiting for ever.
template <class T>
T got(std::future<T>& future) {
  if (future.wait_for(kPatience) != std::future_status::ready) ADD_FAILURE() << "no answer", std::abort();
  return future.get();
}

TEST_F(AsyncClientTest, ValidatesOneAndMany) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  std::promise<Result<Verdict>> told;
  std::future<Result<Verdict>> called = told.get_future();
  AsyncClient client(path(), patient());
  std::future<Result<Verdict>> one = client.validate(kOrders, "accepted");
  const std::string_view tokens[] = {"expired", "accepted"};
  std::future<Result<std::vector<Verdict>>> many = client.validate(kOrders, tokens);
  ASSERT_TRUE(client.validate(kOrders, "bad_signature", [&](Result<Verdict> verdict) { told.set_value(std::move(verdict)); }).ok());
  const Result<Verdict> verdict = got(one);
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_EQ(verdict->subject, "alice");
  const Result<std::vector<Verdict>> verdicts = got(many);
  ASSERT_TRUE(verdicts.ok());
  EXPECT_EQ((*verdicts)[0].code, Code::expired);
  EXPECT_TRUE((*verdicts)[1].accepted());
  EXPECT_EQ(got(called)->code, Code::bad_signature);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

// What comes while the client is busy goes in the next write, all of it.
TEST_F(AsyncClientTest, SendsTogetherWhatComesWhileItIsBusy) {
  std::atomic<std::size_t> together = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted}));
    const std::vector<std::uint64_t> ids = test::ids_in(peer.some());
    together = ids.size();
    for (const std::uint64_t id : ids) peer.send(test::verdicts_frame(id, {Code::accepted}));
    peer.next_id();
  });
  std::latch busy(1);
  std::latch go_on(1);
  AsyncClient client(path(), patient());
  ASSERT_TRUE(client.validate(kOrders, "a", [&](Result<Verdict>) { busy.count_down(), go_on.wait(); }).ok());
  busy.wait();
  std::vector<std::future<Result<Verdict>>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(client.validate(kOrders, "a"));
  go_on.count_down();
  for (auto& answer : answers) EXPECT_TRUE(got(answer).ok());
  EXPECT_EQ(together, 50U);
}

// Nothing else has to come for a request to leave.
TEST_F(AsyncClientTest, SendsAtOnceWhenItIsIdle) {
  std::atomic<int> reads = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    for (Bytes bytes = peer.some(); !bytes.empty(); bytes = peer.some()) {
      ++reads;
      for (const std::uint64_t id : test::ids_in(bytes)) peer.send(test::verdicts_frame(id, {Code::accepted}));
    }
  });
  AsyncClient client(path(), patient());
  for (int i = 0; i < 20; ++i) {
    std::future<Result<Verdict>> answer = client.validate(kOrders, "a");
    ASSERT_TRUE(got(answer).ok());
  }
  EXPECT_EQ(reads, 20);
}

// Each caller gets the answers to its own questions, over one connection and over several.
TEST_F(AsyncClientTest, ServesManyThreads) {
  FakeDaemon daemon(path(), test::by_name(seen_), FakeDaemon::Serve::all_at_once);
  const std::vector<Code> codes{Code::accepted, Code::expired, Code::bad_signature, Code::unknown_key, Code::wrong_audience, Code::too_old};
  for (const std::uint32_t connections : {1U, 3U}) {
    AsyncOptions options = patient();
    options.connections = connections;
    AsyncClient client(path(), options);
    std::atomic<int> right = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    constexpr int kEach = 300;
    for (const Code code : codes) {
      threads.emplace_back([&, code] {
        const std::string_view token = schema::info(code).name;
        std::vector<std::future<Result<Verdict>>> futures;
        for (int i = 0; i < kEach; ++i) {
          const auto check = [&, code](Result<Verdict> verdict) { ++(verdict.ok() && verdict->code == code ? right : wrong); };
          if (i % 3 != 0) {
            if (!client.validate(kOrders, token, check)) ++wrong;
          } else {
            futures.push_back(client.validate(kOrders, token));
          }
        }
        for (auto& future : futures) {
          const Result<Verdict> verdict = got(future);
          ++(verdict.ok() && verdict->code == code ? right : wrong);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    // The last callbacks may still be under way.
    for (const auto until = std::chrono::steady_clock::now() + kPatience; right + wrong < kEach * static_cast<int>(codes.size());) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(right, kEach * static_cast<int>(codes.size()));
  }
  EXPECT_LE(daemon.connection_count(), 4U);
}

// A daemon that is restarted under load: every call ends, and with an answer or with what a restart looks like.
TEST_F(AsyncClientTest, EndsEveryCallOverRestartsOfTheDaemon) {
  auto daemon = std::make_unique<FakeDaemon>(path(), test::by_name(seen_), FakeDaemon::Serve::all_at_once);
  AsyncOptions options = patient();
  options.connections = 2;
  std::atomic<int> made = 0;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> odd = 0;
  std::atomic<bool> stop = false;
  {
    AsyncClient client(path(), options);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        while (!stop) {
          for (int i = 0; i < 20; ++i) {
            const auto told = [&](Result<Verdict> verdict) {
              if (verdict.ok()) ++(verdict->accepted() ? answered : odd);
              else ++(verdict.status() == CallStatus::connection_lost || verdict.status() == CallStatus::cannot_connect ? failed : odd);
            };
            if (client.validate(kOrders, "accepted", told)) ++made;
          }
          std::future<Result<Verdict>> one = client.validate(kOrders, "accepted");
          (void)got(one);
        }
      });
    }
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      daemon.reset();
      daemon = std::make_unique<FakeDaemon>(path(), test::by_name(seen_), FakeDaemon::Serve::all_at_once);
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    // Nothing is left to be cancelled, or the counts would not fit.
    for (const auto until = std::chrono::steady_clock::now() + kPatience; answered + failed + odd < made && std::chrono::steady_clock::now() < until;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  EXPECT_EQ(answered + failed, made);
  EXPECT_EQ(odd, 0);
  EXPECT_GT(answered, 0);
}

TEST_F(AsyncClientTest, SendsAValidationOnceMoreWhenTheConnectionBreaks) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    const std::uint64_t id = peer.next_id();
    if (peer.index() > 0) peer.send(test::verdicts_frame(id, {Code::accepted}));
  });
  AsyncClient client(path(), patient());
  std::future<Result<Verdict>> answer = client.validate(kOrders, "a");
  const Result<Verdict> verdict = got(answer);
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_EQ(daemon.connection_count(), 2U);
}

TEST_F(AsyncClientTest, TimesOut) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    while (peer.next_id() != 0) {
    }
  });
  AsyncClient client(path(), hasty(50));
  std::vector<std::future<Result<Verdict>>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(client.validate(kOrders, "a"));
  for (auto& answer : answers) EXPECT_EQ(got(answer).status(), CallStatus::timed_out);
}

TEST_F(AsyncClientTest, SaysWhyItCannotConnect) {
  AsyncClient client(path(), hasty(5000));
  std::future<Result<Verdict>> answer = client.validate(kOrders, "a");
  const Result<Verdict> verdict = got(answer);
  EXPECT_EQ(verdict.status(), CallStatus::cannot_connect);
  EXPECT_EQ(verdict.error().system_errno, ENOENT);
}

TEST_F(AsyncClientTest, SaysWhatItDoesNotTake) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    while (peer.next_id() != 0) {
    }
  });
  AsyncOptions options = patient();
  options.requests_max = 2;
  std::vector<std::future<Result<Verdict>>> taken;
  {
    AsyncClient client(path(), options);
    for (int i = 0; i < 2; ++i) taken.push_back(client.validate(kOrders, "a"));
    std::atomic<bool> told = false;
    EXPECT_EQ(client.validate(kOrders, "a", [&](Result<Verdict>) { told = true; }).status(), CallStatus::too_many_requests);
    EXPECT_EQ(client.validate(kOrders, "a").get().status(), CallStatus::too_many_requests);
    EXPECT_EQ(client.validate({"", {}, {}}, "a").get().status(), CallStatus::bad_argument);
    EXPECT_EQ(client.validate(kOrders, "a", VerdictCallback()).status(), CallStatus::bad_argument);
    EXPECT_FALSE(told);
  }
  for (auto& answer : taken) EXPECT_EQ(got(answer).status(), CallStatus::cancelled);
}

// The limit is one for all threads, and what has ended makes room.
TEST_F(AsyncClientTest, KeepsItsLimitAmongThreads) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  AsyncOptions options = patient();
  options.requests_max = 4;
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  std::atomic<int> refused = 0;
  AsyncClient client(path(), options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        std::future<Result<Verdict>> future;
        const Result<Done> taken = client.validate(kOrders, "accepted", [&](Result<Verdict>) { --under_way; });
        if (!taken) {
          ++refused;
          std::this_thread::yield();
          continue;
        }
        most = std::max(most.load(), ++under_way);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // A place is free before its callback runs, and a thread counts up after it has its place: the count is off by no more than one a place and one a thread.
  EXPECT_LE(most, 4 + 4 + 4);
}

TEST_F(AsyncClientTest, EndsEveryCallWhenItIsDestroyed) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    while (peer.next_id() != 0) {
    }
  });
  std::atomic<int> cancelled = 0;
  std::atomic<int> other = 0;
  int made = 0;
  {
    AsyncClient client(path(), patient());
    for (int i = 0; i < 200; ++i) {
      made += client.validate(kOrders, "a", [&](Result<Verdict> verdict) {
        ++(verdict.status() == CallStatus::cancelled ? cancelled : other);
        // One that is being destroyed takes no more.
        if (client.validate(kOrders, "a", [&](Result<Verdict>) { ++other; }).status() != CallStatus::cancelled) ++other;
      }).ok() ? 1 : 0;
    }
  }
  EXPECT_EQ(cancelled, made);
  EXPECT_EQ(other, 0);
}

TEST_F(AsyncClientTest, MayBeDestroyedByACallback) {
  FakeDaemon daemon(path(), test::by_name(seen_), FakeDaemon::Serve::all_at_once);
  for (const std::uint32_t connections : {1U, 3U}) {
    AsyncOptions options = patient();
    options.connections = connections;
    auto client = std::make_unique<AsyncClient>(path(), options);
    std::atomic<int> told = 0;
    const auto destroyed = std::make_shared<std::promise<int>>();  // the thread outlives the client, and is still in set_value() when the test goes on
    std::future<int> before = destroyed->get_future();
    std::latch all_made(1);
    // The first call to end destroys the client, when all are made.
    ASSERT_TRUE(client->validate(kOrders, "accepted", [&, destroyed](Result<Verdict>) {
      all_made.wait();
      client.reset();
      destroyed->set_value(told);
    }).ok());
    int made = 0;
    for (int i = 0; i < 100; ++i) made += client->validate(kOrders, "accepted", [&](Result<Verdict>) { ++told; }).ok() ? 1 : 0;
    all_made.count_down();
    EXPECT_EQ(got(before), made);  // all others were told by then
  }
}

TEST_F(AsyncClientTest, MayBeCalledByACallback) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  std::promise<void> done;
  std::future<void> finished = done.get_future();
  int left = 200;  // of the client's thread
  std::function<void(Result<Verdict>)> again;
  AsyncClient client(path(), patient());
  again = [&](Result<Verdict> verdict) {
    EXPECT_TRUE(verdict.ok());
    if (--left == 0) return done.set_value();
    EXPECT_TRUE(client.validate(kOrders, "accepted", again).ok());
  };
  ASSERT_TRUE(client.validate(kOrders, "accepted", again).ok());
  EXPECT_EQ(finished.wait_for(kPatience), std::future_status::ready);
}

// The program's signal handlers do not run on the client's thread.
TEST_F(AsyncClientTest, BlocksSignalsOnItsThread) {
  std::promise<bool> told;
  std::future<bool> blocked = told.get_future();
  AsyncClient client(path(), hasty(1000));
  ASSERT_TRUE(client.validate(kOrders, "a", [&](Result<Verdict>) {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    told.set_value(sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGUSR1) == 1);
  }).ok());
  EXPECT_TRUE(got(blocked));
}

TEST_F(AsyncClientTest, SaysThatItHasNoDescriptors) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "skipped: the undefined behaviour sanitizer opens a pipe to look at an object, and takes a failure for a bad object";
#endif
  const std::string socket = path();
  std::vector<int> taken;
  for (int fd; (fd = dup(0)) >= 0;) taken.push_back(fd);
  std::optional<AsyncClient> client;
  client.emplace(socket, patient());
  const Result<Verdict> verdict = client->validate(kOrders, "a").get();
  client.reset();
  for (const int used : taken) close(used);
  EXPECT_EQ(verdict.status(), CallStatus::cannot_connect);
  EXPECT_EQ(verdict.error().system_errno, EMFILE);
}

TEST_F(AsyncClientTest, LeavesNoDescriptorBehind) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()); };
  const auto before = count();
  for (int i = 0; i < 3; ++i) {
    FakeDaemon daemon(path(), test::by_name(seen_));
    AsyncClient client(path(), patient());
    std::future<Result<Verdict>> answer = client.validate(kOrders, "accepted");
    EXPECT_TRUE(got(answer).ok());
  }
  EXPECT_EQ(count(), before);
}

// A child has a thread and a connection of its own; what was under way is the parent's.
TEST_F(AsyncClientTest, ConnectsAnewAfterFork) {
  if (kThreadSanitizer) GTEST_SKIP() << "the thread sanitizer lets no child of a process with threads start one";
  FakeDaemon daemon(
      path(),
      [](Peer& peer) {
        std::uint64_t id = peer.next_id();
        if (peer.index() == 0) id = peer.next_id();  // the first is never answered
        peer.send(test::verdicts_frame(id, {peer.index() == 0 ? Code::accepted : Code::expired}));
        peer.next_id();
      },
      FakeDaemon::Serve::all_at_once);
  std::atomic<bool> told = false;
  auto client = std::make_unique<AsyncClient>(path(), patient());
  ASSERT_TRUE(client->validate(kOrders, "a", [&](Result<Verdict>) { told = true; }).ok());
  while (daemon.connection_count() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const pid_t child = fork();
  if (child == 0) {
    std::future<Result<Verdict>> own = client->validate(kOrders, "a");
    if (own.wait_for(kPatience) != std::future_status::ready) _exit(2);
    const Result<Verdict> verdict = own.get();
    client.reset();
    _exit(verdict.ok() && verdict->code == Code::expired && !told ? 0 : 3);
  }
  const pid_t idle = fork();
  if (idle == 0) {
    client.reset();
    _exit(told ? 1 : 0);
  }
  for (const pid_t pid : {child, idle}) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  std::future<Result<Verdict>> second = client->validate(kOrders, "a");
  const Result<Verdict> verdict = got(second);
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_EQ(verdict->code, Code::accepted);
}

}  // namespace
}  // namespace assay
