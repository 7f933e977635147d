// All that an issuer can do wrong, once while its keys are in hand and once before there are any: what serves, what tokens get, what status says, what is logged.
#include <functional>
#include <ostream>

#include "integration/keys_fixture.h"
#include "mint/base64url.h"

namespace assay::tests {
namespace {

using Kids = std::vector<std::string>;
using Manner = HttpReply::Manner;

// Parts: what a fault may touch.
struct Parts {
  std::optional<HttpsServer>& issuer;
  std::string good;  // the set that the issuer has otherwise
};
using Begin = std::function<void(const Parts&)>;

// Fault: from begin() on, the issuer is like that.
struct Fault {
  std::string name;
  Begin begin;
  std::string reason;  // part of what status says
  bool asks_for_rest = false;
  std::string more = {};  // members of the OAuth server
  std::string url = {};   // of its keys; empty: the issuer's
  friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
};

// answering(reply), answering(make): with this, or with what is made of the good set. showing(identity): a certificate.
Begin answering(HttpReply reply) {
  return [reply = std::move(reply)](const Parts& parts) { parts.issuer->set_handler(serving(reply)); };
}
Begin answering(HttpReply (*make)(const std::string& good)) {
  return [make](const Parts& parts) { parts.issuer->set_handler(serving(make(parts.good))); };
}
Begin showing(Identity identity) {
  return [identity = std::move(identity)](const Parts& parts) { parts.issuer->set_identity(identity); };
}
Begin refusing_connections() {
  return [](const Parts& parts) { parts.issuer.reset(); };
}
// redirecting(): to where the very set could be had.
Begin redirecting() {
  return [](const Parts& parts) {
    const HttpReply there = http_reply("302 Found", "", "Location: " + parts.issuer->url("/elsewhere") + "\r\n");
    parts.issuer->set_handler([there, good = parts.good](const HttpRequest& request) { return request.target == "/jwks" ? there : json_reply(good); });
  };
}
HttpReply octet_by_octet(const std::string& good) {
  HttpReply slow = json_reply(good);
  slow.manner = Manner::slowly;
  slow.pace = std::chrono::seconds(1);
  return slow;
}

std::vector<Fault> faults() {
  const std::string second = R"(,"timeout_ms":1000)";
  const std::string symmetric = R"({"keys":[{"kty":"oct","kid":"first","k":"AAAA"}]})";
  const std::string html = "<html><body>sign in</body></html>";
  const HttpReply endless{.bytes = "HTTP/1.1 200 OK\r\n\r\n", .manner = Manner::endless};
  const HttpReply silent{.bytes = "", .manner = Manner::then_hang, .repeated = {}};
  const HttpReply not_modified{.bytes = "HTTP/1.1 304 Not Modified\r\n\r\n", .repeated = {}};
  const auto half = [](const std::string& good) { return json_reply(good.substr(0, good.size() / 2)); };
  const auto cut = [](const std::string& good) { return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + good, .repeated = {}}; };
  // A body that would be taken, were it not for its header.
  const auto encoded = [](const std::string& good) { return json_reply(good, "Content-Encoding: gzip\r\n"); };
  const auto not_found = [](const std::string& good) { return http_reply("404 Not Found", good); };
  return {
      {.name = "NameWithoutAddress", .begin = [](const Parts&) {}, .reason = "idp.invalid", .url = "https://idp.invalid/jwks"},
      {.name = "ConnectionRefused", .begin = refusing_connections(), .reason = "connection refused"},
      {.name = "UnknownCa", .begin = showing(other_ca().issue()), .reason = "TLS: unable to get local issuer certificate"},
      {.name = "ExpiredCertificate", .begin = showing(ca().issue_expired()), .reason = "TLS: certificate has expired"},
      {.name = "CertificateOfAnotherName", .begin = showing(ca().issue_wrong_name()), .reason = "TLS: no alternative certificate subject name"},
      {.name = "AnOctetASecond", .begin = answering(octet_by_octet), .reason = "timeout after 1000 ms while", .more = second},
      {.name = "NoAnswer", .begin = answering(silent), .reason = "timeout after 1000 ms while", .more = second},
      {.name = "EndlessBody", .begin = answering(endless), .reason = "body larger than 262144 bytes"},
      {.name = "TruncatedJson", .begin = answering(+half), .reason = "not JSON"},
      {.name = "TruncatedBody", .begin = answering(+cut), .reason = "the answer ended early"},
      {.name = "Html", .begin = answering(http_reply("200 OK", html, "Content-Type: text/html\r\n")), .reason = "not JSON"},
      {.name = "Compressed", .begin = answering(+encoded), .reason = "an encoded answer"},
      {.name = "NoKey", .begin = answering(json_reply(R"({"keys":[]})")), .reason = "a set without any key"},
      {.name = "NoUsableKey", .begin = answering(json_reply(symmetric)), .reason = "no usable key among its 1"},
      {.name = "NotModifiedWithoutASet", .begin = answering(not_modified), .reason = "HTTP 304 without a set in hand"},
      {.name = "Redirect", .begin = redirecting(), .reason = "HTTP 302, a redirect, which is not followed"},
      {.name = "NotFound", .begin = answering(+not_found), .reason = "HTTP 404"},
      {.name = "TooManyRequests", .begin = answering(http_reply("429 Too Many Requests", "", "Retry-After: 3600\r\n")), .reason = "HTTP 429", .asks_for_rest = true},
      {.name = "Unavailable", .begin = answering(http_reply("503 Busy", "", "Retry-After: 3600\r\n")), .reason = "HTTP 503", .asks_for_rest = true},
  };
}

class KeysFaults : public KeysTest, public testing::WithParamInterface<Fault> {
 protected:
  Source faulty_source() const {
    Source out = source(GetParam().more);
    if (!GetParam().url.empty()) out.url = GetParam().url;
    return out;
  }
  void begin_fault() { GetParam().begin({issuer_, mint::jwks({key_, next_})}); }
  bool can_recover() const { return GetParam().url.empty(); }
  // end_fault(): the issuer is well again, at the same address, and has another key besides.
  void end_fault() {
    if (!issuer_) {
      issuer_.emplace(HttpsServer::Options{.identity = ca().issue(), .port = port_}, serving({}));
    } else {
      issuer_->set_identity(ca().issue());
    }
    publish({key_, next_});
    EXPECT_EQ(refresh(), std::nullopt);
    EXPECT_EQ(kids(), Kids({"first", "second"}));
    EXPECT_EQ(code(token_), Code::accepted);
    EXPECT_EQ(code(next_token_), Code::accepted);
    const SourceStatus source = source_status();
    EXPECT_EQ(source.state, SourceState::fresh);
    EXPECT_EQ(source.failures, 0U);
    EXPECT_TRUE(says_reason(source.last_error)) << source.last_error.value_or("");  // what it was
    EXPECT_FALSE(has_problem("the last fetch of keys failed"));
  }
  // RFC 9110 section 10.2.3: an hour, of which this case takes a small part.
  void expect_rest_if_asked_for() {
    if (GetParam().asks_for_rest) {
      EXPECT_GT(source_status().next_try_in_ms.value_or(0), 3'000'000U);
    }
  }
  static bool says_reason(const std::optional<std::string>& text) { return text && text->find(GetParam().reason) != std::string::npos; }
  std::size_t lines(std::string_view what) const { return count(daemon_->log(), what); }

