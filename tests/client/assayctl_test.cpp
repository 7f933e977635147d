// assayctl as a process, on the data socket: exit codes, lines, frames, JSON, and what an operator reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "assay/client.h"
#include "client/assayctl_fixture.h"

namespace assay {
namespace {

using test::Assayctl;
using test::Finished;
using test::lines_of;
using test::parsed;
using test::text_at;
using testing::HasSubstr;
using testing::Not;

// Issue 2: 0 accepted or done, 1 refused, 3 unavailable, 2 anything else; of several the worst, 2 > 1 > 3 > 0.
TEST_F(Assayctl, ExitsWithTheWorstVerdict) {
  EXPECT_EQ(validate("accepted\n").exit_code, 0);
  EXPECT_EQ(validate("accepted\naccepted").exit_code, 0);
  EXPECT_EQ(validate("expired\n").exit_code, 1);
  EXPECT_EQ(validate("unset\n").exit_code, 1);
  EXPECT_EQ(validate("keys_unavailable\n").exit_code, 3);
  EXPECT_EQ(validate("key_refreshing\n").exit_code, 3);
  EXPECT_EQ(validate("accepted\nkeys_unavailable\naccepted\n").exit_code, 3);
  EXPECT_EQ(validate("keys_unavailable\nexpired\nkeys_unavailable\n").exit_code, 1);
}

TEST_F(Assayctl, FailsWithoutTokens) {
  const Finished finished = validate("");
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("no token"));
}

TEST_F(Assayctl, FailsForAnUnknownApiService) {
  const Finished finished = assayctl({"validate", "--api-service", "other", "--json"}, "accepted\nexpired\n");
  EXPECT_EQ(finished.exit_code, 2);
  simdjson::dom::parser parser;
  ASSERT_EQ(lines_of(finished.out).size(), 1U);
  EXPECT_EQ(text_at(parsed(parser, finished.out), "/error"), "unknown_api_service");
  EXPECT_EQ(lines_of(finished.err).size(), 1U);
  EXPECT_EQ(assayctl({"validate", "--api-service", "oth\x1b"}, "accepted\n").err,
            "assayctl: there is no such API service; oth\\x1b is not there, or `clients` does not open it to this user: `assayctl status` lists those "
            "that are there; a file that was edited counts after a deploy\n");
}

TEST_F(Assayctl, FailsForBadUsage) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"validate"}, {"nonsense"}, {"validate", "--api-service", "o", "--nonsense"}, {"deploy"}, {"--timeout", "0", "ping"}}) {
    const Finished finished = assayctl(arguments);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.out, "");
    EXPECT_EQ(lines_of(finished.err).size(), 1U) << finished.err;
  }
  EXPECT_EQ(assayctl({"--help"}).exit_code, 0);
  EXPECT_EQ(assayctl({"validate", "--help"}).exit_code, 0);
  EXPECT_THAT(assayctl({"--version"}).out, HasSubstr("assayctl "));
}

// CLI11 alone says that a subcommand is required, whatever was there instead.
TEST_F(Assayctl, NamesTheCommandThatItDoesNotKnow) {
  EXPECT_EQ(assayctl({"statsu"}).err, "assayctl: there is no command statsu (assayctl --help says more)\n");
  EXPECT_EQ(assayctl({"--json", "stat\x1b", "--check"}).err, "assayctl: there is no command stat\\x1b (assayctl --help says more)\n");
  EXPECT_EQ(assayctl({"--nonsense", "x"}).err, "assayctl: there is no option --nonsense (assayctl --help says more)\n");
  EXPECT_THAT(assayctl({"status", "other"}).err, HasSubstr("other"));
  EXPECT_THAT(assayctl({"validate"}).err, HasSubstr("--api-service is required"));
}

