// Signature algorithms and sets of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::crypto {

// Algorithm: the signature algorithms that exist here (RFC 7518 section 3.1, RFC 8037). `none` and HMAC cannot be expressed.
enum class Algorithm : std::uint8_t { unset = 0, rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };

inline constexpr std::size_t kAlgorithmCount = 10;  // without unset

// hashes_by_sha256(algorithm): whether the message itself goes through SHA-256, once (RFC 7518 section 3.1).
constexpr bool hashes_by_sha256(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::rs256 || algorithm == Algorithm::ps256 || algorithm == Algorithm::es256;
}

// AlgorithmSet: a value; a set of algorithms, empty by default.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet() noexcept = default;
  static constexpr AlgorithmSet all() noexcept {
    AlgorithmSet set;
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) set.insert(static_cast<Algorithm>(i));
    return set;
  }
  // insert(algorithm): unset is ignored.
  constexpr void insert(Algorithm algorithm) noexcept {
    if (algorithm != Algorithm::unset) bits_ = static_cast<std::uint16_t>(bits_ | (1U << static_cast<unsigned>(algorithm)));
  }
  constexpr bool contains(Algorithm algorithm) const noexcept { return (bits_ >> static_cast<unsigned>(algorithm) & 1U) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  // bits(): bit k stands for the algorithm of value k; stable within a build, part of a verification key's id.
  constexpr std::uint16_t bits() const noexcept { return bits_; }
  friend constexpr AlgorithmSet operator&(AlgorithmSet a, AlgorithmSet b) noexcept {
    a.bits_ = a.bits_ & b.bits_;
    return a;
  }
  friend constexpr bool operator==(AlgorithmSet, AlgorithmSet) noexcept = default;

 private:
  std::uint16_t bits_ = 0;
};

}  // namespace assay::crypto
