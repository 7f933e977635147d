#include "jose/json_document.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "jose/json_fixture.h"
#include "jose/json_samples.h"
#include "jose/slow_json.h"

namespace assay::jose {
namespace {

// The rules of documents: duplicates kept and marked, depth 32.
const slow::Rules kDocumentRules{.limits = {kJsonDepthMax, 1 << 20, 1 << 20}, .duplicates_refused = false};

void expect_same(const JsonValue& value, const slow::Json& expected) {
  ASSERT_EQ(std::string(value.raw), expected.raw);
  ASSERT_EQ(std::string(value.string), expected.string);
  ASSERT_EQ(value.elements.size(), expected.elements.size());
  ASSERT_EQ(value.members.size(), expected.members.size());
  switch (expected.kind) {
    case slow::Json::Kind::null: ASSERT_EQ(value.kind, JsonKind::null); break;
    case slow::Json::Kind::boolean:
      ASSERT_EQ(value.kind, JsonKind::boolean);
      ASSERT_EQ(value.boolean, expected.raw == "true");
      break;
    case slow::Json::Kind::number: ASSERT_EQ(value.kind, JsonKind::number); break;
    case slow::Json::Kind::string: ASSERT_EQ(value.kind, JsonKind::string); break;
    case slow::Json::Kind::array: ASSERT_EQ(value.kind, JsonKind::array); break;
    case slow::Json::Kind::object: ASSERT_EQ(value.kind, JsonKind::object); break;
  }
  for (std::size_t i = 0; i < value.elements.size(); ++i) expect_same(value.elements[i], expected.elements[i]);
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    ASSERT_EQ(std::string(value.members[i].name), expected.members[i].name);
    bool again = false;
    for (std::size_t k = 0; k < i; ++k) again = again || expected.members[k].name == expected.members[i].name;
    ASSERT_EQ(value.members[i].duplicate, again) << value.members[i].name;
    expect_same(value.members[i].value, expected.members[i].value);
  }
}

TEST(JsonDocument, IsTheTreeThatTheSlowReaderBuilds) {
  std::vector<std::string> texts = good_json_texts();
  for (const JsonSample& sample : json_samples()) texts.push_back(sample.text);
  std::size_t good = 0;
  for (const std::string& text : texts) {
    const slow::Reading expected = slow::read_json(text, kDocumentRules);
    const auto document = JsonDocument::parse(text);
    ASSERT_EQ(document.has_value(), expected.value.has_value()) << text.substr(0, 200);
    if (!document) {
      ASSERT_EQ(document.error().fault, expected.fault) << text.substr(0, 200);
      continue;
    }
    ++good;
    EXPECT_EQ(document->text(), text);
    expect_same(document->root(), *expected.value);
    if (HasFatalFailure()) FAIL() << text.substr(0, 200);
  }
  EXPECT_GT(good, 100U);
}

TEST(JsonDocument, KeepsAndMarksDuplicates) {
  const auto document = JsonDocument::parse(R"({"a":1,"b":{"c":1,"\u0063":2},"a":3,"a":4})");
  ASSERT_TRUE(document.has_value());
  const auto& members = document->root().members;
  ASSERT_EQ(members.size(), 4U);
  EXPECT_FALSE(members[0].duplicate);
  EXPECT_FALSE(members[1].duplicate);
  EXPECT_TRUE(members[2].duplicate);
  EXPECT_TRUE(members[3].duplicate);
  EXPECT_TRUE(members[1].value.members[1].duplicate);
  EXPECT_EQ(document->root().find("a")->raw, "1");
  EXPECT_EQ(document->root().find("x"), nullptr);
  EXPECT_EQ(members[0].value.find("a"), nullptr);
}

TEST(JsonDocument, AllowsDepth32) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(JsonDocument::parse(nested(32)).has_value());
  const auto refused = JsonDocument::parse(nested(33));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, JsonFault::too_complex);
  EXPECT_EQ(refused.error().offset, 32U);
  EXPECT_FALSE(JsonDocument::parse(std::string(1'000'000, '[')).has_value());
}

