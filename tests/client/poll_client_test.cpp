// PollClient in the plainest of event loops: poll() on its one descriptor.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <optional>
#include <stdexcept>

#include "client/async_fixture.h"

namespace assay {
namespace {

using test::Bytes;
using test::FakeDaemon;
using test::hasty;
using test::kOrders;
using test::patient;
using test::Peer;
using Clock = std::chrono::steady_clock;
using PollClientTest = test::AsyncTest;

// turn(client, wait_ms): one turn of the loop; whether there was something to do.
bool turn(PollClient& client, int wait_ms) {
  pollfd entry{client.fd(), POLLIN, 0};
  if (::poll(&entry, 1, wait_ms) <= 0) return false;
  client.on_readable();
  return true;
}

// Answers: of calls that were made one after the other; each callback runs once or the test fails. Outlives the client, whose destructor still tells.
class Answers {
 public:
  VerdictCallback next() {
    const std::size_t index = answers_.size();
    answers_.emplace_back();
    return [this, index](Result<Verdict> verdict) {
      EXPECT_FALSE(answers_[index].has_value()) << index << " is told twice";
      answers_[index] = std::move(verdict);
      ++told_;
    };
  }
  std::size_t told() const { return told_; }
  std::size_t size() const { return answers_.size(); }
  // of(index): after a loop that has ended.
  const Result<Verdict>& of(std::size_t index) const { return *answers_.at(index); }
  CallStatus status(std::size_t index) const { return answers_.at(index) ? answers_[index]->status() : CallStatus::unset; }
  // wait(client): until all are told.
  void wait(PollClient& client) const {
    for (const auto until = Clock::now() + test::kPatience; told_ < answers_.size() && Clock::now() < until;) turn(client, 1000);
    ASSERT_EQ(told_, answers_.size());
  }

 private:
  std::vector<std::optional<Result<Verdict>>> answers_;
  std::size_t told_ = 0;
};

TEST_F(PollClientTest, ValidatesOneAndMany) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  PollClient client(path(), patient());
  Answers one;
  ASSERT_TRUE(client.validate(kOrders, "accepted", one.next()).ok());
  one.wait(client);
  ASSERT_TRUE(one.of(0).ok()) << one.of(0).error().text;
  EXPECT_TRUE(one.of(0)->accepted());
  EXPECT_EQ(one.of(0)->subject, "alice");
  std::optional<Result<std::vector<Verdict>>> many;
  const std::string_view tokens[] = {"expired", "accepted", "keys_unavailable", "x"};
  ASSERT_TRUE(client.validate(kOrders, tokens, [&](Result<std::vector<Verdict>> verdicts) { many = std::move(verdicts); }).ok());
  while (!many) turn(client, 1000);
  ASSERT_TRUE(many->ok()) << many->error().text;
  ASSERT_EQ((*many)->size(), 4U);
  EXPECT_EQ((**many)[0].code, Code::expired);
  EXPECT_TRUE((**many)[1].accepted());
  EXPECT_EQ((**many)[2].outcome(), Outcome::unavailable);
  EXPECT_EQ((**many)[3].code, Code::not_compact);
  EXPECT_EQ(daemon.connection_count(), 1U);
  EXPECT_EQ(seen_.now().scopes, kOrders.required_scopes);
  EXPECT_EQ(seen_.now().claims, kOrders.claims);
}

// A loop that finds the descriptor readable for nothing would spin.
TEST_F(PollClientTest, IsQuietWhenThereIsNothingToDo) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  PollClient client(path(), patient());
  EXPECT_FALSE(turn(client, 0));
  client.on_readable();  // for nothing
  Answers answers;
  ASSERT_TRUE(client.validate(kOrders, "accepted", answers.next()).ok());
  answers.wait(client);
  turn(client, 0);
  EXPECT_FALSE(turn(client, 50));
}

TEST_F(PollClientTest, SendsWhatWasAskedInOneTurnInOneWrite) {
  std::atomic<std::size_t> together = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    const std::vector<std::uint64_t> ids = test::ids_in(peer.some());
    together = ids.size();
    for (const std::uint64_t id : ids) peer.send(test::verdicts_frame(id, {Code::accepted}));
    peer.next_id();
  });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_EQ(together, 50U);
}

