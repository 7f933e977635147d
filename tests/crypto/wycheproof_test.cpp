// Project Wycheproof's vectors (github.com/C2SP/wycheproof, Apache 2.0), read from $ASSAY_VECTORS/wycheproof or from the shared folder beside the source tree.
// Every member of a case is known here and every flag explained by the file; the number of cases and of those we accept is asserted.
//
// What decides is `result`, with two rulings of our own: what is "acceptable" is refused (it is only ever a PKCS#1 v1.5 DigestInfo without NULL), and PSS
// is judged by the parameters of RFC 7518 section 3.5, whatever those of the file: a salt is as long as the hash.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>

#include "crypto/fast_engine.h"
#include "crypto/engine.h"
#include "crypto/signer.h"
#include "crypto/table_builder.h"

namespace assay::crypto {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using test::Octets;

enum class Rule : std::uint8_t {
  valid_only,  // valid is accepted; invalid and acceptable are refused
  no_salt,     // the file's parameters ask for a salt of no octets: what it calls valid is refused. One case has a salt of 32 octets, so that the
               // file calls it invalid; it is a signature by PS256 and accepted.
};

struct VectorFile {
  const char* name;
  Algorithm algorithm;
  Rule rule;
  std::size_t cases;
  std::size_t accepted;
};

void PrintTo(const VectorFile& file, std::ostream* out) { *out << file.name; }

// json_web_key_test.json is read by the tests of jose.
const VectorFile kFiles[] = {
    {"ecdsa_secp256r1_sha256_p1363", Algorithm::es256, Rule::valid_only, 262, 173},
    {"ecdsa_secp384r1_sha384_p1363", Algorithm::es384, Rule::valid_only, 280, 193},
    {"ecdsa_secp521r1_sha512_p1363", Algorithm::es512, Rule::valid_only, 318, 231},
    {"ed25519", Algorithm::eddsa, Rule::valid_only, 151, 88},
    {"rsa_pss_2048_sha256_mgf1_0", Algorithm::ps256, Rule::no_salt, 103, 1},
    {"rsa_pss_2048_sha256_mgf1_32", Algorithm::ps256, Rule::valid_only, 108, 63},
    {"rsa_pss_2048_sha384_mgf1_48", Algorithm::ps384, Rule::valid_only, 141, 95},
    {"rsa_pss_3072_sha256_mgf1_32", Algorithm::ps256, Rule::valid_only, 108, 63},
    {"rsa_pss_4096_sha384_mgf1_48", Algorithm::ps384, Rule::valid_only, 141, 95},
    {"rsa_pss_4096_sha512_mgf1_64", Algorithm::ps512, Rule::valid_only, 179, 132},
    {"rsa_signature_2048_sha256", Algorithm::rs256, Rule::valid_only, 259, 9},
    {"rsa_signature_2048_sha384", Algorithm::rs384, Rule::valid_only, 258, 7},
    {"rsa_signature_2048_sha512", Algorithm::rs512, Rule::valid_only, 259, 8},
    {"rsa_signature_3072_sha256", Algorithm::rs256, Rule::valid_only, 259, 8},
    {"rsa_signature_4096_sha256", Algorithm::rs256, Rule::valid_only, 258, 7},
    {"rsa_signature_4096_sha512", Algorithm::rs512, Rule::valid_only, 259, 7},
};

std::filesystem::path vectors_folder() {
  const char* named = std::getenv("ASSAY_VECTORS");
  return std::filesystem::path(named != nullptr ? named : ASSAY_SHARED_VECTORS) / "wycheproof";
}

std::string text(const object& from, std::string_view member) { return std::string(from[member].get_string().value()); }

// expect_known(value, known): the members of the object are among these.
void expect_known(const object& value, const std::set<std::string_view>& known, const std::string& where) {
  for (const auto field : value) EXPECT_TRUE(known.contains(field.key)) << where << ": unknown member " << field.key;
}

// hash(algorithm), pss(algorithm): as the groups of a file name them.
std::string hash(Algorithm algorithm) { return "SHA-" + std::string(test::name(algorithm).substr(2)); }
bool pss(Algorithm algorithm) { return test::name(algorithm).starts_with("PS"); }

// expect_parameters(group, file): the group is about the algorithm that the table names. Other forms of the public key are known but not read.
void expect_parameters(const object& group, const VectorFile& file) {
  const std::string_view algorithm = test::name(file.algorithm);
  std::set<std::string_view> known = {"type", "source", "publicKey", "publicKeyDer", "publicKeyPem", "publicKeyJwk", "tests"};
  if (file.algorithm != Algorithm::eddsa) {
    known.insert("sha");
    EXPECT_EQ(text(group, "sha"), hash(file.algorithm));
  }
  if (algorithm.starts_with("RS") || algorithm.starts_with("PS")) known.insert({"keySize", "keyJwk", "publicKeyAsn"});
  if (pss(file.algorithm)) {
    known.insert({"mgf", "mgfSha", "sLen"});
    EXPECT_EQ(text(group, "mgf"), "MGF1");
    EXPECT_EQ(text(group, "mgfSha"), hash(file.algorithm));
    const std::int64_t hash_bytes = std::stoi(std::string(algorithm.substr(2))) / 8;
    EXPECT_EQ(group["sLen"].get_int64().value(), file.rule == Rule::no_salt ? 0 : hash_bytes);
  }
  expect_known(group, known, file.name);
  const std::string_view type = algorithm.starts_with("RS")   ? "RsassaPkcs1Verify"
                                : algorithm.starts_with("PS") ? "RsassaPssVerify"
                                : algorithm.starts_with("ES") ? "EcdsaP1363Verify"
                                                              : "EddsaVerify";
  EXPECT_EQ(text(group, "type"), type);
}

// key_of(group, file): made from `publicKey`; null, and the test fails, if it is refused: no key of these files is outside our limits.
std::shared_ptr<const KeyMaterial> key_of(const object& group, const VectorFile& file) {
  const object key = group["publicKey"].get_object().value();
  const auto made = [&] {
    if (file.algorithm == Algorithm::eddsa) {
      expect_known(key, {"type", "curve", "keySize", "pk"}, file.name);
      EXPECT_EQ(text(key, "curve"), "edwards25519");
      return KeyMaterial::make_ed25519(test::from_hex(text(key, "pk")));
    }
    if (test::name(file.algorithm).starts_with("ES")) {
      // wx and wy are the halves of `uncompressed`, but of varying length.
      expect_known(key, {"type", "curve", "keySize", "uncompressed", "wx", "wy"}, file.name);
      const Octets point = test::from_hex(text(key, "uncompressed"));
      const base::Bytes coordinates = base::Bytes(point).subspan(1);
      EXPECT_EQ(point.at(0), std::byte{4});
      const std::string curve = text(key, "curve");
      const KeyType type = curve == "secp256r1" ? KeyType::p256 : curve == "secp384r1" ? KeyType::p384 : curve == "secp521r1" ? KeyType::p521 : KeyType::unset;
      return KeyMaterial::make_ec(type, coordinates.first(coordinates.size() / 2), coordinates.subspan(coordinates.size() / 2));
    }
    expect_known(key, {"modulus", "publicExponent"}, file.name);
    return KeyMaterial::make_rsa(test::from_hex(text(key, "modulus")), test::from_hex(text(key, "publicExponent")));
  }();
  EXPECT_TRUE(made) << file.name << ": key refused: " << made.error().what;
  return made ? *made : nullptr;
}

// expected(test, file, where): what our rules say of a case.
SignatureResult expected(const object& test, const VectorFile& file, const std::string& where) {
  const std::string result = text(test, "result");
  EXPECT_TRUE(result == "valid" || result == "invalid" || result == "acceptable") << where << ": result " << result;
  if (result == "acceptable") {
    EXPECT_EQ(simdjson::minify(test["flags"].value()), R"(["MissingNull"])") << where;
  }
  const bool valid = file.rule == Rule::no_salt ? text(test, "comment") == "s_len changed to 32" : result == "valid";
  return valid ? SignatureResult::valid : SignatureResult::invalid;
}

// Engines: all that this processor runs, each of ours with the curves' tables and a table of the key in hand.
struct Engines {
  struct Fast {
    EngineLevel level;
    CurveTables curves;
    std::unique_ptr<Engine> engine;
    std::shared_ptr<const KeyMaterial> key;  // as the one taken, with a table
  };
  std::unique_ptr<Engine> reference = make_reference_engine();
  std::vector<std::unique_ptr<Fast>> fast;

