// What an operator sees of keys from the network: refresh, keys and status of assayctl, in text, with the real programs behind them.
#include "integration/keys_fixture.h"

namespace assay::tests {
namespace {

class KeysAssayctl : public KeysTest {
 protected:
  Exited ctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), ASSAYCTL);
    arguments.insert(arguments.end(), {"--control", daemon_->control()});
    return run(arguments);
  }
  static void expect(const Exited& exited, int status, const std::vector<std::string>& texts) {
    EXPECT_EQ(exited.status, status) << exited.output;
    for (const std::string& text : texts) EXPECT_NE(exited.output.find(text), std::string::npos) << text << " is not in:\n" << exited.output;
  }
  void start_both() {
    start({source()});
    start_fetch();
    ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  }
};

TEST_F(KeysAssayctl, RefreshSaysWhatHasChanged) {
  start_both();
  publish({next_});
  expect(ctl({"refresh", "idp"}), 0, {"changed: the keys of idp, generation ", "+ key second of idp (Ed25519", "- key first of idp (Ed25519"});
  EXPECT_EQ(code(next_token_), Code::accepted);
}

TEST_F(KeysAssayctl, RefreshSaysThatNothingHas) {
  start_both();
  const Exited exited = ctl({"refresh", "idp"});
  expect(exited, 0, {"unchanged: idp holds this very set already, generation "});
  EXPECT_EQ(count(exited.output, "\n"), 1U) << exited.output;
}

TEST_F(KeysAssayctl, RefreshSaysWhyItFailed) {
  start_both();
  issuer_->set_handler(serving(json_reply(R"({"keys":[{"kty":"oct","kid":"shared","k":"AAAA"}]})")));
  expect(ctl({"refresh", "idp"}), 1,
         {"the keys of idp could not be fetched: no usable key among its 1", "nothing has changed", "a symmetric key (kty oct) was published", "shared"});
  issuer_->set_handler(serving(http_reply("503 Busy", "", "Retry-After: 3600\r\n")));
  expect(ctl({"refresh", "idp"}), 1, {"the keys of idp could not be fetched: HTTP 503; nothing has changed"});
  expect(ctl({"refresh", "idp", "--json"}), 1, {R"("error":"fetch_failed")"});
  EXPECT_EQ(code(token_), Code::accepted);
}

TEST_F(KeysAssayctl, RefreshSaysThatAssayFetchIsNotThere) {
  start({source()});
  expect(ctl({"refresh", "idp"}), 2, {"assay-fetch is not connected"});
  expect(ctl({"refresh", "nobody"}), 1, {"no OAuth server of this name is in force"});
}

TEST_F(KeysAssayctl, KeysShowsEachKeyAndHowItsSourceStands) {
  start_both();
  issuer_->set_handler(serving(json_reply(mint::jwks({key_, next_}), "ETag: \"v2\"\r\n")));
  ASSERT_EQ(refresh(), std::nullopt);
  const std::string url = issuer_->url("/jwks");
  expect(ctl({"keys"}), 0,
         {"first", "second", "Ed25519", "idp: keys from " + url + " (jwks_url)", "fresh, fetched ", ", serves until ", "; next try in ", "; ETag \"v2\""});
  issuer_.reset();
  ASSERT_NE(refresh(), std::nullopt);
  expect(ctl({"keys"}), 0, {"first", "second", "failing, fetched ", "last failure ", " since the last success: connect to 127.0.0.1:", "connection refused"});
}

TEST_F(KeysAssayctl, StatusIsOneScreenOfWhatIsWrong) {
  start({source()});
  expect(ctl({"status"}), 0,
         {"warning  assay-fetch is not connected: no keys are fetched", "assay-fetch  not connected: no keys are fetched", "keys not available; never fetched"});
  expect(ctl({"status", "--check"}), 3, {});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  expect(ctl({"status", "--check"}), 0, {"well: assayd ", "assay-fetch  connected"});
  expect(ctl({"status", "--all"}), 0, {"keys from " + issuer_->url("/jwks"), "fresh, fetched "});
  issuer_->set_handler(serving(http_reply("404 Not Found", "")));
  ASSERT_NE(refresh(), std::nullopt);
  expect(ctl({"status"}), 0, {"warning  the last fetch of keys failed, of OAuth servers: idp", "assay-fetch  connected", "failing, ", ": HTTP 404"});
}

}  // namespace
}  // namespace assay::tests
