// A fetch ends in finish(), which may destroy it: every path below has that, or the start of the next step, as its last act.
#include "fetch/fetch.h"

#include <fmt/core.h>

#include <algorithm>

#include "fetch/limits.h"
#include "fetch/metadata.h"

namespace assay::fetch {

Fetch::Fetch(loop::Loop& loop, Transfers& transfers, const base::Clock& clock, FetchOwner& owner, Order order)
    : transfers_(transfers), clock_(clock), owner_(owner), order_(std::move(order)), timeout_(loop, loop::bind<&Fetch::on_timeout>(this)) {}

void Fetch::start() {
  auto access = read_access(order_);
  if (!access) return fail(access.error().what);
  access_ = std::move(*access);
  timeout_.start(order_.timeout_ms);
  if (order_.kind == Order::Kind::discovery) ask(Step::openid_configuration, openid_configuration_url(order_.url));
  else ask(Step::jwks, order_.url);
}

void Fetch::ask(Step step, std::string url) {
  step_ = step;
  const bool is_set = step == Step::jwks;
  transfer_ = transfers_.start({.url = std::move(url),
                                .etag = is_set ? order_.etag : std::string(),
                                .access = access_,
                                .connect_timeout_ms = std::min(limits::kConnectTimeoutMs, order_.timeout_ms),
                                .body_bytes_max = is_set ? limits::kJwksBytesMax : limits::kMetadataBytesMax},
                               loop::bind<&Fetch::on_answer>(this));
}

void Fetch::on_timeout() noexcept { fail(fmt::format("timeout after {} ms while {}", order_.timeout_ms, transfer_->phase())); }

void Fetch::on_answer() noexcept {
  Answer answer = std::move(transfer_->answer());
  if (!answer.failure.empty()) return fail(answer.failure);
  if (step_ == Step::jwks) return take_jwks(answer);
  // RFC 8414 section 3 is the younger of the two; a server of the other kind does not know the address. 429 is about the host, which is not asked again at once.
  const bool is_unknown = answer.status >= 400 && answer.status < 500 && answer.status != 429;
  if (step_ == Step::openid_configuration && is_unknown) return ask(Step::oauth_metadata, oauth_metadata_url(order_.url));
  take_metadata(answer);
}

void Fetch::take_metadata(Answer& answer) {
  if (answer.status != 200) return refuse_status(answer);
  if (answer.headers.is_encoded()) return fail("an encoded answer, though none was asked for");
  auto uri = read_jwks_uri(answer.body, order_.url, order_.allow_http);
  if (!uri) return fail(uri.error().what);
  ask(Step::jwks, std::move(*uri));
}

void Fetch::take_jwks(Answer& answer) {
  if (answer.status == 304) {
    if (order_.etag.empty()) return fail("HTTP 304 without a set in hand");
    return finish(NotModified{answer.headers.max_age_s()});
  }
  if (answer.status != 200) return refuse_status(answer);
  if (answer.headers.is_encoded()) return fail("an encoded answer, though none was asked for");
  if (const std::string fault = find_json_fault(answer.body); !fault.empty()) return fail(fault);
  finish(Fetched{.jwks = std::move(answer.body), .etag = answer.headers.etag(), .max_age_s = answer.headers.max_age_s()});
}

void Fetch::refuse_status(const Answer& answer) {
  const bool is_redirect = answer.status >= 300 && answer.status < 400 && answer.status != 304;
  fail(fmt::format("HTTP {}{}", answer.status, is_redirect ? ", a redirect, which is not followed" : ""), answer.headers.retry_after_s(clock_.realtime_s()));
}

void Fetch::fail(std::string_view reason, std::optional<std::uint64_t> retry_after_s) {
  std::string_view step;
  switch (step_) {
    case Step::unset: break;  // of the order itself
    case Step::openid_configuration: step = "openid-configuration: "; break;
    case Step::oauth_metadata: step = "oauth-authorization-server: "; break;
    case Step::jwks: break;
  }
  finish(Failed{fmt::format("{}{}", step, reason), retry_after_s});
}

void Fetch::finish(Outcome outcome) { owner_.on_outcome(order_.number, std::move(outcome)); }

}  // namespace assay::fetch
