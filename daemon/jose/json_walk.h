// The grammar of JSON (RFC 8259), walked over a structural index: one loop, no recursion, every rule for tokens and configurations in one place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"
#include "jose/json_index.h"
#include "jose/json_text.h"
#include "jose/numeric_date.h"

namespace assay::jose {

// JsonLimits: what a text may use up. The outermost object or array is depth 1; scalars do not count.
struct JsonLimits {
  std::size_t depth_max;  // at most kJsonDepthMax
  std::size_t members_per_object_max;
  std::size_t members_max;
};

inline constexpr std::size_t kJsonDepthMax = 32;

// JsonFault: why a text was not walked to its end.
enum class JsonFault : std::uint8_t { none = 0, malformed, duplicate_member, too_complex };

// JsonWalk: how a walk ended, and the offset of the token at which it did.
struct JsonWalk {
  JsonFault fault = JsonFault::malformed;
  std::size_t offset = 0;
};

// JsonWorkspace: what a walk needs besides the text; reused from text to text. One per thread.
struct JsonWorkspace {
  JsonWorkspace(base::HashKey key, std::size_t bytes_max, std::size_t members_max) : index(bytes_max), names(key, members_max) {}
  JsonIndex index;
  MemberNames names;
  // Collected while a claims set is walked, copied to the arena afterwards.
  std::vector<std::string_view> audiences;
  std::vector<std::string_view> scopes;
};

// json_raw_token(text, positions, i): the i-th token as written. A token ends where the next one begins, less the white space between; the index knows only
// where they begin.
inline std::string_view json_raw_token(std::string_view text, std::span<const std::uint32_t> positions, std::size_t i) noexcept {
  std::size_t end = i + 1 < positions.size() ? positions[i + 1] : text.size();
  while (end > positions[i] && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
  return text.substr(positions[i], end - positions[i]);
}

// walk_json(text, workspace, arena, limits, handler): checks the whole text and tells the handler what stands in it, in order:
//   on_object(offset), on_object_end(end), on_array(offset), on_array_end(end), on_member(name), on_string(value, raw), on_number(raw),
//   on_boolean(value, raw), on_null(raw), and bool on_duplicate(name): whether to go on after a member that stands twice.
// Offsets are into the text; end is one past the closing bracket. Views are borrowed from the text or, for strings with escapes, from the arena. The text is
// padded as JsonIndex::build asks. Refused: anything RFC 8259 does not allow, invalid UTF-8, a byte order mark, lone surrogates.
// What the handler has been told counts only if the result is JsonFault::none.
template <class Handler>
JsonWalk walk_json(base::Bytes text, JsonWorkspace& workspace, base::Arena& arena, const JsonLimits& limits, Handler& handler) {
  DCHECK(limits.depth_max <= kJsonDepthMax);
  if (!workspace.index.build(text)) return {JsonFault::malformed, 0};
  const std::span<const std::uint32_t> positions = workspace.index.positions();
  const std::string_view chars = base::as_text(text);
  workspace.names.begin();

  struct Level {
    bool is_object;
    std::uint32_t object;  // number of this object within the text
    std::size_t members;
  };
  std::array<Level, kJsonDepthMax> levels;
  std::size_t depth = 0;
  std::uint32_t objects = 0;
  std::size_t members = 0;

  const auto string_token = [&](std::string_view raw) -> std::optional<std::string_view> {
    if (raw.size() < 2 || raw.back() != '"') return std::nullopt;
    return unescape_json(raw.substr(1, raw.size() - 2), arena);
  };

  enum class Expect : std::uint8_t { value, value_or_end, member, member_or_end, comma_or_end };
  Expect expect = Expect::value;
  std::size_t i = 0;
  const auto at = [&](JsonFault fault) { return JsonWalk{fault, i < positions.size() ? positions[i] : chars.size()}; };

  for (;; ++i) {
    if (i == positions.size()) return at(JsonFault::malformed);
    const char c = chars[positions[i]];
    bool closed = false;

    if (expect == Expect::member || expect == Expect::member_or_end) {
      if (c == '"') {
        Level& level = levels[depth - 1];
        const auto name = string_token(json_raw_token(chars, positions, i));
        if (!name) return at(JsonFault::malformed);
        if (++level.members > limits.members_per_object_max || ++members > limits.members_max) return at(JsonFault::too_complex);
        if (!workspace.names.insert(level.object, *name) && !handler.on_duplicate(*name)) return at(JsonFault::duplicate_member);
        handler.on_member(*name);
        ++i;
        if (i == positions.size() || chars[positions[i]] != ':') return at(JsonFault::malformed);
        expect = Expect::value;
        continue;
      }
      if (c != '}' || expect == Expect::member) return at(JsonFault::malformed);
      closed = true;
    } else if (expect == Expect::comma_or_end) {
      if (c == ',') {
        expect = levels[depth - 1].is_object ? Expect::member : Expect::value;
        continue;
      }
      if (c != (levels[depth - 1].is_object ? '}' : ']')) return at(JsonFault::malformed);
      closed = true;
    } else if (c == ']' && expect == Expect::value_or_end) {
      closed = true;
    } else if (c == '{' || c == '[') {
      if (depth == limits.depth_max) return at(JsonFault::too_complex);
      levels[depth++] = {c == '{', objects++, 0};
      if (c == '{') {
        handler.on_object(positions[i]);
        expect = Expect::member_or_end;
      } else {
        handler.on_array(positions[i]);
        expect = Expect::value_or_end;
      }
      continue;
    } else {
      const std::string_view raw = json_raw_token(chars, positions, i);
      if (c == '"') {
        const auto value = string_token(raw);
        if (!value) return at(JsonFault::malformed);
        handler.on_string(*value, raw);
      } else if (raw == "true" || raw == "false") {
        handler.on_boolean(c == 't', raw);
      } else if (raw == "null") {
        handler.on_null(raw);
      } else if (is_json_number(raw)) {
        handler.on_number(raw);
      } else {
        return at(JsonFault::malformed);
      }
    }

    if (closed) {
      const std::size_t end = positions[i] + 1U;
      if (levels[--depth].is_object) handler.on_object_end(end);
      else handler.on_array_end(end);
    }
    if (depth == 0) break;
    expect = Expect::comma_or_end;
  }
  ++i;
  return i == positions.size() ? JsonWalk{JsonFault::none, chars.size()} : at(JsonFault::malformed);
}

}  // namespace assay::jose
