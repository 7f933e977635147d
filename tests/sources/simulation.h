// Issuers, an assay-fetch and a daemon around a schedule, over simulated months: everything happens at its time, and nothing takes any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sources/fixture.h"
#include "sources/schedule.h"

namespace assay::sources::test {

// Issuer: its set has a version; an entity tag names it.
struct Issuer {
  std::uint64_t version = 1;
  std::optional<std::uint64_t> max_age_s = 3600;
  std::uint64_t latency_ms = 80;
  bool is_down = false;  // refuses connections
  bool hangs = false;    // answers never; assay-fetch gives up in time
};

class Simulation {
 public:
  struct Fetch {
    SourceId source;
    std::uint64_t at_ms = 0;  // since the start
  };

  explicit Simulation(std::uint64_t seed) : schedule(seed) {}

  Moment now() const { return clocks.now(); }
  std::uint64_t elapsed_ms() const { return now().boot_ms - start_ms_; }
  void use(unsigned count, const SourceSetup& setup = {}) {
    std::map<SourceId, SourceSetup> sources;
    for (unsigned number = 0; number < count; ++number) sources[source_id(number)] = setup;
    schedule.set_sources(sources, now());
  }
  void start_fetcher() { schedule.fetcher_connected(now()); }
  // kill_fetcher(): what it had in hand is gone.
  void kill_fetcher() {
    answers_.clear();
    schedule.fetcher_gone(now());
  }
  // at(ms, what): happens at this time since the start.
  void at(std::uint64_t ms, std::function<void()> what) { script_.emplace(start_ms_ + ms, std::move(what)); }
  // every(ms, what): from now on to the end.
  void every(std::uint64_t ms, const std::function<void()>& what) {
    script_.emplace(now().boot_ms + ms, [this, ms, what] {
      what();
      every(ms, what);
    });
  }
  // run_until(ms): since the start.
  void run_until(std::uint64_t ms) {
    const std::uint64_t end_ms = start_ms_ + ms;
    for (;;) {
      give_orders();
      const std::uint64_t now_ms = now().boot_ms;
      std::uint64_t next_ms = schedule.next_event(now());
      EXPECT_GT(next_ms, now_ms);
      if (!answers_.empty()) next_ms = std::min(next_ms, answers_.begin()->first);
      if (!script_.empty()) next_ms = std::min(next_ms, script_.begin()->first);
      if (next_ms > end_ms || testing::Test::HasFailure()) break;  // whatever failed must not run for ever
      clocks.pass(next_ms - now_ms);
      run_due(answers_);
      run_due(script_);
    }
    clocks.pass(end_ms - now().boot_ms);
  }
  std::size_t fetches_of(const SourceId& id, std::uint64_t from_ms = 0, std::uint64_t to_ms = UINT64_MAX) const {
    return static_cast<std::size_t>(std::ranges::count_if(fetches, [&](const Fetch& each) { return each.source == id && each.at_ms >= from_ms && each.at_ms < to_ms; }));
  }
  std::size_t under_way() const { return answers_.size(); }

  Clocks clocks;
  Schedule schedule;
  std::map<SourceId, Issuer> issuers;
  std::map<SourceId, std::uint64_t> held;  // the version that the daemon has
  std::vector<Fetch> fetches;
  std::size_t under_way_max = 0;

 private:
  using Agenda = std::multimap<std::uint64_t, std::function<void()>>;

  void run_due(Agenda& agenda) {
    while (!agenda.empty() && agenda.begin()->first <= now().boot_ms) agenda.extract(agenda.begin()).mapped()();
  }
  void give_orders() {
    for (const Order& order : schedule.take_orders(now())) {
      fetches.push_back({order.source, elapsed_ms()});
      const Issuer issuer = issuers[order.source];
      const std::uint64_t takes_ms = issuer.hangs ? order.timeout_ms : issuer.latency_ms;
      // The issuer answers by what it is when it is asked: the earliest that it may be.
      answers_.emplace(now().boot_ms + takes_ms, [this, order, issuer] { answer(order, issuer); });
    }
    under_way_max = std::max(under_way_max, answers_.size());
  }
  void answer(const Order& order, const Issuer& issuer) {
    const std::string etag = "\"v" + std::to_string(issuer.version) + "\"";
    if (issuer.hangs) EXPECT_TRUE(schedule.failed(order.number, {"timed out", {}}, now()));
    else if (issuer.is_down) EXPECT_TRUE(schedule.failed(order.number, {"connection refused", {}}, now()));
    else if (order.etag == etag) EXPECT_TRUE(schedule.not_modified(order.number, issuer.max_age_s, now()));
    else EXPECT_TRUE(schedule.fetched(order.number, {etag, issuer.max_age_s, true, std::exchange(held[order.source], issuer.version) != issuer.version}, now()));
  }

  const std::uint64_t start_ms_ = clocks.now().boot_ms;
  Agenda answers_;
  Agenda script_;
};

}  // namespace assay::sources::test
