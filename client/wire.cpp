// Decoding. A Reader copies strings out of a verified frame and counts what they take: strings in a FlatBuffer may share bytes, so a small frame could
// otherwise unfold without end.
#include "client/wire.h"

#include <algorithm>
#include <utility>

namespace assay::core {
namespace {

class Reader {
 public:
  explicit Reader(const Limits& limits) noexcept : left_(limits.unfolded_bytes_max) {}

  bool within_limits() const noexcept { return within_; }

  std::string text(const flatbuffers::String* from) {
    if (from == nullptr || !charge(from->size())) return {};
    return from->str();
  }
  std::optional<std::string> optional_text(const flatbuffers::String* from) {
    if (from == nullptr) return std::nullopt;
    return text(from);
  }
  // list(from, read): read(item) for each item; stops where the limit does.
  template <class Table, class Read>
  auto list(const flatbuffers::Vector<flatbuffers::Offset<Table>>* from, Read read) {
    std::vector<decltype(read(std::declval<const Table*>()))> out;
    if (from == nullptr) return out;
    for (flatbuffers::uoffset_t i = 0; i < from->size() && charge(sizeof(out[0])); ++i) out.push_back(read(from->Get(i)));
    return out;
  }

  std::vector<std::string> texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* from) {
    return list(from, [this](const flatbuffers::String* item) { return text(item); });
  }

 private:
  bool charge(std::size_t bytes) noexcept {
    within_ = within_ && bytes <= left_;
    left_ -= within_ ? bytes : 0;
    return within_;
  }

  std::size_t left_;
  bool within_ = true;
};

// A code of a newer daemon reads as unset, hence as refused.
Code known_code(wire::Code code) noexcept { return schema::info(static_cast<Code>(code)).code; }

// known(value, last): ours of the same number; unset if it lies beyond the last that we know.
template <class To, class From>
To known(From value, To last) noexcept {
  return static_cast<std::uint8_t>(value) <= static_cast<std::uint8_t>(last) ? static_cast<To>(value) : To::unset;
}

DaemonError known_error(wire::ErrorCode code) noexcept { return known(code, DaemonError::no_fetcher); }

Verdict read_verdict(Reader& reader, const wire::Verdict& from, const wire::Verdicts& all) {
  Verdict to;
  to.code = known_code(from.code());
  to.signature_verified = from.signature_verified();
  to.generation = all.generation();
  to.instance = all.instance();
  // "accepted" without a verified signature contradicts itself; whoever looks at the code alone must not be let down.
  if (to.code == Code::accepted && !to.signature_verified) to.code = Code::unset;
  if (to.outcome() == Outcome::unavailable) to.retry_after_ms = std::min(from.retry_after_ms(), kRetryAfterMsMax);
  if (!to.accepted()) return to;
  to.oauth_server = reader.text(from.oauth_server());
  to.kid = reader.optional_text(from.kid());
  to.valid_until = from.valid_until();
  to.expires_at = from.expires_at();
  to.subject = reader.optional_text(from.subject());
  to.client_id = reader.optional_text(from.client_id());
  to.scopes = reader.texts(from.scopes());
  to.claims = reader.list(from.claims(), [&](const wire::Claim* claim) { return Claim{reader.text(claim->pointer()), reader.text(claim->json())}; });
  return to;
}

std::vector<Fault> read_faults(Reader& reader, const flatbuffers::Vector<flatbuffers::Offset<wire::Fault>>* from) {
  return reader.list(from, [&](const wire::Fault* fault) {
    return Fault{reader.text(fault->pointer()), reader.text(fault->found()), reader.text(fault->allowed())};
  });
}

// A change of a kind that we do not know is shown as that: what was asked for has been done, and saying otherwise would mislead.
std::vector<Change> read_changes(Reader& reader, const flatbuffers::Vector<flatbuffers::Offset<wire::Change>>* from) {
  return reader.list(from, [&](const wire::Change* change) {
    return Change{known(change->subject(), Subject::daemon), known(change->kind(), ChangeKind::altered), reader.text(change->name()),
                  reader.optional_text(change->kid()), reader.texts(change->details())};
  });
}

std::vector<SkippedKeyStatus> read_skipped(Reader& reader, const flatbuffers::Vector<flatbuffers::Offset<wire::SkippedKey>>* from) {
  return reader.list(from, [&](const wire::SkippedKey* key) {
    return SkippedKeyStatus{key->index(), reader.optional_text(key->kid()), reader.text(key->reason()), key->alarm()};
  });
}

KeyStatus read_key(Reader& reader, const wire::KeyStatus& from) {
  KeyStatus to{std::nullopt, reader.texts(from.algorithms()), reader.text(from.type()), reader.text(from.thumbprint()),
               from.since(), from.last_used(), from.verified()};
  if (from.has_kid()) to.kid = reader.text(from.kid());
  return to;
}

template <class T>
std::optional<T> read_optional(flatbuffers::Optional<T> from) noexcept {
  return from ? std::optional<T>(*from) : std::nullopt;
}

SourceStatus read_source(Reader& reader, const wire::SourceStatus& from) {
  return {.state = known(from.state(), SourceState::stale),
          .fetched_at = from.fetched_at(),
          .fresh_until = from.fresh_until(),
          .stale_until = from.stale_until(),
          .next_try_in_ms = read_optional(from.next_try_in_ms()),
          .etag = reader.optional_text(from.etag()),
          .last_error = reader.optional_text(from.last_error()),
          .failed_at = from.failed_at(),
          .failures = from.failures()};
}

OAuthServerStatus read_oauth_server(Reader& reader, const wire::OAuthServerStatus& from) {
  OAuthServerStatus to;
  to.name = reader.text(from.name());
  to.issuers = reader.texts(from.issuers());
  to.key_source = reader.text(from.key_source());
  to.available = from.available();
  to.keys = reader.list(from.keys(), [&](const wire::KeyStatus* key) { return read_key(reader, *key); });
  to.skipped = read_skipped(reader, from.skipped());
  to.url = reader.optional_text(from.url());
  to.keys_changed_at = from.keys_changed_at();
  to.keys_checked_at = from.keys_checked_at();
  to.api_services = reader.texts(from.api_services());
  if (const wire::SourceStatus* source = from.source(); source != nullptr) to.source = read_source(reader, *source);
  return to;
}

ApiServiceStatus read_api_service(Reader& reader, const wire::ApiServiceStatus& from) {
  return {reader.text(from.name()), reader.texts(from.oauth_servers()), from.deployment(), from.deployed_at(), from.own_settings_behind(),
          reader.texts(from.behind())};
}

DeploymentStatus read_deployment(Reader& reader, const wire::DeploymentStatus& from) {
  return {from.deployment(), from.deployed_at(), known(from.kind(), DeploymentKind::rollback), from.restores(), from.api_services(), reader.texts(from.staged()),
          from.bytes()};
}

std::string code_name(wire::Code code) {
  const Code known = known_code(code);
  if (known == Code::unset && code != wire::Code::unset) return "code " + std::to_string(static_cast<unsigned>(code));
  return std::string(schema::info(known).name);
}

std::string error_name(wire::ErrorCode code) {
  const DaemonError known = known_error(code);
  if (known == DaemonError::unset && code != wire::ErrorCode::unset) return "error " + std::to_string(static_cast<unsigned>(code));
  return std::string(name(known));
}

}  // namespace

