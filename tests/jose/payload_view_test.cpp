// PayloadView (jose/claims.h): claims by pointer, on examples and against the slow reader's find.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "jose/claims.h"
#include "jose/json_fixture.h"
#include "jose/json_samples.h"
#include "jose/slow_json.h"

namespace assay::jose {
namespace {

using Kind = ClaimView::Kind;

class PayloadViewTest : public testing::Test {
 protected:
  // The payload as the validator makes it: accepted by parse_claims, then indexed once more.
  PayloadView view(std::string_view json) {
    rig_.arena.reset();
    const base::Bytes text = rig_.text.put(json);
    EXPECT_TRUE(parse_claims({}, text, rig_.workspace, rig_.arena).has_value()) << json;
    return PayloadView(text, rig_.workspace, rig_.arena);
  }
  std::optional<ClaimView> find(std::string_view json, std::string_view pointer) { return view(json).find(*PointerView::parse(pointer)); }
  std::string raw(std::string_view json, std::string_view pointer) {
    const auto found = find(json, pointer);
    return found ? std::string(found->raw) : "nothing";
  }
  JsonRig rig_;
};

// RFC 6901 section 5: its document and its pointers, but for the empty one.
TEST_F(PayloadViewTest, FindsTheExamplesOfTheRfc) {
  const std::string json = R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})";
  const std::vector<std::pair<std::string, std::string>> examples{{"/foo", R"(["bar","baz"])"}, {"/foo/0", "\"bar\""}, {"/", "0"}, {"/a~1b", "1"},
      {"/c%d", "2"}, {"/e^f", "3"}, {"/g|h", "4"}, {"/i\\j", "5"}, {"/k\"l", "6"}, {"/ ", "7"}, {"/m~0n", "8"}};
  for (const auto& [pointer, value] : examples) EXPECT_EQ(raw(json, pointer), value) << pointer;
}

// RFC 6901 section 4: an index has no leading zero; '-' is the element that is not there.
TEST_F(PayloadViewTest, FindsArrayElementsByIndex) {
  const std::string json = R"({"a":[10,[20,21],{"0":30,"-":31}],"0":1})";
  EXPECT_EQ(raw(json, "/a/0"), "10");
  EXPECT_EQ(raw(json, "/a/1"), "[20,21]");
  EXPECT_EQ(raw(json, "/a/1/1"), "21");
  EXPECT_EQ(raw(json, "/a/2/0"), "30");
  EXPECT_EQ(raw(json, "/a/2/-"), "31");
  EXPECT_EQ(raw(json, "/0"), "1");
  for (const std::string_view pointer : {"/a/3", "/a/-", "/a/00", "/a/01", "/a/", "/a/a", "/a/1/2", "/a/0/0", "/a/2/1", "/a/999999999",
      "/a/4294967296", "/a/18446744073709551616", "/00", "/-"}) EXPECT_EQ(raw(json, pointer), "nothing") << pointer;
}

TEST_F(PayloadViewTest, FindsNothingWhereNothingIs) {
  EXPECT_EQ(raw("{}", "/a"), "nothing");
  EXPECT_EQ(raw("{}", "/"), "nothing");
  EXPECT_EQ(raw(R"({"a":{}})", "/a/"), "nothing");
  EXPECT_EQ(raw(R"({"a":[]})", "/a/0"), "nothing");
  EXPECT_EQ(raw(R"({"a":[[],{}]})", "/a/0/0"), "nothing");
  EXPECT_EQ(raw(R"({"a":1})", "/a/b"), "nothing");
  EXPECT_EQ(raw(R"({"a":"b"})", "/a/b"), "nothing");
  EXPECT_EQ(raw(R"({"a":null})", "/a/"), "nothing");
  EXPECT_EQ(raw(R"({"a":{"b":1},"c":2})", "/b"), "nothing");
  EXPECT_EQ(raw(R"({"a":{"b":1},"c":2})", "/a/c"), "nothing");
  EXPECT_EQ(raw(R"({"ab":1})", "/a"), "nothing");
  EXPECT_EQ(raw(R"({"a":1})", "/A"), "nothing");
}

// A value is not taken for a name: keys and values of the same text, in turn.
TEST_F(PayloadViewTest, TellsNamesFromValues) {
  const std::string json = R"({"x":"a","y":["a","b"],"a":"x","b":{"a":"in b","x":[{"a":"deep"}]}})";
  EXPECT_EQ(raw(json, "/a"), "\"x\"");
  EXPECT_EQ(raw(json, "/b/a"), "\"in b\"");
  EXPECT_EQ(raw(json, "/b/x/0/a"), "\"deep\"");
  EXPECT_EQ(raw(json, "/x"), "\"a\"");
}

TEST_F(PayloadViewTest, ComparesUnescapedNames) {
  EXPECT_EQ(raw(R"({"\u0061":1})", "/a"), "1");
  EXPECT_EQ(raw(R"({"a\/b":1})", "/a~1b"), "1");
  EXPECT_EQ(raw(R"({"\u007e":1})", "/~0"), "1");
  EXPECT_EQ(raw(R"({"\uD83D\uDE00":1})", "/\xF0\x9F\x98\x80"), "1");
  EXPECT_EQ(raw(R"({"a\u0000":1})", "/a"), "nothing");
}

