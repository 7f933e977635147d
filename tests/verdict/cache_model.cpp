// Everything that leads to a snapshot is the daemon's own: documents, deployments, key sets, the compiler. The machine only chooses. What it chooses is mostly
// usual, so that many tokens are good and the cache has something to say; and what it changes, it often changes back, for that is when an old entry could come
// to life where it must not.
#include "verdict/cache_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/curve_tables.h"
#include "crypto/fast_engine.h"
#include "crypto/kernels.h"
#include "jose/jwk.h"
#include "snapshot/config.h"
#include "support/verdicts.h"

namespace assay::tests {
namespace {

using schema::Code;
using verdict::TokenRequestView;
using verdict::VerdictView;

constexpr base::HashKey kHashKey{0x243F6A8885A308D3, 0x13198A2E03707344};

crypto::AlgorithmSet only(crypto::Algorithm algorithm) {
  crypto::AlgorithmSet set;
  set.insert(algorithm);
  return set;
}

snapshot::SourceId source_id(std::size_t url) { return {snapshot::KeySource::Kind::jwks_url, std::string(world::kUrls.at(url))}; }

std::shared_ptr<const snapshot::KeySet> key_set(const world::Entries& entries, snapshot::KeySetPool& pool) {
  auto parsed = jose::parse_jwks(world::jwks(entries), pool.materials());
  CHECK(parsed.has_value());
  return pool.intern(*std::move(parsed));
}

}  // namespace

std::uint8_t Choices::octet() noexcept {
  if (left_.empty()) return 0;
  const std::uint8_t first = left_.front();
  left_ = left_.subspan(1);
  return first;
}

std::vector<std::uint8_t> drawn(std::uint64_t seed, std::size_t octets) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> all(octets);
  for (std::uint8_t& octet : all) octet = static_cast<std::uint8_t>(random());
  return all;
}

void RememberingEngine::answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept {
  constexpr std::size_t kAnswersMax = 20'000;  // a fuzzer asks without end
  if (answers_.size() > kAnswersMax) answers_.clear();
  std::vector<crypto::SignatureCheckView> asked;
  std::vector<std::size_t> places;
  std::vector<std::string> questions(checks.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const crypto::SignatureCheckView& check = checks[i];
    if (remembered_.contains(check.algorithm)) {
      questions[i] = fmt::format("{} {} ", static_cast<int>(check.algorithm), check.message.size());
      for (const base::Bytes part : {base::Bytes(check.key->fingerprint()), check.message, check.signature}) questions[i] += base::as_text(part);
      if (const auto known = answers_.find(questions[i]); known != answers_.end()) {
        results[i] = known->second;
        continue;
      }
    }
    asked.push_back(check);
    places.push_back(i);
  }
  std::vector<crypto::SignatureResult> answers(asked.size());
  crypto::verify_batch(*engine_, asked, answers);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    results[places[i]] = answers[i];
    if (!questions[places[i]].empty()) answers_.emplace(std::move(questions[places[i]]), answers[i]);
  }
}

Referee::Referee() : engine_(crypto::make_reference_engine(), crypto::AlgorithmSet::all()), model_(engine_, kHashKey, 0) {
  kept_.push_back(key_set(world::all_keys(), pool_));
}

CachedContender::CachedContender(std::string name, std::size_t sets, crypto::Engine& engine, std::size_t lane)
    : name_(std::move(name)),
      cache_(verdict::TokenCache::make(sets * (64 + verdict::TokenCache::kWays * verdict::TokenCache::kSlotBytes), kHashKey, kLanes)),
      validator_(engine, kHashKey, lane, cache_.get()) {
  CHECK(cache_ != nullptr && cache_->figures().capacity == sets * verdict::TokenCache::kWays);
}

std::unique_ptr<crypto::Engine> fast_engine() {
  static const crypto::CurveTables no_tables;
  const auto kernels = crypto::Kernels::of(crypto::best_level());
  return std::make_unique<RememberingEngine>(crypto::make_fast_engine(*kernels, no_tables), only(crypto::Algorithm::es256));
}

Machine::Machine(Referee& referee, std::span<Contender* const> contenders, Choices choices) : referee_(referee), contenders_(contenders), choices_(choices) {
  // The keys of one source may not be there yet.
  const std::size_t at_hand = choices_.below(4) == 0 ? 1 : 0;
  for (std::size_t url = at_hand; url < world::kUrls.size(); ++url) {
    held_[url] = world::all_keys();
    const snapshot::HeldKeys held{.keys = key_set(held_[url], referee_.pool()), .jwks = {}, .since_s = {}};
    sources_[source_id(url)] = std::make_shared<const snapshot::HeldKeys>(held);
  }
  auto config = snapshot::parse_config(world::document(settings_), referee_.pool());
  CHECK(config.has_value());
  put_in_force(snapshot::deploy(snapshot::make_document(*std::move(config), ++deployments_, now_s_, 0, {})));
}

