// assay.h over the C++ interface: handles are structures with the C++ object in them, and every question checks its pointers. Nothing here decides anything.
#include "assay/assay.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/async_client.h"
#include "assay/challenge.h"
#include "assay/client.h"

struct assay_request {
  assay::ValidationRequest value;
};

struct assay_verdict {
  assay::Verdict value;
};

struct assay_client {
  assay::Client client;
  assay::Error last;      // that of ok is no error
  assay_result result{};  // points into last
};

struct assay_poll_client {
  assay::PollClient client;
};

struct assay_async_client {
  assay::AsyncClient client;
};

namespace {

// The numbers are the same: nothing is mapped, so nothing can be forgotten.
static_assert(ASSAY_UNSET == int(assay::CallStatus::unset) && ASSAY_OK == int(assay::CallStatus::ok) && ASSAY_BAD_ARGUMENT == int(assay::CallStatus::bad_argument));
static_assert(ASSAY_CANNOT_CONNECT == int(assay::CallStatus::cannot_connect) && ASSAY_TIMED_OUT == int(assay::CallStatus::timed_out));
static_assert(ASSAY_CONNECTION_LOST == int(assay::CallStatus::connection_lost) && ASSAY_BAD_RESPONSE == int(assay::CallStatus::bad_response));
static_assert(ASSAY_DAEMON_ERROR == int(assay::CallStatus::daemon_error) && ASSAY_TOO_MANY_REQUESTS == int(assay::CallStatus::too_many_requests));
static_assert(ASSAY_CANCELLED == int(assay::CallStatus::cancelled));
static_assert(ASSAY_ACCEPTED == int(assay::Outcome::accepted) && ASSAY_REFUSED == int(assay::Outcome::refused));
static_assert(ASSAY_UNAVAILABLE == int(assay::Outcome::unavailable));
static_assert(std::string_view(ASSAY_VERSION) == ASSAY_PROJECT_VERSION, "assay.h has the version of CMakeLists.txt");

assay_status status_of(assay::CallStatus status) noexcept { return static_cast<assay_status>(status); }

assay_result result_of(assay::CallStatus status, const assay::Error& error) noexcept {
  if (status == assay::CallStatus::ok) return {ASSAY_OK, 0, 0, ""};
  return {status_of(status), static_cast<int>(error.daemon_error), error.system_errno, error.text.c_str()};
}

std::string path_of(const char* socket_path) { return socket_path != nullptr ? socket_path : std::string(assay::kDefaultSocketPath); }

// The options of a program, which may know fewer than this library; but not more: what this library does not know it would silently not do.
std::optional<assay::AsyncOptions> options_of(const assay_options* given) noexcept {
  assay_options options = ASSAY_OPTIONS_INIT;
  if (given != nullptr) {
    if (given->size != sizeof(assay_options)) return std::nullopt;  // once there are newer options: or the size of any older version
    std::memcpy(&options, given, given->size);
  }
  return assay::AsyncOptions{.client = {.timeout_ms = options.timeout_ms,
                                        .connect_timeout_ms = options.connect_timeout_ms,
                                        .backoff_ms_min = options.backoff_ms_min,
                                        .backoff_ms_max = options.backoff_ms_max},
                             .requests_max = options.requests_max,
                             .bytes_max = options.bytes_max,
                             .connections = options.connections};
}

std::string_view view_of(const char* text) noexcept { return text != nullptr ? std::string_view(text) : std::string_view(); }

assay_string string_of(const std::string& text) noexcept { return {text.data(), text.size()}; }
assay_string string_of(const std::optional<std::string>& text) noexcept { return text ? string_of(*text) : assay_string{nullptr, 0}; }

const assay::Verdict& value_of(const assay_verdict* verdict) noexcept {
  static const assay::Verdict none;
  return verdict != nullptr ? verdict->value : none;
}

// Views of the tokens; nothing if there are none, or bytes are missing. A token of no bytes is one: the daemon has a verdict for it.
std::optional<std::vector<std::string_view>> views_of(const assay_string* tokens, std::size_t count) {
  if (tokens == nullptr || count == 0 || count > assay::kTokensPerRequestMax) return std::nullopt;
  std::vector<std::string_view> views;
  views.reserve(count);
  for (const assay_string& token : std::span(tokens, count)) {
    if (token.data == nullptr && token.size != 0) return std::nullopt;
    views.emplace_back(token.data != nullptr ? token.data : "", token.size);
  }
  return views;
}

assay_status bad_argument(assay_client& client) {
  client.last = {};
  client.last.status = assay::CallStatus::bad_argument;
  client.last.text = "an argument is NULL, or there are too many tokens";
  client.result = result_of(client.last.status, client.last);
  return client.result.status;
}

// done(client, result): notes how the call ended.
template <class T>
assay_status done(assay_client& client, const assay::Result<T>& result) {
  client.last = result.ok() ? assay::Error{} : result.error();
  client.result = result_of(result.status(), client.last);
  return client.result.status;
}

assay::VerdictsCallback callback_of(assay_callback callback, void* user) {
  return [callback, user](assay::Result<std::vector<assay::Verdict>> answer) {
    const assay_result result = result_of(answer.status(), answer.error());
    if (!answer) return callback(user, &result, nullptr, 0);
    std::vector<assay_verdict> verdicts;
    std::vector<const assay_verdict*> pointers;
    verdicts.reserve(answer->size());
    for (assay::Verdict& verdict : *answer) verdicts.push_back({std::move(verdict)});
    for (const assay_verdict& verdict : verdicts) pointers.push_back(&verdict);
    callback(user, &result, pointers.data(), pointers.size());
  };
}

// Of both asynchronous clients.
template <class Handle>
assay_status validate_later(Handle* handle, const assay_request* request, const assay_string* tokens, std::size_t count, assay_callback callback, void* user) {
  const std::optional<std::vector<std::string_view>> views = views_of(tokens, count);
  if (handle == nullptr || request == nullptr || callback == nullptr || !views) return ASSAY_BAD_ARGUMENT;
  return status_of(handle->client.validate(request->value, *views, callback_of(callback, user)).status());
}

std::size_t put(const std::string& header, char* buffer, std::size_t size) noexcept {
  if (buffer == nullptr || size == 0) return header.size();
  const std::size_t fits = header.size() < size ? header.size() : 0;
  std::memcpy(buffer, header.data(), fits);
  buffer[fits] = '\0';
  return header.size();
}

}  // namespace

