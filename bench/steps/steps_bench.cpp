// The way of a token, step by step, each as the daemon does it: items a second are tokens. Tokens of 960 bytes with 20 claims, a thousand different ones in turn, so that
// caches and branch predictors see what they would see in service; a step that fails stops the run.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "crypto/sha2.h"
#include "jose/base64url.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/json_walk.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "schema/protocol_generated.h"
#include "server/limits.h"
#include "server/reply.h"
#include "server/request.h"
#include "snapshot/config.h"
#include "steps/empty_engine.h"
#include "support/compiled.h"
#include "verdict/judge.h"
#include "verdict/screen.h"
#include "verdict/validator.h"

namespace assay {
namespace {

constexpr std::size_t kTokens = 1024;
constexpr std::size_t kTokenBytes = 960;

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "assay-bench-steps: %s\n", what);
  std::exit(1);
}

// Steps: the tokens, and each as every step leaves it.
struct Steps {
  mint::Fixture fixture = mint::Fixture::generate();
  std::int64_t now = std::time(nullptr);
  std::shared_ptr<const snapshot::Snapshot> snapshot;
  const snapshot::ApiService* orders = nullptr;
  const snapshot::OAuthServer* server = nullptr;
  std::vector<std::string> tokens;
  std::vector<std::string> expired;
  std::vector<std::vector<std::byte>> frames;  // a request each, a token each
  base::Arena arena;
  jose::JsonWorkspace json{base::HashKey{1, 2}, base::limits::kTokenBytesMax, base::limits::kTokenMembersMax};
  std::vector<jose::CompactJwsView> parts;
  std::vector<base::Bytes> headers;
  std::vector<base::Bytes> payloads;
  std::vector<jose::HeaderView> header_views;
  std::vector<jose::FactsView> facts;

  Steps() {
    auto config = snapshot::parse_config(fixture.configuration());
    if (!config) stop("the fixture's configuration is refused");
    snapshot = tests::compiled(*std::move(config));
    orders = snapshot->api_service("orders");
    server = orders->server_of(fixture.orders.issuer);
    for (std::size_t i = 0; i < kTokens; ++i) {
      tokens.push_back(token(now));
      expired.push_back(token(now - 100'000));
    }
    for (const std::string& text : tokens) prepare(text);
  }

  // An RS256 token of kTokenBytes and 20 claims: what an access token of a large provider looks like.
  std::string token(std::int64_t issued_at) const {
    mint::JsonObject claims = fixture.orders.good_claims(issued_at);
    for (int i = 0; claims.members().size() < 19; ++i) claims.set("claim_" + std::to_string(i), mint::quote("value " + std::to_string(i)));
    const mint::Key& key = fixture.orders.key("RS256");
    claims.set("filler", mint::quote(""));
    const std::size_t bytes = mint::token(key, claims).size();
    if (bytes < kTokenBytes) claims.set("filler", mint::quote(std::string((kTokenBytes - bytes) * 3 / 4, 'x')));
    return mint::token(key, claims);
  }

  base::Bytes decoded(std::string_view text) {
    const std::size_t octets = jose::base64url_decoded_bytes(text.size());
    const auto out = arena.allocate<std::byte>(octets + jose::kJsonPaddingBytes).first(octets);
    if (!jose::base64url_decode(text, out)) stop("base64url");
    return out;
  }

  void prepare(const std::string& text) {
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<flatbuffers::String>> strings{builder.CreateString(text)};
    const auto service = builder.CreateString("orders");
    const auto validate = wire::CreateValidate(builder, service, builder.CreateVector(strings));
    builder.TrackMinAlign(8);
    wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, frames.size() + 1, wire::Body::Validate, validate.Union()));
    const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
    frames.emplace_back(bytes.begin(), bytes.end());

    parts.push_back(*jose::split_compact(text));
    headers.push_back(decoded(parts.back().header));
    payloads.push_back(decoded(parts.back().payload));
    const auto header = jose::parse_header(headers.back(), json, arena);
    if (!header) stop("header");
    header_views.push_back(*header);
    const auto read = jose::parse_claims(*header, payloads.back(), json, arena);
    if (!read) stop("claims");
    facts.push_back(*read);
  }
};

Steps& steps() {
  static Steps made;
  return made;
}

