// Facts as octets and back: nothing of them is lost, and nothing else is ever read as facts.
#include "jose/flat_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "base/limits.h"
#include "support/facts.h"

namespace assay::jose {
namespace {

constexpr std::byte kUntouched{0xA5};

// flat(facts): their octets, in an exact heap block, so that the address sanitizer sees a write or read beyond them.
std::vector<std::byte> flat(const FactsView& facts) {
  std::vector<std::byte> large(std::size_t{1} << 18, kUntouched);
  const std::size_t bytes = flatten(facts, large);
  EXPECT_NE(bytes, 0U);
  EXPECT_TRUE(std::all_of(large.begin() + static_cast<std::ptrdiff_t>(bytes), large.end(), [](std::byte octet) { return octet == kUntouched; }));
  large.resize(bytes);
  return {large.begin(), large.end()};
}

// come_back(facts): whether they are what comes of their octets.
bool come_back(const FactsView& facts) {
  const std::vector<std::byte> octets = flat(facts);
  base::Arena arena;
  const auto back = expand(octets, arena);
  return back.has_value() && tests::equal(*back, facts);
}

// The least that there are: a token's header has an algorithm and a type, and be it `absent`.
FactsView least() {
  FactsView facts;
  facts.algorithm = crypto::Algorithm::rs256;
  facts.type = TypeClass::absent;
  return facts;
}

// Some facts with a bit of everything.
FactsView ordinary() {
  static constexpr std::array<std::string_view, 2> kAudiences{"https://a", "https://b"};
  static constexpr std::array<std::string_view, 3> kScopes{"r", "w", "admin"};
  FactsView facts;
  facts.algorithm = crypto::Algorithm::ps512;
  facts.type = TypeClass::at_jwt;
  facts.issuer = "https://id.example.com/am";
  facts.subject = "alice";
  facts.client_id = "shop";
  facts.token_id = "1234";
  facts.expires_at = NumericDate{1'700'000'600, true};
  facts.not_before = NumericDate{1'700'000'000, false};
  facts.issued_at = NumericDate{1'699'999'999, true};
  facts.audiences = kAudiences;
  facts.scopes = kScopes;
  return facts;
}

TEST(FlatFacts, ComeBackAsTheyWere) {
  EXPECT_TRUE(come_back(ordinary()));
  EXPECT_TRUE(come_back(least()));
}

TEST(FlatFacts, KeepAlgorithmTypeAndConfirmation) {
  FactsView facts = ordinary();
  for (std::size_t algorithm = 1; algorithm <= crypto::kAlgorithmCount; ++algorithm) {
    facts.algorithm = static_cast<crypto::Algorithm>(algorithm);
    for (const TypeClass type : {TypeClass::absent, TypeClass::jwt, TypeClass::at_jwt, TypeClass::other}) {
      facts.type = type;
      for (const bool bound : {false, true}) {
        facts.has_confirmation = bound;
        EXPECT_TRUE(come_back(facts)) << algorithm << ' ' << static_cast<int>(type) << ' ' << bound;
      }
    }
  }
}

// What no token's header can have is nothing that was kept.
TEST(FlatFacts, AreNotExpandedWithoutAnAlgorithmAndAType) {
  const auto is_expanded = [](std::uint8_t algorithm, std::uint8_t type) {
    FactsView facts = ordinary();
    facts.algorithm = static_cast<crypto::Algorithm>(algorithm);
    facts.type = static_cast<TypeClass>(type);
    base::Arena arena;
    return expand(flat(facts), arena).has_value();
  };
  EXPECT_TRUE(is_expanded(1, 1));
  for (const std::uint8_t algorithm : {std::uint8_t{0}, static_cast<std::uint8_t>(crypto::kAlgorithmCount + 1), std::uint8_t{255}}) EXPECT_FALSE(is_expanded(algorithm, 1));
  for (const std::uint8_t type : {std::uint8_t{0}, static_cast<std::uint8_t>(static_cast<int>(TypeClass::other) + 1), std::uint8_t{255}}) EXPECT_FALSE(is_expanded(1, type));
}

// An empty string is present, and what is absent is not an empty string; each text is its own.
TEST(FlatFacts, TellAbsentTextsFromEmptyOnes) {
  constexpr std::array kTexts{&FactsView::issuer, &FactsView::subject, &FactsView::client_id, &FactsView::token_id};
  constexpr std::array<std::optional<std::string_view>, 3> kValues{std::nullopt, "", "text"};
  for (std::size_t choice = 0; choice < 81; ++choice) {
    FactsView facts = least();
    std::size_t left = choice;
    for (const auto text : kTexts) {
      facts.*text = kValues[left % 3];
      left /= 3;
    }
    EXPECT_TRUE(come_back(facts)) << choice;
  }
}

// Texts are octets, of no particular alphabet.
TEST(FlatFacts, KeepAnyOctets) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  FactsView facts = ordinary();
  facts.subject = all;
  const std::array<std::string_view, 3> texts{std::string_view(all).substr(0, 1), all, std::string_view(all).substr(200)};
  facts.audiences = texts;
  facts.scopes = texts;
  EXPECT_TRUE(come_back(facts));
}

// RFC 7519 section 2: fractions count; from 0 to the year 9999.
TEST(FlatFacts, KeepDatesExactly) {
  for (const auto date : {&FactsView::expires_at, &FactsView::not_before, &FactsView::issued_at}) {
    for (const std::int64_t seconds : std::initializer_list<std::int64_t>{0, 1, 1'700'000'000, INT32_MAX, UINT32_MAX, 1LL << 32, base::limits::kNumericDateMax}) {
      for (const bool has_fraction : {false, true}) {
        FactsView facts = least();
        facts.*date = NumericDate{seconds, has_fraction};
        EXPECT_TRUE(come_back(facts)) << seconds;
      }
    }
  }
}

TEST(FlatFacts, KeepEachAudienceAndScope) {
  std::deque<std::string> texts;
  for (int i = 0; i < 1'000; ++i) texts.push_back(i % 7 == 0 ? "" : std::string(static_cast<std::size_t>(i % 50), 'a') + std::to_string(i));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (const std::size_t audiences : {0U, 1U, 2U, 999U}) {
    for (const std::size_t scopes : {0U, 1U, 3U, 1'000U}) {
      FactsView facts = least();
      facts.audiences = std::span(views).first(audiences);
      facts.scopes = std::span(views).last(scopes);
      EXPECT_TRUE(come_back(facts)) << audiences << ' ' << scopes;
    }
  }
}

// As much as a token can say, and more than its lengths can count.
TEST(FlatFacts, TakeTextsUpToTheirCounters) {
  const std::string longest(UINT16_MAX, 'x');
  const std::string too_long(UINT16_MAX + 1, 'x');
  const std::string_view one_longest = longest;
  const std::string_view one_too_long = too_long;
  std::vector<std::byte> room(std::size_t{1} << 20);
  for (const auto text : {&FactsView::issuer, &FactsView::subject, &FactsView::client_id, &FactsView::token_id}) {
    FactsView facts = ordinary();
    facts.*text = longest;
    EXPECT_TRUE(come_back(facts));
    facts.*text = too_long;
    EXPECT_EQ(flatten(facts, room), 0U);
  }
  const std::vector<std::string_view> most(UINT16_MAX);
  const std::vector<std::string_view> too_many(UINT16_MAX + 1);
  for (const auto list : {&FactsView::audiences, &FactsView::scopes}) {
    FactsView facts = ordinary();
    facts.*list = std::span(&one_longest, 1);
    EXPECT_TRUE(come_back(facts));
    facts.*list = std::span(&one_too_long, 1);
    EXPECT_EQ(flatten(facts, room), 0U);
    facts.*list = most;
    EXPECT_TRUE(come_back(facts));
    facts.*list = too_many;
    EXPECT_EQ(flatten(facts, room), 0U);
  }
}

// What does not fit is not written, not even in part beyond the room; what just fits is.
TEST(FlatFacts, StayWithinTheirRoom) {
  const FactsView facts = ordinary();
  const std::vector<std::byte> whole = flat(facts);
  for (std::size_t size = 0; size <= whole.size() + 8; ++size) {
    std::vector<std::byte> memory(whole.size() + 64, kUntouched);
    const std::size_t bytes = flatten(facts, std::span(memory).first(size));
    EXPECT_EQ(bytes, size < whole.size() ? 0U : whole.size()) << size;
    const auto end = memory.begin() + static_cast<std::ptrdiff_t>(bytes);
    EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes), memory.begin())) << size;
    EXPECT_TRUE(std::all_of(end, memory.end(), [](std::byte octet) { return octet == kUntouched; })) << size;
  }
  EXPECT_EQ(flatten({}, {}), 0U);
}

// Equal facts, equal octets: nothing of what was in memory before goes along.
TEST(FlatFacts, DependOnTheFactsAlone) {
  std::vector<std::byte> zeros(4096, std::byte{0});
  std::vector<std::byte> ones(4096, std::byte{0xFF});
  const std::size_t bytes = flatten(ordinary(), zeros);
  ASSERT_EQ(flatten(ordinary(), ones), bytes);
  EXPECT_EQ(std::memcmp(zeros.data(), ones.data(), bytes), 0);
}

TEST(FlatFacts, AreNotExpandedFromFewerOrMoreOctets) {
  for (const FactsView& facts : {ordinary(), least()}) {
    const std::vector<std::byte> whole = flat(facts);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      base::Arena arena;
      const std::vector<std::byte> less(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(expand(less, arena).has_value()) << size;
    }
    for (const std::size_t more : {1U, 2U, 3U, 4U, 8U, 100U}) {
      base::Arena arena;
      std::vector<std::byte> extended = whole;
      extended.resize(whole.size() + more);
      EXPECT_FALSE(expand(extended, arena).has_value()) << more;
    }
  }
}

// Octets that nobody wrote: something or nothing, but never a read beyond them. Whatever comes of them lies within.
TEST(FlatFacts, AreReadWithinTheirOctets) {
  std::mt19937 random(20260102);
  const std::vector<std::byte> whole = flat(ordinary());
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> octets = whole;
    for (unsigned change = random() % 4 + 1; change != 0; --change) octets[random() % octets.size()] = static_cast<std::byte>(random());
    base::Arena arena;
    const auto facts = expand(octets, arena);
    if (!facts) continue;
    const auto within = [&octets](std::string_view text) {
      const std::string_view all = base::as_text(octets);
      return text.empty() || (text.data() >= all.data() && text.data() + text.size() <= all.data() + all.size());
    };
    for (const auto text : {&FactsView::issuer, &FactsView::subject, &FactsView::client_id, &FactsView::token_id}) EXPECT_TRUE(within(((*facts).*text).value_or("")));
    for (const auto list : {&FactsView::audiences, &FactsView::scopes}) EXPECT_TRUE(std::ranges::all_of((*facts).*list, within));
  }
}

// They view the octets that they came from, and nothing of the facts before.
TEST(FlatFacts, ViewTheirOctets) {
  std::string subject = "alice";
  FactsView facts = ordinary();
  facts.subject = subject;
  const std::vector<std::byte> octets = flat(facts);
  base::Arena arena;
  const auto back = expand(octets, arena);
  ASSERT_TRUE(back.has_value());
  subject = "BOBBY";
  EXPECT_EQ(back->subject, "alice");
  const std::string_view all = base::as_text(octets);
  EXPECT_GE(back->subject->data(), all.data());
  EXPECT_LE(back->subject->data() + back->subject->size(), all.data() + all.size());
}

TEST(FlatFacts, ComeBackWhateverTheyAre) {
  std::mt19937 random(20260103);
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 3'000; ++round) {
    std::deque<std::string> texts;
    const auto text = [&]() -> std::string_view {
      std::string& made = texts.emplace_back(below(4) == 0 ? 0 : below(1U << below(12)), ' ');
      for (char& each : made) each = static_cast<char>(random());
      return made;
    };
    const auto maybe_text = [&]() -> std::optional<std::string_view> { return below(3) == 0 ? std::nullopt : std::optional(text()); };
    const auto maybe_date = [&]() -> std::optional<NumericDate> {
      if (below(3) == 0) return std::nullopt;
      return NumericDate{static_cast<std::int64_t>(random() % (std::uint64_t{1} << below(38))), below(2) == 0};
    };
    std::vector<std::string_view> audiences(below(6));
    std::vector<std::string_view> scopes(below(20));
    std::ranges::generate(audiences, text);
    std::ranges::generate(scopes, text);
    FactsView facts = least();
    facts.algorithm = static_cast<crypto::Algorithm>(1 + below(crypto::kAlgorithmCount));
    facts.type = static_cast<TypeClass>(1 + below(4));
    facts.has_confirmation = below(2) == 0;
    facts.issuer = maybe_text();
    facts.subject = maybe_text();
    facts.client_id = maybe_text();
    facts.token_id = maybe_text();
    facts.expires_at = maybe_date();
    facts.not_before = maybe_date();
    facts.issued_at = maybe_date();
    facts.audiences = audiences;
    facts.scopes = scopes;
    ASSERT_TRUE(come_back(facts)) << round;
  }
}

}  // namespace
}  // namespace assay::jose
