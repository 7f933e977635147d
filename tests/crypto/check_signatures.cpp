// assay-check-signatures: signatures at random, half of them spoilt in every way that somebody might think of, verified by each of our engines, in batches of every kind, and by OpenSSL: all must agree.
// ctest runs some thousands for each algorithm; `scripts/signatures` a million.
#include <fmt/core.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "crypto/fast_engine.h"
#include "crypto/kernels.h"
#include "crypto/number.h"
#include "crypto/signer.h"
#include "crypto/table_builder.h"

namespace {

using namespace assay;
using namespace assay::crypto;
using test::Number;
using test::Octets;
using test::SigningKey;
using Random = std::mt19937_64;

// What is made and verified at a time.
constexpr std::size_t kChunk = 4096;
constexpr std::uint64_t kTableBytes = std::uint64_t{1} << 28;

struct Options {
  std::vector<std::string> algorithms;
  std::size_t count = 1'000'000;
  std::size_t keys = 100;
  std::size_t reference_every = 100;
  std::uint64_t seed = 1;
};

struct Case {
  std::size_t key = 0;
  Octets message;
  Octets signature;
  std::string_view way = "good";
  SignatureResult expected = SignatureResult::unset;
};

Octets random_octets(Random& random, std::size_t size) {
  Octets octets(size);
  for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
  return octets;
}

// key_of(type, i): RSA of many sizes and exponents, most of them usual.
SigningKey key_of(KeyType type, std::size_t i) {
  if (type != KeyType::rsa) return SigningKey::of_type(type);
  const unsigned odd_size = 2049 + static_cast<unsigned>(i / 10 % 8);
  const unsigned bits = i % 10 == 1 ? 3072 : i % 20 == 2 ? 4096 : i % 10 == 3 ? odd_size : i % 10 == 4 ? 2048 + 64 * static_cast<unsigned>(i / 10) : 2048;
  return SigningKey::rsa(bits, i % 7 == 6 ? 3 : i % 11 == 10 ? 4'294'967'291 : 65537);
}

// order(type): of the group that the signature's scalars belong to.
Number order(KeyType type) {
  if (type == KeyType::ed25519) return Number::hex("1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED");
  EC_GROUP* group = EC_GROUP_new_by_curve_name(type == KeyType::p256 ? NID_X9_62_prime256v1 : type == KeyType::p384 ? NID_secp384r1 : NID_secp521r1);
  Octets octets(static_cast<std::size_t>(BN_num_bytes(EC_GROUP_get0_order(group))));
  BN_bn2bin(EC_GROUP_get0_order(group), reinterpret_cast<unsigned char*>(octets.data()));
  EC_GROUP_free(group);
  return Number::big_endian(octets);
}

// Generator: the signatures of one algorithm.
class Generator {
 public:
  Generator(Algorithm algorithm, const Options& options) : algorithm_(algorithm), random_(options.seed) {
    for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519}) {
      if (algorithms_of(type).contains(algorithm)) type_ = type;
    }
    for (std::size_t i = 0; i < options.keys; ++i) keys.push_back(key_of(type_, i));
    for (const SigningKey& key : keys) firsts_.push_back(Number::big_endian(key.first()));
    if (type_ != KeyType::rsa) order_ = order(type_);
  }

  // next(): a good one and what became of it.
  std::array<Case, 2> next() {
    Case good{.key = random_() % keys.size(), .message = random_octets(random_, random_() % 8 == 0 ? random_() % 3000 : random_() % 300), .signature = {}};
    good.signature = keys[good.key].sign(algorithm_, good.message);
    Case bad = good;
    spoil(bad);
    for (Case* c : {&good, &bad}) c->expected = keys[c->key].accepts(algorithm_, c->message, c->signature) ? SignatureResult::valid : SignatureResult::invalid;
    return {std::move(good), std::move(bad)};
  }

  std::vector<SigningKey> keys;

