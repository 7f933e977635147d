// The cache of tokens by itself.
#include "verdict/token_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <deque>
#include <fstream>
#include <set>

#include "base/limits.h"
#include "jose/flat_facts.h"
#include "verdict/token_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;

// alike(cache, count): texts that look equal to the cache: one set, one tag.
std::vector<std::string> alike(const TokenCache& cache, std::size_t count) {
  std::vector<std::string> texts{"like this"};
  const TokenCache::Place wanted = cache.place_of(texts.front());
  for (int i = 0; texts.size() < count; ++i) {
    std::string text = "token " + std::to_string(i);
    const TokenCache::Place place = cache.place_of(text);
    if (place.set == wanted.set && place.tag == wanted.tag) texts.push_back(std::move(text));
  }
  return texts;
}

class TokenCacheTest : public ::testing::Test {
 protected:
  // token(text, expires_at_s): lives as long as the case.
  const Token& token(std::string text, std::int64_t expires_at_s = kNow + 3600) { return tokens_.emplace_back(std::move(text), expires_at_s); }

  void keep(const Token& token, std::int64_t now_s = kNow) { keep_by(token, token.key_id, now_s); }
  void keep_by(const Token& token, const jose::KeyId& key_id, std::int64_t now_s = kNow) {
    cache_->keep(0, cache_->place_of(token.text), token.digest, token.facts, key_id, token.has_kid, cache_->era(token.facts.algorithm), now_s);
  }
  std::optional<TokenCache::EntryView> find(const Token& token) {
    const TokenCache::Place place = cache_->place_of(token.text);
    Ways ways = cache_->look(place);
    return cache_->find(place, ways, token.digest, arena_);
  }
  // holds(token): the cache has it, as it was kept.
  bool holds(const Token& token) {
    const auto entry = find(token);
    EXPECT_TRUE(!entry || is(*entry, token)) << token.text;
    return entry.has_value();
  }
  void use(const Token& token) {
    const auto entry = find(token);
    ASSERT_TRUE(entry.has_value()) << token.text;
    cache_->used(cache_->place_of(token.text), entry->way());
  }
  bool admits(const Token& token, std::int64_t now_s = kNow) { return cache_->admits(cache_->place_of(token.text), now_s); }
  // full(): keeps eight tokens; a cache of one set is full then.
  std::vector<const Token*> full() {
    std::vector<const Token*> kept;
    for (unsigned i = 0; i < TokenCache::kWays; ++i) {
      kept.push_back(&token("resident " + std::to_string(i)));
      keep(*kept.back());
    }
    return kept;
  }
  // held(tokens): which of them the cache has, a bit for each.
  unsigned held(const std::vector<const Token*>& tokens) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (holds(*tokens[i])) bits |= 1U << i;
    }
    return bits;
  }

  std::unique_ptr<TokenCache> cache_ = make(1);
  std::deque<Token> tokens_;
  base::Arena arena_;
};

// --- What is found ---

TEST_F(TokenCacheTest, FindsWhatItKept) {
  const Token& kept = token("a token");
  const TokenCache::Place place = cache_->place_of(kept.text);
  EXPECT_EQ(cache_->look(place), 0);
  EXPECT_FALSE(holds(kept));
  keep(kept);
  Ways ways = cache_->look(place);
  EXPECT_EQ(std::popcount(ways), 1);
  const auto entry = cache_->find(place, ways, kept.digest, arena_);
  ASSERT_TRUE(entry.has_value());
  EXPECT_TRUE(is(*entry, kept));
  EXPECT_EQ(ways, 0);
  EXPECT_FALSE(cache_->find(place, ways, kept.digest, arena_).has_value());
}

// Facts of every length up to the largest, each in the slot of another: nothing of one is ever read with another.
TEST_F(TokenCacheTest, FindsFactsOfAnyLength) {
  std::set<std::size_t> lengths;
  for (int i = 0; i < 2'000; ++i) {
    const Token& one = token("token " + std::to_string(i));
    lengths.insert(one.subject.size());
    keep(one);
    ASSERT_TRUE(holds(one)) << i;
  }
  EXPECT_EQ(lengths.size(), 256U);
  EXPECT_EQ(cache_->figures().oversized, 0U);
}

