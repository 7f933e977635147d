// The batch, through a worker: what is asked, in which order, and what comes back.
#include "server/batch.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "crypto/sha2.h"
#include "server/limits.h"
#include "server/worker_harness.h"

namespace assay::server {
namespace {

using test::Answer;
using test::document;
using test::eventually;
using test::Frame;
using test::good_token;
using test::Peer;
using test::snapshot_of;
using test::WorkerHarness;

TEST(Batch, AnswersEveryTokenInItsPlace) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const std::string good = good_token();
  std::string forged = good;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  const std::string expired = test::orders().good_token("EdDSA", std::time(nullptr) - 7200, 3600);
  const Answer answer = harness.ask(peer, test::validate_frame(1, {.tokens = {good, forged, "", expired, good}}));
  EXPECT_EQ(answer.codes(), (std::vector{wire::Code::accepted, wire::Code::bad_signature, wire::Code::not_compact, wire::Code::expired, wire::Code::accepted}));
  const wire::Verdict& accepted = *answer.verdicts()->verdicts()->Get(0);
  EXPECT_TRUE(accepted.signature_verified());
  EXPECT_EQ(accepted.oauth_server()->str(), "corp");
}

TEST(Batch, AnswersPipelinedRequestsEachUnderItsId) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  Frame all;
  for (std::uint64_t id = 1; id <= 30; ++id) {
    all = std::move(all) + (id % 3 == 0 ? test::ping_frame(id) : test::validate_frame(id, {.tokens = std::vector<std::string>(id % 4 + 1, good_token())}));
  }
  peer.send(all);
  for (std::uint64_t id = 1; id <= 30; ++id) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id(), id);
    EXPECT_EQ(answer->codes().size(), id % 3 == 0 ? 0 : id % 4 + 1);
  }
}

// SOCK_SEQPACKET keeps each write apart.
TEST(Batch, WritesOncePerConnection) {
  WorkerHarness harness;
  Peer peer = harness.connect(SOCK_SEQPACKET);
  Frame all;
  for (std::uint64_t id = 1; id <= 12; ++id) all = std::move(all) + (id == 5 ? test::validate_frame(id, {.tokens = {good_token()}}) : test::ping_frame(id));
  ASSERT_EQ(peer.send_some(all), all.size());
  const Frame written = peer.receive();
  std::size_t frames = 0;
  for (std::size_t at = 0; at + 4 <= written.size(); ++frames) {
    std::uint32_t length = 0;
    std::memcpy(&length, written.data() + at, 4);
    at += length + 4;
  }
  EXPECT_EQ(frames, 12U);
  EXPECT_FALSE(peer.readable(50));
}

TEST(Batch, SendsClaimsAndChecksScopesOfTheRequest) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const Answer answer = harness.ask(peer, test::validate_frame(1, {.tokens = {good_token()}, .claims = {"/iss", "/absent"}}));
  ASSERT_EQ(answer.codes(), std::vector{wire::Code::accepted});
  const auto* claims = answer.verdicts()->verdicts()->Get(0)->claims();
  ASSERT_EQ(claims->size(), 1U);
  EXPECT_EQ(claims->Get(0)->pointer()->str(), "/iss");
  EXPECT_EQ(claims->Get(0)->json()->str(), "\"https://id.example.com\"");
  EXPECT_EQ(harness.ask(peer, test::validate_frame(2, {.tokens = {good_token()}, .required_scopes = {"no.such"}})).codes(), std::vector{wire::Code::insufficient_scope});
}