 private:
  void spoil(Case& c) {
    const std::size_t bits = 8 * c.signature.size();
    switch (random_() % 12) {
      case 0: return c.way = "a bit of the signature", void(c.signature = test::flipped(c.signature, random_() % bits));
      case 1: return c.way = "a bit near an end", void(c.signature = test::flipped(c.signature, random_() % 2 == 0 ? random_() % 16 : bits - 1 - random_() % 16));
      case 2: return c.way = "a bit of the message", void(c.message = c.message.empty() ? Octets(1) : test::flipped(c.message, random_() % (8 * c.message.size())));
      case 3: return c.way = "an octet more in the message", void(c.message.push_back(std::byte{0}));
      case 4: return c.way = "another key", void(c.key = (c.key + 1 + random_() % (keys.size() - 1)) % keys.size());
      case 5:
        c.way = "another length";
        if (random_() % 2 == 0) return c.signature.pop_back();
        return c.signature.insert(random_() % 2 == 0 ? c.signature.begin() : c.signature.end(), std::byte{0}), void();
      case 6: return c.way = "at random", void(c.signature = random_octets(random_, c.signature.size()));
      default: break;
    }
    type_ == KeyType::rsa ? spoil_rsa(c) : type_ == KeyType::ed25519 ? spoil_ed25519(c) : spoil_ecdsa(c);
  }

  // RFC 8017 section 8.
  void spoil_rsa(Case& c) {
    const SigningKey& key = keys[c.key];
    const Number& n = firsts_[c.key];
    const Number s = Number::big_endian(c.signature);
    const auto set = [&](const Number& number) { c.signature = number.fits(c.signature.size()) ? number.big_endian(c.signature.size()) : random_octets(random_, c.signature.size()); };
    switch (random_() % 6) {
      case 0: return c.way = "n - s", set(n - s);
      case 1: return c.way = "s + n", set(s + n);
      case 2: {
        c.way = "an edge";
        const std::array<Number, 5> edges{Number(0), Number(1), n - Number(1), n, n + Number(1)};
        return set(edges[random_() % edges.size()]);
      }
      case 3: {
        c.way = "another algorithm of RSA";
        const std::vector<Algorithm> all = test::algorithms(KeyType::rsa);
        return void(c.signature = key.sign(all[random_() % all.size()], c.message));
      }
      case 4: {
        c.way = "another salt";
        const char* hash = hash_name();
        return void(c.signature = key.sign_pss(hash, hash, static_cast<int>(random_() % 70), c.message));
      }
      default: {
        c.way = "an octet of the encoded message";
        // s^e = EM of the right key, so that only its padding is wrong.
        Octets encoded = power(s, Number::big_endian(key.second()), n).big_endian(c.signature.size());
        const std::size_t at = random_() % 2 == 0 ? random_() % encoded.size() : (random_() % 2 == 0 ? random_() % 12 : encoded.size() - 1 - random_() % 90);
        encoded[at] ^= static_cast<std::byte>(1 + random_() % 255);
        if (BN_cmp(Number::big_endian(encoded).get(), n.get()) < 0) c.signature = key.apply(encoded);
        return;
      }
    }
  }

  // SEC 1 section 4.1.4; n - s stays valid.
  void spoil_ecdsa(Case& c) {
    const std::size_t half = c.signature.size() / 2;
    const Number r = Number::big_endian(std::span(c.signature).first(half));
    const Number s = Number::big_endian(std::span(c.signature).last(half));
    const auto set = [&](const Number& first, const Number& second) {
      c.signature = first.fits(half) && second.fits(half) ? test::concat(first.big_endian(half), second.big_endian(half)) : test::flipped(c.signature, random_() % (16 * half));
    };
    switch (random_() % 7) {
      case 0: return c.way = "r and s exchanged", set(s, r);
      case 1: return c.way = "n - s", set(r, order_ - s);
      case 2: return c.way = "n - r", set(order_ - r, s);
      case 3: return c.way = "r + n", set(r + order_, s);
      case 4: return c.way = "s + n", set(r, s + order_);
      case 5: return c.way = "s + 1", set(r, s + Number(1));
      default: {
        c.way = "an edge";
        const std::array<Number, 5> edges{Number(0), Number(1), order_ - Number(1), order_, order_ + Number(1)};
        const Number& edge = edges[random_() % edges.size()];
        return random_() % 2 == 0 ? set(edge, s) : set(r, edge);
      }
    }
  }

