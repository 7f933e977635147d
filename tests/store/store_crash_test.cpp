// The one promise that matters, tried at every point: whatever fails and whenever the power goes, what is loaded next is whole. No point is chosen by chance;
// what survives a crash is, by a seed that a failure prints.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "store/scenario.h"

namespace assay::store {
namespace {

using test::FakeDisk;
using test::FakeFiles;
using test::Fault;
using test::holds;
using test::life;
using test::Opened;
using test::Step;

constexpr std::array kFaults{Fault::before, Fault::half, Fault::after};
constexpr std::uint64_t kSeeds = 12;

// Point: a moment within a life: the step that is interrupted, the operation within its save, and how.
struct Point {
  std::size_t step;
  std::size_t operation;
  Fault fault;
};

std::string text_of(const std::vector<Step>& steps, const Point& point) {
  constexpr std::array<std::string_view, 3> names{"before", "half", "after"};
  return std::string(steps[point.step].what) + ", operation " + std::to_string(point.operation) + ", " + std::string(names[static_cast<std::size_t>(point.fault)]);
}

// Life: a disk and its store, lived up to a step.
struct Life {
  Life(const std::vector<Step>& steps, std::size_t until) : store(std::make_unique<FakeFiles>(disk)) {
    EXPECT_TRUE(store.load());
    for (std::size_t i = 0; i < until; ++i) EXPECT_TRUE(store.save(steps[i].records)) << steps[i].what;
  }
  FakeDisk disk;
  Store store;
};

// each_point(steps, visit): every operation of every save, and each way to fail there.
template <class Visit>
std::size_t each_point(const std::vector<Step>& steps, Visit visit) {
  std::size_t points = 0;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    Life life(steps, step);
    const std::size_t before = life.disk.operations();
    EXPECT_TRUE(life.store.save(steps[step].records));
    const std::size_t operations = life.disk.operations() - before;
    for (std::size_t operation = 0; operation < operations; ++operation) {
      for (const Fault fault : kFaults) {
        ++points;
        visit(Point{step, operation, fault});
      }
    }
  }
  return points;
}

const Records* before(const std::vector<Step>& steps, const Point& point) { return point.step == 0 ? nullptr : &steps[point.step - 1].records; }

// Outcomes: how often a crash left the records before and those after; both must happen, or the test tests nothing.
struct Outcomes {
  std::size_t before = 0;
  std::size_t after = 0;

  // note(disk, old, now): the disk holds one or the other. True if it holds `now`.
  bool note(const FakeDisk& disk, const Records* old, const Records& now) {
    const std::string fault = holds(disk, &now);
    if (fault.empty()) {
      ++after;
      return true;
    }
    EXPECT_EQ(holds(disk, old), "") << "nor the records after: " << fault;
    ++before;
    return false;
  }
};

TEST(StoreCrash, LeavesTheRecordsBeforeOrAfterWhole) {
  const std::vector<Step> steps = life();
  Outcomes outcomes;
  const std::size_t points = each_point(steps, [&](const Point& point) {
    const Records& now = steps[point.step].records;
    Life life(steps, point.step);
    life.disk.crash_at(point.operation, point.fault);
    static_cast<void>(life.store.save(now));
    ASSERT_TRUE(life.disk.reached());
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      SCOPED_TRACE(text_of(steps, point) + ", seed " + std::to_string(seed));
      FakeDisk disk = life.disk;
      disk.crash(seed);
      outcomes.note(disk, before(steps, point), now);
      // And life goes on: the same save again leaves exactly its files.
      Opened again(disk);
      ASSERT_TRUE(again.store.save(now));
      disk.crash(1);
      EXPECT_EQ(holds(disk, &now), "");
    }
  });
  EXPECT_GE(points, 300U);
  EXPECT_GE(outcomes.before, points * kSeeds / 4);
  EXPECT_GE(outcomes.after, points * kSeeds / 4);
  RecordProperty("points", static_cast<int>(points));
}

TEST(StoreFailure, IsRetriedToExactlyTheRecords) {
  const std::vector<Step> steps = life();
  std::size_t failures = 0;
  const std::size_t points = each_point(steps, [&](const Point& point) {
    SCOPED_TRACE(text_of(steps, point));
    const Records& now = steps[point.step].records;
    Life life(steps, point.step);
    life.disk.fail_at(point.operation, point.fault);
    const bool saved = life.store.save(now).has_value();
    ASSERT_TRUE(life.disk.reached());
    if (!saved) {
      ++failures;
      ASSERT_TRUE(life.store.save(now));
    }
    life.disk.crash(1);
    EXPECT_EQ(holds(life.disk, &now), "");
    // What could not be removed is removed by the next save, whatever that brings.
    Opened later(life.disk);
    ASSERT_TRUE(later.store.save(now));
    EXPECT_EQ(nothing_else(life.disk, now), "");
  });
  EXPECT_GE(failures, 230U);
  RecordProperty("failures", static_cast<int>(failures));
  EXPECT_GT(points, failures);  // those that struck the removal of what is left over
}

TEST(StoreFailure, FollowedByACrashLeavesTheRecordsBeforeOrAfter) {
  const std::vector<Step> steps = life();
  Outcomes outcomes;
  each_point(steps, [&](const Point& point) {
    const Records& now = steps[point.step].records;
    Life life(steps, point.step);
    life.disk.fail_at(point.operation, point.fault);
    const bool saved = life.store.save(now).has_value();
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      SCOPED_TRACE(text_of(steps, point) + ", seed " + std::to_string(seed));
      FakeDisk disk = life.disk;
      disk.crash(seed);
      const bool after = outcomes.note(disk, before(steps, point), now);
      EXPECT_TRUE(after || !saved) << "a save that succeeded is lost";
    }
  });
  EXPECT_GE(outcomes.before, 1000U);
  EXPECT_GE(outcomes.after, 1000U);
}

