// One entry a place and no chains: what is pushed out is read again, which costs what it always did.
#include "jose/header_memo.h"

#include <algorithm>

namespace assay::jose {

HeaderMemo::HeaderMemo(base::HashKey key) : key_(key), entries_(kEntries) {}

std::optional<HeaderView> HeaderMemo::find(std::string_view text, base::Arena& arena) const {
  if (text.empty() || text.size() > kTextBytesMax) return std::nullopt;
  const Entry& entry = entries_[place_of(text)];
  if (std::string_view(entry.text.data(), entry.text_bytes) != text) return std::nullopt;
  HeaderView header{.algorithm = entry.algorithm, .type = entry.type, .kid = std::nullopt};
  if (entry.has_kid) header.kid = arena.copy({entry.kid.data(), entry.kid_bytes});  // the entry may be another's before the batch ends
  return header;
}

void HeaderMemo::keep(std::string_view text, const HeaderView& header) {
  if (text.empty() || text.size() > kTextBytesMax || (header.kid && header.kid->size() > kKidBytesMax)) return;
  Entry& entry = entries_[place_of(text)];
  entry.text_bytes = static_cast<std::uint16_t>(text.size());
  entry.has_kid = header.kid.has_value();
  entry.kid_bytes = static_cast<std::uint16_t>(header.kid ? header.kid->size() : 0);
  entry.algorithm = header.algorithm;
  entry.type = header.type;
  std::ranges::copy(text, entry.text.begin());
  if (header.kid) std::ranges::copy(*header.kid, entry.kid.begin());
}

}  // namespace assay::jose
