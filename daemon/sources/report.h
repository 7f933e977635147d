// What the schedule says to others: to operators, to the log, and to whoever holds a token with an unknown kid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "snapshot/key_source.h"

namespace assay::sources {

// SourceState: the first that holds, in the order stale, failing, fetching, never_fetched, due, fresh.
enum class SourceState : std::uint8_t {
  unset = 0,
  never_fetched,  // no keys yet
  fresh,
  due,            // waits for assay-fetch, or for its turn
  fetching,
  failing,        // the last fetch failed; keys in hand serve on
  stale,          // keys in hand serve no more: tokens are unavailable
};

// SourceReport: of one source, for status. Times in seconds since 1970, by the clock of now. A value.
struct SourceReport {
  SourceState state = SourceState::unset;
  std::optional<std::int64_t> fetched_at_s;   // or confirmed, or pushed. Absent: never, and so are the next two
  std::optional<std::int64_t> fresh_until_s;
  std::optional<std::int64_t> stale_until_s;  // from then on the keys serve no more, if nothing comes
  std::optional<std::uint64_t> next_try_in_ms;  // 0: at the next occasion. Absent: a fetch is under way
  std::string etag;
  std::string last_error;                     // safe for a terminal; kept when the source has recovered. Empty: none yet
  std::optional<std::int64_t> failed_at_s;    // when that was
  std::uint64_t consecutive_failures = 0;
  // Fetches since the source came, by what came of them: a set that differs from the one before; the same, or its confirmation; neither.
  std::uint64_t fetches_changed = 0;
  std::uint64_t fetches_unchanged = 0;
  std::uint64_t fetches_failed = 0;
};

// Note: something that has changed, reported once, for the log.
struct Note {
  enum class Kind : std::uint8_t {
    unset = 0,
    fetched,    // the source's first set, or one that differs from the last
    failed,     // the first failure after a success; `reason` is safe for a terminal
    stale,      // its keys serve no more
    recovered,  // after `failed` or `stale`
  };
  Kind kind = Kind::unset;
  snapshot::SourceId source;
  std::string reason;
  friend bool operator==(const Note&, const Note&) = default;
};

// UnknownKidAnswer: what to say of a token whose kid no key of its source has.
struct UnknownKidAnswer {
  enum class Kind : std::uint8_t {
    unset = 0,
    refused,     // UNKNOWN_KEY: the set is young, and no try is to come
    refreshing,  // KEY_REFRESHING: unavailable
  };
  Kind kind = Kind::unset;
  std::uint64_t ms = 0;  // refused: the answer is good for so long; refreshing: when to ask again
};

}  // namespace assay::sources
