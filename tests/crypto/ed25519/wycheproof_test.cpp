// Wycheproof's ed25519_test.json by every implementation. The file is not ours to copy: it is read from $ASSAY_VECTORS, by default beside the project.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>

#include "crypto/ed25519/codes.h"

namespace assay::crypto::ed25519 {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using test::Octets;

constexpr std::size_t kCases = 151;
constexpr std::size_t kAccepted = 88;

Octets octets(const object& from, std::string_view member) { return test::from_hex(from[member].get_string().value()); }

TEST(Ed25519Wycheproof, IsAnsweredAsTheFileSays) {
  const char* named = std::getenv("ASSAY_VECTORS");
  const std::filesystem::path path = std::filesystem::path(named != nullptr ? named : ASSAY_SHARED_VECTORS) / "wycheproof" / "ed25519_test.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "skipped: no vectors at " << path << " (set ASSAY_VECTORS)";
  simdjson::dom::parser parser;
  const object document = parser.load(path.string()).get_object().value();
  const std::vector<test::Verifier> verifiers = test::verifiers();
  std::size_t cases = 0;
  std::size_t accepted = 0;
  for (const element group : document["testGroups"].get_array().value()) {
    const auto key = PublicKey::decode(octets(group["publicKey"].get_object().value(), "pk"));
    ASSERT_TRUE(key);
    for (const element each : group["tests"].get_array().value()) {
      const object test = each.get_object().value();
      const Octets message = octets(test, "msg");
      const Octets signature = octets(test, "sig");
      const bool good = test["result"].get_string().value() == "valid";
      for (const test::Verifier& verifier : verifiers) {
        const auto table = Table::make(test::table_memory(), verifier.code(), *key, 4);
        const CheckView checks[] = {{&*key, table.get(), message, signature}, {&*key, nullptr, message, signature}};
        for (const SignatureResult result : verifier.verify(checks)) {
          EXPECT_EQ(result, good ? SignatureResult::valid : SignatureResult::invalid) << "tcId " << test["tcId"].get_int64().value() << ", " << verifier.code().name;
        }
      }
      ++cases;
      accepted += good ? 1 : 0;
    }
  }
  EXPECT_EQ(cases, kCases);
  EXPECT_EQ(accepted, kAccepted);
}

}  // namespace
}  // namespace assay::crypto::ed25519
