// A batch is taken apart by operation: every message is hashed with those of the same hash, and then every signature is verified with those of its family, whatever keys they
// have. What belongs to a check travels by its position in the batch. All memory is taken when the engine is made, but for a curve's working memory, which is taken when
// its table has appeared.
#include "crypto/fast_engine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/limits.h"

namespace assay::crypto {
namespace {

using base::limits::kBatchTokensMax;

// hash_of(algorithm): of the message, before anything else (RFC 7518 section 3.1); unset for EdDSA, which hashes inside.
RsaHash hash_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::ps256:
    case Algorithm::es256: return RsaHash::sha256;
    case Algorithm::rs384:
    case Algorithm::ps384:
    case Algorithm::es384: return RsaHash::sha384;
    case Algorithm::rs512:
    case Algorithm::ps512:
    case Algorithm::es512: return RsaHash::sha512;
    case Algorithm::eddsa:
    case Algorithm::unset: break;
  }
  return RsaHash::unset;
}

RsaPadding padding_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::rs384:
    case Algorithm::rs512: return RsaPadding::pkcs1;
    case Algorithm::ps256:
    case Algorithm::ps384:
    case Algorithm::ps512: return RsaPadding::pss;
    case Algorithm::es256:
    case Algorithm::es384:
    case Algorithm::es512:
    case Algorithm::eddsa:
    case Algorithm::unset: break;
  }
  return RsaPadding::unset;
}

// Picked: some of a batch's checks, as the kernels of one family take them, with the positions that they came from.
template <class View>
class Picked {
 public:
  Picked() {
    views_.reserve(kBatchTokensMax);
    positions_.reserve(kBatchTokensMax);
    results_.resize(kBatchTokensMax);
  }
  // pick(checks, view_of): those for which view_of(check, position) is something.
  template <class ViewOf>
  void pick(std::span<const SignatureCheckView> checks, ViewOf view_of) {
    views_.clear();
    positions_.clear();
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (std::optional<View> view = view_of(checks[i], i)) {
        views_.push_back(*view);
        positions_.push_back(i);
      }
    }
  }
  // answer(results, verify): verify(views, results of theirs), and each result to where its check came from.
  template <class Verify>
  void answer(std::span<SignatureResult> results, Verify verify) {
    if (views_.empty()) return;
    const auto answers = std::span(results_).first(views_.size());
    std::ranges::fill(answers, SignatureResult::unset);
    verify(std::span<const View>(views_), answers);
    for (std::size_t i = 0; i < answers.size(); ++i) results[positions_[i]] = answers[i];
  }
  bool empty() const noexcept { return views_.empty(); }
  std::span<const View> views() const noexcept { return views_; }
  std::span<const std::size_t> positions() const noexcept { return positions_; }

 private:
  std::vector<View> views_;
  std::vector<std::size_t> positions_;
  std::vector<SignatureResult> results_;
};

class FastEngine final : public Engine {
 public:
  FastEngine(const Kernels& kernels, const CurveTables& curves, std::unique_ptr<Engine> fallback) : kernels_(kernels), curves_(curves), reference_(std::move(fallback)) {}

  std::string_view name() const noexcept override { return name_of(kernels_.level); }

  // Nanoseconds of the simd kernels in a batch of 16, with a message of 700 octets (docs/BENCHMARKS.md). Those of ifma are smaller and those of scalar larger by about
  // one factor each, which the batch finds out.
  std::uint64_t cost_ns(Algorithm algorithm, const KeyMaterial& key) const noexcept override {
    switch (algorithm) {
      case Algorithm::es256: return on_curve_ns(algorithm, key, 3'700, 130'000);
      case Algorithm::es384: return on_curve_ns(algorithm, key, 11'000, 360'000);
      case Algorithm::es512: return on_curve_ns(algorithm, key, 22'000, 690'000);
      case Algorithm::eddsa: return on_curve_ns(algorithm, key, 3'800, 21'000);
      case Algorithm::rs256:
      case Algorithm::rs384:
      case Algorithm::rs512:
      case Algorithm::ps256:
      case Algorithm::ps384:
      case Algorithm::ps512: return rsa_ns(key);
      case Algorithm::unset: break;
    }
    return 0;
  }

