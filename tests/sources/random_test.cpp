// Whatever happens in whatever order: what must always hold, against a model that knows only what was asked and answered.
#include <random>

#include "sources/fixture.h"

namespace assay::sources {
namespace {

using namespace test;

constexpr unsigned kSources = 48;

// Confirmed: as of when keys are known to be good; those that were stored had an age then already.
struct Confirmed {
  Moment at;
  std::int64_t age_s = 0;  // or a second less, for clocks are rounded down
};

// Known: what the model knows of a source in force.
struct Known {
  std::optional<Confirmed> confirmed;
  bool is_failing = false;          // as noted
  bool is_stale = false;            // likewise
  unsigned setbacks = 0;            // failures and lost orders since the last success
};

struct Given {
  Order order;
  Moment at;
  bool has_arrived = false;
};

class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : schedule_(seed), random_(seed) { set_sources(); }

  void step() {
    pass_time();
    something_happens();
    take_orders();
    check_notes();
    if (random_() % 16 == 0) check_reports();
  }
  std::size_t orders() const { return orders_; }
  std::size_t given_max() const { return given_max_; }
  std::size_t stales() const { return stales_; }
  std::size_t recoveries() const { return recoveries_; }

 private:
  Moment now() const { return clocks_.now(); }
  std::uint64_t any(std::uint64_t count) { return random_() % count; }

