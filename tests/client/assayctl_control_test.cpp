// assayctl changing things: what is sent, what is said about it, and the exit code of every refusal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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
  return {{"deploy", file}, {"rollback", std::to_string(100 + static_cast<unsigned>(code))}, {"push-keys", "corp", file},
          {"refresh", wire::EnumNameErrorCode(code)}};
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
  EXPECT_THAT(finished.err, HasSubstr("\n" + file + ": /oauth_servers/0/jwks_file: found "));
  EXPECT_TRUE(seen_.now().configurations.empty());
}

TEST_F(Assayctl, ListsTheFaultsOfARefusedDeploy) {
  const std::string file = folder_.write("assay.json", R"({"bad_configuration": 1})");
  const Finished people = assayctl({"deploy", file});
  EXPECT_EQ(people.exit_code, 1);
  const std::vector<std::string> lines = lines_of(people.err);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "assayctl: the configuration has 2 faults; nothing has changed");
  EXPECT_EQ(lines[1], file + ": /oauth_servers/0/name: found \"\\x1b[31m\", allowed 1 to 256 code points");
  EXPECT_EQ(lines[2], file + ": (document): found an array, allowed an object");

  const Finished json = assayctl({"deploy", file, "--json"});
  EXPECT_EQ(json.exit_code, 1);
  ASSERT_EQ(lines_of(json.out).size(), 1U);
  simdjson::dom::parser parser;
  const simdjson::dom::element element = parsed(parser, json.out);
  EXPECT_EQ(text_at(element, "/error"), "bad_configuration");
  EXPECT_EQ(text_at(element, "/file"), file);
  EXPECT_EQ(text_at(element, "/faults/0/pointer"), "/oauth_servers/0/name");
  EXPECT_EQ(text_at(element, "/faults/0/found"), "\"\x1b[31m\"");
  EXPECT_EQ(text_at(element, "/faults/1/allowed"), "an object");
}

// docs/PROTOCOL.md, "Errors": the faults of a set none of whose keys is usable.
TEST_F(Assayctl, ListsTheFaultsOfRefusedKeys) {
  const std::string file = folder_.write("private\x1b.jwks", "private");
  const Finished people = assayctl({"push-keys", "corp", file});
  EXPECT_EQ(people.exit_code, 1);
  const std::string shown = folder_.file("private\\x1b.jwks");
  EXPECT_EQ(lines_of(people.err),
            (std::vector<std::string>{"assayctl: none of its 2 keys is usable; to withdraw all keys, push a set without any",
                                      shown + ": /keys/0: found a symmetric key (kty oct) was published, allowed a public key that can be used",
                                      shown + ": /keys/1: found \\x1b, allowed a public key that can be used"}));
  const Finished json = assayctl({"push-keys", "corp", file, "--json"});
  EXPECT_EQ(json.exit_code, 1);
  simdjson::dom::parser parser;
  const simdjson::dom::element element = parsed(parser, json.out);
  EXPECT_EQ(text_at(element, "/error"), "bad_keys");
  EXPECT_EQ(text_at(element, "/file"), file);
  EXPECT_EQ(text_at(element, "/faults/0/pointer"), "/keys/0");
  EXPECT_EQ(text_at(element, "/faults/1/found"), "\x1b");
}

// A set that is refused as a whole has no faults; its file is named all the same.
TEST_F(Assayctl, NamesTheFileOfKeysThatAreNoSet) {
  const std::string file = folder_.write("a.jwks", "bad_keys");
  EXPECT_EQ(assayctl({"push-keys", "corp", file}).err, "assayctl: said by the test; this is about " + file + "\n");
  EXPECT_EQ(assayctl({"push-keys", "corp", file, "--json"}).out, R"({"error":"bad_keys","text":"said by the test","file":")" + file + "\"}\n");
}

// A rollback has no file into which its faults could point.
TEST_F(Assayctl, ListsTheFaultsOfARefusedRollback) {
  const Finished people = assayctl({"rollback", "108"});
  EXPECT_EQ(people.exit_code, 1);
  EXPECT_EQ(lines_of(people.err).at(2), "  (document): found an array, allowed an object");
  EXPECT_THAT(assayctl({"rollback", "108", "--json"}).out, Not(HasSubstr("\"file\"")));
}