const wire::Envelope* verified_envelope(std::span<const std::byte> frame, const Limits& limits) {
  // Prefix, root offset and identifier alone are 12 bytes; version 2.0.8 of the verifier looks for the identifier without asking.
  if (frame.size() < 2 * kFrameAlignBytes || frame.size() % kFrameAlignBytes != 0 || frame.size() > limits.frame_bytes_max) return nullptr;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  flatbuffers::Verifier::Options options;
  options.max_depth = kDepthMax;
  options.max_tables = limits.tables_max;
  flatbuffers::Verifier verifier(bytes, frame.size(), options);
  if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return nullptr;
  return wire::GetSizePrefixedEnvelope(bytes);
}

std::optional<DaemonInfo> read_pong(const wire::Pong* body, const Limits& limits) {
  if (body == nullptr) return std::nullopt;
  Reader reader(limits);
  return DaemonInfo{reader.text(body->version()), body->generation(), body->instance()};
}

std::optional<std::vector<Verdict>> read_verdicts(const wire::Verdicts* body, std::size_t token_count, const Limits& limits) {
  if (body == nullptr || body->verdicts() == nullptr || body->verdicts()->size() != token_count) return std::nullopt;
  Reader reader(limits);
  std::vector<Verdict> out = reader.list(body->verdicts(), [&](const wire::Verdict* verdict) { return read_verdict(reader, *verdict, *body); });
  if (!reader.within_limits() || out.size() != token_count) return std::nullopt;
  return out;
}

std::optional<Deployed> read_deployed(const wire::Deployed* body, bool dry_run, const Limits& limits) {
  // A deployment has a number, a dry run has none: the other way round, what was asked for was not done.
  if (body == nullptr || (body->deployment() == 0) != dry_run) return std::nullopt;
  Reader reader(limits);
  Deployed to{body->deployment(), body->generation(), body->instance(), body->kept(), read_changes(reader, body->changes())};
  to.behind = reader.list(body->behind(), [&](const wire::Behind* item) {
    return Behind{reader.text(item->api_service()), item->own_settings(), reader.texts(item->oauth_servers())};
  });
  to.notes = reader.texts(body->notes());
  to.restores = body->restores();
  if (!reader.within_limits()) return std::nullopt;
  return to;
}