TEST_F(TokenCacheTest, DoesNotLookAtOtherTags) {
  keep(token("a token"));
  const auto tag = cache_->place_of("a token").tag;
  for (int i = 0; i < 1'000; ++i) {
    const TokenCache::Place place = cache_->place_of("token " + std::to_string(i));
    EXPECT_EQ(cache_->look(place) != 0, place.tag == tag) << i;
  }
}

// Tokens that look equal to the cache are told apart by their digests.
TEST_F(TokenCacheTest, TellsTokensOfOneTagApart) {
  std::vector<const Token*> same;
  for (const std::string& text : alike(*cache_, TokenCache::kWays + 1)) same.push_back(&token(text));
  for (unsigned kept = 0; kept < TokenCache::kWays; ++kept) {
    keep(*same[kept]);
    const TokenCache::Place place = cache_->place_of(same[kept]->text);
    EXPECT_EQ(std::popcount(cache_->look(place)), static_cast<int>(kept) + 1);
    EXPECT_EQ(held(same), (2U << kept) - 1);
  }
}

// The whole digest counts: SHA-256 is all that stands for the token.
TEST_F(TokenCacheTest, ComparesEveryBitOfTheDigest) {
  const Token& kept = token("a token");
  keep(kept);
  const TokenCache::Place place = cache_->place_of(kept.text);
  for (std::size_t bit = 0; bit < CHAR_BIT * kept.digest.size(); ++bit) {
    crypto::Sha256Digest other = kept.digest;
    other[bit / CHAR_BIT] ^= static_cast<std::byte>(1U << bit % CHAR_BIT);
    Ways ways = cache_->look(place);
    EXPECT_FALSE(cache_->find(place, ways, other, arena_).has_value()) << bit;
    EXPECT_EQ(ways, 0) << bit;
  }
}

// Between look and find another may have come.
TEST_F(TokenCacheTest, FindsNothingInAWayThatHasBeenTakenSince) {
  const auto residents = full();
  const TokenCache::Place place = cache_->place_of(residents[0]->text);
  Ways ways = cache_->look(place);
  ASSERT_NE(ways, 0);
  keep(token("a newcomer"));
  EXPECT_FALSE(cache_->find(place, ways, residents[0]->digest, arena_).has_value());
}

// What was found is the finder's own.
TEST_F(TokenCacheTest, FindsACopy) {
  const auto residents = full();
  const auto entry = find(*residents[0]);
  ASSERT_TRUE(entry.has_value());
  for (int i = 0; i < 8; ++i) keep(token("newcomer " + std::to_string(i)));
  EXPECT_FALSE(holds(*residents[0]));
  EXPECT_TRUE(is(*entry, *residents[0]));
}

// One token may have been verified by several keys, of API services that take the same issuer's tokens from different OAuth servers.
TEST_F(TokenCacheTest, KeepsATokenUnderEachKey) {
  const Token& one = token("a token");
  const jose::KeyId first{std::byte{1}};
  const jose::KeyId second{std::byte{2}};
  keep_by(one, first);
  keep_by(one, second);
  EXPECT_EQ(cache_->figures().entries, 2U);
  const TokenCache::Place place = cache_->place_of(one.text);
  Ways ways = cache_->look(place);
  std::set<jose::KeyId> found;
  std::set<unsigned> in;
  while (ways != 0) {
    const auto entry = cache_->find(place, ways, one.digest, arena_);
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->facts().token_id, one.text);
    found.insert(entry->key_id());
    in.insert(entry->way());
  }
  EXPECT_EQ(found, (std::set{first, second}));
  EXPECT_EQ(in.size(), 2U);
}

// The whole id counts, and the whole digest: a token that stands there twice would only take another's room.
TEST_F(TokenCacheTest, KeepsATokenOnceUnderOneKey) {
  const Token& one = token("a token");
  for (int i = 0; i < 20; ++i) keep(one);
  EXPECT_EQ(cache_->figures().entries, 1U);
  EXPECT_EQ(std::popcount(cache_->look(cache_->place_of(one.text))), 1);
  EXPECT_TRUE(holds(one));
  jose::KeyId other = one.key_id;
  other.back() ^= std::byte{1};
  keep_by(one, other);
  EXPECT_EQ(cache_->figures().entries, 2U);
}

