// The reference engine as a whole; its algorithms have files of their own.
#include <gtest/gtest.h>

#include <array>

#include "crypto/engine.h"
#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::from_base64url;
using test::from_text;
using test::Octets;
using test::SigningKey;
using test::verify;
using enum SignatureResult;

constexpr KeyType kKeyTypes[] = {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519};

TEST(ReferenceEngine, SaysItsName) { EXPECT_EQ(make_reference_engine()->name(), "reference"); }

// RFC 7518 section 3.1, RFC 8037 section 3.1: every algorithm, over messages from none to many hash blocks.
TEST(ReferenceEngine, AcceptsASignatureOfEveryAlgorithm) {
  const auto engine = make_reference_engine();
  for (const KeyType type : kKeyTypes) {
    const SigningKey signer = SigningKey::of_type(type);
    const auto key = signer.material();
    for (const Algorithm algorithm : test::algorithms(type)) {
      for (const std::size_t size : {0U, 1U, 111U, 128U, 1000U, 16384U}) {
        const Octets message(size, std::byte{'m'});
        EXPECT_EQ(verify(*engine, algorithm, *key, message, signer.sign(algorithm, message)), valid) << test::name(algorithm) << ", " << size << " octets";
      }
    }
  }
}

TEST(ReferenceEngine, RefusesAnotherMessageKeyOrAlgorithm) {
  const auto engine = make_reference_engine();
  const Octets message = from_text("the message that was signed");
  for (const KeyType type : kKeyTypes) {
    const SigningKey signer = SigningKey::of_type(type);
    const auto key = signer.material();
    const auto stranger = SigningKey::of_type(type).material();
    for (const Algorithm algorithm : test::algorithms(type)) {
      const Octets signature = signer.sign(algorithm, message);
      ASSERT_EQ(verify(*engine, algorithm, *key, message, signature), valid);
      for (std::size_t bit = 0; bit < 8 * message.size(); bit += 13) {
        EXPECT_EQ(verify(*engine, algorithm, *key, test::flipped(message, bit), signature), invalid) << test::name(algorithm) << ", bit " << bit;
      }
      EXPECT_EQ(verify(*engine, algorithm, *key, base::Bytes(message).first(message.size() - 1), signature), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, {}, signature), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *stranger, message, signature), invalid) << test::name(algorithm);
      // RFC 8725 section 3.1: also within RSA, where all six algorithms share keys and lengths.
      for (std::size_t value = 0; value <= kAlgorithmCount; ++value) {
        const auto other = static_cast<Algorithm>(value);
        if (other == algorithm) continue;
        EXPECT_EQ(verify(*engine, other, *key, message, signature), invalid) << test::name(algorithm) << " as " << test::name(other);
      }
    }
  }
}

// Any changed octet of a signature makes it another one.
TEST(ReferenceEngine, RefusesASignatureWithAnyOctetChanged) {
  const auto engine = make_reference_engine();
  const Octets message = from_text("message");
  for (const KeyType type : kKeyTypes) {
    const SigningKey signer = SigningKey::of_type(type);
    const auto key = signer.material();
    for (const Algorithm algorithm : test::algorithms(type)) {
      const Octets signature = signer.sign(algorithm, message);
      for (std::size_t i = 0; i < signature.size(); ++i) {
        ASSERT_EQ(verify(*engine, algorithm, *key, message, test::flipped(signature, 8 * i + i % 8)), invalid) << test::name(algorithm) << ", octet " << i;
      }
    }
  }
}

TEST(ReferenceEngine, RefusesASignatureOfAnyOtherLength) {
  const auto engine = make_reference_engine();
  const Octets message = from_text("message");
  for (const KeyType type : kKeyTypes) {
    const SigningKey signer = SigningKey::of_type(type);
    const auto key = signer.material();
    for (const Algorithm algorithm : test::algorithms(type)) {
      const Octets signature = signer.sign(algorithm, message);
      const base::Bytes view(signature);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, {}), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, view.first(view.size() - 1)), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, view.subspan(1)), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, test::concat(signature, Octets(1))), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, test::concat(Octets(1), signature)), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, test::concat(signature, signature)), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, Octets(signature.size())), invalid);
      EXPECT_EQ(verify(*engine, algorithm, *key, message, Octets(signature.size(), std::byte{0xFF})), invalid);
    }
  }
}