// Each of these codes has its test; here they are told, and by every command.
TEST_F(Assayctl, TellsItsExitCodes) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"}, {"validate", "--help"}, {"deploy", "--help"}, {"rollback", "--help"}, {"refresh", "--help"}}) {
    const std::string help = assayctl(arguments).out;
    for (const char* line : {"\n  0  accepted, or done", "\n  1  refused: a token; or a change", "\n  3  unavailable: ", "\n  2  anything else: "}) {
      EXPECT_THAT(help, HasSubstr(line)) << arguments[0];
    }
    EXPECT_THAT(help, HasSubstr("the disk does not keep a deploy, not permitted\n"));
  }
}

// /proc shows command lines to everyone: a token there is neither taken nor repeated.
TEST_F(Assayctl, TakesNoTokenFromTheCommandLine) {
  const std::string token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"validate", "--api-service", "orders", token}, {token}, {"ping", token}}) {
    const Finished finished = assayctl(arguments);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err + finished.out, Not(HasSubstr("eyJ")));
    EXPECT_THAT(finished.err, HasSubstr("never from the command line"));
  }
  EXPECT_TRUE(seen_.now().frames.empty());
}

// design, "Rulings": a line is taken as it is; only \n or \r\n ends it.
TEST_F(Assayctl, SendsLinesAsTheyAre) {
  const std::string input("accepted\r\n accepted\n\naccep\0ted\r\r\nlast\xff\r", 39);
  EXPECT_EQ(validate(input).exit_code, 1);
  std::vector<std::string> tokens;  // the last line ends with the input, which may show only after the others were sent
  const auto frames = seen_.now().frames;
  for (const auto& frame : frames) tokens.insert(tokens.end(), frame.begin(), frame.end());
  EXPECT_EQ(tokens, (std::vector<std::string>{"accepted", " accepted", "", std::string("accep\0ted\r", 10), "last\xff\r"}));
}

TEST_F(Assayctl, ReadsTokensFromAFile) {
  const std::string file = folder_.write("tokens", "accepted\nexpired\n");
  EXPECT_EQ(validate("", {file}).exit_code, 1);
  EXPECT_EQ(seen_.now().frames.at(0), (std::vector<std::string>{"accepted", "expired"}));
  EXPECT_EQ(validate("accepted", {"-"}).exit_code, 0);
  const Finished absent = validate("", {folder_.file("absent")});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("No such file"));
  EXPECT_EQ(validate("", {folder_.file("")}).exit_code, 2);  // a folder opens, but does not read
}

