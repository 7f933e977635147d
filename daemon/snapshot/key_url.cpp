// Where keys come from decides whom the daemon believes. The check is narrower than the grammar of URLs: what two parsers could read differently
// (user information, backslashes, short forms of addresses) is refused.
#include "snapshot/key_url.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A decimal number without leading zeros of at most value_max; five digits at the most.
bool is_decimal(std::string_view text, unsigned value_max) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0') || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value <= value_max;
}

bool is_loopback(std::string_view host) {
  if (host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  std::size_t parts = 0;
  for (;; ++parts) {
    const std::size_t dot = host.find('.');
    if (!is_decimal(host.substr(0, dot), 255)) return false;
    if (dot == std::string_view::npos) return parts == 3;
    host.remove_prefix(dot + 1);
  }
}

// A name or an IPv4 address, or an IPv6 address in brackets; whether it resolves is for whoever connects to find out.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (host.size() < 4 || !host.ends_with(']')) return false;
    const std::string_view address = host.substr(1, host.size() - 2);
    return address.find(':') != std::string_view::npos &&
           std::all_of(address.begin(), address.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  }
  return !host.empty() && host[0] != '.' && host.size() <= 253 &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

// Path and query: pchar, '/' and '?' (RFC 3986 section 3.3), percent signs with their two digits.
bool is_path_and_query(std::string_view text) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/?";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_alphanumeric(text[i]) && kMarks.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// UrlView: the parts of a URL whose host and port are well-formed. Borrows the text.
struct UrlView {
  bool is_https = false;
  std::string_view host;
  bool has_port = false;
  std::string_view rest;  // path, query, fragment
};

std::optional<UrlView> split(std::string_view text) {
  if (text.size() > base::limits::kUrlBytesMax) return std::nullopt;
  const bool is_https = text.starts_with("https://");
  if (!is_https && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(is_https ? 8 : 7);
  const std::size_t authority_bytes = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_bytes);

  // The port is what follows the last colon, unless that colon is part of an address in brackets.
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = has_port ? authority.substr(0, colon) : authority;
  if (has_port && (!is_decimal(authority.substr(colon + 1), 65535) || authority.substr(colon + 1) == "0")) return std::nullopt;
  if (!is_host(host)) return std::nullopt;
  return UrlView{.is_https = is_https, .host = host, .has_port = has_port, .rest = text.substr(authority_bytes)};
}

}  // namespace

bool is_key_url(std::string_view text, bool allow_http) noexcept {
  const std::optional<UrlView> url = split(text);
  return url && (url->is_https || allow_http || is_loopback(url->host)) && is_path_and_query(url->rest);
}

bool is_discovery_issuer(std::string_view text, bool allow_http) noexcept {
  return is_key_url(text, allow_http) && text.find('?') == std::string_view::npos;
}

bool is_proxy_url(std::string_view text) noexcept {
  const std::optional<UrlView> url = split(text);
  return url && url->has_port && (url->rest.empty() || url->rest == "/");
}

std::string describe_url(std::string_view text) {
  if (text.find("://") == std::string_view::npos) return fmt::format("a string of {} bytes that is no URL", text.size());
  if (text.find('@') != std::string_view::npos) return fmt::format("a URL of {} bytes with '@' in it", text.size());
  const std::size_t query = text.find('?');
  if (query != std::string_view::npos) return fmt::format("{} and a query, {} bytes in all", quote(text.substr(0, query)), text.size());
  return fmt::format("{}, {} bytes", quote(text), text.size());
}

}  // namespace assay::snapshot
