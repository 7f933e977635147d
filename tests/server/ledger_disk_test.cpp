// A disk that is full, fails, or is cut off in the middle: what is in force, what is said, what a restart serves.
#include "server/ledger_fixture.h"

namespace assay::server {
namespace {

using test::config;
using test::Fault;
using test::jwks;
using testing::HasSubstr;

class LedgerDisk : public test::LedgerTest {
 protected:
  const std::string one = config({{"s", {1}}, {"u", {}, "https://u"}}, {{"a", {"s", "u"}}});
  const std::string two = config({{"s", {2}}, {"u", {}, "https://u"}}, {{"a", {"s", "u"}}});
};

// ENOSPC: a deploy is refused, and what served serves on.
TEST_F(LedgerDisk, RefusesADeployThatCannotBeKept) {
  ASSERT_TRUE(start(one));
  disk.set_full(true);
  const Outcome outcome = deploy(two);
  EXPECT_EQ(outcome.error, ErrorCode::not_kept);
  EXPECT_THAT(outcome.error_text, HasSubstr("No space left on device"));
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(roll_back().error, ErrorCode::no_such_deployment);
  EXPECT_TRUE(has_problem("the disk refused a deploy or rollback"));
  disk.set_full(false);
  EXPECT_EQ(deploy(two).deployment, 2U);
  EXPECT_FALSE(has_problem("the disk refused"));
  EXPECT_TRUE(ledger->report()->kept);
}

// A volatile deploy belongs to another history: a restart would use its numbers again for something else.
TEST_F(LedgerDisk, PutsADeployInForceWithoutTheDiskIfThatIsAllowed) {
  ASSERT_TRUE(start(one));
  const std::uint64_t instance = snapshot->instance();
  disk.set_full(true);
  const Outcome outcome = apply(DeployRequest{.document = two, .api_services = {}, .expected_deployment = {}, .allow_volatile = true});
  EXPECT_EQ(outcome.deployment, 2U);
  EXPECT_FALSE(outcome.kept);
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_NE(snapshot->instance(), instance);
  EXPECT_EQ(outcome.instance, snapshot->instance());
  EXPECT_FALSE(ledger->report()->kept);
  EXPECT_TRUE(has_problem("a restart would undo it"));
  EXPECT_FALSE(ledger->is_kept());
  EXPECT_FALSE(ledger->try_again().first);  // still full
  disk.set_full(false);
  EXPECT_TRUE(ledger->try_again().first);
  EXPECT_FALSE(has_problem("a restart would undo it"));
  const std::uint64_t kept_instance = snapshot->instance();
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(snapshot->instance(), kept_instance);
}

// A withdrawal is published even when the disk refuses to keep it.
TEST_F(LedgerDisk, WithdrawsAKeyWhateverTheDiskSays) {
  ASSERT_TRUE(start(one));
  push("u", jwks({5, 6}));
  disk.set_full(true);
  const Outcome outcome = push("u", jwks({6}));
  EXPECT_EQ(outcome.error, ErrorCode::unset);
  EXPECT_TRUE(outcome.changed);
  EXPECT_FALSE(outcome.kept);
  EXPECT_EQ(kids("a", "u"), "k6");
  EXPECT_TRUE(has_problem("a restart would undo it"));
  EXPECT_EQ(log.count("the disk does not keep what is in force"), 1U);
  EXPECT_EQ(log.events("disk_trouble").size(), 1U);
  EXPECT_TRUE(log.events("disk_recovered").empty());
  disk.set_full(false);
  EXPECT_TRUE(push("u", jwks({6})).kept);  // an equal set tries again
  EXPECT_TRUE(ledger->is_kept());
  EXPECT_EQ(log.events("disk_recovered").size(), 1U);
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "u"), "k6");
}

// A stop with something in force that is not on disk does not pass in silence.
TEST_F(LedgerDisk, SaysWhatIsLostWithIt) {
  ASSERT_TRUE(start(one));
  disk.set_full(true);
  push("u", jwks({6}));
  ledger.reset();
  EXPECT_EQ(log.count("is not on disk and is lost with this process"), 1U);
  EXPECT_EQ(log.events("state_lost").size(), 1U);
  disk.set_full(false);
  ASSERT_TRUE(start());
  ledger.reset();
  EXPECT_EQ(log.count("is lost with this process"), 1U);
}

TEST_F(LedgerDisk, StartsOnAFullDiskWhenThereIsNothingElseToServe) {
  disk.set_full(true);
  ASSERT_TRUE(start(one));
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_FALSE(ledger->report()->kept);
  disk.set_full(false);
  EXPECT_TRUE(ledger->try_again().first);
  EXPECT_TRUE(ledger->report()->kept);
}

