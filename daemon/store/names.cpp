// A name is ours only if we would have made it: whatever else lies in the folder is never touched.
#include "store/names.h"

#include <algorithm>

#include "base/hex.h"
#include "crypto/sha2.h"

namespace assay::store {
namespace {

constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kAside = ".damaged";
constexpr std::string_view kDocument = "document-";
constexpr std::string_view kKeys = "keys-";
constexpr std::size_t kDocumentDigits = 16;
constexpr std::size_t kKeysDigits = 32;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text[0] != '0' && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_document(std::string_view name) {
  if (!name.starts_with(kDocument)) return false;
  name.remove_prefix(kDocument.size());
  const std::size_t dash = name.find('-');
  return dash != std::string_view::npos && is_number(name.substr(0, dash)) && is_hex(name.substr(dash + 1), kDocumentDigits);
}

bool is_keys(std::string_view name) { return name.starts_with(kKeys) && is_hex(name.substr(kKeys.size()), kKeysDigits); }

bool take_suffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

std::string join(std::string_view a, std::string_view b) { return std::string(a).append(b); }

}  // namespace

bool is_hex(std::string_view text, std::size_t digits) noexcept {
  return text.size() == digits && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

FileName parse_name(std::string_view name) noexcept {
  FileName parts;
  if (take_suffix(name, kTemporary)) parts.stage = FileName::Stage::temporary;
  else if (take_suffix(name, kAside)) parts.stage = FileName::Stage::aside;
  if (name == kStateName) parts.kind = FileName::Kind::state;
  else if (is_document(name)) parts.kind = FileName::Kind::document;
  else if (is_keys(name)) parts.kind = FileName::Kind::keys;
  return parts;
}

std::string temporary_name(std::string_view name) { return join(name, kTemporary); }

std::string aside_name(std::string_view name) { return join(name, kAside); }

std::string document_name(std::uint64_t number, std::string_view digest) {
  return join(kDocument, std::to_string(number)) + "-" + std::string(digest.substr(0, kDocumentDigits));
}

std::string keys_name(const SourceRecord& source) {
  std::string text;
  for (const std::string_view line : {std::string_view(source.kind), std::string_view(source.url), std::string_view(source.ca_file),
                                      std::string_view(source.client_certificate), std::string_view(source.client_key), std::string_view(source.proxy),
                                      std::string_view(source.allow_http ? "true" : "false")}) {
    text.append(line).append("\n");
  }
  return join(kKeys, base::hex(crypto::sha256(base::as_bytes(text))).substr(0, kKeysDigits));
}

}  // namespace assay::store