  const std::uint16_t port_ = issuer_->port();
};

INSTANTIATE_TEST_SUITE_P(Each, KeysFaults, testing::ValuesIn(faults()), [](const auto& fault) { return fault.param.name; });

// On failure the keys in hand serve on; and nobody who sends tokens, good ones or of kids that nobody has, makes more of it.
TEST_P(KeysFaults, LeaveTheKeysInHandServing) {
  start({faulty_source()});
  if (!can_recover()) {
    ASSERT_TRUE(std::holds_alternative<Pushed>(control_->push_keys("idp", mint::jwks({key_}))));
  }
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  ASSERT_TRUE(fetcher_is(true));
  const std::size_t failed_before = lines("fetch failed");
  const std::size_t recovered_before = lines("keys recovered");

  begin_fault();
  const auto failure = refresh();
  EXPECT_TRUE(says_reason(failure)) << failure.value_or("no failure");
  const SourceStatus failing = source_status();
  EXPECT_EQ(failing.state, SourceState::failing);
  EXPECT_GE(failing.failures, 1U);
  EXPECT_TRUE(says_reason(failing.last_error)) << failing.last_error.value_or("");
  EXPECT_NE(failing.fetched_at, 0);
  EXPECT_TRUE(server_status().available);
  EXPECT_EQ(kids(), Kids({"first"}));
  EXPECT_TRUE(has_problem("the last fetch of keys failed, of OAuth servers: idp"));
  EXPECT_EQ(code(token_), Code::accepted);

  // The issuer may have the kid; whether it may be asked is its own to say.
  expect_rest_if_asked_for();
  if (GetParam().asks_for_rest) {
    EXPECT_TRUE(comes_to(Code::unknown_key, next_token_));
    EXPECT_EQ(issuer_->requests().size(), 2U);
  } else {
    const Verdict unknown = verdict(next_token_);
    EXPECT_EQ(unknown.code, Code::key_refreshing);
    EXPECT_GT(unknown.retry_after_ms, 0U);
  }
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(code(token_), Code::accepted);
    ASSERT_FALSE(verdict(next_token_).accepted());
  }
  EXPECT_LE(source_status().failures, 20U);
  EXPECT_EQ(lines("fetch failed"), failed_before + 1) << daemon_->log();
  EXPECT_GE(lines("; keys in hand serve on"), 1U) << daemon_->log();
  EXPECT_EQ(lines("keys recovered"), recovered_before) << daemon_->log();
  EXPECT_NE(daemon_->log().find(GetParam().reason), std::string::npos) << daemon_->log();

