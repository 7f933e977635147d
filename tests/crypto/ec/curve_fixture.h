// A curve for tests: OpenSSL's arithmetic, keys with chosen secrets, signatures with chosen multipliers, and OpenSSL's verdict on them.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>
#include <ostream>
#include <random>
#include <string_view>
#include <vector>

#include "crypto/ec/verifier.h"
#include "crypto/number.h"
#include "crypto/signer.h"

namespace assay::crypto::ec::test {

using crypto::test::Number;
using crypto::test::Octets;

// A long run sets this to a multiple: ASSAY_EC_TEST_FACTOR=100.
inline int factor() {
  const char* value = std::getenv("ASSAY_EC_TEST_FACTOR");
  return value == nullptr ? 1 : std::atoi(value);
}

inline void require(bool held) {
  if (!held) std::abort();
}

// Random: one seed, printed by whoever fails.
using Random = std::mt19937_64;

struct CurveSpec {
  KeyType type;
  const char* name;
  int nid;
  std::string_view openssl_name;
  int bits;
  int base_windows, key_windows;  // small tables, so that tests take seconds
};
inline void PrintTo(const CurveSpec& spec, std::ostream* out) { *out << spec.name; }
inline const CurveSpec kSpecs[] = {
    {KeyType::p256, "P256", NID_X9_62_prime256v1, "P-256", 256, 32, 43},
    {KeyType::p384, "P384", NID_secp384r1, "P-384", 384, 48, 64},
    {KeyType::p521, "P521", NID_secp521r1, "P-521", 521, 58, 87},
};

// Curve: OpenSSL's group of a specification.
class Curve {
 public:
  explicit Curve(const CurveSpec& which) : spec(which), group_(EC_GROUP_new_by_curve_name(which.nid), EC_GROUP_free), context_(BN_CTX_new(), BN_CTX_free) {
    BIGNUM* prime = BN_new();
    require(EC_GROUP_get_curve(group_.get(), prime, nullptr, nullptr, context_.get()) == 1);
    p = from(prime);
    BN_free(prime);
    n = from(EC_GROUP_get0_order(group_.get()));
  }

  using Point = std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>;
  // multiply(a, q, b): a G + b Q.
  Point multiply(const Number& a, const EC_POINT* q = nullptr, const Number& b = Number(0)) const {
    Point result = point();
    require(EC_POINT_mul(group_.get(), result.get(), a.get(), q, q == nullptr ? nullptr : b.get(), context_.get()) == 1);
    return result;
  }
  // lift(x): a point with this x, if there is one.
  Point lift(const Number& x) const {
    Point result = point();
    if (EC_POINT_set_compressed_coordinates(group_.get(), result.get(), x.get(), 0, context_.get()) != 1) result.reset();
    return result;
  }
  Point minus(const EC_POINT* a, const EC_POINT* b) const {
    Point negated(EC_POINT_dup(b, group_.get()), EC_POINT_free), result = point();
    require(EC_POINT_invert(group_.get(), negated.get(), context_.get()) == 1);
    require(EC_POINT_add(group_.get(), result.get(), a, negated.get(), context_.get()) == 1);
    return result;
  }
  bool is_infinity(const EC_POINT* a) const { return EC_POINT_is_at_infinity(group_.get(), a) == 1; }
  void coordinates(const EC_POINT* a, Number& x, Number& y) const {
    BIGNUM *bx = BN_new(), *by = BN_new();
    require(EC_POINT_get_affine_coordinates(group_.get(), a, bx, by, context_.get()) == 1);
    x = from(bx);
    y = from(by);
    BN_free(bx);
    BN_free(by);
  }
  Number inverse_mod_n(const Number& a) const {
    BIGNUM* result = BN_mod_inverse(nullptr, a.get(), n.get(), context_.get());
    require(result != nullptr);
    Number number = from(result);
    BN_free(result);
    return number;
  }
  Number random_below(const Number& bound, Random& random) const {
    Octets octets(80);
    for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
    return Number::big_endian(octets) % bound;
  }
  const EC_GROUP* group() const { return group_.get(); }
  std::size_t octets() const { return coordinate_bytes(spec.type); }

  const CurveSpec& spec;
  Number p, n;

 private:
  static Number from(const BIGNUM* value) {
    Octets octets(static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(octets.data()));
    return Number::big_endian(octets);
  }
  Point point() const { return {EC_POINT_new(group_.get()), EC_POINT_free}; }

  std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group_;
  std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context_;
};

// PublicKey: a point in both libraries' form.
struct PublicKey {
  PublicKey(const Curve& curve, const EC_POINT* point) : context(nullptr, EVP_PKEY_CTX_free) {
    Number x_number, y_number;
    curve.coordinates(point, x_number, y_number);
    x = x_number.big_endian(curve.octets());
    y = y_number.big_endian(curve.octets());
    Octets encoded = crypto::test::concat(crypto::test::concat(Octets{std::byte{4}}, x), y);
    char name[24] = {};
    curve.spec.openssl_name.copy(name, sizeof name - 1);
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()), OSSL_PARAM_construct_end()};
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    require(EVP_PKEY_fromdata_init(maker.get()) == 1 && EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
    context.reset(EVP_PKEY_CTX_new(made, nullptr));
    EVP_PKEY_free(made);  // the context has its own reference
    require(EVP_PKEY_verify_init(context.get()) == 1);
  }
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context;
  Octets x, y;
};

// Case: a signature, the key it is checked under, and OpenSSL's verdict.
struct Case {
  std::size_t key;
  Octets digest, signature;
  SignatureResult expected = SignatureResult::unset;
};

// ask_openssl: EVP_PKEY_verify of r and s as they are, of any size.
inline SignatureResult ask_openssl(const PublicKey& key, const Case& c) {
  const std::size_t half = c.signature.size() / 2;
  const auto* octets = reinterpret_cast<const unsigned char*>(c.signature.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(ECDSA_SIG_new(), ECDSA_SIG_free);
  require(ECDSA_SIG_set0(signature.get(), BN_bin2bn(octets, static_cast<int>(half), nullptr), BN_bin2bn(octets + half, static_cast<int>(half), nullptr)) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  require(size > 0);
  const int answer = EVP_PKEY_verify(key.context.get(), der, static_cast<std::size_t>(size), reinterpret_cast<const unsigned char*>(c.digest.data()), c.digest.size());
  OPENSSL_free(der);
  return answer == 1 ? SignatureResult::valid : SignatureResult::invalid;
}

// digest_of(curve, h): octets whose leftmost bits are h: for P-521 a digest as long as a coordinate and shifted, since h may have more bits than SHA-512.
inline Octets digest_of(const Curve& curve, const Number& h) {
  const int shift = static_cast<int>(8 * curve.octets()) - curve.spec.bits;
  return (h * Number::power_of_two(shift)).big_endian(curve.octets());
}

}  // namespace assay::crypto::ec::test
