// Frames of the keys socket as orders, and answers as frames.
#include "fetch/order.h"

#include <gtest/gtest.h>

#include <cstring>

#include "fetch/answer.h"
#include "schema/protocol_generated.h"
#include "support/keys_peer.h"

namespace assay::fetch {
namespace {

using tests::FetchAnswer;
using tests::order_frame;
using tests::OrderFields;

// decode(frame): in a block of its exact size, aligned to 8 bytes as in the link's buffer.
base::Result<Message> decode(const std::string& frame) {
  std::vector<std::uint64_t> aligned((frame.size() + 7) / 8);
  std::memcpy(aligned.data(), frame.data(), frame.size());
  return decode_message(std::as_bytes(std::span(aligned)).first(frame.size()));
}

OrderFields good() { return {.url = "https://id.example/jwks"}; }

// fault_of(order): why it is a bad one; "none" if it is good.
std::string fault_of(const OrderFields& fields) {
  const auto message = decode(order_frame(7, fields));
  if (!message) return "no message: " + message.error().what;
  const auto* bad = std::get_if<BadOrder>(&*message);
  if (bad == nullptr) return "none";
  EXPECT_EQ(bad->number, 7U);
  return std::string(bad->reason);
}

TEST(Order, SaysWhatItsFrameSays) {
  const OrderFields fields{.url = "https://id.example/jwks?a=b",
                           .etag = "W/\"v1\"",
                           .timeout_ms = 60'000,
                           .ca_file = "/etc/ca.pem",
                           .client_certificate = "/etc/client.pem",
                           .client_key = "/etc/client.key",
                           .proxy = "http://proxy.example:3128",
                           .allow_http = true};
  const auto message = decode(order_frame(0xFFFFFFFFFFFFFFFF, fields));
  ASSERT_TRUE(message.has_value()) << message.error().what;
  const auto* order = std::get_if<Order>(&*message);
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->number, 0xFFFFFFFFFFFFFFFF);
  EXPECT_EQ(order->kind, Order::Kind::jwks_url);
  EXPECT_EQ(order->url, fields.url);
  EXPECT_EQ(order->etag, fields.etag);
  EXPECT_EQ(order->timeout_ms, fields.timeout_ms);
  EXPECT_EQ(order->ca_file, fields.ca_file);
  EXPECT_EQ(order->client_certificate, fields.client_certificate);
  EXPECT_EQ(order->client_key, fields.client_key);
  EXPECT_EQ(order->proxy, fields.proxy);
  EXPECT_TRUE(order->allow_http);
}

TEST(Order, MayNameAnIssuer) {
  const auto message = decode(order_frame(1, {.discovery = true, .url = "https://id.example/am"}));
  ASSERT_TRUE(message.has_value());
  const auto* order = std::get_if<Order>(&*message);
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->kind, Order::Kind::discovery);
  EXPECT_FALSE(order->allow_http);
}

TEST(Order, IsBadWithAnAddressThatBreaksTheRules) {
  for (const std::string url : {"", "http://id.example/", "https://a:b@id.example/", "https://id.example/#a", "file:///etc/passwd", "https://id.example/\r\nX: y"}) {
    OrderFields fields = good();
    fields.url = url;
    EXPECT_EQ(fault_of(fields), "order: url is none that keys may be fetched from") << url;
  }
  OrderFields fields = good();
  fields.url = std::string("https://id.example/\0.evil", 25);
  EXPECT_EQ(fault_of(fields), "order: url is none that keys may be fetched from");
  EXPECT_EQ(fault_of({.discovery = true, .url = "https://id.example/?a"}), "order: url is no issuer that can be asked");
  EXPECT_EQ(fault_of({.url = "http://id.example/", .allow_http = true}), "none");
  EXPECT_EQ(fault_of({.url = "http://127.0.0.1:8080/"}), "none");
}