TEST_F(PollClientTest, PairsAnswersThatComeInAnyOrder) {
  const std::vector<Code> codes{Code::expired, Code::accepted, Code::bad_signature, Code::unknown_key};
  FakeDaemon daemon(path(), [&](Peer& peer) {
    std::vector<std::uint64_t> ids;
    for (std::size_t i = 0; i < codes.size(); ++i) ids.push_back(peer.next_id());
    for (std::size_t i = codes.size(); i-- > 0;) peer.send(test::verdicts_frame(ids[i], {codes[i]}));
    peer.next_id();
  });
  Answers answers;
  PollClient client(path(), patient());
  for (std::size_t i = 0; i < codes.size(); ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    ASSERT_TRUE(answers.of(i).ok()) << answers.of(i).error().text;
    EXPECT_EQ(answers.of(i)->code, codes[i]);
  }
}

TEST_F(PollClientTest, TellsTheDaemonHowLongItWaits) {
  std::atomic<std::uint32_t> deadline_ms = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    while (const std::optional<Bytes> frame = peer.frame()) {
      const wire::Envelope* envelope = test::envelope_of(*frame);
      deadline_ms = envelope->body_as_Validate()->deadline_ms();
      peer.send(test::verdicts_frame(envelope->id(), {Code::accepted}));
    }
  });
  Answers answers;
  PollClient client(path(), patient());
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_GT(deadline_ms, 0U);
  EXPECT_LE(deadline_ms, 60'000U);
}

TEST_F(PollClientTest, SendsEveryValidationOnceMoreWhenTheConnectionBreaks) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    if (peer.index() == 0) {
      const std::uint64_t first = peer.next_id();
      for (int i = 0; i < 2; ++i) peer.next_id();
      peer.send(test::verdicts_frame(first, {Code::expired}));  // an answer is never asked for again
    } else {
      while (const std::uint64_t id = peer.next_id()) peer.send(test::verdicts_frame(id, {Code::accepted}));
    }
  });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  const int fd = client.fd();
  answers.wait(client);
  ASSERT_TRUE(answers.of(0).ok() && answers.of(1).ok() && answers.of(2).ok());
  EXPECT_EQ(answers.of(0)->code, Code::expired);
  EXPECT_TRUE(answers.of(1)->accepted());
  EXPECT_TRUE(answers.of(2)->accepted());
  EXPECT_EQ(daemon.connection_count(), 2U);
  EXPECT_EQ(client.fd(), fd);
}

TEST_F(PollClientTest, SendsAValidationTwiceAtTheMost) {
  std::atomic<int> requests = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    if (peer.next_id() != 0) ++requests;
  });
  Answers answers;
  PollClient client(path(), patient());
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_EQ(answers.status(0), CallStatus::connection_lost);
  EXPECT_EQ(requests, 2);
}

// The daemon has not looked at a request that it answers so; the one that comes after it shall.
TEST_F(PollClientTest, TakesShuttingDownForABrokenConnection) {
  for (const bool with_id : {true, false}) {
    FakeDaemon daemon(path(), [&](Peer& peer) {
      const std::uint64_t id = peer.next_id();
      peer.send(peer.index() == 0 ? test::error_frame(with_id ? id : 0, wire::ErrorCode::shutting_down) : test::verdicts_frame(id, {Code::accepted}));
      peer.next_id();
    });
    PollClient client(path(), patient());
    Answers answers;
    ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    answers.wait(client);
    ASSERT_TRUE(answers.of(0).ok()) << answers.of(0).error().text;
    EXPECT_EQ(daemon.connection_count(), 2U);
  }
}

TEST_F(PollClientTest, NeverRepeatsAnOverloadedRequest) {
  FakeDaemon daemon(path(), test::answering([](std::uint64_t id) { return test::error_frame(id, wire::ErrorCode::overloaded); }));
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    answers.wait(client);
    EXPECT_EQ(answers.status(static_cast<std::size_t>(i)), CallStatus::daemon_error);
    EXPECT_EQ(answers.of(static_cast<std::size_t>(i)).error().daemon_error, DaemonError::overloaded);
  }
  EXPECT_EQ(daemon.connection_count(), 1U);
}

// A daemon that is full says so and closes: that is the answer, for all.
TEST_F(PollClientTest, HearsWhatWasSaidBeforeTheConnectionClosed) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::error_frame(0, wire::ErrorCode::too_many_connections)); });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(answers.of(i).error().daemon_error, DaemonError::too_many_connections);
}

