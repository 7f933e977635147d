// Where the parts are, and nothing else: a token of any size costs no more than a search for four dots.
#include "jose/compact.h"

#include "base/limits.h"

namespace assay::jose {

base::Result<CompactJwsView, schema::Code> split_compact(std::string_view token) noexcept {
  using schema::Code;
  constexpr std::size_t kNone = std::string_view::npos;
  if (token.size() > base::limits::kTokenBytesMax) return std::unexpected(Code::token_too_large);

  const std::size_t first = token.find('.');
  const std::size_t second = first == kNone ? kNone : token.find('.', first + 1);
  if (second == kNone) return std::unexpected(Code::not_compact);
  const std::size_t third = token.find('.', second + 1);
  if (third != kNone) {
    const std::size_t fourth = token.find('.', third + 1);
    const bool five_parts = fourth != kNone && token.find('.', fourth + 1) == kNone;
    return std::unexpected(five_parts ? Code::encrypted : Code::not_compact);
  }

  const CompactJwsView parts{
      .header = token.substr(0, first),
      .payload = token.substr(first + 1, second - first - 1),
      .signature = token.substr(second + 1),
      .signing_input = token.substr(0, second),
  };
  if (parts.header.empty() || parts.payload.empty() || parts.signature.empty()) return std::unexpected(Code::not_compact);
  if (parts.header.size() > base::limits::kHeaderBytesMax) return std::unexpected(Code::header_too_large);
  return parts;
}

}  // namespace assay::jose