TEST(Order, IsBadWithoutATimeOrWithAnEndlessOne) {
  OrderFields fields = good();
  for (const std::uint32_t timeout_ms : {0U, 60'001U, 0xFFFFFFFFU}) {
    fields.timeout_ms = timeout_ms;
    EXPECT_EQ(fault_of(fields), "order: timeout_ms is not within 1 to 60000") << timeout_ms;
  }
  fields.timeout_ms = 1;
  EXPECT_EQ(fault_of(fields), "none");
}

// A line break in a tag would be another header.
TEST(Order, IsBadWithATagThatIsNone) {
  OrderFields fields = good();
  for (const std::string& etag : {std::string("a b"), std::string("a\r\nX: y"), std::string("a\0", 2), std::string("\xC3\xA4"), std::string(257, 'x'), std::string("\x7F")}) {
    fields.etag = etag;
    EXPECT_EQ(fault_of(fields), "order: etag cannot be sent") << etag;
  }
  fields.etag = std::string(256, '~');
  EXPECT_EQ(fault_of(fields), "none");
}

TEST(Order, IsBadWithFilesThatAreNoAbsolutePaths) {
  for (const std::string& path : {std::string("ca.pem"), std::string("../ca.pem"), std::string("/a\0b", 4), "/" + std::string(4095, 'x')}) {
    OrderFields fields = good();
    fields.ca_file = path;
    EXPECT_EQ(fault_of(fields), "order: ca_file is no absolute path");
    fields = good();
    fields.client_certificate = path;
    fields.client_key = "/k";
    EXPECT_EQ(fault_of(fields), "order: client_certificate is no absolute path");
    std::swap(fields.client_certificate, fields.client_key);
    EXPECT_EQ(fault_of(fields), "order: client_key is no absolute path");
  }
  OrderFields fields = good();
  fields.ca_file = "/" + std::string(4094, 'x');
  EXPECT_EQ(fault_of(fields), "none");
}

TEST(Order, IsBadWithHalfAClientCertificate) {
  OrderFields fields = good();
  fields.client_certificate = "/c";
  EXPECT_EQ(fault_of(fields), "order: one of client_certificate and client_key without the other");
  fields = good();
  fields.client_key = "/k";
  EXPECT_EQ(fault_of(fields), "order: one of client_certificate and client_key without the other");
}

TEST(Order, IsBadWithAProxyThatIsNone) {
  OrderFields fields = good();
  for (const std::string proxy : {"proxy.example:3128", "socks5://proxy.example:1080", "http://a:b@proxy.example:3128", "http://proxy.example:3128/path"}) {
    fields.proxy = proxy;
    EXPECT_EQ(fault_of(fields), "order: proxy is no URL of a proxy") << proxy;
  }
}

TEST(Message, IsNothingElse) {
  EXPECT_FALSE(decode(order_frame(0, good())).has_value());
  EXPECT_FALSE(decode(tests::ping_frame(1)).has_value());
  EXPECT_FALSE(decode(encode_answer(1, NotModified{})).has_value());  // our own words
  EXPECT_FALSE(decode(std::string(64, '\0')).has_value());
  // A kind of the future, an envelope without a body.
  flatbuffers::FlatBufferBuilder builder;
  builder.TrackMinAlign(8);
  builder.FinishSizePrefixed(wire::CreateEnvelope(builder, 1), wire::EnvelopeIdentifier());
  EXPECT_FALSE(decode({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}).has_value());
  builder.Clear();
  builder.TrackMinAlign(8);
  builder.FinishSizePrefixed(wire::CreateEnvelope(builder, 1, static_cast<wire::Body>(99), wire::CreatePing(builder).Union()), wire::EnvelopeIdentifier());
  EXPECT_FALSE(decode({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}).has_value());
}

// An order of no kind is one from the future: it is answered.
TEST(Message, OfAnUnknownSourceKindIsABadOrder) {
  flatbuffers::FlatBufferBuilder builder;
  for (const std::uint8_t kind : {std::uint8_t{0}, std::uint8_t{77}}) {
    builder.Clear();
    builder.TrackMinAlign(8);
    const auto body = wire::CreateFetch(builder, static_cast<wire::SourceKind>(kind), builder.CreateString("https://id.example/"), 0, 5000);
    builder.FinishSizePrefixed(wire::CreateEnvelope(builder, 3, wire::Body::Fetch, body.Union()), wire::EnvelopeIdentifier());
    const auto message = decode({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
    ASSERT_TRUE(message.has_value());
    ASSERT_TRUE(std::holds_alternative<BadOrder>(*message));
    EXPECT_EQ(std::get<BadOrder>(*message).reason, "order: of no known kind");
  }
}

TEST(Message, MayBeAnErrorOfAssayd) {
  const auto message = decode(tests::error_frame(0, static_cast<std::uint8_t>(wire::ErrorCode::too_many_connections)));
  ASSERT_TRUE(message.has_value());
  ASSERT_TRUE(std::holds_alternative<AssaydError>(*message));
  EXPECT_EQ(std::get<AssaydError>(*message).code, "too_many_connections");
  const auto strange = decode(tests::error_frame(0, 250));
  ASSERT_TRUE(strange.has_value());
  EXPECT_EQ(std::get<AssaydError>(*strange).code, "");
}

TEST(Answer, OfEachKindIsReadAsItWasWritten) {
  const auto fetched = tests::read_answer(encode_answer(5, Fetched{.jwks = "{}", .etag = "\"v\"", .max_age_s = 0}));
  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->kind, FetchAnswer::Kind::fetched);
  EXPECT_EQ(fetched->number, 5U);
  EXPECT_EQ(fetched->jwks, "{}");
  EXPECT_EQ(fetched->etag, "\"v\"");
  EXPECT_EQ(fetched->max_age, 0U);  // not the same as none
  const auto bare = tests::read_answer(encode_answer(5, Fetched{.jwks = "{}"}));
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->max_age, std::nullopt);
  const auto same = tests::read_answer(encode_answer(6, NotModified{.max_age_s = 9}));
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->kind, FetchAnswer::Kind::not_modified);
  EXPECT_EQ(same->max_age, 9U);
  const auto failed = tests::read_answer(encode_answer(7, Failed{.reason = "HTTP 503", .retry_after_s = 0}));
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->reason, "HTTP 503");
  EXPECT_EQ(failed->retry_after, 0U);
}

TEST(Answer, HasAReasonThatIsSafeToShow) {
  const auto failed = tests::read_answer(encode_answer(1, Failed{.reason = "TLS: \x1b[31m\n" + std::string(1000, 'x')}));
  ASSERT_TRUE(failed.has_value());
  EXPECT_LE(failed->reason.size(), 256U);
  EXPECT_TRUE(failed->reason.starts_with("TLS: \\x1b[31m\\x0axxx")) << failed->reason;
}

TEST(Answer, FitsIntoAFrameWithTheLargestSet) {
  const std::string jwks(256 * 1024, 'x');
  const std::string frame = encode_answer(1, Fetched{.jwks = jwks, .etag = std::string(256, 'e'), .max_age_s = 1});
  EXPECT_LE(frame.size(), std::size_t{256 * 1024 + 32 * 1024});
  const auto fetched = tests::read_answer(frame);
  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->jwks, jwks);
}

}  // namespace
}  // namespace assay::fetch
