#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/fixture.h"
#include "server/ledger_fixture.h"
#include "server/limits.h"
#include "support/exposition.h"

namespace assay::server {
namespace {

using schema::Code;
using test::config;
using testing::IsEmpty;
using tests::Exposition;

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() { start(config({{"s", {1, 2}, ""}}, {{"a", {"s"}}})); }
  void start(const std::string& text) {
    ledger = test::ledger_of(text, clock, log, identities);
    snapshot = ledger->first_snapshot();
  }
  Exposition read() const {
    Exposition exposition = tests::parse_exposition(metrics_text(figures, *ledger->report(), *snapshot));
    EXPECT_THAT(exposition.faults, IsEmpty());
    return exposition;
  }

  test::FakeClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  std::unique_ptr<Ledger> ledger;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
  MetricsFigures figures{.status = {.version = "1.2.3", .started_at_s = 1000, .engines = {}, .workers = {}}};
};

// The reader is as strict as a scrape, so that the tests below can fail.
TEST(ExpositionReader, FindsWhatAScrapeWouldStumbleOver) {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  EXPECT_THAT(tests::parse_exposition(head + "a_total{l=\"x\\\\\\\"\\n\"} 1\na_total 2\n").faults, IsEmpty());
  const std::string histogram = "# HELP h x\n# TYPE h histogram\n";
  EXPECT_THAT(tests::parse_exposition(histogram + "h_count 2\nh_sum 3\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n").faults, IsEmpty());
  for (const std::string& bad : {
           head + "a_total 1",                                      // no end of line
           head + "a_total 1\na_total 1\n",                         // twice
           head + "a_total{l=\"a\nb\"} 1\n",                        // a line break in a value
           head + "a_total{l=\"\\x\"} 1\n",                         // no such escape
           head + "a_total{l=\"\xff\"} 1\n",                        // no UTF-8
           head + "a_total{1=\"x\"} 1\n",                           // a bad label
           head + "a_total -1\n",                                   // a counter below 0
           head + "a_total one\n",                                  // no number
           head + "b 1\n",                                          // of no family
           std::string("a_total 1\n"),                              // no type
           head + "# HELP b y\n# TYPE b gauge\nb 1\n" + head + "",  // a family in two places
           histogram + "h_count 2\nh_sum 3\nh_bucket{le=\"1\"} 1\n",                             // no +Inf
           histogram + "h_count 3\nh_sum 3\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n",    // two counts
           histogram + "h_count 2\nh_sum 3\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\n",    // not cumulative
       }) {
    EXPECT_FALSE(tests::parse_exposition(bad).faults.empty()) << bad;
  }
}

TEST_F(MetricsTest, ShowsWhatIsInForceAndHowItIs) {
  figures.status.engines = {{crypto::Algorithm::rs256, crypto::EngineLevel::simd}, {crypto::Algorithm::es256, crypto::EngineLevel::scalar}};
  figures.status.fetcher_connected = true;
  figures.status.problems = {{Problem::Severity::alarm, "x"}, {Problem::Severity::alarm, "y"}};
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_build_info{version=\"1.2.3\"}"), 1);
  EXPECT_EQ(shown.at("assay_start_time_seconds"), 1000);
  EXPECT_EQ(shown.at("assay_generation"), 1);
  EXPECT_EQ(shown.at("assay_deployment"), 1);
  EXPECT_EQ(shown.at("assay_state_kept"), 0);
  EXPECT_EQ(shown.at("assay_fetcher_connected"), 1);
  EXPECT_EQ(shown.at("assay_problems{severity=\"alarm\"}"), 2);
  EXPECT_EQ(shown.at("assay_problems{severity=\"warning\"}"), 0);
  EXPECT_EQ(shown.at("assay_problems{severity=\"notice\"}"), 1);  // there is no state directory
  EXPECT_EQ(shown.at("assay_engine_info{algorithm=\"RS256\",engine=\"simd\"}"), 1);
  EXPECT_EQ(shown.at("assay_engine_info{algorithm=\"ES256\",engine=\"scalar\"}"), 1);
  EXPECT_FALSE(shown.has("assay_token_cache_hits_total"));  // there is no cache
}

