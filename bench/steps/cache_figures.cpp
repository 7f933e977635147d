// What the cache of tokens holds, and what of it a flood pushes out: the share of hits among the tokens of a working set, drawn by Zipf's law, in peace and beside floods of tokens that
// never come again. Through the real validator and cache; signatures are made up, and an engine tells good from bad by their first octet, so that hundreds of thousands of
// tokens cost nothing to make. These are no figures of speed.
//   cache_figures [--small]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "load/random.h"
#include "load/rotation.h"
#include "mint/base64url.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "snapshot/config.h"
#include "support/compiled.h"
#include "verdict/token_cache.h"
#include "verdict/validator.h"

namespace assay {
namespace {

using load::Random;
using verdict::TokenCache;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::size_t kTokenBytes = 960;

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "cache_figures: %s\n", what);
  std::exit(1);
}

// MadeUp: signatures whose first octet is even are valid.
class MadeUp final : public crypto::Engine {
 public:
  std::string_view name() const noexcept override { return "made up"; }
  std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }

 private:
  void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      results[i] = std::to_integer<unsigned>(checks[i].signature.front()) % 2 == 0 ? crypto::SignatureResult::valid : crypto::SignatureResult::invalid;
    }
  }
};

// Tokens of 960 bytes and 20 claims, as assay-bench's.
class Maker {
 public:
  std::string token(bool good) {
    mint::JsonObject claims = fixture_.orders.good_claims(kNow);
    for (int i = 0; claims.members().size() < 19; ++i) claims.set("claim_" + std::to_string(i), mint::quote("value " + std::to_string(i)));
    const std::size_t around = header_.size() * 4 / 3 + 2 + 86;
    claims.set("filler", mint::quote(""));
    const std::size_t bytes = around + claims.text().size() * 4 / 3;
    if (bytes < kTokenBytes) claims.set("filler", mint::quote(std::string((kTokenBytes - bytes) * 3 / 4, 'x')));
    std::string signature(64, '\0');
    for (char& octet : signature) octet = static_cast<char>(random_.next());
    signature[0] = static_cast<char>(good ? signature[0] & ~1 : signature[0] | 1);
    return mint::TokenBuilder().header(header_).payload(claims.text()).signature(signature).text();
  }
  const mint::Fixture& fixture() const { return fixture_; }

 private:
  const mint::Fixture fixture_ = mint::Fixture::generate();
  const std::string header_ = mint::header(fixture_.orders.key("ES256")).text();
  Random random_{1};
};

struct Sizes {
  std::size_t cache_bytes = std::size_t{16} << 20;
  std::size_t working_set = 20'000;
  std::size_t requests = 400'000;  // for tokens of the working set, in each phase
};

class Run {
 public:
  explicit Run(const Sizes& sizes) : sizes_(sizes) {
    auto config = snapshot::parse_config(maker_.fixture().configuration());
    if (!config) stop("the fixture's configuration is refused");
    snapshot_ = tests::compiled(*std::move(config));
    cache_ = TokenCache::make(sizes.cache_bytes, base::HashKey{1, 2}, 1);
    if (cache_ == nullptr) stop("no memory");
    for (std::size_t i = 0; i < sizes.working_set; ++i) working_set_.push_back(maker_.token(true));
  }

  // phase(what, flood, good): requests for the working set, and `flood` tokens that never come again beside every 64 of them.
  void phase(const char* what, std::size_t flood, bool good) {
    const load::Zipf zipf(working_set_.size(), 1);
    verdict::Validator validator(engine_, base::HashKey{1, 2}, 0, cache_.get());
    const std::uint64_t hits_before = cache_->figures().hits;
    std::vector<std::string> strangers(flood);
    for (std::size_t done = 0; done < sizes_.requests; done += 64) {
      std::vector<verdict::TokenRequestView> requests;
      const snapshot::ApiService* orders = snapshot_->api_service("orders");
      for (std::size_t i = 0; i < 64; ++i) requests.push_back({working_set_[zipf.draw(random_)], orders, {}, {}});
      for (std::string& stranger : strangers) {
        stranger = maker_.token(good);
        requests.push_back({stranger, orders, {}, {}});
      }
      std::vector<verdict::VerdictView> verdicts(requests.size());
      validator.validate(*snapshot_, requests, kNow, verdicts);
      for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if ((verdicts[i].code == schema::Code::accepted) != (i < 64 || good)) stop("a token got another verdict than expected");
      }
    }
    const verdict::TokenCacheFigures figures = cache_->figures();
    std::printf("%-58s hits of the working set %5.1f %%; %llu of %llu entries\n", what, 100.0 * static_cast<double>(figures.hits - hits_before) / static_cast<double>(sizes_.requests),
                static_cast<unsigned long long>(figures.entries), static_cast<unsigned long long>(figures.capacity));
  }

 private:
  const Sizes sizes_;
  Maker maker_;
  MadeUp engine_;
  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  std::unique_ptr<TokenCache> cache_;
  std::vector<std::string> working_set_;
  Random random_{2};
};

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  using namespace assay;
  const bool small = count > 1 && std::string_view(arguments[1]) == "--small";
  const std::size_t default_bytes = base::limits::kTokenCacheBudgetBytes;
  if (const auto cache = TokenCache::make(default_bytes, base::HashKey{1, 2}, 1)) {
    std::printf("%zu MiB hold %llu tokens: %.0f bytes each\n", default_bytes >> 20, static_cast<unsigned long long>(cache->figures().capacity),
                static_cast<double>(default_bytes) / static_cast<double>(cache->figures().capacity));
  }
  const Sizes sizes = small ? Sizes{.cache_bytes = std::size_t{1} << 18, .working_set = 300, .requests = 4'000} : Sizes{};
  std::printf("working set of %zu tokens by Zipf's law, cache of %zu KiB:\n", sizes.working_set, sizes.cache_bytes >> 10);
  Run run(sizes);
  run.phase("from an empty cache", 0, true);
  run.phase("in peace", 0, true);
  run.phase("beside as many valid tokens that never come again", 64, true);
  run.phase("beside three times as many", 192, true);
  run.phase("beside three times as many with bad signatures", 192, false);
  run.phase("in peace again", 0, true);
}
