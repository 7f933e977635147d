// Verdict codes: the closed list of what a validation can answer, shared by the daemon and the client. Values are stable: they are on the wire
// (protocol.fbs repeats them, a test compares) and in people's dashboards. A new one is added at the end of its block, never reused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::schema {

// Outcome: the three kinds of verdict. unset is what a forgotten or absent verdict reads as, and counts as refused.
enum class Outcome : std::uint8_t { unset = 0, accepted = 1, refused = 2, unavailable = 3 };

// ASSAY_CODES(X): X(name, value, outcome, HTTP status, RFC 6750 error, safe text). The text holds nothing of any token or configuration.
// RFC 6750 section 3.1: invalid_token goes with 401, insufficient_scope with 403. Unavailable ones are no fault of the token: 503, no challenge.
#define ASSAY_CODES(X)                                                                                                            \
  X(unset, 0, unset, 401, "invalid_token", "no verdict")                                                                          \
  X(accepted, 1, accepted, 200, "", "the token is valid")                                                                         \
  /* form of the token: RFC 7515 section 7.1, RFC 4648 section 5 */                                                               \
  X(token_too_large, 10, refused, 401, "invalid_token", "the token is too large")                                                 \
  X(not_compact, 11, refused, 401, "invalid_token", "the token does not have three non-empty parts")                              \
  X(encrypted, 12, refused, 401, "invalid_token", "encrypted tokens are not taken")                                               \
  X(header_too_large, 13, refused, 401, "invalid_token", "the token's header is too large")                                       \
  X(bad_base64url, 14, refused, 401, "invalid_token", "a part of the token is not strict base64url")                              \
  /* header: RFC 7515 section 4, RFC 8725 */                                                                                      \
  X(bad_header, 20, refused, 401, "invalid_token", "the token's header is not a JSON object of valid UTF-8")                      \
  X(duplicate_header_member, 21, refused, 401, "invalid_token", "a member stands twice in the token's header")                    \
  X(header_too_complex, 22, refused, 401, "invalid_token", "the token's header is too deep or has too many members")              \
  X(bad_header_member, 23, refused, 401, "invalid_token", "a header member has the wrong type")                                   \
  X(unknown_algorithm, 24, refused, 401, "invalid_token", "the token's algorithm is missing or not one that is taken")            \
  X(critical_header, 25, refused, 401, "invalid_token", "critical header members are not taken")                                  \
  X(unencoded_payload, 26, refused, 401, "invalid_token", "the b64 header member is not taken")                                   \
  X(compressed, 27, refused, 401, "invalid_token", "compressed tokens are not taken")                                             \
  /* payload: RFC 7519 section 4 */                                                                                               \
  X(bad_payload, 40, refused, 401, "invalid_token", "the token's payload is not a JSON object of valid UTF-8")                    \
  X(duplicate_claim, 41, refused, 401, "invalid_token", "a member stands twice in the token's payload")                           \
  X(payload_too_complex, 42, refused, 401, "invalid_token", "the token's payload is too deep or has too many members")            \
  X(bad_claim, 43, refused, 401, "invalid_token", "a claim has the wrong type or is out of range")                                \
  X(unknown_issuer, 44, refused, 401, "invalid_token", "the token's issuer is missing or not one that is taken")                  \
  X(algorithm_not_allowed, 45, refused, 401, "invalid_token", "the token's algorithm is not allowed for its issuer")              \
  X(type_not_allowed, 46, refused, 401, "invalid_token", "the token's type is not allowed for its issuer")                        \
  /* time and audience: RFC 7519 sections 4.1.3 to 4.1.6 */                                                                       \
  X(no_expiry, 60, refused, 401, "invalid_token", "the token has no expiry")                                                      \
  X(expired, 61, refused, 401, "invalid_token", "the token has expired")                                                          \
  X(not_yet_valid, 62, refused, 401, "invalid_token", "the token is not valid yet")                                               \
  X(issued_in_future, 63, refused, 401, "invalid_token", "the token was issued in the future")                                    \
  X(contradictory_times, 64, refused, 401, "invalid_token", "the token expires before it begins")                                 \
  X(wrong_audience, 65, refused, 401, "invalid_token", "the token is for another audience")                                       \
  /* key and signature */                                                                                                         \
  X(unknown_key, 80, refused, 401, "invalid_token", "no key of the issuer fits the token")                                        \
  X(bad_signature, 81, refused, 401, "invalid_token", "the token's signature is not valid")                                       \
  /* judged only after the signature */                                                                                           \
  X(confirmation_required, 100, refused, 401, "invalid_token", "the token is bound to a proof that was not given")                \
  X(no_issue_time, 101, refused, 401, "invalid_token", "the token does not say when it was issued")                               \
  X(too_old, 102, refused, 401, "invalid_token", "the token was issued too long ago")                                             \
  X(insufficient_scope, 103, refused, 403, "insufficient_scope", "the token lacks a required scope")                              \
  X(claim_rule, 104, refused, 403, "insufficient_scope", "the token's claims do not satisfy the API service's rules")             \
  /* try again */                                                                                                                 \
  X(keys_unavailable, 200, unavailable, 503, "", "the issuer's keys are not available")                                                    \
  X(key_refreshing, 201, unavailable, 503, "", "the issuer's keys are being fetched again")

// Code: what a validation answered.
enum class Code : std::uint8_t {
#define ASSAY_CODE_ENUMERATOR(name, value, outcome, status, error, text) name = value,
  ASSAY_CODES(ASSAY_CODE_ENUMERATOR)
#undef ASSAY_CODE_ENUMERATOR
};

// CodeInfo: what a service makes of a code.
struct CodeInfo {
  Code code;
  Outcome outcome;
  std::uint16_t http_status;
  std::string_view name;           // stable, e.g. "wrong_audience"
  std::string_view rfc6750_error;  // empty where no challenge is due
  std::string_view text;           // safe to show to anyone
};

// kCodes: every code, in ascending order of value.
inline constexpr auto kCodes = std::to_array<CodeInfo>({
#define ASSAY_CODE_INFO(name, value, outcome, status, error, text) {Code::name, Outcome::outcome, status, #name, error, text},
    ASSAY_CODES(ASSAY_CODE_INFO)
#undef ASSAY_CODE_INFO
});

// info(code): the entry of a code; that of Code::unset (refused) for a value that is none, such as one from a newer daemon.
constexpr const CodeInfo& info(Code code) noexcept {
  for (const CodeInfo& entry : kCodes) {
    if (entry.code == code) return entry;
  }
  return kCodes[0];
}

}  // namespace assay::schema