// A bad answer ends the connection. The request that it belongs to is not repeated, the others are, and all are told.
TEST_F(PollClientTest, TellsEveryoneAfterABadAnswer) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    std::vector<std::uint64_t> ids;
    if (peer.index() == 0) {
      for (int i = 0; i < 3; ++i) ids.push_back(peer.next_id());
      peer.send(test::verdicts_frame(ids[1], {Code::accepted, Code::accepted}));  // two verdicts for one token
      peer.next_id();
    } else {
      while (const std::uint64_t id = peer.next_id()) peer.send(test::verdicts_frame(id, {Code::accepted}));
    }
  });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_TRUE(answers.of(0).ok());
  EXPECT_EQ(answers.status(1), CallStatus::bad_response);
  EXPECT_TRUE(answers.of(2).ok());
  EXPECT_EQ(daemon.connection_count(), 2U);
}

// What is no frame belongs to no request: nobody is repeated, everyone is told.
TEST_F(PollClientTest, TellsEveryoneAfterBytesThatAreNoFrame) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    for (int i = 0; i < 3; ++i) peer.next_id();
    peer.send(Bytes(64, std::byte{0x55}));
    peer.next_id();
  });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(answers.status(i), CallStatus::bad_response);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

TEST_F(PollClientTest, TimesOutOnASilentDaemonAndThenDropsTheLateAnswer) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    const std::uint64_t late = peer.next_id();
    const std::uint64_t second = peer.next_id();
    peer.send(test::verdicts_frame(late, {Code::accepted}));  // nobody waits for it; it must not answer the second
    peer.send(test::verdicts_frame(second, {Code::expired}));
    peer.next_id();
  });
  Answers answers;
  PollClient client(path(), hasty(500));
  const auto start = Clock::now();
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_EQ(answers.status(0), CallStatus::timed_out);
  EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(499));
  ASSERT_TRUE(client.validate(kOrders, "b", answers.next()).ok());
  answers.wait(client);
  ASSERT_TRUE(answers.of(1).ok()) << answers.of(1).error().text;
  EXPECT_EQ(answers.of(1)->code, Code::expired);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

// A peer that owes more late answers than may be under way is stuck: the connection is given up.
TEST_F(PollClientTest, GivesUpAConnectionThatAnswersNothing) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    while (const std::uint64_t id = peer.next_id()) {
      if (peer.index() > 0) peer.send(test::verdicts_frame(id, {Code::accepted}));
    }
  });
  AsyncOptions options = hasty(50);
  options.requests_max = 2;
  Answers answers;
  PollClient client(path(), options);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    answers.wait(client);
    EXPECT_EQ(answers.status(static_cast<std::size_t>(i)), CallStatus::timed_out);
  }
  for (const auto until = Clock::now() + test::kPatience; daemon.connection_count() < 2 && Clock::now() < until;) {
    ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    answers.wait(client);
  }
  EXPECT_EQ(daemon.connection_count(), 2U);
}

