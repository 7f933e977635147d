#include "jose/jwk.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <set>
#include <string>
#include <vector>

#include "crypto/engine.h"
#include "jose/base64url.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json_fixture.h"
#include "jose/rfc_keys.h"

namespace assay::jose {
namespace {

using crypto::Algorithm;
using crypto::AlgorithmSet;
using crypto::KeyType;

std::string member(std::string_view name, std::string_view value) { return ",\"" + std::string(name) + "\":\"" + std::string(value) + "\""; }

std::string rsa(std::string_view more = "") { return R"({"kty":"RSA")" + member("n", rfc::kRsaN) + member("e", "AQAB") + std::string(more) + "}"; }
std::string p256(std::string_view more = "") { return R"({"kty":"EC","crv":"P-256")" + member("x", rfc::kP256X) + member("y", rfc::kP256Y) +
    std::string(more) + "}"; }
std::string p384(std::string_view more = "") { return R"({"kty":"EC","crv":"P-384")" + member("x", rfc::kP384X) + member("y", rfc::kP384Y) +
    std::string(more) + "}"; }
std::string p521(std::string_view more = "") { return R"({"kty":"EC","crv":"P-521")" + member("x", rfc::kP521X) + member("y", rfc::kP521Y) +
    std::string(more) + "}"; }
std::string ed25519(std::string_view more = "") { return R"({"kty":"OKP","crv":"Ed25519")" + member("x", rfc::kEd25519X) + std::string(more) + "}"; }

std::string set_of(const std::vector<std::string>& keys) {
  std::string out = "{\"keys\":[";
  for (std::size_t i = 0; i < keys.size(); ++i) out += (i == 0 ? "" : ",") + keys[i];
  return out + "]}";
}

Jwks parse(const std::vector<std::string>& keys) {
  auto jwks = parse_jwks(set_of(keys));
  EXPECT_TRUE(jwks.has_value()) << (jwks ? "" : jwks.error().what);
  return jwks ? *jwks : Jwks{};
}

// The one key of a set that must be good.
VerificationKey key_of(const std::string& jwk) {
  Jwks jwks = parse({jwk});
  EXPECT_EQ(jwks.keys.size(), 1U) << jwk << (jwks.skipped.empty() ? "" : jwks.skipped[0].reason);
  return jwks.keys.empty() ? VerificationKey{} : jwks.keys[0];
}

// The reason why the one key of a set is skipped; "used" if it is not.
std::string reason_of(const std::string& jwk) {
  const Jwks jwks = parse({jwk});
  if (jwks.skipped.size() != 1 || !jwks.keys.empty()) return "used";
  return (jwks.skipped[0].alarm ? "alarm: " : "") + jwks.skipped[0].reason;
}

std::string thumbprint_of(const std::string& jwk) { return base64url_encode(key_of(jwk).thumbprint); }

AlgorithmSet set_of(std::initializer_list<Algorithm> algorithms) {
  AlgorithmSet set;
  for (const Algorithm algorithm : algorithms) set.insert(algorithm);
  return set;
}

// RFC 7517 appendix A.1 and RFC 7638 section 3.1.
TEST(Jwks, ReadsTheSetOfTheRfc) {
  const auto jwks = parse_jwks(rfc::kRfc7517Set);
  ASSERT_TRUE(jwks.has_value());
  ASSERT_EQ(jwks->keys.size(), 1U);
  const VerificationKey& key = jwks->keys[0];
  EXPECT_EQ(key.kid, "2011-04-29");
  EXPECT_EQ(key.algorithms, set_of({Algorithm::rs256}));
  EXPECT_EQ(key.material->type(), KeyType::rsa);
  EXPECT_EQ(key.material->bits(), 2048U);
  EXPECT_EQ(base64url_encode(key.thumbprint), rfc::kRfc7638Thumbprint);
  ASSERT_EQ(jwks->skipped.size(), 1U);
  EXPECT_EQ(jwks->skipped[0].index, 0U);
  EXPECT_EQ(jwks->skipped[0].kid, "1");
  EXPECT_EQ(jwks->skipped[0].reason, "`use` is not sig");
  EXPECT_FALSE(jwks->skipped[0].alarm);
}

// RFC 8037 appendix A.3.
TEST(Jwks, ThumbprintsEd25519AsTheRfcDoes) { EXPECT_EQ(thumbprint_of(ed25519()), rfc::kEd25519Thumbprint); }

// RFC 7638 sections 3.2 and 3.3: the required members in order; SHA-256 by OpenSSL.
TEST(Jwks, ThumbprintsEllipticCurvesByTheRule) {
  const auto expected = [](std::string_view crv, std::string_view x, std::string_view y) {
    const std::string json = R"({"crv":")" + std::string(crv) + R"(","kty":"EC","x":")" + std::string(x) + R"(","y":")" + std::string(y) + "\"}";
    std::array<std::byte, 32> digest;
    SHA256(reinterpret_cast<const unsigned char*>(json.data()), json.size(), reinterpret_cast<unsigned char*>(digest.data()));
    return base64url_encode(digest);
  };
  EXPECT_EQ(thumbprint_of(p256()), expected("P-256", rfc::kP256X, rfc::kP256Y));
  EXPECT_EQ(thumbprint_of(p384()), expected("P-384", rfc::kP384X, rfc::kP384Y));
  EXPECT_EQ(thumbprint_of(p521()), expected("P-521", rfc::kP521X, rfc::kP521Y));
}

// The thumbprint is of the numbers: not of optional members, their order, or a leading zero octet.
TEST(Jwks, ThumbprintsTheNumbersAlone) {
  const auto octets = base64url_decode(rfc::kRsaN);
  std::vector<std::byte> with_zero{std::byte{0}};
  with_zero.insert(with_zero.end(), octets->begin(), octets->end());
  const std::string padded = R"({"e":"AAEAAQ","alg":"PS512","kid":"z","kty":"RSA")" + member("n", base64url_encode(with_zero)) + "}";
  EXPECT_EQ(thumbprint_of(padded), thumbprint_of(rsa()));
  EXPECT_NE(thumbprint_of(R"({"kty":"RSA","e":"Aw")" + member("n", rfc::kRsaN) + "}"), thumbprint_of(rsa()));
}

// RFC 7515 appendices A.2 to A.4, RFC 8037 appendix A.4: token, header and key as they stand there, through parser and engine.
TEST(Jwks, ReadsKeysThatVerifyTheTokensOfTheRfcs) {
  const std::vector<std::pair<std::string, std::string_view>> cases{{rsa(), rfc::kRsaToken}, {p256(), rfc::kP256Token}, {p521(), rfc::kP521Token},
      {ed25519(), rfc::kEd25519Token}};
  const auto engine = crypto::make_reference_engine();
  JsonRig rig;
  for (const auto& [jwk, token] : cases) {
    const auto parts = split_compact(token);
    ASSERT_TRUE(parts.has_value());
    const auto octets = base64url_decode(parts->header);
    ASSERT_TRUE(octets.has_value());
    const auto header = parse_header(rig.text.put(base::as_text(*octets)), rig.workspace, rig.arena);
    ASSERT_TRUE(header.has_value());
    const VerificationKey key = key_of(jwk);
    EXPECT_TRUE(key.algorithms.contains(header->algorithm));
    const auto signature = base64url_decode(parts->signature);
    ASSERT_TRUE(signature.has_value());
    const std::array check{crypto::SignatureCheckView{header->algorithm, key.material.get(), base::as_bytes(parts->signing_input), *signature}};
    std::array<crypto::SignatureResult, 1> result{};
    crypto::verify_batch(*engine, check, result);
    EXPECT_EQ(result[0], crypto::SignatureResult::valid) << jwk;
  }
}

// The claims sets of RFC 7515 appendices A.2 and A.3; the payloads of A.4 and of RFC 8037 are none.
TEST(Jwks, ComeWithTokensWhoseClaimsAreRead) {
  JsonRig rig;
  const auto claims_of = [&rig](std::string_view token) {
    const auto octets = base64url_decode(split_compact(token)->payload);
    return parse_claims({.algorithm = Algorithm::rs256, .type = TypeClass::absent, .kid = std::nullopt}, rig.text.put(base::as_text(*octets)),
        rig.workspace, rig.arena);
  };
  for (const std::string_view token : {rfc::kRsaToken, rfc::kP256Token}) {
    const auto facts = claims_of(token);
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->issuer, "joe");
    EXPECT_EQ(facts->expires_at->seconds, 1300819380);
  }
  EXPECT_EQ(claims_of(rfc::kP521Token).error(), schema::Code::bad_payload);
  EXPECT_EQ(claims_of(rfc::kEd25519Token).error(), schema::Code::bad_payload);
}

