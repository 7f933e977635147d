// Three passes over a batch: read every token up to its signature checks; check all signatures together; judge. A verdict is unset until its token has come
// to the end of its way, and only judge's `accepted` on verified facts makes one accepted.
#include "verdict/validator.h"

#include <algorithm>
#include <vector>

#include "base/arena.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/result.h"
#include "jose/base64url.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/header.h"
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

// DecodedView: the three parts of a token, decoded into the arena; header and payload padded as JsonIndex asks.
struct DecodedView {
  base::Bytes header;
  base::Bytes payload;
  base::Bytes signature;
  base::Bytes signing_input;
};

base::Result<DecodedView, Code> decode(std::string_view token, base::Arena& arena) {
  const auto parts = jose::split_compact(token);
  if (!parts) return std::unexpected(parts.error());
  bool good = true;
  const auto decode_part = [&](std::string_view text) -> base::Bytes {
    const std::size_t octets = jose::base64url_decoded_bytes(text.size());
    const std::span<std::byte> out = arena.allocate<std::byte>(octets + jose::kJsonPaddingBytes).first(octets);
    good = good && jose::base64url_decode(text, out);
    return out;
  };
  const DecodedView decoded{decode_part(parts->header), decode_part(parts->payload), decode_part(parts->signature), base::as_bytes(parts->signing_input)};
  if (!good) return std::unexpected(Code::bad_base64url);
  return decoded;
}

}  // namespace

struct Validator::Workspace {
  Workspace(base::HashKey hash_key, std::size_t lane_in) : lane(lane_in), json(hash_key, base::limits::kTokenBytesMax, base::limits::kTokenMembersMax) {
    pending.reserve(kBatchTokensMax);
    checks.reserve(kBatchTokensMax * kCandidateKeysMax);
    results.resize(kBatchTokensMax * kCandidateKeysMax);
  }

  const std::size_t lane;
  base::Arena arena;  // everything that this batch's verdicts borrow
  jose::JsonWorkspace json;
  std::vector<Pending> pending;
  std::vector<crypto::SignatureCheckView> checks;
  std::vector<crypto::SignatureResult> results;

  Code read(const TokenRequestView& request, std::size_t index, std::int64_t now_s, VerdictView& verdict);
  void finish(const Pending& token, const TokenRequestView& request, std::int64_t now_s, VerdictView& verdict);
  void accept(const Pending& token, const TokenRequestView& request, const std::optional<jose::PayloadView>& payload, VerdictView& verdict);
};

// Everything that comes before the signature. Code::unset: the token waits in `pending`; anything else is its refusal.
Code Validator::Workspace::read(const TokenRequestView& request, std::size_t index, std::int64_t now_s, VerdictView& verdict) {
  const auto decoded = decode(request.token, arena);
  if (!decoded) return decoded.error();
  const auto header = jose::parse_header(decoded->header, json, arena);
  if (!header) return header.error();
  const auto facts = jose::parse_claims(*header, decoded->payload, json, arena);
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
  pending.push_back({index, checks.size(), candidates.count, *facts, decoded->payload, server, candidates});
  for (std::size_t i = 0; i < candidates.count; ++i) {
    checks.push_back({facts->algorithm, candidates.keys[i]->material.get(), decoded->signing_input, decoded->signature});
  }
  return Code::unset;
}

void Validator::Workspace::finish(const Pending& token, const TokenRequestView& request, std::int64_t now_s, VerdictView& verdict) {
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

void Validator::validate(const snapshot::Snapshot& snapshot, std::span<const TokenRequestView> requests, std::int64_t now_s, std::span<VerdictView> verdicts) {
  CHECK(verdicts.size() == requests.size() && requests.size() <= kBatchTokensMax);
  Workspace& work = *workspace_;
  work.arena.reset();
  work.pending.clear();
  work.checks.clear();

  for (std::size_t i = 0; i < requests.size(); ++i) {
    verdicts[i] = VerdictView{};
    verdicts[i].generation = snapshot.generation();
    verdicts[i].code = work.read(requests[i], i, now_s, verdicts[i]);
  }
  const auto results = std::span(work.results).first(work.checks.size());
  crypto::verify_batch(engine_, work.checks, results);
  for (const Pending& token : work.pending) work.finish(token, requests[token.request], now_s, verdicts[token.request]);
}

}  // namespace assay::verdict