// Answers depend on nothing but the check: more keys than contexts, in changing order, good and bad mixed, give the same answers as one by one.
TEST(ReferenceEngine, AnswersAlikeWhateverItsCacheHolds) {
  struct Case {
    std::shared_ptr<const KeyMaterial> key;
    Algorithm algorithm;
    Octets signature;
    SignatureResult expected;
  };
  const Octets message = from_text("message");
  std::vector<Case> cases;
  for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p256, KeyType::p384, KeyType::ed25519}) {
    const SigningKey signer = SigningKey::of_type(type);
    for (const Algorithm algorithm : test::algorithms(type)) {
      const Octets signature = signer.sign(algorithm, message);
      cases.push_back({signer.material(), algorithm, signature, valid});
      cases.push_back({signer.material(), algorithm, test::flipped(signature, 77), invalid});
    }
  }
  for (const std::size_t contexts_max : {1U, 2U, 3U, 256U}) {
    const auto engine = make_reference_engine(contexts_max);
    for (std::size_t stride = 1; stride < cases.size(); ++stride) {
      std::vector<SignatureCheckView> checks;
      std::vector<SignatureResult> expected;
      for (std::size_t i = 0; i < cases.size(); ++i) {
        const Case& chosen = cases[i * stride % cases.size()];
        checks.push_back({chosen.algorithm, chosen.key.get(), message, chosen.signature});
        expected.push_back(chosen.expected);
      }
      std::vector<SignatureResult> results(checks.size(), unset);
      verify_batch(*engine, checks, results);
      ASSERT_EQ(results, expected) << contexts_max << " contexts, stride " << stride;
    }
  }
}

// Contexts are copies: an engine does not notice when the key material that it first saw is gone.
TEST(ReferenceEngine, OutlivesTheKeyMaterialItHasSeen) {
  const auto engine = make_reference_engine();
  const Octets message = from_text("message");
  for (const KeyType type : kKeyTypes) {
    const SigningKey signer = SigningKey::of_type(type);
    const Algorithm algorithm = test::algorithms(type).front();
    const Octets signature = signer.sign(algorithm, message);
    for (int round = 0; round < 3; ++round) EXPECT_EQ(verify(*engine, algorithm, *signer.material(), message, signature), valid);
  }
}

// RFC 7515 appendix A.2.
TEST(ReferenceEngine, VerifiesTheRs256ExampleOfRfc7515) {
  const auto key = KeyMaterial::make_rsa(
      from_base64url(
          "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
          "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"
          "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      from_base64url("AQAB"));
  ASSERT_TRUE(key);
  const Octets message =
      from_text("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
  const Octets signature =
      from_base64url(
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
          "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
          "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
  EXPECT_EQ(verify(*make_reference_engine(), Algorithm::rs256, **key, message, signature), valid);
}

// RFC 7515 appendix A.3.
TEST(ReferenceEngine, VerifiesTheEs256ExampleOfRfc7515) {
  const auto key = KeyMaterial::make_ec(KeyType::p256, from_base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                        from_base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  ASSERT_TRUE(key);
  const Octets message =
      from_text("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
  const Octets signature = from_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_EQ(verify(*make_reference_engine(), Algorithm::es256, **key, message, signature), valid);
}

// RFC 8037 appendix A.4.
TEST(ReferenceEngine, VerifiesTheEdDsaExampleOfRfc8037) {
  const auto key = KeyMaterial::make_ed25519(from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(key);
  const Octets signature = from_base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_EQ(verify(*make_reference_engine(), Algorithm::eddsa, **key, from_text("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), signature), valid);
}

}  // namespace
}  // namespace assay::crypto
