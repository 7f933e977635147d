// A workload that looks like a company's: some issuers with some keys each, thousands of tokens that differ in everything a cache could hang on, a few of them bad.
// The mint is the tests' (OpenSSL); a token is made of its algorithm, issuer, key and flaw, which are dealt out in exact shares and then shuffled.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>

#include "load/failure.h"
#include "load/random.h"
#include "load/workload.h"
#include "mint/base64url.h"
#include "mint/json.h"
#include "mint/key.h"
#include "mint/token.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

using mint::JsonObject;
using mint::quote;

constexpr std::string_view kApiService = "load";
constexpr std::string_view kAudience = "https://api.example.com";
constexpr std::string_view kScope = "api.read";
constexpr std::int64_t kLifetimeS = 24 * 3600;
constexpr std::size_t kInlineJwksBytesMax = 16 * 1024;  // docs/CONFIGURATION.md, oauth_servers[].jwks

// Issuer: its keys, those of each algorithm one after the other.
struct Issuer {
  std::string url;
  std::vector<mint::Key> keys;
};

// each(count, work): work(0) to work(count - 1), on all processors; what the first failure threw.
void each(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < std::clamp(std::thread::hardware_concurrency(), 1U, 64U); ++t) {
    threads.emplace_back([&] {
      try {
        for (std::size_t i = next++; i < count; i = next++) work(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    });
  }
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

std::vector<Issuer> make_issuers(const Mix& mix) {
  const std::size_t per_issuer = mix.algorithms.size() * mix.keys;
  std::vector<std::optional<mint::Key>> keys(mix.issuers * per_issuer);
  each(keys.size(), [&](std::size_t i) {
    const std::string& algorithm = mix.algorithms[i % per_issuer / mix.keys].name;
    keys[i] = mint::Key::generate(algorithm, {.kid = fmt::format("{}-{}-{}", algorithm, i / per_issuer, i % mix.keys)});
  });
  std::vector<Issuer> issuers;
  for (std::size_t i = 0; i < mix.issuers; ++i) {
    Issuer issuer{.url = fmt::format("https://id-{}.example.com/am", i), .keys = {}};
    for (std::size_t k = 0; k < per_issuer; ++k) issuer.keys.push_back(*keys[i * per_issuer + k]);
    const std::size_t bytes = mint::jwks(issuer.keys).size();
    if (bytes > kInlineJwksBytesMax)
      throw Usage(fmt::format("--keys: the {} keys of an issuer would take {} bytes of JWKS, and a configuration takes {}", per_issuer, bytes, kInlineJwksBytesMax));
    issuers.push_back(std::move(issuer));
  }
  return issuers;
}

std::string configuration(const std::vector<Issuer>& issuers, const Mix& mix) {
  std::string servers;
  std::vector<std::string> names;
  for (const Issuer& issuer : issuers) {
    names.push_back(fmt::format("issuer-{}", names.size()));
    const JsonObject server{{"name", quote(names.back())}, {"issuers", mint::array({issuer.url})}, {"jwks", mint::jwks(issuer.keys)}};
    servers += (servers.empty() ? "" : ",") + server.text();
  }
  const JsonObject api{{"name", quote(kApiService)},
                       {"audiences", mint::array({std::string(kAudience)})},
                       {"oauth_servers", mint::array(names)},
                       {"required_scopes", mint::array({std::string(kScope)})}};
  // All connections of a run come from one user.
  const JsonObject limits{{"connections", "65536"}, {"connections_per_uid", "65536"}, {"request_age_ms", std::to_string(mix.request_age_ms)}};
  const JsonObject daemon{{"token_cache_budget", std::to_string(mix.token_cache_budget)}, {"limits", limits.text()}};
  return JsonObject{{"oauth_servers", "[" + servers + "]"}, {"api_services", "[" + api.text() + "]"}, {"daemon", daemon.text()}}.text();
}

// Recipe: one token before it is signed.
struct Recipe {
  std::size_t algorithm = 0;
  Flaw flaw = Flaw::none;
  std::uint64_t seed = 0;
};

std::vector<Recipe> recipes(const Mix& mix, Random& random) {
  std::vector<double> weights, percents;
  for (const Weighted& algorithm : mix.algorithms) weights.push_back(algorithm.weight);
  for (const double percent : mix.bad) percents.push_back(percent);
  percents[0] = 100 - std::accumulate(percents.begin() + 1, percents.end(), 0.0);
  std::vector<std::size_t> algorithms, flaws;
  for (std::size_t algorithm = 0; const std::size_t share : shares(mix.token_count, weights)) algorithms.insert(algorithms.end(), share, algorithm++);
  for (std::size_t flaw = 0; const std::size_t share : shares(mix.token_count, percents)) flaws.insert(flaws.end(), share, flaw++);
  random.shuffle(std::span(algorithms));
  random.shuffle(std::span(flaws));
  std::vector<Recipe> out;
  for (std::size_t i = 0; i < mix.token_count; ++i) out.push_back({algorithms[i], static_cast<Flaw>(flaws[i]), random.next()});
  return out;
}

std::string letters(std::size_t count, Random& random) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  std::string out(count, ' ');
  for (char& c : out) c = kLetters[random.below(kLetters.size())];
  return out;
}

// claims_of(...): as many claims as asked for, in so many bytes of JSON, as near as that can be.
JsonObject claims_of(const Mix& mix, const Issuer& issuer, Flaw flaw, std::int64_t now_s, std::size_t bytes, Random& random) {
  const std::int64_t issued = flaw == Flaw::expired ? now_s - 7200 : now_s;
  JsonObject out{{"iss", quote(issuer.url)},
                 {"aud", quote(flaw == Flaw::audience ? "https://another.example.com" : kAudience)},
                 {"sub", quote(letters(8, random))},
                 {"client_id", quote(letters(8, random))},
                 {"jti", quote(letters(12, random))},
                 {"iat", std::to_string(issued)},
                 {"exp", std::to_string(flaw == Flaw::expired ? now_s - 3600 : now_s + kLifetimeS)},
                 {"scope", quote(kScope)}};
  const std::size_t own = out.members().size();
  if (mix.claims <= own) return out;
  const std::size_t extras = mix.claims - own;
  for (std::size_t i = 0; i < extras; ++i) out.set(fmt::format("c{}", i), quote(""));
  const std::size_t empty = out.text().size();
  const std::size_t room = bytes > empty ? bytes - empty : 0;
  for (std::size_t i = 0; i < extras; ++i) out.set(fmt::format("c{}", i), quote(letters(room / extras + (i < room % extras ? 1 : 0), random)));
  return out;
}

std::size_t signature_chars(const mint::Key& key) {
  const std::size_t octets = key.algorithm() == "EdDSA" ? 64 : key.coordinate_bytes() != 0 ? 2 * key.coordinate_bytes() : 256;
  return (octets * 4 + 2) / 3;
}

Token make_token(const Mix& mix, const std::vector<Issuer>& issuers, const Recipe& recipe, std::int64_t now_s) {
  Random random(recipe.seed);
  const Issuer& issuer = issuers[random.below(static_cast<std::uint32_t>(issuers.size()))];
  const mint::Key& key = issuer.keys[recipe.algorithm * mix.keys + random.below(mix.keys)];
  // All of the token but its payload: header, signature and two dots. What is left, in base64url, is 3/4 of octets.
  const std::size_t around = (mint::header(key).text().size() * 4 + 2) / 3 + signature_chars(key) + 2;
  const std::size_t payload_bytes = mix.token_bytes > around ? (mix.token_bytes - around) * 3 / 4 : 0;
  std::string text = mint::token(key, claims_of(mix, issuer, recipe.flaw, now_s, payload_bytes, random));
  switch (recipe.flaw) {
    case Flaw::none: return {std::move(text), static_cast<std::uint8_t>(schema::Code::accepted)};
    case Flaw::expired: return {std::move(text), static_cast<std::uint8_t>(schema::Code::expired)};
    case Flaw::audience: return {std::move(text), static_cast<std::uint8_t>(schema::Code::wrong_audience)};
    case Flaw::forged: break;
  }
  // One bit in the middle of the signature, so that base64url stays strict and the daemon does all the work there is.
  char& c = text[text.size() - signature_chars(key) / 2];
  c = c == 'A' ? 'B' : 'A';
  return {std::move(text), static_cast<std::uint8_t>(schema::Code::bad_signature)};
}

}  // namespace

Workload mint_workload(const Mix& mix, std::uint64_t seed, std::int64_t now_s) {
  Random random(seed);
  const std::vector<Issuer> issuers = make_issuers(mix);
  const std::vector<Recipe> plan = recipes(mix, random);
  Workload out{.api_service = std::string(kApiService), .tokens = std::vector<Token>(plan.size()), .configuration = configuration(issuers, mix)};
  each(plan.size(), [&](std::size_t i) { out.tokens[i] = make_token(mix, issuers, plan[i], now_s); });
  return out;
}

}  // namespace assay::load
