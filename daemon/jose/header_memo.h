// Headers that were read before. An issuer writes the same header into every token of a key, so nearly all of them are known by their text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"
#include "jose/header.h"

namespace assay::jose {

// HeaderMemo: what parse_header made of a header, by its base64url text. Reading is a function of the text alone, so an equal text (all of it is compared) has an equal
// answer, whoever sent it and whatever is in force; the worst that a flood of odd headers does is that others are read again. A resource of one thread.
class HeaderMemo {
 public:
  // key: secret to this process, so that nobody can choose which headers displace each other.
  explicit HeaderMemo(base::HashKey key);

  // find(text, arena): the header that was kept for this text; its kid is borrowed from the arena.
  std::optional<HeaderView> find(std::string_view text, base::Arena& arena) const;
  // keep(text, header): remembers it in place of another; not if the text or the kid is unusually long.
  void keep(std::string_view text, const HeaderView& header);

  static constexpr std::size_t kEntries = 64;
  static constexpr std::size_t kTextBytesMax = 256;
  static constexpr std::size_t kKidBytesMax = 128;

 private:
  struct Entry {
    std::uint16_t text_bytes = 0;  // 0: free
    std::uint16_t kid_bytes = 0;
    bool has_kid = false;
    crypto::Algorithm algorithm = crypto::Algorithm::unset;
    TypeClass type = TypeClass::unset;
    std::array<char, kTextBytesMax> text;
    std::array<char, kKidBytesMax> kid;
  };
  std::size_t place_of(std::string_view text) const noexcept { return base::keyed_hash(key_, 0, text) % kEntries; }

  base::HashKey key_;
  std::vector<Entry> entries_;
};

}  // namespace assay::jose
