// Project Wycheproof's json_web_key_test.json (github.com/C2SP/wycheproof, Apache 2.0): key sets that a careful reader must not use, each with a
// JWS. The file is for libraries that also do HMAC: what it calls valid there is refused here, for such keys are alarms and such algorithms do not
// exist.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "crypto/engine.h"
#include "jose/base64url.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json_document.h"
#include "jose/json_fixture.h"
#include "jose/jwk.h"

namespace assay::jose {
namespace {

std::filesystem::path vectors_file() {
  const char* named = std::getenv("ASSAY_VECTORS");
  return std::filesystem::path(named != nullptr ? named : ASSAY_SHARED_VECTORS) / "wycheproof" / "json_web_key_test.json";
}

// What each key set must come to: keys used, entries skipped, alarms among them.
struct SetOutcome {
  std::size_t used = 0;
  std::size_t skipped = 0;
  std::size_t alarms = 0;
  bool operator==(const SetOutcome&) const = default;
};

void PrintTo(const SetOutcome& outcome, std::ostream* out) { *out << outcome.used << " used, " << outcome.skipped << " skipped, " << outcome.alarms
    << " alarms"; }

SetOutcome outcome_of(const Jwks& jwks) {
  SetOutcome outcome{jwks.keys.size(), jwks.skipped.size(), 0};
  for (const SkippedKey& skipped : jwks.skipped) outcome.alarms += skipped.alarm ? 1U : 0U;
  return outcome;
}

// Whether the key set verifies the token: by kid and algorithm, as the request path selects. The payload is not looked at.
bool verifies(const Jwks& jwks, std::string_view token) {
  const auto parts = split_compact(token);
  if (!parts) return false;
  const auto octets = base64url_decode(parts->header);
  const auto signature = base64url_decode(parts->signature);
  if (!octets || !signature) return false;
  JsonRig rig;
  const auto header = parse_header(rig.text.put(base::as_text(*octets)), rig.workspace, rig.arena);
  if (!header) return false;
  const auto engine = crypto::make_reference_engine();
  for (const VerificationKey& key : jwks.keys) {
    if (key.kid != header->kid || !key.algorithms.contains(header->algorithm)) continue;
    const std::array check{crypto::SignatureCheckView{header->algorithm, key.material.get(), base::as_bytes(parts->signing_input), *signature}};
    std::array<crypto::SignatureResult, 1> result{};
    crypto::verify_batch(*engine, check, result);
    if (result[0] == crypto::SignatureResult::valid) return true;
  }
  return false;
}

std::string string_member(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  EXPECT_TRUE(value != nullptr && value->kind == JsonKind::string) << name;
  return value != nullptr ? std::string(value->string) : "";
}

void expect_known(const JsonValue& object, const std::set<std::string_view>& known) {
  for (const JsonMember& member : object.members) EXPECT_TRUE(known.contains(member.name)) << "unknown member " << member.name;
}

TEST(JwkWycheproof, UsesNoKeySetThatItShouldNot) {
  const std::filesystem::path path = vectors_file();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "skipped: no vectors at " << path << " (set ASSAY_VECTORS)";
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document.has_value());
  const JsonValue& root = document->root();
  EXPECT_EQ(root.find("numberOfTests")->raw, "26");

  // By the number of the first test of a group: what its public set comes to. Groups that have none are symmetric: their private set is read instead.
  const std::map<std::string, SetOutcome> public_outcomes{
      {"1", {1, 1, 1}},   // an oct key beside a P-256 key: the set is used without the oct key, whose token is refused
      {"2", {0, 2, 2}}, {"4", {0, 2, 2}}, {"5", {1, 0, 0}},
      {"6", {0, 1, 0}},   // use enc
      {"7", {1, 0, 0}},   // a modulus that a flawed generator made (ROCA): its numbers break no rule that we have
      {"8", {0, 1, 0}},   // 1024 bits
      {"9", {0, 1, 0}},   // e = 1
      {"10", {0, 1, 1}}, {"11", {0, 1, 1}}, {"12", {0, 1, 1}}, {"13", {0, 1, 1}}, {"14", {0, 1, 1}}, {"15", {0, 1, 1}}, {"16", {0, 1, 1}}, {"17", {0,
      1, 1}}, {"18", {0, 1, 1}},
      {"19", {0, 1, 0}},  // alg ES521
      {"20", {0, 1, 0}},  // alg ES224
      {"21", {0, 1, 0}},  // use enc
      {"22", {0, 1, 0}},  // not on the curve
      {"23", {0, 1, 0}},  // crv P-384, coordinates of P-256
      {"24", {0, 1, 0}},  // kty RSA, members of EC
      {"25", {0, 1, 1}}, {"26", {0, 1, 1}},
  };
  // The tests whose token verifies: 5 is valid, 7 is the ROCA key's.
  const std::set<std::string> verified{"5", "7"};

  std::size_t groups = 0;
  std::size_t tests = 0;
  for (const JsonValue& group : root.find("testGroups")->elements) {
    ++groups;
    expect_known(group, {"type", "source", "comment", "private", "public", "tests"});
    ASSERT_EQ(string_member(group, "type"), "JsonWebKey");
    const JsonValue* published = group.find("public");
    const auto secret = parse_jwks(group.find("private")->raw);
    ASSERT_TRUE(secret.has_value());
    const auto jwks = parse_jwks((published != nullptr ? published : group.find("private"))->raw);
    ASSERT_TRUE(jwks.has_value());
    const std::string first(group.find("tests")->elements.at(0).find("tcId")->raw);
    ASSERT_TRUE(public_outcomes.contains(first)) << first;
    EXPECT_EQ(outcome_of(*jwks), public_outcomes.at(first)) << "test " << first;
    // A private set where a public one exists is all alarms.
    if (published != nullptr) {
      EXPECT_EQ(outcome_of(*secret), (SetOutcome{0, 1, 1})) << "test " << first;
    }

    for (const JsonValue& test : group.find("tests")->elements) {
      ++tests;
      expect_known(test, {"tcId", "comment", "jws", "result", "flags"});
      const std::string id(test.find("tcId")->raw);
      const bool valid = string_member(test, "result") == "valid";
      const bool hmac = string_member(group, "comment").find("HS") == 0 || string_member(group, "comment") == "jws_keyset";
      EXPECT_EQ(verifies(*jwks, string_member(test, "jws")), verified.contains(id)) << "test " << id << ": " << string_member(test, "comment");
      EXPECT_TRUE(valid == verified.contains(id) || id == "7" || (valid && hmac)) << "test " << id;
    }
  }
  EXPECT_EQ(groups, 25U);
  EXPECT_EQ(tests, 26U);
}

}  // namespace
}  // namespace assay::jose
