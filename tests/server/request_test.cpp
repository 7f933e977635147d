#include "server/request.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "server/frames.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using test::Builder;
using test::Frame;
using test::ValidateFields;

// Decoded: a request or fault together with the memory it borrows.
struct Decoded {
  explicit Decoded(Frame frame_in, std::size_t tokens_max = 256) : frame(std::move(frame_in)), result(decode_request(frame, tokens_max, arena)) {}
  Frame frame;
  base::Arena arena;
  base::Result<RequestView, RequestFault> result;

  ErrorCode code() const { return result ? ErrorCode::unset : result.error().code; }
};

ErrorCode code_of(const ValidateFields& fields, std::size_t tokens_max = 256) {
  const Decoded decoded(test::validate_frame(7, fields), tokens_max);
  if (!decoded.result) {
    EXPECT_EQ(decoded.result.error().id, 7U);
    EXPECT_FALSE(decoded.result.error().text.empty());
  }
  return decoded.code();
}

TEST(Request, DecodesAValidate) {
  const Decoded decoded(test::validate_frame(42, {.api_service = "orders", .tokens = {"a.b.c", ""}, .required_scopes = {"orders.read"}, .claims = {"/tenant", "/a~1b"}, .deadline_ms = 9}));
  ASSERT_TRUE(decoded.result.has_value());
  const RequestView& request = *decoded.result;
  EXPECT_EQ(request.id, 42U);
  EXPECT_EQ(request.kind, RequestKind::validate);
  EXPECT_EQ(request.api_service, "orders");
  ASSERT_EQ(request.tokens.size(), 2U);
  EXPECT_EQ(request.tokens[0], "a.b.c");
  EXPECT_EQ(request.tokens[1], "");  // a token of any bytes, none included, is for the validator to judge
  ASSERT_EQ(request.required_scopes.size(), 1U);
  EXPECT_EQ(request.required_scopes[0], "orders.read");
  ASSERT_EQ(request.claims.size(), 2U);
  EXPECT_EQ(request.claims[1].text(), "/a~1b");
  EXPECT_EQ(request.deadline_ms, 9U);
}

TEST(Request, DecodesPingStatusAndDeploy) {
  EXPECT_EQ(Decoded(test::ping_frame(1)).result->kind, RequestKind::ping);
  EXPECT_EQ(Decoded(test::status_frame(1)).result->kind, RequestKind::status);
  const Decoded deploy(test::deploy_frame(3, "{}", true));
  EXPECT_EQ(deploy.result->kind, RequestKind::deploy);
  EXPECT_EQ(deploy.result->configuration, "{}");
  EXPECT_TRUE(deploy.result->dry_run);
  EXPECT_TRUE(deploy.result->api_services.empty());
  EXPECT_EQ(deploy.result->expected_deployment, std::nullopt);
  EXPECT_FALSE(deploy.result->allow_volatile);
}

TEST(Request, DecodesAStagedDeploy) {
  const Frame frame = test::framed(3, wire::Body::Deploy, [](Builder& b) {
    const std::vector<flatbuffers::Offset<flatbuffers::String>> names{b.CreateString("a"), b.CreateString("b")};
    const auto list = b.CreateVector(names);
    return wire::CreateDeploy(b, b.CreateString("{}"), false, list, 0, true).Union();
  });
  const Decoded deploy(frame);
  ASSERT_TRUE(deploy.result.has_value());
  ASSERT_EQ(deploy.result->api_services.size(), 2U);
  EXPECT_EQ(deploy.result->api_services[1], "b");
  EXPECT_EQ(deploy.result->expected_deployment, 0U);  // said, and 0: nothing is deployed yet
  EXPECT_TRUE(deploy.result->allow_volatile);
}