TEST_F(Assayctl, PassesScopesAndClaims) {
  const std::string file = folder_.write("tokens", "accepted\n");
  EXPECT_EQ(validate("", {"--scope", "a", "--scope", "b", "--claim", "/x", file}).exit_code, 0);
  EXPECT_EQ(seen_.now().scopes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(seen_.now().claims, (std::vector<std::string>{"/x"}));
}

// docs/PROTOCOL.md, "Limits": 256 tokens and 1 MiB a frame.
TEST_F(Assayctl, FillsFramesUpToTheLimits) {
  std::string many;
  for (int i = 0; i < 600; ++i) many += "accepted\n";
  EXPECT_EQ(validate(many).exit_code, 0);
  std::size_t count = 0;
  auto frames = seen_.now().frames;
  for (const auto& frame : frames) {
    EXPECT_LE(frame.size(), kTokensPerRequestMax);
    count += frame.size();
  }
  EXPECT_EQ(count, 600U);
  EXPECT_EQ(frames.at(0).size(), kTokensPerRequestMax);

  seen_.change([](test::Seen::Record& record) { record.frames.clear(); });
  std::string large;
  for (int i = 0; i < 30; ++i) large += std::string(100'000, 'x') + "\n";
  EXPECT_EQ(validate(large).exit_code, 1);
  count = 0;
  frames = seen_.now().frames;
  for (const auto& frame : frames) {
    EXPECT_LE(frame.size(), 10U);
    count += frame.size();
  }
  EXPECT_EQ(count, 30U);
}

TEST_F(Assayctl, SaysWhichLineDoesNotFitAndValidatesTheOthers) {
  const Finished finished = validate("accepted\n" + std::string(1'100'000, 'x') + "\naccepted\n", {"--json"});
  EXPECT_EQ(finished.exit_code, 2);
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 3U);
  simdjson::dom::parser parser;
  EXPECT_EQ(text_at(parsed(parser, lines[0]), "/verdict"), "accepted");
  EXPECT_EQ(text_at(parsed(parser, lines[1]), "/error"), "bad_argument");
  EXPECT_EQ(std::uint64_t(parsed(parser, lines[1])["line"].get_uint64().value_unsafe()), 2U);
  EXPECT_EQ(text_at(parsed(parser, lines[2]), "/verdict"), "accepted");
}

// Issue 2: one JSON object a line, stable names.
TEST_F(Assayctl, WritesVerdictsAsJson) {
  const Finished finished = validate("accepted\ninsufficient_scope\nkeys_unavailable\nkey_refreshing\n", {"--json"});
  EXPECT_EQ(finished.err, "");
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            R"({"line":1,"verdict":"accepted","code":"accepted","http_status":200,"signature_verified":true,"generation":7,)"
            R"("instance":"0123456789abcdef","text":"the token is valid",)"
            R"("oauth_server":"corp","kid":"key-1","valid_until":2000000000,"expires_at":2000000030,"subject":"alice","client_id":"app",)"
            R"("scopes":["orders.read","orders.write"],"claims":[{"pointer":"/tenant","json":"\"a\""}]})");
  EXPECT_EQ(lines[1],
            R"({"line":2,"verdict":"refused","code":"insufficient_scope","http_status":403,"signature_verified":false,"generation":7,)"
            R"("instance":"0123456789abcdef","text":"the token lacks a required scope","rfc6750_error":"insufficient_scope"})");
  EXPECT_EQ(lines[3],
            R"({"line":4,"verdict":"unavailable","code":"key_refreshing","http_status":503,"signature_verified":false,"generation":7,)"
            R"("instance":"0123456789abcdef","text":"the issuer's keys are being fetched again","retry_after_ms":1500})");
  simdjson::dom::parser parser;
  EXPECT_EQ(text_at(parsed(parser, lines[2]), "/verdict"), "unavailable");
  EXPECT_EQ(text_at(parsed(parser, lines[2]), "/code"), "keys_unavailable");
  EXPECT_THAT(lines[2], Not(HasSubstr("retry_after_ms")));  // not said
}

TEST_F(Assayctl, WritesVerdictsForPeopleWithoutColoursOffATerminal) {
  const Finished finished = validate("accepted\nexpired\n");
  EXPECT_THAT(finished.out, HasSubstr("accepted"));
  EXPECT_THAT(finished.out, HasSubstr("subject alice"));
  EXPECT_THAT(finished.out, HasSubstr("expired: the token has expired"));
  EXPECT_THAT(finished.out, HasSubstr("2 tokens: 1 accepted, 1 refused, 0 unavailable"));
  EXPECT_THAT(validate("key_refreshing\n").out,
              HasSubstr("key_refreshing: the issuer's keys are being fetched again (503; signature not verified); ask again in 1,500 ms\n"));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
}

// Issue 2: colours only on a terminal; https://no-color.org.
TEST_F(Assayctl, UsesColoursOnATerminal) {
  const auto on_terminal = [this](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {ASSAYCTL, "--socket", folder_.file("data.sock")});
    return test::on_terminal(arguments);
  };
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_THAT(on_terminal({"ping"}), HasSubstr("\x1b[32malive\x1b[0m"));
  EXPECT_THAT(on_terminal({"ping", "--json"}), Not(HasSubstr("\x1b")));
  setenv("NO_COLOR", "1", 1);
  EXPECT_THAT(on_terminal({"ping"}), Not(HasSubstr("\x1b")));
  unsetenv("NO_COLOR");
}

