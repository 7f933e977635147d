// assayctl's escapes and its lines.
#include "client/assayctl/text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "client/assayctl/lines.h"
#include "client/assayctl/output.h"
#include "client/assayctl/table.h"

namespace assayctl {
namespace {

TEST(TerminalText, KeepsWhatShowsAndEscapesTheRest) {
  EXPECT_EQ(for_terminal("orders /a~1b \"x\""), "orders /a~1b \"x\"");
  EXPECT_EQ(for_terminal("Z\xc3\xbcrich \xe6\x9d\xb1"), "Z\xc3\xbcrich \xe6\x9d\xb1");
  EXPECT_EQ(for_terminal("a\\x1b"), "a\\\\x1b");
  EXPECT_EQ(for_terminal("\x1b[31m\n\r\t\x7f"), "\\x1b[31m\\x0a\\x0d\\x09\\x7f");
  EXPECT_EQ(for_terminal(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(for_terminal("\xc2\x9b"), "\\xc2\\x9b");                  // C1: CSI
  EXPECT_EQ(for_terminal("\xe2\x80\xae"), "\\xe2\\x80\\xae");         // right-to-left override
  EXPECT_EQ(for_terminal("\xff\xc3"), "\\xff\\xc3");
}

// RFC 3629 section 4: overlong forms, surrogates, above U+10FFFF, cut short.
TEST(JsonString, ReplacesWhatIsNoUtf8) {
  const std::string replaced = "\"\\ufffd\"";
  for (const char* bad : {"\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) EXPECT_EQ(json_string(bad), replaced);
  EXPECT_EQ(json_string("\xc0\x80"), "\"\\ufffd\\ufffd\"");
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(json_string("a\xc3z"), "\"a\\ufffdz\"");
}

// RFC 8259 section 7.
TEST(JsonString, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json_string("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(json_string(std::string_view("\0\n\x1b\x7f", 4)), R"("\u0000\u000a\u001b\u007f")");
  EXPECT_EQ(json_string("\xe2\x80\xa8"), R"("\u2028")");
  EXPECT_EQ(json_string("\xf3\xa0\x81\x81"), R"("\udb40\udc41")");  // a tag character
  EXPECT_EQ(json_string("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonObject, KeepsTheOrderOfItsMembers) {
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(JsonObject().text("b", "x").number("a", 18446744073709551615U).integer("i", -1).boolean("t", true).raw("r", "[]").str(),
            R"({"b":"x","a":18446744073709551615,"i":-1,"t":true,"r":[]})");
  EXPECT_EQ(json_array({"a", "b"}), R"(["a","b"])");
}

TEST(Texts, AreAsPeopleWriteThem) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(duration(59), "59 s");
  EXPECT_EQ(duration(3599), "59 min");
  EXPECT_EQ(duration(11520), "3 h 12 min");
  EXPECT_EQ(duration(90000), "1 d 1 h");
  EXPECT_EQ(utc(0), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(hex(0), "0000000000000000");
  EXPECT_EQ(hex(0xFEDCBA9876543210), "fedcba9876543210");
  EXPECT_EQ(age(100, 41), "59 s");
  EXPECT_EQ(age(100, 200), "0 s");  // a clock that was set back
  EXPECT_EQ(age(100, 0), "-");
  EXPECT_EQ(age(1, INT64_MIN), "106751991167300 d 15 h");
  EXPECT_EQ(ago(100, 41), "59 s ago");
  EXPECT_EQ(ago(100, 0), "-");
  EXPECT_EQ(first_of({"a", "b\x1b"}, 2), "a, b\\x1b");
  EXPECT_EQ(first_of({"a", "b", "c"}, 2), "a, b and 1 more");
}

TEST(Texts, AreShortenedInTheMiddle) {
  EXPECT_EQ(shortened("0123456789", 10), "0123456789");
  EXPECT_EQ(shortened("0123456789", 9), "012...789");
  EXPECT_EQ(shortened("0123456789", 8), "012...89");
  EXPECT_EQ(shortened("0123456789", 4), "0...");
  EXPECT_EQ(shortened("0123456789", 3), "0123456789");  // no room for anything
  EXPECT_EQ(shortened("", 5), "");
  const std::string umlauts = "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x84\xc3\x96\xc3\x9c";
  EXPECT_EQ(shortened(umlauts, 6), umlauts);
  EXPECT_EQ(shortened(umlauts, 5), "\xc3\xa4...\xc3\x9c");
  for (std::size_t columns = 4; columns < 20; ++columns) {
    const std::string text = shortened(umlauts + umlauts + umlauts, columns);
    EXPECT_EQ(columns_of(text), std::min<std::size_t>(columns, 18));
    EXPECT_EQ(for_terminal(text), text);
  }
}

TEST(Texts, NameStandardInput) {
  EXPECT_EQ(input_name("-"), "standard input");
  EXPECT_EQ(input_name("./-"), "./-");
}

// Issue 2: 2 before 1 before 3 before 0.
TEST(ExitCode, IsTheWorstOfAll) {
  EXPECT_EQ(worst(Exit::done, Exit::done), Exit::done);
  EXPECT_EQ(worst(Exit::done, Exit::unavailable), Exit::unavailable);
  EXPECT_EQ(worst(Exit::unavailable, Exit::refused), Exit::refused);
  EXPECT_EQ(worst(Exit::refused, Exit::failed), Exit::failed);
  EXPECT_EQ(worst(Exit::failed, Exit::done), Exit::failed);
}

// lines_of(pieces): what a reader finds when these pieces arrive one after the other.
std::vector<Line> lines_of(const std::vector<std::string>& pieces, std::size_t line_bytes_max = 100) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  LineReader reader(ends[0], line_bytes_max);
  std::vector<Line> out;
  const auto take = [&] {
    while (std::optional<Line> line = reader.next()) out.push_back(std::move(*line));
  };
  for (const std::string& piece : pieces) {
    EXPECT_EQ(write(ends[1], piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    EXPECT_TRUE(reader.read());
    take();
  }
  close(ends[1]);
  EXPECT_FALSE(reader.read());
  EXPECT_EQ(reader.system_errno(), 0);
  take();
  close(ends[0]);
  return out;
}

std::vector<std::string> texts_of(const std::vector<Line>& lines) {
  std::vector<std::string> out;
  for (const Line& line : lines) out.push_back(line.text);
  return out;
}

// design, "Rulings": assayctl takes a line as it is; only \n or \r\n ends it.
TEST(Lines, EndOnlyAtNewlines) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts_of(lines_of({"a\nb\r\nc"})), (Texts{"a", "b", "c"}));
  EXPECT_EQ(texts_of(lines_of({"a\n"})), (Texts{"a"}));
  EXPECT_EQ(texts_of(lines_of({"a\n\n\r\nb\n"})), (Texts{"a", "", "", "b"}));
  EXPECT_EQ(texts_of(lines_of({" a \t\n"})), (Texts{" a \t"}));
  EXPECT_EQ(texts_of(lines_of({"a\rb\r\r\nc\r"})), (Texts{"a\rb\r", "c\r"}));
  EXPECT_EQ(texts_of(lines_of({std::string("a\0b\xff\n", 5)})), (Texts{std::string("a\0b\xff", 4)}));
  EXPECT_EQ(texts_of(lines_of({"\xe2\x80\xa8\x0b\x0c\xc2\x85\n"})), (Texts{"\xe2\x80\xa8\x0b\x0c\xc2\x85"}));  // other alphabets' line ends are none
  EXPECT_EQ(texts_of(lines_of({})), Texts{});
}

TEST(Lines, MayArriveInPieces) {
  EXPECT_EQ(texts_of(lines_of({"a", "b\r", "\nc", "\n", "d"})), (std::vector<std::string>{"ab", "c", "d"}));
}

TEST(Lines, ThatAreTooLongAreSaidToBeAndTheNextOnesAreRead) {
  for (const std::vector<std::string>& pieces : {std::vector<std::string>{"12345\n123456\r\n1234567\nx\n"},
                                                 std::vector<std::string>{"12345\n123456\r", "\n12345", "67", "\nx", "\n"}}) {
    const std::vector<Line> lines = lines_of(pieces, 6);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_FALSE(lines[0].too_long);
    EXPECT_EQ(lines[1].text, "123456");
    EXPECT_TRUE(lines[2].too_long);
    EXPECT_EQ(lines[2].text, "");
    EXPECT_EQ(lines[3].text, "x");
    EXPECT_EQ(lines[3].number, 4U);
  }
  EXPECT_TRUE(lines_of({"1234567"}, 6).at(0).too_long);
  EXPECT_TRUE(lines_of({"12345678", "9012345678"}, 6).at(0).too_long);
}

}  // namespace
}  // namespace assayctl
