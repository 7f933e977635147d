// Private to ed25519: GF(p), p = 2^255 - 19, in general registers: five limbs of 51 bits.
//
// Limbs may be longer than 51 bits: multiply and square take limbs below 2^54 and give limbs below 2^51 + 2^13; add and subtract do not carry. So a sum or a difference
// of two products, and such a sum or difference plus one product, may be multiplied again; decode and the formulas of edwards.h go no further.
// Plain domain. Nothing here is constant-time by intent; the data is public. Checked against OpenSSL's BIGNUM (tests/crypto/ed25519/field_test.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace assay::crypto::ed25519 {

inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 51) - 1;

// FieldElement: sum of limb[i] 2^(51 i), modulo p. A value; without an initializer, anything.
struct FieldElement {
  std::uint64_t limb[5];
};

// Words: a number below 2^256, little-endian.
struct Words {
  std::uint64_t word[4];
  friend bool operator==(const Words&, const Words&) noexcept = default;
};

inline constexpr FieldElement kZero = {{0, 0, 0, 0, 0}};
inline constexpr FieldElement kOne = {{1, 0, 0, 0, 0}};

// Field: the operations that the formulas of edwards.h are written in.
struct Field {
  using Element = FieldElement;
  __extension__ typedef unsigned __int128 Wide;

  static void set_one(Element& r) noexcept { r = kOne; }

  // r = a + b.
  static void add(Element& r, const Element& a, const Element& b) noexcept {
    for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] + b.limb[i];
  }

  // r = a - b + 4p; limbs of b below 2^53 - 2^7.
  static void subtract(Element& r, const Element& a, const Element& b) noexcept {
    r.limb[0] = a.limb[0] + 4 * (kLimbMask - 18) - b.limb[0];
    for (int i = 1; i < 5; ++i) r.limb[i] = a.limb[i] + 4 * kLimbMask - b.limb[i];
  }

  // r = a b. Limbs of a and b below 2^54, so that columns stay below 2^115.
  static void multiply(Element& r, const Element& a, const Element& b) noexcept {
    const std::uint64_t* x = a.limb;
    const std::uint64_t* y = b.limb;
    const std::uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];  // 2^255 = 19
    Wide t[5];
    t[0] = Wide{x[0]} * y[0] + Wide{x[1]} * y4 + Wide{x[2]} * y3 + Wide{x[3]} * y2 + Wide{x[4]} * y1;
    t[1] = Wide{x[0]} * y[1] + Wide{x[1]} * y[0] + Wide{x[2]} * y4 + Wide{x[3]} * y3 + Wide{x[4]} * y2;
    t[2] = Wide{x[0]} * y[2] + Wide{x[1]} * y[1] + Wide{x[2]} * y[0] + Wide{x[3]} * y4 + Wide{x[4]} * y3;
    t[3] = Wide{x[0]} * y[3] + Wide{x[1]} * y[2] + Wide{x[2]} * y[1] + Wide{x[3]} * y[0] + Wide{x[4]} * y4;
    t[4] = Wide{x[0]} * y[4] + Wide{x[1]} * y[3] + Wide{x[2]} * y[2] + Wide{x[3]} * y[1] + Wide{x[4]} * y[0];
    carry(r, t);
  }

  // r = a^2.
  static void square(Element& r, const Element& a) noexcept {
    const std::uint64_t* x = a.limb;
    const std::uint64_t twice0 = 2 * x[0], twice1 = 2 * x[1], x3 = 19 * x[3], x4 = 19 * x[4];
    Wide t[5];
    t[0] = Wide{x[0]} * x[0] + Wide{twice1} * x4 + Wide{2 * x[2]} * x3;
    t[1] = Wide{twice0} * x[1] + Wide{2 * x[2]} * x4 + Wide{x[3]} * x3;
    t[2] = Wide{twice0} * x[2] + Wide{x[1]} * x[1] + Wide{2 * x[3]} * x4;
    t[3] = Wide{twice0} * x[3] + Wide{twice1} * x[2] + Wide{x[4]} * x4;
    t[4] = Wide{twice0} * x[4] + Wide{twice1} * x[3] + Wide{x[2]} * x[2];
    carry(r, t);
  }

 private:
  static void carry(Element& r, Wide (&t)[5]) noexcept {
    for (int i = 0; i < 4; ++i) t[i + 1] += static_cast<std::uint64_t>(t[i] >> 51);
    const std::uint64_t low = (static_cast<std::uint64_t>(t[0]) & kLimbMask) + 19 * static_cast<std::uint64_t>(t[4] >> 51);
    r.limb[0] = low & kLimbMask;
    r.limb[1] = (static_cast<std::uint64_t>(t[1]) & kLimbMask) + (low >> 51);
    for (int i = 2; i < 5; ++i) r.limb[i] = static_cast<std::uint64_t>(t[i]) & kLimbMask;
  }
};

inline FieldElement operator+(const FieldElement& a, const FieldElement& b) noexcept {
  FieldElement r;
  Field::add(r, a, b);
  return r;
}
inline FieldElement operator-(const FieldElement& a, const FieldElement& b) noexcept {
  FieldElement r;
  Field::subtract(r, a, b);
  return r;
}
inline FieldElement operator*(const FieldElement& a, const FieldElement& b) noexcept {
  FieldElement r;
  Field::multiply(r, a, b);
  return r;
}

// load_words(octets): 32 octets, little-endian. from_words(words): bit 255 is ignored; below 2^255, not necessarily below p.
Words load_words(const std::byte* octets) noexcept;
FieldElement from_words(const Words& words) noexcept;
// to_words(a): the one representative below p. Limbs below 2^63.
Words to_words(const FieldElement& a) noexcept;
// carried(a): the same element with limbs below 2^51 + 2^13.
inline FieldElement carried(const FieldElement& a) noexcept { return a * kOne; }
bool is_zero(const FieldElement& a) noexcept;
bool equal(const FieldElement& a, const FieldElement& b) noexcept;

// power_2_252_3(a): a^(2^252 - 3) = a^((p - 5)/8).
FieldElement power_2_252_3(const FieldElement& a) noexcept;

// inverse_vartime(a): 1/a, or 0 for 0.
FieldElement inverse_vartime(const FieldElement& a) noexcept;

}  // namespace assay::crypto::ed25519
