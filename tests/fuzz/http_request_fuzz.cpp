// What a connection to the metrics socket brings. A reader that goes from octet to octet says the same, and after which of them it can be said: not before, and whatever comes behind it.
#include "server/http_request.h"

#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "server/limits.h"

namespace {

using namespace assay;
using server::HttpRequest;

// Slow: what is asked for, known after so many octets.
struct Slow {
  HttpRequest request = HttpRequest::unset;
  std::size_t octets = 0;
};

HttpRequest slow_line(std::string_view line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ') words.emplace_back();
    else if (c < '!' || c > '~') return HttpRequest::bad_request;
    else words.back() += c;
  }
  if (words.size() != 3 || words[0].empty() || words[1].empty() || words[2].size() != 8) return HttpRequest::bad_request;
  std::string shape = words[2];
  for (char& c : shape) {
    if (c >= '0' && c <= '9') c = '0';
  }
  if (shape != "HTTP/0.0") return HttpRequest::bad_request;
  if (words[2] != "HTTP/1.0" && words[2] != "HTTP/1.1") return HttpRequest::unknown_version;
  if (words[1] != "/metrics" && !words[1].starts_with("/metrics?")) return HttpRequest::not_found;
  if (words[0] == "GET") return HttpRequest::get_metrics;
  if (words[0] == "HEAD") return HttpRequest::head_metrics;
  return HttpRequest::method_not_allowed;
}

Slow slow_read(std::string_view octets) {
  HttpRequest request = HttpRequest::unset;
  std::string line;
  bool after_cr = false;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    if (c == '\n') {
      const bool first = request == HttpRequest::unset;
      if (first) request = slow_line(line);
      if (first ? request == HttpRequest::bad_request || request == HttpRequest::unknown_version : line.empty()) return {request, i + 1};
      line.clear();
    } else if (after_cr || (static_cast<unsigned char>(c) < 32 && c != '\t' && c != '\r') || c == 127) {
      return {HttpRequest::bad_request, i + 1};
    } else if (c != '\r') {
      line += c;
    }
    after_cr = c == '\r';
    if (i + 1 == server::limits::kHttpHeadBytesMax) return {HttpRequest::head_too_large, i + 1};
  }
  return {};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = fuzz::text_of(data, size);
  const Slow slow = slow_read(octets);
  CHECK(server::read_http_request(octets) == slow.request);
  if (slow.request == HttpRequest::unset) return 0;
  CHECK(server::read_http_request(octets.substr(0, slow.octets)) == slow.request);
  CHECK(server::read_http_request(octets.substr(0, slow.octets - 1)) == HttpRequest::unset);
  return 0;
}