// RFC 7517 section 4.4; our ruling: EdDSA and Ed25519 admit both.
TEST(Jwks, NarrowsAlgorithmsByAlg) {
  const AlgorithmSet rsa_all = set_of({Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384, Algorithm::ps512});
  EXPECT_EQ(key_of(rsa()).algorithms, rsa_all);
  EXPECT_EQ(key_of(p256()).algorithms, set_of({Algorithm::es256}));
  EXPECT_EQ(key_of(p384()).algorithms, set_of({Algorithm::es384}));
  EXPECT_EQ(key_of(p521()).algorithms, set_of({Algorithm::es512}));
  EXPECT_EQ(key_of(ed25519()).algorithms, set_of({Algorithm::eddsa}));
  EXPECT_EQ(key_of(rsa(member("alg", "PS384"))).algorithms, set_of({Algorithm::ps384}));
  EXPECT_EQ(key_of(p521(member("alg", "ES512"))).algorithms, set_of({Algorithm::es512}));
  EXPECT_EQ(key_of(ed25519(member("alg", "EdDSA"))).algorithms, set_of({Algorithm::eddsa}));
  EXPECT_EQ(key_of(ed25519(member("alg", "Ed25519"))).algorithms, set_of({Algorithm::eddsa}));
}

TEST(Jwks, TakesWhatPublishesAPurposeOfOurs) {
  EXPECT_EQ(reason_of(rsa(R"(,"use":"sig")")), "used");
  EXPECT_EQ(reason_of(rsa(R"(,"key_ops":["verify"])")), "used");
  EXPECT_EQ(reason_of(rsa(R"(,"key_ops":["sign","verify",1])")), "used");
  EXPECT_EQ(reason_of(rsa(R"(,"x5c":["MIIB"],"x5t":1,"x5u":"https://attacker.example/","x5t#S256":null,"ext":true,"whatever":{"d":1})")), "used");
  // RFC 8725 section 3.10: what a certificate chain in the JWK says is not looked at.
  EXPECT_EQ(reason_of(ed25519(R"(,"y":5)")), "used");
}

struct SkipCase {
  std::string jwk;
  std::string reason;
};

// jwk.h: each reason. One bad key does not take the others with it.
TEST(Jwks, SkipsKeysWithAReason) {
  const std::string x = member("x", rfc::kP256X);
  const std::string y = member("y", rfc::kP256Y);
  const std::vector<SkipCase> cases{
      // What is no JWK.
      {"null", "null, where a JWK is an object"},
      {"[]", "an array, where a JWK is an object"},
      {"\"key\"", "a string, where a JWK is an object"},
      {"1", "a number, where a JWK is an object"},
      {"true", "a boolean, where a JWK is an object"},
      {"{}", "`kty` is missing or no string"},
      {R"({"kty":null})", "`kty` is missing or no string"},
      {R"({"kty":["RSA"]})", "`kty` is missing or no string"},
      // RFC 7518 section 6.1: types that are not ours, compared with their case.
      {R"({"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA"})", "`kty` AKP is not one that is taken"},
      {R"({"kty":"rsa"})", "`kty` rsa is not one that is taken"},
      {R"({"kty":"ec"})", "`kty` ec is not one that is taken"},
      {R"({"kty":""})", "`kty`  is not one that is taken"},
      {R"({"kty":"a\nb"})", "`kty` a\\x0ab is not one that is taken"},
      // RFC 7518 section 6.2.1.1, RFC 8037 section 2.
      {R"({"kty":"EC")" + x + y + "}", "`crv` is missing or no string"},
      {R"({"kty":"EC","crv":256)" + x + y + "}", "`crv` is missing or no string"},
      {R"({"kty":"EC","crv":"secp256k1")" + x + y + "}", "`crv` secp256k1 is not one that is taken"},
      {R"({"kty":"EC","crv":"p-256")" + x + y + "}", "`crv` p-256 is not one that is taken"},
      {R"({"kty":"EC","crv":"Ed25519")" + x + y + "}", "`crv` Ed25519 is not one that is taken"},
      {R"({"kty":"OKP","crv":"P-256")" + x + y + "}", "`crv` P-256 is not one that is taken"},
      {R"({"kty":"OKP","crv":"X25519")" + x + "}", "`crv` X25519 is not one that is taken"},
      {R"({"kty":"OKP","crv":"Ed448")" + x + "}", "`crv` Ed448 is not one that is taken"},
      {R"({"kty":"OKP")" + x + "}", "`crv` is missing or no string"},
      // Numbers missing, of the wrong type, not strict base64url.
      {R"({"kty":"RSA","e":"AQAB"})", "`n` is missing or no string"},
      {R"({"kty":"RSA","n":5,"e":"AQAB"})", "`n` is missing or no string"},
      {R"({"kty":"RSA")" + member("n", rfc::kRsaN) + "}", "`e` is missing or no string"},
      {R"({"kty":"RSA","e":65537)" + member("n", rfc::kRsaN) + "}", "`e` is missing or no string"},
      {R"({"kty":"RSA","e":"AQAB=")" + member("n", rfc::kRsaN) + "}", "`e` is not strict base64url"},
      {R"({"kty":"RSA","e":"AQ+B")" + member("n", rfc::kRsaN) + "}", "`e` is not strict base64url"},
      {R"({"kty":"RSA","e":"AQAB")" + member("n", std::string(rfc::kRsaN) + "==") + "}", "`n` is not strict base64url"},
      {R"({"kty":"EC","crv":"P-256")" + y + "}", "`x` is missing or no string"},
      {R"({"kty":"EC","crv":"P-256")" + x + "}", "`y` is missing or no string"},
      {R"({"kty":"EC","crv":"P-256","y":" ")" + x + "}", "`y` is not strict base64url"},
      {R"({"kty":"OKP","crv":"Ed25519"})", "`x` is missing or no string"},
      // RFC 7517 sections 4.2 and 4.3.
      {rsa(R"(,"use":"enc")"), "`use` is not sig"},
      {rsa(R"(,"use":"SIG")"), "`use` is not sig"},
      {rsa(R"(,"use":"")"), "`use` is not sig"},
      {rsa(R"(,"use":null)"), "`use` is not sig"},
      {rsa(R"(,"use":["sig"])"), "`use` is not sig"},
      {rsa(R"(,"key_ops":[])"), "`key_ops` does not hold verify"},
      {rsa(R"(,"key_ops":["sign"])"), "`key_ops` does not hold verify"},
      {rsa(R"(,"key_ops":["Verify",["verify"],null])"), "`key_ops` does not hold verify"},
      {rsa(R"(,"key_ops":"verify")"), "`key_ops` is no array"},
      {rsa(R"(,"key_ops":null)"), "`key_ops` is no array"},
      {rsa(R"(,"use":"sig","key_ops":["encrypt"])"), "`key_ops` does not hold verify"},
      {rsa(R"(,"use":"enc","key_ops":["verify"])"), "`use` is not sig"},
      // RFC 7517 section 4.4.
      {rsa(R"(,"alg":"none")"), "`alg` none is not one that is taken"},
      {rsa(R"(,"alg":"HS256")"), "`alg` HS256 is not one that is taken"},
      {rsa(R"(,"alg":"RSA-OAEP")"), "`alg` RSA-OAEP is not one that is taken"},
      {rsa(R"(,"alg":"")"), "`alg`  is not one that is taken"},
      {rsa(R"(,"alg":null)"), "`alg` is no string"},
      {rsa(R"(,"alg":["RS256"])"), "`alg` is no string"},
      {rsa(R"(,"alg":"ES256")"), "`alg` ES256 does not fit the key"},
      {p256(R"(,"alg":"ES384")"), "`alg` ES384 does not fit the key"},
      {p384(R"(,"alg":"ES256")"), "`alg` ES256 does not fit the key"},
      {p521(R"(,"alg":"ES256")"), "`alg` ES256 does not fit the key"},
      {ed25519(R"(,"alg":"ES256")"), "`alg` ES256 does not fit the key"},
      {p256(R"(,"alg":"EdDSA")"), "`alg` EdDSA does not fit the key"},
      // RFC 7517 section 4.5.
      {rsa(R"(,"kid":1)"), "`kid` is no string"},
      {rsa(R"(,"kid":")" + std::string(1025, 'k') + '"'), "`kid` has 1025 bytes; 1024 are taken"},
      {rsa(R"(,"kid":null)"), "`kid` is no string"},
      {rsa(R"(,"kid":["a"])"), "`kid` is no string"},
      // RFC 7517 section 4: names within a JWK are unique.
      {rsa(R"(,"kid":"a","kid":"a")"), "member kid stands twice"},
      {rsa(R"(,"\u006b\u0069d":"a","kid":"b")"), "member kid stands twice"},
      {rsa(R"(,"n":"AQAB")"), "member n stands twice"},
      {rsa(R"(,"a b":1,"a b":2)"), "member a\\x20b stands twice"},
      {R"({"kty":"RSA","kty":"EC"})", "member kty stands twice"},
  };
  for (const SkipCase& c : cases) EXPECT_EQ(reason_of(c.jwk), c.reason) << c.jwk;

  std::vector<std::string> all{rsa(R"(,"kid":"first")")};
  constexpr std::size_t kMixed = 60;  // of them, for a set has at most 64 entries
  ASSERT_GE(cases.size(), kMixed);
  for (std::size_t i = 0; i < kMixed; ++i) all.push_back(cases[i].jwk);
  all.push_back(p256(R"(,"kid":"last")"));
  const Jwks jwks = parse(all);
  ASSERT_EQ(jwks.keys.size(), 2U);
  EXPECT_EQ(jwks.keys[0].kid, "first");
  EXPECT_EQ(jwks.keys[1].kid, "last");
  ASSERT_EQ(jwks.skipped.size(), kMixed);
  for (std::size_t i = 0; i < kMixed; ++i) EXPECT_EQ(jwks.skipped[i].index, i + 1);
}

// Numbers that KeyMaterial refuses become reasons too; which they are is crypto's business.
TEST(Jwks, SkipsNumbersThatAreNoKey) {
  const auto starts = [](const std::string& jwk, std::string_view reason) { EXPECT_TRUE(reason_of(jwk).starts_with(reason)) << jwk << ": "
      << reason_of(jwk); };
  starts(R"({"kty":"RSA","e":"AQAB","n":""})", "RSA modulus");
  starts(R"({"kty":"RSA","e":"AQAB","n":"AQAB"})", "RSA modulus has 17 bits");
  starts(R"({"kty":"RSA","e":"")" + member("n", rfc::kRsaN) + "}", "RSA exponent");
  starts(R"({"kty":"RSA","e":"AQ")" + member("n", rfc::kRsaN) + "}", "RSA exponent is 1");
  starts(R"({"kty":"RSA","e":"AQAA")" + member("n", rfc::kRsaN) + "}", "RSA exponent is zero or even");
  starts(R"({"kty":"RSA","e":"AQAAAAE")" + member("n", rfc::kRsaN) + "}", "RSA exponent has 33 bits");
  starts(R"({"kty":"EC","crv":"P-256")" + member("x", rfc::kP256X) + member("y", rfc::kP256X) + "}", "P-256 point is not on the curve");
  starts(R"({"kty":"EC","crv":"P-384")" + member("x", rfc::kP256X) + member("y", rfc::kP256Y) + "}", "P-384 coordinates have 32 and 32 octets");
  starts(R"({"kty":"EC","crv":"P-256","x":"")" + member("y", rfc::kP256Y) + "}", "P-256 coordinates");
  starts(R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", "Ed25519 key has 3 octets");
  starts(R"({"kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})", "Ed25519 point is of small order");
  // RFC 7518 section 6.2.1.2: coordinates of full length. A leading zero octet cut off or added is another encoding.
  auto x = *base64url_decode(rfc::kP256X);
  x.insert(x.begin(), std::byte{0});
  starts(R"({"kty":"EC","crv":"P-256")" + member("x", base64url_encode(x)) + member("y", rfc::kP256Y) + "}",
      "P-256 coordinates have 33 and 32 octets");
}

// RFC 7518 sections 6.2.2, 6.3.2, 6.4: somebody has published a secret. Loud, whatever else is wrong with the key.
TEST(Jwks, AlarmsAtPrivateAndSymmetricKeys) {
  for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    for (const std::string_view value : {"\"AQAB\"", "\"\"", "null", "[]", "5"}) {
      const std::string more = ",\"" + std::string(name) + "\":" + std::string(value);
      const std::string expected = "alarm: a private key was published (it has `" + std::string(name) + "`)";
      EXPECT_EQ(reason_of(rsa(more)), expected);
      EXPECT_EQ(reason_of(p256(more)), expected);
      EXPECT_EQ(reason_of(ed25519(more + R"(,"use":"enc","kid":5,"alg":"none")")), expected);
      EXPECT_EQ(reason_of("{\"kty\":\"unheard-of\"" + more + "}"), expected);
    }
  }
  const std::string symmetric = "alarm: a symmetric key (kty oct) was published";
  EXPECT_EQ(reason_of(R"({"kty":"oct","k":"AAAA"})"), symmetric);
  EXPECT_EQ(reason_of(R"({"kty":"oct"})"), symmetric);
  EXPECT_EQ(reason_of(R"({"k":"AAAA","alg":"HS256","kty":"oct","use":"sig","kid":"k"})"), symmetric);
  const Jwks jwks = parse({R"({"kty":"oct","k":"AAAA","kid":"secret"})", rsa()});
  EXPECT_EQ(jwks.keys.size(), 1U);
  ASSERT_EQ(jwks.skipped.size(), 1U);
  EXPECT_EQ(jwks.skipped[0].kid, "secret");
  EXPECT_TRUE(jwks.skipped[0].alarm);
}

// A secret does not hide behind a duplicate member.
TEST(Jwks, AlarmsAtSecretsBesideDuplicates) {
  EXPECT_EQ(reason_of(rsa(R"(,"kid":"a","kid":"b","d":"AQAB")")), "alarm: a private key was published (it has `d`)");
  EXPECT_EQ(reason_of(rsa(R"(,"d":"A","\u0064":"B")")), "alarm: a private key was published (it has `d`)");
}

// The reason is for an operator's log; nothing of a secret may reach it.
TEST(Jwks, SaysNothingOfASecretInItsReason) {
  const std::string secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ";
  for (const std::string& jwk : {R"({"kty":"oct","k":")" + secret + "\"}", rsa(R"(,"d":")" + secret + "\""), rsa(R"(,"kid":"a","kid":"b","d":")" +
      secret + "\"")}) {
    EXPECT_EQ(reason_of(jwk).find(secret), std::string::npos);
    EXPECT_TRUE(reason_of(jwk).starts_with("alarm: "));
  }
}