TEST_F(Assayctl, ReadsWhatItSendsFromStandardInput) {
  ASSERT_EQ(assayctl({"deploy", "-"}, "{\"a\": 1}").exit_code, 0);
  EXPECT_EQ(seen_.now().configurations, (std::vector<std::string>{"{\"a\": 1}"}));
  ASSERT_EQ(assayctl({"push-keys", "corp", "-"}, "{\"keys\": []}").exit_code, 0);
  EXPECT_EQ(seen_.now().pushed.at(1), "{\"keys\": []}");

  EXPECT_EQ(lines_of(assayctl({"deploy", "-"}, "bad_configuration").err).at(2), "standard input: (document): found an array, allowed an object");
  EXPECT_THAT(assayctl({"deploy", "-", "--json"}, "bad_configuration").out, HasSubstr("\"file\":\"-\",\"faults\":["));
  EXPECT_THAT(assayctl({"push-keys", "corp", "-"}, "private").err, HasSubstr("\nstandard input: /keys/0: found "));
  const Finished large = assayctl({"push-keys", "corp", "-"}, std::string(256 * 1024 + 1, ' '));
  EXPECT_EQ(large.exit_code, 2);
  EXPECT_EQ(large.err, "assayctl: standard input has more than 262144 bytes\n");
}

// Of a configuration from standard input the paths of key files start at the current folder; there - is a file like any other.
TEST_F(Assayctl, FindsKeyFilesOfStandardInputInTheCurrentFolder) {
  folder_.write("keys.jwks", "{\"keys\": [ 17 ]}");
  folder_.write("-", "{\"keys\": [ 18 ]}");
  const std::string folder = folder_.file(".");
  const auto deploy = [&](const std::string& file, std::string_view input) {
    return test::run({"/usr/bin/env", "-C", folder, ASSAYCTL, "--control", folder_.file("control.sock"), "deploy", file}, input).exit_code;
  };
  ASSERT_EQ(deploy("-", R"({"oauth_servers": [{"name": "a", "jwks_file": "keys.jwks"}, {"name": "b", "jwks_file": "-"}]})"), 0);
  EXPECT_THAT(seen_.now().configurations.at(0), testing::AllOf(HasSubstr("17"), HasSubstr("18")));
  ASSERT_EQ(deploy("./-", {}), 0);
  EXPECT_EQ(seen_.now().configurations.at(1), "{\"keys\": [ 18 ]}");
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
  EXPECT_EQ(lines_of(finished.out), (std::vector<std::string>{"rolled back: to deployment 3, in force as deployment 5, generation 6, instance 0123456789abcdef",
                                                             "the same settings as before"}));
  EXPECT_EQ(seen_.now().rollbacks.back(), 0U);
  EXPECT_EQ(seen_.now().expected_deployment, std::nullopt);

  const Finished dry = assayctl({"rollback", "2", "--expected-deployment", "4", "--dry-run", "--allow-volatile"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_EQ(dry.out, "checked: would roll back to deployment 2; nothing has changed (dry run)\nnothing would change\n");
  EXPECT_EQ(seen_.now().rollbacks.back(), 2U);
  EXPECT_EQ(seen_.now().expected_deployment, 4U);
  EXPECT_TRUE(seen_.now().dry_run && seen_.now().allow_volatile);
  EXPECT_EQ(assayctl({"rollback", "--json"}).out,
            "{\"deployed\":true,\"dry_run\":false,\"deployment\":5,\"restores\":3,\"generation\":6,\"instance\":\"0123456789abcdef\",\"kept\":true,\"changes\":[],"
            "\"behind\":[],\"notes\":[]}\n");
  EXPECT_THAT(assayctl({"rollback", "2", "--dry-run", "--json"}).out, testing::StartsWith("{\"deployed\":false,\"dry_run\":true,\"restores\":2,\"generation\":6,"));
}

// A daemon of an older schema does not say what it restores.
TEST_F(Assayctl, RollsBackWithADaemonThatDoesNotSayWhereTo) {
  const std::string path = folder_.file("older.sock");
  std::atomic<bool> dry_run = false;  // read by the daemon's thread
  test::FakeDaemon older(path, test::answering([&](std::uint64_t id) { return test::rolled_back_frame(id, dry_run ? 0 : 5, 0); }));
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "rollback"}).out,
              testing::StartsWith("rolled back: deployment 5, generation 6, instance 0123456789abcdef\n"));
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "rollback", "--json"}).out, Not(HasSubstr("restores")));
  dry_run = true;
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "rollback", "--dry-run"}).out, testing::StartsWith("checked: it is good; nothing has changed (dry run)\n"));
}

