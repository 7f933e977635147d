// A token as it comes: split, decoded, its header read. The split is compared with cutting at every dot, each part with the slow decoder, and
// whether the header is JSON with the slow reader.
#include "jose/compact.h"

#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "jose/base64url.h"
#include "jose/header.h"
#include "jose/slow_base64url.h"
#include "jose/slow_json.h"

namespace {

using namespace assay;
using schema::Code;

// docs/ARCHITECTURE.md, "Validation, in order", 1, said once more.
Code slow_split(std::string_view token, std::vector<std::string_view>& parts) {
  if (token.size() > 16384) return Code::token_too_large;
  parts.emplace_back();
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= token.size(); ++i) {
    if (i < token.size() && token[i] != '.') continue;
    parts.back() = token.substr(begin, i - begin);
    begin = i + 1;
    if (i < token.size()) parts.emplace_back();
  }
  if (parts.size() == 5) return Code::encrypted;
  if (parts.size() != 3) return Code::not_compact;
  for (const std::string_view part : parts) {
    if (part.empty()) return Code::not_compact;
  }
  return parts[0].size() > 4096 ? Code::header_too_large : Code::accepted;
}

void check_header(std::string_view octets) {
  static fuzz::Workspace workspace;
  workspace.arena.reset();
  const fuzz::PaddedText padded(octets);
  const auto header = jose::parse_header(padded.bytes(), workspace.json, workspace.arena);
  const slow::Reading reading = slow::read_json(octets, {fuzz::kTokenLimits});
  const bool is_object = reading.value && reading.value->kind == slow::Json::Kind::object;
  const bool syntax_refused = !header && (header.error() == Code::bad_header || header.error() == Code::duplicate_header_member ||
      header.error() == Code::header_too_complex);
  CHECK(syntax_refused == !is_object);
  if (!header) return;
  CHECK(header->algorithm != crypto::Algorithm::unset && header->type != jose::TypeClass::unset);
  for (const std::string_view refused : {"/crit", "/b64", "/zip"}) CHECK(slow::find(*reading.value, refused) == nullptr);
  const slow::Json* kid = slow::find(*reading.value, "/kid");
  CHECK((kid != nullptr) == header->kid.has_value());
  CHECK(kid == nullptr || kid->string == *header->kid);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view token = fuzz::text_of(data, size);
  const auto split = jose::split_compact(token);
  std::vector<std::string_view> parts;
  const Code expected = slow_split(token, parts);
  CHECK(split.has_value() == (expected == Code::accepted));
  if (!split) {
    CHECK(split.error() == expected);
    return 0;
  }
  CHECK(split->header == parts[0] && split->payload == parts[1] && split->signature == parts[2]);
  CHECK(split->signing_input.data() == token.data() && split->signing_input.size() + 1 + split->signature.size() == token.size());
  for (const std::string_view part : parts) {
    const auto octets = jose::base64url_decode(part);
    const auto slow_octets = slow::base64url_decode(part);
    CHECK(octets.has_value() == slow_octets.has_value());
    CHECK(!octets || base::as_text(*octets) == *slow_octets);
  }
  if (const auto octets = slow::base64url_decode(parts[0])) check_header(*octets);
  return 0;
}
