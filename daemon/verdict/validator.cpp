// Three passes over a batch: read every token up to its signature checks; check all signatures together; judge. A verdict is unset until its token has come
// to the end of its way, and only judge's `accepted` on verified facts makes one accepted.
#include "verdict/validator.h"

#include <algorithm>
#include <vector>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
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

// Pending: a token that waits for its signature.
struct Pending {
  std::size_t request = 0;  // its place among the requests
  std::size_t first_check = 0;
  std::size_t check_count = 0;
  jose::FactsView facts;
  base::Bytes payload;  // decoded, padded
  const snapshot::OAuthServer* server = nullptr;
  snapshot::Candidates candidates;
};

// decode(text, arena): the octets of a part, padded as JsonIndex asks; no data if the text is not base64url.
base::Bytes decode(std::string_view text, base::Arena& arena) {
  const std::size_t octets = jose::base64url_decoded_bytes(text.size());
  const std::span<std::byte> out = arena.allocate<std::byte>(octets + jose::kJsonPaddingBytes).first(octets);
  return jose::base64url_decode(text, out) ? out : base::Bytes();
}

}  // namespace

struct Validator::Workspace {
  Workspace(base::HashKey hash_key, std::size_t lane_in)
      : lane(lane_in), json(hash_key, base::limits::kTokenBytesMax, base::limits::kTokenMembersMax), headers(hash_key) {
    requests.reserve(kBatchTokensMax);
    verdicts.reserve(kBatchTokensMax);
    pending.reserve(kBatchTokensMax);
    checks.reserve(kBatchTokensMax * kCandidateKeysMax);
    results.resize(kBatchTokensMax * kCandidateKeysMax);
  }

  const std::size_t lane;
  const snapshot::Snapshot* snapshot = nullptr;  // of this batch
  std::int64_t now_s = 0;
  base::Arena arena;  // everything that this batch's verdicts borrow
  jose::JsonWorkspace json;
  jose::HeaderMemo headers;
  std::vector<TokenRequestView> requests;
  std::vector<VerdictView> verdicts;  // one for each request
  std::vector<Pending> pending;
  std::vector<crypto::SignatureCheckView> checks;
  std::vector<crypto::SignatureResult> results;

  Code read(const TokenRequestView& request, VerdictView& verdict);
  void finish(const Pending& token, const TokenRequestView& request, VerdictView& verdict);
  void accept(const Pending& token, const TokenRequestView& request, const std::optional<jose::PayloadView>& payload, VerdictView& verdict);
};

// Everything that comes before the signature. Code::unset: the token waits in `pending`; anything else is its refusal.
Code Validator::Workspace::read(const TokenRequestView& request, VerdictView& verdict) {
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

  if (server->keys == nullptr) return Code::keys_unavailable;
  const snapshot::Candidates candidates = server->keys->candidates(header->kid, facts->algorithm);
  if (candidates.count == 0) return Code::unknown_key;
  Pending& token = pending.emplace_back();
  token.request = requests.size() - 1;
  token.first_check = checks.size();
  token.check_count = candidates.count;
  token.facts = *facts;
  token.payload = payload;
  token.server = server;
  token.candidates = candidates;
  for (std::size_t i = 0; i < candidates.count; ++i) {
    checks.push_back({facts->algorithm, candidates.keys[i]->material.get(), base::as_bytes(parts->signing_input), signature});
  }
  return Code::unset;
}

void Validator::Workspace::finish(const Pending& token, const TokenRequestView& request, VerdictView& verdict) {
  verdict.code = Code::bad_signature;
  const auto first = results.begin() + static_cast<std::ptrdiff_t>(token.first_check);
  const auto last = first + static_cast<std::ptrdiff_t>(token.check_count);
  const auto valid = std::find(first, last, crypto::SignatureResult::valid);
  if (valid == last) return;

  const auto verified = VerifiedFactsView::verified(token.facts, *valid);
  verdict.signature_verified = true;
  const jose::VerificationKey& key = *token.candidates.keys[static_cast<std::size_t>(valid - first)];
  if (snapshot::KeyUse* use = token.server->use_of(key)) use->verified(lane, now_s);
  std::optional<jose::PayloadView> payload;
  if (!request.claims.empty() || !request.api_service->claim_rules().empty()) payload.emplace(token.payload, json, arena);
  verdict.code = judge(verified, payload ? &*payload : nullptr, *request.api_service, request.required_scopes, token.server->clock_skew_tolerance_s, now_s);
  if (verdict.code == Code::accepted) accept(token, request, payload, verdict);
}

// Fills in what an accepted verdict carries.
void Validator::Workspace::accept(const Pending& token, const TokenRequestView& request, const std::optional<jose::PayloadView>& payload, VerdictView& verdict) {
  const jose::FactsView& facts = token.facts;
  const std::int64_t skew = token.server->clock_skew_tolerance_s;
  verdict.expires_at_s = facts.expires_at->rounded_down();
  verdict.valid_until_s = verdict.expires_at_s + skew;
  if (const auto age = request.api_service->max_token_age_s()) {
    verdict.valid_until_s = std::min(verdict.valid_until_s, facts.issued_at->rounded_down() + *age + skew + 1);
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

Validator::Validator(crypto::Engine& engine, base::HashKey hash_key, std::size_t lane)
    : engine_(engine), workspace_(std::make_unique<Workspace>(hash_key, lane)) {}

Validator::~Validator() = default;

void Validator::begin(const snapshot::Snapshot& snapshot, std::int64_t now_s) {
  Workspace& work = *workspace_;
  work.snapshot = &snapshot;
  work.now_s = now_s;
  work.arena.reset();
  work.requests.clear();
  work.verdicts.clear();
  work.pending.clear();
  work.checks.clear();
}

std::uint64_t Validator::add(const TokenRequestView& request) {
  Workspace& work = *workspace_;
  CHECK(work.snapshot != nullptr && work.requests.size() < kBatchTokensMax);
  work.requests.push_back(request);
  VerdictView& verdict = work.verdicts.emplace_back();
  verdict.generation = work.snapshot->generation();
  const std::size_t checks_before = work.checks.size();
  verdict.code = work.read(request, verdict);
  std::uint64_t cost_ns = 0;
  for (std::size_t i = checks_before; i < work.checks.size(); ++i) cost_ns += engine_.cost_ns(work.checks[i].algorithm, *work.checks[i].key);
  return cost_ns;
}

std::size_t Validator::added() const noexcept { return workspace_->requests.size(); }

std::span<const VerdictView> Validator::finish() {
  Workspace& work = *workspace_;
  const auto results = std::span(work.results).first(work.checks.size());
  crypto::verify_batch(engine_, work.checks, results);
  for (const Pending& token : work.pending) work.finish(token, work.requests[token.request], work.verdicts[token.request]);
  return work.verdicts;
}

void Validator::validate(const snapshot::Snapshot& snapshot, std::span<const TokenRequestView> requests, std::int64_t now_s, std::span<VerdictView> verdicts) {
  CHECK(verdicts.size() == requests.size());
  begin(snapshot, now_s);
  for (const TokenRequestView& request : requests) add(request);
  std::ranges::copy(finish(), verdicts.begin());
}

}  // namespace assay::verdict
