// Three passes over a batch: find each token in the cache, or read it up to its signature checks; check all signatures together; judge. A verdict is unset until its token has come
// to the end of its way, and only judge's `accepted` on verified facts makes one accepted.
//
// The cache shortens the way of tokens that end well so far: whatever does not pass the screen, or has lost its key, goes the long way as if the cache did not exist. SHA-256 of a
// token is computed for two reasons only: its place in the cache holds something that looks like it, or its signature was valid and it is to be kept; so for what is refused
// the cache costs a look at a line of memory.
#include "verdict/validator.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "crypto/sha2/sha256.h"
#include "jose/base64url.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/header.h"
#include "jose/header_memo.h"
#include "jose/json_walk.h"
#include "verdict/judge.h"
#include "verdict/screen.h"

namespace assay::verdict {
namespace {

using base::limits::kBatchTokensMax;
using base::limits::kCandidateKeysMax;
using schema::Code;

// Waiting: a token that the cache seems to know.
struct Waiting {
  std::size_t request = 0;  // its place among the requests
  TokenCache::Place place;
  TokenCache::Ways ways = 0;
};

// How many of them are looked up together: enough for the lanes of SHA-256; and if all of them prove to be strangers, a batch is not much longer than it was meant to be.
constexpr std::size_t kWaitingMax = 4;

// Pending: a token that waits for its signature.
struct Pending {
  std::size_t request = 0;  // its place among the requests
  std::size_t first_check = 0;
  std::size_t check_count = 0;
  jose::FactsView facts;
  base::Bytes payload;  // decoded, padded
  const snapshot::OAuthServer* server = nullptr;
  snapshot::Candidates candidates;
  std::optional<VerifiedFactsView> verified;  // by the first of the candidates whose check is valid; borrows `facts`
  // With a cache:
  TokenCache::Place place;
  TokenCache::Era era = 0;
  const crypto::sha2::Sha256Prefix* prefix = &crypto::sha2::kNoPrefix;  // of the token, as far as its signing input begins likewise
};

// decode(text, arena): the octets of a part, padded as JsonIndex asks; no data if the text is not base64url.
base::Bytes decode(std::string_view text, base::Arena& arena) {
  const std::size_t octets = jose::base64url_decoded_bytes(text.size());
  const std::span<std::byte> out = arena.allocate<std::byte>(octets + jose::kJsonPaddingBytes).first(octets);
  return jose::base64url_decode(text, out) ? out : base::Bytes();
}

}  // namespace

struct Validator::Workspace {
  Workspace(base::HashKey hash_key, std::size_t lane_in, TokenCache* cache_in)
      : lane(lane_in), cache(cache_in), json(hash_key, base::limits::kTokenBytesMax, base::limits::kTokenMembersMax), headers(hash_key) {
    requests.reserve(kBatchTokensMax);
    verdicts.reserve(kBatchTokensMax);
    waiting.reserve(kWaitingMax);
    pending.reserve(kBatchTokensMax);
    checks.reserve(kBatchTokensMax * kCandidateKeysMax);
    results.resize(kBatchTokensMax * kCandidateKeysMax);
    beginnings.reserve(kBatchTokensMax);
    prefixes.reserve(kBatchTokensMax);
    kept.reserve(kBatchTokensMax);
    ends.reserve(kBatchTokensMax);
    digests.resize(kBatchTokensMax);
  }

  const std::size_t lane;
  TokenCache* const cache;  // null: none
  const snapshot::Snapshot* snapshot = nullptr;  // of this batch
  std::int64_t now_s = 0;
  bool must_wake_schedule = false;
  base::Arena arena;  // everything that this batch's verdicts borrow
  jose::JsonWorkspace json;
  jose::HeaderMemo headers;
  std::vector<TokenRequestView> requests;
  std::vector<VerdictView> verdicts;  // one for each request
  std::vector<Waiting> waiting;
  std::vector<Pending> pending;
  std::vector<crypto::SignatureCheckView> checks;
  std::vector<crypto::SignatureResult> results;
  // For hashing several at once.
  std::vector<base::Bytes> beginnings;
  std::vector<crypto::sha2::Sha256Prefix> prefixes;
  std::vector<const Pending*> kept;
  std::vector<crypto::sha2::Sha256EndView> ends;  // of those
  std::vector<crypto::Sha256Digest> digests;

