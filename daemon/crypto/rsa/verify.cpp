// Sends checks to the kernels. What a check needs of its length and range is looked at first, so that a kernel is only given numbers below the modulus. What comes
// back is compared with the padding, but for PKCS#1 by vectors, which compare themselves (Vectors::encodes_one).
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

rsa::PowerOf power_of(const RsaCheckView& check, Encoded& encoded) noexcept {
  return {&check.key->parts(), check.signature, std::span(encoded).first(check.signature.size())};
}

SignatureResult by_one(const rsa::Vectors& vectors, const RsaCheckView& check) noexcept {
  if (check.padding == RsaPadding::pkcs1) return result_of(vectors.encodes_one(pkcs1_of(check)));
  Encoded encoded;
  vectors.power_one(power_of(check, encoded));
  return encodes(simd_hashes(), check, encoded.data());
}

// Batches are cut into pieces of this many, so that what is kept of them lies on the stack.
constexpr std::size_t kPieceMax = 256;

// Place: a computable check that the vector kernels can take. Those of equal group may be answered together.
struct Place {
  std::uint64_t group;
  std::size_t index;
};

// group_of(vectors, check): what the lanes have in common: shape, padding and exponent.
std::uint64_t group_of(const rsa::Vectors& vectors, const RsaCheckView& check) noexcept {
  const RsaKey::Parts& parts = check.key->parts();
  return std::uint64_t{vectors.shape(parts)} << 40 | std::uint64_t{static_cast<std::uint8_t>(check.padding)} << 32 | parts.exponent;
}

// by_lanes(vectors, checks, results, places): as many places as there are lanes, or fewer; lanes without a place repeat the first, unanswered.
void by_lanes(const rsa::Vectors& vectors, std::span<const RsaCheckView> checks, std::span<SignatureResult> results, std::span<const Place> places) noexcept {
  const auto check_of = [&](std::size_t lane) -> const RsaCheckView& { return checks[places[lane < places.size() ? lane : 0].index]; };
  if (check_of(0).padding == RsaPadding::pkcs1) {
    std::array<rsa::Pkcs1Of, rsa::kLanesMax> asked;
    for (std::size_t lane = 0; lane < vectors.lanes; ++lane) asked[lane] = pkcs1_of(check_of(lane));
    const std::uint32_t answers = vectors.encodes_lanes(asked.data());
    for (std::size_t lane = 0; lane < places.size(); ++lane) results[places[lane].index] = result_of((answers >> lane & 1) != 0);
    return;
  }
  std::array<Encoded, rsa::kLanesMax> encoded;
  std::array<rsa::PowerOf, rsa::kLanesMax> powers;
  for (std::size_t lane = 0; lane < vectors.lanes; ++lane) powers[lane] = power_of(check_of(lane), encoded[lane]);
  vectors.power_lanes(powers.data());
  for (std::size_t lane = 0; lane < places.size(); ++lane) results[places[lane].index] = encodes(simd_hashes(), check_of(lane), encoded[lane].data());
}

// by_group(vectors, checks, results, places, routed): places of one group.
void by_group(const rsa::Vectors& vectors, std::span<const RsaCheckView> checks, std::span<SignatureResult> results, std::span<const Place> places,
              RsaRouted& routed) noexcept {
  while (places.size() >= vectors.together_from) {
    const std::size_t count = std::min(places.size(), vectors.lanes);
    by_lanes(vectors, checks, results, places.first(count));
    routed.together += count;
    places = places.subspan(count);
  }
  for (const Place& place : places) {
    results[place.index] = by_one(vectors, checks[place.index]);
    ++routed.one_by_one;
  }
}

void verify_piece(const rsa::Vectors& vectors, std::span<const RsaCheckView> checks, std::span<SignatureResult> results, RsaRouted& routed) noexcept {
  std::array<Place, kPieceMax> storage;
  std::size_t count = 0;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    results[i] = SignatureResult::invalid;
    if (!computable(checks[i])) continue;
    if (vectors.takes(checks[i].key->parts())) {
      storage[count++] = {group_of(vectors, checks[i]), i};
    } else if (vectors.below != nullptr && vectors.below->takes(checks[i].key->parts())) {
      results[i] = by_one(*vectors.below, checks[i]);
      ++routed.one_by_one;
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
    by_group(vectors, checks, results, places.subspan(start, end - start), routed);
    start = end;
  }
}

// verify_by(vectors, checks, results): vectors is not null (CHECKed).
RsaRouted verify_by(const rsa::Vectors* vectors, std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept {
  CHECK(results.size() == checks.size() && vectors != nullptr);
  RsaRouted routed;
  while (!checks.empty()) {
    const std::size_t count = std::min(checks.size(), kPieceMax);
    verify_piece(*vectors, checks.first(count), results.first(count), routed);
    checks = checks.subspan(count);
    results = results.subspan(count);
  }
  return routed;
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
  return verify_by(rsa::simd_vectors(), checks, results);
}

RsaRouted verify_rsa_ifma_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept {
  return verify_by(rsa::ifma_vectors(), checks, results);
}

}  // namespace assay::crypto
