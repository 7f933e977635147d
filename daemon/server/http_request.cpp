// As little of HTTP as a scrape needs. A connection brings one request, so nothing in the head can change what is answered but its first line: header lines are looked at for octets that no
// text has, and for the empty one that ends them. A body, or another request, is never read. A client that speaks another protocol is told so at its first line, or earlier; others when their
// head has ended, for they may not listen before.
#include "server/http_request.h"

#include <algorithm>
#include <cstddef>

#include "server/limits.h"

namespace assay::server {
namespace {

constexpr std::string_view kPath = "/metrics";

// is_control(octet): one that stands in no line (RFC 9110 section 5.5). A CR does only as part of its end.
bool is_control(char octet) noexcept { return (static_cast<unsigned char>(octet) < 0x20 && octet != '\t') || octet == 0x7F; }

bool is_word(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char octet) { return octet > ' ' && octet <= '~'; });
}

// is_version(text): RFC 9112 section 2.3.
bool is_version(std::string_view text) noexcept {
  const auto digit = [text](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && digit(5) && text[6] == '.' && digit(7);
}

// read_line(line): the request line: method, target, version, with one blank between each two (RFC 9112 section 3).
HttpRequest read_line(std::string_view line) noexcept {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) return HttpRequest::bad_request;  // or no blank at all
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_word(method) || !is_word(target) || !is_version(version)) return HttpRequest::bad_request;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return HttpRequest::unknown_version;
  if (target.substr(0, target.find('?')) != kPath) return HttpRequest::not_found;
  if (method == "GET") return HttpRequest::get_metrics;
  return method == "HEAD" ? HttpRequest::head_metrics : HttpRequest::method_not_allowed;
}

}  // namespace

HttpRequest read_http_request(std::string_view octets) noexcept {
  std::string_view rest = octets.substr(0, limits::kHttpHeadBytesMax);
  HttpRequest request = HttpRequest::unset;
  for (;;) {
    // RFC 9112 section 2.2: a line ends in LF, with or without CR.
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (std::ranges::any_of(line, is_control)) return HttpRequest::bad_request;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
    if (request == HttpRequest::unset) {
      request = read_line(line);
      if (request == HttpRequest::bad_request || request == HttpRequest::unknown_version) return request;
    } else if (line.empty()) {
      return request;
    }
  }
  return octets.size() < limits::kHttpHeadBytesMax ? HttpRequest::unset : HttpRequest::head_too_large;
}

}  // namespace assay::server