TEST_F(LedgerDisk, ServesTheStoredStateWhenAnEditedFileCannotBeKept) {
  ASSERT_TRUE(start(one));
  disk.set_full(true);
  ASSERT_TRUE(start(two));
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_TRUE(has_problem("assayd.json was not deployed at the start"));
}

// Said: what the ledger says is in force; a restart must serve it or, for a change that was under way, what came after it.
struct Said {
  std::uint64_t deployment = 0;
  std::uint64_t generation = 0;
  std::string inline_kids;
  std::string pushed_kids;
  friend bool operator==(const Said&, const Said&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Said& said) {
    return out << "deployment " << said.deployment << " generation " << said.generation << " inline " << said.inline_kids << " pushed " << said.pushed_kids;
  }
};

class LedgerCrash : public LedgerDisk {
 protected:
  Said now() { return {deployment(), snapshot->generation(), kids("a", "s"), kids("a", "u")}; }
  // step(i): one of a dozen changes.
  Outcome step(int i) {
    switch (i % 6) {
      case 0: return deploy(config({{"s", {1, i + 10}}, {"u", {}, "https://u"}}, {{"a", {"s", "u"}}}));
      case 1: return push("u", jwks({i + 30}));
      case 2: return roll_back();
      case 3: return deploy(config({{"s", {1, i + 10}}, {"u", {}, "https://u"}}, {{"a", {"s", "u"}}}), {"a"});
      case 4: return push("u", jwks({i + 30, i + 31}));
      default: return deploy(config({{"s", {1, i + 10}}, {"u", {}, i % 12 == 5 ? "https://v" : "https://u"}}, {{"a", {"s", "u"}}}));
    }
  }
};

// The power fails at every operation of the disk, one after the other, and what was not synced survives or not by seed: the state before, or the state after, whole.
TEST_F(LedgerCrash, IsBeforeOrAfterWhereverThePowerFails) {
  constexpr int kSteps = 12;
  std::size_t crashes = 0;
  std::size_t after = 0;
  for (std::size_t at = 0;; ++at) {
    bool reached = false;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}}) {
      disk = {};
      ASSERT_TRUE(start(one));
      disk.crash_at(at, seed % 2 == 0 ? Fault::before : Fault::after);
      Said before;
      test::FakeDisk disk_before;
      int last = 0;
      for (int i = 0; i < kSteps && !disk.reached(); ++i) {
        before = now();
        disk_before = disk;
        last = i;
        step(i);
      }
      reached = disk.reached();
      if (!reached) break;
      ++crashes;
      disk.crash(seed);
      ASSERT_TRUE(start());
      EXPECT_FALSE(has_problem("stored state")) << at << " seed " << seed;
      const Said found = now();
      EXPECT_EQ(deploy(two).error, ErrorCode::unset);  // whole: it goes on from there
      if (found == before) continue;
      // What the change that was under way would have come to.
      disk = disk_before;
      disk.kill();
      ASSERT_TRUE(start());
      step(last);
      EXPECT_EQ(found, now()) << "operation " << at << " seed " << seed;
      ++after;
    }
    if (!reached) break;
  }
  EXPECT_GT(crashes, 200U);
  EXPECT_GT(after, 50U);
}

// Each operation fails once: the outcome tells the truth about what is in force, and a restart serves that.
TEST_F(LedgerCrash, ServesAfterARestartWhatItSaidWasInForceAndKept) {
  constexpr int kSteps = 12;
  std::size_t failures = 0;
  std::size_t refused = 0;
  std::size_t not_kept = 0;
  for (const Fault fault : {Fault::before, Fault::half, Fault::after}) {
    for (std::size_t at = 0;; ++at) {
      disk = {};
      ASSERT_TRUE(start(one));
      disk.fail_at(at, fault);
      bool reached = false;
      for (int i = 0; i < kSteps && !reached; ++i) {
        const Said before = now();
        const Outcome outcome = step(i);
        reached = disk.reached();
        if (outcome.error != ErrorCode::unset) {
          EXPECT_EQ(outcome.error, ErrorCode::not_kept) << outcome.error_text;
          EXPECT_EQ(now(), before);
          ++refused;
        } else if (!outcome.kept) {
          ++not_kept;
        }
      }
      if (!reached) break;
      ++failures;
      // The disk works again: whatever is in force is kept now or with the next try.
      if (!ledger->is_kept()) ledger->try_again();
      ASSERT_TRUE(ledger->is_kept());
      const Said said = now();
      disk.crash(1);
      ASSERT_TRUE(start());
      EXPECT_EQ(now(), said) << "operation " << at;
    }
  }
  EXPECT_GT(failures, 200U);
  EXPECT_GT(refused, 50U);
  EXPECT_GT(not_kept, 5U);
}

}  // namespace
}  // namespace assay::server