// It must not become a 401: an API service that is unknown or forbidden is an Error, never a verdict.
TEST(Batch, AnswersAnUnknownOrForbiddenApiServiceAlike) {
  std::string text = document();
  text.insert(text.find('{') + 1, R"("clients": [{"uid": 7, "api_services": ["orders"]}, {"gid": 50, "api_services": ["orders"]}],)");
  WorkerHarness harness(snapshot_of(text));
  Peer unknown = harness.connect();
  const Answer first = harness.ask(unknown, test::validate_frame(1, {.api_service = "nobody", .tokens = {good_token()}}));
  EXPECT_EQ(first.error(), wire::ErrorCode::unknown_api_service);
  Peer forbidden = harness.connect(SOCK_STREAM, {.uid = 8, .gid = 8, .groups = {}});
  const Answer second = harness.ask(forbidden, test::validate_frame(2, {.tokens = {good_token()}}));
  EXPECT_EQ(second.error(), wire::ErrorCode::unknown_api_service);
  EXPECT_EQ(first.error_text(), second.error_text());
  Peer user = harness.connect();
  EXPECT_EQ(harness.ask(user, test::validate_frame(3, {.tokens = {good_token()}})).codes(), std::vector{wire::Code::accepted});
  Peer group = harness.connect(SOCK_STREAM, {.uid = 8, .gid = 8, .groups = {49, 50}});
  EXPECT_EQ(harness.ask(group, test::validate_frame(4, {.tokens = {good_token()}})).codes(), std::vector{wire::Code::accepted});
}

// The rights of a connection follow the snapshot that is in force.
TEST(Batch, ForgetsRightsThatASnapshotTakesAway) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  EXPECT_EQ(harness.ask(peer, test::validate_frame(1, {.tokens = {good_token()}})).codes().size(), 1U);
  std::string text = document();
  text.insert(text.find('{') + 1, R"("clients": [{"uid": 9, "api_services": ["orders"]}],)");
  harness.worker().publish(snapshot_of(text, 2));
  ASSERT_TRUE(eventually([&] { return harness.worker().generation() == 2; }));
  EXPECT_EQ(harness.ask(peer, test::validate_frame(2, {.tokens = {good_token()}})).error(), wire::ErrorCode::unknown_api_service);
}

TEST(Batch, AnswersKindsThatItDoesNotTakeByTheirIds) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const Frame pong = test::framed(4, wire::Body::Pong, [](test::Builder& b) { return wire::CreatePong(b).Union(); });
  std::uint64_t id = 1;
  for (const Frame& frame : {test::status_frame(1), test::deploy_frame(2, "{}"), test::strange_frame(3, 77), pong}) {
    const Answer answer = harness.ask(peer, frame);
    EXPECT_EQ(answer.error(), wire::ErrorCode::unknown_request) << id;
    EXPECT_EQ(answer.id(), id++);
  }
  EXPECT_EQ(harness.ask(peer, test::ping_frame(9)).id(), 9U);  // the connection serves on
}

TEST(Batch, AnswersABadRequestAndServesOn) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const Answer answer = harness.ask(peer, test::validate_frame(6, {.tokens = {}}));
  EXPECT_EQ(answer.error(), wire::ErrorCode::bad_request);
  EXPECT_EQ(answer.id(), 6U);
  EXPECT_EQ(harness.ask(peer, test::ping_frame(9)).id(), 9U);
}

TEST(Batch, ObeysTheTokensOfARequestThatTheConfigurationAllows) {
  std::string text = document();
  text.insert(text.find(R"("request_age_ms")"), R"("tokens_per_request": 2,)");
  WorkerHarness harness(snapshot_of(text));
  Peer peer = harness.connect();
  EXPECT_EQ(harness.ask(peer, test::validate_frame(1, {.tokens = {"a", "b"}})).codes().size(), 2U);
  EXPECT_EQ(harness.ask(peer, test::validate_frame(2, {.tokens = {"a", "b", "c"}})).error(), wire::ErrorCode::bad_request);
}