bool Machine::step() {
  if (choices_.empty()) return false;
  ++steps_;
  const std::uint8_t what = choices_.octet();
  if (what < 212) validate_batch();
  else if (what < 226) move_clock();
  else if (what < 240) push();
  else if (what < 244) deploy(false);
  else if (what < 250) deploy(true);
  else if (what < 253) roll_back();
  else end_era();
  return true;
}

// Tokens out of the pool, those more often that are good somewhere, now and then with an octet changed; at any API service.
void Machine::validate_batch() {
  static const std::array kPointers{*jose::PointerView::parse("/tenant"), *jose::PointerView::parse("/nested/list/1"), *jose::PointerView::parse("/sub")};
  static constexpr std::array<std::string_view, 2> kScopes{"write", "read"};
  const std::vector<std::string>& tokens = world::tokens();
  const std::size_t count = 1 + choices_.below(8);
  std::vector<std::string> changed;
  changed.reserve(count);
  std::vector<TokenRequestView> requests;
  for (std::size_t i = 0; i < count; ++i) {
    TokenRequestView& request = requests.emplace_back();
    const std::uint8_t which = choices_.octet();
    request.token = which < 100 ? tokens[which % world::kGoodTokens] : tokens[(which * std::size_t{3} + choices_.below(3)) % tokens.size()];
    const std::uint8_t how = choices_.octet();
    request.api_service = snapshot_->api_service(world::kServices[how % world::kServices.size()]);
    CHECK(request.api_service != nullptr);
    // Of how, what is left: 64 ways, of which most ask for nothing more.
    const std::size_t more = how / world::kServices.size();
    if (more < 8) request.claims = std::span(kPointers).first(1 + more % kPointers.size());
    if (more >= 6 && more < 12) request.required_scopes = std::span(kScopes).first(1 + more % 2);
    if (more == 63 && !request.token.empty()) {
      std::string& token = changed.emplace_back(request.token);
      std::size_t at = choices_.octet();
      at = (at * 256 + choices_.octet()) % token.size();
      token[at] = static_cast<char>(choices_.octet());
      request.token = token;
    }
  }
  std::vector<VerdictView> expected(count);
  referee_.model().validate(*snapshot_, requests, now_s_, expected);
  judged_ += count;
  accepted_ += static_cast<std::size_t>(std::ranges::count(expected, Code::accepted, &VerdictView::code));
  for (Contender* contender : contenders_) {
    std::vector<VerdictView> found(count);
    contender->validate(*snapshot_, requests, now_s_, found);
    for (std::size_t i = 0; i < count; ++i) compare(*contender, requests[i], expected[i], found[i]);
  }
}

void Machine::compare(const Contender& contender, const TokenRequestView& request, const VerdictView& expected, const VerdictView& found) {
  if (same(expected, found)) return;
  std::string text = fmt::format("step {}, {}, at {}, {} s after the epoch, {} scopes and {} claims asked for", steps_, contender.name(),
                                 request.api_service->name(), now_s_ - world::kEpoch_s, request.required_scopes.size(), request.claims.size());
  text += fmt::format("\n  expected {}\n  found    {}\n  token {}", text_of(expected), text_of(found), request.token);
  differences_.push_back({steps_, std::string(contender.name()), expected.code, found.code, std::move(text)});
}

// Time goes in steps of all sizes, sometimes backwards, and comes back often: after an hour no token is good any more.
void Machine::move_clock() {
  static constexpr std::array kSteps_s{1, 2, 5, 10, 31, 61, 301, 601, -1, -7, -32, 3600};
  const std::size_t which = choices_.below(16);
  if (which < kSteps_s.size()) now_s_ += kSteps_s[which];
  else now_s_ = world::kEpoch_s + static_cast<std::int64_t>(choices_.below(64));
}

