// Four signatures, one a lane, under keys of one shape and exponent: what full batches are verified by.
//
// A number of 4 K digits is as many vectors. Products, those of long reduction stages too, are Karatsuba's down to blocks of kBase digits, in signed digits, so
// that differences need no sign of their own; below that a block is straight-line code whose accumulators stay in registers. The kernels are few and small, so
// that a whole squaring with its reduction runs from the op cache. Arrays begin where cache lines do: on the stack they may fall half a line off, which costs 6 %
// (measured on Zen 3).
#pragma once

#include "crypto/rsa/columns_avx2.h"

namespace assay::crypto::rsa {
namespace {

// Four<Ops, kShape, P>: the arithmetic of one shape, by operations `Ops` and with plans P.
template <class Ops, std::size_t kShape, class P = Plans>
struct Four {
  using Double = typename Ops::Double;
  using Integer = typename Ops::Integer;
  using Doubles = typename Ops::Doubles;
  using Integers = typename Ops::Integers;
  using Constants = typename Ops::Constants;
  static constexpr const Shape& kS = kShapes[kShape];
  static constexpr std::size_t kDigits = kS.digits();
  static constexpr std::size_t kBase = kS.block == 22 ? 11 : kS.block;
  static constexpr std::size_t kStripMax = kS.block == 16 ? 8 : 11;
  static constexpr std::size_t kKaratsubaMin = 32;  // rows of a reduction's product from which Karatsuba's beats strips
  static constexpr std::size_t kBlocks = kDigits / kBase;
  // Digits of a number below the modulus, such as the reduction's factors: those above are zero and left out of strips.
  static constexpr std::size_t kModulusDigits = (kS.bits_max() + kDigitBits) / kDigitBits;
  static_assert(kModulusDigits <= kDigits);
  // A remainder of 48 bits would let the balanced digit below carry into one that is left out.
  static_assert(kS.bits_max() % kDigitBits < kDigitBits - 1);
  // A stage by Karatsuba's may write zeros above its product's last column.
  static constexpr std::size_t kColumns = 2 * kDigits + kS.slack;

  // The reductions' constants of the four keys, interleaved.
  struct Keys {
    alignas(64) Doubles stages[kS.stage_count][kDigits];
  };

  ASSAY_KERNEL static void square_base(Integers* columns, const Doubles* a) noexcept {
    alignas(64) Doubles doubled[kBase];
    for (std::size_t i = 0; i < kBase; ++i) doubled[i] = Ops::add(a[i], a[i]);
    constexpr const auto& kPlan = P::template kOfDifferences<kBase, kBase, BlockKind::square>;
    block<Ops, kBase, kBase, BlockKind::square, kPlan, Rows::vectors, Into::nothing>(columns, reinterpret_cast<const Double*>(a), a, doubled);
  }
  ASSAY_KERNEL static void multiply_base(Integers* columns, const Doubles* a, const Doubles* b) noexcept {
    constexpr const auto& kPlan = P::template kOfDifferences<kBase, kBase, BlockKind::product>;
    block<Ops, kBase, kBase, BlockKind::product, kPlan, Rows::vectors, Into::nothing>(columns, reinterpret_cast<const Double*>(a), b, b);
  }
  // add_rows<kRows>(columns, q, y): columns += q y, kRows digits of q, all of y, which is below the modulus.
  template <std::size_t kRows>
  ASSAY_KERNEL static void add_rows(Integers* columns, const Doubles* q, const Doubles* y) noexcept {
    strip<Ops, kRows, kModulusDigits, P::template kPlain<kRows, kModulusDigits, BlockKind::product>, Into::columns>(columns, reinterpret_cast<const Double*>(q), y);
  }

  // difference<kCount>(d, a): d = a[0 .. kCount-1] - a[kCount ..], carried.
  template <std::size_t kCount>
  ASSAY_KERNEL static void difference(Doubles* d, const Doubles* a) noexcept {
    Doubles carry = Ops::doubles(0);
    for (std::size_t i = 0; i + 1 < kCount; ++i) {
      const auto parts = Ops::split(Ops::subtract(a[i], a[kCount + i]));
      d[i] = Ops::add(parts.digit, carry);
      carry = Ops::carried(parts.above);
    }
    d[kCount - 1] = Ops::add(Ops::subtract(a[kCount - 1], a[2 * kCount - 1]), carry);
  }

  // join<kQuarter>(columns, middle): columns hold the products of the low halves and of the high halves; both, less middle, are added between them.
  template <std::size_t kQuarter>
  ASSAY_KERNEL static void join(Integers* columns, const Integers* middle) noexcept {
    for (std::size_t i = 0; i < kQuarter; ++i) {
      const Integers shared = Ops::add(columns[kQuarter + i], columns[2 * kQuarter + i]);
      const Integers low = Ops::add(shared, columns[i]);
      const Integers high = Ops::add(shared, columns[3 * kQuarter + i]);
      columns[kQuarter + i] = Ops::subtract(low, middle[i]);
      columns[2 * kQuarter + i] = Ops::subtract(high, middle[kQuarter + i]);
    }
  }

