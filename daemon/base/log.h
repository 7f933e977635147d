// The log seam. Token bytes never reach it: callers log codes, names from the configuration and sanitised key ids.
#pragma once

#include <fmt/core.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event.h"

namespace assay::base {

// LogField: something about an event that a program may look for. name: a literal, one of the event's (base/event.h). A number stands as it is. Text, whoever chose it, is made safe here: what is not
// in 0x20..0x7E becomes \xHH, and what is longer than limits::kLogFieldBytesMax is cut as by printable(). A backslash stays, for much of what is said was made printable before.
class LogField {
 public:
  LogField(std::string_view name, std::string_view text);
  template <std::integral Number>
  LogField(std::string_view name, Number number) : name_(name), value_(fmt::format("{}", number)) {}

  std::string_view name() const { return name_; }
  const std::string& value() const { return value_; }

 private:
  std::string_view name_;
  std::string value_;
};

// Log: writes lines. Implementations are thread-safe and do not throw.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const noexcept = 0;
  virtual void write(LogLevel level, Event event, std::span<const LogField> fields, std::string_view line) noexcept = 0;

  // event(which, fields, format, args): at its level. The line says all that people need; a name may stand in the fields more than once.
  template <class... Args>
  void event(Event which, const std::vector<LogField>& fields, fmt::format_string<Args...> format, Args&&... args) {
    check_fields(which, fields);
    const LogLevel level = info_of(which).level;
    if (enabled(level)) write(level, which, fields, fmt::format(format, std::forward<Args>(args)...));
  }

  // Lines that are no event. An alarm always is one.
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::debug, format, std::forward<Args>(args)...); }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::info, format, std::forward<Args>(args)...); }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::warning, format, std::forward<Args>(args)...); }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::error, format, std::forward<Args>(args)...); }

 private:
  template <class... Args>
  void line(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, Event::none, {}, fmt::format(format, std::forward<Args>(args)...));
  }
  static void check_fields(Event which, std::span<const LogField> fields);
};

// Blanks: what becomes of U+0020: escaped, so that a name is one word; or kept, in sentences.
enum class Blanks : std::uint8_t { unset = 0, escaped, kept };

// printable(text, bytes_max, blanks): text made safe for a log line or a terminal: anything outside 0x21..0x7E (but for blanks that are kept) and the backslash becomes \xHH. What
// would be longer than bytes_max output bytes is cut to fit, between escapes, and ends with "...". For key ids and other text that a peer chose.
std::string printable(std::string_view text, std::size_t bytes_max = 64, Blanks blanks = Blanks::escaped);

}  // namespace assay::base
