// The client is as lean as can be, for it shares caches and memory with the daemon that is measured: frames are made beforehand, a token costs it a copy, its id and a
// look at the verdict. It sends all that it may before it waits.
#include "peers/assayd.h"

#include <flatbuffers/flatbuffers.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <numeric>

#include "mint/fixture.h"
#include "schema/protocol_generated.h"

namespace assay::peers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDepth = 64;
constexpr std::size_t kBytesOfACachedToken = 520;  // docs/CONFIGURATION.md, daemon.token_cache_budget
constexpr std::size_t kInputBytes = std::size_t{256} * 1024;

[[noreturn]] void stop(const std::string& what) { throw std::runtime_error("assayd: " + what); }

}  // namespace

Assayd::Assayd(const Minted& minted)
    : minted_(minted),
      about_{"assayd", ASSAY_VERSION, minted.service.algorithms, true},
      daemon_({.configuration = mint::configuration({minted.service}, minted.sizes.cache_room * kBytesOfACachedToken), .workers = 1, .log_level = "warning", .more_arguments = {}}),
      connection_(daemon_.socket()),
      token_of_slot_(kDepth),
      free_slots_(kDepth),
      input_(kInputBytes / sizeof(std::uint64_t)) {
  if (!daemon_.running() || !connection_.connected()) stop("it does not start: " + daemon_.log());
  std::iota(free_slots_.begin(), free_slots_.end(), std::size_t{0});
  const timeval patience{30, 0};
  setsockopt(connection_.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

std::vector<bool> Assayd::check(const std::string& name) {
  Set& tokens = set(name);
  std::vector<bool> out(tokens.frames.size());
  std::size_t sent = 0;
  tokens.next = 0;
  ask(tokens, [&] { return sent++ < out.size(); }, [&](std::size_t token, bool accepted) { out[token] = accepted; });
  return out;
}

Counts Assayd::run(const std::string& name, double seconds) {
  Counts counts;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  ask(set(name), [&] { return Clock::now() < end; }, [&](std::size_t, bool accepted) { ++(accepted ? counts.accepted : counts.refused); });
  return counts;
}

Assayd::Set& Assayd::set(const std::string& name) {
  Set& out = sets_[name];
  if (out.frames.empty()) std::ranges::transform(minted_.workload.sets.at(name), std::back_inserter(out.frames), [&](const auto& token) { return frame(token); });
  return out;
}

Assayd::Frame Assayd::frame(const std::string& token) const {
  flatbuffers::FlatBufferBuilder builder(2 * token.size());
  const auto tokens = builder.CreateVector(std::vector{builder.CreateString(token)});
  const auto validate = wire::CreateValidate(builder, builder.CreateString(minted_.service.api_service), tokens);
  wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, 1, wire::Body::Validate, validate.Union()));
  Frame out{std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()), 0};
  // The offset of a table's field comes from its vtable; the table is the envelope.
  const auto* envelope = reinterpret_cast<const flatbuffers::Table*>(wire::GetSizePrefixedEnvelope(out.bytes.data()));
  out.id_at = static_cast<std::size_t>(envelope->GetAddressOf(wire::Envelope::VT_ID) - reinterpret_cast<const std::uint8_t*>(out.bytes.data()));
  return out;
}

template <class More, class Take>
void Assayd::ask(Set& set, More more, Take take) {
  for (;;) {
    output_.clear();
    while (!free_slots_.empty() && more()) {
      const std::size_t slot = free_slots_.back();
      free_slots_.pop_back();
      token_of_slot_[slot] = set.next;
      const Frame& frame = set.frames[set.next];
      if (++set.next == set.frames.size()) set.next = 0;
      const std::uint64_t id = slot + 1;
      output_ += frame.bytes;
      std::memcpy(output_.data() + output_.size() - frame.bytes.size() + frame.id_at, &id, sizeof id);  // little-endian, as every host of ours
    }
    if (free_slots_.size() == kDepth) return;
    if (!connection_.send(output_)) stop("the connection has gone");
    receive(take);
  }
}

template <class Take>
void Assayd::receive(Take take) {
  auto* const base = reinterpret_cast<std::uint8_t*>(input_.data());
  const ssize_t got = recv(connection_.descriptor(), base + input_bytes_, kInputBytes - input_bytes_, 0);
  if (got <= 0) stop(got == 0 ? "the connection has gone" : std::strerror(errno));
  input_bytes_ += static_cast<std::size_t>(got);
  std::size_t at = 0;
  while (input_bytes_ - at >= sizeof(std::uint32_t)) {
    std::uint32_t length = 0;
    std::memcpy(&length, base + at, sizeof length);
    const std::size_t size = sizeof length + length;
    if (size > kInputBytes) stop("a response is too large");
    if (input_bytes_ - at < size) break;
    flatbuffers::Verifier verifier(base + at, size);
    if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) stop("a response is malformed");
    const wire::Envelope* envelope = wire::GetSizePrefixedEnvelope(base + at);
    const wire::Verdicts* verdicts = envelope->body_as_Verdicts();
    if (verdicts == nullptr || verdicts->verdicts() == nullptr || verdicts->verdicts()->size() != 1) stop("a response without a verdict");
    const std::size_t slot = envelope->id() - 1;
    if (slot >= kDepth || std::ranges::find(free_slots_, slot) != free_slots_.end()) stop("a response to no request");
    const wire::Verdict* verdict = verdicts->verdicts()->Get(0);
    const flatbuffers::String* subject = verdict->subject();
    const bool accepted = verdict->code() == wire::Code::accepted && subject != nullptr && subject->string_view() == minted_.workload.policy.subject;
    free_slots_.push_back(slot);
    take(token_of_slot_[slot], accepted);
    at += size;
  }
  std::memmove(base, base + at, input_bytes_ - at);
  input_bytes_ -= at;
}

}  // namespace assay::peers
