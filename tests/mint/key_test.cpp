// Keys and signatures against the RFCs' own examples, and what a signature looks like.
#include "mint/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "mint/base64url.h"
#include "mint/forge.h"
#include "mint/json.h"
#include "mint/token.h"

namespace assay::mint {
namespace {

// A directory of its own, gone with the test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-mint-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// RFC 7515 appendix A.2: PKCS#1 v1.5 is deterministic, so the very token must come out.
TEST(MintKey, SignsTheRs256ExampleOfTheStandard) {
  const Key key = Key::from_private_jwk(
      R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"})");
  const std::string token = TokenBuilder()
                                .header(R"({"alg":"RS256"})")
                                .payload("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}")
                                .sign(key)
                                .text();
  EXPECT_EQ(token,
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO"
            "75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWk"
            "WywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

// RFC 7515 appendix A.3: ECDSA is not deterministic; the example must verify, and so must ours.
TEST(MintKey, VerifiesTheEs256ExampleOfTheStandard) {
  const Key key = Key::from_private_jwk(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})");
  const auto parts = decode(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(parts);
  EXPECT_EQ(key.algorithm(), "ES256");
  EXPECT_TRUE(key.verify(parts->signing_input, parts->signature));
  EXPECT_FALSE(key.verify(parts->signing_input + "x", parts->signature));
  EXPECT_TRUE(key.verify(parts->signing_input, key.sign(parts->signing_input)));
}

// RFC 8037 appendix A.4: EdDSA is deterministic.
TEST(MintKey, SignsTheEddsaExampleOfTheStandard) {
  const Key key = Key::from_private_jwk(
      R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  EXPECT_EQ(TokenBuilder().header(R"({"alg":"EdDSA"})").payload("Example of Ed25519 signing").sign(key).text(),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_TRUE(
      key.public_jwk({.with_kid = false, .with_alg = false, .with_use = false}).contains(R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")"));
}

// RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1: the length of each signature, and that no algorithm's signature passes for another's.
TEST(MintKey, SignsByEveryAlgorithmInJoseForm) {
  for (const std::string_view algorithm : kAlgorithms) {
    SCOPED_TRACE(algorithm);
    const Key key = Key::generate(algorithm);
    const std::string signature = key.sign("message");
    const std::size_t expected = algorithm == "ES256" || algorithm == "EdDSA" ? 64 : algorithm == "ES384" ? 96 : algorithm == "ES512" ? 132 : 256;
    EXPECT_EQ(signature.size(), expected);
    EXPECT_TRUE(key.verify("message", signature));
    EXPECT_FALSE(key.verify("massage", signature));
    if (key.coordinate_bytes() == 0 && algorithm != "EdDSA") {
      EXPECT_FALSE(key.verify("message", signature, algorithm == "PS256" ? "RS256" : "PS256"));
    }
    EXPECT_FALSE(Key::generate(algorithm).verify("message", signature));
  }
}

// RFC 8017 section 3.1: sizes and exponents that a test asks for.
TEST(MintKey, MakesRsaKeysOfAnySizeAndExponent) {
  const Key key = Key::generate("PS256", {.kid = "three", .rsa_bits = 3072, .rsa_exponent = 3});
  EXPECT_EQ(key.public_octets().size(), 384U);
  EXPECT_EQ(key.kid(), "three");
  EXPECT_TRUE(key.public_jwk().contains(R"("e":"Aw")"));
  EXPECT_TRUE(key.verify("message", key.sign("message")));
}

// RFC 7517 section 4: optional members are there only when asked for, private ones only in the private JWK.
TEST(MintKey, WritesPublicAndPrivateJwks) {
  for (const char* algorithm : {"RS256", "ES384", "EdDSA"}) {
    const Key key = Key::generate(algorithm);
    const std::string full = key.public_jwk();
    EXPECT_TRUE(is_json(full));
    EXPECT_TRUE(full.contains(R"("use":"sig")") && full.contains(quote(algorithm)) && full.contains(R"("kid":)"));
    EXPECT_FALSE(full.contains(R"("d":)"));
    const std::string bare = key.public_jwk({.with_kid = false, .with_alg = false, .with_use = false});
    EXPECT_FALSE(bare.contains("use") || bare.contains("alg") || bare.contains("kid"));
    const std::string secret = key.private_jwk();
    EXPECT_TRUE(secret.contains(R"("d":)"));
    // A copy made from it is the same key.
    const Key copy = Key::from_private_jwk(secret);
    EXPECT_EQ(copy.public_jwk(), full);
    EXPECT_TRUE(key.verify("message", copy.sign("message")));
  }
}

// RFC 7468 section 2: text before the PEM block is for people, and here for the algorithm and the kid.
TEST(MintKey, SurvivesItsFile) {
  const Directory directory;
  for (const char* algorithm : {"PS384", "ES512", "Ed25519"}) {
    const Key key = Key::generate(algorithm, {.kid = "kid of " + std::string(algorithm)});
    const auto file = directory.path() / algorithm;
    key.save(file);
    struct stat status = {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    const Key loaded = Key::load(file);
    EXPECT_EQ(loaded.public_jwk(), key.public_jwk());
    EXPECT_EQ(loaded.algorithm(), algorithm);
    EXPECT_EQ(loaded.kid(), key.kid());
  }
  EXPECT_THROW(Key::load(directory.path() / "none"), std::runtime_error);
}

TEST(MintKey, RefusesAlgorithmsThatItCannotServe) {
  EXPECT_THROW(Key::generate("HS256"), std::runtime_error);
  EXPECT_THROW(Key::generate("none"), std::runtime_error);
  EXPECT_THROW(static_cast<void>(Key::generate("ES256").sign("x", "ES25")), std::runtime_error);
}

// RFC 8032 section 5.1.7: with a neutral R the equation holds, and OpenSSL, which does not ask for more, takes the signature. So the attack is a real
// one.
TEST(MintForge, SmallOrderSignatureSatisfiesTheEquation) {
  const Key key = Key::generate("EdDSA");
  const auto& points = small_order_points();
  ASSERT_EQ(points.front().name, "neutral");
  EXPECT_TRUE(key.verify("message", ed25519_with_r(key, "message", from_hex(points.front().hex))));
  EXPECT_FALSE(key.verify("massage", ed25519_with_r(key, "message", from_hex(points.front().hex))));
  EXPECT_EQ(points.size(), 14U);
  for (const SmallOrderPoint& point : points) EXPECT_EQ(from_hex(point.hex).size(), 32U);
}

// RFC 8017 section 8.2: a block padded by hand is the signature that EMSA-PKCS1-v1_5 makes.
TEST(MintForge, RawRsaMakesThePkcs1Signature) {
  const Key key = Key::generate("RS256");
  const std::string info = from_hex("3031300d060960864801650304020105000420") + digest("256", "message");
  const std::string block = std::string{'\0', '\1'} + std::string(256 - 3 - info.size(), '\xff') + '\0' + info;
  EXPECT_EQ(rsa_raw(key, block), key.sign("message"));
}

// RFC 4231 section 4.3.
TEST(MintForge, HmacAnswersItsTestVector) {
  EXPECT_EQ(hmac("256", "Jefe", "what do ya want for nothing?"), from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

// RFC 4648 section 10.
TEST(MintBase64url, AnswersTheTestVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : vectors) {
    EXPECT_EQ(base64url(octets), text);
    EXPECT_EQ(from_base64url(text), octets);
  }
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
  EXPECT_FALSE(from_base64url("A"));
  EXPECT_FALSE(from_base64url("Zg=="));
}

}  // namespace
}  // namespace assay::mint
