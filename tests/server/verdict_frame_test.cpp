// What is written front to back is what the FlatBuffers library's builder would have written: compared member by member over random verdicts.
#include "server/verdict_frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schema/protocol_generated.h"
#include "server/limits.h"
#include "snapshot/snapshot.h"

namespace assay::server {
namespace {

// Drawn: a verdict and what it borrows.
struct Drawn {
  snapshot::OAuthServer server{.name = {}, .algorithms = {}, .keys = nullptr, .uses = {}, .settings = nullptr};
  std::string kid, subject, client_id;
  std::vector<std::string> texts;
  std::vector<std::string_view> scopes;
  std::vector<verdict::ClaimAnswerView> claims;
  verdict::VerdictView view;
};

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string text() {
    std::string text(below(4) == 0 ? below(200) : below(12), '\0');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }
  std::unique_ptr<Drawn> verdict() {
    auto drawn = std::make_unique<Drawn>();
    drawn->server.name = text();
    drawn->kid = text();
    drawn->subject = text();
    drawn->client_id = text();
    for (std::size_t i = below(6) * below(2) + 2 * below(6) * below(2); i != 0; --i) drawn->texts.push_back(text());
    verdict::VerdictView& view = drawn->view;
    if (drawn->texts.size() % 2 == 0) {
      for (std::size_t i = 0; i + 1 < drawn->texts.size(); i += 2) drawn->claims.push_back({drawn->texts[i], drawn->texts[i + 1]});
    } else {
      drawn->scopes.assign(drawn->texts.begin(), drawn->texts.end());
    }
    view.code = below(4) == 0 ? schema::Code::expired : below(4) == 0 ? schema::Code::key_refreshing : schema::Code::accepted;
    view.retry_after_ms = below(3) == 0 ? 0 : static_cast<std::uint32_t>(random_());
    view.signature_verified = below(8) != 0;
    if (below(8) != 0) view.oauth_server = &drawn->server;
    if (below(3) != 0) view.kid = drawn->kid;
    if (below(3) != 0) view.subject = drawn->subject;
    if (below(3) != 0) view.client_id = drawn->client_id;
    view.scopes = drawn->scopes;
    view.claims = drawn->claims;
    view.valid_until_s = static_cast<std::int64_t>(random_());
    view.expires_at_s = below(3) == 0 ? 0 : static_cast<std::int64_t>(random_());
    return drawn;
  }

 private:
  std::mt19937_64 random_;
};

// The same answer by the library: the plain way.
flatbuffers::DetachedBuffer expected(std::uint64_t id, std::uint64_t instance, std::uint64_t generation, const std::vector<verdict::VerdictView>& views) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<wire::Verdict>> verdicts;
  const auto string = [&builder](std::string_view text) { return builder.CreateString(text.data(), text.size()); };
  const auto optional = [&string](const std::optional<std::string_view>& text) { return text ? string(*text) : flatbuffers::Offset<flatbuffers::String>(); };
  for (const verdict::VerdictView& view : views) {
    if (view.code != schema::Code::accepted || !view.signature_verified) {
      const auto code = view.code == schema::Code::accepted ? wire::Code::unset : static_cast<wire::Code>(view.code);
      wire::VerdictBuilder verdict(builder);
      verdict.add_code(code);
      verdict.add_signature_verified(view.signature_verified);
      if (view.code == schema::Code::key_refreshing) verdict.add_retry_after_ms(view.retry_after_ms);
      verdicts.push_back(verdict.Finish());
      continue;
    }
    std::vector<flatbuffers::Offset<flatbuffers::String>> scopes;
    for (const std::string_view scope : view.scopes) scopes.push_back(string(scope));
    std::vector<flatbuffers::Offset<wire::Claim>> claims;
    for (const verdict::ClaimAnswerView& claim : view.claims) {
      const auto pointer = string(claim.pointer);
      claims.push_back(wire::CreateClaim(builder, pointer, string(claim.json)));
    }
    const auto server = view.oauth_server != nullptr ? string(view.oauth_server->name) : flatbuffers::Offset<flatbuffers::String>();
    const auto kid = optional(view.kid);
    const auto subject = optional(view.subject);
    const auto client_id = optional(view.client_id);
    const auto scope_list = scopes.empty() ? flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>>() : builder.CreateVector(scopes);
    const auto claim_list = claims.empty() ? flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Claim>>>() : builder.CreateVector(claims);
    verdicts.push_back(wire::CreateVerdict(builder, wire::Code::accepted, true, server, kid, view.valid_until_s, view.expires_at_s, subject, client_id, scope_list, claim_list));
  }
  const auto all = builder.CreateVector(verdicts);
  wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, wire::Body::Verdicts, wire::CreateVerdicts(builder, generation, all, instance).Union()));
  return builder.Release();
}

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? "absent;" : std::to_string(text->size()) + ":" + text->str() + ";"; }

