// The protocol's state: which requests are open, what is to be sent, what has come. The invariant that matters: an answer is paired with a request by the
// id that this connection gave it, of the kind that the request asked for, with as many verdicts as tokens, or it is no answer at all.
#include "client/core.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "client/wire.h"

namespace assay::core {
namespace {

Error error_of(CallStatus status, std::string text, int system_errno = 0) {
  Error error;
  error.status = status;
  error.system_errno = system_errno;
  error.text = std::move(text);
  return error;
}

Error bad_argument(std::string text) { return error_of(CallStatus::bad_argument, std::move(text)); }

flatbuffers::Optional<std::uint64_t> wire_optional(std::optional<std::uint64_t> value) noexcept {
  return value ? flatbuffers::Optional<std::uint64_t>(*value) : flatbuffers::nullopt;
}

// The prefix is little-endian whatever this machine is.
std::uint32_t prefix_of(std::span<const std::byte> bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kFramePrefixBytes; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

// A builder that a large request has blown up is not kept so.
constexpr std::size_t kKeptBuilderBytes = std::size_t{64} * 1024;

}  // namespace

// Encoder: the builder is kept, so that a connection that has warmed up allocates little.
struct Encoder {
  flatbuffers::FlatBufferBuilder builder;

  void begin() {
    builder.Clear();
    // Every frame is a multiple of 8 bytes, also one whose fields need no such alignment.
    builder.Align(kFrameAlignBytes);
  }

  flatbuffers::Offset<flatbuffers::String> text(std::string_view from) { return builder.CreateString(from.data(), from.size()); }

  // optional_text(from): absent if it is empty.
  flatbuffers::Offset<flatbuffers::String> optional_text(std::string_view from) { return from.empty() ? flatbuffers::Offset<flatbuffers::String>() : text(from); }

  template <class List>
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>> texts(const List& from) {
    if (from.empty()) return 0;
    std::vector<flatbuffers::Offset<flatbuffers::String>> offsets;
    offsets.reserve(from.size());
    for (const std::string_view item : from) offsets.push_back(text(item));
    return builder.CreateVector(offsets);
  }

  void finish(std::uint64_t id, wire::Body kind, flatbuffers::Offset<void> body) {
    wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, kind, body));
  }
};

Core::Core(const Limits& limits, std::uint64_t first_id)
    : limits_(limits), next_id_(first_id == 0 ? 1 : first_id), encoder_(std::make_unique<Encoder>()) {}

Core::~Core() = default;

Result<std::uint64_t> Core::ping() {
  encoder_->begin();
  encoder_->finish(next_id_, wire::Body::Ping, wire::CreatePing(encoder_->builder).Union());
  return enqueue({.kind = Kind::ping});
}

namespace {

// build(encoder, id, ...): a validation in the encoder's builder; or why not.
std::optional<Error> build(Encoder& encoder, std::uint64_t id, const ValidationRequest& request, std::span<const std::string_view> tokens, std::uint32_t deadline_ms,
                           const Limits& limits) {
  if (request.api_service.empty()) return bad_argument("the request names no API service");
  if (tokens.empty()) return bad_argument("the request has no token");
  if (tokens.size() > kTokensPerRequestMax) return bad_argument("the request has more than " + std::to_string(kTokensPerRequestMax) + " tokens");
  if (request.required_scopes.size() > kScopesPerRequestMax) {
    return bad_argument("the request has more than " + std::to_string(kScopesPerRequestMax) + " required scopes");
  }
  if (request.claims.size() > kClaimsPerRequestMax) return bad_argument("the request asks for more than " + std::to_string(kClaimsPerRequestMax) + " claims");
  // Before anything is built: the builder has a limit of its own, and reaching it ends the process.
  std::size_t bytes = request.api_service.size();
  for (const auto* list : {&request.required_scopes, &request.claims}) {
    for (const std::string& item : *list) bytes += item.size();
  }
  for (const std::string_view token : tokens) bytes += token.size();
  if (bytes > limits.frame_bytes_max) return bad_argument("the tokens do not fit into one request");

  encoder.begin();
  auto& builder = encoder.builder;
  const auto service = encoder.text(request.api_service);
  const auto token_list = encoder.texts(tokens);
  const auto scopes = encoder.texts(request.required_scopes);
  const auto claims = encoder.texts(request.claims);
  encoder.finish(id, wire::Body::Validate, wire::CreateValidate(builder, service, token_list, scopes, claims, deadline_ms).Union());
  if (builder.GetSize() > limits.frame_bytes_max) return bad_argument("the request does not fit into one frame");
  if (builder.GetSize() % kFrameAlignBytes != 0) return bad_argument("the request could not be framed");  // cannot be: see begin()
  return std::nullopt;
}

}  // namespace