  // square<kCount>(columns, a): kCount blocks; a_0^2, a_1^2, and 2 a_0 a_1 = a_0^2 + a_1^2 - (a_0 - a_1)^2.
  template <std::size_t kCount>
  static void square(Integers* columns, const Doubles* a) noexcept {
    if constexpr (kCount == 1) {
      square_base(columns, a);
    } else {
      constexpr std::size_t kHalfDigits = kCount / 2 * kBase;
      alignas(64) Doubles d[kHalfDigits];
      alignas(64) Integers middle[2 * kHalfDigits];
      square<kCount / 2>(columns, a);
      square<kCount / 2>(columns + 2 * kHalfDigits, a + kHalfDigits);
      difference<kHalfDigits>(d, a);
      square<kCount / 2>(middle, d);
      join<kHalfDigits>(columns, middle);
    }
  }

  // multiply<kCount>(columns, a, b): the same of products: a_0 b_1 + a_1 b_0 = a_0 b_0 + a_1 b_1 - (a_0 - a_1) (b_0 - b_1).
  template <std::size_t kCount>
  static void multiply(Integers* columns, const Doubles* a, const Doubles* b) noexcept {
    if constexpr (kCount == 1) {
      multiply_base(columns, a, b);
    } else {
      constexpr std::size_t kHalfDigits = kCount / 2 * kBase;
      alignas(64) Doubles da[kHalfDigits];
      alignas(64) Doubles db[kHalfDigits];
      alignas(64) Integers middle[2 * kHalfDigits];
      multiply<kCount / 2>(columns, a, b);
      multiply<kCount / 2>(columns + 2 * kHalfDigits, a + kHalfDigits, b + kHalfDigits);
      difference<kHalfDigits>(da, a);
      difference<kHalfDigits>(db, b);
      multiply<kCount / 2>(middle, da, db);
      join<kHalfDigits>(columns, middle);
    }
  }

  // digits_of(a, columns): of a number that leaves no carry above its top digit.
  ASSAY_INLINE static void digits_of(Doubles* a, const Integers* columns) noexcept {
    carry_in_lanes<Ops>(a, columns, kDigits);
    Ops::template tops<0b1111>(a[kDigits - 1]);
  }

  // add_product<kCount>(columns, q, y): columns += q y, q of kCount digits: by Karatsuba if they are blocks enough, else in strips of up to kStripMax rows.
  template <std::size_t kCount>
  ASSAY_INLINE static void add_product(Integers* columns, const Doubles* q, const Doubles* y) noexcept {
    if constexpr (kCount >= kKaratsubaMin) {
      for (std::size_t start = 0; start < kDigits; start += kCount) {
        alignas(64) Integers product[2 * kCount];
        multiply<kCount / kBase>(product, q, y + start);
        for (std::size_t i = 0; i < 2 * kCount; ++i) columns[start + i] = Ops::add(columns[start + i], product[i]);
      }
    } else {
      add_strips<kCount>(columns, q, y);
    }
  }
  template <std::size_t kCount>
  ASSAY_INLINE static void add_strips(Integers* columns, const Doubles* q, const Doubles* y) noexcept {
    constexpr std::size_t kStrips = (kCount + kStripMax - 1) / kStripMax;
    constexpr std::size_t kRows = (kCount + kStrips - 1) / kStrips;
    add_rows<kRows>(columns, q, y);
    if constexpr (kCount > kRows) add_strips<kCount - kRows>(columns + kRows, q + kRows, y);
  }

  // reduce_from<kStage>(columns, keys): the stages from that one on; columns begin with its quotient, and the result is what they end with.
  template <std::size_t kStage>
  ASSAY_INLINE static void reduce_from(Integers* columns, const Keys& keys) noexcept {
    if constexpr (kStage < kS.stage_count) {
      constexpr std::size_t kCount = kS.stage(kStage);
      alignas(64) Doubles q[kCount];
      columns[kCount] = Ops::add(columns[kCount], carry_in_lanes<Ops>(q, columns, kCount));
      add_product<kCount>(columns + kCount, q, keys.stages[kStage]);
      reduce_from<kStage + 1>(columns + kCount, keys);
    }
  }

  // reduce(columns, keys): of the 2 kDigits columns of a product; the result stands in columns[kDigits ..].
  ASSAY_KERNEL static void reduce(Integers* columns, const Keys& keys) noexcept {
    for (std::size_t i = 2 * kDigits; i < kColumns; ++i) columns[i] = Ops::integers(0);
    reduce_from<0>(columns, keys);
  }

