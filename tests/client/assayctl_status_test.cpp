// assayctl reporting: one screen that says whether it is well, and tables of what there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/assayctl_fixture.h"
#include "client/control_frames.h"

namespace assay {
namespace {

using test::Finished;
using test::lines_of;
using test::parsed;
using test::StatusSample;
using test::text_at;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AssayctlStatus : public testing::Test {
 protected:
  // reported(sample, arguments): what assayctl makes of this report.
  Finished reported(const StatusSample& sample, std::vector<std::string> arguments = {"status"}) const {
    const std::string path = folder_.file("control.sock");
    test::FakeDaemon daemon(path, test::answering([&](std::uint64_t id) { return test::status_frame(id, sample); }));
    arguments.insert(arguments.begin(), {ASSAYCTL, "--control", path});
    return test::run(arguments);
  }

  test::TemporaryFolder folder_;
};

// The line that contains a text.
std::string line_with(const Finished& finished, std::string_view text) {
  for (const std::string& line : lines_of(finished.out)) {
    if (line.find(text) != std::string::npos) return line;
  }
  ADD_FAILURE() << "no line with " << text << " in\n" << finished.out;
  return {};
}

TEST_F(AssayctlStatus, SaysFirstThatItIsWell) {
  const Finished finished = reported({});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_GE(lines.size(), 8U);
  EXPECT_THAT(lines[0], StartsWith("well: assayd 1.2.3, up "));
  EXPECT_THAT(lines[0], HasSubstr(" since 2023-11-14 22:13:20 UTC"));
  EXPECT_EQ(lines[1], "in force     deployment 3 since 2023-11-14 22:14:10 UTC, generation 4, instance 0123456789abcdef, engine reference");
  EXPECT_EQ(lines[2], "token cache  none");
  EXPECT_EQ(lines[3], "state        /var/lib/assay: all that is in force is on disk");
  EXPECT_EQ(lines[4], "workers      1: 2 connections, 1,000 requests, 2,000 tokens in 900 batches");
  EXPECT_EQ(lines[5], "verdicts     accepted 1,234,567, code 123 1");
  EXPECT_EQ(lines[6], "errors       overloaded 6");
  EXPECT_EQ(lines[7], "connections  8 refused, 9 dropped");
}

TEST_F(AssayctlStatus, NamesEachEngineIfThereAreSeveral) {
  EXPECT_THAT(reported({}).out, testing::Not(HasSubstr("engines ")));
  EXPECT_THAT(reported({.other_engine = true}).out, HasSubstr("engines      RS256 reference, ES256 simd\\x1b\n"));
}

TEST_F(AssayctlStatus, ShowsTheTablesOfKeys) {
  EXPECT_THAT(reported({}).out, testing::Not(HasSubstr("key tables")));
  EXPECT_THAT(reported({.key_tables = true}).out, HasSubstr("key tables   1,000 in 128.0 MiB of 256.0, 24 keys on curves without; 43.6 MiB for the curves\n"));
}

// Whether it is worth its memory: how many tokens were remembered, of those that were asked about, and whether there is room.
TEST_F(AssayctlStatus, ShowsTheCacheOfTokens) {
  EXPECT_THAT(reported({.token_cache = true}).out,
              HasSubstr("\ntoken cache  1,234,567 hits (99.3 %), 8,765 misses; 5,000 of 128,000 entries, 3 evicted\n"));
  EXPECT_THAT(reported({.token_cache = true, .token_cache_used = false}).out, HasSubstr("\ntoken cache  0 hits, 0 misses; 0 of 128,000 entries, 0 evicted\n"));
  EXPECT_THAT(reported({.token_cache = true}, {"status", "--json"}).out,
              HasSubstr(R"("token_cache":{"bytes":67000000,"capacity":128000,"entries":5000,"hits":1234567,"misses":8765,"keys_gone":4,"evicted":3,"expired":2,)"
                        R"("oversized":1,"busy":9,"passed":8})"));
  EXPECT_THAT(reported({}, {"status", "--json"}).out, Not(HasSubstr("token_cache")));
}

TEST_F(AssayctlStatus, SaysFirstWhatIsWrongTheWorstFirst) {
  const Finished finished =
      reported({.problems = {{wire::Severity::notice, "mild"}, {wire::Severity::alarm, "bad\x1b[31m"}, {wire::Severity::warning, "so so"}}, .kept = false});
  EXPECT_EQ(finished.exit_code, 0);
  const std::vector<std::string> lines = lines_of(finished.out);
  EXPECT_THAT(lines[0], StartsWith("3 problems: assayd 1.2.3, up "));
  EXPECT_EQ(lines[1], "  ALARM    bad\\x1b[31m");
  EXPECT_EQ(lines[2], "  warning  so so");
  EXPECT_EQ(lines[3], "  notice   mild");
  EXPECT_THAT(finished.out, HasSubstr("state        /var/lib/assay: NOT all that is in force is on disk\n"));
  EXPECT_THAT(reported({.problems = {{wire::Severity::notice, "mild"}}}).out, StartsWith("1 problem: assayd"));
  EXPECT_THAT(reported({.state = false, .kept = false}).out, HasSubstr("state        kept nowhere: a restart undoes what is in force\n"));
}

// Green when well, else the colour of the worst.
TEST_F(AssayctlStatus, IsColouredByTheWorst) {
  using wire::Severity;
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  const std::string path = folder_.file("control.sock");
  const auto first = [&](const StatusSample& sample) {
    test::FakeDaemon daemon(path, test::answering([&](std::uint64_t id) { return test::status_frame(id, sample); }));
    const std::string text = test::on_terminal({ASSAYCTL, "--control", path, "status"});
    return text.substr(0, text.find(": assayd"));
  };
  EXPECT_EQ(first({}), "\x1b[32mwell\x1b[0m");
  EXPECT_EQ(first({.problems = {{Severity::notice, "n"}, {Severity::warning, "w"}}}), "\x1b[33m2 problems\x1b[0m");
  EXPECT_EQ(first({.problems = {{Severity::warning, "w"}, {Severity::alarm, "a"}}}), "\x1b[31m2 problems\x1b[0m");
  EXPECT_EQ(first({.problems = {{Severity::unset, "?"}}}), "\x1b[31m1 problem\x1b[0m");
}

// A severity that this assayctl does not know is none that it may pass over.
TEST_F(AssayctlStatus, ExitsWithThreeIfAskedToCheckAndNotWell) {
  EXPECT_EQ(reported({}, {"status", "--check"}).exit_code, 0);
  EXPECT_EQ(reported({.problems = {{wire::Severity::notice, "n"}}}, {"status", "--check"}).exit_code, 0);
  EXPECT_EQ(reported({.problems = {{wire::Severity::notice, "n"}, {wire::Severity::warning, "w"}}}, {"status", "--check"}).exit_code, 3);
  for (const int severity : {3, 0, 99}) {
    const StatusSample sample{.problems = {{static_cast<wire::Severity>(severity), "text"}}};
    EXPECT_EQ(reported(sample, {"status", "--check", "--json"}).exit_code, 3) << severity;
    EXPECT_EQ(reported(sample, {"status"}).exit_code, 0) << severity;
    EXPECT_THAT(reported(sample).out, HasSubstr("\n  ALARM    text\n")) << severity;
    EXPECT_THAT(reported(sample, {"status", "--json"}).out, HasSubstr(R"("problems":[{"severity":"alarm","text":"text"}])")) << severity;
  }
  EXPECT_EQ(test::run({ASSAYCTL, "--control", "/nonexistent/a.sock", "status", "--check"}).exit_code, 2);
}

TEST_F(AssayctlStatus, ShowsApiServicesAndOAuthServers) {
  const Finished finished = reported({.more_services = 1, .more_servers = 1});
  EXPECT_THAT(line_with(finished, "API services (2)"), testing::MatchesRegex("API services \\(2\\)  deployment  in force for  OAuth servers"));
  EXPECT_THAT(line_with(finished, "orders"),
              testing::MatchesRegex("  orders +2 +[0-9]+ d [0-9]+ h  corp, partners, c and 2 more  behind: its own, those of corp"));
  EXPECT_THAT(line_with(finished, "service-0"), testing::MatchesRegex("  service-0 +3 +[0-9]+ d [0-9]+ h  corp"));
  EXPECT_THAT(line_with(finished, "OAuth servers (3)"), testing::MatchesRegex("OAuth servers \\(3\\)  keys  skipped  source +keys since +checked  API services"));
  EXPECT_THAT(line_with(finished, "  corp  "),
              testing::MatchesRegex("  corp +2 +2  https://id.example.com/jwks +[0-9]+ d [0-9]+ h ago +[0-9]+ d [0-9]+ h ago +1  ALARM: private or symmetric key"));
  EXPECT_THAT(line_with(finished, "  partners"), testing::MatchesRegex("  partners +0 +0  jwks_url +- +- +0  keys not available"));
  EXPECT_THAT(line_with(finished, "  server-0"), testing::MatchesRegex("  server-0 +1 +0  jwks +- +- +0"));
}

// While API services run on different settings of one OAuth server its name stands there more than once.
TEST_F(AssayctlStatus, TellsOAuthServersOfOneNameApart) {
  const std::string url = "https://id.example.com/a/long/path/to/the/keys/of/the/realm/";
  const StatusSample sample{.more_services = 2,
                            .servers = {{.name = "urls", .key_source = "jwks_url", .url = url + "1"},
                                        {.name = "urls", .key_source = "jwks_url", .url = url + "2"},
                                        {.name = "same", .key_source = "discovery", .url = url, .api_services = {"orders"}},
                                        {.name = "same", .key_source = "discovery", .url = url, .api_services = {"service-0", "service-1"}},
                                        {.name = "inline", .api_services = {"orders", "service-1"}},
                                        {.name = "inline", .api_services = {"service-0"}},
                                        {.name = "inline"},
                                        {.name = "alone", .api_services = {"orders"}}}};
  const Finished finished = reported(sample);
  EXPECT_THAT(finished.out, HasSubstr("  https://id.example....eys/of/the/realm/1 "));
  EXPECT_THAT(finished.out, HasSubstr("  https://id.example....eys/of/the/realm/2 "));
  EXPECT_THAT(finished.out, HasSubstr("  https://id.example....keys/of/the/realm/, deployment 2 "));
  EXPECT_THAT(finished.out, HasSubstr("  https://id.example....keys/of/the/realm/, deployment 3 "));
  EXPECT_THAT(finished.out, HasSubstr("  jwks, deployments 2, 3 "));
  EXPECT_THAT(finished.out, HasSubstr("  jwks, deployment 3 "));
  EXPECT_THAT(line_with(finished, "  alone"), testing::MatchesRegex("  alone +1 +0  jwks +- +- +1"));
  // In full where there is room.
  EXPECT_THAT(reported(sample, {"status", "--all"}).out, HasSubstr("keys from " + url + "2 (jwks_url)\n"));
}

TEST_F(AssayctlStatus, ShowsThatAllKeysAreWithdrawnAmongWhatIsWrong) {
  const Finished finished =
      reported({.more_servers = 20, .servers = {{.name = "emptied", .key_source = "jwks_url", .url = "https://e/", .keys = 0, .keys_changed_at = 1'700'000'000}}});
  EXPECT_THAT(line_with(finished, "  emptied"),
              testing::MatchesRegex("  emptied +0 +0  https://e/ +[0-9]+ d [0-9]+ h ago +[0-9]+ d [0-9]+ h ago +0  all keys withdrawn"));
  const std::size_t corp = finished.out.find("\n  corp ");
  const std::size_t partners = finished.out.find("\n  partners ");
  const std::size_t emptied = finished.out.find("\n  emptied ");
  EXPECT_TRUE(corp < partners && partners < emptied && emptied < finished.out.find("\n  server-0 ")) << finished.out;
}

// Sources of a URL, and what the network says of them: nothing of it reaches a terminal as it came.
const test::SourceSample kFresh{.etag = "W/\"a\x1b\""};
const test::SourceSample kFailing{.state = wire::SourceState::failing,
                                  .next_try_in_ms = 0,
                                  .last_error = "connect timed out\x1b[31m",
                                  .failed_at = 1'700'000'700,
                                  .failures = 1'234};
const test::SourceSample kRecovered{.state = wire::SourceState::fetching,
                                    .next_try_in_ms = flatbuffers::nullopt,
                                    .last_error = "the answer is no JWK Set",
                                    .failed_at = 1'700'000'200};
const test::SourceSample kNever{.state = wire::SourceState::never_fetched, .fetched_at = 0, .fresh_until = 0, .stale_until = 0, .next_try_in_ms = 1};
const test::SourceSample kStale{.state = wire::SourceState::stale, .last_error = "no route", .failed_at = 1'700'000'700, .failures = 1};
const test::SourceSample kNewer{.state = static_cast<wire::SourceState>(9)};

StatusSample sources_sample() {
  StatusSample sample;
  const auto add = [&](const char* name, const test::SourceSample& source) {
    sample.servers.push_back({.name = name, .key_source = "jwks_url", .url = "https://" + std::string(name) + "/", .source = source});
  };
  add("fresh", kFresh);
  add("failing", kFailing);
  add("recovered", kRecovered);
  add("never", kNever);
  add("stale", kStale);
  add("newer", kNewer);
  return sample;
}

TEST_F(AssayctlStatus, ShowsHowEachSourceStandsInOneLine) {
  const Finished finished = reported(sources_sample());
  const auto row_ends = [&](std::string_view name, const std::string& end) {
    EXPECT_THAT(line_with(finished, "  https://" + std::string(name) + "/"), testing::EndsWith("  0  " + end)) << name;
  };
  row_ends("fresh", "fresh");
  row_ends("failing", "failing, 1,234 failures: connect timed out\\x1b[31m");
  row_ends("recovered", "being fetched");
  row_ends("never", "never fetched");
  row_ends("stale", "stale, 1 failure: no route");
  row_ends("newer", "in a state that this assayctl does not know");
  // What is wrong comes first.
  const auto at = [&](std::string_view name) { return finished.out.find("\n  " + std::string(name) + " "); };
  EXPECT_TRUE(at("failing") < at("fresh") && at("stale") < at("fresh") && at("newer") < at("fresh") && at("fresh") < at("recovered")) << finished.out;
}

// A reason may be long. The row has its ends, the details all of it.
TEST_F(AssayctlStatus, ShortensTheReasonOfAFailure) {
  StatusSample sample;
  const std::string reason = "begin " + std::string(200, '.') + " end";
  test::SourceSample failing = kFailing;
  failing.last_error = reason.c_str();
  sample.servers = {{.name = "long", .key_source = "jwks_url", .url = "https://long/", .source = failing}};
  EXPECT_THAT(line_with(reported(sample), "  https://long/"), testing::MatchesRegex(".*failing, 1,234 failures: begin \\.{50} end"));
  EXPECT_THAT(reported(sample, {"status", "--all"}).out, HasSubstr(reason));
}

TEST_F(AssayctlStatus, SaysWhetherAssayFetchIsThereIfThereIsAnythingToFetch) {
  StatusSample sample = sources_sample();
  EXPECT_THAT(reported(sample).out, HasSubstr("\nassay-fetch  not connected: no keys are fetched\n"));
  EXPECT_THAT(reported(sample, {"status", "--json"}).out, HasSubstr("\"fetcher_connected\":false"));
  sample.fetcher_connected = true;
  EXPECT_THAT(reported(sample).out, HasSubstr("\nassay-fetch  connected\n"));
  EXPECT_THAT(reported(sample, {"status", "--json"}).out, HasSubstr("\"fetcher_connected\":true"));
  EXPECT_THAT(reported({}).out, Not(HasSubstr("assay-fetch")));
}

TEST_F(AssayctlStatus, ShowsAllOfASourceWithTheKeys) {
  const Finished keys = reported(sources_sample(), {"keys"});
  EXPECT_EQ(keys.exit_code, 0);
  EXPECT_THAT(keys.out, testing::ContainsRegex("\nfresh: keys from https://fresh/ \\(jwks_url\\)\n"
                                               "  fresh, fetched 2023-11-14 22:18:20 UTC \\([0-9]+ d [0-9]+ h ago\\), fresh until 2023-11-14 22:23:20 UTC, "
                                               "serves until 2023-11-15 22:18:20 UTC; next try in 12 s; ETag W/\"a\\\\x1b\"\n"));
  EXPECT_THAT(keys.out, HasSubstr("; next try at the next occasion\n  last failure 2023-11-14 22:25:00 UTC ("));
  EXPECT_THAT(keys.out, HasSubstr(" ago), 1,234 since the last success: connect timed out\\x1b[31m\n"));
  EXPECT_THAT(keys.out, HasSubstr("; a fetch is under way\n  last failure 2023-11-14 22:16:40 UTC ("));
  EXPECT_THAT(keys.out, HasSubstr(" ago), recovered since: the answer is no JWK Set\n"));
  EXPECT_THAT(keys.out, HasSubstr("\nnever: keys from https://never/ (jwks_url)\n  never fetched; next try in 1 s\n"));
  // The same as details of the status.
  const Finished all = reported(sources_sample(), {"status", "--all"});
  EXPECT_THAT(all.out, HasSubstr("\n      never fetched; next try in 1 s\n"));
  EXPECT_THAT(all.out, HasSubstr(" ago), recovered since: the answer is no JWK Set\n"));
  EXPECT_THAT(reported(sources_sample()).out, Not(HasSubstr("next try")));
}

// One object a line: keys, and behind those of an OAuth server its source.
TEST_F(AssayctlStatus, WritesSourcesAsJson) {
  StatusSample sample;
  sample.servers = {{.name = "a", .key_source = "discovery", .url = "https://a/", .keys = 0, .source = kFresh},
                    {.name = "b", .key_source = "jwks_url", .url = "https://b/", .keys = 0, .source = kRecovered}};
  const std::string a =
      R"({"state":"fresh","fetched_at":1700000300,"fresh_until":1700000600,"stale_until":1700086700,"next_try_in_ms":11001,"etag":"W/\"a\u001b\"",)"
      R"("failed_at":0,"failures":0})";
  const std::string b = R"({"state":"fetching","fetched_at":1700000300,"fresh_until":1700000600,"stale_until":1700086700,"last_error":"the answer is no JWK Set",)"
                        R"("failed_at":1700000200,"failures":0})";
  const Finished keys = reported(sample, {"keys", "--json"});
  EXPECT_THAT(keys.out, HasSubstr("\n" R"({"oauth_server":"a","key_source":"discovery","url":"https://a/","source":)" + a + "}\n"));
  EXPECT_THAT(keys.out, HasSubstr("\n" R"({"oauth_server":"b","key_source":"jwks_url","url":"https://b/","source":)" + b + "}\n"));
  const Finished status = reported(sample, {"status", "--json"});
  EXPECT_THAT(status.out, HasSubstr("\"source\":" + a + ",\"api_services\""));
  EXPECT_THAT(status.out, HasSubstr("\"source\":" + b + ",\"api_services\""));
  EXPECT_THAT(reported({}, {"status", "--json"}).out, Not(HasSubstr("\"source\"")));
}

TEST_F(AssayctlStatus, ShowsTheStateDirectoryAsItIsGiven) {
  EXPECT_THAT(reported({.state_dir = "../state"}).out, HasSubstr("\nstate        ../state: all that is in force is on disk\n"));
  EXPECT_THAT(reported({.state_dir = "../state"}, {"status", "--json"}).out, HasSubstr("\"state_dir\":\"../state\""));
}

// What is wrong is seen however long the tables are, on one screen.
TEST_F(AssayctlStatus, IsOneScreenWithWhatIsWrongFirst) {
  StatusSample large{.more_services = 1000, .more_servers = 1000, .more_errors = 9};
  for (int i = 0; i < 30; ++i) large.problems.emplace_back(wire::Severity::warning, "problem");
  const Finished finished = reported(large);
  const std::vector<std::string> lines = lines_of(finished.out);
  EXPECT_LE(lines.size(), 48U);
  EXPECT_EQ(lines[9], "  ... and 22 more (assayctl status --all)");
  EXPECT_EQ(line_with(finished, "errors  "),
            "errors       overloaded 6, error 100 1, error 101 1, error 102 1, error 103 1, error 104 1, error 105 1, error 106 1, 2 others 2");
  const auto after = [&](std::string_view title) {
    std::size_t i = 0;
    while (i < lines.size() && lines[i].find(title) == std::string::npos) ++i;
    return i + 1;
  };
  const std::size_t services = after("API services (1001)");
  EXPECT_THAT(lines.at(services), StartsWith("  orders "));
  EXPECT_THAT(lines.at(services + 1), StartsWith("  service-0 "));
  EXPECT_EQ(lines.at(services + 12), "  ... and 989 more (assayctl status --all)");
  const std::size_t servers = after("OAuth servers (1002)");
  EXPECT_THAT(lines.at(servers), StartsWith("  corp "));
  EXPECT_THAT(lines.at(servers + 1), StartsWith("  partners "));
  EXPECT_EQ(lines.at(servers + 12), "  ... and 990 more (assayctl status --all)");

  const Finished all = reported(large, {"status", "--all"});
  EXPECT_GT(lines_of(all.out).size(), 2000U);
  EXPECT_THAT(all.out, Not(HasSubstr("more")));
  EXPECT_THAT(all.out, HasSubstr("\n      issuers https://id.example.com/am; keys from https://id.example.com/jwks (jwks_url)\n"));
  EXPECT_THAT(all.out, HasSubstr("\n      ALARM, skipped key 2 (old\\x1b): it is private\n"));
  EXPECT_THAT(all.out, HasSubstr("  corp, partners, c, d, e  behind"));
}

// A daemon of an older schema says none of the new things; they are absent, and nothing is made up.
TEST_F(AssayctlStatus, ShowsAnEmptyReport) {
  const std::string path = folder_.file("empty.sock");
  test::FakeDaemon daemon(path, test::answering([](std::uint64_t id) {
                            return test::framed(id, wire::Body::StatusReport, [](test::Builder& b) { return wire::CreateStatusReport(b).Union(); });
                          }));
  for (const char* command : {"status", "deployments", "keys"}) {
    EXPECT_EQ(test::run({ASSAYCTL, "--control", path, command}).exit_code, 0) << command;
    EXPECT_EQ(test::run({ASSAYCTL, "--control", path, command, "--json"}).exit_code, 0) << command;
  }
  EXPECT_EQ(test::run({ASSAYCTL, "--control", path, "deployments"}).out, "none is kept\n");
  EXPECT_EQ(test::run({ASSAYCTL, "--control", path, "deployments", "--json"}).out, "");
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "status"}).out, HasSubstr("kept nowhere"));
}

TEST_F(AssayctlStatus, WritesTheReportAsJson) {
  const Finished json = reported({.problems = {{wire::Severity::warning, "w"}}}, {"--json", "status"});
  EXPECT_EQ(json.exit_code, 0);
  ASSERT_EQ(lines_of(json.out).size(), 1U);
  simdjson::dom::parser parser;
  const simdjson::dom::element element = parsed(parser, json.out);
  const auto number_at = [&](std::string_view pointer) { return element.at_pointer(pointer).get_int64().value_unsafe(); };
  EXPECT_EQ(text_at(element, "/instance"), "0123456789abcdef");
  EXPECT_EQ(text_at(element, "/state_dir"), "/var/lib/assay");
  EXPECT_TRUE(element.at_pointer("/kept").get_bool().value_unsafe());
  EXPECT_EQ(text_at(element, "/problems/0/severity"), "warning");
  EXPECT_EQ(text_at(element, "/oauth_servers/1/keys/0/kid"), "key-1");
  EXPECT_EQ(text_at(element, "/oauth_servers/1/keys/0/thumbprint"), "thumbprint-of-key-1");
  EXPECT_EQ(number_at("/oauth_servers/1/keys/0/since"), 1'700'000'100);
  EXPECT_EQ(text_at(element, "/oauth_servers/1/skipped/0/reason"), "it is private");
  EXPECT_EQ(text_at(element, "/oauth_servers/1/url"), "https://id.example.com/jwks");
  EXPECT_EQ(number_at("/oauth_servers/1/keys_changed_at"), 1'700'000'100);
  EXPECT_EQ(number_at("/oauth_servers/1/keys_checked_at"), 1'700'000'300);
  EXPECT_EQ(text_at(element, "/oauth_servers/1/api_services/0"), "orders");
  EXPECT_EQ(text_at(element, "/api_services/0/oauth_servers/0"), "corp");
  EXPECT_EQ(number_at("/api_services/0/deployed_at"), 1'700'000'000);
  EXPECT_TRUE(element.at_pointer("/api_services/0/own_settings_behind").get_bool().value_unsafe());
  EXPECT_EQ(text_at(element, "/api_services/0/behind/0"), "corp");
  EXPECT_EQ(text_at(element, "/deployments/2/kind"), "rollback");
  EXPECT_EQ(number_at("/verdicts/accepted"), 1234567);
  EXPECT_EQ(number_at("/errors/overloaded"), 6);
  EXPECT_EQ(number_at("/workers/0/tokens"), 2000);
  EXPECT_EQ(number_at("/connections_dropped"), 9);
}

TEST_F(AssayctlStatus, ListsTheDeploymentsThatAreKept) {
  const Finished people = reported({}, {"deployments"});
  EXPECT_EQ(people.exit_code, 0);
  EXPECT_EQ(lines_of(people.out), (std::vector<std::string>{
                                      "deployment  deployed at              API services      bytes            kind",
                                      "         1  2023-11-14 22:13:20 UTC             2      4,321            full",
                                      "         2  2023-11-14 22:13:30 UTC             2  1,234,567            staged: orders, b\\x1b",
                                      "         3  2023-11-14 22:14:10 UTC             2      4,321  in force  rollback to 1"}));
  EXPECT_EQ(reported({}, {"deployments", "--json"}).out,
            R"({"deployment":1,"deployed_at":1700000000,"kind":"full","api_services":2,"bytes":4321,"in_force":false})"
            "\n"
            R"({"deployment":2,"deployed_at":1700000010,"kind":"staged","api_services":2,"staged":["orders","b\u001b"],"bytes":1234567,"in_force":false})"
            "\n"
            R"({"deployment":3,"deployed_at":1700000050,"kind":"rollback","restores":1,"api_services":2,"bytes":4321,"in_force":true})"
            "\n");
}

TEST_F(AssayctlStatus, ListsTheKeys) {
  const Finished people = reported({}, {"keys"});
  EXPECT_EQ(people.exit_code, 0);
  EXPECT_EQ(lines_of(people.out),
            (std::vector<std::string>{
                "OAuth server  kid     type      algorithms  thumbprint    since                    last used                tokens verified",
                "corp          key-1   RSA 2048  RS256       thumbprint-o  2023-11-14 22:15:00 UTC  2023-11-14 22:16:40 UTC        1,234,567",
                "corp          (none)  RSA 3072  RS256       print         2023-11-14 22:15:00 UTC  never                                  0",
                "corp: ALARM, skipped key 2 (old\\x1b): it is private", "corp: skipped key 3: kty AKP is not known"}));
  EXPECT_EQ(reported({}, {"keys", "--json"}).out,
            R"({"oauth_server":"corp","kid":"key-1","type":"RSA 2048","algorithms":["RS256"],"thumbprint":"thumbprint-of-key-1","since":1700000100,)"
            R"("last_used":1700000200,"verified":1234567})"
            "\n"
            R"({"oauth_server":"corp","type":"RSA 3072","algorithms":["RS256"],"thumbprint":"print","since":1700000100,"last_used":0,"verified":0})"
            "\n");
}

}  // namespace
}  // namespace assay
