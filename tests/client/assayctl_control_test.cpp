// assayctl changing things: what is sent, what is said about it, and the exit code of every refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/assayctl_fixture.h"
#include "client/control_frames.h"

namespace assay {
namespace {

using test::Assayctl;
using test::Finished;
using test::lines_of;
using test::parsed;
using test::text_at;
using testing::HasSubstr;
using testing::Not;

// Every command that changes something, made to meet the error of this name.
std::vector<std::vector<std::string>> changes_that_meet(const test::TemporaryFolder& folder, wire::ErrorCode code) {
  const std::string file = folder.write("meets", std::string("{\"") + wire::EnumNameErrorCode(code) + "\": 1}");
  return {{"deploy", file}, {"rollback", std::to_string(100 + static_cast<unsigned>(code))}, {"push-keys", "corp", file}};
}

TEST_F(Assayctl, DeploysAFile) {
  const std::string file = folder_.write("assay.json", "{\"oauth_servers\": []}");
  const Finished finished = assayctl({"deploy", file});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<std::string> lines = lines_of(finished.out);
  EXPECT_EQ(lines, (std::vector<std::string>{"deployed: deployment 4, generation 5, instance 0123456789abcdef", "changed:", "  + API service orders",
                                             "  ~ OAuth server corp: issuers, algorithms", "  - key es256 of corp (P-256, thumb)",
                                             "  + key without kid of corp (RSA 2048, print)", "  ~ clients", "  ~ daemon: limits",
                                             "  ? new\\x1b (of a kind that this assayctl does not know)",
                                             "note: OAuth server \\x1b[31m is used by no API service",
                                             "behind: API service billing keeps other settings: its own, those of corp, partners"}));
  ASSERT_EQ(seen_.now().configurations.size(), 1U);
  EXPECT_TRUE(seen_.now().api_services.empty());
  EXPECT_FALSE(seen_.now().dry_run || seen_.now().allow_volatile || seen_.now().expected_deployment);
}

TEST_F(Assayctl, WritesADeployAsJson) {
  const std::string file = folder_.write("assay.json", "{}");
  const std::string what =
      R"("changes":[{"subject":"api_service","kind":"added","name":"orders","details":[]},)"
      R"({"subject":"oauth_server","kind":"altered","name":"corp","details":["issuers","algorithms"]},)"
      R"({"subject":"key","kind":"removed","name":"corp","kid":"es256","details":["P-256","thumb"]},)"
      R"({"subject":"key","kind":"added","name":"corp","details":["RSA 2048","print"]},)"
      R"({"subject":"clients","kind":"altered","name":"","details":[]},{"subject":"daemon","kind":"altered","name":"","details":["limits"]},)"
      R"({"subject":"unset","kind":"unset","name":"new\u001b","details":[]}],)"
      R"("behind":[{"api_service":"billing","own_settings":true,"oauth_servers":["corp","partners"]}],)"
      R"("notes":["OAuth server \u001b[31m is used by no API service"]})";
  EXPECT_EQ(assayctl({"deploy", file, "--json"}).out,
            R"({"deployed":true,"dry_run":false,"deployment":4,"generation":5,"instance":"0123456789abcdef","kept":true,)" + what + "\n");
  EXPECT_EQ(assayctl({"deploy", "--dry-run", file, "--json"}).out,
            R"({"deployed":false,"dry_run":true,"generation":5,"instance":"0123456789abcdef",)" + what + "\n");
}

TEST_F(Assayctl, SaysThatADryRunHasChangedNothing) {
  const std::string file = folder_.write("assay.json", "{}");
  const Finished finished = assayctl({"deploy", "--dry-run", file});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, testing::StartsWith("checked: it is good; nothing has changed (dry run)\nwould change:\n  + API service orders\n"));
  EXPECT_THAT(finished.out, HasSubstr("billing would keep other settings"));
  EXPECT_THAT(finished.out, Not(HasSubstr("deployed")));
  EXPECT_TRUE(seen_.now().dry_run);
}

TEST_F(Assayctl, DeploysSomeApiServicesUnderConditions) {
  const std::string file = folder_.write("assay.json", "{}");
  ASSERT_EQ(assayctl({"deploy", file, "--api-service", "orders", "--api-service", "billing", "--expected-deployment", "0", "--allow-volatile"}).exit_code, 0);
  EXPECT_EQ(seen_.now().api_services, (std::vector<std::string>{"orders", "billing"}));
  EXPECT_EQ(seen_.now().expected_deployment, 0U);
  EXPECT_TRUE(seen_.now().allow_volatile);
  // An option never takes the file for one more name.
  ASSERT_EQ(assayctl({"deploy", "--api-service", "orders", file}).exit_code, 0);
  EXPECT_EQ(seen_.now().api_services, (std::vector<std::string>{"orders"}));
}

TEST_F(Assayctl, SaysWhatARestartWouldUndo) {
  const std::string file = folder_.write("assay.json", "{}");
  const Finished finished = assayctl({"deploy", file, "--allow-volatile"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, HasSubstr("\nNOT kept on disk: in force now; a restart would undo it\n"));
  EXPECT_THAT(assayctl({"deploy", file, "--allow-volatile", "--json"}).out, HasSubstr("\"kept\":false"));
  EXPECT_THAT(assayctl({"deploy", file}).out, Not(HasSubstr("NOT kept")));
  EXPECT_THAT(assayctl({"deploy", file, "--allow-volatile", "--dry-run"}).out, Not(HasSubstr("NOT kept")));
}

// A path in jwks_file starts at the configuration's folder, wherever assayctl was started.
TEST_F(Assayctl, PutsKeyFilesIn) {
  folder_.write("keys.jwks", "{\"keys\": [ 17 ]}");
  const std::string file = folder_.write("assay.json", R"({"oauth_servers": [{"name": "corp", "jwks_file": "keys.jwks"}]})");
  const Finished finished = assayctl({"deploy", file});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(seen_.now().configurations.at(0), HasSubstr("17"));
  EXPECT_THAT(seen_.now().configurations.at(0), Not(HasSubstr("jwks_file")));
}

TEST_F(Assayctl, RefusesAConfigurationWhoseKeyFileCannotBeRead) {
  const std::string file = folder_.write("assay.json", R"({"oauth_servers": [{"name": "corp", "jwks_file": "absent.jwks"}]})");
  const Finished finished = assayctl({"deploy", file});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("/oauth_servers/0/jwks_file"));
  EXPECT_TRUE(seen_.now().configurations.empty());
}

TEST_F(Assayctl, ListsTheFaultsOfARefusedDeploy) {
  const std::string file = folder_.write("assay.json", R"({"bad_configuration": 1})");
  const Finished people = assayctl({"deploy", file});
  EXPECT_EQ(people.exit_code, 1);
  const std::vector<std::string> lines = lines_of(people.err);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "assayctl: the configuration has 2 faults; nothing has changed");
  EXPECT_EQ(lines[1], "  /oauth_servers/0/name: found \"\\x1b[31m\"; allowed: 1 to 256 code points");
  EXPECT_EQ(lines[2], "  (document): found an array; allowed: an object");