  Engines() {
    for (const EngineLevel level : kKernelLevels) {
      if (!Kernels::of(level)) continue;
      fast.push_back(std::make_unique<Fast>());
      fast.back()->level = level;
      fast.back()->engine = make_fast_engine(*Kernels::of(level), fast.back()->curves);
    }
  }
  void take(const std::shared_ptr<const KeyMaterial>& key) {
    for (const auto& each : fast) {
      const auto copy = [](base::Bytes octets) { return test::Octets(octets.begin(), octets.end()); };
      each->key = *test::make_material(key->type(), copy(key->first()), copy(key->second()));
      TableBuilder builder({each->level, each->level, each->level, each->level}, each->curves);
      const std::vector<TableWish> wishes{{each->key, 0, 0}};
      while (builder.build_next(wishes, std::uint64_t{1} << 20)) {
      }
    }
  }
};

class Wycheproof : public testing::TestWithParam<VectorFile> {};

TEST_P(Wycheproof, IsAnsweredAsOurRulesSay) {
  const VectorFile& file = GetParam();
  const std::filesystem::path path = vectors_folder() / (std::string(file.name) + "_test.json");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "skipped: no vectors at " << path << " (set ASSAY_VECTORS)";

  simdjson::dom::parser parser;
  const object document = parser.load(path.string()).get_object().value();
  expect_known(document, {"algorithm", "schema", "numberOfTests", "header", "notes", "testGroups"}, file.name);
  EXPECT_EQ(document["numberOfTests"].get_uint64().value(), file.cases);
  const object notes = document["notes"].get_object().value();

  Engines engines;
  std::size_t cases = 0;
  std::size_t accepted = 0;
  std::size_t unanswered = 0;
  const array groups = document["testGroups"].get_array();  // the loop must not run over a temporary
  for (const element group_element : groups) {
    const object group = group_element.get_object().value();
    expect_parameters(group, file);
    const auto key = key_of(group, file);
    ASSERT_NE(key, nullptr);
    engines.take(key);
    const array tests = group["tests"].get_array();  // the loop must not run over a temporary
    for (const element test_element : tests) {
      const object test = test_element.get_object().value();
      const std::string case_id = std::to_string(test["tcId"].get_uint64().value());
      const std::string where = std::string(file.name) + "_test.json, tcId " + case_id + " (" + text(test, "comment") + ")";
      expect_known(test, {"tcId", "comment", "flags", "msg", "sig", "result"}, where);
      const array flags = test["flags"].get_array();  // the loop must not run over a temporary
      for (const element flag : flags) {
        EXPECT_EQ(notes.at_key(flag.get_string().value()).error(), simdjson::SUCCESS) << where << ": a flag without a note";
      }
      const test::Octets message = test::from_hex(text(test, "msg"));
      const test::Octets signature = test::from_hex(text(test, "sig"));
      const SignatureResult answer = test::verify(*engines.reference, file.algorithm, *key, message, signature);
      for (const auto& fast : engines.fast) {
        EXPECT_EQ(test::verify(*fast->engine, file.algorithm, *key, message, signature), answer) << where << ", " << name_of(fast->level) << " without a table";
        EXPECT_EQ(test::verify(*fast->engine, file.algorithm, *fast->key, message, signature), answer) << where << ", " << name_of(fast->level);
      }
      EXPECT_EQ(answer, expected(test, file, where)) << where;
      cases += 1;
      accepted += answer == SignatureResult::valid ? 1 : 0;
      unanswered += answer == SignatureResult::unset ? 1 : 0;
    }
  }
  EXPECT_EQ(cases, file.cases);
  EXPECT_EQ(accepted, file.accepted);
  EXPECT_EQ(unanswered, 0U);
}

INSTANTIATE_TEST_SUITE_P(Files, Wycheproof, testing::ValuesIn(kFiles), [](const auto& file) { return std::string(file.param.name); });

// Every file of the folder is either read here or by another module's tests: a new one does not go unnoticed.
TEST(WycheproofFolder, HoldsNoFileThatNobodyReads) {
  if (!std::filesystem::exists(vectors_folder())) GTEST_SKIP() << "skipped: no vectors at " << vectors_folder() << " (set ASSAY_VECTORS)";
  std::set<std::string> known = {"LICENSE", "json_web_key_test.json"};
  for (const VectorFile& file : kFiles) known.insert(std::string(file.name) + "_test.json");
  for (const auto& entry : std::filesystem::directory_iterator(vectors_folder())) {
    EXPECT_TRUE(known.contains(entry.path().filename().string())) << entry.path();
  }
}

}  // namespace
}  // namespace assay::crypto
