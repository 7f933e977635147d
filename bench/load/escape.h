// Texts of others (a socket's path, a processor's name, a daemon's version) in reports.
#pragma once

#include <string>
#include <string_view>

namespace assay::load {

// json_string(text): a JSON string with its quotes (RFC 8259 section 7). What is not valid UTF-8 becomes U+FFFD, byte by byte.
std::string json_string(std::string_view text);

// html_text(text): good between tags and in quoted attributes. Invalid UTF-8 and control characters become U+FFFD.
std::string html_text(std::string_view text);

}  // namespace assay::load
