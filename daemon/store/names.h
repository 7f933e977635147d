// What the names in the folder stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/records.h"

namespace assay::store {

// is_hex(text, digits): so many digits, lower case.
bool is_hex(std::string_view text, std::size_t digits) noexcept;

// FileName: the parts of a name.
struct FileName {
  enum class Kind : std::uint8_t { other = 0, state, document, keys };
  enum class Stage : std::uint8_t { whole = 0, temporary, aside };  // NAME, NAME.tmp, NAME.damaged
  Kind kind = Kind::other;
  Stage stage = Stage::whole;
};

inline constexpr std::string_view kStateName = "state";

// parse_name(name): `other` for every name that the functions below do not make.
FileName parse_name(std::string_view name) noexcept;
std::string temporary_name(std::string_view name);
std::string aside_name(std::string_view name);
// document_name(number, digest): the number for people; 16 digits of the digest, so that no document is ever written over another.
std::string document_name(std::uint64_t number, std::string_view digest);
// keys_name(source): 32 digits of SHA-256 of what tells it from every other, a line each: kind, URL, CA file, client certificate, client key, proxy, `true` or
// `false` for http. No two sources without line feeds in these have the same lines.
std::string keys_name(const SourceRecord& source);

}  // namespace assay::store
