// The data socket without libassay: frames that no client of ours would send, and clients built against other versions of the schema.
#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "assay/client.h"
#include "client/control.h"
#include "mint/fixture.h"
#include "client/protocol_newer_generated.h"
#include "client/protocol_older_generated.h"
#include "schema/protocol_generated.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

// finish(builder, envelope): a frame, prefix included, aligned as the protocol asks.
template <class Envelope>
std::string finish(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<Envelope> envelope) {
  builder.FinishSizePrefixed(envelope, "ASY1");
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::string ping(std::uint64_t id) {
  flatbuffers::FlatBufferBuilder builder;
  return finish(builder, wire::CreateEnvelope(builder, id, wire::Body::Ping, wire::CreatePing(builder).Union()));
}

std::string validate(std::uint64_t id, std::string_view api_service, const std::vector<std::string>& tokens) {
  flatbuffers::FlatBufferBuilder builder;
  const auto service = builder.CreateString(api_service.data(), api_service.size());
  const auto list = builder.CreateVectorOfStrings(tokens);
  const auto body = wire::CreateValidate(builder, service, list);
  return finish(builder, wire::CreateEnvelope(builder, id, wire::Body::Validate, body.Union()));
}

const wire::Envelope& parse(const std::string& frame) {
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
  EXPECT_TRUE(wire::VerifySizePrefixedEnvelopeBuffer(verifier));
  EXPECT_EQ(frame.size() % 8, 0U);
  return *wire::GetSizePrefixedEnvelope(frame.data());
}

class Protocol : public ::testing::Test {
 protected:
  std::string good_token() const { return fixture().orders.good_token("EdDSA", std::time(nullptr)); }
  // still_serves(): whether another client is still answered.
  bool still_serves() {
    Client client(daemon_.socket());
    return client.ping().ok() && daemon_.running();
  }

  DaemonProcess daemon_{{.configuration = fixture().configuration()}};
};

TEST_F(Protocol, AnswersAnOlderClient) {
  flatbuffers::FlatBufferBuilder builder;
  const auto service = builder.CreateString("orders");
  const auto tokens = builder.CreateVectorOfStrings({good_token(), "x.y.z"});
  const auto body = wire_older::CreateValidate(builder, service, tokens);
  const std::string request = finish(builder, wire_older::CreateEnvelope(builder, 7, wire_older::Body::Validate, body.Union()));
  RawConnection connection(daemon_.socket());
  ASSERT_TRUE(connection.send(request));
  const auto response = connection.receive_frame();
  ASSERT_TRUE(response.has_value());
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(response->data()), response->size());
  ASSERT_TRUE(wire_older::VerifySizePrefixedEnvelopeBuffer(verifier));
  const auto* envelope = wire_older::GetSizePrefixedEnvelope(response->data());
  EXPECT_EQ(envelope->id(), 7U);
  const auto* verdicts = envelope->body_as_Verdicts();
  ASSERT_NE(verdicts, nullptr);
  ASSERT_EQ(verdicts->verdicts()->size(), 2U);
  EXPECT_EQ(verdicts->verdicts()->Get(0)->code(), wire_older::Code::accepted);
  EXPECT_TRUE(verdicts->verdicts()->Get(0)->signature_verified());
  EXPECT_NE(verdicts->verdicts()->Get(1)->code(), wire_older::Code::accepted);
}