// each(state, step): one token an iteration, all of them in turn. step(index) tells whether it went well.
template <class Step>
void each(benchmark::State& state, Step step) {
  std::size_t next = 0;
  for (auto _ : state) {
    if (!step(next)) return state.SkipWithError("a step failed");
    next = (next + 1) % kTokens;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_FrameIn(benchmark::State& state) {
  base::Arena arena;
  each(state, [&](std::size_t i) {
    if (i % 64 == 0) arena.reset();
    return server::decode_request(steps().frames[i], 256, arena).has_value();
  });
}

void BM_Split(benchmark::State& state) {
  each(state, [](std::size_t i) { return jose::split_compact(steps().tokens[i]).has_value(); });
}

void BM_Base64url(benchmark::State& state) {
  std::vector<std::byte> out(kTokenBytes);
  each(state, [&](std::size_t i) {
    const jose::CompactJwsView& parts = steps().parts[i];
    return jose::base64url_decode(parts.header, out) && jose::base64url_decode(parts.payload, out) && jose::base64url_decode(parts.signature, out);
  });
}

void BM_Header(benchmark::State& state) {
  base::Arena arena;
  each(state, [&](std::size_t i) {
    if (i % 64 == 0) arena.reset();
    return jose::parse_header(steps().headers[i], steps().json, arena).has_value();
  });
}

void BM_Payload(benchmark::State& state) {
  base::Arena arena;
  each(state, [&](std::size_t i) {
    if (i % 64 == 0) arena.reset();
    return jose::parse_claims(steps().header_views[i], steps().payloads[i], steps().json, arena).has_value();
  });
}

void BM_PayloadIndex(benchmark::State& state) {
  each(state, [](std::size_t i) { return steps().json.index.build(steps().payloads[i]); });
}

void BM_Screen(benchmark::State& state) {
  each(state, [](std::size_t i) { return verdict::screen(steps().facts[i], *steps().orders, *steps().server, steps().now) == schema::Code::accepted; });
}

void BM_Judge(benchmark::State& state) {
  each(state, [](std::size_t i) {
    const auto verified = verdict::VerifiedFactsView::verified(steps().facts[i], steps().server->keys->keys().front(), crypto::SignatureResult::valid);
    return verdict::judge(verified, nullptr, *steps().orders, {}, 0, steps().now) == schema::Code::accepted;
  });
}

void BM_FrameOut(benchmark::State& state) {
  server::ReplyEncoder encoder(server::limits::kDataFrameBytesMax);
  each(state, [&](std::size_t i) {
    const jose::FactsView& facts = steps().facts[i];
    verdict::VerdictView verdict{.code = schema::Code::accepted, .signature_verified = true, .generation = 1, .oauth_server = steps().server};
    verdict.kid = steps().header_views[i].kid;
    verdict.expires_at_s = verdict.valid_until_s = facts.expires_at->rounded_down();
    verdict.subject = facts.subject;
    verdict.client_id = facts.client_id;
    verdict.scopes = facts.scopes;
    return !encoder.verdicts(i + 1, 7, 1, std::span(&verdict, 1)).empty();
  });
}

void BM_Sha256(benchmark::State& state) {
  each(state, [](std::size_t i) {
    benchmark::DoNotOptimize(crypto::sha256(base::as_bytes(steps().tokens[i])));
    return true;
  });
}

// validate(state, tokens, expected, cache, claims): from text to verdict, 64 tokens a batch, without signature and socket.
void validate(benchmark::State& state, const std::vector<std::string>& tokens, schema::Code expected, verdict::TokenCache* cache = nullptr,
              std::span<const jose::PointerView> claims = {}) {
  bench::EmptyEngine engine;
  verdict::Validator validator(engine, base::HashKey{1, 2}, 0, cache);
  std::vector<verdict::TokenRequestView> requests(64);
  std::vector<verdict::VerdictView> verdicts(requests.size());
  std::size_t next = 0;
  for (auto _ : state) {
    for (auto& request : requests) {
      request = {tokens[next], steps().orders, {}, claims};
      next = (next + 1) % kTokens;
    }
    validator.validate(*steps().snapshot, requests, steps().now, verdicts);
    for (const auto& verdict : verdicts) {
      if (verdict.code != expected) return state.SkipWithError("a token got another verdict than expected");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(requests.size()));
}

void BM_ValidateUnsigned(benchmark::State& state) { validate(state, steps().tokens, schema::Code::accepted); }
void BM_ValidateExpired(benchmark::State& state) { validate(state, steps().expired, schema::Code::expired); }
// The first thousand are kept, and all others are found.
void BM_ValidateSeen(benchmark::State& state) {
  const auto cache = verdict::TokenCache::make(std::size_t{4} << 20, base::HashKey{1, 2}, 1);
  validate(state, steps().tokens, schema::Code::accepted, cache.get());
}
void BM_ValidateSeenAskingForClaims(benchmark::State& state) {
  const auto cache = verdict::TokenCache::make(std::size_t{4} << 20, base::HashKey{1, 2}, 1);
  const std::array claims{*jose::PointerView::parse("/claim_3"), *jose::PointerView::parse("/filler")};
  validate(state, steps().tokens, schema::Code::accepted, cache.get(), claims);
}
// Each is kept, and has made room for others when it comes again.
void BM_ValidateUnsignedAndKept(benchmark::State& state) {
  const auto cache = verdict::TokenCache::make(std::size_t{64} << 10, base::HashKey{1, 2}, 1);
  validate(state, steps().tokens, schema::Code::accepted, cache.get());
}

BENCHMARK(BM_FrameIn);
BENCHMARK(BM_Split);
BENCHMARK(BM_Base64url);
BENCHMARK(BM_Header);
BENCHMARK(BM_PayloadIndex);
BENCHMARK(BM_Payload);
BENCHMARK(BM_Screen);
BENCHMARK(BM_Judge);
BENCHMARK(BM_FrameOut);
BENCHMARK(BM_Sha256);
BENCHMARK(BM_ValidateUnsigned);
BENCHMARK(BM_ValidateExpired);
BENCHMARK(BM_ValidateSeen);
BENCHMARK(BM_ValidateSeenAskingForClaims);
BENCHMARK(BM_ValidateUnsignedAndKept);

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  assay::steps();  // before any clock runs
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
