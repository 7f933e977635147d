// Answers as frames: verdicts by verdict_frame.h, everything else by the FlatBuffers library's builder.
#include "server/reply.h"

#include "schema/codes.h"
#include "server/reply_builder.h"
#include "server/verdict_frame.h"

namespace assay::server {
namespace {

// The wire's codes are schema's, by name and value. A verdict is sent by value, so neither can drift.
#define ASSAY_SAME_CODE(name, value, outcome, status, error, text)                                                                       \
  static_assert(static_cast<std::uint8_t>(wire::Code::name) == static_cast<std::uint8_t>(schema::Code::name) && (value) == static_cast<std::uint8_t>(wire::Code::name));
ASSAY_CODES(ASSAY_SAME_CODE)
#undef ASSAY_SAME_CODE

#define ASSAY_SAME_ERROR(name, value, text) static_assert(static_cast<std::uint8_t>(wire::ErrorCode::name) == (value) && (value) < kErrorCodeCount);
ASSAY_ERROR_CODES(ASSAY_SAME_ERROR)
#undef ASSAY_SAME_ERROR
static_assert(kErrorCodeCount == static_cast<std::size_t>(wire::ErrorCode::MAX) + 1);

}  // namespace

ReplyEncoder::ReplyEncoder(std::size_t frame_bytes_max) : state_(std::make_unique<State>(frame_bytes_max)) {}
ReplyEncoder::~ReplyEncoder() = default;

base::Bytes ReplyEncoder::verdicts(std::uint64_t id, std::uint64_t instance, std::uint64_t generation, std::span<const verdict::VerdictView> verdicts, bool* too_large) {
  State& state = *state_;
  const std::span<std::byte> room(state.verdict_frame.get(), state.frame_bytes_max);
  const std::size_t bytes = write_verdicts(room, id, instance, generation, verdicts);
  if (too_large != nullptr) *too_large = bytes == 0;
  return bytes == 0 ? error(id, ErrorCode::response_too_large) : base::Bytes(room.first(bytes));
}

base::Bytes ReplyEncoder::error(std::uint64_t id, ErrorCode code, std::string_view text, std::span<const snapshot::Fault> faults, std::uint64_t in_force) {
  State& state = *state_;
  state.builder.Clear();
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Fault>>> fault_list;
  if (!faults.empty()) {
    std::vector<flatbuffers::Offset<wire::Fault>> offsets;
    for (const snapshot::Fault& fault : faults) {
      const auto pointer = state.string(fault.pointer);
      const auto found = state.string(fault.found);
      offsets.push_back(wire::CreateFault(state.builder, pointer, found, state.string(fault.allowed)));
    }
    fault_list = state.builder.CreateVector(offsets);
  }
  const auto message = state.string(text.empty() ? text_of(code) : text);
  return state.finish(id, wire::Body::Error, wire::CreateError(state.builder, static_cast<wire::ErrorCode>(code), message, fault_list, in_force));
}

base::Bytes ReplyEncoder::pong(std::uint64_t id, std::string_view version, std::uint64_t instance, std::uint64_t generation) {
  state_->builder.Clear();
  const auto text = state_->string(version);
  return state_->finish(id, wire::Body::Pong, wire::CreatePong(state_->builder, text, generation, instance));
}

// The text is looked at before it is copied: a builder has a limit of its own, and reaching it ends the process.
base::Bytes ReplyEncoder::metrics(std::uint64_t id, std::string_view text) {
  State& state = *state_;
  if (text.size() > state.frame_bytes_max) return error(id, ErrorCode::response_too_large);
  state.builder.Clear();
  const auto body = wire::CreateMetricsText(state.builder, state.string(text));
  return state.finish_within(*this, id, wire::Body::MetricsText, body);
}

}  // namespace assay::server
