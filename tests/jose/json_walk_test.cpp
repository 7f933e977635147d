// The walker against texts whose result is known, and against the slow reader: on hand-written texts and on mutations, under every implementation of
// simdjson.
#include "jose/json_walk.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/limits.h"
#include "jose/json_events.h"
#include "jose/json_fixture.h"
#include "jose/json_samples.h"
#include "jose/slow_json.h"

namespace assay::jose {
namespace {

constexpr JsonLimits kTokenLimits{base::limits::kTokenDepthMax, base::limits::kTokenMembersPerObjectMax, base::limits::kTokenMembersMax};
constexpr JsonLimits kSmallLimits{4, 3, 8};

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 300)) out += c >= ' ' && c <= '~' ? std::string(1, c) : "<" + std::to_string(static_cast<unsigned char>(c)) +
      ">";
  return out;
}

struct Walked {
  JsonWalk walk;
  std::string events;
};

Walked walk(std::string_view text, JsonRig& rig, const JsonLimits& limits) {
  rig.arena.reset();
  const base::Bytes padded = rig.text.put(text);
  EventLog log(base::as_text(padded));
  const JsonWalk walked = walk_json(padded, rig.workspace, rig.arena, limits, log);
  return {walked, walked.fault == JsonFault::none ? log.events : ""};
}

// The walker of one implementation gives what the slow reader gives. The fallback implementation looks for bad UTF-8 and open strings only as far as
// it reads, so of two faults it may name the other one.
void expect_as_slow(std::string_view text, const ImplementationRig& on, const JsonLimits& limits, const slow::Reading& expected) {
  const Walked walked = walk(text, *on.rig, limits);
  if (on.name == "fallback" && expected.fault != JsonFault::none) {
    ASSERT_NE(walked.walk.fault, JsonFault::none) << on.name << ": " << shown(text);
    return;
  }
  ASSERT_EQ(walked.walk.fault, expected.fault) << on.name << ": " << shown(text);
  const std::string events = expected.value ? events_of(*expected.value, text) : "";
  ASSERT_EQ(walked.events, events) << on.name << ": " << shown(text);
}

TEST(JsonWalk, GivesEverySampleItsResult) {
  const auto rigs = rigs_of_all_implementations();
  ASSERT_FALSE(rigs.empty());
  std::map<JsonFault, std::size_t> counts;
  for (const JsonSample& sample : json_samples()) {
    ++counts[sample.fault];
    const slow::Reading expected = slow::read_json(sample.text, {kTokenLimits});
    ASSERT_EQ(expected.fault, sample.fault) << "the slow reader: " << shown(sample.text);
    for (const ImplementationRig& on : rigs) expect_as_slow(sample.text, on, kTokenLimits, expected);
  }
  EXPECT_GE(counts[JsonFault::none], 80U);
  EXPECT_GE(counts[JsonFault::malformed], 350U);
  EXPECT_GE(counts[JsonFault::duplicate_member], 20U);
  EXPECT_GE(counts[JsonFault::too_complex], 20U);
}

// Blocks of 64 octets are what the index works on: every good and bad text once more at every place within a block.
TEST(JsonWalk, GivesTheSameResultAtEveryPlaceInABlock) {
  const auto rigs = rigs_of_all_implementations();
  for (const JsonSample& sample : json_samples()) {
    if (sample.text.size() > 200) continue;
    for (std::size_t shift = 1; shift <= 64; ++shift) {
      const std::string text = std::string(shift, ' ') + sample.text;
      const slow::Reading expected = slow::read_json(text, {kTokenLimits});
      ASSERT_EQ(expected.fault, sample.fault) << shown(text);
      for (const ImplementationRig& on : rigs) expect_as_slow(text, on, kTokenLimits, expected);
    }
  }
}

// Every text cut off at every place: no prefix but a whole value is good.
TEST(JsonWalk, RefusesEveryPrefixThatIsNoValue) {
  const auto rigs = rigs_of_all_implementations();
  for (const std::string& text : good_json_texts()) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const std::string_view prefix = std::string_view(text).substr(0, size);
      const slow::Reading expected = slow::read_json(prefix, {kTokenLimits});
      for (const ImplementationRig& on : rigs) expect_as_slow(prefix, on, kTokenLimits, expected);
    }
  }
}