// Reasons stay short and printable, whatever a key says.
TEST(Jwks, KeepsReasonsPrintable) {
  const std::string nasty = std::string(10'000, 'x') + "\\u001b[2J\\n\\u0000\xC3\xA9";
  for (const std::string& jwk : {R"({"kty":")" + nasty + "\"}", R"({"kty":"EC","crv":")" + nasty + "\"}", rsa(R"(,"alg":")" + nasty + "\""),
      rsa(",\"" + nasty + "\":1,\"" + nasty + "\":2")}) {
    const std::string reason = reason_of(jwk);
    EXPECT_LT(reason.size(), 200U);
    for (const char c : reason) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

// Our ruling: kids are any string, the empty one included. No kid is not an empty kid.
TEST(Jwks, TakesAnyStringAsKid) {
  EXPECT_EQ(key_of(rsa()).kid, std::nullopt);
  EXPECT_EQ(key_of(rsa(R"(,"kid":"")")).kid, "");
  EXPECT_EQ(key_of(rsa(R"(,"kid":"a\u0000\n\"b")")).kid, std::string("a\0\n\"b", 5));
  const std::string long_kid(1024, 'k');  // the limit; one more is skipped
  EXPECT_EQ(key_of(rsa(",\"kid\":\"" + long_kid + "\"")).kid, long_kid);
  const Jwks twins = parse({rsa(R"(,"kid":"a")"), p256(R"(,"kid":"a")"), rsa(R"(,"kid":"a")")});
  EXPECT_EQ(twins.keys.size(), 3U);
}

// jwk.h: an id names exactly {kid, permitted algorithms, key material}.
TEST(Jwks, NamesContentByItsId) {
  const std::vector<std::string> different{rsa(), rsa(R"(,"kid":"")"), rsa(R"(,"kid":"a")"), rsa(R"(,"kid":"b")"), rsa(R"(,"alg":"RS256")"),
      rsa(R"(,"alg":"PS256")"), rsa(R"(,"alg":"RS256","kid":"a")"),
      p256(), p256(R"(,"kid":"a")"), p384(), p521(), ed25519(), ed25519(R"(,"kid":"a")"),
      R"({"kty":"RSA","e":"Aw")" + member("n", rfc::kRsaN) + "}",
      // Kids that would run into what follows them, if they were not preceded by their length.
      rsa(R"(,"kid":"a algorithms 007e material ")"), rsa(R"(,"kid":"no kid")"), rsa(R"(,"kid":"1 a")")};
  std::set<KeyId> ids;
  for (const std::string& jwk : different) EXPECT_TRUE(ids.insert(key_of(jwk).id).second) << jwk;
  EXPECT_EQ(key_of(p256(R"(,"kid":"a")")).id, key_of(R"({"kid":"\u0061","use":"sig","key_ops":["verify"],"x5t":"z",)" +
      p256(R"(,"alg":"ES256")").substr(1)).id);
  EXPECT_EQ(key_of(ed25519(R"(,"alg":"EdDSA")")).id, key_of(ed25519(R"(,"alg":"Ed25519")")).id);
  EXPECT_EQ(key_of(ed25519(R"(,"alg":"EdDSA")")).id, key_of(ed25519()).id);
}

// RFC 7517 section 5.
TEST(Jwks, RefusesWhatIsNoSet) {
  const auto refused = [](std::string_view text) {
    const auto jwks = parse_jwks(text);
    return jwks ? "taken" : jwks.error().what;
  };
  EXPECT_EQ(refused(""), "not JSON: line 1, column 1: the text is empty");
  EXPECT_EQ(refused("{\"keys\":\n[}"), "not JSON: line 2, column 2: this may not stand here");
  EXPECT_EQ(refused("[]"), "an array, where a JWK Set is an object");
  EXPECT_EQ(refused("\"keys\""), "a string, where a JWK Set is an object");
  EXPECT_EQ(refused("null"), "null, where a JWK Set is an object");
  EXPECT_EQ(refused("{}"), "an object without the array `keys` of a JWK Set");
  EXPECT_EQ(refused(R"({"Keys":[]})"), "an object without the array `keys` of a JWK Set");
  EXPECT_EQ(refused(R"({"keys":null})"), "an object without the array `keys` of a JWK Set");
  EXPECT_EQ(refused(R"({"keys":{}})"), "an object without the array `keys` of a JWK Set");
  EXPECT_EQ(refused(rsa()), "an object without the array `keys` of a JWK Set");
  EXPECT_EQ(refused(R"({"keys":[],"keys":[]})"), "member keys stands twice");
  EXPECT_EQ(refused(R"({"a":1,"keys":[],"\u0061":2})"), "member a stands twice");
  EXPECT_EQ(refused("\xEF\xBB\xBF{\"keys\":[]}"), "not JSON: line 1, column 1: a byte order mark stands here");
}

TEST(Jwks, TakesSetsWithoutAKeyAndExtraMembers) {
  EXPECT_TRUE(parse({}).keys.empty());
  const auto jwks = parse_jwks(R"( {"issuer":"x","keys":[)" + rsa() + R"(],"other":{"keys":[{"kty":"oct"}]}} )");
  ASSERT_TRUE(jwks.has_value());
  EXPECT_EQ(jwks->keys.size(), 1U);
  EXPECT_TRUE(jwks->skipped.empty());
}

// Entries count whether they are used or not: each costs work, a line in the log and a place in the status.
TEST(Jwks, RefusesASetOfTooManyEntries) {
  EXPECT_EQ(parse(std::vector<std::string>(64, "0")).skipped.size(), 64U);
  EXPECT_FALSE(parse_jwks(set_of(std::vector<std::string>(65, "0"))).has_value());
}

}  // namespace
}  // namespace assay::jose