TEST_F(Protocol, AnswersANewerClientAndNamesWhatItDoesNotKnow) {
  RawConnection connection(daemon_.socket());
  {
    flatbuffers::FlatBufferBuilder builder;
    const auto service = builder.CreateString("orders");
    const auto tokens = builder.CreateVectorOfStrings({good_token()});
    const auto tenant = builder.CreateString("tenant");
    const auto trace = builder.CreateString("trace");
    const auto body = wire_newer::CreateValidate(builder, service, tokens, 0, 0, 5000, tenant);
    ASSERT_TRUE(connection.send(finish(builder, wire_newer::CreateEnvelope(builder, 8, wire_newer::Body::Validate, body.Union(), trace))));
  }
  {
    flatbuffers::FlatBufferBuilder builder;
    const auto body = wire_newer::CreateExplanationDirect(builder, "why");
    ASSERT_TRUE(connection.send(finish(builder, wire_newer::CreateEnvelope(builder, 9, wire_newer::Body::Explanation, body.Union()))));
  }
  ASSERT_TRUE(connection.send(ping(10)));

  const auto first = connection.receive_frame();
  ASSERT_TRUE(first.has_value());
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(first->data()), first->size());
  ASSERT_TRUE(wire_newer::VerifySizePrefixedEnvelopeBuffer(verifier));
  const auto* verdicts = wire_newer::GetSizePrefixedEnvelope(first->data())->body_as_Verdicts();
  ASSERT_NE(verdicts, nullptr);
  EXPECT_EQ(verdicts->verdicts()->Get(0)->code(), wire_newer::Code::accepted);
  EXPECT_EQ(verdicts->host(), nullptr);

  // The id stands outside the union, so a kind that nobody here knows is answered all the same, and the connection goes on.
  const auto second = connection.receive_frame();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(parse(*second).id(), 9U);
  ASSERT_NE(parse(*second).body_as_Error(), nullptr);
  EXPECT_EQ(parse(*second).body_as_Error()->code(), wire::ErrorCode::unknown_request);
  const auto third = connection.receive_frame();
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(parse(*third).id(), 10U);
  EXPECT_NE(parse(*third).body_as_Pong(), nullptr);
}

TEST_F(Protocol, AnswersFramesCutAnywhere) {
  RawConnection connection(daemon_.socket());
  const std::string frames = ping(1) + validate(2, "orders", {good_token()}) + ping(3);
  for (const char octet : frames) ASSERT_TRUE(connection.send({&octet, 1}));
  for (const std::uint64_t id : {1U, 2U, 3U}) {
    const auto frame = connection.receive_frame();
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(parse(*frame).id(), id);
  }
}

TEST_F(Protocol, NamesAnUnknownApiServiceAsAnErrorAndNoVerdict) {
  RawConnection connection(daemon_.socket());
  ASSERT_TRUE(connection.send(validate(5, "nobody", {good_token()})));
  const auto frame = connection.receive_frame();
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(parse(*frame).id(), 5U);
  EXPECT_EQ(parse(*frame).body_as_Verdicts(), nullptr);
  ASSERT_NE(parse(*frame).body_as_Error(), nullptr);
  EXPECT_EQ(parse(*frame).body_as_Error()->code(), wire::ErrorCode::unknown_api_service);
}

TEST_F(Protocol, ClosesOnWhatIsNoFrameAndServesOthersOn) {
  std::string bad_identifier = ping(1);
  bad_identifier.replace(bad_identifier.find("ASY1"), 4, "ASY9");
  std::string bad_offset = validate(1, "orders", {"t"});
  for (std::size_t i = 12; i < bad_offset.size(); ++i) bad_offset[i] = '\x7F';
  const std::vector<std::string> bad{
      std::string(8, '\0'),                              // length 0
      std::string("\x05\0\0\0aaaaa", 9),                 // no multiple of 8
      std::string("\xFF\xFF\xFF\xFF", 4),                // 4 GiB
      std::string("\x04\0\x10\0", 4),                    // one step above the limit
      std::string("\x04\0\0\0\0\0\0\0", 8),              // a frame without a FlatBuffer
      std::string("\x0C\0\0\0", 4) + std::string(12, 'a'),
      bad_identifier,
      bad_offset,
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    RawConnection connection(daemon_.socket());
    ASSERT_TRUE(connection.send(bad[i])) << i;
    const auto frame = connection.receive_frame();
    ASSERT_TRUE(frame.has_value()) << i;
    ASSERT_NE(parse(*frame).body_as_Error(), nullptr) << i;
    EXPECT_EQ(parse(*frame).body_as_Error()->code(), wire::ErrorCode::bad_frame) << i;
    const auto end = connection.receive(1);
    EXPECT_TRUE(end.has_value() && end->empty()) << i;  // closed
    EXPECT_TRUE(still_serves()) << i;
  }
}

TEST_F(Protocol, TakesNoControlRequestOnTheDataSocketAndNoTokenOnTheControlSocket) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = wire::CreateDeployDirect(builder, "{}");
  const std::string deploy = finish(builder, wire::CreateEnvelope(builder, 1, wire::Body::Deploy, body.Union()));
  for (const auto& [socket, request] : {std::pair{daemon_.socket(), deploy}, std::pair{daemon_.control(), validate(1, "orders", {"t"})}}) {
    RawConnection connection(socket);
    ASSERT_TRUE(connection.send(request));
    const auto frame = connection.receive_frame();
    ASSERT_TRUE(frame.has_value());
    ASSERT_NE(parse(*frame).body_as_Error(), nullptr);
    EXPECT_EQ(parse(*frame).body_as_Error()->code(), wire::ErrorCode::unknown_request);
  }
}

