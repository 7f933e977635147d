// Text that a peer chose is escaped before it meets a log line: no newline, no terminal sequence, no endless line.
#include "base/log.h"

namespace assay::base {

std::string printable(std::string_view text, std::size_t bytes_max, Blanks blanks) {
  constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t cut_at = 0;  // the end of the last piece after which the dots still fit
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet > 0x20 && octet < 0x7F && c != '\\') || (c == ' ' && blanks == Blanks::kept)) out += c;
    else out += fmt::format("\\x{:02x}", octet);
    if (out.size() > bytes_max) return out.substr(0, cut_at).append(kCut.substr(0, bytes_max));
    if (out.size() + kCut.size() <= bytes_max) cut_at = out.size();
  }
  return out;
}

}  // namespace assay::base
