// A stream as a client might send it: cut into frames, each decoded as a request. A front that is cut short never reads as more than the whole one.
#include "server/frame.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "fuzz/fuzz.h"
#include "server/request.h"

namespace {

using namespace assay;
using State = server::FrameScan::State;

// docs/PROTOCOL.md, said once more.
server::FrameScan slow_scan(base::Bytes front, std::size_t most) {
  if (front.size() < 4) return {State::incomplete, 4};
  std::uint64_t length = 0;
  for (std::size_t i = 4; i-- > 0;) length = length * 256 + std::to_integer<std::uint64_t>(front[i]);
  if (length < 12 || (length + 4) % 8 != 0 || length + 4 > most) return {State::refused, 0};
  return {front.size() >= length + 4 ? State::whole : State::incomplete, static_cast<std::size_t>(length) + 4};
}

void check_request(const server::RequestView& request) {
  using namespace base::limits;
  CHECK(request.id != 0 && request.kind != server::RequestKind::unset);
  if (request.kind == server::RequestKind::validate) {
    CHECK(!request.tokens.empty() && request.tokens.size() <= kTokensPerRequestMax);
    CHECK(request.required_scopes.size() <= kScopesPerRequestMax && request.claims.size() <= kClaimsPerRequestMax);
    for (const std::string_view scope : request.required_scopes) CHECK(server::is_scope_token(scope));
    for (const jose::PointerView& claim : request.claims) CHECK(claim.text().starts_with('/'));
    // Every octet can be read.
    std::size_t sum = request.api_service.size();
    for (const std::string_view token : request.tokens) {
      for (const char c : token) sum += static_cast<unsigned char>(c);
    }
    CHECK(sum < std::size_t{1} << 40);
  }
  CHECK(request.kind == server::RequestKind::deploy || request.configuration.empty());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static base::Arena arena;
  base::Bytes stream = base::as_bytes(fuzz::text_of(data, size));
  for (;;) {
    const server::FrameScan scan = server::scan_frame(stream, base::limits::kDataFrameBytesMax);
    const server::FrameScan expected = slow_scan(stream, base::limits::kDataFrameBytesMax);
    CHECK(scan.state == expected.state && scan.bytes == expected.bytes);
    if (scan.state != State::whole) return 0;
    // A frame begins at a multiple of 8, in a block of its exact size.
    std::vector<std::uint64_t> aligned(scan.bytes / 8);
    std::memcpy(aligned.data(), stream.data(), scan.bytes);
    arena.reset();
    const auto request = server::decode_request(std::as_bytes(std::span(aligned)), base::limits::kTokensPerRequestMax, arena);
    if (request) check_request(*request);
    else CHECK(request.error().code != server::ErrorCode::unset && !request.error().text.empty());
    stream = stream.subspan(scan.bytes);
  }
}