// All that an answer says, each member in its place; absent and empty are told apart.
std::string account(const wire::Envelope& envelope) {
  const wire::Verdicts* verdicts = envelope.body_as_Verdicts();
  if (verdicts == nullptr || verdicts->verdicts() == nullptr) return "no verdicts";
  std::string all = std::to_string(envelope.id()) + " " + std::to_string(verdicts->generation()) + " " + std::to_string(verdicts->instance()) + "\n";
  for (const wire::Verdict* one : *verdicts->verdicts()) {
    all += std::to_string(static_cast<int>(one->code())) + (one->signature_verified() ? " verified " : " not ") + text_of(one->oauth_server()) + text_of(one->kid()) +
           std::to_string(one->retry_after_ms()) + " " + std::to_string(one->valid_until()) + " " + std::to_string(one->expires_at()) + " " + text_of(one->subject()) + text_of(one->client_id());
    all += one->scopes() == nullptr ? "no scopes;" : "scopes:";
    if (one->scopes() != nullptr) {
      for (const flatbuffers::String* scope : *one->scopes()) all += text_of(scope);
    }
    all += one->claims() == nullptr ? "no claims;" : "claims:";
    if (one->claims() != nullptr) {
      for (const wire::Claim* claim : *one->claims()) all += text_of(claim->pointer()) + text_of(claim->json());
    }
    all += "\n";
  }
  return all;
}

// Words, so that the frame begins at a multiple of 8; filled, so that octets which the writer forgets show.
struct Room {
  explicit Room(std::size_t bytes) : words(bytes / 8, 0xAAAA'AAAA'AAAA'AAAA) {}
  std::span<std::byte> bytes() { return std::as_writable_bytes(std::span(words)); }
  std::vector<std::uint64_t> words;
};

TEST(VerdictFrame, IsWhatTheLibraryWouldWrite) {
  Draw draw(20261126);
  Room room(limits::kDataFrameBytesMax);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::unique_ptr<Drawn>> drawn;
    std::vector<verdict::VerdictView> views;
    for (std::size_t i = draw.below(4) == 0 ? draw.below(40) : draw.below(3); i != 0; --i) {
      drawn.push_back(draw.verdict());
      views.push_back(drawn.back()->view);
    }
    const std::uint64_t id = draw.below(2) == 0 ? 0 : 1 + draw.below(1000);
    const std::size_t bytes = write_verdicts(room.bytes(), id, 77, 9, views);
    ASSERT_NE(bytes, 0U);
    ASSERT_EQ(bytes % 8, 0U);
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(room.words.data()), bytes, limits::kFrameDepthMax, 1'000'000);
    ASSERT_TRUE(wire::VerifySizePrefixedEnvelopeBuffer(verifier)) << "round " << round;
    const auto wanted = expected(id, 77, 9, views);
    ASSERT_EQ(account(*wire::GetSizePrefixedEnvelope(room.words.data())), account(*wire::GetSizePrefixedEnvelope(wanted.data()))) << "round " << round;
  }
}

// Into less room than it needs nothing is written beyond it: a heap block of the exact size shows it to the address sanitizer. Twice the frame is always enough.
TEST(VerdictFrame, FitsOrIsNotWritten) {
  Draw draw(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::unique_ptr<Drawn>> drawn;
    std::vector<verdict::VerdictView> views;
    for (std::size_t i = 1 + draw.below(4); i != 0; --i) {
      drawn.push_back(draw.verdict());
      views.push_back(drawn.back()->view);
    }
    Room large(65'536);
    const std::size_t bytes = write_verdicts(large.bytes(), 1, 2, 3, views);
    ASSERT_NE(bytes, 0U);
    for (std::size_t size = 0; size <= bytes + 64; size += 8) {
      Room exact(size);
      const std::size_t written = write_verdicts(exact.bytes(), 1, 2, 3, views);
      ASSERT_TRUE(written == 0 || (written == bytes && written <= size)) << written << " of " << size;
      if (size >= 2 * bytes) { ASSERT_EQ(written, bytes); }
    }
  }
}

// No octet of the room shows through: what a frame's padding held before must not leave the daemon.
TEST(VerdictFrame, LeavesNothingOfWhatWasThereBefore) {
  Draw draw(11);
  for (int round = 0; round < 500; ++round) {
    const auto drawn = draw.verdict();
    Room first(65'536);
    Room second(65'536);
    std::ranges::fill(second.words, 0x5555'5555'5555'5555);
    const std::size_t bytes = write_verdicts(first.bytes(), 1, 2, 3, std::span(&drawn->view, 1));
    ASSERT_EQ(write_verdicts(second.bytes(), 1, 2, 3, std::span(&drawn->view, 1)), bytes);
    ASSERT_TRUE(std::ranges::equal(first.bytes().first(bytes), second.bytes().first(bytes))) << "round " << round;
  }
}

}  // namespace
}  // namespace assay::server
