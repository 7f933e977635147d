// Private to crypto: what a key knows beforehand for kernels that raise a number in a form of their own.
//
// They start from the plain number, as the scalar kernel does (key.cpp), and each of their reductions divides by a power of two, R.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/padding.h"

namespace assay::crypto::rsa {

inline constexpr std::array kHashes{RsaHash::sha256, RsaHash::sha384, RsaHash::sha512};

struct FormNumbers {
  // R^e 2^dropped_bits mod n: brings a power back from what e - 1 reductions, the one by this factor, and a last one by so many bits have left of it.
  Residue factor;
  // -R^(2 - e) mod n: times an encoding, what must be added to the power before its last reduction to make a multiple of n.
  Residue negative;
  // Of each of kHashes: the PKCS#1 encoding of a digest that is zero, times `negative`, mod n.
  std::array<Residue, kHashes.size()> heads;
};

// form_numbers(modulus, e, r_bits, dropped_bits): R = 2^r_bits, r_bits no more than twice the bits of the modulus.
FormNumbers form_numbers(const Modulus& modulus, std::uint32_t e, std::size_t r_bits, std::size_t dropped_bits) noexcept;

}  // namespace assay::crypto::rsa