  const Finished json = assayctl({"deploy", file, "--json"});
  EXPECT_EQ(json.exit_code, 1);
  ASSERT_EQ(lines_of(json.out).size(), 1U);
  simdjson::dom::parser parser;
  const simdjson::dom::element element = parsed(parser, json.out);
  EXPECT_EQ(text_at(element, "/error"), "bad_configuration");
  EXPECT_EQ(text_at(element, "/faults/0/pointer"), "/oauth_servers/0/name");
  EXPECT_EQ(text_at(element, "/faults/0/found"), "\"\x1b[31m\"");
  EXPECT_EQ(text_at(element, "/faults/1/allowed"), "an object");
}

TEST_F(Assayctl, FailsForFilesThatCannotBeRead) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"deploy"}, {"push-keys", "corp"}}) {
    for (const char* name : {"absent", ""}) {
      std::vector<std::string> arguments = command;
      arguments.push_back(folder_.file(name));
      const Finished finished = assayctl(arguments);
      EXPECT_EQ(finished.exit_code, 2);
      EXPECT_THAT(finished.err, HasSubstr("cannot "));
    }
  }
}

TEST_F(Assayctl, RollsBack) {
  const Finished finished = assayctl({"rollback"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(lines_of(finished.out), (std::vector<std::string>{"rolled back: deployment 5, generation 6, instance 0123456789abcdef", "the same settings as before"}));
  EXPECT_EQ(seen_.now().rollbacks.back(), 0U);
  EXPECT_EQ(seen_.now().expected_deployment, std::nullopt);

  const Finished dry = assayctl({"rollback", "3", "--expected-deployment", "4", "--dry-run", "--allow-volatile"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("nothing has changed (dry run)\nnothing would change\n"));
  EXPECT_EQ(seen_.now().rollbacks.back(), 3U);
  EXPECT_EQ(seen_.now().expected_deployment, 4U);
  EXPECT_TRUE(seen_.now().dry_run && seen_.now().allow_volatile);
  EXPECT_EQ(assayctl({"rollback", "--json"}).out,
            "{\"deployed\":true,\"dry_run\":false,\"deployment\":5,\"generation\":6,\"instance\":\"0123456789abcdef\",\"kept\":true,\"changes\":[],\"behind\":[],"
            "\"notes\":[]}\n");
}

// A number that is read as another one would put the wrong deployment in force.
TEST_F(Assayctl, TakesNumbersOfDeploymentsAsTheyLook) {
  for (const char* number : {"-1", "010", "0x10", "18446744073709551616", "1 ", " 1", "1.0", ""}) {
    EXPECT_EQ(assayctl({"rollback", "--", number}).exit_code, 2) << number;
    EXPECT_EQ(assayctl({"rollback", std::string("--expected-deployment=") + number}).exit_code, 2) << number;
  }
  EXPECT_TRUE(seen_.now().rollbacks.empty());
  EXPECT_EQ(assayctl({"rollback", "0", "--expected-deployment", "18446744073709551615"}).exit_code, 0);
  EXPECT_EQ(seen_.now().expected_deployment, UINT64_MAX);
}

TEST_F(Assayctl, PushesKeys) {
  const std::string jwks("{\"keys\": [ 1, \xff 2 ]}");
  const std::string file = folder_.write("keys.jwks", jwks);
  const Finished finished = assayctl({"push-keys", "corp", file});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[0], "pushed: the keys of corp, generation 6, instance 0123456789abcdef");
  EXPECT_EQ(lines[3], "  - key es256 of corp (P-256, thumb)");
  EXPECT_EQ(lines[8], "  ALARM, skipped key 2 (old\\x1b): it is private");
  EXPECT_EQ(lines[9], "  skipped key 3: kty AKP is not known");
  EXPECT_EQ(seen_.now().pushed, (std::vector<std::string>{"corp", jwks, "(absent)"}));
  ASSERT_EQ(assayctl({"push-keys", "corp", file, "--url", "https://id.example.com/jwks"}).exit_code, 0);
  EXPECT_EQ(seen_.now().pushed.at(2), "https://id.example.com/jwks");
}

TEST_F(Assayctl, SaysWhetherAPushChangedAnythingAndWhetherItStays) {
  const Finished same = assayctl({"push-keys", "corp", folder_.write("same.jwks", "same")});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, testing::StartsWith("unchanged: corp holds this very set already, generation 6, instance 0123456789abcdef\n  ALARM"));
  const Finished not_kept = assayctl({"push-keys", "corp", folder_.write("volatile.jwks", "volatile")});
  EXPECT_EQ(not_kept.exit_code, 0);
  EXPECT_THAT(not_kept.out, HasSubstr("\nNOT kept on disk: in force now; a restart would undo it\n"));
  EXPECT_EQ(assayctl({"push-keys", "corp", folder_.file("same.jwks"), "--json"}).out,
            R"({"pushed":true,"generation":6,"instance":"0123456789abcdef","changed":false,"kept":true,"changes":[],)"
            R"("skipped":[{"index":2,"kid":"old\u001b","reason":"it is private","alarm":true},{"index":3,"reason":"kty AKP is not known","alarm":false}]})"
            "\n");
  EXPECT_THAT(assayctl({"push-keys", "corp", folder_.file("volatile.jwks"), "--json"}).out, HasSubstr("\"changed\":true,\"kept\":false,\"changes\":[{"));
}

// schema/protocol.fbs: a JWK Set of up to 256 KiB.
TEST_F(Assayctl, PushesNoMoreThanASetMayHave) {
  EXPECT_EQ(assayctl({"push-keys", "corp", folder_.write("largest", std::string(256 * 1024, ' '))}).exit_code, 0);
  const Finished finished = assayctl({"push-keys", "corp", folder_.write("larger", std::string(256 * 1024 + 1, ' '))});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("more than 262144 bytes"));
}

