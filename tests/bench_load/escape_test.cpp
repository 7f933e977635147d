// Whatever stands in a report stays text.
#include "load/escape.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace assay::load {
namespace {

TEST(JsonString, AnyBytesMakeValidJson) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& text : {all, std::string("\xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xe2\x82"), std::string("a\"b\\c\n\x7f")}) {
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse("[" + json_string(text) + "]").error(), simdjson::SUCCESS);
  }
}

// RFC 8259 section 7.
TEST(JsonString, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(json_string("a\"\\\n/\xc3\xa9"), "\"a\\\"\\\\\\u000a/\xc3\xa9\"");
  EXPECT_EQ(json_string("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(HtmlText, NoTagAndNoAttributeEnds) {
  EXPECT_EQ(html_text("<script>alert('x')</script>&\""), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
  EXPECT_EQ(html_text(std::string("a\0\xff", 3)), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(html_text("\xc2\xb5s"), "\xc2\xb5s");
}

}  // namespace
}  // namespace assay::load