// A deploy that failed is taken back: the caller saves what was in force before.
TEST(StoreFailure, IsTakenBackToExactlyTheRecordsBefore) {
  const std::vector<Step> steps = life();
  std::size_t taken_back = 0;
  each_point(steps, [&](const Point& point) {
    SCOPED_TRACE(text_of(steps, point));
    const Records* old = before(steps, point);
    if (old == nullptr) return;
    Life life(steps, point.step);
    life.disk.fail_at(point.operation, point.fault);
    if (life.store.save(steps[point.step].records)) return;
    ASSERT_TRUE(life.store.save(*old));
    EXPECT_EQ(nothing_else(life.disk, *old), "");
    life.disk.crash(1);
    EXPECT_EQ(holds(life.disk, old), "");
    ++taken_back;
  });
  EXPECT_GE(taken_back, 230U);
}

// other_than(step): the records of a step as they might be if an operator mended his configuration after a failure: the same numbers, other texts.
Records other_than(const Records& records) {
  Records other = records;
  ++other.state.generation;
  if (!other.documents.empty()) {
    const DocumentRecord& last = *other.documents.back();
    other.documents.back() = test::document(last.number, *last.text + " mended");
  }
  return other;
}

// Two faults in a row: a save that fails anywhere, then another one with the same numbers that the power interrupts anywhere.
TEST(StoreCrash, AfterAFailureLeavesOneOfThreeWhole) {
  const std::vector<Step> steps = life();
  std::array<std::size_t, 3> found{};
  std::size_t crashes = 0;
  each_point(steps, [&](const Point& point) {
    if (point.fault == Fault::half) return;
    const Records& now = steps[point.step].records;
    const Records other = other_than(now);
    for (std::size_t operation = 0;; ++operation) {
      Life life(steps, point.step);
      life.disk.fail_at(point.operation, point.fault);
      if (life.store.save(now)) return;
      life.disk.crash_at(operation, Fault::after);
      static_cast<void>(life.store.save(other));
      if (!life.disk.reached()) return;
      ++crashes;
      for (const std::uint64_t seed : {0U, 1U, 2U, 3U, 4U}) {
        FakeDisk disk = life.disk;
        disk.crash(seed);
        if (holds(disk, &other).empty()) ++found[2];
        else if (holds(disk, &now).empty()) ++found[1];
        else if (holds(disk, before(steps, point)).empty()) ++found[0];
        else ADD_FAILURE() << text_of(steps, point) << ", then operation " << operation << ", seed " << seed << ": " << holds(disk, &other);
      }
    }
  });
  EXPECT_GE(crashes, 1000U);
  RecordProperty("crashes", static_cast<int>(crashes));
  for (const std::size_t count : found) EXPECT_GE(count, 100U);
}

// A process that is killed leaves its work to the kernel, which may not have done it yet: what a start has found must not be lost to a power failure after it.
TEST(StoreCrash, OfTheProcessLeavesNothingThatThePowerCanStillTake) {
  const std::vector<Step> steps = life();
  Outcomes outcomes;
  each_point(steps, [&](const Point& point) {
    const Records& now = steps[point.step].records;
    Life life(steps, point.step);
    life.disk.crash_at(point.operation, point.fault);
    static_cast<void>(life.store.save(now));
    life.disk.kill();
    Opened next(life.disk);
    ASSERT_TRUE(next.loaded && next.loaded->damage.empty());
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
      SCOPED_TRACE(text_of(steps, point) + ", seed " + std::to_string(seed));
      FakeDisk disk = life.disk;
      disk.crash(seed);
      EXPECT_EQ(holds(disk, next.loaded->records ? &*next.loaded->records : nullptr), "");
      outcomes.note(disk, before(steps, point), now);
    }
    ASSERT_TRUE(next.store.save(now));
    life.disk.crash(1);
    EXPECT_EQ(holds(life.disk, &now), "");
  });
  EXPECT_GE(outcomes.before, 300U);
  EXPECT_GE(outcomes.after, 300U);
}

// What the header says of saves that change several things at once: sources may be ahead; nothing is torn.
TEST(StoreCrash, WithSourcesAndStateChangedTearsNeither) {
  std::vector<Step> steps{{"before", test::small_records()}};
  Records now = steps[0].records;
  ++now.state.generation;
  now.sources[0] = test::source(now.sources[0]->url, 9, "{\"new\": true}");
  steps.push_back({"after", now});
  const Records& old = steps[0].records;
  std::size_t ahead = 0;
  for (std::size_t operation = 0;; ++operation) {
    Life life(steps, 1);
    life.disk.crash_at(operation, Fault::after);
    static_cast<void>(life.store.save(now));
    if (!life.disk.reached()) break;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      FakeDisk disk = life.disk;
      disk.crash(seed);
      Opened opened(disk);
      ASSERT_TRUE(opened.loaded && opened.loaded->records && opened.loaded->damage.empty());
      const Records& found = *opened.loaded->records;
      ASSERT_EQ(found.sources.size(), 1U);
      const bool new_source = *found.sources[0] == *now.sources[0];
      const bool new_state = found.state == now.state;
      EXPECT_TRUE(new_source || *found.sources[0] == *old.sources[0]);
      EXPECT_TRUE(new_state || found.state == old.state);
      EXPECT_TRUE(new_source || !new_state);
      if (new_source && !new_state) ++ahead;
    }
  }
  EXPECT_GE(ahead, kSeeds);
}

}  // namespace
}  // namespace assay::store
