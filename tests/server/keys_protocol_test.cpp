// Orders as assay-fetch reads them and answers as it writes them.
#include "server/keys_protocol.h"

#include <gtest/gtest.h>

#include "server/frames.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using test::Builder;
using test::Frame;
using wire::Body;

Frame fetched(std::size_t bytes) {
  return test::framed(3, Body::Fetched, [bytes](Builder& b) {
    const auto text = b.CreateString(std::string(bytes, ' '));
    return wire::CreateFetched(b, text, b.CreateString("\"e\""), 60).Union();
  });
}

TEST(KeysProtocol, WritesAnOrderWithWhatItsSourceNeeds) {
  sources::Order order{.number = 7, .source = {.kind = snapshot::KeySource::Kind::discovery, .url = "https://i", .access = {}}, .etag = {}, .timeout_ms = 250};
  OrderEncoder encoder;
  const auto decoded = [&](const sources::Order& of) { return wire::GetSizePrefixedEnvelope(encoder.fetch(of).data()); };
  const wire::Envelope* bare = decoded(order);
  EXPECT_EQ(bare->id(), 7U);
  const wire::Fetch* fetch = bare->body_as_Fetch();
  ASSERT_NE(fetch, nullptr);
  EXPECT_EQ(fetch->kind(), wire::SourceKind::discovery);
  EXPECT_EQ(fetch->url()->string_view(), "https://i");
  EXPECT_EQ(fetch->timeout_ms(), 250U);
  for (const auto* absent : {fetch->etag(), fetch->ca_file(), fetch->client_certificate(), fetch->client_key(), fetch->proxy()}) EXPECT_EQ(absent, nullptr);
  EXPECT_FALSE(fetch->allow_http());

  order.etag = "\"e\"";
  order.source.access = {.ca_file = "/ca", .client_certificate = "/cert", .client_key = "/key", .proxy = "http://p:1", .allow_http = true};
  fetch = decoded(order)->body_as_Fetch();
  EXPECT_EQ(fetch->etag()->string_view(), "\"e\"");
  EXPECT_EQ(fetch->ca_file()->string_view(), "/ca");
  EXPECT_EQ(fetch->client_certificate()->string_view(), "/cert");
  EXPECT_EQ(fetch->client_key()->string_view(), "/key");
  EXPECT_EQ(fetch->proxy()->string_view(), "http://p:1");
  EXPECT_TRUE(fetch->allow_http());
}

TEST(KeysProtocol, ReadsEachKindOfAnswer) {
  const Frame set = fetched(5);
  const auto a = decode_answer(set);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->kind, FetchAnswerView::Kind::fetched);
  EXPECT_EQ(a->number, 3U);
  EXPECT_EQ(a->jwks, "     ");
  EXPECT_EQ(a->etag, "\"e\"");
  EXPECT_EQ(a->max_age_s, 60U);
  const Frame same = test::framed(4, Body::NotModified, [](Builder& b) { return wire::CreateNotModified(b).Union(); });
  const auto b = decode_answer(same);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->kind, FetchAnswerView::Kind::not_modified);
  EXPECT_FALSE(b->max_age_s);
  const Frame failure = test::framed(5, Body::FetchFailed, [](Builder& builder) { return wire::CreateFetchFailed(builder, builder.CreateString("HTTP 503"), 30).Union(); });
  const auto c = decode_answer(failure);
  ASSERT_TRUE(c);
  EXPECT_EQ(c->kind, FetchAnswerView::Kind::failed);
  EXPECT_EQ(c->reason, "HTTP 503");
  EXPECT_EQ(c->retry_after_s, 30U);
}

// What is left out reads as nothing, never as success.
TEST(KeysProtocol, ReadsAnAnswerWithoutMembersAsOneThatBringsNothing) {
  const Frame empty = test::framed(5, Body::Fetched, [](Builder& b) { return wire::CreateFetched(b).Union(); });
  const auto answer = decode_answer(empty);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->jwks, "");
}

TEST(KeysProtocol, TakesASetOfTheLargestSizeAndNoneLarger) {
  const Frame largest = fetched(limits::kJwksBytesMax);
  EXPECT_LE(largest.size(), limits::kKeysFrameBytesMax);
  EXPECT_TRUE(decode_answer(largest));
  const Frame larger = fetched(limits::kJwksBytesMax + 1);
  EXPECT_LE(larger.size(), limits::kKeysFrameBytesMax);
  EXPECT_FALSE(decode_answer(larger));
}

// The one program that faces the network can bring keys and do nothing else.
TEST(KeysProtocol, TakesNothingButAnswers) {
  for (const Frame& frame : {test::ping_frame(1), test::status_frame(1), test::deploy_frame(1, "{}"), test::push_frame(1, "s", "{}"), Frame(64, std::byte{0xFF}), Frame(16, std::byte{0})}) {
    EXPECT_FALSE(decode_answer(frame));
  }
  Frame cut = fetched(100);
  cut.resize(cut.size() - 8);
  EXPECT_FALSE(decode_answer(cut));
}

}  // namespace
}  // namespace assay::server