TEST(JsonDocument, SaysWhereTheFaultIs) {
  const auto error = [](std::string_view text) { return JsonDocument::parse(text).error(); };
  EXPECT_EQ(error("{\n  \"a\": 1,\n  \"b\": tru\n}").line, 3U);
  EXPECT_EQ(error("{\n  \"a\": 1,\n  \"b\": tru\n}").column, 8U);
  EXPECT_EQ(error("[1,2").offset, 4U);
  EXPECT_EQ(error("[1,2").column, 5U);
  EXPECT_EQ(error("[1,\n").line, 2U);
  EXPECT_EQ(error("[1,\n").column, 1U);
  EXPECT_EQ(error("").line, 1U);
  // A name without its colon is no member too many.
  EXPECT_EQ(error("{\"a\" 1}").fault, JsonFault::malformed);
  EXPECT_EQ(error("{\"a\":1,\"b\"}").fault, JsonFault::malformed);
}

struct Misplaced {
  std::string text;
  std::size_t offset;
  std::size_t line;
  std::size_t column;
  std::string_view reason;
};

// What the index refuses as a whole has a place all the same, and so has what the walk refuses.
TEST(JsonDocument, SaysWhatIsWrongWhere) {
  const std::string_view open = "a string is not closed";
  const std::string_view ends = "a line ends in a string";
  const std::string_view control = "a control character stands in a string";
  const std::string_view utf8 = "this is not UTF-8";
  const std::string_view mark = "a byte order mark stands here";
  const Misplaced cases[] = {
      {"{\n  \"a\": \"b }", 9, 2, 8, open},
      {"[\"a\", \"b]", 6, 1, 7, open},
      {"[\"a\",\n\"\\\"]", 6, 2, 1, open},
      {"\"", 0, 1, 1, open},
      {"[\"\\\\\",\"\\\\\\\"]", 6, 1, 7, open},
      {"[a\"]", 2, 1, 3, open},
      {"{\n  \"a\": \"b,\n  \"c\": 1\n}", 12, 2, 11, ends},
      {"{\r\n\"a\": \"b\r\n}", 10, 2, 8, ends},
      {"[\"a\tb\"]", 3, 1, 4, control},
      {std::string("[1,\n\"\0\"]", 8), 5, 2, 2, control},
      {"[\"\\\t\"]", 3, 1, 4, control},
      {"\xEF\xBB\xBF{}", 0, 1, 1, mark},
      {"\xEF\xBB\xBF\"\xFF", 0, 1, 1, mark},
      {"\xEF\xBB\xBF", 0, 1, 1, mark},
      {"{\n\"a\": \"\xC3\xA9\xC3\"}", 10, 2, 9, utf8},
      {"[1]\n\xFF", 4, 2, 1, utf8},
      {"\xFF\xFE[", 0, 1, 1, utf8},
      {"[\"\xED\xA0\x80\"]", 2, 1, 3, utf8},
      {"[1]\xE2\x82", 3, 1, 4, utf8},
      // Of several the first.
      {"[\"a\tb\xFF", 3, 1, 4, control},
      {"[\"a\xFF\tb", 3, 1, 4, utf8},
      {"", 0, 1, 1, "the text is empty"},
      {" \n\t", 3, 2, 2, "the text is empty"},
      // Found by the walk.
      {"[1,\n", 4, 2, 1, "the text ends too early"},
      {"x", 0, 1, 1, "this may not stand here"},
      {"]", 0, 1, 1, "this may not stand here"},
      {"[1,\n tru]", 5, 2, 2, "this may not stand here"},
      {"{\"a\" 1}", 5, 1, 6, "this may not stand here"},
      {std::string(33, '['), 32, 1, 33, "too many levels or members"},
  };
  for (const Misplaced& expected : cases) {
    const auto document = JsonDocument::parse(expected.text);
    ASSERT_FALSE(document.has_value()) << expected.text;
    EXPECT_EQ(document.error().offset, expected.offset) << expected.text;
    EXPECT_EQ(document.error().line, expected.line) << expected.text;
    EXPECT_EQ(document.error().column, expected.column) << expected.text;
    EXPECT_EQ(document.error().reason, expected.reason) << expected.text;
  }
}

