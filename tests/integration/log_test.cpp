// What the real daemon writes about tokens at its most talkative: nothing of the token, and of its kid nothing that could act on whoever reads it.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string>
#include <vector>

#include "assay/client.h"
#include "mint/fixture.h"
#include "mint/key.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

// A line of its own, another for a terminal, and the form of journald's stream.
const std::string kKid = "k\n<0>all is well\x1b[2J\x07\\";
constexpr std::string_view kKidEscaped = "k\\x0a<0>all\\x20is\\x20well\\x1b[2J\\x07\\x5c";

// A service whose one key has such a kid, and asks for a scope.
mint::Service service() {
  return {.api_service = "orders",
          .oauth_server = "idp",
          .issuer = "https://idp.example.com",
          .audience = "https://api.example.com",
          .required_scope = "read",
          .keys = {mint::Key::generate("EdDSA", {.kid = kKid})}};
}

// pieces_of(token): so much of it at a time that no other text has it by chance.
std::vector<std::string> pieces_of(const std::string& token) {
  constexpr std::size_t kPiece = 16;
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at + kPiece <= token.size(); ++at) pieces.push_back(token.substr(at, kPiece));
  return pieces;
}

TEST(Log, HasNothingOfATokenNorOfAKidThatCouldAct) {
  const mint::Service orders = service();
  const mint::Key& key = orders.keys.front();
  const std::int64_t now = std::time(nullptr);
  DaemonProcess daemon({.configuration = mint::configuration({orders}), .log_level = "debug"});
  ASSERT_TRUE(daemon.running()) << daemon.log();
  Client client(daemon.socket(), {.timeout_ms = 10'000});

  struct Case {
    std::string token;
    Code code;
  };
  mint::JsonObject no_scope = orders.good_claims(now);
  no_scope.remove("scope");
  const std::string good = orders.good_token("EdDSA", now);
  const std::size_t signature = good.rfind('.') + 1;
  std::string forged = good;
  forged[signature] = forged[signature] == 'A' ? 'B' : 'A';
  const std::string strange_kid = mint::token(key, orders.good_claims(now), {.kid = "other\r\n\x1b]0;title\x07"});
  const std::vector<Case> cases{{good, Code::accepted},
                                {good, Code::accepted},  // from the cache
                                {mint::token(key, no_scope), Code::insufficient_scope},
                                {forged, Code::bad_signature},
                                {strange_kid, Code::unknown_key},
                                {mint::token(key, orders.good_claims(now - 7200)), Code::expired},
                                {"no\ntoken\x1b[31m in it at all", Code::not_compact}};
  for (const Case& one : cases) {
    const auto verdict = client.validate({.api_service = "orders", .required_scopes = {}, .claims = {}}, one.token);
    ASSERT_TRUE(verdict.ok()) << verdict.error().text;
    EXPECT_EQ(verdict->code, one.code) << verdict->info().name;
  }
  EXPECT_EQ(daemon.stop(SIGTERM).status, 0) << daemon.log();

  const std::string log = daemon.log();
  for (const Case& one : cases) {
    for (const std::string& piece : pieces_of(one.token)) EXPECT_EQ(log.find(piece), std::string::npos) << piece;
  }
  // Kids are named, for an operator, and harmless; each line of the log is one.
  EXPECT_NE(log.find("insufficient_scope, API service orders, OAuth server idp, kid " + std::string(kKidEscaped)), std::string::npos) << log;
  EXPECT_NE(log.find("kid other\\x0d\\x0a\\x1b]0;title\\x07\n"), std::string::npos) << log;
  EXPECT_TRUE(std::ranges::all_of(log, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); })) << log;
  EXPECT_EQ(log.find("\n<0>"), std::string::npos) << log;
}

// Where standard error is not the journal's, it has what it always had, whatever the environment says.
TEST(Log, GoesToStandardErrorIfThatIsNotTheJournals) {
  for (const std::string stream : {"JOURNAL_STREAM=1:1", "JOURNAL_STREAM=", "JOURNAL_STREAM=x"}) {
    DaemonProcess daemon({.configuration = std::nullopt, .under = {"/usr/bin/env", stream}});
    ASSERT_TRUE(daemon.running()) << daemon.log();
    EXPECT_EQ(daemon.stop(SIGTERM).status, 0);
    EXPECT_NE(daemon.log().find(" info ready: version "), std::string::npos) << daemon.log();
    EXPECT_NE(daemon.log().find(" info stopped\n"), std::string::npos) << daemon.log();
  }
}

}  // namespace
}  // namespace assay::tests
