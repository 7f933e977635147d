// A schedule, both clocks, and short words for what happens to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sources/schedule.h"

namespace assay::sources::test {

using snapshot::SourceId;

inline constexpr std::uint64_t kSecond = 1'000;
inline constexpr std::uint64_t kMinute = 60 * kSecond;
inline constexpr std::uint64_t kHour = 60 * kMinute;
inline constexpr std::uint64_t kDay = 24 * kHour;

inline SourceId source_id(unsigned number) { return {snapshot::KeySource::Kind::jwks_url, "https://issuer-" + std::to_string(number) + ".example.com/jwks"}; }

// Clocks: both, and what somebody did to the one.
class Clocks {
 public:
  Moment now() const { return {boot_ms_, (real_ms_ - (real_ms_ % 1000 + 1000) % 1000) / 1000}; }
  void pass(std::uint64_t ms) {
    boot_ms_ += ms;
    real_ms_ += static_cast<std::int64_t>(ms);
  }
  void step_real(std::int64_t s) { real_ms_ += s * 1000; }

 private:
  std::uint64_t boot_ms_ = 5 * kMinute;
  std::int64_t real_ms_ = 1'800'000'000'417;
};

// ScheduleTest: one source, and assay-fetch connected, unless a test does otherwise.
class ScheduleTest : public testing::Test {
 protected:
  ScheduleTest() {
    use(1);
    schedule.fetcher_connected(clocks.now());
  }
  Moment now() const { return clocks.now(); }
  // use(count, setup): so many sources in force; those that have keys are known to have them.
  void use(unsigned count, const SourceSetup& setup = {}) {
    std::map<SourceId, SourceSetup> sources;
    for (unsigned number = 0; number < count; ++number) {
      SourceSetup& one = sources[source_id(number)] = setup;
      const auto report = schedule.report(source_id(number), now());
      if (report && report->fetched_at_s && !one.stored) one.stored = StoredKeys{*report->fetched_at_s, {}};
    }
    schedule.set_sources(sources, now());
  }
  std::vector<Order> orders() { return schedule.take_orders(now()); }
  // order(): the one order that is due now.
  Order order() {
    std::vector<Order> all = orders();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Order{} : all.front();
  }
  // wait_for_order(limit_ms): looks at each event until there is one; number 0: there was none in this time.
  Order wait_for_order(std::uint64_t limit_ms = 40 * kDay) {
    const std::uint64_t end_ms = now().boot_ms + limit_ms;
    for (;;) {
      for (Order& first : orders()) return std::move(first);
      const std::uint64_t next_ms = schedule.next_event(now());
      EXPECT_GT(next_ms, now().boot_ms);
      if (next_ms > end_ms || HasFailure()) break;
      clocks.pass(next_ms - now().boot_ms);
    }
    clocks.pass(end_ms - now().boot_ms);
    return {};
  }
  // ms_to_order(): how long that took.
  std::uint64_t ms_to_order(std::uint64_t limit_ms = 40 * kDay) {
    const std::uint64_t begin_ms = now().boot_ms;
    last = wait_for_order(limit_ms);
    EXPECT_NE(last.number, 0U);
    return now().boot_ms - begin_ms;
  }
  bool fetched(const Order& order, std::optional<std::uint64_t> max_age_s = 600, bool changed = true, std::string etag = "\"a\"") {
    return schedule.fetched(order.number, {std::move(etag), max_age_s, true, changed}, now());
  }
  bool failed(const Order& order, std::optional<std::uint64_t> retry_after_s = {}, std::string reason = "refused") {
    return schedule.failed(order.number, {std::move(reason), retry_after_s}, now());
  }
  SourceReport report() const { return schedule.report(id, now()).value(); }
  SourceState state() const { return report().state; }
  UnknownKidAnswer answer() const { return schedule.answer_for_unknown_kid(id, now()); }
  // notes(): the kinds since the last call.
  std::vector<Note::Kind> notes() {
    std::vector<Note::Kind> kinds;
    for (const Note& note : schedule.take_notes()) kinds.push_back(note.kind);
    return kinds;
  }

  const SourceId id = source_id(0);
  Clocks clocks;
  Schedule schedule{20261127};
  Order last;
};

using Kinds = std::vector<Note::Kind>;

}  // namespace assay::sources::test
