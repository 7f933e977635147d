// The rules of one source: when it is asked again after which answer, and for how long its keys serve.
#include "sources/source.h"

#include "sources/fixture.h"

namespace assay::sources {
namespace {

using namespace test;
using SourceTest = test::ScheduleTest;
using Kind = Note::Kind;

// design: fresh for max-age clamped to 60 s - 24 h, 5 min without one; refreshed ahead of expiry, with jitter.
TEST_F(SourceTest, AsksAgainAheadOfTheEndOfFreshness) {
  struct Case {
    std::optional<std::uint64_t> max_age_s;
    std::uint64_t fresh_s;
  };
  last = order();
  for (const auto& [max_age_s, fresh_s] : {Case{600, 600}, Case{std::nullopt, 300}, Case{0, 60}, Case{59, 60}, Case{61, 61}, Case{24 * 3600, 24 * 3600},
                                           Case{10ULL * 365 * 24 * 3600, 24 * 3600}, Case{UINT64_MAX, 24 * 3600}}) {
    SCOPED_TRACE(fresh_s);
    fetched(last, max_age_s);
    EXPECT_EQ(report().fresh_until_s, now().real_s + static_cast<std::int64_t>(fresh_s));
    const std::uint64_t waited_ms = ms_to_order();
    EXPECT_GE(waited_ms, fresh_s * 700);
    EXPECT_LE(waited_ms, fresh_s * 800);
  }
}

// The jitter is real: sources whose sets came together do not come back together.
TEST_F(SourceTest, SpreadsTheTimesOfRefreshing) {
  std::uint64_t least_ms = UINT64_MAX, most_ms = 0;
  last = order();
  for (int i = 0; i < 200; ++i) {
    fetched(last, 1000);
    const std::uint64_t waited_ms = ms_to_order();
    least_ms = std::min(least_ms, waited_ms);
    most_ms = std::max(most_ms, waited_ms);
  }
  EXPECT_LT(least_ms, 710'000U);
  EXPECT_GT(most_ms, 790'000U);
}

// The range is the operator's, and freshness never outlasts the keys' own time.
TEST_F(SourceTest, ClampsFreshnessToItsRules) {
  use(1, {{.refresh_min_s = 300, .refresh_max_s = 900, .stale_max_s = 7200}, {}});
  fetched(order(), 10);
  EXPECT_EQ(report().fresh_until_s, now().real_s + 300);
  fetched(wait_for_order(), 5000);
  EXPECT_EQ(report().fresh_until_s, now().real_s + 900);
  use(1, {{.refresh_min_s = 300, .refresh_max_s = 900, .stale_max_s = 600}, {}});
  EXPECT_EQ(report().fresh_until_s, now().real_s + 600);
  EXPECT_LE(ms_to_order(), 480'000U);
}

// New rules apply to the set in hand at once.
TEST_F(SourceTest, TakesUpNewRulesForTheSetInHand) {
  fetched(order(), 24 * 3600);
  use(1, {{.refresh_max_s = 3600}, {}});
  EXPECT_LE(ms_to_order(), 48 * kMinute);
}

// RFC 9110 section 15.4.5: a 304 confirms the set in hand, and its freshness begins anew.
TEST_F(SourceTest, ExtendsFreshnessWhenNothingWasModified) {
  fetched(order(), 600);
  last = wait_for_order();
  EXPECT_EQ(last.etag, "\"a\"");
  EXPECT_TRUE(schedule.not_modified(last.number, 1200, now()));
  EXPECT_EQ(report().fresh_until_s, now().real_s + 1200);
  EXPECT_EQ(report().stale_until_s, now().real_s + 24 * 3600);
  EXPECT_GE(ms_to_order(), 840'000U);
  EXPECT_EQ(last.etag, "\"a\"");
}

// A 304 for nothing is a fault of the issuer, and the next order asks without a tag.
TEST_F(SourceTest, CountsNotModifiedWithoutASetAsAFailure) {
  last = order();
  EXPECT_EQ(last.etag, "");
  EXPECT_TRUE(schedule.not_modified(last.number, 600, now()));
  EXPECT_EQ(report().consecutive_failures, 1U);
  EXPECT_EQ(report().fetched_at_s, std::nullopt);
  EXPECT_EQ(wait_for_order().etag, "");
}

// Nor does a 304 confirm a set that came without a tag, for nothing was said about it that could be.
TEST_F(SourceTest, CountsNotModifiedWithoutATagAsAFailure) {
  fetched(order(), 600, true, "");
  const std::int64_t fetched_at_s = now().real_s;
  last = wait_for_order();
  ASSERT_EQ(last.etag, "");
  EXPECT_TRUE(schedule.not_modified(last.number, 600, now()));
  EXPECT_EQ(report().consecutive_failures, 1U);
  EXPECT_EQ(report().fetched_at_s, fetched_at_s);
}

// A 304 confirms the set that was asked about. If an operator has pushed another one meanwhile, it says nothing about that.
TEST_F(SourceTest, DoesNotConfirmASetThatWasNotAskedAbout) {
  fetched(order(), 600);
  last = wait_for_order();
  ASSERT_EQ(last.etag, "\"a\"");
  schedule.pushed(id, now());
  EXPECT_EQ(report().etag, "");
  clocks.pass(kSecond);
  EXPECT_TRUE(schedule.not_modified(last.number, 600, now()));
  EXPECT_EQ(report().consecutive_failures, 1U);
  EXPECT_EQ(report().fetched_at_s, now().real_s - 1);
  EXPECT_EQ(wait_for_order().etag, "");
}

// design: exponential backoff with jitter: 1 s, doubled, to 5 min; half of it is jitter.
TEST_F(SourceTest, BacksOffExponentially) {
  last = order();
  for (const std::uint64_t whole_ms : {1'000U, 2'000U, 4'000U, 8'000U, 16'000U, 32'000U, 64'000U, 128'000U, 256'000U, 300'000U, 300'000U, 300'000U}) {
    SCOPED_TRACE(whole_ms);
    failed(last);
    const std::uint64_t waited_ms = ms_to_order();
    EXPECT_GE(waited_ms, whole_ms / 2);
    EXPECT_LE(waited_ms, whole_ms);
  }
  for (int i = 0; i < 100; ++i) {
    failed(last);
    EXPECT_LE(ms_to_order(), 300'000U);
  }
}

TEST_F(SourceTest, StartsTheBackoffAnewAfterASuccess) {
  failed(order());
  for (int i = 0; i < 6; ++i) failed(wait_for_order());
  fetched(wait_for_order());
  EXPECT_EQ(report().consecutive_failures, 0U);
  failed(wait_for_order());
  EXPECT_LE(ms_to_order(), 1'000U);
}

// RFC 9110 section 10.2.3: Retry-After is obeyed; but nobody can ask for more rest than refresh_max.
TEST_F(SourceTest, ObeysRetryAfterWithinItsRules) {
  failed(order(), 3600);
  EXPECT_EQ(ms_to_order(), kHour);
  failed(last, 10ULL * 365 * 24 * 3600);
  EXPECT_EQ(ms_to_order(), kDay);
  failed(last, UINT64_MAX);
  EXPECT_EQ(ms_to_order(), kDay);
  // A short one does not shorten the pause that is due anyway: 8 s by now.
  failed(last, 0);
  EXPECT_GE(ms_to_order(), 4'000U);
}

// An operator who asks for a fetch means it: whatever the issuer asked for, and though one is under way that may have been answered already.
TEST_F(SourceTest, FetchesAtOnceWhenAnOperatorAsks) {
  failed(order(), 3600);
  EXPECT_TRUE(orders().empty());
  EXPECT_TRUE(schedule.refresh(id, now()));
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms);
  last = order();
  EXPECT_TRUE(schedule.refresh(id, now()));
  EXPECT_TRUE(orders().empty());
  fetched(last);
  fetched(order());
  EXPECT_TRUE(orders().empty());
}

// design: one set without a usable key does not replace a good one, and counts as a failure.
TEST_F(SourceTest, KeepsAGoodSetWhenOneWithoutUsableKeysComes) {
  fetched(order(), 600);
  const std::int64_t fetched_at_s = now().real_s;
  last = wait_for_order();
  EXPECT_TRUE(schedule.fetched(last.number, {"\"worse\"", 24 * 3600, false, true}, now()));
  EXPECT_EQ(state(), SourceState::failing);
  EXPECT_EQ(report().fetched_at_s, fetched_at_s);
  EXPECT_EQ(report().etag, "\"a\"");
  EXPECT_LE(ms_to_order(), 1'000U);
  EXPECT_EQ(last.etag, "\"a\"");
}

// A FetchedSet that nobody has filled in says no success.
TEST_F(SourceTest, CountsAnEmptyAnswerAsAFailure) {
  EXPECT_TRUE(schedule.fetched(order().number, {}, now()));
  EXPECT_EQ(state(), SourceState::failing);
}

// design: on failure the keys in hand serve on, up to 24 h; past it they are unavailable.
TEST_F(SourceTest, ServesOnThroughFailuresUntilItsKeysAreStale) {
  fetched(order(), 600);
  const std::uint64_t begin_ms = now().boot_ms;
  while (now().boot_ms < begin_ms + kDay - 6 * kMinute) failed(wait_for_order());
  clocks.pass(begin_ms + kDay - 1 - now().boot_ms);
  EXPECT_FALSE(schedule.is_stale(id, now()));
  EXPECT_EQ(state(), SourceState::failing);
  clocks.pass(1);
  EXPECT_TRUE(schedule.is_stale(id, now()));
  EXPECT_EQ(state(), SourceState::stale);
}

// The event of growing stale has its own time, even if nothing else is due and nobody is there to fetch.
TEST_F(SourceTest, LooksAgainWhenItsKeysGrowStale) {
  fetched(order(), 600);
  notes();
  schedule.fetcher_gone(now());
  clocks.pass(kDay - 500);
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(notes(), Kinds{});
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms + 500);
  clocks.pass(500);
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(notes(), Kinds{Kind::stale});
}

// The issuer's answer may have been true when it was asked, and no later: a slow one does not make keys younger.
TEST_F(SourceTest, CountsTheAgeFromTheOrder) {
  last = order();
  clocks.pass(4 * kSecond);
  fetched(last, 600);
  EXPECT_EQ(report().fetched_at_s, now().real_s - 4);
  clocks.pass(kDay - 4 * kSecond);
  EXPECT_TRUE(schedule.is_stale(id, now()));
}

// Keys pushed by hand are as good as fetched ones: they serve at once, for their full time, and end being stale.
TEST_F(SourceTest, CountsAPushAsConfirmation) {
  fetched(order(), 600);
  clocks.pass(2 * kDay);
  ASSERT_FALSE(orders().empty());
  ASSERT_TRUE(schedule.is_stale(id, now()));
  notes();
  EXPECT_TRUE(schedule.pushed(id, now()));
  EXPECT_FALSE(schedule.is_stale(id, now()));
  orders();
  EXPECT_EQ(notes(), Kinds{Kind::recovered});
  EXPECT_EQ(report().stale_until_s, now().real_s + 24 * 3600);
}

// Transitions are noted once each, not once a fetch.
TEST_F(SourceTest, NotesTransitionsOnce) {
  failed(order());
  failed(wait_for_order());
  EXPECT_EQ(notes(), Kinds{Kind::failed});
  fetched(wait_for_order());
  EXPECT_EQ(notes(), (Kinds{Kind::fetched, Kind::recovered}));
  for (int i = 0; i < 5; ++i) fetched(wait_for_order(), 600, false);
  schedule.not_modified(wait_for_order().number, 600, now());
  EXPECT_EQ(notes(), Kinds{});
  fetched(wait_for_order(), 600, true);
  EXPECT_EQ(notes(), Kinds{Kind::fetched});
  for (int i = 0; i < 400; ++i) failed(wait_for_order());
  EXPECT_EQ(notes(), (Kinds{Kind::failed, Kind::stale}));
  schedule.not_modified(wait_for_order().number, 600, now());
  EXPECT_EQ(notes(), Kinds{Kind::recovered});
  EXPECT_EQ(state(), SourceState::fresh);
}

TEST_F(SourceTest, NotesSayWhichSourceAndWhy) {
  failed(order(), {}, "connection refused");
  const std::vector<Note> all = schedule.take_notes();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], (Note{Kind::failed, id, "connection refused"}));
}

// Text of peers is cut and escaped: a reason never breaks a line of the log, whatever stands in it.
TEST_F(SourceTest, EscapesReasons) {
  last = order();
  const auto reason = [&](const std::string& text) {
    failed(last, {}, text);
    last = wait_for_order();
    return report().last_error;
  };
  EXPECT_EQ(reason("HTTP 503 from the issuer"), "HTTP 503 from the issuer");
  EXPECT_EQ(reason("a\nb\x1b[31m \xc3\xa9\\"), "a\\x0ab\\x1b[31m \\xc3\\xa9\\x5c");
  EXPECT_EQ(reason(""), "");
  for (const std::size_t bytes : {1U, 4U, 255U, 256U, 257U, 10'000U}) {
    EXPECT_LE(reason(std::string(bytes, '\n')).size(), limits::kFetchReasonBytesMax);
    EXPECT_LE(reason(std::string(bytes, ' ')).size(), limits::kFetchReasonBytesMax);
    for (const std::size_t first : {250U, 251U, 252U, 253U, 254U, 255U}) {
      const std::string text = reason(std::string(first, 'x') + " " + std::string(bytes, 'y'));
      EXPECT_LE(text.size(), limits::kFetchReasonBytesMax) << first;
      EXPECT_TRUE(first + 1 + bytes <= limits::kFetchReasonBytesMax || text.ends_with("...")) << first << " " << bytes << " " << text;
    }
  }
  EXPECT_EQ(reason(std::string(256, 'x')), std::string(256, 'x'));
}

// RFC 9110 section 8.8.3. A tag goes back into the header of a request: what is none, or is too long, is not kept, and could not carry another header.
TEST_F(SourceTest, KeepsOnlyWellFormedEntityTags) {
  last = order();
  const auto kept = [&](const std::string& etag) {
    fetched(last, 600, true, etag);
    last = wait_for_order();
    return last.etag;
  };
  for (const std::string etag : {"\"\"", "\"abc\"", "W/\"abc\"", "\"a!#~'\\\""}) EXPECT_EQ(kept(etag), etag);
  for (const std::string etag : {"", "\"", "abc", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "\"a\"b\"", "\"a\r\nX: y\"", "\"a b\"", "\"\x7f\"", "\"\xc3\xa9\"", "W/\""}) {
    EXPECT_EQ(kept(etag), "") << etag;
  }
  EXPECT_EQ(kept("\"" + std::string(limits::kEtagBytesMax - 2, 'x') + "\"").size(), limits::kEtagBytesMax);
  EXPECT_EQ(kept("\"" + std::string(limits::kEtagBytesMax - 1, 'x') + "\""), "");
}

// Whoever watches a source over days needs to know how often it was asked in vain, whatever the last try came to.
TEST_F(SourceTest, CountsFetchesByWhatCameOfThem) {
  failed(order());
  failed(wait_for_order());
  fetched(wait_for_order());                                            // its first set
  fetched(wait_for_order(), 600, /*changed=*/false);                    // the same
  EXPECT_TRUE(schedule.not_modified(wait_for_order().number, 600, now()));  // its confirmation
  fetched(wait_for_order(), 600, /*changed=*/true);
  fetched(wait_for_order(), 600, true, "");
  schedule.not_modified(wait_for_order().number, 600, now());           // of nothing that was asked about
  EXPECT_EQ(report().fetches_changed, 3U);
  EXPECT_EQ(report().fetches_unchanged, 2U);
  EXPECT_EQ(report().fetches_failed, 3U);
  EXPECT_EQ(report().consecutive_failures, 1U);
}

}  // namespace
}  // namespace assay::sources
