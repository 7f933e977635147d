// Names that stand twice in an object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace assay::jose {

// MemberNames: finds an object's member that stands twice, over a whole text, by a keyed hash: linear however many members there are, and whatever their names.
// An issuer writes the same names in the same order into every token, so it remembers the names of earlier texts, which are known to differ from each other: while a
// text keeps to one of them, equality is all there is to check.
class MemberNames {
 public:
  MemberNames(base::HashKey key, std::size_t members_max);
  // begin(tokens): a new text, of so many tokens of the structural index. The names of the last one do not count any more; no memory is touched. A small text is kept
  // within a small part of the memory, so that it stays in the nearest cache.
  void begin(std::size_t tokens) noexcept;
  // insert(object, name): false if this object (numbered by the caller) already has that name, or members_max is exceeded. The name is borrowed until
  // the next begin.
  bool insert(std::uint32_t object, std::string_view name) noexcept {
    if (in_step_ && sequence_->is(next_, object, name)) {
      ++next_;
      return true;
    }
    return insert_out_of_step(object, name);
  }

 private:
  friend struct MemberNamesPeer;  // a test sets text_ to where it wraps

  struct Slot {
    std::uint64_t hash = 0;
    std::string_view name;
    std::uint32_t object = 0;
    std::uint32_t text = 0;  // the text it belongs to: other numbers mean a free slot
  };

  // Sequence: names of an earlier text, in order, with their objects. Invariant, at all times: no two of its entries are equal; at most members_max of them.
  class Sequence {
   public:
    static constexpr std::size_t kNamesMax = 64;
    static constexpr std::size_t kTextBytesMax = 1024;
    // is(i, object, name): whether there is an entry i, and it is this one.
    bool is(std::size_t i, std::uint32_t object, std::string_view name) const noexcept {
      if (i >= count_) return false;
      const Entry& entry = entries_[i];
      return entry.object == object && entry.bytes == name.size() && equal(text_.data() + entry.begin, name.data(), name.size());
    }
    std::uint32_t object(std::size_t i) const noexcept { return entries_[i].object; }
    std::string_view name(std::size_t i) const noexcept { return {text_.data() + entries_[i].begin, entries_[i].bytes}; }
    // cut(count): forgets what comes after the first `count` entries, of which there are as many.
    void cut(std::size_t count) noexcept { count_ = count; }
    // append(object, name): false, and nothing changes, if there is no room.
    bool append(std::uint32_t object, std::string_view name) noexcept;

   private:
    // equal(a, b, bytes): names are short, and so a call of memcmp would cost more than all the rest.
    static bool equal(const char* a, const char* b, std::size_t bytes) noexcept {
      if (bytes > 16) return std::memcmp(a, b, bytes) == 0;
      if (bytes < 2) return bytes == 0 || *a == *b;
      const auto differs = [=]<class Word>(Word) noexcept {  // in the first or the last word; the two overlap if they must
        Word first_a, first_b, last_a, last_b;
        std::memcpy(&first_a, a, sizeof(Word));
        std::memcpy(&first_b, b, sizeof(Word));
        std::memcpy(&last_a, a + bytes - sizeof(Word), sizeof(Word));
        std::memcpy(&last_b, b + bytes - sizeof(Word), sizeof(Word));
        return ((first_a ^ first_b) | (last_a ^ last_b)) != 0;
      };
      if (bytes >= 8) return !differs(std::uint64_t{});
      if (bytes >= 4) return !differs(std::uint32_t{});
      return !differs(std::uint16_t{});
    }

    struct Entry {
      std::uint32_t object;
      std::uint16_t begin;  // in text_
      std::uint16_t bytes;
    };
    std::size_t count_ = 0;
    std::array<Entry, kNamesMax> entries_;
    std::array<char, kTextBytesMax> text_;
  };

  bool insert_out_of_step(std::uint32_t object, std::string_view name) noexcept;
  bool put(std::uint32_t object, std::string_view name) noexcept;

  base::HashKey key_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;  // of the part in use
  std::size_t count_ = 0;
  std::size_t members_max_;
  std::uint32_t text_ = 0;

  std::vector<Sequence> sequences_;  // by the number of a text's tokens, which an issuer's texts tend to share
  Sequence* sequence_ = nullptr;     // that this text keeps to, or is remembered in; null: neither
  std::size_t next_ = 0;             // how many names kept to it
  bool in_step_ = false;             // all so far; they are not in slots_
};

}  // namespace assay::jose
