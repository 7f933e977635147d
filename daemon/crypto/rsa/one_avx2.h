// One signature over the four lanes, for what is left of a batch when its fours are taken out, and for a token that comes alone.
//
// A number of 4 K digits is four blocks of K: block l in lane l of K vectors. Columns are kept in a longer row of vectors: lane l of column vector c is
// column K l + c of the whole number, so that lanes overlap, and a product of one digit, broadcast, and a number is one product a vector. Nothing waits for a
// carry to ripple: there are as many steps that depend on each other as the reduction has stages, each a parallel carry pass.
//
// The kernels are small and not inlined on purpose: straight-line code beyond some 4,000 instructions runs from the decoder instead of the op cache, at two
// thirds of the speed (measured on Zen 3).
#pragma once

#include "crypto/rsa/columns_avx2.h"

namespace assay::crypto::rsa {
namespace {

// One<Ops, kShape, P>: the arithmetic of one shape, by operations `Ops` and with plans P.
template <class Ops, std::size_t kShape, class P = Plans>
struct One {
  using Double = typename Ops::Double;
  using Integer = typename Ops::Integer;
  using Doubles = typename Ops::Doubles;
  using Integers = typename Ops::Integers;
  using Constants = typename Ops::Constants;
  static constexpr const Shape& kS = kShapes[kShape];
  static constexpr std::size_t kBlock = kS.block;
  static constexpr std::size_t kDigits = kS.digits();
  static constexpr std::size_t kSpill = kS.slack;  // column vectors above the result's, whose lanes belong to its next lanes
  static constexpr std::size_t kColumnVectors = kDigits + kBlock + kSpill;

  ASSAY_INLINE static Integers half_swapped(Integers v) noexcept { return Ops::template halves<1, 0>(v, v); }
  // low_half(v), high_half(v), without_first(v), without_last(v): the other lanes are zero.
  ASSAY_INLINE static Integers low_half(Integers v) noexcept { return Ops::template blend<0b0011>(Ops::integers(0), v); }
  ASSAY_INLINE static Integers high_half(Integers v) noexcept { return Ops::template blend<0b1100>(Ops::integers(0), v); }
  ASSAY_INLINE static Integers without_first(Integers v) noexcept { return Ops::template blend<0b0001>(v, Ops::integers(0)); }
  ASSAY_INLINE static Integers without_last(Integers v) noexcept { return Ops::template blend<0b1000>(v, Ops::integers(0)); }
  // up(v): each lane to the next one; the first is zero. down(v): each lane to the one before; the last is zero.
  ASSAY_INLINE static Integers up(Integers v) noexcept { return without_first(Ops::template permute<0, 0, 1, 2>(v)); }
  ASSAY_INLINE static Integers down(Integers v) noexcept { return without_last(Ops::template permute<1, 2, 3, 3>(v)); }

  // fold_chunk, fold<kRows>(columns, q, y): columns += q y: q of kRows digits, every fourth double; y over the lanes.
  template <std::size_t kRows>
  ASSAY_KERNEL static void fold_chunk(Integers* columns, const Double* q, const Doubles* y) noexcept {
    block<Ops, kRows, kBlock, BlockKind::product, P::template kPlain<kRows, kBlock, BlockKind::product>, Rows::broadcast, Into::columns>(columns, q, y, y);
  }
  // Few and small kernels where a step would not fit into the op cache: 22 by chunks of 6 is 11 % faster than by chunks of 8.
  static constexpr std::size_t kChunkMax = kBlock == 22 ? 6 : kBlock == 16 ? 8 : 11;
  template <std::size_t kRows>
  ASSAY_INLINE static void fold(Integers* columns, const Double* q, const Doubles* y) noexcept {
    constexpr std::size_t kChunks = (kRows + kChunkMax - 1) / kChunkMax;
    constexpr std::size_t kChunk = (kRows + kChunks - 1) / kChunks;
    fold_chunk<kChunk>(columns, q, y);
    if constexpr (kRows > kChunk) fold<kRows - kChunk>(columns + kChunk, q + 4 * kChunk, y);
  }

