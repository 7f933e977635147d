// The text of JSON scalars: strings with their escapes, and names that stand twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"

namespace assay::jose {

// unescape_json(body, arena): the value of a JSON string, given what stands between its quotes (valid UTF-8 without control characters, as JsonIndex
// leaves it). Borrowed from body if it has no escape, else from the arena. Nothing for an unknown escape or a lone surrogate (RFC 8259 section 8.2).
std::optional<std::string_view> unescape_json(std::string_view body, base::Arena& arena);

// MemberNames: finds an object's member that stands twice, over a whole text, by a keyed hash: linear however many members there are, and whatever their names.
class MemberNames {
 public:
  MemberNames(base::HashKey key, std::size_t members_max);
  // begin(tokens): a new text, of so many tokens of the structural index. The names of the last one are forgotten; no memory is touched. A small text is kept within
  // a small part of the memory, so that it stays in the nearest cache.
  void begin(std::size_t tokens) noexcept;
  // insert(object, name): false if this object (numbered by the caller) already has that name, or members_max is exceeded. The name is borrowed until
  // the next begin.
  bool insert(std::uint32_t object, std::string_view name) noexcept;

 private:
  friend struct MemberNamesPeer;  // a test sets text_ to where it wraps
  struct Slot {
    std::uint64_t hash = 0;
    std::string_view name;
    std::uint32_t object = 0;
    std::uint32_t text = 0;  // the text it belongs to: other numbers mean a free slot
  };
  base::HashKey key_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;  // of the part in use
  std::size_t count_ = 0;
  std::size_t members_max_;
  std::uint32_t text_ = 0;
};

}  // namespace assay::jose
