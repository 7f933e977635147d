// Addresses that keys may be fetched from.
#include "snapshot/key_url.h"

#include "base/limits.h"
#include "config_fixture.h"

namespace assay::test {
namespace {

using snapshot::describe_url;
using snapshot::is_proxy_url;

bool is_key_url(std::string_view text) { return snapshot::is_key_url(text, false); }
bool is_discovery_issuer(std::string_view text) { return snapshot::is_discovery_issuer(text, false); }

// RFC 3986 section 3.
TEST(KeyUrl, TakesHttps) {
  for (const std::string_view url : {"https://idp.example", "https://idp.example/", "https://idp.example:8443/a/b.json?x=1&y=/?",
                                     "https://10.0.0.1/jwks", "https://[2001:db8::1]:443/jwks", "https://[::ffff:10.0.0.1]",
                                     "https://xn--bcher-kva.example/%41", "https://idp_1.example?x", "https://localhost/", "https://a:65535"}) {
    EXPECT_TRUE(is_key_url(url)) << url;
  }
}

// Plain http never leaves the host: a literal loopback address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), not a name for one.
TEST(KeyUrl, TakesHttpToLiteralLoopbackOnly) {
  for (const std::string_view url :
       {"http://127.0.0.1/jwks", "http://127.0.0.1:8080/jwks", "http://127.255.255.255", "http://[::1]/jwks", "http://[::1]:8080"})
    EXPECT_TRUE(is_key_url(url)) << url;
  for (const std::string_view url : {"http://idp.example/jwks",
                                     "http://localhost/jwks",
                                     "http://128.0.0.1/",
                                     "http://126.255.255.255/",
                                     "http://127.1/",
                                     "http://127.0.0.1.example/",
                                     "http://127.0.0.1.",
                                     "http://127.0.0.256/",
                                     "http://127.0.0.01/",
                                     "http://127.0.0.0x1/",
                                     "http://127.0.0/",
                                     "http://127.0.0.1.1/",
                                     "http://127.0.0./",
                                     "http://127.../",
                                     "http://2130706433/",
                                     "http://0177.0.0.1/",
                                     "http://[::2]/",
                                     "http://[0:0:0:0:0:0:0:1]/",
                                     "http://[::ffff:127.0.0.1]/",
                                     "http://[::1].example/",
                                     "http://[::1/",
                                     "http://0.0.0.0/",
                                     "http://[::]/"}) {
    EXPECT_FALSE(is_key_url(url)) << url;
  }
}

// Somebody has said so: to any host then, and to the same addresses as before.
TEST(KeyUrl, TakesHttpWhereItIsAllowed) {
  for (const std::string_view url : {"http://idp.example/jwks", "http://localhost:8080", "http://10.0.0.1/", "http://[2001:db8::1]:80/jwks", "http://127.0.0.1/", "https://idp.example"}) {
    EXPECT_TRUE(snapshot::is_key_url(url, true)) << url;
    EXPECT_TRUE(snapshot::is_discovery_issuer(url, true)) << url;
  }
  EXPECT_FALSE(snapshot::is_discovery_issuer("http://idp.example", false));
  EXPECT_FALSE(snapshot::is_discovery_issuer("http://idp.example/?x", true));
}

TEST(KeyUrl, RefusesWhatParsersReadDifferently) {
  for (const std::string_view url : {"",
                                     "https",
                                     "https:",
                                     "https://",
                                     "https:///jwks",
                                     "//idp.example",
                                     "idp.example",
                                     "HTTPS://idp.example",
                                     "ftp://idp.example",
                                     "file:///etc/keys",
                                     " https://idp.example",
                                     "https://idp.example ",
                                     "https://idp example",
                                     "https://user@idp.example",
                                     "https://user:pw@idp.example",
                                     "https://@idp.example",
                                     "https://idp.example\\@evil.example",
                                     "https://idp.example#x",
                                     "https://idp.example/#",
                                     "https://idp.example/%",
                                     "https://idp.example/%4",
                                     "https://idp.example/%zz",
                                     "https://idp.example:",
                                     "https://idp.example:0",
                                     "https://idp.example:65536",
                                     "https://idp.example:08443",
                                     "https://idp.example:80a",
                                     "https://idp.example:1:2",
                                     "https://:443/",
                                     "https://.example",
                                     "https://[]",
                                     "https://[]:443",
                                     "https://[10.0.0.1]",
                                     "https://[::g]",
                                     "https://[::1]a",
                                     "https://[::1",
                                     "https://idp.example/\n",
                                     "https://idp.example/\t",
                                     "https://b\xc3\xbc"
                                     "cher.example",
                                     "https://idp.example/\xc3\xbc",
                                     "https://idp.example/<>",
                                     "https://idp.example/\"",
                                     "https://idp.example/{x}",
                                     "https://idp.example/a|b",
                                     "https://idp.example/^`"}) {
    EXPECT_FALSE(is_key_url(url)) << url;
    EXPECT_FALSE(snapshot::is_key_url(url, true)) << url;
    // Nor would it be any better with http.
    if (url.starts_with("https:")) {
      EXPECT_FALSE(snapshot::is_key_url("http:" + std::string(url.substr(6)), true)) << url;
    }
  }
  EXPECT_FALSE(is_key_url(std::string_view("https://idp.example/\0", 21)));
}

TEST(KeyUrl, IsLimited) {
  const std::string url = "https://idp.example/" + letters(base::limits::kUrlBytesMax - 20);
  EXPECT_TRUE(is_key_url(url));
  EXPECT_FALSE(is_key_url(url + "a"));
}

// RFC 8414 section 2: an issuer has no query and no fragment.
TEST(KeyUrl, OfDiscoveryHasNoQuery) {
  EXPECT_TRUE(is_discovery_issuer("https://idp.example/am"));
  EXPECT_FALSE(is_discovery_issuer("https://idp.example/am?x=1"));
  EXPECT_FALSE(is_discovery_issuer("https://idp.example/am?"));
  EXPECT_FALSE(is_discovery_issuer("urn:idp"));
}

TEST(ProxyUrl, IsAHostAndAPort) {
  for (const std::string_view url : {"http://proxy.example:3128", "https://proxy.example:3128/", "http://10.0.0.1:1", "http://[2001:db8::1]:65535/", "http://localhost:8080"}) {
    EXPECT_TRUE(is_proxy_url(url)) << url;
  }
  for (const std::string_view url : {"", "proxy.example:3128", "http://", "http://:3128", "http://proxy.example", "http://proxy.example/", "http://proxy.example:", "http://proxy.example:0",
                                     "http://proxy.example:65536", "http://proxy.example:03128", "http://[::1]", "http://me@proxy.example:3128", "http://me:pw@proxy.example:3128",
                                     "http://proxy.example:3128/x", "http://proxy.example:3128//", "http://proxy.example:3128?", "http://proxy.example:3128/?x", "http://proxy.example:3128#",
                                     "http://proxy.example:3128/#x", "HTTP://proxy.example:3128", "socks5://proxy.example:1080", "ftp://proxy.example:21", " http://proxy.example:3128",
                                     "http://proxy.example:3128 ", "http://proxy example:3128", "http://proxy.example:3128\n", "http://a,b:3128"}) {
    EXPECT_FALSE(is_proxy_url(url)) << url;
  }
  EXPECT_FALSE(is_proxy_url(std::string_view("http://proxy.example:3128\0", 26)));
  EXPECT_FALSE(is_proxy_url("http://[::" + std::string(base::limits::kUrlBytesMax, '1') + "]:3128"));
}

TEST(KeyUrl, IsDescribedWithoutSecrets) {
  EXPECT_EQ(describe_url("http://idp.example/jwks"), "\"http://idp.example/jwks\", 23 bytes");
  EXPECT_EQ(describe_url("http://idp.example/jwks?key=SECRET"), "\"http://idp.example/jwks\" and a query, 34 bytes in all");
  EXPECT_EQ(describe_url("https://me:SECRET@idp.example"), "a URL of 29 bytes with '@' in it");
  EXPECT_EQ(describe_url("SECRET"), "a string of 6 bytes that is no URL");
}

}  // namespace
}  // namespace assay::test
