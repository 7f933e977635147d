// Batches through the validator, without socket: what a token costs from its text to its verdict. Tokens rotate, so that caches and branch predictors see
// what they would see in service; a verdict that is not the expected one stops the run.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "crypto/engine.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "snapshot/config.h"

#include "support/compiled.h"
#include "verdict/validator.h"

namespace assay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::size_t kTokens = 256;

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

// Validates batches of state.range(0) tokens, all of which get the same verdict.
void validate(benchmark::State& state, const std::vector<std::string>& tokens, schema::Code expected) {
  auto config = snapshot::parse_config(fixture().configuration());
  if (!config) return state.SkipWithError("the fixture's configuration is refused");
  const auto snapshot = tests::compiled(*std::move(config));
  const auto engine = crypto::make_reference_engine();
  verdict::Validator validator(*engine, base::HashKey{1, 2}, 0);
  const snapshot::ApiService* orders = snapshot->api_service("orders");

  const auto batch = static_cast<std::size_t>(state.range(0));
  std::vector<verdict::TokenRequestView> requests(batch);
  std::vector<verdict::VerdictView> verdicts(batch);
  std::size_t next = 0;
  for (auto _ : state) {
    for (auto& request : requests) {
      request = {tokens[next], orders, {}, {}};
      next = (next + 1) % tokens.size();
    }
    validator.validate(*snapshot, requests, kNow, verdicts);
    for (const auto& verdict : verdicts) {
      if (verdict.code != expected) return state.SkipWithError("a token got another verdict than expected");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void BM_Accepted(benchmark::State& state, std::string_view algorithm) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kTokens; ++i) tokens.push_back(fixture().orders.good_token(algorithm, kNow));
  validate(state, tokens, schema::Code::accepted);
}

// Refused before the signature: what a flood of such tokens costs.
void BM_Expired(benchmark::State& state) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kTokens; ++i) tokens.push_back(fixture().orders.good_token("ES256", kNow - 100'000, 60));
  validate(state, tokens, schema::Code::expired);
}

BENCHMARK_CAPTURE(BM_Accepted, RS256, "RS256")->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(BM_Accepted, PS256, "PS256")->Arg(64);
BENCHMARK_CAPTURE(BM_Accepted, ES256, "ES256")->Arg(64);
BENCHMARK_CAPTURE(BM_Accepted, EdDSA, "EdDSA")->Arg(64);
BENCHMARK(BM_Expired)->Arg(1)->Arg(64);

}  // namespace
}  // namespace assay

BENCHMARK_MAIN();
