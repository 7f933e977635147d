// Whatever happens, in whatever order: a cache changes no verdict. And the machine that says so would see the mistakes that such caches are known for.
#include "verdict/cache_model.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::tests {
namespace {

using schema::Code;
using verdict::TokenRequestView;
using verdict::VerdictView;

Referee& referee() {
  static Referee made;
  return made;
}

// Naive: a cache as one would write it first: what a token was given is given to it again, while the token, the API service and the snapshot are the same.
// Right as it is; each bug leaves one of them out.
enum class Bug : std::uint8_t { none, skips_audience, forgets_key };

class Naive final : public Contender {
 public:
  explicit Naive(Bug bug) : bug_(bug) {}
  std::string_view name() const override { return "naive"; }
  std::size_t hits() const { return hits_; }

  void validate(const snapshot::Snapshot& snapshot, std::span<const TokenRequestView> requests, std::int64_t now_s, std::span<VerdictView> verdicts) override {
    std::vector<TokenRequestView> missed;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (recall(snapshot, requests[i], now_s, verdicts[i])) continue;
      missed.push_back(requests[i]);
      places.push_back(i);
    }
    std::vector<VerdictView> found(missed.size());
    validator_.validate(snapshot, missed, now_s, found);
    for (std::size_t i = 0; i < missed.size(); ++i) {
      verdicts[places[i]] = found[i];
      if (found[i].code == Code::accepted && asks_for_nothing_more(missed[i])) entries_.insert_or_assign(key(missed[i]), Entry(snapshot, found[i], now_s));
    }
  }

 private:
  // Entry: an accepted verdict of a token, with texts of its own.
  struct Entry {
    Entry(const snapshot::Snapshot& snapshot, const VerdictView& verdict, std::int64_t now_s)
        : deployment(snapshot.deployment()),
          kept_at_s(now_s),
          server(verdict.oauth_server->name),
          view(verdict),
          texts(verdict.scopes.begin(), verdict.scopes.end()) {
      for (std::optional<std::string_view>* text : {&view.kid, &view.subject, &view.client_id}) {
        if (*text) *text = texts.emplace_back(**text);
      }
      for (std::size_t i = 0; i < verdict.scopes.size(); ++i) scopes.push_back(texts[i]);
      view.scopes = scopes;
    }
    Entry(Entry&&) = default;
    Entry& operator=(Entry&&) = default;

    std::uint64_t deployment;
    std::int64_t kept_at_s;
    std::string server;
    VerdictView view;
    std::deque<std::string> texts;
    std::vector<std::string_view> scopes;
  };

  static bool asks_for_nothing_more(const TokenRequestView& request) { return request.claims.empty() && request.required_scopes.empty(); }
  std::string key(const TokenRequestView& request) const {
    return std::string(request.token) + (bug_ == Bug::skips_audience ? "" : " " + request.api_service->name());
  }

  bool recall(const snapshot::Snapshot& snapshot, const TokenRequestView& request, std::int64_t now_s, VerdictView& verdict) {
    const auto found = asks_for_nothing_more(request) ? entries_.find(key(request)) : entries_.end();
    if (found == entries_.end()) return false;
    const Entry& entry = found->second;
    if (now_s < entry.kept_at_s || now_s >= entry.view.valid_until_s) return false;
    // A snapshot is a deployment and the keys of the moment.
    const bool is_current = bug_ == Bug::forgets_key ? entry.deployment == snapshot.deployment() : entry.view.generation == snapshot.generation();
    if (!is_current) return false;
    ++hits_;
    verdict = entry.view;
    verdict.generation = snapshot.generation();
    for (const auto& server : request.api_service->oauth_servers()) {
      if (server->name == entry.server) verdict.oauth_server = server.get();
    }
    return true;
  }

  const Bug bug_;
  std::unique_ptr<crypto::Engine> engine_ = std::make_unique<RememberingEngine>(crypto::make_reference_engine(), crypto::AlgorithmSet::all());
  verdict::Validator validator_{*engine_, base::HashKey{3, 4}, 1};
  std::map<std::string, Entry> entries_;
  std::size_t hits_ = 0;
};

// difference_of(contender, seed, expected): the first within kCanarySteps that accepts what the model refuses so; without expected, the first of any kind.
constexpr std::size_t kCanarySteps = 4'000;