extern "C" {

const char* assay_version(void) { return ASSAY_VERSION; }

// Names and texts are string literals, so each ends with a NUL.
const char* assay_status_name(assay_status status) {
  const int value = status;
  return assay::name(value >= 0 && value <= UINT8_MAX ? static_cast<assay::CallStatus>(value) : assay::CallStatus::unset).data();
}

assay_request* assay_request_create(const char* api_service) { return api_service != nullptr ? new assay_request{{api_service, {}, {}}} : nullptr; }
void assay_request_destroy(assay_request* request) { delete request; }
void assay_request_require_scope(assay_request* request, const char* scope) {
  // A scope that is not there is one that no token has: to leave it out would ask for less.
  if (request != nullptr) request->value.required_scopes.emplace_back(view_of(scope));
}
void assay_request_want_claim(assay_request* request, const char* pointer) {
  if (request != nullptr && pointer != nullptr) request->value.claims.emplace_back(pointer);
}

void assay_verdict_destroy(assay_verdict* verdict) { delete verdict; }
bool assay_verdict_accepted(const assay_verdict* verdict) { return value_of(verdict).accepted(); }
assay_outcome assay_verdict_outcome(const assay_verdict* verdict) { return static_cast<assay_outcome>(value_of(verdict).outcome()); }
int assay_verdict_code(const assay_verdict* verdict) { return static_cast<int>(value_of(verdict).info().code); }
const char* assay_verdict_code_name(const assay_verdict* verdict) { return value_of(verdict).info().name.data(); }
const char* assay_verdict_text(const assay_verdict* verdict) { return value_of(verdict).info().text.data(); }
const char* assay_verdict_error(const assay_verdict* verdict) { return value_of(verdict).info().rfc6750_error.data(); }
int assay_verdict_http_status(const assay_verdict* verdict) { return value_of(verdict).info().http_status; }
bool assay_verdict_signature_verified(const assay_verdict* verdict) { return value_of(verdict).signature_verified; }
uint64_t assay_verdict_generation(const assay_verdict* verdict) { return value_of(verdict).generation; }
uint64_t assay_verdict_instance(const assay_verdict* verdict) { return value_of(verdict).instance; }
uint32_t assay_verdict_retry_after_ms(const assay_verdict* verdict) { return value_of(verdict).retry_after_ms; }
uint32_t assay_verdict_retry_after_s(const assay_verdict* verdict) { return value_of(verdict).retry_after_s(); }
int64_t assay_verdict_valid_until(const assay_verdict* verdict) { return value_of(verdict).valid_until; }
int64_t assay_verdict_expires_at(const assay_verdict* verdict) { return value_of(verdict).expires_at; }
assay_string assay_verdict_oauth_server(const assay_verdict* verdict) {
  const std::string& name = value_of(verdict).oauth_server;
  return name.empty() ? assay_string{nullptr, 0} : string_of(name);
}
assay_string assay_verdict_kid(const assay_verdict* verdict) { return string_of(value_of(verdict).kid); }
assay_string assay_verdict_subject(const assay_verdict* verdict) { return string_of(value_of(verdict).subject); }
assay_string assay_verdict_client_id(const assay_verdict* verdict) { return string_of(value_of(verdict).client_id); }
size_t assay_verdict_scope_count(const assay_verdict* verdict) { return value_of(verdict).scopes.size(); }
assay_string assay_verdict_scope(const assay_verdict* verdict, size_t index) {
  const std::vector<std::string>& scopes = value_of(verdict).scopes;
  return index < scopes.size() ? string_of(scopes[index]) : assay_string{nullptr, 0};
}
size_t assay_verdict_claim_count(const assay_verdict* verdict) { return value_of(verdict).claims.size(); }
assay_string assay_verdict_claim_pointer(const assay_verdict* verdict, size_t index) {
  const std::vector<assay::Claim>& claims = value_of(verdict).claims;
  return index < claims.size() ? string_of(claims[index].pointer) : assay_string{nullptr, 0};
}
assay_string assay_verdict_claim_json(const assay_verdict* verdict, size_t index) {
  const std::vector<assay::Claim>& claims = value_of(verdict).claims;
  return index < claims.size() ? string_of(claims[index].json) : assay_string{nullptr, 0};
}
assay_string assay_verdict_claim(const assay_verdict* verdict, const char* pointer) {
  for (const assay::Claim& claim : value_of(verdict).claims) {
    if (pointer != nullptr && claim.pointer == pointer) return string_of(claim.json);
  }
  return {nullptr, 0};
}

size_t assay_www_authenticate(const assay_verdict* verdict, const char* realm, const char* scope, char* buffer, size_t buffer_size) {
  return put(assay::www_authenticate(value_of(verdict), view_of(realm), view_of(scope)), buffer, buffer_size);
}
size_t assay_www_authenticate_no_token(const char* realm, const char* scope, char* buffer, size_t buffer_size) {
  return put(assay::www_authenticate(view_of(realm), view_of(scope)), buffer, buffer_size);
}

assay_client* assay_client_create(const char* socket_path, const assay_options* options) {
  const std::optional<assay::AsyncOptions> known = options_of(options);
  return known ? new assay_client{assay::Client(path_of(socket_path), known->client), {}, {ASSAY_UNSET, 0, 0, ""}} : nullptr;
}
void assay_client_destroy(assay_client* client) { delete client; }
assay_status assay_client_connect(assay_client* client) {
  if (client == nullptr) return ASSAY_BAD_ARGUMENT;
  return done(*client, client->client.connect());
}
assay_status assay_client_validate(assay_client* client, const assay_request* request, const char* token, size_t token_size, assay_verdict** verdict) {
  const assay_string one{token, token_size};
  return assay_client_validate_many(client, request, &one, 1, verdict);
}
assay_status assay_client_validate_many(assay_client* client, const assay_request* request, const assay_string* tokens, size_t token_count, assay_verdict** verdicts) {
  if (verdicts != nullptr) std::fill_n(verdicts, token_count, nullptr);
  if (client == nullptr) return ASSAY_BAD_ARGUMENT;
  const std::optional<std::vector<std::string_view>> views = views_of(tokens, token_count);
  if (request == nullptr || verdicts == nullptr || !views) return bad_argument(*client);
  assay::Result<std::vector<assay::Verdict>> answer = client->client.validate(request->value, *views);
  if (answer) {
    for (std::size_t i = 0; i < token_count; ++i) verdicts[i] = new assay_verdict{std::move((*answer)[i])};
  }
  return done(*client, answer);
}
assay_status assay_client_ping(assay_client* client, uint64_t* generation, uint64_t* instance) {
  if (client == nullptr) return ASSAY_BAD_ARGUMENT;
  const assay::Result<assay::DaemonInfo> info = client->client.ping();
  if (generation != nullptr) *generation = info ? info->generation : 0;
  if (instance != nullptr) *instance = info ? info->instance : 0;
  return done(*client, info);
}
const assay_result* assay_client_result(const assay_client* client) {
  static const assay_result none{ASSAY_BAD_ARGUMENT, 0, 0, "there is no client"};
  return client != nullptr ? &client->result : &none;
}

assay_poll_client* assay_poll_client_create(const char* socket_path, const assay_options* options) {
  const std::optional<assay::AsyncOptions> known = options_of(options);
  return known ? new assay_poll_client{assay::PollClient(path_of(socket_path), *known)} : nullptr;
}
void assay_poll_client_destroy(assay_poll_client* client) { delete client; }
int assay_poll_client_fd(const assay_poll_client* client) { return client != nullptr ? client->client.fd() : -1; }
void assay_poll_client_on_readable(assay_poll_client* client) {
  if (client != nullptr) client->client.on_readable();
}
assay_status assay_poll_client_validate(assay_poll_client* client, const assay_request* request, const assay_string* tokens, size_t token_count,
                                        assay_callback callback, void* user) {
  return validate_later(client, request, tokens, token_count, callback, user);
}

assay_async_client* assay_async_client_create(const char* socket_path, const assay_options* options) {
  const std::optional<assay::AsyncOptions> known = options_of(options);
  return known ? new assay_async_client{assay::AsyncClient(path_of(socket_path), *known)} : nullptr;
}
void assay_async_client_destroy(assay_async_client* client) { delete client; }
assay_status assay_async_client_validate(assay_async_client* client, const assay_request* request, const assay_string* tokens, size_t token_count,
                                         assay_callback callback, void* user) {
  return validate_later(client, request, tokens, token_count, callback, user);
}

}  // extern "C"
