// One key source: what is known of its set, and when it is to be asked again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/key_source.h"
#include "sources/jitter.h"
#include "sources/kid_tries.h"
#include "sources/limits.h"
#include "sources/moment.h"
#include "sources/report.h"

namespace assay::sources {

using snapshot::FetchRules;

// StoredKeys: a set that is in hand before anything was fetched.
struct StoredKeys {
  std::int64_t checked_at_s = 0;  // when it was last given or confirmed
  std::string etag;               // or empty
};

struct SourceSetup {
  FetchRules rules;
  std::optional<StoredKeys> stored;
};

// FetchedSet: an answer with a key set, and what has become of it.
struct FetchedSet {
  std::string etag;  // as the peer sent it
  std::optional<std::uint64_t> max_age_s;
  bool usable = false;   // it has a key that can be used; otherwise the set before it stays
  bool changed = false;  // it differs from the set before it
};

// FetchFailure: an answer without one.
struct FetchFailure {
  std::string reason;  // as the peer sent it
  std::optional<std::uint64_t> retry_after_s;
};

// Source: knows neither orders nor other sources. Has identity.
class Source {
 public:
  // Surroundings: what all sources share.
  struct Surroundings {
    Jitter jitter;
    std::vector<Note> notes;
  };

  // Source(id, setup, count, now, around): one of `count` that are new.
  Source(snapshot::SourceId id, const SourceSetup& setup, std::size_t count, const Moment& now, Surroundings& around);
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // set_rules(rules, now): keeps what is known.
  void set_rules(const FetchRules& rules, const Moment& now);
  // spread(count, now): the regular try is due, and that of others, `count` in all: makes it due a little later, unless somebody waits for it.
  void spread(std::size_t count, const Moment& now);
  // look(count, now): time has passed; `count` sources may find the same.
  void look(std::size_t count, const Moment& now);

  // take(now): it is being asked. Returns the entity tag to ask with, or an empty one.
  std::string take(const Moment& now);
  // How that ended. `ordered`: when it was asked: keys age from then on, for the issuer's answer may have been true just then (RFC 9111 section 4.2.3). `asked_etag`: what
  // take() returned.
  void fetched(const FetchedSet& set, const Moment& ordered, const Moment& now);
  void not_modified(std::string_view asked_etag, std::optional<std::uint64_t> max_age_s, const Moment& ordered, const Moment& now);
  void failed(const FetchFailure& failure, const Moment& now);
  void lost(const Moment& now);  // nobody will ever know

  // unknown_kid(now): true: a try is due now that was not.
  bool unknown_kid(const Moment& now);
  // ask(now): a try is due, whatever the issuer asked for.
  void ask(const Moment& now);
  // pushed(now): an operator has replaced the set.
  void pushed(const Moment& now);

  // due_ms(): by CLOCK_BOOTTIME, the next try. May have passed.
  std::uint64_t due_ms() const noexcept;
  // stale_in_ms(now): what is left of the keys' time; nothing without keys. 0: stale.
  std::optional<std::uint64_t> stale_in_ms(const Moment& now) const noexcept;
  bool is_stale(const Moment& now) const noexcept { return stale_in_ms(now) == 0; }
  bool has_keys() const noexcept { return held_.has_value(); }
  bool is_failing() const noexcept { return failures_ + losses_ > 0; }
  const FetchRules& rules() const noexcept { return rules_; }

  // is_fetching: an order is under way; has_fetcher: one could be.
  UnknownKidAnswer answer_for_unknown_kid(const Moment& now, bool is_fetching, bool has_fetcher) const noexcept;
  SourceReport report(const Moment& now, bool is_fetching) const;

 private:
  // Held: the set in hand.
  struct Held {
    Moment seen;                   // when it was known to be as old as
    std::uint64_t age_then_ms = 0; // this
    std::int64_t fetched_at_s = 0;
    std::optional<std::uint64_t> max_age_s;
    std::string etag;

    std::uint64_t age_ms(const Moment& now) const noexcept { return age_then_ms + elapsed_ms(seen, now); }
  };

  std::uint64_t stale_ms() const noexcept { return rules_.stale_max_s * 1000; }
  std::uint64_t fresh_ms() const noexcept;
  std::uint64_t regular_ms(const Moment& now);
  std::uint64_t spread_ms(std::size_t count, const Moment& now);
  std::uint64_t backoff_ms();
  std::int64_t until_s(std::uint64_t lifetime_ms, const Moment& now) const noexcept;
  std::uint64_t can_try_kid_ms() const noexcept;
  void confirm(Held held, const Moment& now);
  void note(Note::Kind kind, std::string reason = {});

  const snapshot::SourceId id_;
  Surroundings& around_;
  FetchRules rules_;
  std::optional<Held> held_;
  std::uint64_t regular_ms_ = 0;                 // by CLOCK_BOOTTIME: the next try by the keys' age or after a failure
  std::optional<std::uint64_t> asked_ms_;        // an operator waits since then
  KidTries kid_tries_;
  std::uint64_t held_back_until_ms_ = 0;         // the issuer asked for rest (Retry-After)
  std::uint64_t failures_ = 0;                   // since the last success
  std::uint64_t losses_ = 0;                     // likewise
  std::uint64_t fetches_changed_ = 0;
  std::uint64_t fetches_unchanged_ = 0;
  std::uint64_t fetches_failed_ = 0;
  std::string last_error_;
  std::optional<std::int64_t> failed_at_s_;
  bool stale_noted_ = false;
};

}  // namespace assay::sources
