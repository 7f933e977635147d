// A Key is an EVP_PKEY and two names. What differs between the three kinds (RSA, EC, Ed25519) is written here once: how it is made, what its JWK holds,
// and that ECDSA travels as r and s, while OpenSSL speaks DER. Signing stands in signature.cpp.
#include "mint/key.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "mint/base64url.h"
#include "mint/json.h"
#include "mint/openssl.h"

namespace assay::mint {
namespace {

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;

struct Curve {
  std::string_view algorithm;
  const char* jose;
  const char* openssl;
  std::size_t coordinate_bytes;
};
constexpr Curve kCurves[] = {{"ES256", "P-256", "prime256v1", 32}, {"ES384", "P-384", "secp384r1", 48}, {"ES512", "P-521", "secp521r1", 66}};

bool is_rsa(EVP_PKEY* pkey) { return EVP_PKEY_is_a(pkey, "RSA") == 1; }
bool is_ec(EVP_PKEY* pkey) { return EVP_PKEY_is_a(pkey, "EC") == 1; }

const Curve& curve_of(EVP_PKEY* pkey) {
  const auto bits = static_cast<std::size_t>(EVP_PKEY_get_bits(pkey));
  for (const Curve& curve : kCurves) {
    if (curve.coordinate_bytes == (bits + 7) / 8) return curve;
  }
  throw std::runtime_error("an EC key on a curve that JOSE does not use here");
}

std::string algorithm_of(EVP_PKEY* pkey) {
  if (is_rsa(pkey)) return "RS256";
  return is_ec(pkey) ? std::string(curve_of(pkey).algorithm) : "EdDSA";
}

// A number of the key, as OpenSSL names it, in exactly so many octets; 0: as few as it takes.
std::string number(EVP_PKEY* pkey, const char* name, std::size_t bytes = 0) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(pkey, name, &raw) == 1, name);
  const Bignum owned(raw);
  return octets_of(raw, bytes);
}

std::string ed25519_octets(EVP_PKEY* pkey, bool secret) {
  std::string out(32, '\0');
  std::size_t bytes = out.size();
  require((secret ? EVP_PKEY_get_raw_private_key : EVP_PKEY_get_raw_public_key)(pkey, octets(out), &bytes) == 1, "Ed25519 octets");
  return out;
}

JsonObject public_members(EVP_PKEY* pkey) {
  const auto encoded = [&](const char* name, std::size_t bytes = 0) { return quote(base64url(number(pkey, name, bytes))); };
  if (is_rsa(pkey)) return {{"kty", quote("RSA")}, {"n", encoded(OSSL_PKEY_PARAM_RSA_N)}, {"e", encoded(OSSL_PKEY_PARAM_RSA_E)}};
  if (is_ec(pkey)) {
    const Curve& curve = curve_of(pkey);
    return {{"kty", quote("EC")},
            {"crv", quote(curve.jose)},
            {"x", encoded(OSSL_PKEY_PARAM_EC_PUB_X, curve.coordinate_bytes)},
            {"y", encoded(OSSL_PKEY_PARAM_EC_PUB_Y, curve.coordinate_bytes)}};
  }
  return {{"kty", quote("OKP")}, {"crv", quote("Ed25519")}, {"x", quote(base64url(ed25519_octets(pkey, false)))}};
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* pkey, std::string_view what) {
  require(pkey != nullptr, what);
  return {pkey, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> from_params(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* pkey = nullptr;
  require(params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_KEYPAIR, params.get()) == 1,
          "a private JWK");
  return owned(pkey, "a private JWK");
}

std::string drain(const Bio& bio) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

// The value after `label` at the start of a line before the PEM block; empty if there is none.
std::string note(std::string_view text, std::string_view label) {
  std::istringstream lines{std::string(text.substr(0, text.find("-----BEGIN")))};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(label)) return line.substr(label.size());
  }
  return {};
}

}  // namespace

Key::Key(std::shared_ptr<evp_pkey_st> pkey, std::string_view algorithm, std::string_view kid)
    : pkey_(std::move(pkey)), algorithm_(algorithm), kid_(kid) {}

Key Key::generate(std::string_view algorithm, const Options& options) {
  std::string kid = options.kid;
  if (kid.empty()) std::ranges::transform(algorithm, std::back_inserter(kid), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  EVP_PKEY* pkey = nullptr;
  if (algorithm.starts_with("RS") || algorithm.starts_with("PS")) {
    if (options.rsa_bits < 512 || options.rsa_bits > 16384) throw std::runtime_error("RSA keys have 512 to 16384 bits");
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    const Bignum exponent = number_of({});
    require(BN_set_word(exponent.get(), options.rsa_exponent) == 1 && context && EVP_PKEY_keygen_init(context.get()) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), options.rsa_bits) == 1 &&
                EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) == 1 && EVP_PKEY_generate(context.get(), &pkey) == 1,
            "an RSA key");
  } else if (algorithm == "EdDSA" || algorithm == "Ed25519") {
    pkey = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  } else {
    const auto* const curve = std::ranges::find(kCurves, algorithm, &Curve::algorithm);
    if (curve == std::end(kCurves)) throw std::runtime_error("no key fits the algorithm '" + std::string(algorithm) + "'");
    pkey = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve->openssl);
  }
  return {owned(pkey, "a new key"), algorithm, kid};
}