  // interleave(out, tables): one table of each of the four keys; vector r of one holds digits r, K + r, 2 K + r and 3 K + r.
  ASSAY_KERNEL static void interleave(Doubles* out, const Double* const (&tables)[kLanes]) noexcept {
    for (std::size_t r = 0; r < kS.block; ++r) {
      const Doubles v0 = reinterpret_cast<const Doubles*>(tables[0])[r];
      const Doubles v1 = reinterpret_cast<const Doubles*>(tables[1])[r];
      const Doubles v2 = reinterpret_cast<const Doubles*>(tables[2])[r];
      const Doubles v3 = reinterpret_cast<const Doubles*>(tables[3])[r];
      const Doubles even01 = Ops::evens(v0, v1);
      const Doubles odd01 = Ops::odds(v0, v1);
      const Doubles even23 = Ops::evens(v2, v3);
      const Doubles odd23 = Ops::odds(v2, v3);
      out[r] = Ops::template halves<0, 2>(even01, even23);
      out[kS.block + r] = Ops::template halves<0, 2>(odd01, odd23);
      out[2 * kS.block + r] = Ops::template halves<1, 3>(even01, even23);
      out[3 * kS.block + r] = Ops::template halves<1, 3>(odd01, odd23);
    }
  }
  static void load_keys(Keys& keys, const Constants* const (&constants)[kLanes]) noexcept {
    const Double* tables[kLanes];
    for (std::size_t stage = 0; stage < kS.stage_count; ++stage) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) tables[lane] = constants[lane]->stages + stage * kDigits;
      interleave(keys.stages[stage], tables);
    }
  }
  static void load_factor(Doubles* factor, const Constants* const (&constants)[kLanes], const Double* Constants::*table) noexcept {
    const Double* tables[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) tables[lane] = constants[lane]->*table;
    interleave(factor, tables);
  }

  // raise(columns, s, e, keys): columns = s^e but for the last reduction: the product with s that an odd exponent ends with.
  static void raise(Integers* columns, const Doubles* s, std::uint32_t e, const Keys& keys) noexcept {
    alignas(64) Doubles a[kDigits];
    for (std::size_t i = 0; i < kDigits; ++i) a[i] = s[i];
    std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(e));
    for (bit >>= 1; bit != 0; bit >>= 1) {
      square<kBlocks>(columns, a);
      reduce(columns, keys);
      digits_of(a, columns + kDigits);
      if ((e & bit) == 0) continue;
      multiply<kBlocks>(columns, a, s);
      if (bit == 1) return;
      reduce(columns, keys);
      digits_of(a, columns + kDigits);
    }
  }
  static void store(Integer* digits, const Integers* columns) noexcept {
    for (std::size_t i = 0; i < kDigits; ++i) reinterpret_cast<Integers*>(digits)[i] = columns[kDigits + i];
  }

  // 2^128 s^e mod n: see vector_power.h.
  static void power(const Constants* const (&constants)[kLanes], Integer* digits) noexcept {
    alignas(64) Keys keys;
    alignas(64) Doubles factor[kDigits];
    alignas(64) Doubles s[kDigits];
    alignas(64) Integers columns[kColumns];
    load_keys(keys, constants);
    load_factor(factor, constants, &Constants::factor);
    digits_of(s, reinterpret_cast<const Integers*>(digits));
    raise(columns, s, constants[0]->exponent, keys);
    reduce(columns, keys);
    digits_of(s, columns + kDigits);
    multiply<kBlocks>(columns, s, factor);
    reduce(columns, keys);
    store(digits, columns);
  }

  // (s^e - encoding) 2^(49 kDigits (1 - e)) mod n: see vector_power.h. The encoding is a head, which the key has multiplied already, and the digest.
  static void encodes(const Constants* const (&constants)[kLanes], const Double* const (&heads)[kLanes], const Integer* digest, Integer* digits) noexcept {
    alignas(64) Keys keys;
    alignas(64) Doubles negative[kDigits];
    alignas(64) Doubles head[kDigits];
    alignas(64) Doubles s[kDigits];
    alignas(64) Doubles of_digest[kDigestDigits];
    alignas(64) Integers columns[kColumns];
    load_keys(keys, constants);
    load_factor(negative, constants, &Constants::negative);
    interleave(head, heads);
    digits_of(s, reinterpret_cast<const Integers*>(digits));
    carry_in_lanes<Ops>(of_digest, reinterpret_cast<const Integers*>(digest), kDigestDigits);
    raise(columns, s, constants[0]->exponent, keys);
    for (std::size_t i = 0; i < kDigits; ++i) columns[i] = Ops::add(columns[i], column_of<Ops>(head[i]));
    add_strips<kDigestDigits>(columns, of_digest, negative);
    reduce(columns, keys);
    store(digits, columns);
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