TEST(Request, DecodesRollbackAndPushKeys) {
  const Decoded rollback(test::framed(3, wire::Body::Rollback, [](Builder& b) { return wire::CreateRollback(b, 7, true, 9, true).Union(); }));
  EXPECT_EQ(rollback.result->kind, RequestKind::rollback);
  EXPECT_EQ(rollback.result->deployment, 7U);
  EXPECT_TRUE(rollback.result->dry_run);
  EXPECT_EQ(rollback.result->expected_deployment, 9U);
  EXPECT_TRUE(rollback.result->allow_volatile);
  const Decoded push(test::push_frame(4, "corp", "{}"));
  EXPECT_EQ(push.result->kind, RequestKind::push_keys);
  const Decoded refresh(test::framed(6, wire::Body::Refresh, [](test::Builder& b) { return wire::CreateRefresh(b, b.CreateString("s")).Union(); }));
  EXPECT_EQ(refresh.result->kind, RequestKind::refresh);
  EXPECT_EQ(refresh.result->oauth_server, "s");
  EXPECT_EQ(Decoded(test::metrics_frame(7)).result->kind, RequestKind::metrics);
  EXPECT_EQ(push.result->oauth_server, "corp");
  EXPECT_EQ(push.result->url, "");
  EXPECT_EQ(push.result->jwks, "{}");
  for (const bool with_name : {true, false}) {
    const Decoded part(test::framed(4, wire::Body::PushKeys, [&](Builder& b) {
      const auto text = b.CreateString("x");
      return wire::CreatePushKeys(b, with_name ? text : 0, 0, with_name ? 0 : text).Union();
    }));
    ASSERT_FALSE(part.result.has_value());
    EXPECT_EQ(part.result.error().code, ErrorCode::bad_request);
    EXPECT_EQ(part.result.error().text, with_name ? "jwks is missing" : "oauth_server is missing");
  }
}

// docs/PROTOCOL.md: the id stands outside the union, so that unknown kinds can be answered.
TEST(Request, KnowsAnUnknownKindByItsId) {
  for (const std::uint8_t kind : std::initializer_list<std::uint8_t>{4, 9, 29, 99, 255}) {
    const Decoded decoded(test::strange_frame(11, kind));
    ASSERT_TRUE(decoded.result.has_value()) << int{kind};
    EXPECT_EQ(decoded.result->kind, RequestKind::unknown) << int{kind};
    EXPECT_EQ(decoded.result->id, 11U);
  }
}

TEST(Request, TakesAnAnswerForAnUnknownKind) {
  const Frame pong = test::framed(5, wire::Body::Pong, [](Builder& b) { return wire::CreatePong(b).Union(); });
  EXPECT_EQ(Decoded(pong).result->kind, RequestKind::unknown);
}

TEST(Request, RefusesIdZero) {
  const Decoded decoded(test::ping_frame(0));
  EXPECT_EQ(decoded.code(), ErrorCode::bad_request);
  EXPECT_EQ(decoded.result.error().id, 0U);
}

TEST(Request, RefusesAnEnvelopeWithoutBody) {
  const Frame frame = test::framed(5, wire::Body::NONE, [](Builder&) { return flatbuffers::Offset<void>(); });
  EXPECT_EQ(Decoded(frame).code(), ErrorCode::bad_request);
  // A kind whose body is missing must not be read as that kind.
  const Frame hollow = test::framed(5, wire::Body::Validate, [](Builder&) { return flatbuffers::Offset<void>(); });
  EXPECT_NE(Decoded(hollow).code(), ErrorCode::unset);
}

TEST(Request, RefusesAMissingApiService) { EXPECT_EQ(code_of({.api_service = std::nullopt, .tokens = {"t"}}), ErrorCode::bad_request); }

TEST(Request, TakesOneTokenToTheLimit) {
  EXPECT_EQ(code_of({.tokens = {}}), ErrorCode::bad_request);
  EXPECT_EQ(code_of({.tokens = std::vector<std::string>(1, "t")}), ErrorCode::unset);
  EXPECT_EQ(code_of({.tokens = std::vector<std::string>(256, "t")}), ErrorCode::unset);
  EXPECT_EQ(code_of({.tokens = std::vector<std::string>(257, "t")}), ErrorCode::bad_request);
  EXPECT_EQ(code_of({.tokens = std::vector<std::string>(5, "t")}, 5), ErrorCode::unset);
  EXPECT_EQ(code_of({.tokens = std::vector<std::string>(6, "t")}, 5), ErrorCode::bad_request);
}

TEST(Request, RefusesATokenListThatIsAbsent) {
  const Frame frame = test::framed(7, wire::Body::Validate, [](Builder& b) { return wire::CreateValidate(b, b.CreateString("orders")).Union(); });
  EXPECT_EQ(Decoded(frame).code(), ErrorCode::bad_request);
}

TEST(Request, TakesScopesToTheLimit) {
  EXPECT_EQ(code_of({.tokens = {"t"}, .required_scopes = std::vector<std::string>(limits::kScopesPerRequestMax, "s")}), ErrorCode::unset);
  EXPECT_EQ(code_of({.tokens = {"t"}, .required_scopes = std::vector<std::string>(limits::kScopesPerRequestMax + 1, "s")}), ErrorCode::bad_request);
}

// RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
TEST(Request, TakesEveryScopeTokenCharacterAndNoOther) {
  for (int octet = 0; octet < 256; ++octet) {
    const bool allowed = octet == 0x21 || (octet >= 0x23 && octet <= 0x5B) || (octet >= 0x5D && octet <= 0x7E);
    const std::string scope(1, static_cast<char>(octet));
    EXPECT_EQ(is_scope_token(scope), allowed) << octet;
    EXPECT_EQ(is_scope_token("read" + scope + "write"), allowed) << octet;
    if (!allowed) {
      EXPECT_EQ(code_of({.tokens = {"t"}, .required_scopes = {"good", "a" + scope}}), ErrorCode::bad_request) << octet;
    }
  }
  EXPECT_FALSE(is_scope_token(""));
  EXPECT_TRUE(is_scope_token(std::string(limits::kScopeBytesMax, 's')));
  EXPECT_FALSE(is_scope_token(std::string(limits::kScopeBytesMax + 1, 's')));
}

// RFC 6901 section 3.
TEST(Request, TakesClaimsThatArePointersToTheLimit) {
  EXPECT_EQ(code_of({.tokens = {"t"}, .claims = std::vector<std::string>(limits::kClaimsPerRequestMax, "/c")}), ErrorCode::unset);
  EXPECT_EQ(code_of({.tokens = {"t"}, .claims = std::vector<std::string>(limits::kClaimsPerRequestMax + 1, "/c")}), ErrorCode::bad_request);
  for (const std::string bad : {"", "tenant", "/~", "/~2", "#/a"}) EXPECT_EQ(code_of({.tokens = {"t"}, .claims = {"/good", bad}}), ErrorCode::bad_request) << bad;
  EXPECT_EQ(code_of({.tokens = {"t"}, .claims = {"/" + std::string(limits::kPointerBytesMax, 'c')}}), ErrorCode::bad_request);
}

TEST(Request, RefusesADeployWithoutAConfiguration) {
  const Frame frame = test::framed(7, wire::Body::Deploy, [](Builder& b) { return wire::CreateDeploy(b).Union(); });
  EXPECT_EQ(Decoded(frame).code(), ErrorCode::bad_request);
}

TEST(Request, RefusesAnotherFileIdentifier) {
  const Frame frame = test::framed(7, wire::Body::Ping, [](Builder& b) { return wire::CreatePing(b).Union(); }, "ASY2");
  EXPECT_EQ(Decoded(frame).code(), ErrorCode::bad_frame);
  EXPECT_EQ(Decoded(frame).result.error().id, 0U);
}

TEST(Request, RefusesFramesTooSmallToBeAny) {
  for (const std::size_t bytes : {8U, 16U, 24U}) {
    Frame frame(bytes);
    frame[0] = static_cast<std::byte>(bytes - 4);
    EXPECT_EQ(Decoded(frame).code(), ErrorCode::bad_frame) << bytes;
  }
}

// The verifier's limits: depth 8, 256 tables (docs/PROTOCOL.md). No request nests so deep, but a body that this build knows may be an answer, which has vectors
// of tables.
TEST(Request, RefusesMoreTablesThanTheVerifierAllows) {
  const auto with_tables = [](std::size_t count) {
    return test::framed(7, wire::Body::Verdicts, [count](Builder& b) {
      std::vector<flatbuffers::Offset<wire::Verdict>> verdicts;
      for (std::size_t i = 0; i < count; ++i) verdicts.push_back(wire::CreateVerdict(b));
      return wire::CreateVerdictsDirect(b, 1, &verdicts).Union();
    });
  };
  EXPECT_EQ(Decoded(with_tables(254)).code(), ErrorCode::unset);  // with envelope and body: 256
  EXPECT_EQ(Decoded(with_tables(255)).code(), ErrorCode::bad_frame);
}

// Any damage ends in an answer, never in a read outside the frame (run under the address sanitizer as well).
TEST(Request, SurvivesEveryDamagedByte) {
  const Frame good = test::validate_frame(42, {.tokens = {"a.b.c", "d.e.f"}, .required_scopes = {"s"}, .claims = {"/c"}});
  std::size_t refused = 0;
  for (std::size_t i = 4; i < good.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      Frame damaged = good;
      damaged[i] ^= static_cast<std::byte>(mask);
      refused += Decoded(std::move(damaged)).result ? 0U : 1U;
    }
  }
  EXPECT_GT(refused, good.size() / 4);
  std::mt19937 random(20'240'601);
  for (int round = 0; round < 2000; ++round) {
    Frame damaged = good;
    for (int i = 0; i < 8; ++i) damaged[4 + random() % (damaged.size() - 4)] = static_cast<std::byte>(random());
    static_cast<void>(Decoded(std::move(damaged)));
  }
}

}  // namespace
}  // namespace assay::server