TEST_F(MetricsTest, NamesVerdictsByWhatTheyWereCountedUnder) {
  const snapshot::ApiService& service = *snapshot->api_service("a");
  const snapshot::NameId server = service.oauth_servers()[0]->name_id;
  figures.verdicts = {{{service.name_id(), server, Code::accepted, true}, 7},
                      {{service.name_id(), server, Code::expired, false}, 2},
                      {{service.name_id(), snapshot::kNoName, Code::not_compact, false}, 3},
                      {{snapshot::kOtherName, snapshot::kOtherName, Code::expired, false}, 4}};
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"a\",code=\"accepted\",oauth_server=\"s\",verified=\"true\"}"), 7);
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"a\",code=\"expired\",oauth_server=\"s\",verified=\"false\"}"), 2);
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"a\",code=\"not_compact\",oauth_server=\"\",verified=\"false\"}"), 3);
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"other\",code=\"expired\",oauth_server=\"other\",verified=\"false\"}"), 4);
}

// Numbers outlive what they stand for: what was counted for an API service that has left is still told, and what comes takes no number of another's.
TEST_F(MetricsTest, KeepsTheNamesOfApiServicesThatHaveLeft) {
  const snapshot::NameId a = snapshot->api_service("a")->name_id();
  const Applied applied = ledger->apply(std::vector<ChangeRequest>{DeployRequest{.document = config({{"s", {1, 2}, ""}}, {{"b", {"s"}}}), .api_services = {}}});
  ASSERT_NE(applied.snapshot, nullptr);
  snapshot = applied.snapshot;
  EXPECT_EQ(snapshot->api_service("a"), nullptr);
  figures.verdicts = {{{a, snapshot::kNoName, Code::encrypted, false}, 1}, {{snapshot->api_service("b")->name_id(), snapshot::kNoName, Code::encrypted, false}, 2}};
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"a\",code=\"encrypted\",oauth_server=\"\",verified=\"false\"}"), 1);
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"b\",code=\"encrypted\",oauth_server=\"\",verified=\"false\"}"), 2);
  const Applied back = ledger->apply(std::vector<ChangeRequest>{DeployRequest{.document = config({{"s", {1, 2}, ""}}, {{"b", {"s"}}, {"a", {"s"}}}), .api_services = {}}});
  EXPECT_EQ(back.snapshot->api_service("a")->name_id(), a);
}