Key Key::from_private_jwk(std::string_view jwk) {
  simdjson::dom::parser parser;
  simdjson::dom::object members;
  if (parser.parse(jwk.data(), jwk.size(), true).get(members) != simdjson::SUCCESS) throw std::runtime_error("the JWK is no JSON object");
  const auto text = [&](std::string_view name) {
    std::string_view value;
    return members[name].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  };
  const auto decoded = [&](std::string_view name) {
    auto value = from_base64url(text(name));
    if (!value || value->empty()) throw std::runtime_error("the JWK lacks '" + std::string(name) + "'");
    return *value;
  };
  const std::string type = text("kty");
  std::shared_ptr<EVP_PKEY> pkey;
  if (type == "OKP") {
    const std::string seed = decoded("d");
    pkey = owned(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size()), "an Ed25519 key");
  } else if (type == "RSA") {
    const Bignum n = number_of(decoded("n"));
    const Bignum e = number_of(decoded("e"));
    const Bignum d = number_of(decoded("d"));
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
    pkey = from_params("RSA", builder.get());
  } else {
    const auto* const curve = std::ranges::find(kCurves, text("crv"), [](const Curve& c) { return std::string(c.jose); });
    if (type != "EC" || curve == std::end(kCurves)) throw std::runtime_error("the JWK's kty and crv are none that are taken");
    const std::string point = '\x04' + decoded("x") + decoded("y");
    const Bignum d = number_of(decoded("d"));
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get());
    pkey = from_params("EC", builder.get());
  }
  const std::string algorithm = text("alg");
  return {pkey, algorithm.empty() ? algorithm_of(pkey.get()) : algorithm, text("kid")};
}

Key Key::load(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error("cannot read " + file.string());
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  auto pkey = owned(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), file.string() + " holds no private key in PEM");
  std::string algorithm = note(text, "Algorithm: ");
  if (algorithm.empty()) algorithm = algorithm_of(pkey.get());
  return {std::move(pkey), algorithm, note(text, "Key ID: ")};
}

void Key::save(const std::filesystem::path& file) const {
  const std::string text = "Algorithm: " + algorithm_ + "\nKey ID: " + kid_ + "\n" + private_pem();
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (descriptor >= 0) ::close(descriptor);
  if (!written) throw std::runtime_error("cannot write " + file.string());
}

Key Key::as(std::string_view algorithm, std::string_view kid) const { return {pkey_, algorithm, kid}; }

std::string Key::public_jwk(const JwkOptions& options) const {
  JsonObject jwk = public_members(pkey_.get());
  if (options.with_kid) jwk.set("kid", quote(kid_));
  if (options.with_alg) jwk.set("alg", quote(algorithm_));
  if (options.with_use) jwk.set("use", quote("sig"));
  return jwk.text();
}

std::string Key::private_jwk() const {
  JsonObject jwk = public_members(pkey_.get());
  const auto set = [&](std::string_view member, const std::string& value) { jwk.set(member, quote(base64url(value))); };
  if (is_rsa(pkey_.get())) {
    set("d", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_D));
    set("p", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_FACTOR1));
    set("q", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_FACTOR2));
    set("dp", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1));
    set("dq", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2));
    set("qi", number(pkey_.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1));
  } else if (is_ec(pkey_.get())) {
    set("d", number(pkey_.get(), OSSL_PKEY_PARAM_PRIV_KEY, coordinate_bytes()));
  } else {
    set("d", ed25519_octets(pkey_.get(), true));
  }
  return jwk.set("kid", quote(kid_)).set("alg", quote(algorithm_)).set("use", quote("sig")).text();
}

std::string Key::public_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PUBKEY(bio.get(), pkey_.get()) == 1, "a public PEM");
  return drain(bio);
}

std::string Key::private_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PKCS8PrivateKey(bio.get(), pkey_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "a private PEM");
  return drain(bio);
}

std::string Key::public_der() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(i2d_PUBKEY_bio(bio.get(), pkey_.get()) == 1, "a public DER");
  return drain(bio);
}

std::string Key::public_octets() const {
  if (is_rsa(pkey_.get())) return number(pkey_.get(), OSSL_PKEY_PARAM_RSA_N);
  if (!is_ec(pkey_.get())) return ed25519_octets(pkey_.get(), false);
  return '\x04' + number(pkey_.get(), OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes()) + number(pkey_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes());
}

std::size_t Key::coordinate_bytes() const { return is_ec(pkey_.get()) ? curve_of(pkey_.get()).coordinate_bytes : 0; }

std::string jwks(const std::vector<Key>& keys, const JwkOptions& options) {
  std::string out = R"({"keys":[)";
  for (const Key& key : keys) {
    if (!out.ends_with('[')) out += ',';
    out += key.public_jwk(options);
  }
  return out + "]}";
}

const Key& find_key(const std::vector<Key>& keys, std::string_view algorithm) {
  const auto found = std::ranges::find(keys, algorithm, &Key::algorithm);
  if (found == keys.end()) throw std::runtime_error("no key for " + std::string(algorithm));
  return *found;
}

}  // namespace assay::mint
