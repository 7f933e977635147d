// Answers to orders, as assayd reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace assay::fetch {

// Fetched: a set, as received: a JSON object. Whether its keys are any good is assayd's to judge.
struct Fetched {
  std::string jwks;
  std::string etag;                         // is_etag(), or empty: none
  std::optional<std::uint64_t> max_age_s;
};

// NotModified: the set whose entity tag was sent is the current one.
struct NotModified {
  std::optional<std::uint64_t> max_age_s;
};

// Failed: no set, and why, for people. No user information, no query, nothing of a body.
struct Failed {
  std::string reason;
  std::optional<std::uint64_t> retry_after_s;
};

using Outcome = std::variant<Fetched, NotModified, Failed>;

// encode_answer(number, outcome): the whole frame. A reason is escaped and cut to kFetchReasonBytesMax.
std::string encode_answer(std::uint64_t number, const Outcome& outcome);

}  // namespace assay::fetch