  // RFC 8032 section 5.1.7.
  void spoil_ed25519(Case& c) {
    const auto set_scalar = [&c](const Number& number) {
      if (number.fits(32)) std::ranges::copy(number.little_endian(32), c.signature.begin() + 32);
    };
    const Number s = Number::little_endian(std::span(c.signature).last(32));
    switch (random_() % 5) {
      case 0: return c.way = "S + L", set_scalar(s + order_);
      case 1: return c.way = "L - S", set_scalar(order_ - s);
      case 2: return c.way = "-R", void(c.signature[31] ^= std::byte{0x80});
      case 3: return c.way = "S of zero", set_scalar(Number(0));
      default:
        c.way = "R of small order, or not canonical";
        std::fill_n(c.signature.begin(), 32, random_() % 2 == 0 ? std::byte{0} : std::byte{0xFF});
        c.signature[0] = static_cast<std::byte>(random_());
        if (random_() % 2 == 0) c.signature[31] ^= std::byte{0x80};
        return;
    }
  }

  const char* hash_name() const {
    const std::string_view name = test::name(algorithm_);
    return name.ends_with("256") ? "SHA256" : name.ends_with("384") ? "SHA384" : "SHA512";
  }

  const Algorithm algorithm_;
  KeyType type_ = KeyType::unset;
  Random random_;
  std::vector<Number> firsts_;
  Number order_;
};

// Contender: an engine, and the keys as it is to use them: most with a table, some without.
struct Contender {
  std::string name;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<CurveTables> curves;
  std::vector<std::shared_ptr<const KeyMaterial>> keys;
  std::vector<std::shared_ptr<const KeyMaterial>> keys_without_tables;
  std::size_t every = 1;  // it is asked about one in so many

  static Contender at(EngineLevel level, const std::vector<SigningKey>& signing) {
    Contender contender{.name = std::string(name_of(level)), .engine = nullptr, .curves = std::make_unique<CurveTables>(), .keys = {}, .keys_without_tables = {}};
    for (const SigningKey& key : signing) {
      contender.keys.push_back(key.material());
      contender.keys_without_tables.push_back(key.material());
    }
    TableBuilder builder({level, level, level, level}, *contender.curves);
    std::vector<TableWish> wishes;
    for (const auto& key : contender.keys) wishes.push_back({key, 0, 1});
    while (builder.build_next(wishes, kTableBytes)) {
    }
    contender.engine = make_fast_engine(*Kernels::of(level), *contender.curves);
    return contender;
  }
  static Contender reference(const std::vector<SigningKey>& signing, std::size_t every) {
    Contender contender{.name = "reference", .engine = make_reference_engine(), .curves = nullptr, .keys = {}, .keys_without_tables = {}, .every = every};
    for (const SigningKey& key : signing) contender.keys.push_back(key.material());
    contender.keys_without_tables = contender.keys;
    return contender;
  }