  void begin_token(std::size_t index);
  void look_up_waiting();
  bool recall(const Waiting& token, const crypto::Sha256Digest& digest);
  void read(std::size_t index, TokenCache::Place place);
  Code read(const TokenRequestView& request, TokenCache::Place place, VerdictView& verdict);
  Code without_candidates(const snapshot::OAuthServer& server, VerdictView& verdict);
  void hash_beginnings();
  void take_results();
  void keep_verified();
  void conclude(const VerifiedFactsView& verified, const snapshot::OAuthServer& server, base::Bytes payload, const TokenRequestView& request, VerdictView& verdict);
  void accept(const jose::FactsView& facts, std::int64_t skew_s, const std::optional<jose::PayloadView>& payload, const TokenRequestView& request, VerdictView& verdict);
};

// begin_token(index): a token that the cache seems to know waits; any other is read.
void Validator::Workspace::begin_token(std::size_t index) {
  const std::string_view token = requests[index].token;
  if (cache == nullptr || token.size() > base::limits::kTokenBytesMax) return read(index, {});
  const TokenCache::Place place = cache->place_of(token);
  if (const TokenCache::Ways ways = cache->look(place); ways != 0) {
    waiting.push_back({index, place, ways});
  } else {
    read(index, place);
  }
}

// Those that wait are found, or read.
void Validator::Workspace::look_up_waiting() {
  std::array<base::Bytes, kWaitingMax> tokens;
  std::array<crypto::Sha256Digest, kWaitingMax> found;
  for (std::size_t i = 0; i < waiting.size(); ++i) tokens[i] = base::as_bytes(requests[waiting[i].request].token);
  crypto::sha2::sha256_batch(cache->sha256(), std::span(tokens).first(waiting.size()), std::span(found).first(waiting.size()));
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (!recall(waiting[i], found[i])) read(waiting[i].request, waiting[i].place);
  }
  waiting.clear();
}

// recall(token, digest): judges it, if the cache knows it, it passes the screen, and the key that verified it still serves where it is presented now. False: nothing has happened.
bool Validator::Workspace::recall(const Waiting& token, const crypto::Sha256Digest& digest) {
  const TokenRequestView& request = requests[token.request];
  for (TokenCache::Ways ways = token.ways; ways != 0;) {
    const auto entry = cache->find(token.place, ways, digest, arena);
    if (!entry) return false;
    const jose::FactsView& facts = entry->facts();
    const snapshot::OAuthServer* server = facts.issuer ? request.api_service->server_of(*facts.issuer) : nullptr;
    const snapshot::KeySet* keys = server != nullptr ? server->serving_keys() : nullptr;
    if (keys == nullptr || screen(facts, *request.api_service, *server, now_s) != Code::accepted) return false;
    const auto verified = VerifiedFactsView::recalled(*entry, *keys);
    if (!verified) {
      cache->count_key_gone(lane);
      continue;
    }
    cache->count_hit(lane);
    cache->used(token.place, entry->way());
    VerdictView& verdict = verdicts[token.request];
    verdict.oauth_server = server;
    if (entry->has_kid()) verdict.kid = *verified->key().kid;
    conclude(*verified, *server, {}, request, verdict);
    return true;
  }
  return false;
}

void Validator::Workspace::read(std::size_t index, TokenCache::Place place) { verdicts[index].code = read(requests[index], place, verdicts[index]); }

// Everything that comes before the signature. Code::unset: the token waits in `pending`; anything else is its refusal.
Code Validator::Workspace::read(const TokenRequestView& request, TokenCache::Place place, VerdictView& verdict) {
  const auto parts = jose::split_compact(request.token);
  if (!parts) return parts.error();
  std::optional<jose::HeaderView> header = headers.find(parts->header, arena);
  const bool is_new = !header;
  const base::Bytes header_json = is_new ? decode(parts->header, arena) : base::Bytes();
  const base::Bytes payload = decode(parts->payload, arena);
  const base::Bytes signature = decode(parts->signature, arena);
  // No part is empty, so no data means no base64url.
  if ((is_new && header_json.empty()) || payload.empty() || signature.empty()) return Code::bad_base64url;
  if (is_new) {
    const auto read = jose::parse_header(header_json, json, arena);
    if (!read) return read.error();
    header = *read;
    headers.keep(parts->header, *read);
  }
  const auto facts = jose::parse_claims(*header, payload, json, arena);
  if (!facts) return facts.error();

  const snapshot::ApiService& api_service = *request.api_service;
  const snapshot::OAuthServer* server = facts->issuer ? api_service.server_of(*facts->issuer) : nullptr;
  if (server == nullptr) return Code::unknown_issuer;
  verdict.oauth_server = server;
  verdict.kid = header->kid;
  if (const Code screened = screen(*facts, api_service, *server, now_s); screened != Code::accepted) return screened;

  const snapshot::KeySet* keys = server->serving_keys();
  if (keys == nullptr) return Code::keys_unavailable;
  const snapshot::Candidates candidates = keys->candidates(header->kid, facts->algorithm);
  if (candidates.count == 0) return without_candidates(*server, verdict);
  Pending& token = pending.emplace_back();
  token.request = static_cast<std::size_t>(&request - requests.data());
  token.first_check = checks.size();
  token.check_count = candidates.count;
  token.facts = *facts;
  token.payload = payload;
  token.server = server;
  token.candidates = candidates;
  if (cache != nullptr) {
    cache->count_miss(lane);
    token.place = place;
    token.era = cache->era(facts->algorithm);
  }
  for (std::size_t i = 0; i < candidates.count; ++i) {
    checks.push_back({facts->algorithm, candidates.keys[i]->material.get(), base::as_bytes(parts->signing_input), signature});
  }
  return Code::unset;
}