  // square(columns, x, z, z2): lane-wise, the square of x if z is x, else half of what makes 2 x z (see squares). 2 kBlock columns.
  ASSAY_KERNEL static void square(Integers* columns, const Doubles* x, const Doubles* z, const Doubles* z2) noexcept {
    constexpr const auto& kPlan = P::template kOfDifferences<kBlock, kBlock, BlockKind::square>;
    block<Ops, kBlock, kBlock, BlockKind::square, kPlan, Rows::vectors, Into::nothing>(columns, reinterpret_cast<const Double*>(x), z, z2);
  }

  struct Squares {
    Integers own[2 * kBlock];         // a_l^2
    Integers difference[2 * kBlock];  // (a_l - a_(l+1))^2, so that 2 a_l a_(l+1) is the squares of both less it
    Integers opposite[2 * kBlock];    // lanes l and l + 2 together: 2 a_l a_(l+2)
  };
  // squares: Karatsuba for neighbours; opposite blocks, of which there are only two pairs, by half a product in each of their lanes.
  ASSAY_KERNEL static void squares(Squares& squares, const Doubles* a) noexcept {
    Doubles other[kBlock];
    Doubles doubled[kBlock];
    for (std::size_t r = 0; r < kBlock; ++r) doubled[r] = Ops::add(a[r], a[r]);
    square(squares.own, a, a, doubled);
    for (std::size_t r = 0; r < kBlock; ++r) {
      other[r] = Ops::template permute<2, 3, 0, 1>(a[r]);
      doubled[r] = Ops::add(other[r], other[r]);
    }
    square(squares.opposite, a, other, doubled);
    for (std::size_t r = 0; r < kBlock; ++r) other[r] = Ops::subtract(a[r], Ops::template permute<1, 2, 3, 0>(a[r]));
    carry_difference<Ops, kBlock>(other);
    for (std::size_t r = 0; r < kBlock; ++r) doubled[r] = Ops::add(other[r], other[r]);
    square(squares.difference, other, other, doubled);
  }

  // Blocks: one column of each of the eight blocks of a square.
  struct Blocks {
    Integers low;   // blocks 0 to 3
    Integers high;  // blocks 4 to 7
  };
  // blocks_of(s, r): column r of each. A square of block l lies over blocks 2 l and 2 l + 1; a product of blocks l and m over l + m and l + m + 1.
  ASSAY_INLINE static Blocks blocks_of(const Squares& s, std::size_t r) noexcept {
    const Integers own_low = s.own[r];
    const Integers own_high = s.own[kBlock + r];
    const Integers even = Ops::evens(own_low, own_high);
    const Integers odd = Ops::odds(own_low, own_high);
    Integers low = Ops::template halves<0, 2>(even, odd);
    Integers high = Ops::template halves<1, 3>(even, odd);
    // Neighbours 01, 12, 23, 30 by lane; 12 and 30 fall on the same blocks, 3 and 4.
    const Integers next_low = Ops::subtract(Ops::add(own_low, Ops::template permute<1, 2, 3, 0>(own_low)), s.difference[r]);
    const Integers next_high = Ops::subtract(Ops::add(own_high, Ops::template permute<1, 2, 3, 0>(own_high)), s.difference[kBlock + r]);
    const Integers outer = Ops::evens(next_low, next_high);  // 01 for blocks 1 and 2, 23 for blocks 5 and 6
    Integers middle = Ops::odds(next_low, next_high);
    middle = Ops::add(middle, half_swapped(middle));             // blocks 3, 4, 3, 4
    const Integers middle_swapped = Ops::pairs_swapped(middle);  // 4, 3, 4, 3
    low = Ops::add(low, without_first(Ops::template blend<0b1000>(Ops::template permute<0, 0, 1, 1>(outer), middle_swapped)));
    high = Ops::add(high, without_last(Ops::template blend<0b0001>(Ops::template permute<2, 2, 3, 3>(outer), middle_swapped)));
    // Opposite: 02 for blocks 2 and 3, 13 for blocks 4 and 5.
    const Integers zero_two = Ops::evens(s.opposite[r], s.opposite[kBlock + r]);
    const Integers one_three = Ops::odds(s.opposite[r], s.opposite[kBlock + r]);
    low = Ops::add(low, high_half(Ops::add(zero_two, half_swapped(zero_two))));
    high = Ops::add(high, low_half(Ops::add(one_three, half_swapped(one_three))));
    return {low, high};
  }

