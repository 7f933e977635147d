// A request to the metrics socket (RFC 9112): its first line, and whether its head has come whole.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::server {

// HttpRequest: what is asked for, or why that cannot be answered.
enum class HttpRequest : std::uint8_t {
  unset = 0,  // the head has not come whole
  get_metrics,
  head_metrics,
  bad_request,         // 400: no HTTP
  not_found,           // 404: a path other than /metrics
  method_not_allowed,  // 405: neither GET nor HEAD
  head_too_large,      // 431: than kHttpHeadBytesMax
  unknown_version,     // 505: neither 1.0 nor 1.1, such as HTTP/2's preface
};

// read_http_request(octets): octets are all that the connection has brought so far. What is not unset stays the same whatever comes behind it, and of kHttpHeadBytesMax octets it
// never is unset. The path's query does not count.
HttpRequest read_http_request(std::string_view octets) noexcept;

}  // namespace assay::server
