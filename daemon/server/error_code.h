// Why a request got no verdicts: the same names and values as wire::ErrorCode (reply.cpp holds them together at compile time).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::server {

// ASSAY_ERROR_CODES(X): X(name, value, text for the peer, which holds nothing of any request).
#define ASSAY_ERROR_CODES(X)                                                          \
  X(unset, 0, "no error")                                                             \
  X(bad_frame, 1, "not a frame of this protocol, or too large")                       \
  X(unknown_request, 2, "a kind of request that this socket does not take")           \
  X(bad_request, 3, "a field is missing or out of its range")                         \
  X(unknown_api_service, 4, "no such API service for this client")                    \
  X(overloaded, 5, "the request waited longer than its deadline")                     \
  X(too_many_connections, 6, "too many connections")                                  \
  X(response_too_large, 7, "the answer does not fit into a frame; ask for less at once") \
  X(bad_configuration, 8, "the configuration is refused; nothing has changed")        \
  X(shutting_down, 9, "the daemon is stopping; connect again")                        \
  X(conflict, 10, "another deployment is in force; nothing has changed")              \
  X(no_such_deployment, 11, "no such deployment is kept")                             \
  X(not_kept, 12, "the disk refuses to keep it; nothing has changed")                 \
  X(bad_key_source, 13, "no OAuth server of this name takes keys")                    \
  X(bad_keys, 14, "not a set of usable keys; nothing has changed")                    \
  X(forbidden, 15, "this client may not do this")                                     \
  X(no_fetcher, 16, "assay-fetch is not connected: nothing can be fetched")

enum class ErrorCode : std::uint8_t {
#define ASSAY_ERROR_ENUMERATOR(name, value, text) name = value,
  ASSAY_ERROR_CODES(ASSAY_ERROR_ENUMERATOR)
#undef ASSAY_ERROR_ENUMERATOR
};

// kErrorCodeCount: one more than the largest value; the size of arrays indexed by it.
inline constexpr std::size_t kErrorCodeCount = 17;

// name_of(code): its name as written above.
constexpr std::string_view name_of(ErrorCode code) noexcept {
  switch (code) {
#define ASSAY_ERROR_NAME(name, value, text) \
  case ErrorCode::name:                     \
    return #name;
    ASSAY_ERROR_CODES(ASSAY_ERROR_NAME)
#undef ASSAY_ERROR_NAME
  }
  return "";
}

// text_of(code): what the peer is told.
constexpr std::string_view text_of(ErrorCode code) noexcept {
  switch (code) {
#define ASSAY_ERROR_TEXT(name, value, text) \
  case ErrorCode::name:                     \
    return text;
    ASSAY_ERROR_CODES(ASSAY_ERROR_TEXT)
#undef ASSAY_ERROR_TEXT
  }
  return "";
}

}  // namespace assay::server
