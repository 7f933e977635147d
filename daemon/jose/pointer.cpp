// Reference tokens are compared as they are unescaped: the request path needs no memory for them.
#include "jose/pointer.h"

#include <cstddef>

#include "base/limits.h"

namespace assay::jose {

std::optional<PointerView> PointerView::parse(std::string_view text) noexcept {
  if (text.empty() || text[0] != '/' || text.size() > base::limits::kPointerBytesMax) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return std::nullopt;
  }
  return PointerView(text);
}

std::string_view PointerStepper::current() const noexcept {
  const std::string_view token = rest_.substr(1);
  return token.substr(0, token.find('/'));
}

void PointerStepper::next() noexcept { rest_.remove_prefix(1 + current().size()); }

bool PointerStepper::matches_name(std::string_view name) const noexcept {
  const std::string_view token = current();
  std::size_t at = 0;
  for (std::size_t i = 0; i < token.size(); ++i, ++at) {
    char c = token[i];
    if (c == '~') c = token[++i] == '0' ? '~' : '/';
    if (at == name.size() || name[at] != c) return false;
  }
  return at == name.size();
}

std::optional<std::size_t> PointerStepper::array_index() const noexcept {
  const std::string_view token = current();
  if (token.empty() || token.size() > 9 || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  std::size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

}  // namespace assay::jose