// No key of the token's OAuth server fits it. Where keys come from the network, one may be about to.
Code Validator::Workspace::without_candidates(const snapshot::OAuthServer& server, VerdictView& verdict) {
  if (server.signals == nullptr) return Code::unknown_key;
  const snapshot::UnknownKid unknown = server.signals->unknown_kid();
  if (unknown.is_refused) return Code::unknown_key;
  must_wake_schedule = must_wake_schedule || unknown.must_wake;
  verdict.retry_after_ms = unknown.retry_after_ms;
  return Code::key_refreshing;
}

// Takes the tokens whose algorithms hash them by SHA-256 through as much of it as the token and its signing input have in common, which serves both. A check that no engine will
// look at is not worth it.
void Validator::Workspace::hash_beginnings() {
  beginnings.clear();
  prefixes.clear();
  for (Pending& token : pending) {
    const auto of_token = std::span(checks).subspan(token.first_check, token.check_count);
    if (!crypto::hashes_by_sha256(token.facts.algorithm) || std::ranges::none_of(of_token, crypto::is_well_formed)) continue;
    const base::Bytes message = of_token.front().message;
    beginnings.push_back(message.first(message.size() - message.size() % crypto::sha2::kSha256BlockBytes));
    token.prefix = &prefixes.emplace_back();  // which has room for a batch, so that none of them moves
    for (crypto::SignatureCheckView& check : of_token) check.prefix = token.prefix;
  }
  crypto::sha2::sha256_absorb_batch(cache->sha256(), beginnings, prefixes);
}

// From the answers to the checks, whose facts are verified, and by which key.
void Validator::Workspace::take_results() {
  for (Pending& token : pending) {
    const auto of_token = std::span(results).subspan(token.first_check, token.check_count);
    const auto valid = std::ranges::find(of_token, crypto::SignatureResult::valid);
    if (valid == of_token.end()) continue;
    token.verified = VerifiedFactsView::verified(token.facts, *token.candidates.keys[static_cast<std::size_t>(valid - of_token.begin())], *valid);
  }
}

// Gives the verified tokens to the cache, if it wants them and has room for what they say.
void Validator::Workspace::keep_verified() {
  kept.clear();
  ends.clear();
  for (const Pending& token : pending) {
    if (!token.verified) continue;
    if (!TokenCache::has_room_for(token.facts)) {
      cache->count_oversized(lane);
      continue;
    }
    if (!cache->admits(token.place, now_s)) {
      cache->count_passed(lane);
      continue;
    }
    cache->expect(token.place, now_s);
    kept.push_back(&token);
    ends.push_back({token.prefix, base::as_bytes(requests[token.request].token).subspan(token.prefix->octets())});
  }
  crypto::sha2::sha256_finish_batch(cache->sha256(), ends, std::span(digests).first(ends.size()));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const Pending& token = *kept[i];
    cache->keep(lane, token.place, digests[i], token.facts, token.verified->key().id, verdicts[token.request].kid.has_value(), token.era, now_s);
  }
}

// conclude(...): judges. payload: decoded; empty: it is still to be taken from the token, if anything in it is wanted.
void Validator::Workspace::conclude(const VerifiedFactsView& verified, const snapshot::OAuthServer& server, base::Bytes payload, const TokenRequestView& request,
                                    VerdictView& verdict) {
  verdict.signature_verified = true;
  if (snapshot::KeyUse* use = server.use_of(verified.key())) use->verified(lane, now_s);
  std::optional<jose::PayloadView> view;
  if (!request.claims.empty() || !request.api_service->claim_rules().empty()) {
    if (payload.empty()) payload = decode(jose::split_compact(request.token)->payload, arena);
    view.emplace(payload, json, arena);
  }
  verdict.code = judge(verified, view ? &*view : nullptr, *request.api_service, request.required_scopes, server.clock_skew_tolerance_s, now_s);
  if (verdict.code == Code::accepted) accept(verified.facts(), server.clock_skew_tolerance_s, view, request, verdict);
}

