// A generator that skips the verifier is faster, until a broken answer makes it crash or, worse, count what was never said: so every frame is verified, as a client does.
#include "load/answer.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/core.h>

#include <cstring>
#include <vector>

#include "schema/codes.h"
#include "schema/protocol_generated.h"

namespace assay::load {
namespace {

constexpr std::size_t kPrefixBytes = 4;
constexpr std::size_t kBytesMin = 16;
constexpr std::size_t kAlignBytes = 8;
// docs/PROTOCOL.md, "Frames": up to 256 verdicts of up to 16 claims.
constexpr flatbuffers::uoffset_t kDepthMax = 8;
constexpr flatbuffers::uoffset_t kTablesMax = 10'000;

constexpr auto kAccepted = static_cast<std::uint8_t>(schema::Code::accepted);

void read_codes(const wire::Verdicts& from, std::span<std::uint8_t> codes, Answer& to) noexcept {
  const auto* list = from.verdicts();
  to.verdict_count = list == nullptr ? 0 : list->size();
  for (std::size_t i = 0; i < to.verdict_count && i < codes.size(); ++i) {
    const wire::Verdict* verdict = list->Get(static_cast<flatbuffers::uoffset_t>(i));
    const auto code = static_cast<std::uint8_t>(verdict->code());
    codes[i] = code == kAccepted && !verdict->signature_verified() ? 0 : code;
  }
}

std::string_view text_of(const flatbuffers::String* text) noexcept { return text == nullptr ? std::string_view() : text->string_view(); }

}  // namespace

std::size_t frame_bytes(std::span<const std::byte> front) noexcept {
  if (front.size() < kPrefixBytes) return 0;
  std::uint32_t length = 0;
  std::memcpy(&length, front.data(), sizeof length);  // little-endian, as every host of ours
  const std::size_t bytes = kPrefixBytes + std::size_t{length};
  return bytes < kBytesMin || bytes % kAlignBytes != 0 || bytes > kAnswerBytesMax ? SIZE_MAX : bytes;
}

Answer read_answer(std::span<const std::byte> frame, std::span<std::uint8_t> codes) {
  Answer out;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size(), kDepthMax, kTablesMax);
  if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return out;
  const wire::Envelope& envelope = *wire::GetSizePrefixedEnvelope(frame.data());
  out.id = envelope.id();
  if (const wire::Verdicts* verdicts = envelope.body_as_Verdicts()) {
    out.kind = Answer::Kind::verdicts;
    read_codes(*verdicts, codes, out);
  } else if (const wire::Error* error = envelope.body_as_Error()) {
    out.kind = Answer::Kind::error;
    out.overloaded = error->code() == wire::ErrorCode::overloaded;
    // Nobody reads the text of each of a million refusals.
    if (!out.overloaded) out.text = fmt::format("error {} ({})", static_cast<unsigned>(error->code()), printable(text_of(error->text())));
  } else if (const wire::Pong* pong = envelope.body_as_Pong()) {
    out.kind = Answer::Kind::pong;
    out.text = printable(text_of(pong->version()));
  } else {
    out.kind = Answer::Kind::other;
  }
  return out;
}

Answer read_unaligned(std::string_view frame) {
  std::vector<std::uint64_t> aligned(frame.size() / 8 + 1);
  std::memcpy(aligned.data(), frame.data(), frame.size());
  return read_answer(std::as_bytes(std::span(aligned)).first(frame.size()), {});
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  for (char& c : out) c = c >= ' ' && c <= '~' ? c : '?';
  return out;
}

std::string ping_frame(std::uint64_t id) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Align(kAlignBytes);
  wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, wire::Body::Ping, wire::CreatePing(builder).Union()));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::size_t id_offset(std::span<const std::byte> frame) noexcept {
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(wire::GetSizePrefixedEnvelope(frame.data()));
  return static_cast<std::size_t>(table->GetAddressOf(wire::Envelope::VT_ID) - reinterpret_cast<const std::uint8_t*>(frame.data()));
}

}  // namespace assay::load
