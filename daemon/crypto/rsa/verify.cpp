// Sends checks to the kernels. What a check needs of its length and range is looked at first, so that a kernel is only given numbers below the modulus; what
// comes back is compared with the padding, the same for every kernel.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/rsa/key_parts.h"
#include "crypto/rsa/powers.h"
#include "crypto/rsa/rsa.h"

namespace assay::crypto {

namespace {

using Encoded = std::array<std::byte, base::limits::kRsaBitsMax / 8>;

// RFC 8017 sections 8.1.2 and 8.2.2, step 1, and section 5.2.2, step 1.
bool computable(const RsaCheckView& check) noexcept {
  if (check.key == nullptr || check.padding == RsaPadding::unset || check.digest.empty() || check.digest.size() != digest_bytes(check.hash)) return false;
  const rsa::Modulus& modulus = check.key->parts().modulus;
  return check.signature.size() == modulus.bytes() && rsa::below(check.signature, modulus);
}

SignatureResult result_of(bool valid) noexcept { return valid ? SignatureResult::valid : SignatureResult::invalid; }

rsa::Hashes scalar_hashes() noexcept { return {&sha2::sha256_portable(), &sha2::sha512_portable()}; }
rsa::Hashes simd_hashes() noexcept { return {&sha2::sha256_fastest(), sha2::sha512_avx2()}; }

// encodes(hashes, check, encoded): of what was recovered.
SignatureResult encodes(const rsa::Hashes& hashes, const RsaCheckView& check, const std::byte* encoded) noexcept {
  const rsa::Modulus& modulus = check.key->parts().modulus;
  return result_of(rsa::encodes(hashes, check.padding, check.hash, check.digest, {encoded, modulus.bytes()}, modulus.bits()));
}

SignatureResult by_scalar(const RsaCheckView& check) noexcept {
  Encoded encoded;
  rsa::power_scalar_vartime(check.key->parts(), check.signature, std::span(encoded).first(check.signature.size()));
  return encodes(scalar_hashes(), check, encoded.data());
}

rsa::Pkcs1Of pkcs1_of(const RsaCheckView& check) noexcept { return {&check.key->parts(), check.signature, check.hash, check.digest}; }

SignatureResult by_vectors(const RsaCheckView& check) noexcept {
  if (check.padding == RsaPadding::pkcs1) return result_of(rsa::encodes_one_vartime(pkcs1_of(check)));
  Encoded encoded;
  rsa::power_one_vartime(check.key->parts(), check.signature, std::span(encoded).first(check.signature.size()));
  return encodes(simd_hashes(), check, encoded.data());
}

// Batches are cut into pieces of this many, so that what is kept of them lies on the stack.
constexpr std::size_t kPieceMax = 256;

// Place: a computable check that the vector kernels can take. Those of equal group may share a four.
struct Place {
  std::uint64_t group;
  std::size_t index;
};

// group_of(check): what the lanes of a four have in common: shape, padding and exponent.
std::uint64_t group_of(const RsaCheckView& check) noexcept {
  const RsaKey::Parts& parts = check.key->parts();
  return std::uint64_t{parts.vectors->shape()} << 40 | std::uint64_t{static_cast<std::uint8_t>(check.padding)} << 32 | parts.exponent;
}

// by_four(checks, results, places): up to four places; lanes without a place repeat the first, unanswered.
void by_four(std::span<const RsaCheckView> checks, std::span<SignatureResult> results, std::span<const Place> places) noexcept {
  const auto check_of = [&](std::size_t lane) -> const RsaCheckView& { return checks[places[lane < places.size() ? lane : 0].index]; };
  if (check_of(0).padding == RsaPadding::pkcs1) {
    const auto answers = rsa::encodes_four_vartime({pkcs1_of(check_of(0)), pkcs1_of(check_of(1)), pkcs1_of(check_of(2)), pkcs1_of(check_of(3))});
    for (std::size_t lane = 0; lane < places.size(); ++lane) results[places[lane].index] = result_of(answers[lane]);
    return;
  }
  std::array<Encoded, rsa::kLanes> encoded;
  std::array<rsa::PowerOf, rsa::kLanes> four;
  for (std::size_t lane = 0; lane < rsa::kLanes; ++lane) {
    const RsaCheckView& check = check_of(lane);
    four[lane] = {&check.key->parts(), check.signature, std::span(encoded[lane]).first(check.signature.size())};
  }
  rsa::power_four_vartime(four);
  for (std::size_t lane = 0; lane < places.size(); ++lane) results[places[lane].index] = encodes(simd_hashes(), check_of(lane), encoded[lane].data());
}

// by_group(checks, results, places, routed): places of one group. Three take less time as a four than one by one.
void by_group(std::span<const RsaCheckView> checks, std::span<SignatureResult> results, std::span<const Place> places, RsaRouted& routed) noexcept {
  constexpr std::size_t kFourFrom = 3;
  while (places.size() >= kFourFrom) {
    const std::size_t count = std::min(places.size(), rsa::kLanes);
    by_four(checks, results, places.first(count));
    routed.by_fours += count;
    places = places.subspan(count);
  }
  for (const Place& place : places) {
    results[place.index] = by_vectors(checks[place.index]);
    ++routed.one_by_one;
  }
}

void verify_piece(std::span<const RsaCheckView> checks, std::span<SignatureResult> results, RsaRouted& routed) noexcept {
  std::array<Place, kPieceMax> storage;
  std::size_t count = 0;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    results[i] = SignatureResult::invalid;
    if (!computable(checks[i])) continue;
    if (checks[i].key->parts().vectors != nullptr) {
      storage[count++] = {group_of(checks[i]), i};
    } else {
      results[i] = by_scalar(checks[i]);
      ++routed.scalar;
    }
  }
  const auto places = std::span(storage).first(count);
  std::ranges::sort(places, {}, &Place::group);
  for (std::size_t start = 0; start < count;) {
    std::size_t end = start + 1;
    while (end < count && places[end].group == places[start].group) ++end;
    by_group(checks, results, places.subspan(start, end - start), routed);
    start = end;
  }
}

}  // namespace

RsaRouted verify_rsa_scalar_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept {
  CHECK(results.size() == checks.size());
  RsaRouted routed;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    results[i] = SignatureResult::invalid;
    if (!computable(checks[i])) continue;
    results[i] = by_scalar(checks[i]);
    ++routed.scalar;
  }
  return routed;
}

RsaRouted verify_rsa_simd_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept {
  CHECK(results.size() == checks.size() && rsa_simd_supported());
  RsaRouted routed;
  while (!checks.empty()) {
    const std::size_t count = std::min(checks.size(), kPieceMax);
    verify_piece(checks.first(count), results.first(count), routed);
    checks = checks.subspan(count);
    results = results.subspan(count);
  }
  return routed;
}

}  // namespace assay::crypto