// All samples, every beginning of the good texts, and what random octets make of them.
std::vector<std::string> texts_of_all_kinds() {
  std::vector<std::string> texts;
  for (const JsonSample& sample : json_samples()) texts.push_back(sample.text);
  for (const std::string& text : good_json_texts()) {
    for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) texts.push_back(text.substr(0, bytes));
  }
  std::mt19937 random(20240717);  // NOLINT: the same every time
  const std::vector<std::string> good = good_json_texts();
  constexpr std::string_view kOctets = "\"\"\"\\\\\n\t\x01{}[],:\x80\xC3\xA9\xE2\xED\xA0\xF0\xF4\xFF\xEF\xBB\xBF";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good[random() % good.size()];
    for (std::size_t defects = 1 + random() % 3; defects > 0; --defects) text[random() % text.size()] = kOctets[random() % kOctets.size()];
    texts.push_back(text);
  }
  return texts;
}

// The scan has something to say exactly where the index refuses; a byte order mark alone is left to the walk. (simdjson's fallback leaves more to it.)
TEST(TextFault, IsFoundWhereTheIndexRefuses) {
  const std::vector<std::string> texts = texts_of_all_kinds();
  std::size_t implementations = 0;
  for (const ImplementationRig& on : rigs_of_all_implementations()) {
    if (on.name == "fallback") continue;
    ++implementations;
    std::size_t refused = 0;
    for (const std::string& text : texts) {
      const bool good = on.rig->workspace.index.build(on.rig->text.put(text));
      const std::optional<TextFault> found = find_text_fault(text);
      refused += good ? 0 : 1;
      ASSERT_EQ(found.has_value(), !good || text.starts_with("\xEF\xBB\xBF")) << on.name << ": " << text.substr(0, 200);
    }
    EXPECT_GT(refused, 5000U);
  }
  EXPECT_GE(implementations, 1U);
}

// No good text is ever scanned; were it, nothing would be found.
TEST(TextFault, IsNotFoundInGoodTexts) {
  std::size_t good = 0;
  for (const std::string& text : texts_of_all_kinds()) {
    if (!JsonDocument::parse(text).has_value()) continue;
    ++good;
    EXPECT_FALSE(find_text_fault(text).has_value()) << text.substr(0, 200);
  }
  EXPECT_GT(good, 1000U);
}

// By slow readers: all before the place is sound, and nothing that goes on there is.
TEST(TextFault, StandsWhereTheTextStopsBeingSound) {
  std::map<std::string_view, std::size_t> counts;
  for (const std::string& text : texts_of_all_kinds()) {
    const std::optional<TextFault> found = find_text_fault(text);
    if (!found) continue;
    ++counts[found->reason];
    ASSERT_LE(found->offset, text.size());
    if (found->reason == "this is not UTF-8") {
      ASSERT_TRUE(slow::is_utf8(text.substr(0, found->offset)));
      for (std::size_t bytes = 1; bytes <= text.size() - found->offset; ++bytes) ASSERT_FALSE(slow::is_utf8(text.substr(0, found->offset + bytes)));
    } else if (found->reason == "a string is not closed") {
      ASSERT_EQ(text[found->offset], '"');
      // With that string gone, the text is one without such a fault.
      ASSERT_FALSE(find_text_fault(text.substr(0, found->offset) + " 0").has_value()) << text;
    } else if (found->offset < text.size() && found->reason != "a byte order mark stands here") {
      ASSERT_LT(static_cast<unsigned char>(text[found->offset]), 0x20);
    }
  }
  for (const std::string_view reason : {"this is not UTF-8", "a string is not closed", "a line ends in a string", "a control character stands in a string"}) {
    EXPECT_GT(counts[reason], 200U) << reason;
  }
  EXPECT_EQ(counts.size(), 6U);
}