Result<ValidationFrame> frame_of(const ValidationRequest& request, std::span<const std::string_view> tokens, const Limits& limits) {
  // One a thread: what has warmed up allocates once, the frame itself. Id and deadline are not 0, or the builder would leave them out.
  thread_local Encoder encoder;
  std::optional<Error> error = build(encoder, 1, request, tokens, 1, limits);
  ValidationFrame frame;
  if (!error) {
    const auto* bytes = reinterpret_cast<const std::byte*>(encoder.builder.GetBufferPointer());
    frame = {{bytes, bytes + encoder.builder.GetSize()}, tokens.size()};
  }
  if (encoder.builder.GetSize() > kKeptBuilderBytes) encoder.builder.Reset();
  if (error) return std::move(*error);
  return frame;
}

Result<std::uint64_t> Core::validate(const ValidationRequest& request, std::span<const std::string_view> tokens, std::uint32_t deadline_ms) {
  if (std::optional<Error> error = build(*encoder_, next_id_, request, tokens, deadline_ms, limits_)) return std::move(*error);
  return enqueue({.kind = Kind::validate, .token_count = tokens.size()});
}

Result<std::uint64_t> Core::validate(const ValidationFrame& frame, std::uint32_t deadline_ms) {
  if (failure_) return *failure_;
  const std::size_t at = output_.size();
  output_.insert(output_.end(), frame.bytes.begin(), frame.bytes.end());
  auto* envelope = flatbuffers::GetMutableRoot<flatbuffers::Table>(output_.data() + at + kFramePrefixBytes);
  auto* body = reinterpret_cast<flatbuffers::Table*>(envelope->GetPointer<std::uint8_t*>(wire::Envelope::VT_BODY));
  if (!envelope->SetField<std::uint64_t>(wire::Envelope::VT_ID, next_id_, 0) || body == nullptr ||
      !body->SetField<std::uint32_t>(wire::Validate::VT_DEADLINE_MS, std::max(deadline_ms, 1U), 0)) {
    output_.resize(at);
    return bad_argument("the request could not be framed");  // cannot be: frame_of() sets both
  }
  return opened({.kind = Kind::validate, .token_count = frame.token_count});
}

Result<std::uint64_t> Core::deploy(const DeployRequest& request) {
  if (request.configuration.size() > std::min(kConfigurationBytesMax, limits_.frame_bytes_max)) return bad_argument("the configuration is too large to be sent");
  std::size_t bytes = request.configuration.size();
  for (const std::string& item : request.api_services) bytes += item.size();
  if (bytes > limits_.frame_bytes_max) return bad_argument("the names of the API services do not fit into one request");
  encoder_->begin();
  const auto text = encoder_->text(request.configuration);
  const auto services = encoder_->texts(request.api_services);
  const auto expected = wire_optional(request.expected_deployment);
  encoder_->finish(next_id_, wire::Body::Deploy,
                   wire::CreateDeploy(encoder_->builder, text, request.dry_run, services, expected, request.allow_volatile).Union());
  return enqueue({.kind = Kind::deployment, .dry_run = request.dry_run});
}

Result<std::uint64_t> Core::rollback(const RollbackRequest& request) {
  encoder_->begin();
  const auto expected = wire_optional(request.expected_deployment);
  encoder_->finish(next_id_, wire::Body::Rollback,
                   wire::CreateRollback(encoder_->builder, request.deployment, request.dry_run, expected, request.allow_volatile).Union());
  return enqueue({.kind = Kind::deployment, .dry_run = request.dry_run});
}