// Bytes that are no frame end the connection, after the frames before them have been answered.
TEST(Batch, AnswersNonsenseOnceAndCloses) {
  Frame zero_length(8);
  Frame odd_length(8);
  odd_length[0] = std::byte{5};
  Frame no_buffer(32);
  no_buffer[0] = std::byte{28};
  for (const Frame& nonsense : {zero_length, odd_length, no_buffer}) {
    WorkerHarness harness;
    Peer peer = harness.connect();
    peer.send(test::ping_frame(1) + test::validate_frame(2, {.tokens = {good_token()}}) + nonsense + test::ping_frame(3));
    EXPECT_EQ(peer.answer()->id(), 1U);
    EXPECT_EQ(peer.answer()->id(), 2U);
    const auto last = peer.answer();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->error(), wire::ErrorCode::bad_frame);
    EXPECT_EQ(last->id(), 0U);
    EXPECT_TRUE(peer.ended());
    EXPECT_TRUE(eventually([&] { return harness.worker().counters().connections_dropped.value() == 1; }));
  }
}

// deadline_ms counts from when the frame was read to when its turn comes.
TEST(Batch, AnswersWhatIsPastItsDeadlineWithOverloaded) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  harness.ask(peer, test::ping_frame(1));
  harness.clock.step(10);  // each look at the clock, so at the least between reading and judging
  EXPECT_EQ(harness.ask(peer, test::validate_frame(2, {.tokens = {good_token()}, .deadline_ms = 1})).error(), wire::ErrorCode::overloaded);
  EXPECT_EQ(harness.ask(peer, test::validate_frame(3, {.tokens = {good_token()}, .deadline_ms = 0})).codes(), std::vector{wire::Code::accepted});
  EXPECT_EQ(harness.ask(peer, test::validate_frame(4, {.tokens = {good_token()}, .deadline_ms = 60'000})).codes(), std::vector{wire::Code::accepted});
}

std::string impatient_document() {
  std::string text = document();
  const std::size_t at = text.find(R"("request_age_ms": )");
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, text.find_first_of(",\n}", at) - at, R"("request_age_ms": 50)");
}

// Under more load than it can take, the daemon tells at once those who have waited too long, and serves the next in time.
TEST(Batch, AnswersWhatHasWaitedTooLongWithOverloadedAndServesOn) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(impatient_document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  constexpr std::uint64_t kMany = 40;
  Frame all;
  for (std::uint64_t id = 1; id <= kMany; ++id) all = std::move(all) + test::validate_frame(id, {.tokens = {good_token()}});
  peer.send(all);
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.clock.advance(51);
  gate->set(true);
  std::size_t accepted = 0;
  for (std::uint64_t id = 1; id <= kMany; ++id) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id(), id);
    if (answer->error() == wire::ErrorCode::overloaded) continue;
    EXPECT_EQ(answer->codes(), std::vector{wire::Code::accepted});
    EXPECT_EQ(++accepted, id);  // only those whose turn had come
  }
  EXPECT_GE(accepted, 1U);
  EXPECT_LT(accepted, 10U);  // one batch of signatures that cost 100 us each
  EXPECT_EQ(harness.ask(peer, test::validate_frame(99, {.tokens = {good_token()}})).codes(), std::vector{wire::Code::accepted});
  harness.clock.advance(51);  // while nothing waits, time passes for nobody
  EXPECT_EQ(harness.ask(peer, test::validate_frame(100, {.tokens = {good_token()}})).codes(), std::vector{wire::Code::accepted});
}