  if (!can_recover()) return;
  end_fault();
  EXPECT_EQ(lines("fetch failed"), failed_before + 1) << daemon_->log();
  EXPECT_EQ(lines("keys recovered"), recovered_before + 1) << daemon_->log();
}

TEST_P(KeysFaults, LeaveTokensUnavailableWithoutKeys) {
  const Source source = faulty_source();  // the fault may take the issuer away
  begin_fault();
  start({source});
  start_fetch();
  EXPECT_TRUE(eventually([&] { return source_status().state == SourceState::failing; })) << daemon_->log();
  const SourceStatus failing = source_status();
  EXPECT_TRUE(says_reason(failing.last_error)) << failing.last_error.value_or("");
  EXPECT_EQ(failing.fetched_at, 0);
  EXPECT_EQ(failing.stale_until, 0);
  expect_rest_if_asked_for();
  EXPECT_FALSE(server_status().available);
  EXPECT_EQ(kids(), Kids());
  EXPECT_TRUE(has_problem("the last fetch of keys failed, of OAuth servers: idp"));
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(code(token_), Code::keys_unavailable);
    ASSERT_EQ(verdict(next_token_).outcome(), Outcome::unavailable);
  }
  EXPECT_LE(source_status().failures, 20U);
  EXPECT_EQ(lines("fetch failed"), 1U) << daemon_->log();
  EXPECT_EQ(lines("; no keys are in hand that serve"), 1U) << daemon_->log();
  EXPECT_EQ(lines("keys fetched"), 0U) << daemon_->log();

  if (!can_recover()) return;
  end_fault();
  EXPECT_EQ(lines("fetch failed"), 1U) << daemon_->log();
  EXPECT_EQ(lines("keys recovered"), 1U) << daemon_->log();
}

class KeysFreshness : public KeysTest {
 protected:
  // fresh_for(max_age): seconds, and the keys serve.
  std::int64_t fresh_for(const std::string& max_age) {
    issuer_->set_handler(serving(json_reply(mint::jwks({key_}), "Cache-Control: max-age=" + max_age + "\r\n")));
    start({source()});
    start_fetch();
    EXPECT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
    const SourceStatus source = source_status();
    EXPECT_EQ(source.state, SourceState::fresh);
    EXPECT_EQ(source.failures, 0U);
    EXPECT_EQ(source.stale_until - source.fetched_at, 24 * 3600);
    return source.fresh_until - source.fetched_at;
  }
};

// What an issuer says about its set's age counts between a minute and a day.
TEST_F(KeysFreshness, OfNoTimeAtAllIsAMinute) { EXPECT_EQ(fresh_for("0"), 60); }
TEST_F(KeysFreshness, OfTenYearsIsADay) { EXPECT_EQ(fresh_for("315360000"), 24 * 3600); }

// RFC 9110 section 13.1.2: the set is asked about by its tag, and confirmed without being sent again.
TEST_F(KeysFreshness, IsConfirmedByTheTag) {
  issuer_->set_handler([set = mint::jwks({key_})](const HttpRequest& request) {
    if (request.header("If-None-Match") == "\"v1\"") return HttpReply{.bytes = "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n", .repeated = {}};
    return json_reply(set, "ETag: \"v1\"\r\n");
  });
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  const std::uint64_t generation = status().generation;
  EXPECT_EQ(refresh(), std::nullopt);
  EXPECT_EQ(issuer_->requests().back().header("If-None-Match"), "\"v1\"");
  EXPECT_EQ(source_status().etag, "\"v1\"");
  EXPECT_EQ(source_status().state, SourceState::fresh);
  EXPECT_EQ(status().generation, generation);
  EXPECT_EQ(code(token_), Code::accepted);
}