 private:
  // rsa_ns(key): multiplications go by the square of the size, and there are as many as the exponent has bits, and more where they are set. Above 4,209 bits there is scalar code alone.
  static std::uint64_t rsa_ns(const KeyMaterial& key) noexcept {
    constexpr std::uint64_t kScalarFactor = 5, kSimdBitsMax = 4209, kMultiplicationsOf65537 = 17;
    std::uint64_t multiplications = 0;
    for (const std::byte octet : key.second()) multiplications += 8 + static_cast<std::uint64_t>(std::popcount(std::to_integer<unsigned>(octet)));
    const std::uint64_t once = 8'000 * key.bits() * key.bits() / (2048 * 2048) * multiplications / (kMultiplicationsOf65537 + 9);
    return key.bits() > kSimdBitsMax ? once * kScalarFactor : once;
  }
  // on_curve_ns(...): with a table of the key, without one, or by the reference engine while the curve has none.
  std::uint64_t on_curve_ns(Algorithm algorithm, const KeyMaterial& key, std::uint64_t with_table, std::uint64_t without) const noexcept {
    const bool has_curve = key.type() == KeyType::ed25519 ? curves_.ed25519() != nullptr : curves_.ec(key.type()) != nullptr;
    if (!has_curve) return reference_->cost_ns(algorithm, key);
    return key.ec_table() != nullptr || key.ed25519_table() != nullptr ? with_table : without;
  }

  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    for (std::size_t done = 0; done < checks.size(); done += kBatchTokensMax) {
      const std::size_t count = std::min(kBatchTokensMax, checks.size() - done);
      answer_some(checks.subspan(done, count), results.subspan(done, count));
    }
  }

  void answer_some(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    hash(checks);
    answer_rsa(checks, results);
    answer_ec(KeyType::p256, verifiers_[0], checks, results);
    answer_ec(KeyType::p384, verifiers_[1], checks, results);
    answer_ec(KeyType::p521, verifiers_[2], checks, results);
    answer_ed25519(checks, results);
  }

  // The digest of each message, in digests_, where its family hashes before it verifies.
  void hash(std::span<const SignatureCheckView> checks) noexcept {
    hash_by(RsaHash::sha256, checks, ends_, sha256_, [](const SignatureCheckView& check) {
      const sha2::Sha256Prefix* prefix = check.prefix == nullptr ? &sha2::kNoPrefix : check.prefix;
      return sha2::Sha256EndView{prefix, check.message.subspan(prefix->octets())};
    }, [this](auto ends, auto digests) { sha2::sha256_finish_batch(*kernels_.sha256, ends, digests); });
    const auto message_of = [](const SignatureCheckView& check) { return check.message; };
    hash_by(RsaHash::sha384, checks, messages_, sha384_, message_of, [this](auto messages, auto digests) { sha2::sha384_batch(*kernels_.sha512, messages, digests); });
    hash_by(RsaHash::sha512, checks, messages_, sha512_, message_of, [this](auto messages, auto digests) { sha2::sha512_batch(*kernels_.sha512, messages, digests); });
  }
  template <class Some, class Digests, class ViewOf, class Batch>
  void hash_by(RsaHash hash, std::span<const SignatureCheckView> checks, Some& picked, Digests& digests, ViewOf view_of, Batch batch) noexcept {
    picked.pick(checks, [&](const SignatureCheckView& check, std::size_t) { return hash_of(check.algorithm) == hash ? std::optional(view_of(check)) : std::nullopt; });
    if (picked.empty()) return;
    batch(picked.views(), std::span(digests).first(picked.views().size()));
    for (std::size_t i = 0; i < picked.positions().size(); ++i) digests_[picked.positions()[i]] = digests[i];
  }

  void answer_rsa(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    rsa_.pick(checks, [this](const SignatureCheckView& check, std::size_t i) -> std::optional<RsaCheckView> {
      if (check.key->type() != KeyType::rsa) return std::nullopt;
      return RsaCheckView{check.key->rsa(), padding_of(check.algorithm), hash_of(check.algorithm), digests_[i], check.signature};
    });
    rsa_.answer(results, [this](auto views, auto answers) { kernels_.rsa(views, answers); });
  }

  void answer_ec(KeyType curve, std::optional<ec::Verifier>& verifier, std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    ec_.pick(checks, [this, curve](const SignatureCheckView& check, std::size_t i) -> std::optional<ec::SignatureView> {
      if (check.key->type() != curve) return std::nullopt;
      return ec::SignatureView{check.key->first(), check.key->second(), check.key->ec_table(), digests_[i], check.signature};
    });
    if (ec_.empty()) return;
    if (!verifier) {
      const ec::Table* base = curves_.ec(curve);
      if (base == nullptr || base->arithmetic() != kernels_.ec) return answer_by_reference(curve, checks, results);
      verifier.emplace(*base);
    }
    ec_.answer(results, [&](auto views, auto answers) { verifier->verify(views, answers); });
  }

  void answer_ed25519(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    ed25519_.pick(checks, [](const SignatureCheckView& check, std::size_t) -> std::optional<ed25519::CheckView> {
      if (check.key->type() != KeyType::ed25519) return std::nullopt;
      return ed25519::CheckView{check.key->ed25519(), check.key->ed25519_table(), check.message, check.signature};
    });
    if (ed25519_.empty()) return;
    const ed25519::Table* base = curves_.ed25519();
    if (base == nullptr) return answer_by_reference(KeyType::ed25519, checks, results);
    ed25519_.answer(results, [&](auto views, auto answers) { ed25519::verify_vartime(*kernels_.ed25519, *kernels_.sha512, *base, *ed25519_scratch_, views, answers); });
  }

  void answer_by_reference(KeyType type, std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    others_.pick(checks, [type](const SignatureCheckView& check, std::size_t) { return check.key->type() == type ? std::optional(check) : std::nullopt; });
    others_.answer(results, [this](auto views, auto answers) { verify_batch(*reference_, views, answers); });
  }

  const Kernels kernels_;
  const CurveTables& curves_;
  std::unique_ptr<Engine> reference_;

  std::array<base::Bytes, kBatchTokensMax> digests_;  // by a check's position, in the arrays below
  std::array<Sha256Digest, kBatchTokensMax> sha256_;
  std::array<Sha384Digest, kBatchTokensMax> sha384_;
  std::array<Sha512Digest, kBatchTokensMax> sha512_;
  std::array<std::optional<ec::Verifier>, 3> verifiers_;  // P-256, P-384, P-521
  std::unique_ptr<ed25519::Scratch> ed25519_scratch_ = std::make_unique<ed25519::Scratch>();

  Picked<base::Bytes> messages_;
  Picked<sha2::Sha256EndView> ends_;
  Picked<RsaCheckView> rsa_;
  Picked<ec::SignatureView> ec_;
  Picked<ed25519::CheckView> ed25519_;
  Picked<SignatureCheckView> others_;
};

}  // namespace

std::unique_ptr<Engine> make_fast_engine(const Kernels& kernels, const CurveTables& curves, std::unique_ptr<Engine> fallback) {
  return std::make_unique<FastEngine>(kernels, curves, std::move(fallback));
}

}  // namespace assay::crypto