  // disagreements(algorithm, cases, random): told on standard error, the first few whole.
  std::size_t disagreements(Algorithm algorithm, const std::vector<Case>& cases, Random& random) {
    constexpr std::array<std::size_t, 10> kBatches{1, 2, 3, 4, 5, 7, 16, 63, 64, 256};
    std::vector<std::size_t> order(cases.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    order.resize(order.size() / every);
    std::vector<SignatureCheckView> checks;
    for (const std::size_t i : order) {
      const auto& set = random() % 8 == 0 ? keys_without_tables : keys;
      checks.push_back({algorithm, set[cases[i].key].get(), cases[i].message, cases[i].signature});
    }
    std::vector<SignatureResult> results(checks.size());
    for (std::size_t i = 0; i < checks.size();) {
      const std::size_t size = std::min(kBatches[random() % kBatches.size()], checks.size() - i);
      verify_batch(*engine, std::span(checks).subspan(i, size), std::span(results).subspan(i, size));
      i += size;
    }
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Case& c = cases[order[i]];
      if (results[i] == c.expected) continue;
      if (++wrong > 3) continue;
      fmt::print(stderr, "{} says {} of: {}, key {}\n  message {}\n  signature {}\n", name, results[i] == SignatureResult::valid ? "valid" : "invalid", c.way, c.key, hex(c.message), hex(c.signature));
    }
    asked += order.size();
    return wrong;
  }
  std::size_t asked = 0;

 private:
  static std::string hex(const Octets& octets) {
    std::string digits;
    for (const std::byte octet : octets) digits += fmt::format("{:02x}", std::to_integer<unsigned>(octet));
    return digits;
  }
};

// check(algorithm, options): whether all agreed.
bool check(Algorithm algorithm, const Options& options) {
  Generator generator(algorithm, options);
  std::vector<Contender> contenders;
  for (const EngineLevel level : kKernelLevels) {
    if (Kernels::of(level)) contenders.push_back(Contender::at(level, generator.keys));
  }
  contenders.push_back(Contender::reference(generator.keys, options.reference_every));
  Random random(options.seed + 1);
  std::size_t made = 0, valid = 0, wrong = 0;
  while (made < options.count && wrong == 0) {
    std::vector<Case> cases;
    while (cases.size() < std::min(kChunk, options.count - made)) std::ranges::move(generator.next(), std::back_inserter(cases));
    for (Contender& contender : contenders) wrong += contender.disagreements(algorithm, cases, random);
    made += cases.size();
    valid += static_cast<std::size_t>(std::ranges::count(cases, SignatureResult::valid, &Case::expected));
  }
  std::string line = fmt::format("{}: {} signatures over {} keys, {} of them valid to OpenSSL;", test::name(algorithm), made, generator.keys.size(), valid);
  for (const Contender& contender : contenders) line += fmt::format(" {} asked about {}{}", contender.name, contender.asked, &contender == &contenders.back() ? ":" : ",");
  fmt::print("{} {}\n", line, wrong == 0 ? "all agree" : fmt::format("{} DISAGREEMENTS, seed {}", wrong, options.seed));
  std::fflush(stdout);
  return wrong == 0 && 2 * valid >= made;  // the good half must be good
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Random signatures, half of them spoilt: our engines and OpenSSL must agree on each.");
  app.add_option("--algorithms", options.algorithms, "such as ES256,EdDSA; default: all")->delimiter(',');
  app.add_option("--count", options.count, "signatures of each algorithm")->capture_default_str()->check(CLI::Range(2, 1'000'000'000));
  app.add_option("--keys", options.keys, "keys of each algorithm")->capture_default_str()->check(CLI::Range(2, 2000));
  app.add_option("--reference-every", options.reference_every, "the reference engine, which is slow, is asked about one in so many")->capture_default_str()->check(CLI::Range(1, 1'000'000));
  app.add_option("--seed", options.seed, "of all that is random but the keys and the signers' own choices")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::vector<Algorithm> chosen;
  for (std::size_t i = 1; i <= kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    if (options.algorithms.empty() || std::ranges::find(options.algorithms, test::name(algorithm)) != options.algorithms.end()) chosen.push_back(algorithm);
  }
  if (!options.algorithms.empty() && chosen.size() != options.algorithms.size()) {
    fmt::print(stderr, "assay-check-signatures: an algorithm is unknown, or named twice\n");
    return 2;
  }
  bool good = true;
  for (const Algorithm algorithm : chosen) good = check(algorithm, options) && good;
  return good ? 0 : 1;
}
