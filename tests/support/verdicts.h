// Verdicts, compared and shown.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "schema/codes.h"
#include "verdict/validator.h"

namespace assay::tests {

inline std::string text_of(const std::optional<std::string_view>& text) { return text ? fmt::format("'{}'", *text) : "none"; }

// text_of(verdict): all of it.
inline std::string text_of(const verdict::VerdictView& verdict) {
  const snapshot::OAuthServer* server = verdict.oauth_server;
  std::string text = fmt::format("{}, signature verified {}, generation {}, server {} {}", schema::info(verdict.code).name, verdict.signature_verified,
                                 verdict.generation, server == nullptr ? "none" : server->name, static_cast<const void*>(server));
  text += fmt::format(", kid {}, retry after {} ms, valid until {}, expires at {}", text_of(verdict.kid), verdict.retry_after_ms, verdict.valid_until_s, verdict.expires_at_s);
  text += fmt::format(", subject {}, client {}", text_of(verdict.subject), text_of(verdict.client_id));
  for (const std::string_view scope : verdict.scopes) text += fmt::format(", scope '{}'", scope);
  for (const verdict::ClaimAnswerView& claim : verdict.claims) text += fmt::format(", claim {} = {}", claim.pointer, claim.json);
  return text;
}

// same(a, b): in every member.
inline bool same(const verdict::VerdictView& a, const verdict::VerdictView& b) {
  const auto same_claim = [](const verdict::ClaimAnswerView& x, const verdict::ClaimAnswerView& y) { return x.pointer == y.pointer && x.json == y.json; };
  const auto fixed = [](const verdict::VerdictView& v) {
    return std::tie(v.code, v.signature_verified, v.generation, v.oauth_server, v.kid, v.retry_after_ms, v.valid_until_s, v.expires_at_s, v.subject, v.client_id);
  };
  return fixed(a) == fixed(b) && std::ranges::equal(a.scopes, b.scopes) && std::ranges::equal(a.claims, b.claims, same_claim);
}

}  // namespace assay::tests
