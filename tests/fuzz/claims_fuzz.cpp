// A payload and a pointer, with a NUL between them (which no JSON text holds). The slow reader says what the claims set is; the rules for claims in
// use are said once more here, on its tree.
#include "jose/claims.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "jose/slow_json.h"

namespace {

using namespace assay;
using schema::Code;
using slow::Json;

const Json* claim(const Json& root, std::string_view name) {
  for (const auto& [member, value] : root.members) {
    if (member == name) return &value;
  }
  return nullptr;
}

bool is_string_or_strings(const Json& value) {
  if (value.kind == Json::Kind::string) return true;
  const auto is_string = [](const Json& element) { return element.kind == Json::Kind::string; };
  return value.kind == Json::Kind::array && std::all_of(value.elements.begin(), value.elements.end(), is_string);
}

// Our ruling: claims in use.
bool has_good_claims(const Json& root) {
  for (const std::string_view name : {"iss", "sub", "jti", "client_id", "scope"}) {
    const Json* value = claim(root, name);
    if (value != nullptr && value->kind != Json::Kind::string) return false;
  }
  for (const std::string_view name : {"aud", "scp"}) {
    const Json* value = claim(root, name);
    if (value != nullptr && !is_string_or_strings(*value)) return false;
  }
  for (const std::string_view name : {"exp", "nbf", "iat"}) {
    const Json* value = claim(root, name);
    if (value != nullptr && (value->kind != Json::Kind::number || !jose::parse_numeric_date(value->raw))) return false;
  }
  const Json* confirmation = claim(root, "cnf");
  return confirmation == nullptr || confirmation->kind == Json::Kind::object;
}

Code expected_code(const slow::Reading& reading) {
  switch (reading.fault) {
    case jose::JsonFault::none: break;
    case jose::JsonFault::malformed: return Code::bad_payload;
    case jose::JsonFault::duplicate_member: return Code::duplicate_claim;
    case jose::JsonFault::too_complex: return Code::payload_too_complex;
  }
  if (reading.value->kind != Json::Kind::object) return Code::bad_payload;
  return has_good_claims(*reading.value) ? Code::accepted : Code::bad_claim;
}

std::vector<std::string> strings_of(const Json* value) {
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->kind == Json::Kind::string) out.push_back(value->string);
  for (const Json& element : value->elements) out.push_back(element.string);
  return out;
}

void split(const std::string& text, std::vector<std::string>& out) {
  std::string name;
  for (const char c : text + " ") {
    if (c != ' ') {
      name += c;
    } else if (!name.empty()) {
      out.push_back(name);
      name.clear();
    }
  }
}

std::vector<std::string> scopes_of(const Json& root) {
  std::vector<std::string> out;
  if (const Json* scope = claim(root, "scope")) split(scope->string, out);
  const Json* scp = claim(root, "scp");
  if (scp != nullptr && scp->kind == Json::Kind::string) split(scp->string, out);
  if (scp != nullptr && scp->kind == Json::Kind::array) {
    for (const std::string& name : strings_of(scp)) {
      if (!name.empty()) out.push_back(name);
    }
  }
  return out;
}

bool same(const std::optional<std::string_view>& fact, const Json* value) { return fact.has_value() == (value != nullptr) && (!fact ||
    *fact == value->string); }

bool same(const std::optional<jose::NumericDate>& fact, const Json* value) {
  if (fact.has_value() != (value != nullptr)) return false;
  if (!fact) return true;
  const auto date = jose::parse_numeric_date(value->raw);
  return date && date->seconds == fact->seconds && date->has_fraction == fact->has_fraction;
}

void check_facts(const jose::FactsView& facts, const Json& root) {
  CHECK(same(facts.issuer, claim(root, "iss")) && same(facts.subject, claim(root, "sub")));
  CHECK(same(facts.token_id, claim(root, "jti")) && same(facts.client_id, claim(root, "client_id")));
  CHECK(same(facts.expires_at, claim(root, "exp")) && same(facts.not_before, claim(root, "nbf")) && same(facts.issued_at, claim(root, "iat")));
  CHECK(facts.has_confirmation == (claim(root, "cnf") != nullptr));
  const std::vector<std::string> audiences = strings_of(claim(root, "aud"));
  CHECK(std::equal(facts.audiences.begin(), facts.audiences.end(), audiences.begin(), audiences.end()));
  const std::vector<std::string> scopes = scopes_of(root);
  CHECK(std::equal(facts.scopes.begin(), facts.scopes.end(), scopes.begin(), scopes.end()));
}

void check_pointer(const jose::PayloadView& payload, std::string_view pointer, const Json& root) {
  const auto parsed = jose::PointerView::parse(pointer);
  if (!parsed) return;
  const auto found = payload.find(*parsed);
  const Json* expected = slow::find(root, pointer);
  CHECK(found.has_value() == (expected != nullptr));
  if (!found) return;
  CHECK(found->raw == expected->raw && found->string == expected->string && found->kind != jose::ClaimView::Kind::unset);
  const auto elements = payload.elements(*found);
  CHECK(elements.size() == expected->elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) CHECK(elements[i].raw == expected->elements[i].raw);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::Workspace workspace;
  workspace.arena.reset();
  std::string_view pointers = fuzz::text_of(data, size);
  const std::string_view json = fuzz::take_part(pointers, '\0');
  if (json.size() > base::limits::kTokenBytesMax) return 0;

  const fuzz::PaddedText padded(json);
  const auto facts = jose::parse_claims({}, padded.bytes(), workspace.json, workspace.arena);
  const slow::Reading reading = slow::read_json(json, {fuzz::kTokenLimits});
  CHECK((facts ? Code::accepted : facts.error()) == expected_code(reading));
  // Once more, now that its names are remembered.
  const auto again = jose::parse_claims({}, padded.bytes(), workspace.json, workspace.arena);
  CHECK((again ? Code::accepted : again.error()) == expected_code(reading));
  if (!facts) return 0;
  check_facts(*facts, *reading.value);
  const jose::PayloadView payload(padded.bytes(), workspace.json, workspace.arena);
  do check_pointer(payload, fuzz::take_part(pointers, '\0'), *reading.value);
  while (!pointers.empty());
  return 0;
}