// A request that the peer does not take for its whole time takes the connection with it.
TEST_F(PollClientTest, GivesUpAConnectionThatTakesNothing) {
  std::atomic<bool> go_on = false;
  FakeDaemon daemon(
      path(),
      [&](Peer& peer) {
        if (peer.index() > 0) {
          while (const std::uint64_t id = peer.next_id()) peer.send(test::verdicts_frame(id, {Code::accepted}));
        }
        while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      },
      FakeDaemon::Serve::all_at_once);
  Answers answers;
  PollClient client(path(), {.client = {.timeout_ms = 2000, .connect_timeout_ms = 1000, .backoff_ms_min = 1, .backoff_ms_max = 5}});
  const std::string large(900'000, 'x');
  ASSERT_TRUE(client.validate(kOrders, large, answers.next()).ok());
  answers.wait(client);
  EXPECT_EQ(answers.status(0), CallStatus::timed_out);
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_TRUE(answers.of(1).ok()) << answers.of(1).error().text;
  EXPECT_EQ(daemon.connection_count(), 2U);
  go_on = true;
}

TEST_F(PollClientTest, WritesAndReadsInPieces) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    peer.read_slowly();
    while (const std::optional<Bytes> frame = peer.frame()) peer.send_slowly(test::verdicts_frame(test::envelope_of(*frame)->id(), {Code::accepted}), 100);
  });
  Answers answers;
  PollClient client(path(), patient());
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(client.validate(kOrders, std::string(50'000 + static_cast<std::size_t>(i), 'x'), answers.next()).ok());
  answers.wait(client);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_TRUE(answers.of(i).ok()) << answers.of(i).error().text;
}

TEST_F(PollClientTest, SaysWhyItCannotConnect) {
  Answers answers;
  PollClient client(path(), hasty(5000));
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  EXPECT_EQ(answers.told(), 0U);  // never inside validate()
  answers.wait(client);
  EXPECT_EQ(answers.status(0), CallStatus::cannot_connect);
  EXPECT_EQ(answers.of(0).error().system_errno, ENOENT);
  EXPECT_NE(answers.of(0).error().text.find(path()), std::string::npos);
  PollClient too_long(std::string(200, 'x'), patient());
  ASSERT_TRUE(too_long.validate(kOrders, "a", answers.next()).ok());
  answers.wait(too_long);
  EXPECT_EQ(answers.of(1).error().system_errno, ENAMETOOLONG);
}

TEST_F(PollClientTest, FailsAtOnceWhileItBacksOff) {
  Answers answers;
  PollClient client(path(), {.client = {.timeout_ms = 3'600'000, .connect_timeout_ms = 0, .backoff_ms_min = 3'600'000, .backoff_ms_max = 3'600'000}});
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  FakeDaemon daemon(path(), test::by_name(seen_));
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  answers.wait(client);
  EXPECT_EQ(answers.status(1), CallStatus::cannot_connect);
  EXPECT_EQ(daemon.connection_count(), 0U);
}

TEST_F(PollClientTest, WaitsForADaemonThatStartsWithinTheConnectTimeout) {
  Answers answers;
  PollClient client(path(), patient());
  ASSERT_TRUE(client.validate(kOrders, "accepted", answers.next()).ok());
  for (int i = 0; i < 20; ++i) turn(client, 5);
  EXPECT_EQ(answers.told(), 0U);
  FakeDaemon daemon(path(), test::by_name(seen_));
  answers.wait(client);
  ASSERT_TRUE(answers.of(0).ok()) << answers.of(0).error().text;
}

// A restart between calls is no fault of a call's: it costs no retry.
TEST_F(PollClientTest, SurvivesRestartsOfTheDaemon) {
  Answers answers;
  PollClient client(path(), patient());
  for (std::size_t i = 0; i < 5; ++i) {
    FakeDaemon daemon(path(), test::by_name(seen_));
    ASSERT_TRUE(client.validate(kOrders, "accepted", answers.next()).ok());
    answers.wait(client);
    ASSERT_TRUE(answers.of(i).ok()) << answers.of(i).error().text;
  }
  EXPECT_EQ(seen_.now().frames.size(), 5U);
}

TEST_F(PollClientTest, TakesNoMoreRequestsThanItsLimit) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  AsyncOptions options = patient();
  options.requests_max = 3;
  Answers answers;
  PollClient client(path(), options);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "accepted", answers.next()).ok());
  bool told = false;
  const Result<Done> refused = client.validate(kOrders, "accepted", [&](Result<Verdict>) { told = true; });
  EXPECT_EQ(refused.status(), CallStatus::too_many_requests);
  answers.wait(client);
  ASSERT_TRUE(client.validate(kOrders, "accepted", answers.next()).ok());
  answers.wait(client);
  EXPECT_FALSE(told);
  EXPECT_EQ(seen_.now().frames.size(), 4U);
}

TEST_F(PollClientTest, TakesNoMoreBytesThanItsLimit) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  AsyncOptions options = patient();
  options.bytes_max = 2000;
  Answers answers;
  PollClient client(path(), options);
  ASSERT_TRUE(client.validate(kOrders, std::string(5000, 'x'), answers.next()).ok());  // the first fits whatever its size
  EXPECT_EQ(client.validate(kOrders, "a", [](Result<Verdict>) {}).status(), CallStatus::too_many_requests);
  answers.wait(client);
  ASSERT_TRUE(client.validate(kOrders, std::string(1000, 'x'), answers.next()).ok());
  EXPECT_EQ(client.validate(kOrders, std::string(1000, 'x'), [](Result<Verdict>) {}).status(), CallStatus::too_many_requests);
  ASSERT_TRUE(client.validate(kOrders, "x", answers.next()).ok());
  answers.wait(client);
}

