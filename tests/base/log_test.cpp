#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::base {
namespace {

TEST(Printable, LeavesVisibleAsciiAlone) { EXPECT_EQ(printable("key-2024_A.b/~!"), "key-2024_A.b/~!"); }

TEST(Printable, EscapesWhatCouldSpeakToATerminalOrForgeALine) {
  EXPECT_EQ(printable("a b"), "a\\x20b");
  EXPECT_EQ(printable("a\nb\r"), "a\\x0ab\\x0d");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("\\x41"), "\\x5cx41");
  EXPECT_EQ(printable(std::string_view("\0\x7F\x80\xFF", 4)), "\\x00\\x7f\\x80\\xff");
  EXPECT_EQ(printable("\xC3\xA9"), "\\xc3\\xa9");
}

TEST(Printable, WritesOnlyVisibleAscii) {
  for (int c = 0; c < 256; ++c) {
    for (const char out : printable(std::string(1, static_cast<char>(c)))) EXPECT_TRUE(out > 0x20 && out < 0x7F) << c;
  }
}

TEST(Printable, CutsOnlyWhatIsTooLong) {
  EXPECT_EQ(printable(std::string(63, 'k')), std::string(63, 'k'));
  EXPECT_EQ(printable(std::string(64, 'k')), std::string(64, 'k'));
  EXPECT_EQ(printable(std::string(65, 'k')), std::string(61, 'k') + "...");
  EXPECT_EQ(printable(std::string(100'000, 'k')).size(), 64U);
}

TEST(Printable, NeverCutsAnEscapeInTwo) {
  // Sixteen escapes are exactly 64 octets; of seventeen, fifteen and the dots fit.
  EXPECT_EQ(printable(std::string(16, '\n')).size(), 64U);
  std::string expected;
  for (int i = 0; i < 15; ++i) expected += "\\x0a";
  EXPECT_EQ(printable(std::string(17, '\n')), expected + "...");
}

TEST(Printable, KeepsToSmallLimits) {
  EXPECT_EQ(printable("abcdef", 5), "ab...");
  EXPECT_EQ(printable("abcdef", 3), "...");
  EXPECT_EQ(printable("ab", 2), "ab");
  EXPECT_EQ(printable("", 0), "");
}

class RecordingLog : public Log {
 public:
  explicit RecordingLog(LogLevel from) : from_(from) {}
  bool enabled(LogLevel level) const noexcept override { return level >= from_; }
  void write(LogLevel level, std::string_view line) noexcept override { lines.emplace_back(level, line); }
  std::vector<std::pair<LogLevel, std::string>> lines;

 private:
  LogLevel from_;
};

TEST(Log, FormatsOnlyWhatIsEnabled) {
  RecordingLog log(LogLevel::warning);
  log.debug("{}", 1);
  log.info("{}", 2);
  log.warning("{} of {}", 3, "three");
  log.error("e");
  log.alarm("a");
  const std::vector<std::pair<LogLevel, std::string>> expected{{LogLevel::warning, "3 of three"}, {LogLevel::error, "e"}, {LogLevel::alarm, "a"}};
  EXPECT_EQ(log.lines, expected);
}

// A sentence stays readable; everything else of it is escaped and cut as ever.
TEST(Printable, KeepsBlanksIfAskedTo) {
  EXPECT_EQ(printable("a b\n\\", 64, Blanks::kept), "a b\\x0a\\x5c");
  EXPECT_EQ(printable("a b"), "a\\x20b");
  EXPECT_EQ(printable("one two three", 10, Blanks::kept), "one two...");
}

}  // namespace
}  // namespace assay::base