Result<std::uint64_t> Core::push_keys(std::string_view oauth_server, std::string_view jwks, std::string_view url) {
  if (oauth_server.empty()) return bad_argument("the request names no OAuth server");
  if (jwks.size() > kPushedJwksBytesMax) return bad_argument("the JWK Set has more than " + std::to_string(kPushedJwksBytesMax) + " bytes");
  if (oauth_server.size() + url.size() + jwks.size() > limits_.frame_bytes_max) return bad_argument("the name and the URL do not fit into one request");
  encoder_->begin();
  const auto server = encoder_->text(oauth_server);
  const auto source = encoder_->optional_text(url);
  const auto keys = encoder_->text(jwks);
  encoder_->finish(next_id_, wire::Body::PushKeys, wire::CreatePushKeys(encoder_->builder, server, source, keys).Union());
  return enqueue({.kind = Kind::push_keys});
}

Result<std::uint64_t> Core::refresh(std::string_view oauth_server, std::string_view url) {
  if (oauth_server.empty()) return bad_argument("the request names no OAuth server");
  if (oauth_server.size() + url.size() > limits_.frame_bytes_max) return bad_argument("the name and the URL do not fit into one request");
  encoder_->begin();
  const auto server = encoder_->text(oauth_server);
  const auto source = encoder_->optional_text(url);
  encoder_->finish(next_id_, wire::Body::Refresh, wire::CreateRefresh(encoder_->builder, server, source).Union());
  return enqueue({.kind = Kind::refresh});
}

Result<std::uint64_t> Core::status() {
  encoder_->begin();
  encoder_->finish(next_id_, wire::Body::Status, wire::CreateStatus(encoder_->builder).Union());
  return enqueue({.kind = Kind::status});
}

Result<std::uint64_t> Core::metrics() {
  encoder_->begin();
  encoder_->finish(next_id_, wire::Body::Metrics, wire::CreateMetrics(encoder_->builder).Union());
  return enqueue({.kind = Kind::metrics});
}

Result<std::uint64_t> Core::enqueue(const Open& open) {
  const auto& builder = encoder_->builder;
  const std::size_t size = builder.GetSize();
  if (failure_) return *failure_;
  if (size > limits_.frame_bytes_max) return bad_argument("the request does not fit into one frame");
  if (size % kFrameAlignBytes != 0) return bad_argument("the request could not be framed");  // cannot be: see begin()
  const auto* bytes = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  output_.insert(output_.end(), bytes, bytes + size);
  return opened(open);
}

std::uint64_t Core::opened(const Open& open) {
  const std::uint64_t id = next_id_++;
  if (next_id_ == 0) next_id_ = 1;
  open_.emplace(id, open);
  return id;
}

std::span<const std::byte> Core::output() const noexcept { return std::span(output_).subspan(output_start_); }

void Core::sent(std::size_t count) noexcept {
  output_start_ += std::min(count, output_.size() - output_start_);
  // What is sent is dropped once it is most of the whole: a stream that never runs dry must not grow for ever, nor be moved for every write.
  // Frames go on beginning at multiples of 8.
  if (output_start_ * 2 < output_.size()) return;
  const std::size_t dropped = output_start_ / kFrameAlignBytes * kFrameAlignBytes;
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(dropped));
  output_start_ -= dropped;
}

void Core::received(std::span<const std::byte> bytes) {
  if (failure_) return;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  // Frames begin at multiples of 8 in input_, whose memory is aligned for any scalar: so each frame is aligned as the verifier needs it.
  std::size_t start = 0;
  while (!failure_ && input_.size() - start >= kFramePrefixBytes) {
    const std::span<const std::byte> rest = std::span(input_).subspan(start);
    const std::size_t size = kFramePrefixBytes + prefix_of(rest);
    // Judged by its prefix, before anything of it is waited for or kept.
    if (size > limits_.frame_bytes_max) return breach("a frame that is too large");
    if (size < 2 * kFrameAlignBytes || size % kFrameAlignBytes != 0) return breach("a frame of a wrong length");
    if (rest.size() < size) break;
    take_frame(rest.first(size));
    start += size;
  }
  if (!failure_) input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(start));
}