TEST_F(PollClientTest, RefusesBadArgumentsAndTellsNobody) {
  PollClient client(path(), patient());
  bool told = false;
  const VerdictCallback callback = [&](Result<Verdict>) { told = true; };
  const VerdictsCallback several = [&](Result<std::vector<Verdict>>) { told = true; };
  EXPECT_EQ(client.validate({"", {}, {}}, "a", callback).status(), CallStatus::bad_argument);
  EXPECT_EQ(client.validate(kOrders, std::span<const std::string_view>(), several).status(), CallStatus::bad_argument);
  EXPECT_EQ(client.validate(kOrders, std::vector<std::string_view>(kTokensPerRequestMax + 1, "a"), several).status(), CallStatus::bad_argument);
  EXPECT_EQ(client.validate(kOrders, std::string(kRequestBytesMax, 'x'), callback).status(), CallStatus::bad_argument);
  EXPECT_EQ(client.validate(kOrders, "a", VerdictCallback()).status(), CallStatus::bad_argument);
  EXPECT_FALSE(turn(client, 0));
  EXPECT_FALSE(told);
}

TEST_F(PollClientTest, EndsEveryCallWhenItIsDestroyed) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    while (peer.next_id() != 0) {
    }
  });
  Answers answers;
  CallStatus inside = CallStatus::unset;
  {
    PollClient client(path(), patient());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    turn(client, 1000);  // these are sent, the next are not
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
    ASSERT_TRUE(client.validate(kOrders, "a", [&](Result<Verdict>) { inside = client.validate(kOrders, "a", [](Result<Verdict>) {}).status(); }).ok());
  }
  ASSERT_EQ(answers.told(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(answers.status(i), CallStatus::cancelled);
  EXPECT_EQ(inside, CallStatus::cancelled);
}

TEST_F(PollClientTest, MayBeDestroyedByACallback) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    for (const std::uint64_t id : test::ids_in(peer.some())) peer.send(test::verdicts_frame(id, {Code::accepted}));
    peer.next_id();
  });
  Answers answers;
  bool destroyed = false;
  auto client = std::make_unique<PollClient>(path(), patient());
  ASSERT_TRUE(client->validate(kOrders, "a", [&](Result<Verdict>) { client.reset(), destroyed = true; }).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->validate(kOrders, "a", answers.next()).ok());
  while (client != nullptr) turn(*client, 1000);
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(answers.told(), 3U);  // with their verdicts or cancelled, as it happened
}

TEST_F(PollClientTest, MayBeCalledByACallback) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  int left = 100;
  std::function<void(Result<Verdict>)> again;
  PollClient client(path(), patient());
  again = [&](Result<Verdict> verdict) {
    EXPECT_TRUE(verdict.ok());
    client.on_readable();  // does nothing here
    if (--left > 0) {
      EXPECT_TRUE(client.validate(kOrders, "accepted", again).ok());
    }
  };
  ASSERT_TRUE(client.validate(kOrders, "accepted", again).ok());
  for (const auto until = Clock::now() + test::kPatience; left > 0 && Clock::now() < until;) turn(client, 1000);
  EXPECT_EQ(left, 0);
}

// A callback that asks again at once when it fails at once: the loop still gets its turn, and the stack does not grow.
TEST_F(PollClientTest, DoesNotSpinWithACallbackThatAsksAgain) {
  int told = 0;
  std::function<void(Result<Verdict>)> again;
  PollClient client(path(), hasty(5000));
  again = [&](Result<Verdict>) { ++told, (void)client.validate(kOrders, "a", again); };
  ASSERT_TRUE(client.validate(kOrders, "a", again).ok());
  for (int i = 0; i < 100; ++i) turn(client, 1000);
  EXPECT_GT(told, 0);
  EXPECT_LE(told, 100);
}

TEST_F(PollClientTest, EndsTheProcessWhenACallbackThrows) {
  EXPECT_DEATH(
      {
        PollClient client(path(), hasty(1000));
        (void)client.validate(kOrders, "a", [](Result<Verdict>) { throw std::runtime_error("thrown"); });
        try {
          for (;;) turn(client, 1000);
        } catch (const std::runtime_error&) {
        }
      },
      "thrown");
}

