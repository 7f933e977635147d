// The whole way of a token, in batches, with real keys and signatures.
#include "verdict/validator.h"

#include <gtest/gtest.h>

#include "mint/fixture.h"
#include "mint/token.h"
#include "support/policy.h"

namespace assay::verdict {
namespace {

using schema::Code;

constexpr std::int64_t kNow = 1'700'000'000;

// Making RSA keys is slow: one fixture for all cases.
const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

class ValidatorTest : public ::testing::Test {
 protected:
  Code code(std::string_view api_service, std::string_view token, std::int64_t now_s = kNow) { return judge_.code(*snapshot_, api_service, token, now_s); }

  std::shared_ptr<const snapshot::Snapshot> snapshot_ = tests::snapshot_of(fixture().configuration(), 7);
  tests::Judge judge_;
};

// RFC 7518 section 3.1, RFC 8037 section 3.1.
TEST_F(ValidatorTest, AcceptsEveryAlgorithm) {
  for (const std::string_view algorithm : mint::kAlgorithms) {
    EXPECT_EQ(code("orders", fixture().orders.good_token(algorithm, kNow)), Code::accepted) << algorithm;
  }
}

TEST_F(ValidatorTest, AnswersABatchInOrderWhateverStandsBesideEachToken) {
  const std::string rsa = fixture().orders.good_token("RS256", kNow);
  const std::string ec = fixture().orders.good_token("ES256", kNow);
  std::string forged = fixture().orders.good_token("EdDSA", kNow);
  forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
  const std::string expired = fixture().orders.good_token("RS256", kNow - 100'000);
  const std::string other = fixture().payments.good_token("ES256", kNow);
  const snapshot::ApiService* orders = snapshot_->api_service("orders");
  const snapshot::ApiService* payments = snapshot_->api_service("payments");
  const std::vector<TokenRequestView> requests{{rsa, orders, {}, {}},    {"", orders, {}, {}},      {forged, orders, {}, {}}, {ec, orders, {}, {}},
                                               {expired, orders, {}, {}}, {other, payments, {}, {}}, {other, orders, {}, {}},  {rsa, orders, {}, {}}};
  std::vector<VerdictView> verdicts(requests.size());
  judge_.validator().validate(*snapshot_, requests, kNow, verdicts);
  const std::vector<Code> expected{Code::accepted, Code::not_compact, Code::bad_signature, Code::accepted,
                                   Code::expired,  Code::accepted,    Code::wrong_audience, Code::accepted};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(verdicts[i].code, expected[i]) << i << ' ' << tests::name(verdicts[i].code);
    EXPECT_EQ(verdicts[i].signature_verified, expected[i] == Code::accepted) << i;
    EXPECT_EQ(verdicts[i].generation, 7U);
  }
}

TEST_F(ValidatorTest, SaysWhatAnAcceptedTokenSays) {
  const auto& service = fixture().orders;
  auto claims = service.good_claims(kNow, 600);
  claims.set("sub", mint::quote("alice")).set("client_id", mint::quote("shop")).set("scope", mint::quote(*service.required_scope + "  b "));
  claims.set("tenant", R"({"id": [1, "zwei"]})").set("exp", "1700000600.75");
  const std::string token = mint::token(service.key("ES256"), claims);
  const std::vector<jose::PointerView> pointers{*jose::PointerView::parse("/tenant/id/1"), *jose::PointerView::parse("/nothing"),
                                                *jose::PointerView::parse("/tenant")};
  const VerdictView verdict = judge_.verdict(*snapshot_, "orders", token, kNow, {}, pointers);
  ASSERT_EQ(verdict.code, Code::accepted) << tests::name(verdict.code);
  EXPECT_EQ(verdict.oauth_server->name, service.oauth_server);
  EXPECT_EQ(verdict.kid, service.key("ES256").kid());
  EXPECT_EQ(verdict.expires_at_s, kNow + 600);
  EXPECT_EQ(verdict.valid_until_s, kNow + 600 + service.skew_s);
  EXPECT_EQ(verdict.subject, "alice");
  EXPECT_EQ(verdict.client_id, "shop");
  ASSERT_EQ(verdict.scopes.size(), 2U);
  EXPECT_EQ(verdict.scopes[0], *service.required_scope);
  EXPECT_EQ(verdict.scopes[1], "b");
  ASSERT_EQ(verdict.claims.size(), 2U);
  EXPECT_EQ(verdict.claims[0].pointer, "/tenant/id/1");
  EXPECT_EQ(verdict.claims[0].json, R"("zwei")");
  EXPECT_EQ(verdict.claims[1].json, R"({"id": [1, "zwei"]})");
}

TEST_F(ValidatorTest, BoundsTheVerdictByTheMaximumAge) {
  const auto& service = fixture().payments;
  ASSERT_TRUE(service.max_token_age_s.has_value());
  const std::string token = service.good_token("EdDSA", kNow, 1'000'000);
  const VerdictView verdict = judge_.verdict(*snapshot_, "payments", token, kNow);
  ASSERT_EQ(verdict.code, Code::accepted) << tests::name(verdict.code);
  // The second before it the token is still taken; in that second no longer.
  EXPECT_EQ(code("payments", token, verdict.valid_until_s), Code::too_old);
  EXPECT_EQ(code("payments", token, kNow + *service.max_token_age_s), Code::accepted);
}

TEST_F(ValidatorTest, HoldsUntilTheSecondItSays) {
  const std::string token = fixture().orders.good_token("ES256", kNow, 600);
  const std::int64_t until = judge_.verdict(*snapshot_, "orders", token, kNow).valid_until_s;
  EXPECT_EQ(code("orders", token, until - 1), Code::accepted);
  EXPECT_EQ(code("orders", token, until), Code::expired);
}

// Two OAuth servers share an issuer, and even a kid, behind different API services: the API service picks the server.
TEST_F(ValidatorTest, TakesNoKeyOfAnotherServerWithTheSameIssuer) {
  ASSERT_EQ(fixture().orders.issuer, fixture().payments.issuer);
  const auto claims_for = [](const mint::Service& service) { return service.good_claims(kNow); };
  for (const std::string_view algorithm : {"ES256", "EdDSA"}) {
    const auto& orders = fixture().orders;
    const auto& payments = fixture().payments;
    EXPECT_EQ(code("orders", mint::token(orders.key(algorithm), claims_for(orders))), Code::accepted);
    EXPECT_EQ(code("payments", mint::token(payments.key(algorithm), claims_for(payments))), Code::accepted);
    const Code crossed = code("orders", mint::token(payments.key(algorithm), claims_for(orders)));
    EXPECT_TRUE(crossed == Code::bad_signature || crossed == Code::unknown_key) << tests::name(crossed);
    const Code back = code("payments", mint::token(orders.key(algorithm), claims_for(payments)));
    EXPECT_TRUE(back == Code::bad_signature || back == Code::unknown_key) << tests::name(back);
  }
}

TEST_F(ValidatorTest, TriesAtMostFourKeysWithoutAKid) {
  auto service = fixture().orders;
  service.keys.clear();
  for (int i = 0; i < 5; ++i) service.keys.push_back(mint::Key::generate("ES256", {.kid = "k" + std::to_string(i)}));
  const auto snapshot = tests::snapshot_of(mint::configuration({service}));
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string token = mint::token(service.keys[i], service.good_claims(kNow), {.with_kid = false});
    EXPECT_EQ(judge_.code(*snapshot, "orders", token, kNow), i < 4 ? Code::accepted : Code::bad_signature) << i;
  }
}

// Keys that are not at hand make a token unavailable, never refused; and nothing but the token's form, issuer, times and audience is known by then.
TEST_F(ValidatorTest, IsUnavailableWithoutKeys) {
  const auto snapshot = tests::snapshot_of(R"({
    "oauth_servers": [{"name": "s", "issuers": ["https://i"], "jwks_url": "https://i/jwks"}],
    "api_services": [{"name": "a", "audiences": ["x"], "oauth_servers": ["s"]}]})");
  const auto& key = fixture().orders.key("ES256");
  const std::string good = mint::token(key, mint::claims("https://i", "x", kNow, 60));
  EXPECT_EQ(judge_.code(*snapshot, "a", good, kNow), Code::keys_unavailable);
  EXPECT_FALSE(judge_.verdict(*snapshot, "a", good, kNow).signature_verified);
  EXPECT_EQ(judge_.code(*snapshot, "a", mint::token(key, mint::claims("https://i", "y", kNow, 60)), kNow), Code::wrong_audience);
  EXPECT_EQ(judge_.code(*snapshot, "a", good, kNow + 60), Code::expired);
}

