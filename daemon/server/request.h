// Requests: a verified frame as a struct of views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "jose/pointer.h"
#include "server/error_code.h"

namespace assay::server {

// RequestKind: what is asked. unknown: a kind that this build does not know, or that is no request.
enum class RequestKind : std::uint8_t { unset = 0, ping, validate, deploy, status, rollback, push_keys, refresh, metrics, unknown };

// RequestView: borrows from the frame and the arena it was decoded with. Every field is in its range.
struct RequestView {
  std::uint64_t id = 0;  // never 0
  RequestKind kind = RequestKind::unset;
  // validate:
  std::string_view api_service;
  std::span<const std::string_view> tokens;  // 1 to tokens_max
  std::span<const std::string_view> required_scopes;
  std::span<const jose::PointerView> claims;
  std::uint32_t deadline_ms = 0;  // 0: none
  // deploy:
  std::string_view configuration;
  std::span<const std::string_view> api_services;  // none: all
  // deploy and rollback:
  std::optional<std::uint64_t> expected_deployment;
  bool dry_run = false;
  bool allow_volatile = false;
  // rollback:
  std::uint64_t deployment = 0;  // 0: the one before
  // push_keys and refresh:
  std::string_view oauth_server;
  std::string_view url;
  // push_keys:
  std::string_view jwks;
};

// RequestFault: why a frame is no request; text is static and holds nothing of the frame. bad_frame (id 0): the connection ends.
struct RequestFault {
  std::uint64_t id = 0;
  ErrorCode code = ErrorCode::unset;
  std::string_view text;
};

// decode_request(frame, tokens_max, arena): verifies a whole frame (prefix included) with the FlatBuffers verifier and decodes it. The frame starts at an
// address that is a multiple of 8. Takes memory from the arena only for what is within the limits. An unknown kind is no fault: it is for the socket to answer.
base::Result<RequestView, RequestFault> decode_request(base::Bytes frame, std::size_t tokens_max, base::Arena& arena);

// is_scope_token(text): RFC 6749 section 3.3: one or more of %x21 / %x23-5B / %x5D-7E, at most kScopeBytesMax.
bool is_scope_token(std::string_view text) noexcept;

}  // namespace assay::server