// Every string of up to five characters over an alphabet of what matters to the grammar.
TEST(JsonWalk, AgreesWithTheSlowReaderOnAllShortTexts) {
  const auto rigs = rigs_of_all_implementations(64, 16);
  constexpr std::string_view kAlphabet = "{}[]:,\"\\ 0-n";
  std::size_t good = 0;
  for (std::size_t size = 1; size <= 5; ++size) {
    std::vector<std::size_t> digits(size);
    for (bool more = true; more;) {
      std::string text;
      for (const std::size_t digit : digits) text += kAlphabet[digit];
      const slow::Reading expected = slow::read_json(text, {kSmallLimits});
      good += expected.value ? 1U : 0U;
      for (const ImplementationRig& on : rigs) {
        expect_as_slow(text, on, kSmallLimits, expected);
        if (testing::Test::HasFatalFailure()) return;
      }
      std::size_t place = 0;
      while (place < size && ++digits[place] == kAlphabet.size()) digits[place++] = 0;
      more = place < size;
    }
  }
  EXPECT_GT(good, 500U);
}

std::string mutated(std::string text, const std::vector<std::string>& texts, std::mt19937_64& random) {
  static const std::vector<std::string> kPieces{
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\\\", "\\\"", " ", "\n", "0", "-", "1e5", ".5", "true", "null", "\"\"", "\"a\"", "\"a\":1,",
      ",\"iss\":1", "\\u0061", "\\uD83D", "\\uDE00", "\\u", "\xC3\xA9", "\xC3", "\x80",
      "\xF0\x9F\x98\x80", std::string(1, '\0'), "\x0C", "\x1A", "\x1F", "[[[[", "]]]]", "{\"a\":{\"a\":", "\xEF\xBB\xBF", "[]", "{}", "\\/", "//",
      "e", "E", "+"};
  const std::size_t times = 1 + random() % 3;
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t at = random() % (text.size() + 1);
    const std::size_t count = random() % 4 == 0 ? random() % 20 : 1;
    switch (random() % 6) {
      case 0: text.erase(std::min(at, text.size()), count); break;
      case 1: text.insert(at, kPieces[random() % kPieces.size()]); break;
      case 2: text.replace(at, count, kPieces[random() % kPieces.size()]); break;
      case 3: text.insert(at, text.substr(random() % (text.size() + 1), count)); break;
      case 4: if (at < text.size()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << random() % 8)); break;
      default: {
        const std::string& other = texts[random() % texts.size()];
        text.insert(at, other.substr(random() % (other.size() + 1), 1 + random() % 30));
      }
    }
  }
  return text;
}

