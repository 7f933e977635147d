// assayctl against the real daemon: what it prints and how it exits.
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>

#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

class Assayctl : public ::testing::Test {
 protected:
  Exited ctl(std::vector<std::string> arguments, std::string_view input = {}) {
    arguments.insert(arguments.begin(), ASSAYCTL);
    arguments.insert(arguments.end(), {"--socket", daemon_.socket(), "--control", daemon_.control()});
    return run(arguments, input);
  }
  Exited validate(std::string_view tokens, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"validate", "--api-service", "orders"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ctl(arguments, tokens);
  }
  static bool has(const Exited& exited, std::string_view text) { return exited.output.find(text) != std::string::npos; }

  DaemonProcess daemon_{{.configuration = fixture().configuration()}};
  std::int64_t now_ = std::time(nullptr);
  std::string good_ = fixture().orders.good_token("EdDSA", now_);
  std::string expired_ = fixture().orders.good_token("EdDSA", now_ - 100'000, 60);
};

TEST_F(Assayctl, ExitsByTheVerdict) {
  EXPECT_EQ(validate(good_ + "\n").status, 0);
  EXPECT_EQ(validate(expired_ + "\n").status, 1);
  EXPECT_EQ(validate(good_ + "\n" + expired_ + "\n").status, 1);
  EXPECT_EQ(ctl({"validate", "--api-service", "nobody"}, good_ + "\n").status, 2);
  EXPECT_EQ(ctl({"validate"}, good_ + "\n").status, 2);
  EXPECT_EQ(validate(good_ + "\n", {"--scope", "no.such.scope"}).status, 1);
  EXPECT_EQ(run({ASSAYCTL, "ping", "--socket", "/nonexistent/assay.sock"}).status, 2);
}

// A line is taken as it is: only \n or \r\n ends it.
TEST_F(Assayctl, TakesLinesAsTheyAre) {
  EXPECT_EQ(validate(good_).status, 0);
  EXPECT_EQ(validate(good_ + "\r\n").status, 0);
  EXPECT_EQ(validate(" " + good_ + "\n").status, 1);
  EXPECT_EQ(validate(good_ + " \n").status, 1);
}

TEST_F(Assayctl, PrintsAnObjectALine) {
  const Exited exited = validate(good_ + "\n" + expired_ + "\n", {"--json", "--claim", "/sub", "--claim", "/absent"});
  EXPECT_EQ(exited.status, 1);
  EXPECT_EQ(std::count(exited.output.begin(), exited.output.end(), '\n'), 2) << exited.output;
  for (const std::string_view text : {R"("verdict":"accepted")", R"("verdict":"refused")", R"("code":"expired")", R"("signature_verified":false)", R"("/sub")"}) {
    EXPECT_TRUE(has(exited, text)) << text << '\n' << exited.output;
  }
  EXPECT_FALSE(has(exited, good_.substr(good_.rfind('.') + 1, 40)));
}

TEST_F(Assayctl, DeploysAndReports) {
  const std::string config = daemon_.folder().write("next.json", fixture().configuration());
  const std::string bad = daemon_.folder().write("bad.json", R"({"oauth_servers": [], "api_services": [], "typo": 1})");
  EXPECT_EQ(ctl({"deploy", config, "--dry-run"}).status, 0);
  const Exited deployed = ctl({"deploy", config, "--json"});
  EXPECT_EQ(deployed.status, 0) << deployed.output;
  EXPECT_TRUE(has(deployed, R"("generation":2)")) << deployed.output;
  const Exited refused = ctl({"deploy", bad});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(has(refused, "/typo")) << refused.output;
  const Exited status = ctl({"status"});
  EXPECT_EQ(status.status, 0);
  for (const std::string_view text : {"orders", "payments", "engine ", "key tables "}) EXPECT_TRUE(has(status, text)) << text << '\n' << status.output;
  EXPECT_EQ(ctl({"ping"}).status, 0);
}

// The wire takes no paths: assayctl puts the file's content in.
TEST_F(Assayctl, PutsKeyFilesInByValue) {
  daemon_.folder().write("keys.json", mint::jwks(fixture().orders.keys));
  const std::string config = daemon_.folder().write("files.json", R"({
    "oauth_servers": [{"name": "s", "issuers": ["https://s"], "jwks_file": "keys.json"}],
    "api_services": [{"name": "orders", "audiences": ["x"], "oauth_servers": ["s"]}]})");
  const Exited deployed = ctl({"deploy", config});
  EXPECT_EQ(deployed.status, 0) << deployed.output;
  const std::string token = mint::token(fixture().orders.key("ES256"), mint::claims("https://s", "x", now_, 60));
  EXPECT_EQ(validate(token + "\n").status, 0);
  EXPECT_EQ(validate(good_ + "\n").status, 1);
}

}  // namespace
}  // namespace assay::tests