void Core::take_frame(std::span<const std::byte> frame) {
  const wire::Envelope* envelope = verified_envelope(frame, limits_);
  if (envelope == nullptr) return breach("a frame that is not one of this protocol");
  const wire::Body kind = envelope->body_type();
  // An Error with id 0 is about the connection: the daemon could not read an id, or does not want this connection. It ends it.
  if (envelope->id() == 0 && kind == wire::Body::Error) {
    const Refusal refusal = read_error(envelope->body_as_Error(), limits_);
    return fail(refusal.error, refusal.error);
  }
  const auto found = open_.find(envelope->id());
  if (found == open_.end()) return breach("an answer to no request");
  const std::uint64_t id = found->first;
  const Open open = found->second;

  // What the request asked for, or an Error: every other pairing, and every body that is not whole, falls through as no answer.
  std::optional<Answer> answer;
  if (kind == wire::Body::Error) {
    answer = read_error(envelope->body_as_Error(), limits_);
  } else if (kind == wire::Body::Pong && open.kind == Kind::ping) {
    answer = read_pong(envelope->body_as_Pong(), limits_);
  } else if (kind == wire::Body::Verdicts && open.kind == Kind::validate) {
    answer = read_verdicts(envelope->body_as_Verdicts(), open.token_count, limits_);
  } else if (kind == wire::Body::Deployed && open.kind == Kind::deployment) {
    answer = read_deployed(envelope->body_as_Deployed(), open.dry_run, limits_);
  } else if (kind == wire::Body::Pushed && open.kind == Kind::push_keys) {
    answer = read_pushed(envelope->body_as_Pushed(), limits_);
  } else if (kind == wire::Body::Refreshed && open.kind == Kind::refresh) {
    answer = read_refreshed(envelope->body_as_Refreshed(), limits_);
  } else if (kind == wire::Body::StatusReport && open.kind == Kind::status) {
    answer = read_status_report(envelope->body_as_StatusReport(), limits_);
  } else if (kind == wire::Body::MetricsText && open.kind == Kind::metrics) {
    answer = read_metrics_text(envelope->body_as_MetricsText(), limits_);
  }
  if (!answer) {
    const Error bad = error_of(CallStatus::bad_response, "the peer sent an answer that does not fit the request");
    open_.erase(found);
    respond(id, open, Refusal{bad, {}});
    return fail(bad, error_of(CallStatus::connection_lost, "the connection was given up after another request's bad answer"));
  }
  open_.erase(found);
  answered_ = true;
  respond(id, open, std::move(*answer));
}

void Core::respond(std::uint64_t id, const Open& open, Answer answer) {
  if (!open.abandoned) ready_.push_back({id, std::move(answer)});
}

void Core::fail(const Error& failure, const Error& others) {
  failure_ = failure;
  for (const auto& [id, open] : open_) respond(id, open, Refusal{others, {}});
  open_.clear();
  input_.clear();
  output_.clear();
  output_start_ = 0;
}

void Core::breach(const char* what) {
  const Error error = error_of(CallStatus::bad_response, std::string("the peer sent ") + what);
  fail(error, error);
}

void Core::closed(int system_errno) {
  if (failure_) return;
  const Error error = error_of(CallStatus::connection_lost, "the daemon closed the connection before it answered", system_errno);
  fail(error, error);
}

std::optional<Response> Core::take(std::uint64_t id) {
  const auto found = std::find_if(ready_.begin(), ready_.end(), [id](const Response& response) { return response.id == id; });
  if (found == ready_.end()) return std::nullopt;
  Response response = std::move(*found);
  ready_.erase(found);
  return response;
}

std::optional<Response> Core::take_any() {
  if (ready_.empty()) return std::nullopt;
  Response response = std::move(ready_.front());
  ready_.pop_front();
  return response;
}

void Core::abandon(std::uint64_t id) {
  if (const auto found = open_.find(id); found != open_.end()) found->second.abandoned = true;
  std::erase_if(ready_, [id](const Response& response) { return response.id == id; });
}

}  // namespace assay::core