// Fills in what an accepted verdict carries.
void Validator::Workspace::accept(const jose::FactsView& facts, std::int64_t skew_s, const std::optional<jose::PayloadView>& payload, const TokenRequestView& request,
                                  VerdictView& verdict) {
  verdict.expires_at_s = facts.expires_at->rounded_down();
  verdict.valid_until_s = verdict.expires_at_s + skew_s;
  if (const auto age = request.api_service->max_token_age_s()) {
    verdict.valid_until_s = std::min(verdict.valid_until_s, facts.issued_at->rounded_down() + *age + skew_s + 1);
  }
  verdict.subject = facts.subject;
  verdict.client_id = facts.client_id;
  verdict.scopes = facts.scopes;
  if (request.claims.empty()) return;

  const std::span<ClaimAnswerView> answers = arena.allocate<ClaimAnswerView>(request.claims.size());
  std::size_t found = 0;
  for (const jose::PointerView& pointer : request.claims) {
    if (const auto claim = payload->find(pointer)) answers[found++] = {pointer.text(), claim->raw};
  }
  verdict.claims = answers.first(found);
}

Validator::Validator(crypto::Engine& engine, base::HashKey hash_key, std::size_t lane, TokenCache* cache)
    : engine_(engine), workspace_(std::make_unique<Workspace>(hash_key, lane, cache)) {}

Validator::~Validator() = default;

void Validator::begin(const snapshot::Snapshot& snapshot, std::int64_t now_s) {
  Workspace& work = *workspace_;
  work.snapshot = &snapshot;
  work.now_s = now_s;
  work.must_wake_schedule = false;
  work.arena.reset();
  work.requests.clear();
  work.verdicts.clear();
  work.waiting.clear();
  work.pending.clear();
  work.checks.clear();
}

// cost_since(checks_before): of the checks that have been added since there were so many.
std::uint64_t Validator::cost_since(std::size_t checks_before) const noexcept {
  std::uint64_t cost_ns = 0;
  for (std::size_t i = checks_before; i < workspace_->checks.size(); ++i) cost_ns += engine_.cost_ns(workspace_->checks[i].algorithm, *workspace_->checks[i].key);
  return cost_ns;
}

std::uint64_t Validator::add(const TokenRequestView& request) {
  Workspace& work = *workspace_;
  CHECK(work.snapshot != nullptr && work.requests.size() < kBatchTokensMax);
  work.requests.push_back(request);
  VerdictView& verdict = work.verdicts.emplace_back();
  verdict.generation = work.snapshot->generation();
  const std::size_t checks_before = work.checks.size();
  work.begin_token(work.requests.size() - 1);
  if (work.waiting.size() == kWaitingMax) work.look_up_waiting();
  return cost_since(checks_before);
}

std::uint64_t Validator::settle() {
  const std::size_t checks_before = workspace_->checks.size();
  if (!workspace_->waiting.empty()) workspace_->look_up_waiting();
  return cost_since(checks_before);
}

bool Validator::must_wake_schedule() const noexcept { return workspace_->must_wake_schedule; }

std::size_t Validator::added() const noexcept { return workspace_->requests.size(); }

std::span<const VerdictView> Validator::finish() {
  Workspace& work = *workspace_;
  settle();
  if (work.cache != nullptr) work.hash_beginnings();
  const auto results = std::span(work.results).first(work.checks.size());
  crypto::verify_batch(engine_, work.checks, results);
  work.take_results();
  if (work.cache != nullptr) work.keep_verified();
  for (const Pending& token : work.pending) {
    VerdictView& verdict = work.verdicts[token.request];
    verdict.code = Code::bad_signature;
    if (token.verified) work.conclude(*token.verified, *token.server, token.payload, work.requests[token.request], verdict);
  }
  return work.verdicts;
}

void Validator::validate(const snapshot::Snapshot& snapshot, std::span<const TokenRequestView> requests, std::int64_t now_s, std::span<VerdictView> verdicts) {
  CHECK(verdicts.size() == requests.size());
  begin(snapshot, now_s);
  for (const TokenRequestView& request : requests) add(request);
  std::ranges::copy(finish(), verdicts.begin());
}

}  // namespace assay::verdict