TEST_F(PayloadViewTest, GivesKindsAndValues) {
  const std::string json = R"( { "s" : "a\n\u00e9" , "n" : -1.5e3 , "t" : true , "f" : false , "z" : null , "o" : { "x" : [ ] } , "a" : [ 1 , 2 ] } )";
  EXPECT_EQ(find(json, "/s")->kind, Kind::string);
  EXPECT_EQ(find(json, "/s")->string, "a\n\xC3\xA9");
  EXPECT_EQ(find(json, "/s")->raw, R"("a\n\u00e9")");
  EXPECT_EQ(find(json, "/n")->kind, Kind::number);
  EXPECT_EQ(find(json, "/n")->raw, "-1.5e3");
  EXPECT_EQ(find(json, "/t")->kind, Kind::boolean);
  EXPECT_EQ(find(json, "/t")->raw, "true");
  EXPECT_EQ(find(json, "/f")->raw, "false");
  EXPECT_EQ(find(json, "/z")->kind, Kind::null);
  EXPECT_EQ(find(json, "/o")->kind, Kind::object);
  EXPECT_EQ(find(json, "/o")->raw, R"({ "x" : [ ] })");
  EXPECT_EQ(find(json, "/o/x")->raw, "[ ]");
  EXPECT_EQ(find(json, "/a")->kind, Kind::array);
  EXPECT_EQ(find(json, "/a")->raw, "[ 1 , 2 ]");
}

TEST_F(PayloadViewTest, GivesElementsOfArraysAlone) {
  const PayloadView payload = view(R"({"a":[1,"x\u0079",[2,[3]],{"b":[4]},true,null],"e":[],"s":"x","o":{"a":1}})");
  const auto array = payload.find(*PointerView::parse("/a"));
  const auto elements = payload.elements(*array);
  ASSERT_EQ(elements.size(), 6U);
  EXPECT_EQ(elements[0].raw, "1");
  EXPECT_EQ(elements[1].string, "xy");
  EXPECT_EQ(elements[2].raw, "[2,[3]]");
  EXPECT_EQ(elements[3].raw, R"({"b":[4]})");
  EXPECT_EQ(elements[4].kind, Kind::boolean);
  EXPECT_EQ(elements[5].kind, Kind::null);
  const auto inner = payload.elements(elements[2]);
  ASSERT_EQ(inner.size(), 2U);
  EXPECT_EQ(inner[1].raw, "[3]");
  EXPECT_TRUE(payload.elements(*payload.find(*PointerView::parse("/e"))).empty());
  EXPECT_TRUE(payload.elements(*payload.find(*PointerView::parse("/s"))).empty());
  EXPECT_TRUE(payload.elements(*payload.find(*PointerView::parse("/o"))).empty());
}

// --- Against the slow reader. ---

Kind kind_of(slow::Json::Kind kind) {
  switch (kind) {
    case slow::Json::Kind::null: return Kind::null;
    case slow::Json::Kind::boolean: return Kind::boolean;
    case slow::Json::Kind::number: return Kind::number;
    case slow::Json::Kind::string: return Kind::string;
    case slow::Json::Kind::array: return Kind::array;
    case slow::Json::Kind::object: return Kind::object;
  }
  return Kind::unset;
}

// Pointers to every value below this one.
void collect_pointers(const slow::Json& value, const std::string& here, std::vector<std::string>& out) {
  if (!here.empty()) out.push_back(here);
  for (std::size_t i = 0; i < value.elements.size(); ++i) collect_pointers(value.elements[i], here + "/" + std::to_string(i), out);
  for (const auto& [name, member] : value.members) {
    std::string token;
    for (const char c : name) token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    collect_pointers(member, here + "/" + token, out);
  }
}

TEST_F(PayloadViewTest, FindsWhatTheSlowReaderFinds) {
  std::vector<std::string> texts;
  for (const JsonSample& sample : json_samples()) {
    if (sample.fault == JsonFault::none && sample.text.size() < 4000) texts.push_back("{\"x\":" + sample.text + ",\"y~\":[" + sample.text + "," +
        sample.text + "]}");
  }
  for (const std::string& text : good_json_texts()) texts.push_back("{\"a/b\":" + text + ",\"\":[[],{}," + text + "]}");
  std::mt19937_64 random(4);
  std::size_t found = 0;
  std::size_t missed = 0;
  for (const std::string& text : texts) {
    const slow::Reading reading = slow::read_json(text, {{16, 256, 1024}});
    if (!reading.value) continue;  // one level deeper than the limit
    std::vector<std::string> pointers;
    collect_pointers(*reading.value, "", pointers);
    for (std::size_t i = pointers.size(); i-- > 0;) {
      std::string bent = pointers[i];
      bent[random() % bent.size()] = "/0a~-1"[random() % 5];
      pointers.push_back(bent);
      pointers.push_back(pointers[i] + "/");
      pointers.push_back(pointers[i] + "/0");
    }
    const PayloadView payload = view(text);
    for (const std::string& pointer : pointers) {
      const auto parsed = PointerView::parse(pointer);
      if (!parsed) continue;
      const slow::Json* expected = slow::find(*reading.value, pointer);
      const auto claim = payload.find(*parsed);
      ASSERT_EQ(claim.has_value(), expected != nullptr) << pointer << " in " << text.substr(0, 200);
      if (!claim) {
        ++missed;
        continue;
      }
      ++found;
      ASSERT_EQ(claim->kind, kind_of(expected->kind)) << pointer;
      ASSERT_EQ(claim->raw, expected->raw) << pointer;
      ASSERT_EQ(claim->string, expected->string) << pointer;
      const auto elements = payload.elements(*claim);
      ASSERT_EQ(elements.size(), expected->elements.size()) << pointer;
      for (std::size_t i = 0; i < elements.size(); ++i) ASSERT_EQ(elements[i].raw, expected->elements[i].raw) << pointer;
    }
  }
  EXPECT_GT(found, 1'000U);
  EXPECT_GT(missed, 1'000U);
}

}  // namespace
}  // namespace assay::jose
