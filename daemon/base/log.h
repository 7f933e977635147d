// The log seam. Token bytes never reach it: callers log codes, names from the configuration and sanitised key ids.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace assay::base {

enum class LogLevel : std::uint8_t { debug = 1, info, warning, error, alarm };

// Log: writes lines. Implementations are thread-safe and do not throw.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const noexcept = 0;
  virtual void write(LogLevel level, std::string_view line) noexcept = 0;

  template <class... Args>
  void line(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::debug, format, std::forward<Args>(args)...); }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::info, format, std::forward<Args>(args)...); }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::warning, format, std::forward<Args>(args)...); }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::error, format, std::forward<Args>(args)...); }
  // alarm: what an operator must see (a private key in a JWKS, an engine that fails its self-test).
  template <class... Args>
  void alarm(fmt::format_string<Args...> format, Args&&... args) { line(LogLevel::alarm, format, std::forward<Args>(args)...); }
};

// Blanks: what becomes of U+0020: escaped, so that a name is one word; or kept, in sentences.
enum class Blanks : std::uint8_t { unset = 0, escaped, kept };

// printable(text, bytes_max, blanks): text made safe for a log line or a terminal: anything outside 0x21..0x7E (but for blanks that are kept) and the backslash becomes \xHH. What
// would be longer than bytes_max output bytes is cut to fit, between escapes, and ends with "...". For key ids and other text that a peer chose.
std::string printable(std::string_view text, std::size_t bytes_max = 64, Blanks blanks = Blanks::escaped);

}  // namespace assay::base