// 1: the daemon refused the content of this very request or its precondition; 2: anything else.
TEST_F(Assayctl, ExitsByWhatWasRefused) {
  using wire::ErrorCode;
  simdjson::dom::parser parser;
  for (const ErrorCode code : wire::EnumValuesErrorCode()) {
    if (code == ErrorCode::unset) continue;
    const bool refused = code == ErrorCode::bad_configuration || code == ErrorCode::conflict || code == ErrorCode::no_such_deployment ||
                         code == ErrorCode::bad_key_source || code == ErrorCode::bad_keys;
    for (std::vector<std::string> arguments : changes_that_meet(folder_, code)) {
      arguments.push_back("--json");
      const Finished finished = assayctl(arguments);
      EXPECT_EQ(finished.exit_code, refused ? 1 : 2) << arguments[0] << ' ' << wire::EnumNameErrorCode(code);
      ASSERT_EQ(lines_of(finished.out).size(), 1U) << finished.out;
      EXPECT_EQ(text_at(parsed(parser, finished.out), "/error"), wire::EnumNameErrorCode(code));
      EXPECT_THAT(finished.err, testing::StartsWith("assayctl: "));
    }
  }
}

TEST_F(Assayctl, SaysWhatToDoAboutARefusal) {
  const auto said = [this](wire::ErrorCode code, std::size_t which) { return assayctl(changes_that_meet(folder_, code).at(which)).err; };
  for (const std::size_t which : {0U, 1U}) {
    EXPECT_EQ(said(wire::ErrorCode::conflict, which),
              "assayctl: another deployment is in force; deployment 7 is in force: see what it is with `assayctl deployments`, then ask again with "
              "--expected-deployment 7\n");
    EXPECT_THAT(said(wire::ErrorCode::not_kept, which), HasSubstr("--allow-volatile"));
    EXPECT_THAT(said(wire::ErrorCode::no_such_deployment, which), HasSubstr("`assayctl deployments`"));
  }
  EXPECT_THAT(said(wire::ErrorCode::bad_key_source, 2), HasSubstr("`assayctl status --all`"));
  EXPECT_THAT(said(wire::ErrorCode::forbidden, 2), HasSubstr("`clients`"));
  EXPECT_THAT(assayctl({"--json", "rollback", "110"}).out, HasSubstr("\"error\":\"conflict\",\"text\":\"another deployment is in force\",\"deployment\":7}"));
}