// A request's time begins when it has come whole and ends when its answer is written, whatever it waited for meanwhile; a batch's, when its first frame is taken.
TEST(Batch, CountsHowLongRequestsTake) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  const Frame frame = test::validate_frame(1, {.tokens = {good_token()}});
  const std::uint64_t received = harness.worker().traffic().received_bytes.value();
  peer.send(Frame(frame.begin(), frame.begin() + 64));
  ASSERT_TRUE(eventually([&] { return harness.worker().traffic().received_bytes.value() == received + 64; }));
  harness.clock.advance_us(5'000);  // what a slow peer takes is no time of ours
  peer.send(Frame(frame.begin() + 64, frame.end()));
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.clock.advance_us(700);
  gate->set(true);
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  harness.ask(peer, test::ping_frame(2));
  const WorkerCounters& counters = harness.worker().counters();
  EXPECT_TRUE(eventually([&] { return counters.request_us.figures().count() == 2; }));
  EXPECT_EQ(counters.request_us.figures().sum, 700U);
  EXPECT_EQ(counters.batch_us.figures().count(), 1U);  // the other had no tokens
  EXPECT_EQ(counters.batch_us.figures().sum, 700U);
  EXPECT_EQ(harness.worker().traffic().received_bytes.value(), received + frame.size() + test::ping_frame(2).size());
}

// A client that pipelines much delays another by a batch, not by its queue.
TEST(Batch, TakesConnectionsInTurn) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer greedy = harness.connect();
  Peer modest = harness.connect();
  harness.ask(modest, test::ping_frame(1));
  constexpr std::uint64_t kMany = 40;
  Frame all;
  for (std::uint64_t id = 1; id <= kMany; ++id) all = std::move(all) + test::validate_frame(id, {.tokens = {good_token()}});
  greedy.send(all);
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  const std::string token = good_token();
  modest.send(test::validate_frame(1, {.tokens = {token}}));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the first batch now seems dear, so that the next are small
  gate->set(true);
  EXPECT_EQ(modest.answer()->codes().size(), 1U);
  for (std::uint64_t id = 1; id <= kMany; ++id) EXPECT_EQ(greedy.answer()->id(), id);
  const std::vector<std::string> asked = gate->asked();
  ASSERT_EQ(asked.size(), kMany + 1);
  const auto place = std::ranges::find(asked, token.substr(0, token.rfind('.'))) - asked.begin();
  EXPECT_LT(place, 16);  // the first batch, by the estimate a worker starts with, and one more request of the greedy one
}

// Where several pipeline, each is read and written for several frames at once; but nobody takes a whole batch while others wait.
TEST(Batch, TakesSeveralCheapFramesATurn) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate, 1'000));
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(harness.connect());
  for (Peer& peer : peers) harness.ask(peer, test::ping_frame(1));
  peers[2].send(test::validate_frame(1, {.tokens = {good_token()}}));
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  constexpr std::uint64_t kMany = 30;
  std::array<std::string, 2> tokens{good_token(), good_token()};
  for (std::size_t i = 0; i < 2; ++i) {
    Frame all;
    for (std::uint64_t id = 1; id <= kMany; ++id) all = std::move(all) + test::validate_frame(id, {.tokens = {tokens[i]}});
    peers[i].send(all);
  }
  gate->set(true);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::uint64_t id = 1; id <= kMany; ++id) EXPECT_EQ(peers[i].answer()->id(), id);
  }
  const std::vector<std::string> asked = gate->asked();
  ASSERT_EQ(asked.size(), 2 * kMany + 1);
  std::vector<std::size_t> turns{0};  // how many frames each took
  for (std::size_t i = 1; i < asked.size(); ++i) {
    if (i > 1 && asked[i] != asked[i - 1]) turns.push_back(0);
    ++turns.back();
  }
  EXPECT_GT(turns.size(), 2U);
  EXPECT_GT(turns.front(), 2U);
  EXPECT_LT(turns.front(), kMany);
}