// A token that is verified again was wanted before and is wanted still.
TEST_F(TokenCacheTest, DoesNotForgetThatATokenWasUsedWhenItIsKeptAgain) {
  const auto residents = full();
  use(*residents[0]);
  keep(*residents[0]);
  keep(token("a newcomer"));
  EXPECT_EQ(held(residents), 0b1111'1101U);
}

// --- What goes ---

TEST_F(TokenCacheTest, FillsFreeWaysFirst) {
  const auto residents = full();
  EXPECT_EQ(held(residents), 0xFFU);
  EXPECT_EQ(cache_->figures().entries, 8U);
  EXPECT_EQ(cache_->figures().evicted, 0U);
}

TEST_F(TokenCacheTest, ReplacesTheUnusedInTurn) {
  auto residents = full();
  for (unsigned i = 0; i < 24; ++i) {
    const Token& newcomer = token("newcomer " + std::to_string(i));
    keep(newcomer);
    residents[i % 8] = &newcomer;
    EXPECT_EQ(held(residents), 0xFFU) << i;
  }
  EXPECT_EQ(cache_->figures().entries, 8U);
  EXPECT_EQ(cache_->figures().evicted, 24U);
  EXPECT_EQ(cache_->figures().expired, 0U);
}

TEST_F(TokenCacheTest, SparesTheUsed) {
  const auto residents = full();
  for (const unsigned i : {0U, 1U, 4U, 7U}) use(*residents[i]);
  keep(token("newcomer 1"));
  EXPECT_EQ(held(residents), 0b1111'1011U);
  keep(token("newcomer 2"));
  EXPECT_EQ(held(residents), 0b1111'0011U);
  for (int i = 3; i < 100; ++i) keep(token("newcomer " + std::to_string(i)));
  EXPECT_EQ(held(residents), 0b1001'0011U);
}

// Use means something only while some have not been used.
TEST_F(TokenCacheTest, BeginsAnewWhenAllHaveBeenUsed) {
  const auto residents = full();
  for (const Token* each : residents) use(*each);
  keep(token("newcomer 1"));
  EXPECT_EQ(held(residents), 0b1111'1110U);
  use(*residents[1]);
  keep(token("newcomer 2"));
  EXPECT_EQ(held(residents), 0b1111'1010U);
  EXPECT_EQ(cache_->figures().evicted, 2U);
}

// The latest second in which any service takes it: clock skew tolerances go up to a limit.
TEST_F(TokenCacheTest, ReplacesTheExpiredFirst) {
  std::vector<const Token*> residents;
  for (unsigned i = 0; i < 8; ++i) {
    residents.push_back(&token("resident " + std::to_string(i), i == 5 ? kNow : kNow + 3600));
    keep(*residents.back());
  }
  const Token& short_lived = *residents[5];
  use(short_lived);
  constexpr std::int64_t kGone = kNow + base::limits::kClockSkewSecondsMax;
  keep(token("newcomer 1"), kGone - 1);
  EXPECT_TRUE(holds(short_lived));
  EXPECT_FALSE(holds(*residents[0]));
  EXPECT_EQ(cache_->figures().expired, 0U);
  EXPECT_EQ(cache_->figures().evicted, 1U);
  keep(token("newcomer 2"), kGone);
  EXPECT_FALSE(holds(short_lived));
  EXPECT_TRUE(holds(*residents[1]));
  EXPECT_EQ(cache_->figures().expired, 1U);
  EXPECT_EQ(cache_->figures().evicted, 1U);
  EXPECT_EQ(cache_->figures().entries, 8U);
}

// The way of a used token is not used when another gets it.
TEST_F(TokenCacheTest, BeginsEachEntryUnused) {
  std::vector<const Token*> residents;
  for (unsigned i = 0; i < 8; ++i) residents.push_back(&token("resident " + std::to_string(i), i == 5 ? kNow - 3600 : kNow + 3600));
  for (const Token* each : residents) keep(*each, kNow - 7200);
  for (const Token* each : residents) use(*each);
  residents[5] = &token("newcomer 1");
  keep(*residents[5]);
  EXPECT_EQ(held(residents), 0xFFU);
  keep(token("newcomer 2"));
  EXPECT_EQ(held(residents), 0b1101'1111U);
}

// Dates reach to the year 9999; what does not fit in the set's line is late, never early.
TEST_F(TokenCacheTest, TakesDatesOfAnySize) {
  std::vector<const Token*> residents;
  for (const std::int64_t expires_at_s : std::initializer_list<std::int64_t>{base::limits::kNumericDateMax, 1LL << 32, UINT32_MAX, UINT32_MAX - 300LL, kNow, kNow - 299, 0, kNow + 1}) {
    residents.push_back(&token("resident " + std::to_string(residents.size()), expires_at_s));
    keep(*residents.back(), 0);
  }
  keep(token("newcomer"), kNow);
  EXPECT_EQ(held(residents), 0b1011'1111U);
  EXPECT_EQ(cache_->figures().expired, 1U);
}

// --- What is let in ---

TEST_F(TokenCacheTest, AdmitsEverythingWhileThereIsRoom) {
  for (unsigned i = 0; i < TokenCache::kWays; ++i) {
    const Token& one = token("token " + std::to_string(i));
    EXPECT_TRUE(admits(one)) << i;
    keep(one);
  }
  EXPECT_FALSE(admits(token("one more")));
}

TEST_F(TokenCacheTest, AdmitsTheSecondTimeWhenThereIsNone) {
  full();
  const Token& one = token("a token");
  EXPECT_FALSE(admits(one));
  EXPECT_TRUE(admits(one));
  EXPECT_TRUE(admits(one));
}

TEST_F(TokenCacheTest, AdmitsInPlaceOfWhatHasExpired) {
  full();
  const Token& one = token("a token");
  constexpr std::int64_t kAllExpired = kNow + 3600 + base::limits::kClockSkewSecondsMax;
  EXPECT_FALSE(admits(one, kAllExpired - 1));
  EXPECT_TRUE(admits(token("another"), kAllExpired));
}

// What is remembered of those that were let pass: the last eight of a set.
TEST_F(TokenCacheTest, ForgetsAPasserByAfterEightOthers) {
  full();
  for (const std::size_t others : {7U, 8U}) {
    std::set<std::uint16_t> marks;
    std::vector<const Token*> passers_by;
    for (int i = 0; passers_by.size() < others + 1; ++i) {
      const Token& one = token("passer-by " + std::to_string(others) + " " + std::to_string(i));
      if (marks.insert(cache_->place_of(one.text).tag % 255).second) passers_by.push_back(&one);
    }
    cache_ = make(1);
    full();
    for (const Token* one : passers_by) EXPECT_FALSE(admits(*one));
    EXPECT_EQ(admits(*passers_by.front()), others < 8);
  }
}

// A mark is an octet: of tokens that never came before few are taken for one that did.
TEST_F(TokenCacheTest, SeldomAdmitsAStranger) {
  full();
  int admitted = 0;
  constexpr int kStrangers = 20'000;
  for (int i = 0; i < kStrangers; ++i) admitted += admits(Token("stranger " + std::to_string(i))) ? 1 : 0;
  EXPECT_GT(admitted, kStrangers / 50);
  EXPECT_LT(admitted, kStrangers / 25);
}

// Tokens that come once, however many, replace each other and not those that come again.
TEST_F(TokenCacheTest, KeepsTheUsedThroughAFloodOfStrangers) {
  constexpr std::size_t kSets = 8;
  cache_ = make(kSets);
  std::vector<const Token*> wanted;
  std::vector<unsigned> in_set(kSets);
  for (int i = 0; wanted.size() < kSets * 4; ++i) {
    const Token& one = token("wanted " + std::to_string(i));
    unsigned& count = in_set[cache_->place_of(one.text).set];
    if (count == 4) continue;
    ++count;
    wanted.push_back(&one);
    keep(one);
  }
  for (const Token* each : wanted) use(*each);
  for (int i = 0; i < 20'000; ++i) {
    const Token stranger("stranger " + std::to_string(i));
    keep(stranger);
    ASSERT_TRUE(holds(stranger)) << i;
    arena_.reset();
  }
  for (const Token* each : wanted) EXPECT_TRUE(holds(*each)) << each->text;
  EXPECT_EQ(cache_->figures().entries, kSets * 8);
  EXPECT_EQ(cache_->figures().evicted, 20'000U - kSets * 4);
}

// --- What is not kept ---

TEST_F(TokenCacheTest, KeepsFactsThatJustFit) {
  std::string subject;
  jose::FactsView facts = token("a token").facts;
  facts.subject = subject;
  std::array<std::byte, 2 * TokenCache::kSlotBytes> room;
  subject.assign(TokenCache::kFactsBytesMax - jose::flatten(facts, room), 's');
  const auto keep_facts = [&] {
    facts.subject = subject;
    cache_->keep(0, cache_->place_of("a token"), tokens_.front().digest, facts, {}, false, 0, kNow);
  };
  keep_facts();
  EXPECT_EQ(jose::flatten(facts, room), TokenCache::kFactsBytesMax);
  EXPECT_EQ(cache_->figures().oversized, 0U);
  auto entry = find(tokens_.front());
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->facts().subject, subject);

  cache_ = make(1);
  subject += 's';
  keep_facts();
  EXPECT_FALSE(find(tokens_.front()).has_value());
  EXPECT_EQ(cache_->figures().oversized, 1U);
  EXPECT_EQ(cache_->figures().entries, 0U);
  EXPECT_EQ(cache_->look(cache_->place_of("a token")), 0);
}

// --- Eras ---

TEST_F(TokenCacheTest, ForgetsWhatWasVerifiedBeforeTheEndOfAnEra) {
  const Token& one = token("a token");
  const TokenCache::Era before = cache_->era(Algorithm::es256);
  keep(one);
  cache_->end_era(Algorithm::rs256);
  EXPECT_TRUE(holds(one));
  cache_->end_era(Algorithm::es256);
  EXPECT_FALSE(holds(one));
  // Its verification began before the end and is over only now.
  cache_->keep(0, cache_->place_of(one.text), one.digest, one.facts, one.key_id, one.has_kid, before, kNow);
  EXPECT_FALSE(holds(one));
  keep(one);
  EXPECT_TRUE(holds(one));
  EXPECT_EQ(cache_->figures().entries, 1U);
}

TEST_F(TokenCacheTest, HasAnEraForEachAlgorithm) {
  const Token& one = token("a token");
  for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) {
    cache_ = make(1);
    const auto algorithm = static_cast<Algorithm>(i);
    jose::FactsView facts = one.facts;
    facts.algorithm = algorithm;
    cache_->keep(0, cache_->place_of(one.text), one.digest, facts, one.key_id, one.has_kid, cache_->era(algorithm), kNow);
    for (std::size_t other = 1; other <= crypto::kAlgorithmCount; ++other) {
      if (other != i) cache_->end_era(static_cast<Algorithm>(other));
    }
    EXPECT_TRUE(find(one).has_value()) << i;
    cache_->end_era(algorithm);
    EXPECT_FALSE(find(one).has_value()) << i;
  }
}

// An entry of an era that is over does not hide the same token of another key behind it.
TEST_F(TokenCacheTest, GoesOnBehindAnEntryOfAnEarlierEra) {
  const Token& one = token("a token");
  keep_by(one, {std::byte{1}});
  cache_->end_era(Algorithm::es256);
  keep_by(one, {std::byte{2}});
  const auto entry = find(one);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->key_id(), jose::KeyId{std::byte{2}});
}

// --- Places ---

TEST_F(TokenCacheTest, PlacesATokenByItsEndAndItsLength) {
  cache_ = make(64);
  const auto place = [&](std::string_view text) {
    const TokenCache::Place found = cache_->place_of(text);
    return std::pair(found.set, found.tag);
  };
  const std::string end(64, 'e');
  EXPECT_EQ(place("begins like this" + end), place("BEGINS LIKE THAT" + end));
  std::set<std::pair<std::uint32_t, std::uint16_t>> seen;
  for (std::size_t length = 0; length < 100; ++length) EXPECT_TRUE(seen.insert(place(std::string(length, 'b') + end)).second) << length;
  for (std::size_t i = 0; i < end.size(); ++i) {
    std::string other = "begins like this" + end;
    other[other.size() - 1 - i] = 'E';
    EXPECT_TRUE(seen.insert(place(other)).second) << i;
  }
  // Shorter ones as a whole.
  for (std::size_t length = 0; length < end.size(); ++length) EXPECT_TRUE(seen.insert(place(end.substr(0, length))).second) << length;
  const auto other_key = TokenCache::make(64 * kSetBytes, {kHashKey.first + 1, kHashKey.second}, 1);
  const TokenCache::Place elsewhere = other_key->place_of(end);
  EXPECT_NE(std::pair(elsewhere.set, elsewhere.tag), place(end));
}

// No set is out of reach, none beyond the last is meant, and no tag says that a way is free.
TEST_F(TokenCacheTest, SpreadsTokensOverAllSets) {
  for (const std::size_t sets : {1U, 2U, 7U, 64U, 100U}) {
    cache_ = make(sets);
    std::vector<unsigned> load(sets);
    for (unsigned i = 0; i < 100 * sets; ++i) {
      const TokenCache::Place place = cache_->place_of("token " + std::to_string(i));
      ASSERT_LT(place.set, sets);
      ++load[place.set];
    }
    EXPECT_GT(*std::ranges::min_element(load), 40U) << sets;
    EXPECT_LT(*std::ranges::max_element(load), 160U) << sets;
  }
}

TEST_F(TokenCacheTest, HasNoTagOfZero) {
  // One text in 65,536 would have it.
  int of_one = 0;
  for (int i = 0; i < 400'000; ++i) {
    const auto tag = cache_->place_of("token " + std::to_string(i)).tag;
    ASSERT_NE(tag, 0) << i;
    of_one += tag == 1 ? 1 : 0;
  }
  EXPECT_GT(of_one, 0);
}

// --- Sizes and figures ---

TEST(TokenCacheSize, IsAsManySetsAsFit) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, kSetBytes - 1}) EXPECT_EQ(TokenCache::make(bytes, kHashKey, 1), nullptr) << bytes;
  for (const auto& [bytes, sets] : {std::pair{kSetBytes, 1U}, {2 * kSetBytes - 1, 1U}, {2 * kSetBytes, 2U}, {std::size_t{1} << 20, 252U}}) {
    const auto cache = TokenCache::make(bytes, kHashKey, 1);
    ASSERT_NE(cache, nullptr) << bytes;
    EXPECT_EQ(cache->figures().capacity, 8 * sets) << bytes;
    EXPECT_EQ(cache->figures().bytes, sets * kSetBytes) << bytes;
  }
}

// Every way of every set can be used.
TEST(TokenCacheSize, HoldsAsManyAsItSays) {
  const auto cache = make(16);
  const TokenCacheFigures empty = cache->figures();
  EXPECT_EQ(empty.entries, 0U);
  base::Arena arena;
  for (int i = 0; cache->figures().entries < empty.capacity && i < 10'000; ++i) {
    const Token one("token " + std::to_string(i));
    cache->keep(0, cache->place_of(one.text), one.digest, one.facts, one.key_id, one.has_kid, 0, kNow);
  }
  EXPECT_EQ(cache->figures().entries, 16U * 8);
}

// A host whose kernel promises any amount of memory would have to keep that promise here.
bool promises_anything() {
  std::ifstream file("/proc/sys/vm/overcommit_memory");
  int mode = 1;
  file >> mode;
  return mode == 1;
}

TEST(TokenCacheSize, IsRefusedWhenThereIsNoSuchMemory) {
  if (promises_anything()) GTEST_SKIP() << "the kernel promises any amount of memory";
  for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX / 2, std::size_t{1} << 46}) EXPECT_EQ(TokenCache::make(bytes, kHashKey, 1), nullptr) << bytes;
}

TEST(TokenCacheFigures, AreThoseOfAllLanes) {
  const auto cache = make(1, 3);
  for (std::size_t lane = 0; lane < 3; ++lane) {
    for (std::size_t i = 0; i <= lane; ++i) cache->count_hit(lane);
    for (std::size_t i = 0; i <= 2 * lane; ++i) cache->count_miss(lane);
    for (std::size_t i = 0; i <= 3 * lane; ++i) cache->count_key_gone(lane);
  }
  for (std::size_t i = 0; i < 12; ++i) {
    const Token one("token " + std::to_string(i));
    cache->keep(i % 3, cache->place_of(one.text), one.digest, one.facts, one.key_id, one.has_kid, 0, kNow);
  }
  const TokenCacheFigures figures = cache->figures();
  EXPECT_EQ(figures.hits, 1U + 2 + 3);
  EXPECT_EQ(figures.misses, 1U + 3 + 5);
  EXPECT_EQ(figures.keys_gone, 1U + 4 + 7);
  EXPECT_EQ(figures.entries, 8U);
  EXPECT_EQ(figures.evicted, 4U);
  EXPECT_EQ(figures.expired, 0U);
  EXPECT_EQ(figures.oversized, 0U);
  EXPECT_EQ(figures.busy, 0U);
}

}  // namespace
}  // namespace assay::verdict
