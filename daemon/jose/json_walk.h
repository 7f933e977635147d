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
#include "jose/member_names.h"
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

// json_raw_token(text, token): a token of the index as written. It ends where the next one begins, less the white space between; the index knows only where they begin.
inline std::string_view json_raw_token(const char* text, const std::uint32_t* token) noexcept {
  const auto is_white = [](char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  const char* const first = text + token[0];
  const char* last = text + token[1];
  while (last != first && is_white(last[-1])) --last;
  return {first, last};
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
  // Pointers, for this loop is most of what a token costs before its signature: `token` is looked at only where it is not `end`.
  const char* const chars = base::as_text(text).data();
  const std::uint32_t* token = workspace.index.positions().data();
  const std::uint32_t* const end = token + workspace.index.positions().size();
  // Asked once instead of in every string: few tokens have an escape.
  const bool has_escapes = base::as_text(text).find('\\') != std::string_view::npos;
  workspace.names.begin(workspace.index.positions().size());

  struct Level {
    bool is_object;
    std::uint32_t object;  // number of this object within the text
    std::size_t members;
  };
  std::array<Level, kJsonDepthMax> levels;
  Level* level = nullptr;  // the innermost that is open, if depth is not 0
  std::size_t depth = 0;
  std::uint32_t objects = 0;
  std::size_t members = 0;

  const auto at = [&](JsonFault fault) { return JsonWalk{fault, token != end ? *token : text.size()}; };
  const auto is = [&](char c) { return token != end && chars[*token] == c; };
  // The value of a string token; null (no data) if it is none. The index vouches for the opening quote alone: what follows the closing one is part of raw. Returned and not
  // stored, so that it stays in registers.
  const auto string_of = [&](std::string_view raw) -> std::string_view {
    if (raw.size() < 2 || raw.back() != '"') return {};
    const std::string_view body(raw.data() + 1, raw.size() - 2);
    if (!has_escapes) return body;
    const auto value = unescape_json(body, arena);
    return value ? *value : std::string_view();
  };

  // Each turn reads one value, in an object with its name before it, then the brackets that close behind it and the comma.
  for (;;) {
    if (depth != 0 && level->is_object) {
      const std::string_view name = is('"') ? string_of(json_raw_token(chars, token)) : std::string_view();
      if (name.data() == nullptr) return at(JsonFault::malformed);
      if (++level->members > limits.members_per_object_max || ++members > limits.members_max) return at(JsonFault::too_complex);
      if (!workspace.names.insert(level->object, name) && !handler.on_duplicate(name)) return at(JsonFault::duplicate_member);
      handler.on_member(name);
      ++token;
      if (!is(':')) return at(JsonFault::malformed);
      ++token;
    }

    if (token == end) return at(JsonFault::malformed);
    const char c = chars[*token];
    if (c == '"') {
      const std::string_view raw = json_raw_token(chars, token);
      const std::string_view value = string_of(raw);
      if (value.data() == nullptr) return at(JsonFault::malformed);
      handler.on_string(value, raw);
      ++token;
    } else if (c == '{' || c == '[') {
      if (depth == limits.depth_max) return at(JsonFault::too_complex);
      level = &levels[depth++];
      *level = {c == '{', objects++, 0};
      if (c == '{') handler.on_object(*token);
      else handler.on_array(*token);
      ++token;
      if (!is(c == '{' ? '}' : ']')) continue;  // else it is empty, and its end is read below like every other
    } else {
      const std::string_view raw = json_raw_token(chars, token);
      if (is_json_number(raw)) handler.on_number(raw);
      else if (raw == "true" || raw == "false") handler.on_boolean(c == 't', raw);
      else if (raw == "null") handler.on_null(raw);
      else return at(JsonFault::malformed);
      ++token;
    }

    for (; depth != 0 && !is(','); ++token) {
      if (!is(level->is_object ? '}' : ']')) return at(JsonFault::malformed);
      const std::size_t behind = *token + 1U;
      if (level->is_object) handler.on_object_end(behind);
      else handler.on_array_end(behind);
      if (--depth != 0) --level;
    }
    if (depth == 0) break;
    ++token;
  }
  return token == end ? JsonWalk{JsonFault::none, text.size()} : at(JsonFault::malformed);
}

}  // namespace assay::jose
