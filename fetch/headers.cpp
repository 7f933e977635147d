// The few headers that matter, read as RFC 9110 and RFC 9111 say. Where an issuer contradicts itself the answer counts as older, never as fresher.
#include "fetch/headers.h"

#include <curl/curl.h>

#include <algorithm>

#include "fetch/limits.h"
#include "fetch/order.h"

namespace assay::fetch {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// delta-seconds (RFC 9111 section 1.2.2): digits and nothing else; what is too large counts as the largest.
std::optional<std::uint64_t> seconds_of(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), limits::kDeltaSecondsMax);
  }
  return value;
}

// take_element(list): what stands before the next comma that is not within quotes, trimmed; it is taken off with the comma.
std::string_view take_element(std::string_view& list) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '"') quoted = !quoted;
    else if (quoted && list[end] == '\\') ++end;
  }
  end = std::min(end, list.size());
  const std::string_view element = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

}  // namespace

void AnswerHeaders::add_line(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    *this = AnswerHeaders();
    return;
  }
  if (ended_) return;
  if (trimmed(line).empty()) {
    ended_ = true;
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) add(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

void AnswerHeaders::add(std::string_view name, std::string_view value) {
  if (same_word(name, "cache-control")) return add_cache_control(value);
  if (same_word(name, "etag")) {
    etag_ = is_etag(value) ? value : std::string_view();
  } else if (same_word(name, "content-encoding")) {
    is_encoded_ = is_encoded_ || !same_word(value, "identity");
  } else if (same_word(name, "transfer-encoding")) {
    is_encoded_ = is_encoded_ || !same_word(value, "chunked");
  } else if (same_word(name, "retry-after")) {
    retry_after_ = value;
  } else if (same_word(name, "age")) {
    // RFC 9111 section 5.1: one number, and ignored if it is none. Of several the oldest counts.
    if (const auto age = seconds_of(value)) age_s_ = std::max(*age, age_s_.value_or(0));
  }
}

void AnswerHeaders::add_cache_control(std::string_view value) {
  while (!value.empty()) {
    const std::string_view directive = take_element(value);
    const std::size_t equals = directive.find('=');
    const std::string_view name = trimmed(directive.substr(0, equals));
    if (same_word(name, "no-store") || same_word(name, "no-cache")) is_not_kept_ = true;
    if (!same_word(name, "max-age")) continue;
    std::string_view argument = equals == std::string_view::npos ? std::string_view() : trimmed(directive.substr(equals + 1));
    // RFC 9111 section 5.2: both forms are to be understood, token and quoted string.
    if (argument.size() >= 2 && argument.starts_with('"') && argument.ends_with('"')) argument = argument.substr(1, argument.size() - 2);
    // RFC 9111 section 4.2.1: what is no number makes the answer stale; so does, here, the smaller of two.
    cache_max_age_s_ = std::min(seconds_of(argument).value_or(0), cache_max_age_s_.value_or(limits::kDeltaSecondsMax));
  }
}

std::optional<std::uint64_t> AnswerHeaders::max_age_s() const noexcept {
  if (is_not_kept_) return 0;
  if (!cache_max_age_s_) return std::nullopt;
  return *cache_max_age_s_ - std::min(*cache_max_age_s_, age_s_.value_or(0));
}

std::optional<std::uint64_t> AnswerHeaders::retry_after_s(std::int64_t now_s) const {
  if (retry_after_.empty()) return std::nullopt;
  if (const auto seconds = seconds_of(retry_after_)) return seconds;
  // One of the three forms of HTTP-date (RFC 9110 section 5.6.7); libcurl reads them all.
  const std::int64_t date = curl_getdate(retry_after_.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return date <= now_s ? 0 : std::min(static_cast<std::uint64_t>(date - now_s), limits::kDeltaSecondsMax);
}

}  // namespace assay::fetch