// Whatever the text, there is a place in it and a reason; line and column are those of the place.
TEST(JsonDocument, AlwaysSaysWhereAndWhy) {
  std::size_t refused = 0;
  for (const std::string& text : texts_of_all_kinds()) {
    const auto document = JsonDocument::parse(text);
    if (document) continue;
    ++refused;
    const JsonError& error = document.error();
    ASSERT_LE(error.offset, text.size());
    const std::string before = text.substr(0, error.offset);
    ASSERT_EQ(error.line, 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')));
    ASSERT_EQ(error.column, error.offset - (before.rfind('\n') + 1) + 1);
    ASSERT_NE(error.reason, "");
    ASSERT_NE(error.reason, "not JSON") << text.substr(0, 200);
  }
  EXPECT_GT(refused, 10'000U);
}

// Linear: sixteen million octets, each a quote or a backslash, take no time to speak of.
TEST(TextFault, IsFoundInLargeTexts) {
  std::string quotes(16'000'001, '"');
  EXPECT_EQ(find_text_fault(quotes)->offset, quotes.size() - 1);
  quotes.back() = '\xFF';
  EXPECT_EQ(find_text_fault(quotes)->offset, quotes.size() - 1);
  const std::string slashes = "\"" + std::string(16'000'000, '\\');
  EXPECT_EQ(find_text_fault(slashes)->offset, 0U);
}

TEST(JsonDocument, SurvivesBeingMoved) {
  auto first = JsonDocument::parse(R"({"a":"x\n","b":[1]})");
  ASSERT_TRUE(first.has_value());
  const JsonDocument second = std::move(*first);
  EXPECT_EQ(second.root().find("a")->string, "x\n");
  EXPECT_EQ(second.root().find("b")->elements[0].raw, "1");
}

// Containers that grow while they are filled move their elements: what those hold must stay.
TEST(JsonDocument, HoldsManyOfEverything) {
  std::string text = "[";
  for (int i = 0; i < 3000; ++i) text += (i == 0 ? "" : ",") + ("{\"id\":" + std::to_string(i) + ",\"tags\":[\"t\\u0061g\",[" + std::to_string(i) +
      "]],\"o\":{\"p\":{}}}");
  text += "]";
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document.has_value());
  ASSERT_EQ(document->root().elements.size(), 3000U);
  for (std::size_t i = 0; i < 3000; ++i) {
    const JsonValue& element = document->root().elements[i];
    ASSERT_EQ(element.find("id")->raw, std::to_string(i));
    ASSERT_EQ(element.find("tags")->elements[0].string, "tag");
    ASSERT_EQ(element.find("tags")->elements[1].elements[0].raw, std::to_string(i));
  }
}

TEST(JsonDocument, NamesKinds) {
  EXPECT_EQ(name_of(JsonKind::null), "null");
  EXPECT_EQ(name_of(JsonKind::boolean), "a boolean");
  EXPECT_EQ(name_of(JsonKind::number), "a number");
  EXPECT_EQ(name_of(JsonKind::string), "a string");
  EXPECT_EQ(name_of(JsonKind::array), "an array");
  EXPECT_EQ(name_of(JsonKind::object), "an object");
}

// A tree costs much more memory than its text.
TEST(JsonDocument, RefusesMillionsOfElements) {
  const auto array = [](std::size_t commas) {
    std::string text = "[0";
    for (std::size_t i = 0; i < commas; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_TRUE(JsonDocument::parse(array(100'000)).has_value());
  const auto refused = JsonDocument::parse(array(base::limits::kDocumentCommasMax + 1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, JsonFault::too_complex);
}

}  // namespace
}  // namespace assay::jose