TEST_F(Assayctl, SaysThatNothingIsInForceWhereThatIsTheConflict) {
  const std::string path = folder_.file("empty.sock");
  test::FakeDaemon empty(path, test::answering([](std::uint64_t id) { return test::conflict_frame(id, 0); }));
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "rollback"}).err, HasSubstr("no deployment is in force: see"));
}

// Whether a change was made is not known when its answer was lost: after the request was sent, "failed" would be a guess.
TEST_F(Assayctl, SaysThatItIsNotKnownWhatBecameOfALostRequest) {
  const std::string file = folder_.write("file", "{}");
  const std::string path = folder_.file("lost.sock");
  const auto said = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {ASSAYCTL, "--control", path, "--timeout", "200"});
    const Finished finished = test::run(arguments);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.out, "");
    return finished.err;
  };
  const test::FakeDaemon::Script scripts[] = {
      [](test::Peer& peer) { peer.next_id(); },                                                         // closes
      [](test::Peer& peer) { while (peer.next_id() != 0) continue; },                                   // never answers
      [](test::Peer& peer) { peer.send(test::pong_frame(peer.next_id())); },                            // answers something else
  };
  for (const test::FakeDaemon::Script& script : scripts) {
    test::FakeDaemon daemon(path, script);
    EXPECT_THAT(said({"deploy", file}), HasSubstr("; whether it was deployed is not known: `assayctl deployments` shows the deployment in force"));
    EXPECT_THAT(said({"rollback"}), HasSubstr("; whether it was rolled back is not known: `assayctl deployments` shows the deployment in force"));
    EXPECT_THAT(said({"push-keys", "corp", file}), HasSubstr("; whether the keys were pushed is not known: `assayctl keys` shows those in force"));
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"deploy", "--dry-run", file}, {"rollback", "--dry-run"}, {"status"}, {"keys"}}) {
      EXPECT_THAT(said(arguments), Not(HasSubstr("not known")));
    }
  }
}

}  // namespace
}  // namespace assay