// Names come from outside: whatever they hold, the text is one; and two that look the same when they are cut are one series, not a series twice.
TEST_F(MetricsTest, IsAValidTextWhateverNamesThereAre) {
  const std::string longest(256, 'n');
  std::string text = config({{"ODD", {1}, ""}}, {{longest.substr(1) + "1", {"ODD"}}, {longest.substr(1) + "2", {"ODD"}}});
  for (std::size_t at = 0; (at = text.find("\"ODD\"", at)) != std::string::npos;) text.replace(at, 5, R"("line\nbreak \"quoted\" \u00fc\u0000\\")");
  start(text);
  figures.status.sources[{.kind = snapshot::KeySource::Kind::jwks_url, .url = "https://id.example/\x01\xff?secret=1", .access = {}}] = {.fetches_changed = 1};
  figures.status.sources[{.kind = snapshot::KeySource::Kind::jwks_url, .url = "https://id.example/\x01\xff?secret=2", .access = {}}] = {.fetches_changed = 2};
  for (const auto& service : snapshot->api_services()) figures.verdicts.push_back({{service->name_id(), service->oauth_servers()[0]->name_id, Code::expired, false}, 5});
  ASSERT_EQ(figures.verdicts.size(), 2U);
  const Exposition shown = read();
  const std::string cut = longest.substr(0, limits::kMetricsLabelBytesMax - 3) + "...";
  EXPECT_EQ(shown.at("assay_verdicts_total{api_service=\"" + cut + R"(",code="expired",oauth_server="line\x0abreak "quoted" \xc3\xbc\x00\x5c",verified="false"})"), 10);
  EXPECT_EQ(shown.at(R"(assay_source_fetches_total{result="changed",source="https://id.example/\x01\xff"})"), 3);
}

TEST_F(MetricsTest, ShowsHistogramsInBaseUnits) {
  WorkerCounters counters;
  for (const std::uint64_t us : {3u, 4u, 5u, 1'000'000u}) counters.request_us.add(us);
  counters.batch_us.add(2'000);
  for (const std::uint64_t tokens : {1u, 256u}) counters.batch_tokens.add(tokens);
  Traffic traffic;
  traffic.received_bytes.add(10);
  traffic.sent_bytes.add(20);
  counters.connections_opened.add(3);
  figures.add_worker(counters, traffic, 1'500'000'000);
  figures.add_worker(counters, traffic, std::nullopt);
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_request_duration_seconds_count"), 8);
  EXPECT_DOUBLE_EQ(shown.at("assay_request_duration_seconds_sum"), 2 * 1.000012);
  EXPECT_EQ(shown.at("assay_request_duration_seconds_bucket{le=\"4e-06\"}"), 4);
  EXPECT_EQ(shown.at("assay_request_duration_seconds_bucket{le=\"8e-06\"}"), 6);
  EXPECT_EQ(shown.at("assay_request_duration_seconds_bucket{le=\"+Inf\"}"), 8);
  EXPECT_EQ(shown.at("assay_batch_tokens_bucket{le=\"1\"}"), 2);
  EXPECT_EQ(shown.at("assay_batch_tokens_bucket{le=\"128\"}"), 2);
  EXPECT_EQ(shown.at("assay_batch_tokens_bucket{le=\"256\"}"), 4);
  EXPECT_EQ(shown.at("assay_batch_tokens_sum"), 514);
  EXPECT_EQ(shown.at("assay_received_bytes_total"), 20);
  EXPECT_EQ(shown.at("assay_sent_bytes_total"), 40);
  EXPECT_EQ(shown.at("assay_connections_opened_total"), 6);
  EXPECT_EQ(shown.at("assay_worker_cpu_seconds_total{worker=\"0\"}"), 1.5);
  EXPECT_FALSE(shown.has("assay_worker_cpu_seconds_total{worker=\"1\"}"));
}

TEST_F(MetricsTest, ShowsSourcesAndChanges) {
  figures.now_s = 5'000;
  figures.status.sources[{.kind = snapshot::KeySource::Kind::jwks_url, .url = "https://id.example/jwks?secret=1", .access = {}}] = {
      .state = sources::SourceState::stale, .fetched_at_s = 4'000, .consecutive_failures = 6, .fetches_changed = 1, .fetches_unchanged = 2, .fetches_failed = 9};
  figures.status.sources[{.kind = snapshot::KeySource::Kind::jwks_url, .url = "https://new.example/jwks", .access = {}}] = {.state = sources::SourceState::never_fetched};
  figures.changes = {{{"deploy", "refused"}, 3}};
  figures.builds = {.count = 2, .sum_us = 3'000'000, .last_us = 1'000'000};
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_source_fetches_total{result=\"changed\",source=\"https://id.example/jwks\"}"), 1);
  EXPECT_EQ(shown.at("assay_source_fetches_total{result=\"unchanged\",source=\"https://id.example/jwks\"}"), 2);
  EXPECT_EQ(shown.at("assay_source_fetches_total{result=\"failed\",source=\"https://id.example/jwks\"}"), 9);
  EXPECT_EQ(shown.at("assay_source_keys_age_seconds{source=\"https://id.example/jwks\"}"), 1'000);
  EXPECT_EQ(shown.at("assay_source_keys_stale{source=\"https://id.example/jwks\"}"), 1);
  EXPECT_EQ(shown.at("assay_source_consecutive_failures{source=\"https://id.example/jwks\"}"), 6);
  EXPECT_EQ(shown.at("assay_source_keys_stale{source=\"https://new.example/jwks\"}"), 0);
  EXPECT_FALSE(shown.has("assay_source_keys_age_seconds{source=\"https://new.example/jwks\"}"));  // there are none
  EXPECT_EQ(shown.at("assay_changes_total{kind=\"deploy\",outcome=\"refused\"}"), 3);
  EXPECT_EQ(shown.at("assay_snapshot_build_seconds_count"), 2);
  EXPECT_EQ(shown.at("assay_snapshot_build_seconds_sum"), 3);
  EXPECT_EQ(shown.at("assay_snapshot_last_build_seconds"), 1);
}

// A key is shown by the OAuth server that has it, and counted once, however many versions of that are in force.
TEST_F(MetricsTest, ShowsHowMuchEachKeyIsUsed) {
  const snapshot::OAuthServer& server = *snapshot->oauth_servers()[0];
  const auto keys = server.keys->keys();
  ASSERT_EQ(keys.size(), 2U);
  server.use_of(keys[0])->verified(0, 4'000);
  server.use_of(keys[0])->verified(0, 4'100);
  const Exposition shown = read();
  const auto series = [&](std::string_view name, std::size_t key) { return std::string(name) + "{kid=\"" + keys[key].kid.value_or("") + "\",oauth_server=\"s\"}"; };
  EXPECT_EQ(shown.at(series("assay_key_verified_tokens_total", 0)), 2);
  EXPECT_EQ(shown.at(series("assay_key_last_used_timestamp_seconds", 0)), 4'100);
  EXPECT_EQ(shown.at(series("assay_key_verified_tokens_total", 1)), 0);
  EXPECT_EQ(shown.at(series("assay_key_last_used_timestamp_seconds", 1)), 0);

  const std::string next = config({{"s", {1, 2}, "", R"(,"clock_skew_tolerance":5)"}}, {{"a", {"s"}}, {"b", {"s"}}});
  snapshot = ledger->apply(std::vector<ChangeRequest>{DeployRequest{.document = next, .api_services = {"b"}}}).snapshot;
  ASSERT_NE(snapshot, nullptr);
  ASSERT_EQ(snapshot->oauth_servers().size(), 2U);
  EXPECT_EQ(read().at(series("assay_key_verified_tokens_total", 0)), 2);
}

TEST_F(MetricsTest, ShowsTheCacheAndTheTables) {
  figures.status.token_cache = verdict::TokenCacheFigures{.bytes = 11, .capacity = 12, .entries = 13, .hits = 14, .misses = 15, .keys_gone = 16, .evicted = 17,
                                                         .expired = 18, .oversized = 19, .busy = 20, .passed = 21};
  figures.status.tables = crypto::TableFigures{.tables = 5, .bytes = 6, .curve_bytes = 7, .keys_without = 8};
  const Exposition shown = read();
  EXPECT_EQ(shown.at("assay_token_cache_bytes"), 11);
  EXPECT_EQ(shown.at("assay_token_cache_capacity"), 12);
  EXPECT_EQ(shown.at("assay_token_cache_entries"), 13);
  EXPECT_EQ(shown.at("assay_token_cache_hits_total"), 14);
  EXPECT_EQ(shown.at("assay_token_cache_misses_total"), 15);
  EXPECT_EQ(shown.at("assay_token_cache_keys_gone_total"), 16);
  EXPECT_EQ(shown.at("assay_token_cache_evicted_total"), 17);
  EXPECT_EQ(shown.at("assay_token_cache_expired_total"), 18);
  EXPECT_EQ(shown.at("assay_token_cache_oversized_total"), 19);
  EXPECT_EQ(shown.at("assay_token_cache_busy_total"), 20);
  EXPECT_EQ(shown.at("assay_token_cache_passed_total"), 21);
  EXPECT_EQ(shown.at("assay_key_tables"), 5);
  EXPECT_EQ(shown.at("assay_key_table_bytes"), 6);
  EXPECT_EQ(shown.at("assay_curve_table_bytes"), 7);
  EXPECT_EQ(shown.at("assay_keys_without_table"), 8);
}

// The sum in metrics.h: the worst that names can be, in as many series as there can be, leaves most of a control frame free.
TEST_F(MetricsTest, FitsIntoAControlFrameWhateverTheNames) {
  for (std::size_t i = 0; i < limits::kMetricsSourcesMax + 1000; ++i) {
    const std::string url = "https://" + std::to_string(i) + std::string(300, '\\');
    figures.status.sources[{.kind = snapshot::KeySource::Kind::jwks_url, .url = url, .access = {}}] = {.fetched_at_s = 1};
  }
  for (std::size_t i = 0; i < VerdictTally::kKindsMax; ++i) {
    const auto& names = const_cast<snapshot::CountNames&>(snapshot->count_names());
    const std::string name = std::to_string(i) + std::string(250, '\\');
    figures.verdicts.push_back({{const_cast<snapshot::NameIds&>(names.api_services).id_of(name), const_cast<snapshot::NameIds&>(names.oauth_servers).id_of(name), Code::issued_in_future, false}, i});
  }
  const std::string text = metrics_text(figures, *ledger->report(), *snapshot);
  EXPECT_LT(text.size(), limits::kControlFrameBytesMax / 4);
  const Exposition shown = tests::parse_exposition(text);
  EXPECT_THAT(shown.faults, IsEmpty());
  EXPECT_TRUE(shown.has("assay_source_keys_age_seconds{source=\"other\"}"));
}

}  // namespace
}  // namespace assay::server
