// Reasons hold words of issuers and of their certificates; they are made harmless here, the one place that every reason passes.
#include "fetch/answer.h"

#include "base/check.h"
#include "base/log.h"
#include "fetch/limits.h"
#include "schema/protocol_generated.h"

namespace assay::fetch {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

flatbuffers::Optional<std::uint64_t> number_of(const std::optional<std::uint64_t>& from) {
  return from ? flatbuffers::Optional<std::uint64_t>(*from) : flatbuffers::nullopt;
}

struct WriteBody {
  Builder& builder;
  wire::Body kind = wire::Body::NONE;

  flatbuffers::Offset<void> operator()(const Fetched& fetched) {
    kind = wire::Body::Fetched;
    const auto jwks = builder.CreateString(fetched.jwks);
    const auto etag = fetched.etag.empty() ? flatbuffers::Offset<flatbuffers::String>() : builder.CreateString(fetched.etag);
    return wire::CreateFetched(builder, jwks, etag, number_of(fetched.max_age_s)).Union();
  }
  flatbuffers::Offset<void> operator()(const NotModified& same) {
    kind = wire::Body::NotModified;
    return wire::CreateNotModified(builder, number_of(same.max_age_s)).Union();
  }
  flatbuffers::Offset<void> operator()(const Failed& failed) {
    kind = wire::Body::FetchFailed;
    const auto reason = builder.CreateString(base::printable(failed.reason, limits::kFetchReasonBytesMax, base::Blanks::kept));
    return wire::CreateFetchFailed(builder, reason, number_of(failed.retry_after_s)).Union();
  }
};

}  // namespace

std::string encode_answer(std::uint64_t number, const Outcome& outcome) {
  Builder builder;
  builder.TrackMinAlign(limits::kFrameAlignBytes);
  WriteBody write{builder};
  const auto body = std::visit(write, outcome);
  builder.FinishSizePrefixed(wire::CreateEnvelope(builder, number, write.kind, body), wire::EnvelopeIdentifier());
  CHECK(builder.GetSize() % limits::kFrameAlignBytes == 0 && builder.GetSize() <= limits::kKeysFrameBytesMax);
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace assay::fetch
