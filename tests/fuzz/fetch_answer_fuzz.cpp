// What an issuer answers, as assay-fetch parses it: header lines up to an empty one, then a discovery document. Whatever the lines say, ages have their bounds and tags can be
// sent back; the slow reader says whether the document names keys.
#include <algorithm>
#include <string>

#include "fetch/headers.h"
#include "fetch/metadata.h"
#include "fetch/order.h"
#include "fuzz/fuzz.h"
#include "jose/json_document.h"
#include "jose/jwk.h"
#include "jose/slow_json.h"
#include "snapshot/key_url.h"

namespace {

using namespace assay;
using slow::Json;

constexpr std::string_view kIssuer = "https://id.example/am";
constexpr std::uint64_t kSecondsMax = 2'147'483'648;
constexpr std::int64_t kNow = 784111777;

void check_headers(std::string_view head) {
  fetch::AnswerHeaders headers;
  while (!head.empty()) headers.add_line(fuzz::take_part(head, '\n'));
  CHECK(headers.etag().empty() || fetch::is_etag(headers.etag()));
  const auto max_age = headers.max_age_s();
  CHECK(!max_age || *max_age <= kSecondsMax);
  const auto retry_after = headers.retry_after_s(kNow);
  CHECK(!retry_after || *retry_after <= kSecondsMax);

  // A head that has not ended: what comes last counts, whatever came before.
  fetch::AnswerHeaders aged = headers;
  aged.add_line("HTTP/1.1 200 OK");
  CHECK(!aged.max_age_s() && !aged.retry_after_s(kNow) && aged.etag().empty() && !aged.is_encoded());
  aged.add_line("Cache-Control: max-age=60");
  aged.add_line("Age: 61");
  CHECK(aged.max_age_s() == 0U);
}

// slow_uri(document): what read_jwks_uri must find; nothing if it must refuse.
std::optional<std::string> slow_uri(std::string_view document) {
  const slow::Reading reading = slow::read_json(document, {.limits = {jose::kJsonDepthMax, 1 << 20, 1 << 20}, .duplicates_refused = false});
  if (!reading.value || reading.value->kind != Json::Kind::object) return std::nullopt;
  const auto& members = reading.value->members;
  const Json* issuer = nullptr;
  const Json* uri = nullptr;
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (members[i].name == members[k].name) return std::nullopt;
    }
    if (members[i].name == "issuer") issuer = &members[i].value;
    if (members[i].name == "jwks_uri") uri = &members[i].value;
  }
  if (issuer == nullptr || issuer->kind != Json::Kind::string || issuer->string != kIssuer) return std::nullopt;
  if (uri == nullptr || uri->kind != Json::Kind::string || !snapshot::is_key_url(uri->string, false)) return std::nullopt;
  if (!uri->string.starts_with("https:")) return std::nullopt;  // as the issuer is
  return uri->string;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  check_headers(text.substr(0, end));
  const std::string_view body = text.substr(std::min(end + 2, text.size()));
  const auto found = fetch::read_jwks_uri(body, kIssuer, false);
  const auto expected = slow_uri(body);
  CHECK(found.has_value() == expected.has_value());
  if (found) CHECK(*found == *expected);
  else CHECK(!found.error().what.empty() && found.error().what.size() < 200);
  // A document that names keys is a JSON object.
  if (found) CHECK(fetch::find_json_fault(body).empty());
  return 0;
}
