// Limits of the schedule of key sources, with units and where they come from. What an operator may set has its default here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/limits.h"

namespace assay::sources::limits {

using namespace base::limits;

// --- What an operator may set (snapshot::FetchRules) stands in base/limits.h. ---
inline constexpr std::uint64_t kFreshS = 300;              // of a set whose answer says no max-age

// --- When a set that is fresh is asked for again: so many percent of the time have passed. The range is the jitter. ---
inline constexpr std::uint64_t kRefreshPercentMin = 70;
inline constexpr std::uint64_t kRefreshPercentMax = 80;
// Whatever an answer says, the regular try after it is no sooner.
inline constexpr std::uint64_t kRegularPauseMs = 1'000;

// --- After failures: 1 s, doubled with each, to 5 min; half of it is jitter. ---
inline constexpr std::uint64_t kBackoffMs = 1'000;
inline constexpr std::uint64_t kBackoffMaxMs = 300'000;

// --- Orders. ---
inline constexpr std::size_t kOrdersMax = 32;         // given to assay-fetch and not answered
inline constexpr std::size_t kFailingOrdersMax = 24;  // of these, for sources that are failing: however many issuers hang, a quarter is left to the others
// Answers that are being looked at: as long as there are so many, as when a disk hangs, nothing more is asked for. Sets of 256 KiB take 16 MiB.
inline constexpr std::size_t kArrivedMax = 64;
// An order without any answer for this time beyond its own is given up; assay-fetch is to answer within its own.
inline constexpr std::uint64_t kAnswerGraceMs = 2'000;

// --- Tries that are due together are spread, so many milliseconds for each of them. 1,024 sources without keys take 10 s; those whose keys serve meanwhile take 102 s. ---
inline constexpr std::uint64_t kSpreadWantedMs = 10;
inline constexpr std::uint64_t kSpreadServedMs = 100;

// --- Unknown kids: a bucket of tries for each source. ---
inline constexpr std::uint64_t kKidTryMs = 30'000;  // one try in this time
inline constexpr std::uint64_t kKidTriesBurst = 3;  // and so many at once, if there were none for long
// The second and the third try come so long after the one before: some issuers are eventually consistent.
inline constexpr std::uint64_t kKidTryGapsMs[] = {2'000, 10'000};
static_assert(std::size(kKidTryGapsMs) + 1 == kKidTriesBurst);
// A set younger than this has no key that its issuer has only just begun to use, so that an unknown kid can be refused.
inline constexpr std::uint64_t kYoungMs = 30'000;

// --- Retry hints: what a fetch and the snapshot with its keys take, usually; and the range. ---
inline constexpr std::uint64_t kFetchUsuallyMs = 250;
inline constexpr std::uint64_t kRetryHintMaxMs = 30'000;
inline constexpr std::uint64_t kNoFetcherHintMs = 1'000;  // while assay-fetch is not connected: systemd starts it again within this time

// --- The schedule is looked at after this time even if nothing is due: a step of the clock, which may end the time of keys, tells nobody. ---
inline constexpr std::uint64_t kLookAgainMs = 60'000;

}  // namespace assay::sources::limits