// A client that does not read is not read from, and nobody else notices.
TEST_F(Protocol, StopsReadingFromAClientThatDoesNotRead) {
  // The keys' tables first: they are most of the daemon's memory.
  const auto has_tables = [this] { return run({ASSAYCTL, "status", "--json", "--control", daemon_.control()}).output.find("\"keys_without\":0") != std::string::npos; };
  for (int i = 0; i < 300 && !has_tables(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(has_tables());
  const std::uint64_t before_kib = daemon_.resident_kib();
  RawConnection greedy(daemon_.socket());
  const std::string request = validate(1, "orders", std::vector<std::string>(200, "a.b.c"));
  std::atomic<bool> blocked{true};
  std::thread sender([&] {
    for (int i = 0; i < 20'000; ++i) {
      if (!greedy.send(request)) return;
    }
    blocked = false;
  });
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(still_serves());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(blocked);
  EXPECT_LT(daemon_.resident_kib(), before_kib + 64U * 1024);
  daemon_.stop(SIGKILL);
  sender.join();
}

TEST_F(Protocol, ChargesConnectionsToTheirUser) {
  ControlClient control(daemon_.control(), {.timeout_ms = 10'000});
  std::string document = fixture().configuration();
  document.insert(document.find(R"("request_age_ms")"), R"("connections_per_uid": 3,)");
  ASSERT_TRUE(std::holds_alternative<Deployed>(control.deploy({.configuration = document})));
  std::vector<RawConnection> open;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    open.emplace_back(daemon_.socket());
    ASSERT_TRUE(open.back().send(ping(i)));
    ASSERT_TRUE(open.back().receive_frame().has_value());
  }
  RawConnection fourth(daemon_.socket());
  const auto frame = fourth.receive_frame();
  ASSERT_TRUE(frame.has_value());
  ASSERT_NE(parse(*frame).body_as_Error(), nullptr);
  EXPECT_EQ(parse(*frame).body_as_Error()->code(), wire::ErrorCode::too_many_connections);
  const auto status = control.status();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->connections_refused, 1U);

  // One that goes makes room.
  open.pop_back();
  bool served = false;
  for (int i = 0; i < 200 && !served; ++i) {
    RawConnection next(daemon_.socket());
    const auto answer = next.send(ping(9)) ? next.receive_frame() : std::nullopt;
    served = answer.has_value() && parse(*answer).body_as_Pong() != nullptr;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(served);
}

TEST_F(Protocol, RefusesRequestsOutOfRange) {
  const std::string token = good_token();
  const auto answer = [&](const std::string& request) {
    RawConnection connection(daemon_.socket());
    EXPECT_TRUE(connection.send(request));
    const auto frame = connection.receive_frame();
    if (!frame || parse(*frame).body_as_Error() == nullptr) return wire::ErrorCode::unset;
    return parse(*frame).body_as_Error()->code();
  };
  EXPECT_EQ(answer(validate(1, "orders", std::vector<std::string>(256, "t"))), wire::ErrorCode::unset);
  EXPECT_EQ(answer(validate(1, "orders", std::vector<std::string>(257, "t"))), wire::ErrorCode::bad_request);
  EXPECT_EQ(answer(validate(1, "orders", {})), wire::ErrorCode::bad_request);
  flatbuffers::FlatBufferBuilder builder;
  const auto no_service = wire::CreateValidate(builder, 0, builder.CreateVectorOfStrings({token}));
  EXPECT_EQ(answer(finish(builder, wire::CreateEnvelope(builder, 1, wire::Body::Validate, no_service.Union()))), wire::ErrorCode::bad_request);
  builder.Clear();
  builder.ForceDefaults(true);
  EXPECT_EQ(answer(finish(builder, wire::CreateEnvelope(builder, 0, wire::Body::Ping, wire::CreatePing(builder).Union()))), wire::ErrorCode::bad_request);
  EXPECT_TRUE(still_serves());
}

}  // namespace
}  // namespace assay::tests