// On the wire 0 is the one before. On the command line it is a deployment that never was.
TEST_F(Assayctl, RollsBackToNoDeploymentZero) {
  const Finished finished = assayctl({"rollback", "0"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no deployment has the number 0; without N: the deployment before the one in force"));
  EXPECT_TRUE(seen_.now().rollbacks.empty());
  const Finished help = assayctl({"rollback", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("A rollback is a deployment itself, with a number of its own: a second one without N undoes the first."));
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
}

// A number that is read as another one would put the wrong deployment in force.
TEST_F(Assayctl, TakesNumbersOfDeploymentsAsTheyLook) {
  for (const char* number : {"-1", "010", "0x10", "18446744073709551616", "1 ", " 1", "1.0", ""}) {
    EXPECT_EQ(assayctl({"rollback", "--", number}).exit_code, 2) << number;
    EXPECT_EQ(assayctl({"rollback", std::string("--expected-deployment=") + number}).exit_code, 2) << number;
  }
  EXPECT_TRUE(seen_.now().rollbacks.empty());
  EXPECT_EQ(assayctl({"rollback", "3", "--expected-deployment", "18446744073709551615"}).exit_code, 0);
  EXPECT_EQ(seen_.now().expected_deployment, UINT64_MAX);
  EXPECT_EQ(assayctl({"rollback", "--expected-deployment", "0"}).exit_code, 0);
  EXPECT_EQ(seen_.now().expected_deployment, 0U);
}

TEST_F(Assayctl, PushesKeys) {
  const std::string jwks("{\"keys\": [ 1, \xff 2 ]}");
  const std::string file = folder_.write("keys.jwks", jwks);
  const Finished finished = assayctl({"push-keys", "corp", file});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines[0], "pushed: the keys of corp, generation 6, instance 0123456789abcdef");
  EXPECT_EQ(lines[3], "  - key es256 of corp (P-256, thumb)");
  EXPECT_EQ(lines[8], "  ALARM, skipped key 2 (old\\x1b): it is private");
  EXPECT_EQ(lines[9], "  skipped key 3: kty AKP is not known");
  EXPECT_EQ(lines[10], "note: no key is left\\x1b");
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
            R"("skipped":[{"index":2,"kid":"old\u001b","reason":"it is private","alarm":true},{"index":3,"reason":"kty AKP is not known","alarm":false}],"notes":[]})"
            "\n");
  EXPECT_THAT(assayctl({"push-keys", "corp", folder_.file("volatile.jwks"), "--json"}).out, HasSubstr("\"notes\":[\"no key is left\\u001b\"]}\n"));
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
              "assayctl: deployment 7 is in force, where 1 was expected; nothing has changed; look at what changed (`assayctl deployments`), then ask again with "
              "--expected-deployment 7\n");
    EXPECT_THAT(said(wire::ErrorCode::not_kept, which), HasSubstr("--allow-volatile"));
    EXPECT_THAT(said(wire::ErrorCode::no_such_deployment, which), HasSubstr("`assayctl deployments`"));
  }
  EXPECT_THAT(said(wire::ErrorCode::bad_key_source, 2), HasSubstr("`assayctl status --all`"));
  EXPECT_THAT(said(wire::ErrorCode::bad_key_source, 3), HasSubstr("`assayctl status --all`"));
  EXPECT_EQ(said(wire::ErrorCode::no_fetcher, 3), "assayctl: said by the test; start assay-fetch; `assayctl push-keys` gives keys without it\n");
  EXPECT_EQ(said(wire::ErrorCode::forbidden, 2),
            "assayctl: said by the test; root and the daemon's user always may; others need an entry of `clients` with \"control\": \"read\" or \"write\"\n");
  EXPECT_THAT(assayctl({"--json", "rollback", "110"}).out,
              HasSubstr("\"error\":\"conflict\",\"text\":\"deployment 7 is in force, where 1 was expected; nothing has changed\",\"deployment\":7}"));
}

TEST_F(Assayctl, SaysThatNothingIsInForceWhereThatIsTheConflict) {
  const std::string path = folder_.file("empty.sock");
  test::FakeDaemon empty(path, test::answering([](std::uint64_t id) { return test::conflict_frame(id, 0); }));
  EXPECT_THAT(test::run({ASSAYCTL, "--control", path, "rollback"}).err, HasSubstr("ask again with --expected-deployment 0\n"));
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
    EXPECT_THAT(said({"refresh", "corp"}),
                HasSubstr("; whether the keys were fetched is not known: `assayctl keys` shows those in force and when they were fetched"));
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"deploy", "--dry-run", file}, {"rollback", "--dry-run"}, {"status"}, {"keys"}}) {
      EXPECT_THAT(said(arguments), Not(HasSubstr("not known")));
    }
  }
}

}  // namespace
}  // namespace assay