  // carry_all(biased, columns): a carry pass over the number in columns[0 .. kBlock-1], lanes into each other. The carry out of the top is
  // returned in the last lane.
  ASSAY_INLINE static Integers carry_all(Integers* biased, const Integers* columns) noexcept {
    Biased<Ops> parts[kBlock];
    for (std::size_t r = 0; r < kBlock; ++r) parts[r] = carry_of<Ops>(columns[r]);
    const Integers top = Ops::subtract(parts[kBlock - 1].carry, Ops::integers(kCarryBias));
    biased[0] = Ops::add(parts[0].digit, Ops::add(up(top), Ops::integers(kCarryBias)));
    for (std::size_t r = 1; r < kBlock; ++r) biased[r] = Ops::add(parts[r].digit, parts[r - 1].carry);
    return top;
  }
  // digits_of(a, columns): of a number that leaves no carry above its top digit.
  ASSAY_INLINE static void digits_of(Doubles* a, const Integers* columns) noexcept {
    Integers biased[kBlock];
    carry_all(biased, columns);
    for (std::size_t r = 0; r < kBlock; ++r) a[r] = digit_of<Ops>(biased[r]);
    Ops::template tops<0b1000>(a[kBlock - 1]);
  }

  // take_quotient(q, columns, count): the lowest count columns as digits, in lane 0 of q; what is left in the other lanes goes to where lane 0 will meet it.
  ASSAY_KERNEL static void take_quotient(Doubles* q, Integers* columns, std::size_t count) noexcept {
    Integers carry = Ops::integers(kCarryBias);
    for (std::size_t i = 0; i < count; ++i) {
      const Biased<Ops> parts = carry_of<Ops>(columns[i]);
      const Integers biased = Ops::add(parts.digit, carry);
      carry = parts.carry;
      q[i] = digit_of<Ops>(biased);
      columns[kBlock + i] = Ops::add(columns[kBlock + i], down(Ops::subtract(biased, Ops::integers(kHalf + kCarryBias))));
    }
    columns[count] = Ops::add(columns[count], Ops::subtract(carry, Ops::integers(kCarryBias)));
  }

  // stages_from<kStage>(columns, y): the stages from that one on; columns begin with its quotient.
  template <std::size_t kStage>
  ASSAY_INLINE static void stages_from(Integers* columns, const Doubles* y) noexcept {
    if constexpr (kStage < kS.stage_count) {
      constexpr std::size_t kCount = kS.stage(kStage);
      Doubles q[kCount];
      take_quotient(q, columns, kCount);
      fold<kCount>(columns + kCount, reinterpret_cast<const Double*>(q), y);
      stages_from<kStage + 1>(columns + kCount, y + kBlock);
    }
  }

  // reduce(columns, q, y): all of the reduction. q: digits of the first stage's two blocks, every fourth double from q[0] and from q[1]; the columns are what
  // is above them.
  ASSAY_INLINE static void reduce(Integers* columns, const Double* q0, const Double* q1, const Doubles* y) noexcept {
    static_assert(kS.stage(0) == 2 * kBlock && kS.stage(1) == kBlock);
    Doubles q[kBlock];
    fold<kBlock>(columns + 2 * kBlock, q0, y);
    // The second quotient is complete by now: taking it overlaps with the other half of the first product.
    take_quotient(q, columns + 2 * kBlock, kBlock);
    fold<kBlock>(columns + 3 * kBlock, q1, y);
    fold<kBlock>(columns + 3 * kBlock, reinterpret_cast<const Double*>(q), y + kBlock);
    stages_from<2>(columns + 3 * kBlock, y + 2 * kBlock);
    for (std::size_t i = 0; i < kSpill; ++i) columns[kDigits + i] = Ops::add(columns[kDigits + i], up(columns[kDigits + kBlock + i]));
  }