TEST(JsonWalk, AgreesWithTheSlowReaderOnMutations) {
  const auto rigs = rigs_of_all_implementations();
  const std::vector<std::string> texts = good_json_texts();
  std::mt19937_64 random(1);
  std::map<JsonFault, std::size_t> counts;
  for (int round = 0; round < 100'000; ++round) {
    const std::string text = mutated(texts[random() % texts.size()], texts, random);
    const JsonLimits& limits = round % 4 == 0 ? kSmallLimits : kTokenLimits;
    const slow::Reading expected = slow::read_json(text, {limits});
    ++counts[expected.fault];
    for (const ImplementationRig& on : rigs) {
      expect_as_slow(text, on, limits, expected);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(counts[JsonFault::none], 10'000U);
  EXPECT_GT(counts[JsonFault::malformed], 30'000U);
  EXPECT_GT(counts[JsonFault::duplicate_member], 100U);
  EXPECT_GT(counts[JsonFault::too_complex], 1'000U);
}

// The offset of a fault is that of the token at which the walk ended.
TEST(JsonWalk, SaysWhereItEnded) {
  JsonRig rig;
  const auto offset = [&rig](std::string_view text) { return walk(text, rig, kTokenLimits).walk.offset; };
  EXPECT_EQ(offset("{\"a\":1}"), 7U);
  EXPECT_EQ(offset("[1, 2, tru]"), 7U);
  EXPECT_EQ(offset("{\"a\":1, \"a\":2}"), 8U);
  EXPECT_EQ(offset("{\"a\" 1}"), 5U);
  EXPECT_EQ(offset("[1,\n2"), 5U);
  EXPECT_EQ(offset("{} {}"), 3U);
}

// A member counts for its object and for the text, whatever its name's fault; the workspace is clean afterwards.
TEST(JsonWalk, ForgetsTheLastText) {
  JsonRig rig;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(walk("{\"a\":1,\"b\":{\"a\":1}}", rig, kTokenLimits).walk.fault, JsonFault::none);
    EXPECT_EQ(walk("{\"a\":1,\"a\":1}", rig, kTokenLimits).walk.fault, JsonFault::duplicate_member);
    EXPECT_EQ(walk("\"\xFF\"", rig, kTokenLimits).walk.fault, JsonFault::malformed);
    EXPECT_EQ(walk("", rig, kTokenLimits).walk.fault, JsonFault::malformed);
    EXPECT_EQ(walk("1", rig, kTokenLimits).walk.fault, JsonFault::none);
  }
}

TEST(JsonIndex, RefusesTextsAboveItsSize) {
  for (const std::size_t most : {1UL, 63UL, 64UL, 65UL, 127UL, 128UL, 16384UL}) {
    JsonIndex index(most);
    EXPECT_EQ(index.bytes_max(), most);
    GuardedText text(most + 1);
    // Every octet is a token: the index is as full as it can be.
    EXPECT_TRUE(index.build(text.put(std::string(most, '['))));
    EXPECT_EQ(index.positions().size(), most);
    EXPECT_FALSE(index.build(text.put(std::string(most + 1, '['))));
    EXPECT_TRUE(index.positions().empty());
    EXPECT_TRUE(index.build(text.put("0")));
    EXPECT_FALSE(index.build(text.put("")));
    EXPECT_TRUE(index.positions().empty());
  }
}

// The stage has found the tokens before it knows that the text is bad: nothing of them may be seen.
TEST(JsonIndex, GivesNoPositionsOfABadText) {
  GuardedText text(256);
  for (const ImplementationRig& on : rigs_of_all_implementations()) {
    for (const std::string_view bad : {"[\"\xFF\"]", "[1,\"a", "[\"\n\"]", "   "}) {
      ASSERT_TRUE(on.rig->workspace.index.build(text.put("[1]")));
      EXPECT_FALSE(on.rig->workspace.index.build(text.put(bad))) << on.name << ": " << shown(bad);
      EXPECT_TRUE(on.rig->workspace.index.positions().empty()) << on.name << ": " << shown(bad);
    }
  }
}

// What the header promises of positions, for good texts.
TEST(JsonIndex, GivesTheBeginningOfEachToken) {
  JsonIndex index(256);
  GuardedText text(256);
  ASSERT_TRUE(index.build(text.put("{\"a\": [1, -2.5,\"x\\\"y\"], \"b\":null}")));
  const std::vector<std::uint32_t> expected{0, 1, 4, 6, 7, 8, 10, 14, 15, 21, 22, 24, 27, 28, 32};
  EXPECT_EQ(std::vector<std::uint32_t>(index.positions().begin(), index.positions().end()), expected);
}

// Names chosen to share a slot cannot be found without the key, and each key gives others: no key makes this text slow or refused.
TEST(JsonWalk, TakesFullObjectsUnderAnyKey) {
  std::string text = "[";
  for (int object = 0; object < 4; ++object) {
    text += object == 0 ? "{" : ",{";
    for (int i = 0; i < 256; ++i) text += (i == 0 ? "\"" : ",\"") + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i) + "\":0";
    text += "}";
  }
  text += "]";
  std::mt19937_64 random(3);
  for (int i = 0; i < 50; ++i) {
    JsonWorkspace workspace({random(), random()}, text.size(), 1024);
    base::Arena arena;
    GuardedText guarded(text.size());
    const base::Bytes padded = guarded.put(text);
    EventLog log(base::as_text(padded));
    EXPECT_EQ(walk_json(padded, workspace, arena, kTokenLimits, log).fault, JsonFault::none);
  }
}

}  // namespace
}  // namespace assay::jose