// What does not fit into one response is asked for in parts, and comes out in order.
TEST_F(Assayctl, AsksForLessWhenTheResponseWouldBeTooLarge) {
  const std::string path = folder_.file("small.sock");
  test::FakeDaemon small(path, [](test::Peer& peer) {
    while (const std::optional<test::Bytes> frame = peer.frame()) {
      const wire::Envelope* envelope = test::envelope_of(*frame);
      const auto* tokens = envelope->body_as_Validate()->tokens();
      const std::string first = tokens->Get(0)->str();
      peer.send(tokens->size() > 3 || first == "never" ? test::error_frame(envelope->id(), wire::ErrorCode::response_too_large)
                                                       : test::verdicts_frame(envelope->id(), std::vector<Code>(tokens->size(), Code::accepted)));
    }
  });
  const auto run = [&](std::string_view input) {
    return test::run({ASSAYCTL, "--socket", path, "--json", "validate", "--api-service", "orders"}, input);
  };
  const Finished finished = run("a\nb\nc\nd\ne\nf\ng\nh\ni\n");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 9U);
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_THAT(lines[i], testing::StartsWith("{\"line\":" + std::to_string(i + 1) + ","));
  EXPECT_EQ(run("never\n").exit_code, 2);
}

// Tokens that come one by one get their verdicts one by one, not when the input ends.
TEST_F(Assayctl, AnswersBeforeTheInputEnds) {
  int in[2];
  int out[2];
  ASSERT_EQ(pipe2(in, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(out, O_CLOEXEC), 0);
  const std::string path = folder_.file("data.sock");
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execl(ASSAYCTL, ASSAYCTL, "--socket", path.c_str(), "validate", "--api-service", "orders", "--json", nullptr);
    _exit(127);
  }
  for (int i = 1; i <= 3; ++i) {
    ASSERT_EQ(write(in[1], "accepted\n", 9), 9);
    char line[2048];
    const ssize_t count = read(out[0], line, sizeof(line));
    ASSERT_GT(count, 0);
    EXPECT_THAT(std::string(line, static_cast<std::size_t>(count)), testing::StartsWith("{\"line\":" + std::to_string(i)));
  }
  close(in[1]);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (const int fd : {in[0], out[0], out[1]}) close(fd);
}

TEST_F(Assayctl, PrintsNoTokens) {
  const Finished finished = validate("tokentext.tokentext.tokentext\n");
  EXPECT_THAT(finished.out + finished.err, Not(HasSubstr("tokentext")));
}

TEST_F(Assayctl, FailsWhenStandardOutputIsFull) {
  const Finished finished = test::run({ASSAYCTL, "--socket", folder_.file("data.sock"), "ping"}, {}, "/dev/full");
  EXPECT_EQ(finished.exit_code, 2);
}

TEST_F(Assayctl, Pings) {
  EXPECT_EQ(assayctl({"ping"}).exit_code, 0);
  EXPECT_THAT(assayctl({"ping"}).out, HasSubstr("assayd 1.2.3"));
  EXPECT_EQ(assayctl({"ping", "--json"}).out, "{\"alive\":true,\"version\":\"1.2.3\",\"generation\":7,\"instance\":\"0123456789abcdef\"}\n");
}

TEST_F(Assayctl, SaysWhichSocketHasNoDaemonAndWhatToDo) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"ping"}, {"status"}, {"validate", "--api-service", "orders"}}) {
    std::vector<std::string> arguments{ASSAYCTL, "--socket", "/nonexistent/a.sock", "--control", "/nonexistent/a.sock", "--json"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Finished finished = test::run(arguments, "accepted\n");
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(lines_of(finished.err).size(), 1U);
    EXPECT_THAT(finished.err, HasSubstr("cannot connect to /nonexistent/a.sock: No such file or directory; is assayd running?"));
    simdjson::dom::parser parser;
    EXPECT_EQ(text_at(parsed(parser, finished.out), "/error"), "cannot_connect");
  }
}

}  // namespace
}  // namespace assay