  // square_and_reduce(columns, a, y): the result stands in columns[kDigits ..].
  ASSAY_KERNEL static void square_and_reduce(Integers* columns, const Doubles* a, const Doubles* y) noexcept {
    Squares s;
    squares(s, a);
    Integers low[kBlock];
    for (std::size_t r = 0; r < kBlock; ++r) {
      const Blocks blocks = blocks_of(s, r);
      low[r] = blocks.low;
      columns[kDigits + r] = blocks.high;
    }
    Integers biased[kBlock];
    Doubles q[kBlock];
    const Integers carry = carry_all(biased, low);
    columns[kDigits] = Ops::add(columns[kDigits], Ops::template blend<0b0001>(Ops::integers(0), Ops::template permute<3, 3, 3, 3>(carry)));
    for (std::size_t r = 0; r < kBlock; ++r) {
      q[r] = digit_of<Ops>(biased[r]);
      const Integers digit = Ops::subtract(biased[r], Ops::integers(kHalf + kCarryBias));
      columns[2 * kBlock + r] = Ops::template halves<1, 8>(digit, digit);  // blocks 2 and 3, to lanes 0 and 1
      columns[3 * kBlock + r] = Ops::integers(0);
    }
    for (std::size_t c = kDigits + kBlock; c < kColumnVectors; ++c) columns[c] = Ops::integers(0);
    reduce(columns, reinterpret_cast<const Double*>(q), reinterpret_cast<const Double*>(q) + 1, y);
  }

  // multiply(columns, a, b): the columns of a product; b as Constants has its tables, and as digits_of makes them.
  ASSAY_KERNEL static void multiply(Integers* columns, const Doubles* a, const Double* b) noexcept {
    for (std::size_t c = 0; c < kColumnVectors; ++c) columns[c] = Ops::integers(0);
    for (std::size_t lane = 0; lane < kLanes; ++lane) fold<kBlock>(columns + lane * kBlock, b + lane, a);
  }
  // reduce_product(columns, y): of such columns; the result stands in columns[kDigits ..].
  ASSAY_KERNEL static void reduce_product(Integers* columns, const Doubles* y) noexcept {
    Doubles q[2 * kBlock];
    take_quotient(q, columns, 2 * kBlock);
    reduce(columns, reinterpret_cast<const Double*>(q), reinterpret_cast<const Double*>(q + kBlock), y);
  }

  // raise(columns, s, constants): columns = s^e but for the last reduction: the product with s that an odd exponent ends with.
  static void raise(Integers* columns, const Doubles* s, const Constants& constants) noexcept {
    const auto* y = reinterpret_cast<const Doubles*>(constants.stages);
    Doubles a[kBlock];
    for (std::size_t r = 0; r < kBlock; ++r) a[r] = s[r];
    std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(constants.exponent));
    for (bit >>= 1; bit != 0; bit >>= 1) {
      square_and_reduce(columns, a, y);
      digits_of(a, columns + kDigits);
      if ((constants.exponent & bit) == 0) continue;
      multiply(columns, a, reinterpret_cast<const Double*>(s));
      if (bit == 1) return;
      reduce_product(columns, y);
      digits_of(a, columns + kDigits);
    }
  }
  static void store(Integer* digits, const Integers* columns) noexcept {
    for (std::size_t r = 0; r < kBlock; ++r) reinterpret_cast<Integers*>(digits)[r] = columns[kDigits + r];
  }

  // 2^128 s^e mod n: see vector_power.h.
  static void power(const Constants& constants, Integer* digits) noexcept {
    const auto* y = reinterpret_cast<const Doubles*>(constants.stages);
    Doubles s[kBlock];
    Integers columns[kColumnVectors];
    digits_of(s, reinterpret_cast<const Integers*>(digits));
    raise(columns, s, constants);
    reduce_product(columns, y);
    digits_of(s, columns + kDigits);
    multiply(columns, s, constants.factor);
    reduce_product(columns, y);
    store(digits, columns);
  }

  // (s^e - encoding) 2^(49 kDigits (1 - e)) mod n: see vector_power.h. The encoding is a head, which the key has multiplied already, and the digest.
  static void encodes(const Constants& constants, const Double* head, const Integer* digest, Integer* digits) noexcept {
    Doubles s[kBlock];
    Doubles of_digest[kDigestDigits];
    Integers columns[kColumnVectors];
    digits_of(s, reinterpret_cast<const Integers*>(digits));
    carry_in_lanes<Ops>(of_digest, reinterpret_cast<const Integers*>(digest), kDigestDigits);
    raise(columns, s, constants);
    for (std::size_t r = 0; r < kBlock; ++r) columns[r] = Ops::add(columns[r], column_of<Ops>(reinterpret_cast<const Doubles*>(head)[r]));
    fold<kDigestDigits>(columns, reinterpret_cast<const Double*>(of_digest), reinterpret_cast<const Doubles*>(constants.negative));
    reduce_product(columns, reinterpret_cast<const Doubles*>(constants.stages));
    store(digits, columns);
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
