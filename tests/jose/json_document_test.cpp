#include "jose/json_document.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/limits.h"
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