  // Mostly to the next event, or less; sometimes far beyond; sometimes the clock is set.
  void pass_time() {
    const std::uint64_t to_next_ms = schedule_.next_event(now()) - now().boot_ms;
    switch (any(8)) {
      case 0: break;
      case 1: clocks_.pass(any(100)); break;
      case 2: clocks_.pass(any(3'000)); break;
      case 3: clocks_.pass(any(400) == 0 ? any(30 * kHour) : any(kMinute)); break;
      default: clocks_.pass(to_next_ms); break;
    }
    if (any(3'000) == 0) clocks_.step_real(static_cast<std::int64_t>(any(4 * 365 * 86'400)) - 2 * 365 * 86'400);
  }

  void something_happens() {
    const SourceId id = source_id(static_cast<unsigned>(any(kSources)));
    switch (any(12)) {
      case 0: schedule_.unknown_kid(id, now()); break;
      case 1: if (any(10) == 0) refresh(id); break;
      case 2: if (any(30) == 0) push(id); break;
      case 3: if (any(100) == 0) set_sources(); break;
      case 4: if (any(50) == 0) connect(); break;
      case 5: if (any(100) == 0) disconnect(); break;
      default: answer(); break;
    }
  }

  void set_sources() {
    std::map<SourceId, SourceSetup> sources;
    for (unsigned number = 0; number < kSources; ++number) {
      if (any(8) == 0) continue;
      SourceSetup setup;
      if (any(2) == 0) setup.stored = StoredKeys{now().real_s - static_cast<std::int64_t>(any(100'000)), "\"s\""};
      const SourceId id = source_id(number);
      if (const auto stays = known_.find(id); stays != known_.end() && stays->second.confirmed) {
        // Its keys may have gone meanwhile: then it is another one.
        if (any(6) == 0) known_.erase(stays), setup.stored.reset();
        else if (!setup.stored) setup.stored = StoredKeys{now().real_s, {}};
      }
      if (!known_.contains(id)) {
        known_[id] = {};
        if (setup.stored) known_[id].confirmed = Confirmed{now(), now().real_s - setup.stored->checked_at_s};
      }
      sources[id] = setup;
    }
    std::erase_if(known_, [&](const auto& entry) { return !sources.contains(entry.first); });
    schedule_.set_sources(sources, now());
  }
  void refresh(const SourceId& id) { EXPECT_EQ(schedule_.refresh(id, now()), known_.contains(id)); }
  void push(const SourceId& id) {
    const auto found = known_.find(id);
    EXPECT_EQ(schedule_.pushed(id, now()), found != known_.end());
    if (found != known_.end()) found->second.confirmed = Confirmed{now()};
  }
  void connect() {
    lose_orders();
    schedule_.fetcher_connected(now());
  }
  void disconnect() {
    lose_orders();
    schedule_.fetcher_gone(now());
  }
  void lose_orders() {
    if (!schedule_.has_fetcher()) return;
    std::erase_if(given_, [&](const auto& entry) {
      if (entry.second.has_arrived) return false;
      if (known_.contains(entry.first)) ++known_[entry.first].setbacks;
      lost_.push_back(entry.second.order.number);
      return true;
    });
  }

  // Of any order, in any way; or of one that is not under way any more.
  void answer() {
    if (!lost_.empty() && any(10) == 0) {
      EXPECT_FALSE(schedule_.fetched(lost_[any(lost_.size())], {"\"late\"", 600, true, true}, now()));
      return;
    }
    if (given_.empty()) return;
    const auto at = std::next(given_.begin(), static_cast<std::ptrdiff_t>(any(given_.size())));
    if (expired(at->second)) return;
    if (!at->second.has_arrived && any(6) == 0) {
      const auto arrival = schedule_.arrived(at->second.order.number);
      ASSERT_TRUE(arrival);
      EXPECT_EQ(arrival->source, at->first);
      EXPECT_FALSE(schedule_.arrived(at->second.order.number));  // an order has one answer
      at->second.has_arrived = true;
      return;
    }
    const auto [id, given] = *at;
    given_.erase(at);
    const auto found = known_.find(id);
    end_order(given, found != known_.end() ? &found->second : nullptr);
    if (found != known_.end()) check_after_answer(id, found->second);
  }
  void end_order(const Given& given, Known* known) {
    const std::uint64_t number = given.order.number;
    retry_after_.reset();
    Known nobody;
    Known& source = known != nullptr ? *known : nobody;
    const bool is_in_hand = known != nullptr && !given.order.etag.empty() && schedule_.report(given.order.source, now())->etag == given.order.etag;
    const bool is_good = is_healthy_ ? any(20) != 0 : any(20) == 0;
    if (any(4'000) == 0) is_healthy_ = !is_healthy_;
    const std::optional<std::uint64_t> max_age_s = any(3) == 0 ? std::nullopt : std::optional(any(100'000));
    bool succeeded = is_good;
    if (is_good && !given.order.etag.empty() && any(2) == 0) {
      EXPECT_TRUE(schedule_.not_modified(number, max_age_s, now()));
      succeeded = is_in_hand;
    } else if (is_good) {
      EXPECT_TRUE(schedule_.fetched(number, {any(4) == 0 ? "" : "\"" + std::to_string(any(3)) + "\"", max_age_s, true, any(4) == 0}, now()));
    } else if (any(3) == 0) {
      EXPECT_TRUE(schedule_.fetched(number, {"\"bad\"", max_age_s, false, true}, now()));
    } else {
      if (any(20) == 0) retry_after_ = any(100'000);
      EXPECT_TRUE(schedule_.failed(number, {"down", retry_after_}, now()));
    }
    if (succeeded) {
      source.confirmed = Confirmed{given.at};
      source.setbacks = 0;
    } else {
      ++source.setbacks;
    }
  }
  // After a success the pauses begin anew: the first failure is followed by a try within a second, the second within two, and so on.
  void check_after_answer(const SourceId& id, const Known& known) {
    const SourceReport report = schedule_.report(id, now()).value();
    if (known.setbacks == 0) {
      EXPECT_EQ(report.consecutive_failures, 0U);
      return;
    }
    EXPECT_GT(report.consecutive_failures, 0U);
    const std::uint64_t pause_ms = std::min<std::uint64_t>(1'000ULL << std::min(known.setbacks - 1, 20U), 300'000);
    EXPECT_LE(report.next_try_in_ms, std::max(pause_ms, std::max<std::uint64_t>(retry_after_.value_or(0) * 1000, held_back(id))));
    if (retry_after_) held_back_until_ms_[id] = std::max(held_back_until_ms_[id], now().boot_ms + std::min<std::uint64_t>(*retry_after_, 86'400) * 1000);
  }
  std::uint64_t held_back(const SourceId& id) { return held_back_until_ms_[id] > now().boot_ms ? held_back_until_ms_[id] - now().boot_ms : 0; }

  bool expired(const Given& given) const { return !given.has_arrived && now().boot_ms >= given.at.boot_ms + given.order.timeout_ms + limits::kAnswerGraceMs; }

  void take_orders() {
    std::erase_if(given_, [&](const auto& entry) {
      if (!expired(entry.second)) return false;
      if (known_.contains(entry.first)) ++known_[entry.first].setbacks;
      lost_.push_back(entry.second.order.number);
      return true;
    });
    for (const Order& order : schedule_.take_orders(now())) {
      EXPECT_TRUE(schedule_.has_fetcher());
      EXPECT_TRUE(known_.contains(order.source)) << "an order for a source that is not in force";
      EXPECT_GT(order.number, last_number_);
      last_number_ = order.number;
      EXPECT_TRUE(given_.emplace(order.source, Given{order, now()}).second) << "two orders for one source";
      ++orders_;
    }
    const auto busy = static_cast<std::size_t>(std::ranges::count_if(given_, [](const auto& entry) { return !entry.second.has_arrived; }));
    EXPECT_LE(busy, 32U);
    given_max_ = std::max(given_max_, busy);
    EXPECT_TRUE(schedule_.take_orders(now()).empty()) << "an order that was not given the first time";
    EXPECT_GT(schedule_.next_event(now()), now().boot_ms) << "an event in the past, though nothing was due";
    EXPECT_LE(schedule_.next_event(now()), now().boot_ms + limits::kLookAgainMs);
  }

  // Every note is a change.
  void check_notes() {
    for (const Note& note : schedule_.take_notes()) {
      const auto found = known_.find(note.source);
      if (found == known_.end()) continue;
      Known& known = found->second;
      switch (note.kind) {
        case Note::Kind::fetched: break;
        case Note::Kind::failed:
          EXPECT_FALSE(known.is_failing) << "noted twice";
          known.is_failing = true;
          break;
        case Note::Kind::stale:
          EXPECT_FALSE(known.is_stale) << "noted twice";
          known.is_stale = true;
          ++stales_;
          break;
        case Note::Kind::recovered:
          EXPECT_TRUE(known.is_failing || known.is_stale) << "from nothing";
          known.is_stale = false;
          known.is_failing = schedule_.report(note.source, now())->consecutive_failures > 0;
          ++recoveries_;
          break;
        case Note::Kind::unset: ADD_FAILURE();
      }
    }
  }

  // Never stale before its time by both clocks, always afterwards.
  void check_reports() {
    for (const auto& [id, known] : known_) {
      const bool is_stale = schedule_.is_stale(id, now());
      const SourceReport report = schedule_.report(id, now()).value();
      EXPECT_EQ(is_stale, report.state == SourceState::stale);
      EXPECT_EQ(is_stale, known.is_stale) << "not noted";
      EXPECT_EQ(report.fetched_at_s.has_value(), known.confirmed.has_value());
      if (!known.confirmed) continue;
      const std::int64_t boot_s = static_cast<std::int64_t>((now().boot_ms - known.confirmed->at.boot_ms) / 1000);
      const std::int64_t real_s = now().real_s - known.confirmed->at.real_s;
      const std::int64_t age_s = known.confirmed->age_s + std::max(boot_s, real_s);
      EXPECT_TRUE(!is_stale || age_s >= 86'400) << "stale after " << age_s << " s";
      EXPECT_TRUE(is_stale || age_s <= 86'402) << "not stale after " << age_s << " s";
    }
  }

  Clocks clocks_;
  Schedule schedule_;
  std::mt19937_64 random_;
  std::map<SourceId, Known> known_;
  std::map<SourceId, Given> given_;
  std::map<SourceId, std::uint64_t> held_back_until_ms_;
  std::vector<std::uint64_t> lost_;
  std::optional<std::uint64_t> retry_after_;  // of the last answer
  bool is_healthy_ = true;                    // most answers are good, or most are bad
  std::uint64_t last_number_ = 0;
  std::size_t orders_ = 0, given_max_ = 0, stales_ = 0, recoveries_ = 0;
};

class RandomEventsTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomEventsTest, KeepWhatMustAlwaysHold) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  RandomEvents world(GetParam());
  for (int i = 0; i < 40'000 && !HasFailure(); ++i) world.step();
  // It did see what it is about.
  EXPECT_GT(world.orders(), 2'000U);
  EXPECT_EQ(world.given_max(), 32U);
  EXPECT_GT(world.stales(), 20U);
  EXPECT_GT(world.recoveries(), 100U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEventsTest, testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace assay::sources