// A process without descriptors gets a client that says so.
TEST_F(PollClientTest, SaysThatItHasNoDescriptors) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "skipped: the undefined behaviour sanitizer opens a pipe to look at an object, and takes a failure for a bad object";
#endif
  const std::string socket = path();
  std::vector<int> taken;
  for (int fd; (fd = dup(0)) >= 0;) taken.push_back(fd);
  std::optional<PollClient> client;
  client.emplace(socket, patient());
  const int fd = client->fd();
  const Result<Done> refused = client->validate(kOrders, "a", [](Result<Verdict>) {});
  client->on_readable();
  for (const int used : taken) close(used);
  EXPECT_EQ(fd, -1);
  EXPECT_EQ(refused.status(), CallStatus::cannot_connect);
  EXPECT_EQ(refused.error().system_errno, EMFILE);
}

TEST_F(PollClientTest, LeavesNoDescriptorBehind) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()); };
  const auto before = count();
  for (int i = 0; i < 3; ++i) {
    FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted})); });
    PollClient client(path(), patient());
    Answers answers;
    for (int k = 0; k < 3; ++k) {
      ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
      answers.wait(client);
    }
  }
  EXPECT_EQ(count(), before);
}

// Two processes on one connection would read each other's answers: a child makes its own, and the parent's calls are the parent's.
TEST_F(PollClientTest, ConnectsAnewAfterFork) {
  FakeDaemon daemon(
      path(),
      [](Peer& peer) {
        // The first connection answers only its second request, and that one late.
        std::uint64_t id = peer.next_id();
        if (peer.index() == 0) id = peer.next_id();
        peer.send(test::verdicts_frame(id, {peer.index() == 0 ? Code::accepted : Code::expired}));
        peer.next_id();
      },
      FakeDaemon::Serve::all_at_once);
  Answers answers;
  PollClient client(path(), patient());
  const int fd = client.fd();
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  turn(client, 1000);
  const pid_t child = fork();
  if (child == 0) {
    Answers own;
    if (!client.validate(kOrders, "a", own.next()).ok() || client.fd() != fd) _exit(2);
    while (own.told() == 0) turn(client, 1000);
    if (answers.told() != 0) _exit(3);
    _exit(own.of(0).ok() && own.of(0)->code == Code::expired ? 0 : 4);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  for (const auto until = Clock::now() + test::kPatience; answers.told() == 0 && Clock::now() < until;) turn(client, 1000);
  ASSERT_EQ(answers.status(1), CallStatus::ok);
  EXPECT_EQ(answers.of(1)->code, Code::accepted);
}

// A child that destroys the parent's client takes nothing from the parent: no connection, no timer, no callback.
TEST_F(PollClientTest, MayBeDestroyedByAChild) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    peer.next_id();
    peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted}));
    peer.next_id();
  });
  Answers answers;
  auto client = std::make_unique<PollClient>(path(), hasty(3000));
  ASSERT_TRUE(client->validate(kOrders, "a", answers.next()).ok());
  turn(*client, 1000);
  const pid_t child = fork();
  if (child == 0) {
    client.reset();
    _exit(answers.told() == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(client->validate(kOrders, "b", answers.next()).ok());
  answers.wait(*client);  // the first times out: the timer is still there
  EXPECT_EQ(answers.status(0), CallStatus::timed_out);
  EXPECT_TRUE(answers.of(1).ok());
  EXPECT_EQ(daemon.connection_count(), 1U);
}

// A connection that has ended leaves the set even if a child still has a copy of its socket: otherwise the loop would spin.
TEST_F(PollClientTest, IsQuietWhenAChildHoldsAnOldConnection) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted})); });
  Answers answers;
  PollClient client(path(), patient());
  ASSERT_TRUE(client.validate(kOrders, "a", answers.next()).ok());
  int hold[2];
  ASSERT_EQ(pipe(hold), 0);
  for (const auto until = Clock::now() + test::kPatience; daemon.connection_count() == 0 && Clock::now() < until;) turn(client, 10);
  const pid_t child = fork();
  if (child == 0) {
    close(hold[1]);
    char end;
    _exit(read(hold[0], &end, 1) == 0 ? 0 : 1);
  }
  close(hold[0]);
  answers.wait(client);
  for (int i = 0; i < 20; ++i) turn(client, 10);  // the end of the connection
  EXPECT_FALSE(turn(client, 50));
  close(hold[1]);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace assay