std::optional<Pushed> read_pushed(const wire::Pushed* body, const Limits& limits) {
  // Who holds keys has a generation. An answer that never set it was forgotten, and must not read as "nothing had to be done".
  if (body == nullptr || body->generation() == 0) return std::nullopt;
  Reader reader(limits);
  Pushed to{body->generation(), body->instance(), body->changed(), body->kept(), read_changes(reader, body->changes())};
  to.skipped = read_skipped(reader, body->skipped());
  to.notes = reader.texts(body->notes());
  if (!reader.within_limits()) return std::nullopt;
  return to;
}

std::optional<Refreshed> read_refreshed(const wire::Refreshed* body, const Limits& limits) {
  // As of a push; but a failure says by itself what it is.
  if (body == nullptr || (body->generation() == 0 && body->failure() == nullptr)) return std::nullopt;
  Reader reader(limits);
  Refreshed to{body->generation(), body->instance(), body->changed(), reader.optional_text(body->failure()), read_changes(reader, body->changes())};
  to.skipped = read_skipped(reader, body->skipped());
  // A fetch that failed has changed nothing. What says both is not believed in either.
  if (!reader.within_limits() || (to.failure && to.changed)) return std::nullopt;
  return to;
}

std::optional<StatusReport> read_status_report(const wire::StatusReport* body, const Limits& limits) {
  if (body == nullptr) return std::nullopt;
  Reader reader(limits);
  StatusReport to;
  to.version = reader.text(body->version());
  to.started_at = body->started_at();
  to.generation = body->generation();
  to.deployment = body->deployment();
  to.engine = reader.text(body->engine());
  to.api_services = reader.list(body->api_services(), [&](const wire::ApiServiceStatus* service) { return read_api_service(reader, *service); });
  to.oauth_servers = reader.list(body->oauth_servers(), [&](const wire::OAuthServerStatus* server) { return read_oauth_server(reader, *server); });
  to.workers = reader.list(body->workers(), [](const wire::WorkerStatus* worker) {
    return WorkerStatus{worker->generation(), worker->connections(), worker->requests(), worker->tokens(), worker->batches()};
  });
  to.verdicts = reader.list(body->verdicts(), [](const wire::CodeCount* item) { return Count{code_name(item->code()), item->count()}; });
  to.errors = reader.list(body->errors(), [](const wire::ErrorCount* item) { return Count{error_name(item->error()), item->count()}; });
  to.connections_refused = body->connections_refused();
  to.connections_dropped = body->connections_dropped();
  to.instance = body->instance();
  to.state_dir = reader.optional_text(body->state_dir());
  to.kept = body->kept();
  to.problems = reader.list(body->problems(), [&](const wire::Problem* problem) {
    return Problem{known(problem->severity(), Severity::alarm), reader.text(problem->text())};
  });
  to.deployments = reader.list(body->deployments(), [&](const wire::DeploymentStatus* item) { return read_deployment(reader, *item); });
  to.engines = reader.list(body->engines(), [&](const wire::AlgorithmEngine* item) {
    return AlgorithmEngine{reader.text(item->algorithm()), reader.text(item->engine())};
  });
  if (const wire::TokenCache* cache = body->token_cache(); cache != nullptr) {
    to.token_cache = TokenCache{.bytes = cache->bytes(),
                                .capacity = cache->capacity(),
                                .entries = cache->entries(),
                                .hits = cache->hits(),
                                .misses = cache->misses(),
                                .keys_gone = cache->keys_gone(),
                                .evicted = cache->evicted(),
                                .expired = cache->expired(),
                                .oversized = cache->oversized(),
                                .busy = cache->busy(),
                                .passed = cache->passed()};
  }
  if (const wire::KeyTables* tables = body->key_tables(); tables != nullptr) {
    to.key_tables = KeyTables{tables->budget(), tables->tables(), tables->bytes(), tables->curve_bytes(), tables->keys_without()};
  }
  to.fetcher_connected = body->fetcher_connected();
  if (!reader.within_limits()) return std::nullopt;
  return to;
}

std::optional<MetricsText> read_metrics_text(const wire::MetricsText* body, const Limits& limits) {
  if (body == nullptr) return std::nullopt;
  Reader reader(limits);
  MetricsText to{reader.text(body->text())};
  if (!reader.within_limits() || to.text.empty()) return std::nullopt;
  return to;
}

Refusal read_error(const wire::Error* body, const Limits& limits) {
  Refusal to;
  to.error.status = CallStatus::daemon_error;
  if (body == nullptr) {
    to.error.text = "the daemon answered with an empty error";
    return to;
  }
  Reader reader(limits);
  to.error.daemon_error = known_error(body->code());
  to.error.text = reader.text(body->text());
  if (to.error.text.empty()) to.error.text = "the daemon answered with " + error_name(body->code());
  to.faults = read_faults(reader, body->faults());
  if (to.error.daemon_error == DaemonError::conflict) to.deployment = body->deployment();
  return to;
}

}  // namespace assay::core