// Keys go, come, come back; come under another kid, or for another algorithm; in another order, of which a token without kid sees the first four.
void Machine::edit(world::Entries& entries) {
  constexpr std::size_t kEntriesMax = 12;
  const auto any = [&]() -> world::Entry& { return entries[choices_.below(entries.size())]; };
  const std::size_t what = choices_.below(12);
  if (what == 0) {
    entries.clear();
  } else if (what <= 3 || entries.empty()) {
    entries = world::all_keys();
  } else if (what <= 5) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(choices_.below(entries.size())));
  } else if (what == 6) {
    if (entries.size() < kEntriesMax) entries.push_back({.key = static_cast<std::uint8_t>(choices_.below(world::kKeys))});
  } else if (what == 7) {
    any().kid = static_cast<std::uint8_t>(choices_.below(world::kKids));
  } else if (what == 8) {
    any().alg = static_cast<std::uint8_t>(choices_.below(world::kAlgs));
  } else if (what == 9) {
    std::ranges::reverse(entries);
  } else if (what == 10) {
    std::swap(any(), any());
  } else {
    const auto kid = static_cast<std::uint8_t>(choices_.below(world::kKids));
    for (world::Entry& entry : entries) entry.kid = kid;
  }
}

void Machine::push() {
  const std::size_t url = choices_.below(world::kUrls.size());
  edit(held_[url]);
  // As the ledger does it: an equal set publishes nothing.
  auto keys = key_set(held_[url], referee_.pool());
  std::shared_ptr<const snapshot::HeldKeys>& held = sources_[source_id(url)];
  if (held != nullptr && held->keys == keys) return;
  const snapshot::HeldKeys next{.keys = std::move(keys), .jwks = {}, .generation = generation_ + 1, .changed_at_s = now_s_, .checked_at_s = now_s_, .etag = {}, .since_s = {}};
  held = std::make_shared<const snapshot::HeldKeys>(next);
  compile();
}

void Machine::edit_settings() {
  if (choices_.below(3) == 0) {
    settings_ = world::usual();
    return;
  }
  for (std::size_t changes = 1 + choices_.below(3); changes != 0; --changes) {
    switch (choices_.below(8)) {
      case 0:
      case 1: edit(settings_.inline_keys); break;
      case 2:
      case 3:
      case 4: {
        world::ServerSettings& server = settings_.servers[choices_.below(settings_.servers.size())];
        const std::size_t member = choices_.below(world::kServerMembers.size());
        server.*world::kServerMembers[member] = static_cast<std::uint8_t>(choices_.below(world::kServerBounds[member]));
        break;
      }
      default: {
        world::ServiceSettings& service = settings_.services[choices_.below(settings_.services.size())];
        const std::size_t member = choices_.below(world::kServiceMembers.size());
        service.*world::kServiceMembers[member] = static_cast<std::uint8_t>(choices_.below(world::kServiceBounds[member]));
        break;
      }
    }
  }
}

// A refused configuration changes nothing.
void Machine::deploy(bool is_staged) {
  const world::Settings before = settings_;
  edit_settings();
  std::vector<std::string> staged;
  const std::size_t which = is_staged ? 1 + choices_.below((std::size_t{1} << world::kServices.size()) - 1) : 0;
  for (std::size_t i = 0; i < world::kServices.size(); ++i) {
    if ((which >> i & 1) != 0) staged.emplace_back(world::kServices[i]);
  }
  auto config = snapshot::parse_config(world::document(settings_), referee_.pool());
  if (!config) {
    settings_ = before;
    return;
  }
  const auto document = snapshot::make_document(*std::move(config), ++deployments_, now_s_, 0, in_force_.documents);
  if (!is_staged) {
    put_in_force(snapshot::deploy(document));
  } else {
    auto next = snapshot::deploy(in_force_, document, staged);
    CHECK(next.has_value());
    put_in_force(*std::move(next));
  }
}

void Machine::roll_back() {
  const snapshot::Deployment target = history_[choices_.below(history_.size())];
  // Which inline keys stay out is the ledger's to say, and a deploy takes keys out as well.
  put_in_force(snapshot::roll_back(target, ++deployments_, now_s_, [](const auto&, const auto&) { return false; }, referee_.pool()));
}

void Machine::end_era() {
  static constexpr std::array kAlgorithms{crypto::Algorithm::eddsa, crypto::Algorithm::rs256, crypto::Algorithm::es256};
  const crypto::Algorithm algorithm = kAlgorithms[choices_.below(kAlgorithms.size())];
  for (Contender* contender : contenders_) contender->end_era(algorithm);
}

void Machine::put_in_force(snapshot::Deployment next) {
  constexpr std::size_t kHistoryMax = 5;
  in_force_ = std::move(next);
  history_.push_back(in_force_);
  if (history_.size() > kHistoryMax) history_.erase(history_.begin());
  compile();
}

// Nobody fetches here, so that a kid that is not known is refused.
void Machine::compile() {
  snapshot_ = compiler_.compile(in_force_, sources_, 1, ++generation_);
  for (const auto& server : snapshot_->oauth_servers()) {
    if (server->signals != nullptr) server->signals->answer_refused();
  }
}

}  // namespace assay::tests