// A verdict that nobody filled in is none.
TEST(Verdict, IsRefusedUntilItIsSet) {
  const VerdictView verdict;
  EXPECT_EQ(schema::info(verdict.code).http_status, 401);
  EXPECT_EQ(schema::info(verdict.code).outcome, schema::Outcome::unset);
  EXPECT_EQ(schema::info(static_cast<Code>(99)).code, Code::unset);
}

TEST_F(ValidatorTest, RefusesWhatAnEngineLeavesUnanswered) {
  struct Silent : crypto::Engine {
    std::string_view name() const noexcept override { return "silent"; }
    std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }
    void answer(std::span<const crypto::SignatureCheckView>, std::span<crypto::SignatureResult>) noexcept override {}
  };
  Silent engine;
  Validator validator(engine, base::HashKey{1, 2}, 0);
  const std::string token = fixture().orders.good_token("ES256", kNow);
  const TokenRequestView request{token, snapshot_->api_service("orders"), {}, {}};
  VerdictView verdict;
  validator.validate(*snapshot_, std::span(&request, 1), kNow, std::span(&verdict, 1));
  EXPECT_EQ(verdict.code, Code::bad_signature);
  EXPECT_FALSE(verdict.signature_verified);
}

}  // namespace
}  // namespace assay::verdict