class KeysMixed : public KeysTest {
 protected:
  // off_curve(key): its x, and a y that no point with that x has.
  static std::string off_curve(const mint::Key& key) {
    const std::string octets = key.public_octets();
    std::string y = octets.substr(33);
    y.back() = static_cast<char>(y.back() ^ 1);
    return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"off","x":"{}","y":"{}"}})", mint::base64url(octets.substr(1, 32)), mint::base64url(y));
  }
  // skipped(index): why that entry of the set is not used.
  static const SkippedKeyStatus* skipped(const OAuthServerStatus& server, std::uint32_t index) {
    const auto found = std::ranges::find_if(server.skipped, [index](const SkippedKeyStatus& key) { return key.index == index; });
    return found != server.skipped.end() ? &*found : nullptr;
  }
};

// One bad or unknown key is skipped with a reason, never the whole set; two keys of one kid are both tried (RFC 7517 section 4.5).
TEST_F(KeysMixed, GoodKeysServeAmongAllOthers) {
  const mint::Key good = mint::Key::generate("ES256", {.kid = "good"});
  const mint::Key twin = mint::Key::generate("EdDSA", {.kid = "twin"});
  const mint::Key other_twin = mint::Key::generate("EdDSA", {.kid = "twin"});
  const mint::Key published = mint::Key::generate("RS256", {.kid = "published"});
  const mint::Key small = mint::Key::generate("RS256", {.kid = "small", .rsa_bits = 1024});
  const mint::Key off = mint::Key::generate("ES256", {.kid = "off"});
  const std::string keys[] = {
      R"({"kty":"AKP","alg":"ML-DSA-44","kid":"quantum","pub":"AAAA"})",
      R"({"kty":"oct","kid":"shared","k":"c2VjcmV0"})",
      published.private_jwk(),
      R"({"kty":"RSA","kid":"certificate","x5c":["MIIB"]})",
      small.public_jwk(),
      good.public_jwk(),
      off_curve(off),
      twin.public_jwk(),
      other_twin.public_jwk(),
  };
  std::string set;
  for (const std::string& key : keys) set += (set.empty() ? "" : ",") + key;
  issuer_->set_handler(serving(json_reply("{\"keys\":[" + set + "]}")));
  start({source()});
  start_fetch();
  EXPECT_TRUE(comes_to(Code::accepted, token(good))) << daemon_->log() << fetch_->log();
  EXPECT_EQ(code(token(twin)), Code::accepted);
  EXPECT_EQ(code(token(other_twin)), Code::accepted);
  for (const mint::Key* bad : {&published, &small, &off}) EXPECT_FALSE(verdict(token(*bad)).accepted()) << bad->kid();

  const OAuthServerStatus server = server_status();
  EXPECT_EQ(server.keys.size(), 3U);
  ASSERT_EQ(server.skipped.size(), 6U);
  struct Expected {
    std::uint32_t index;
    const char* kid;
    const char* reason;
    bool alarm;
  };
  const Expected expected[] = {{0, "quantum", "`kty` AKP is not one that is taken", false},
                               {1, "shared", "a symmetric key (kty oct) was published", true},
                               {2, "published", "a private key was published", true},
                               {3, "certificate", "`n` is missing", false},
                               {4, "small", "1024", false},
                               {6, "off", "curve", false}};
  for (const Expected& one : expected) {
    const SkippedKeyStatus* key = skipped(server, one.index);
    ASSERT_NE(key, nullptr) << one.kid;
    EXPECT_EQ(key->kid, one.kid);
    EXPECT_NE(key->reason.find(one.reason), std::string::npos) << one.kid << ": " << key->reason;
    EXPECT_EQ(key->alarm, one.alarm) << one.kid;
    EXPECT_EQ(count(daemon_->log(), fmt::format("key {} (kid {}) is not used: {}", one.index, one.kid, key->reason)), 1U) << daemon_->log();
  }
  EXPECT_TRUE(eventually([&] { return source_status().state == SourceState::fresh; }));  // the unknown kids have caused a fetch
  EXPECT_EQ(source_status().failures, 0U);
}

}  // namespace
}  // namespace assay::tests
