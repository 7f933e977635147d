// Taking, judging, answering: three passes over what has arrived, all inside one check callback, so that nothing else of the loop runs while views into the
// connections' buffers are alive. The batch is cut by estimated cost and not by count, and connections are taken in turn, each for a share of it: a client that pipelines
// thousands of tokens delays the others by one batch, not by its queue; and a share is several frames, so that where many clients pipeline, a read and a write of each
// serve several. A request is never split: all its verdicts come from one snapshot.
#include "server/batch.h"

#include <uv.h>

#include <algorithm>

#include "base/hex.h"
#include "crypto/sha2.h"
#include "server/limits.h"

namespace assay::server {
namespace {

// What a request and a token cost beside the signature, guessed upwards from bench/steps (960 bytes take 1.2 to 1.8 us; many small members more a byte): enough to cut a
// batch by.
constexpr std::uint64_t kRequestNs = 500;
constexpr std::uint64_t kTokenNs = 200;
constexpr std::uint64_t kTokenByteNs = 2;

// output_estimate(request): what an answer may come to; an upper bound but for what the verifier of frames makes impossible anyway.
std::size_t output_estimate(const RequestView& request) noexcept {
  std::size_t bytes = limits::kOutputPerTokenFixed;
  std::size_t pointers = 0;
  for (const jose::PointerView& claim : request.claims) pointers += claim.text().size() + 32;
  for (const std::string_view token : request.tokens) {
    bytes += limits::kOutputPerTokenFixed + pointers + token.size() * (limits::kOutputPerTokenByte + request.claims.size());
  }
  return std::min(bytes, limits::kDataFrameBytesMax);
}

}  // namespace

Batch::Batch(crypto::Engine& engine, base::HashKey hash_key, std::size_t lane, verdict::TokenCache* cache, VerdictTally& tally, const base::Clock& clock, base::Log& log, WorkerCounters& counters,
             std::string_view version)
    : clock_(clock),
      log_(log),
      counters_(counters),
      tally_(tally),
      lane_(lane),
      version_(version),
      validator_(engine, hash_key, lane, cache),
      encoder_(limits::kDataFrameBytesMax) {
  items_.reserve(limits::kBatchRequestsMax);
  connections_.reserve(limits::kBatchRequestsMax);
  deferred_.reserve(limits::kBatchRequestsMax);
}

void Batch::run(ReadyQueue& ready, const snapshot::Snapshot& snapshot) noexcept {
  collect(ready, snapshot);
  judge();
  answer(ready, snapshot);
}

void Batch::collect(ReadyQueue& ready, const snapshot::Snapshot& snapshot) {
  arena_.reset();
  items_.clear();
  connections_.clear();
  deferred_.clear();
  validator_.begin(snapshot, clock_.realtime_s());
  signatures_ns_ = cost_ns_ = 0;
  begin_us_ = clock_.boottime_us();
  const auto is_full = [this] { return items_.size() >= limits::kBatchRequestsMax || cost_ns_ >= limits::kBatchCostUs * 1000; };
  const auto may_answer_more = [](const Connection& connection) { return connection.turn.output_estimate < limits::kOutputBytesPerBatchMax; };
  while (!ready.empty() && !is_full()) {
    Connection& connection = ready.pop_front();
    const std::size_t items_before = items_.size();
    const std::uint64_t turn_end_ns = cost_ns_ + limits::kTurnCostUs * 1000;
    Taken taken;
    do {
      taken = take(connection, snapshot, begin_us_);
    } while (taken == Taken::one && connection.has_frame() && cost_ns_ < turn_end_ns && may_answer_more(connection) && !is_full());
    if (taken == Taken::full) {
      items_.size() == items_before ? ready.push_front(connection) : ready.push_back(connection);  // it has had its turn, or has not
      break;
    }
    if (taken == Taken::last || !connection.has_frame()) continue;
    if (may_answer_more(connection)) {
      ready.push_back(connection);
    } else {
      deferred_.push_back(&connection);
    }
  }
  for (Connection* connection : deferred_) ready.push_back(*connection);
}

Batch::Taken Batch::add(Connection& connection, Item item) {
  const auto index = static_cast<std::uint32_t>(items_.size());
  cost_ns_ += kRequestNs;
  Connection::Turn& turn = connection.turn;
  if (turn.in_batch) {
    items_[turn.last].next = index;
  } else {
    turn.in_batch = true;
    turn.first = index;
    turn.output_estimate = 0;
    connections_.push_back(&connection);
  }
  turn.last = index;
  turn.output_estimate += output_estimate(item.request);
  const Taken taken = item.error == ErrorCode::bad_frame ? Taken::last : Taken::one;
  items_.push_back(std::move(item));
  return taken;
}

Batch::Taken Batch::take(Connection& connection, const snapshot::Snapshot& snapshot, std::uint64_t now_us) {
  const std::uint64_t arrived_us = connection.arrived_us();
  const auto frame = connection.take_frame();
  if (!frame) return add(connection, {.request = {}, .error = ErrorCode::bad_frame, .error_text = {}, .arrived_us = arrived_us});
  const std::size_t tokens_max = std::min(snapshot.limits().tokens_per_request, limits::kBatchTokensMax);
  auto request = decode_request(*frame, tokens_max, arena_);
  if (!request) return add(connection, {.request = {.id = request.error().id}, .error = request.error().code, .error_text = request.error().text, .arrived_us = arrived_us});

  Item item{.request = *request, .error_text = {}, .arrived_us = arrived_us};
  switch (request->kind) {
    case RequestKind::ping: return add(connection, item);
    case RequestKind::validate: break;
    case RequestKind::unset:
    case RequestKind::deploy:
    case RequestKind::rollback:
    case RequestKind::push_keys:
    case RequestKind::refresh:
    case RequestKind::status:
    case RequestKind::metrics:
    case RequestKind::unknown: item.error = ErrorCode::unknown_request; return add(connection, item);
  }
  // Whoever has waited longer has most likely gone, and to serve him would only let the next wait as long.
  std::uint64_t wait_ms_max = snapshot.limits().request_age_ms;
  if (request->deadline_ms != 0) wait_ms_max = std::min<std::uint64_t>(wait_ms_max, request->deadline_ms);
  if (now_us > arrived_us + wait_ms_max * 1000) {
    item.error = ErrorCode::overloaded;
    return add(connection, item);
  }
  item.api_service = snapshot.api_service(request->api_service);
  if (item.api_service == nullptr || !item.api_service->permits(connection.peer())) {
    item.error = ErrorCode::unknown_api_service;
    return add(connection, item);
  }
  // A request that would make the batch too long, by what tokens have cost of late, waits for the next, so that those before it do not wait for it.
  const bool too_many = validator_.added() + request->tokens.size() > limits::kBatchTokensMax;
  const bool too_long = validator_.added() != 0 && cost_ns_ + request->tokens.size() * token_ns_ > limits::kBatchCostUs * 1000;
  if (too_many || too_long) {
    connection.untake_frame(*frame);
    return Taken::full;
  }
  item.first_token = static_cast<std::uint32_t>(validator_.added());
  for (const std::string_view token : request->tokens) {
    const std::uint64_t signature_ns =
        validator_.add({.token = token, .api_service = item.api_service, .required_scopes = request->required_scopes, .claims = request->claims});
    signatures_ns_ += signature_ns;
    cost_ns_ += kTokenNs + token.size() * kTokenByteNs + signature_ns * scale_ / kScaleOne;
  }
  return add(connection, item);
}

void Batch::judge() {
  verdicts_ = {};
  if (validator_.added() == 0) return;
  const std::uint64_t late_ns = validator_.settle();
  signatures_ns_ += late_ns;
  cost_ns_ += late_ns * scale_ / kScaleOne;
  token_ns_ = (token_ns_ * 7 + cost_ns_ / validator_.added()) / 8;
  const std::uint64_t begin_ns = uv_hrtime();
  verdicts_ = validator_.finish();
  // Batches of hardly any signatures tell nothing of the scale. One that the processor was taken away from must not shrink the next ones for long, nor to nothing.
  if (signatures_ns_ >= limits::kBatchCostUs * 100) {
    const std::uint64_t seen = std::clamp<std::uint64_t>((uv_hrtime() - begin_ns) * kScaleOne / signatures_ns_, 1, 16 * kScaleOne);
    scale_ = std::max<std::uint64_t>((scale_ * 7 + seen) / 8, 1);
  }
  counters_.batch_tokens.add(verdicts_.size());
}

base::Bytes Batch::encode(const Item& item, const snapshot::Snapshot& snapshot) {
  counters_.requests.add();
  if (item.error != ErrorCode::unset) {
    counters_.count(item.error);
    return encoder_.error(item.request.id, item.error, item.error_text);
  }
  if (item.request.kind == RequestKind::ping) return encoder_.pong(item.request.id, version_, snapshot.instance(), snapshot.generation());
  CHECK(item.request.kind == RequestKind::validate);
  bool too_large = false;
  const auto verdicts = verdicts_.subspan(item.first_token, item.request.tokens.size());
  count(item, verdicts);
  const base::Bytes frame = encoder_.verdicts(item.request.id, snapshot.instance(), snapshot.generation(), verdicts, &too_large);
  if (too_large) counters_.count(ErrorCode::response_too_large);
  return frame;
}

void Batch::answer(ReadyQueue& ready, const snapshot::Snapshot& snapshot) {
  std::uint64_t end_us = begin_us_;
  for (Connection* connection : connections_) {
    const bool speaks_nonsense = items_[connection->turn.last].error == ErrorCode::bad_frame;
    if (speaks_nonsense) {
      counters_.connections_dropped.add();
      if (const std::uint64_t events = nonsense_log_.count(clock_.boottime_ms()); events != 0) {
        const std::uint32_t uid = connection->peer().uid;
        log_.event(base::Event::connections_dropped, {{"COUNT", events}, {"UID", uid}, {"REASON", "not a frame of this protocol"}},
                   "{} connections dropped: not a frame of this protocol; the latest of uid {}", events, uid);
      }
      connection->discard_input();
    }
    if (connection->turn.first == connection->turn.last) {
      connection->send(encode(items_[connection->turn.first], snapshot));
    } else {
      staged_.clear();
      for (std::uint32_t i = connection->turn.first; i != kNone; i = items_[i].next) {
        const base::Bytes frame = encode(items_[i], snapshot);
        staged_.insert(staged_.end(), frame.begin(), frame.end());
      }
      connection->send(staged_);
    }
    // send() has looked at the clock anyway.
    end_us = std::max(end_us, connection->active_at_us());
    for (std::uint32_t i = connection->turn.first; i != kNone; i = items_[i].next) counters_.request_us.add(end_us - items_[i].arrived_us);
    connection->turn.in_batch = false;
    if (connection->is_writing()) ready.remove(*connection);
    connection->release_frames();
  }
  if (!verdicts_.empty()) counters_.batch_us.add(end_us - begin_us_);
}

// count(item, verdicts): a request's tokens mostly come to the same, so a run of equal kinds is one addition.
void Batch::count(const Item& item, std::span<const verdict::VerdictView> verdicts) {
  const auto kind_of = [&item](const verdict::VerdictView& verdict) {
    return VerdictKind{.api_service = item.api_service->name_id(),
                       .oauth_server = verdict.oauth_server != nullptr ? verdict.oauth_server->name_id : snapshot::kNoName,
                       .code = verdict.code,
                       .signature_verified = verdict.signature_verified};
  };
  const bool logs_all = log_.enabled(base::LogLevel::debug);
  for (std::size_t first = 0; first < verdicts.size();) {
    const VerdictKind kind = kind_of(verdicts[first]);
    std::size_t end = first + 1;
    while (end < verdicts.size() && kind_of(verdicts[end]) == kind) ++end;
    const bool is_new = tally_.add(lane_, kind, end - first) && kind.code != schema::Code::accepted && first_refusals_.take(clock_.boottime_ms());
    if (kind.code != schema::Code::accepted && (is_new || logs_all)) {
      log_refused(is_new ? base::LogLevel::info : base::LogLevel::debug, item.request.tokens[first], *item.api_service, verdicts[first]);
      for (std::size_t i = first + 1; logs_all && i < end; ++i) log_refused(base::LogLevel::debug, item.request.tokens[i], *item.api_service, verdicts[i]);
    }
    first = end;
  }
}

// log_refused: one token, by its digest; what it says is shown only as far as the verdict vouches for it. At debug each; otherwise the first of its kind, and how many there were tells
// RefusalLog. The digest of one that is too large is left out: hashing it would be the peer's lever.
void Batch::log_refused(base::LogLevel level, std::string_view token, const snapshot::ApiService& api_service, const verdict::VerdictView& verdict) const {
  std::string digest = "-";
  if (verdict.code != schema::Code::token_too_large) {
    const crypto::Sha256Digest whole = crypto::sha256(base::as_bytes(token));
    digest = base::hex(base::Bytes(whole).first(4));
  }
  const std::string kid = verdict.kid ? base::printable(*verdict.kid) : "-";
  const std::string server = verdict.oauth_server != nullptr ? base::printable(verdict.oauth_server->name) : "-";
  const std::string service = base::printable(api_service.name());
  const std::string_view code = schema::info(verdict.code).name;
  if (level != base::LogLevel::info) return log_.debug("token {}: {}, API service {}, OAuth server {}, kid {}", digest, code, service, server, kid);
  std::vector<base::LogField> fields{{"API_SERVICE", api_service.name()}, {"CODE", code}};
  if (verdict.oauth_server != nullptr) fields.emplace_back("OAUTH_SERVER", verdict.oauth_server->name);
  if (verdict.kid) fields.emplace_back("KID", *verdict.kid);
  log_.event(base::Event::token_refused, fields, "first of its kind: token {}: {}, API service {}, OAuth server {}, kid {}", digest, code, service, server, kid);
}

}  // namespace assay::server
