#include "base/log.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"

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
  void write(LogLevel level, Event event, std::span<const LogField> fields, std::string_view line) noexcept override {
    lines.emplace_back(level, line);
    std::string text(event == Event::none ? "none" : info_of(event).name);
    for (const LogField& field : fields) text += fmt::format(" {}={}", field.name(), field.value());
    events.push_back(std::move(text));
  }
  std::vector<std::pair<LogLevel, std::string>> lines;
  std::vector<std::string> events;  // "keys_fetched URL=u", and "none" for a line that is no event

 private:
  LogLevel from_;
};

TEST(Log, FormatsOnlyWhatIsEnabled) {
  RecordingLog log(LogLevel::warning);
  log.debug("{}", 1);
  log.info("{}", 2);
  log.warning("{} of {}", 3, "three");
  log.error("e");
  const std::vector<std::pair<LogLevel, std::string>> expected{{LogLevel::warning, "3 of three"}, {LogLevel::error, "e"}};
  EXPECT_EQ(log.lines, expected);
  EXPECT_EQ(log.events, (std::vector<std::string>{"none", "none"}));
}

// An event has the level of the table, and is left out like any other line.
TEST(Log, GivesAnEventItsLevelAndItsFields) {
  RecordingLog log(LogLevel::warning);
  log.event(Event::keys_fetched, {{"URL", "u"}}, "not shown");
  log.event(Event::fetch_failed, {{"OAUTH_SERVER", "a"}, {"OAUTH_SERVER", std::string("b")}, {"REASON", "no route"}}, "fetch failed: {}", 1);
  log.event(Event::keys_stale, {}, "too old");
  log.event(Event::worker_late, {{"WORKER", std::size_t{3}}, {"GENERATION", ~std::uint64_t{0}}}, "late");
  const std::vector<std::pair<LogLevel, std::string>> expected{{LogLevel::warning, "fetch failed: 1"}, {LogLevel::alarm, "too old"}, {LogLevel::warning, "late"}};
  EXPECT_EQ(log.lines, expected);
  EXPECT_EQ(log.events, (std::vector<std::string>{"fetch_failed OAUTH_SERVER=a OAUTH_SERVER=b REASON=no route", "keys_stale", "worker_late WORKER=3 GENERATION=18446744073709551615"}));
}

// base/event.h: a field that the table does not name would stand in no manual.
TEST(LogDeathTest, RefusesAFieldThatTheTableDoesNotName) {
  RecordingLog log(LogLevel::debug);
  EXPECT_DEBUG_DEATH(log.event(Event::keys_fetched, {{"UID", 1}}, "x"), "CHECK");
  EXPECT_DEBUG_DEATH(log.event(Event::stopped, {{"", 1}}, "x"), "CHECK");
}

// What a peer or an issuer chose cannot end a line, speak to a terminal or pretend to be another field, and has an end.
TEST(LogField, MakesTextSafe) {
  EXPECT_EQ(LogField("KID", "key-1 of \"us\"").value(), "key-1 of \"us\"");
  EXPECT_EQ(LogField("KID", "a\\nPRIORITY=0\n\x1b[2J\x7F\xC3\xA9").value(), "a\\nPRIORITY=0\\x0a\\x1b[2J\\x7f\\xc3\\xa9");
  EXPECT_EQ(LogField("KID", std::string_view("\0\r\t", 3)).value(), "\\x00\\x0d\\x09");
  for (int c = 0; c < 256; ++c) {
    for (const char out : LogField("KID", std::string(1, static_cast<char>(c))).value()) EXPECT_TRUE(out >= 0x20 && out < 0x7F) << c;
  }
}

TEST(LogField, CutsLongTextBetweenEscapes) {
  EXPECT_EQ(LogField("URL", std::string(limits::kLogFieldBytesMax, 'u')).value(), std::string(limits::kLogFieldBytesMax, 'u'));
  EXPECT_EQ(LogField("URL", std::string(limits::kLogFieldBytesMax + 1, 'u')).value(), std::string(limits::kLogFieldBytesMax - 3, 'u') + "...");
  const std::string escapes = LogField("URL", std::string(100'000, '\n')).value();
  EXPECT_LE(escapes.size(), limits::kLogFieldBytesMax);
  EXPECT_TRUE(escapes.ends_with("\\x0a..."));
}

// What was made printable for a sentence is not made so once more.
TEST(LogField, LeavesEscapesAsTheyAre) { EXPECT_EQ(LogField("REASON", "kid " + printable("a\n")).value(), "kid a\\x0a"); }

TEST(LogField, KeepsNumbers) {
  EXPECT_EQ(LogField("COUNT", -5).value(), "-5");
  EXPECT_EQ(LogField("COUNT", ~std::uint64_t{0}).value(), "18446744073709551615");
  EXPECT_EQ(LogField("DRY_RUN", true).value(), "true");
}

// A sentence stays readable; everything else of it is escaped and cut as ever.
TEST(Printable, KeepsBlanksIfAskedTo) {
  EXPECT_EQ(printable("a b\n\\", 64, Blanks::kept), "a b\\x0a\\x5c");
  EXPECT_EQ(printable("a b"), "a\\x20b");
  EXPECT_EQ(printable("one two three", 10, Blanks::kept), "one two...");
}

}  // namespace
}  // namespace assay::base