TEST(Batch, SaysSoWhenTheAnswerIsTooLarge) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const std::string token = mint::token(test::orders().key("EdDSA"), test::orders().good_claims(std::time(nullptr)).set("big", '"' + std::string(10'000, 'x') + '"'));
  const Answer answer = harness.ask(peer, test::validate_frame(1, {.tokens = std::vector<std::string>(256, token), .claims = {"/big"}}));
  EXPECT_EQ(answer.error(), wire::ErrorCode::response_too_large);
  EXPECT_EQ(answer.id(), 1U);
  EXPECT_EQ(harness.ask(peer, test::validate_frame(2, {.tokens = std::vector<std::string>(50, token), .claims = {"/big"}})).codes(),
            std::vector<wire::Code>(50, wire::Code::accepted));
}

// Many large answers for one connection: the batch is cut before they pile up, and all arrive.
TEST(Batch, AnswersManyLargeRequestsOfOneConnection) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const std::string token = mint::token(test::orders().key("EdDSA"), test::orders().good_claims(std::time(nullptr)).set("big", '"' + std::string(10'000, 'x') + '"'));
  Frame all;
  constexpr std::uint64_t kMany = 60;
  for (std::uint64_t id = 1; id <= kMany; ++id) all = std::move(all) + test::validate_frame(id, {.tokens = std::vector<std::string>(8, token), .claims = {"/big"}});
  std::thread sender([&] { peer.send(all); });
  for (std::uint64_t id = 1; id <= kMany; ++id) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id(), id);
    EXPECT_EQ(answer->codes().size(), 8U);
  }
  sender.join();
}

// At the level that a host runs with, the first of a kind has a line, and a kind is an API service, an OAuth server and a code; a token of a kind that was there has none.
TEST(Batch, LogsTheFirstRefusalOfEachKind) {
  const auto snapshot = snapshot_of(document());
  WorkerHarness harness(snapshot, crypto::make_reference_engine(), base::LogLevel::info);
  Peer peer = harness.connect();
  const std::string expired = test::orders().good_token("EdDSA", std::time(nullptr) - 7200, 3600);
  for (std::uint64_t id = 1; id <= 3; ++id) harness.ask(peer, test::validate_frame(id, {.tokens = {expired, expired, good_token(), "nonsense", expired}}));
  EXPECT_EQ(harness.log.count("first of its kind: token "), 2U) << harness.log.all();
  EXPECT_EQ(harness.log.count(": expired, API service orders, OAuth server corp, kid "), 1U) << harness.log.all();
  EXPECT_EQ(harness.log.count(": not_compact, API service orders, OAuth server -, kid -"), 1U) << harness.log.all();
  std::map<VerdictKind, std::uint64_t> counts;
  for (const VerdictCount& count : harness.tally.counts()) counts[count.kind] = count.count;
  const snapshot::ApiService& service = *snapshot->api_service("orders");
  const snapshot::NameId server = service.oauth_servers()[0]->name_id;
  EXPECT_EQ(counts, (std::map<VerdictKind, std::uint64_t>{{{service.name_id(), server, schema::Code::expired, false}, 9},
                                                          {{service.name_id(), server, schema::Code::accepted, true}, 3},
                                                          {{service.name_id(), snapshot::kNoName, schema::Code::not_compact, false}, 3}}));
}

// Tokens are never logged: a line shows a digest, the OAuth server, the kid and the verdict.
TEST(Batch, LogsARefusedTokenByItsDigestAlone) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const std::string token = test::orders().good_token("EdDSA", std::time(nullptr) - 7200, 3600);
  harness.ask(peer, test::validate_frame(1, {.tokens = {good_token(), token}}));
  const auto digest = crypto::sha256(base::as_bytes(token));
  std::string prefix;
  for (std::size_t i = 0; i < 4; ++i) prefix += fmt::format("{:02x}", std::to_integer<unsigned>(digest[i]));
  EXPECT_EQ(harness.log.count("token " + prefix + ": expired"), 1U) << harness.log.all();
  EXPECT_EQ(harness.log.count("token "), 1U) << harness.log.all();
  EXPECT_EQ(harness.log.count("corp"), 1U) << harness.log.all();
  for (std::size_t at = 0; at + 12 < token.size(); at += 12) EXPECT_EQ(harness.log.count(token.substr(at, 12)), 0U);
}

}  // namespace
}  // namespace assay::server