std::optional<Difference> difference_of(Contender& contender, std::uint64_t seed, std::optional<Code> expected = {}) {
  const std::vector<std::uint8_t> octets = drawn(seed, kCanarySteps * 16);
  Contender* const contenders[]{&contender};
  Machine machine(referee(), contenders, Choices(octets));
  std::size_t seen = 0;
  while (machine.steps() < kCanarySteps && machine.step()) {
    for (; seen < machine.differences().size(); ++seen) {
      const Difference& difference = machine.differences()[seen];
      if (!expected || (difference.expected == *expected && difference.found == Code::accepted)) return difference;
    }
  }
  EXPECT_EQ(machine.steps(), kCanarySteps) << "too few octets";
  return std::nullopt;
}

class CacheModel : public testing::TestWithParam<std::uint64_t> {};

// Screen and judge always run, and a hit counts only if its key serves where the token is presented: so a cache changes no verdict. The small one forgets all
// the time, the roomy one next to nothing.
TEST_P(CacheModel, AnswersAsIfThereWereNoCache) {
  constexpr std::size_t kOctets = 120'000;
  const std::unique_ptr<crypto::Engine> fast = fast_engine();
  RememberingEngine reference(crypto::make_reference_engine(), crypto::AlgorithmSet::all());
  CachedContender small("small cache", 2, *fast, 1);
  CachedContender roomy("roomy cache", 64, reference, 2);
  Contender* const contenders[]{&small, &roomy};
  const std::vector<std::uint8_t> octets = drawn(GetParam(), kOctets);
  Machine machine(referee(), contenders, Choices(octets));
  while (machine.differences().empty() && machine.step()) continue;
  for (const Difference& difference : machine.differences()) ADD_FAILURE() << "seed " << GetParam() << ": " << difference.text;

  const auto report = [&](const char* name, const verdict::TokenCacheFigures& figures) {
    return testing::Message() << name << ", seed " << GetParam() << ": steps " << machine.steps() << " judged " << machine.judged() << " accepted "
                              << machine.accepted() << " hits " << figures.hits << " misses " << figures.misses << " keys_gone " << figures.keys_gone << " evicted "
                              << figures.evicted << " expired " << figures.expired << " oversized " << figures.oversized << " entries " << figures.entries;
  };
  const verdict::TokenCacheFigures in_small = small.figures();
  const verdict::TokenCacheFigures in_roomy = roomy.figures();
  SCOPED_TRACE(report("small", in_small));
  SCOPED_TRACE(report("roomy", in_roomy));
  if (testing::Test::HasFailure()) return;
  // It was about something.
  EXPECT_GT(machine.accepted(), machine.judged() / 8);
  for (const verdict::TokenCacheFigures& figures : {in_small, in_roomy}) {
    EXPECT_GT(figures.hits, 1'000U);
    EXPECT_GT(figures.misses, 1'000U);
    EXPECT_GT(figures.keys_gone, 100U);
    EXPECT_GT(figures.oversized, 10U);
  }
  EXPECT_GT(in_small.evicted, 1'000U);
  EXPECT_GT(in_small.expired, 5U);
  EXPECT_EQ(in_small.entries, 16U);
  EXPECT_GT(in_roomy.hits, in_roomy.misses);
  // A token stands there once for each key that verified it, and not anew whenever it is verified.
  EXPECT_LT(in_roomy.entries, 200U);
}
INSTANTIATE_TEST_SUITE_P(Seeds, CacheModel, testing::Values(1, 2, 3, 4));

// The canaries: of each the machine finds out by the very verdicts that its bug lets through, soon and by any seed.
constexpr std::uint64_t kCanarySeeds[]{11, 12, 13, 14, 15};

TEST(CacheModelCanary, FindsAHitThatSkipsTheAudience) {
  for (const std::uint64_t seed : kCanarySeeds) {
    Naive canary(Bug::skips_audience);
    EXPECT_TRUE(difference_of(canary, seed, Code::wrong_audience)) << "seed " << seed;
  }
}

TEST(CacheModelCanary, FindsAHitThatForgetsTheKey) {
  for (const std::uint64_t seed : kCanarySeeds) {
    Naive canary(Bug::forgets_key);
    EXPECT_TRUE(difference_of(canary, seed, Code::unknown_key)) << "seed " << seed;
  }
}

// It is the bugs that it finds: the same cache without them is right, although it has hits as well.
TEST(CacheModelCanary, FindsNothingWithoutABug) {
  for (const std::uint64_t seed : kCanarySeeds) {
    Naive naive(Bug::none);
    const auto difference = difference_of(naive, seed);
    EXPECT_FALSE(difference) << "seed " << seed << ": " << difference->text;
    EXPECT_GT(naive.hits(), 200U);
  }
}

}  // namespace
}  // namespace assay::tests
