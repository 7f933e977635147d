// Field arithmetic in lanes: products, folds and carries of signed limbs, as templates over the type of a limb.
//
// `Ops` is four 64-bit lanes of AVX2 (avx2_ops.h) in the kernel, one word where a lane is taken out, and an interval in tests/crypto/ec/bounds_test.cpp, which
// runs this very code over everything a limb can be and so proves that nothing overflows. Hence: no operation here but those of Ops.
//
// An element is the sum of limb[i] 2^(kLimbBits i) in Montgomery's form with R = 2^(kLimbs kLimbBits). Limbs are signed; a result has all limbs but the highest in
// [0, 2^kLimbBits), sums and differences do not carry. Values are not reduced: a few multiples of p, of either sign.
#pragma once

#include "crypto/ec/curves.h"

namespace assay::crypto::ec {
namespace {

template <class Curve, class Ops>
struct alignas(Ops::kAlignment) Lanes {
  typename Ops::Lane limb[extent(Curve::kLimbs)];
};

// There is no arithmetic shift of 64 bits in AVX2: a limb is biased by 2^40 before a logical shift, and the bias, shifted, is subtracted.
inline constexpr int kBiasBits = 40;

template <class Ops, int kShift>
ASSAY_EC_INLINE typename Ops::Lane shift_right_signed(const typename Ops::Lane& a) noexcept {
  const auto biased = Ops::add(a, Ops::set(u64{1} << kBiasBits));
  return Ops::subtract(Ops::template shift_right<kShift>(biased), Ops::set(u64{1} << (kBiasBits - kShift)));
}

// carry: all limbs but the highest into [0, 2^kLimbBits). Precondition: |limb| < 2^40 - 2^12.
template <class Curve, class Ops>
ASSAY_EC_INLINE void carry_limbs(typename Ops::Lane* limb) noexcept {
  const auto mask = Ops::set((u64{1} << Curve::kLimbBits) - 1);
  unroll<Curve::kLimbs - 1>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
    const auto carried = shift_right_signed<Ops, Curve::kLimbBits>(limb[i]);
    limb[i] = Ops::bit_and(Ops::add(limb[i], Ops::set(u64{1} << kBiasBits)), mask);
    limb[i + 1] = Ops::add(limb[i + 1], carried);
  });
}

// fold: value -= q p with q = floor(value / 2^kBits), taken from the highest limb. Precondition: limbs carried, |highest limb| < 2^40.
template <class Curve, class Ops>
ASSAY_EC_INLINE void fold_top(typename Ops::Lane* limb) noexcept {
  constexpr int kTop = Curve::kLimbs - 1, kTopBits = Curve::kBits - kTop * Curve::kLimbBits;
  const auto q = shift_right_signed<Ops, kTopBits>(limb[kTop]);
  limb[kTop] = Ops::subtract(limb[kTop], Ops::template shift_left<kTopBits>(q));
  limb[0] = Ops::add(limb[0], q);
  unroll<Curve::kTermCount>([&](auto k) ASSAY_EC_INLINE_LAMBDA {
    constexpr Term kTerm = Curve::kTerms[k.value];
    if constexpr (kTerm.exponent != Curve::kBits) {
      constexpr int kAt = kTerm.exponent / Curve::kLimbBits;
      const auto part = Ops::template shift_left<kTerm.exponent % Curve::kLimbBits>(q);
      limb[kAt] = kTerm.sign > 0 ? Ops::subtract(limb[kAt], part) : Ops::add(limb[kAt], part);
    }
  });
}

// What a product takes besides its factors.
enum class Left : std::uint8_t { factor, difference };  // a or a - a2
enum class Right : std::uint8_t { factor, same };       // b or a (a square)

// lane product: r = (a [- a2]) b / R [- s [- t]] mod p.
//   Sizes: kLimbs limbs. Precondition: limbs of the factors within 32 bits and column sums within 63, which bounds_test.cpp proves for every use in points.h and
//   tree.h. Domain: Montgomery. Result: carried, -small p < r < small p; folded from kFoldFrom subtrahends on. Not vartime.
//   Source: Montgomery 1985 with row-wise windows: limb a_i times kWindow limbs of b goes into kWindow column sums, which fit the registers. The lowest column is then
//   complete; p = -1 mod 2^kLimbBits, so its lowest limb m is Montgomery's quotient itself, and m (p + 1) is added as a few shifts of m. Numbers longer than
//   the window are cut in blocks, which are gone through diagonal by diagonal.
//   Vectors: tests/crypto/ec/field_test.cpp against OpenSSL's BN.
template <class Curve, class Ops, int kSubtrahends, Left kLeft, Right kRight>
class LaneProduct {
 public:
  using Lane = typename Ops::Lane;
  using Element = Lanes<Curve, Ops>;

  ASSAY_EC_INLINE static void run(Element& r, const Element& a, const Element& b, const Element* s, const Element* t, const Element* a2) noexcept {
    static_assert(kLeft == Left::factor || kRight == Right::factor);
    LaneProduct product{a, b, s, t, a2};
    unroll<kDiagonals>([&](auto diagonal) ASSAY_EC_INLINE_LAMBDA {
      unroll<kWindow>([&](auto row) ASSAY_EC_INLINE_LAMBDA {
        product.template add_rows<diagonal.value, row.value>();
        product.template finish_column<diagonal.value * kWindow + row.value>();
      });
    });
    unroll<kWindow - 1>([&](auto rest) ASSAY_EC_INLINE_LAMBDA { product.template finish_column<kDiagonals * kWindow + rest.value>(); });
    product.finish_top();
    if constexpr (kSubtrahends >= Curve::kFoldFrom) fold_top<Curve, Ops>(product.result_);
    unroll<kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r.limb[i] = product.result_[i]; });
  }

 private:
  static constexpr int kLimbs = Curve::kLimbs, kLimbBits = Curve::kLimbBits, kWindow = Curve::kWindow;
  static constexpr int kBlocks = kLimbs / kWindow, kDiagonals = 2 * kBlocks - 1;
  static_assert(kLimbs % kWindow == 0);

  // Column sums are signed; each starts at 2^63 so that it can be shifted logically, less what the column before it carries of its own 2^63.
  static constexpr int kCarriedBiasBits = 63 - kLimbBits;
  ASSAY_EC_INLINE static Lane first_bias() noexcept { return Ops::set(u64{1} << 63); }
  ASSAY_EC_INLINE static Lane later_bias() noexcept { return Ops::set((u64{1} << 63) - (u64{1} << kCarriedBiasBits)); }

  ASSAY_EC_INLINE LaneProduct(const Element& a, const Element& b, const Element* s, const Element* t, const Element* a2) noexcept : a_(a), b_(b), s_(s), t_(t), a2_(a2) {}

  // The row kRow of every block on the diagonal: limb a_i of block I with the limbs of block J = kDiagonal - I.
  template <int kDiagonal, int kRow>
  ASSAY_EC_INLINE void add_rows() noexcept {
    unroll<kBlocks>([&](auto block) ASSAY_EC_INLINE_LAMBDA {
      constexpr int kI = block.value, kJ = kDiagonal - kI;
      if constexpr (kJ >= 0 && kJ < kBlocks && !(kRight == Right::same && kI > kJ)) add_row<kDiagonal, kRow, kI, kJ>();
    });
  }

  template <int kDiagonal, int kRow, int kI, int kJ>
  ASSAY_EC_INLINE void add_row() noexcept {
    constexpr bool kFirstBlock = kI == (kDiagonal < kBlocks ? 0 : kDiagonal - kBlocks + 1);
    const int i = kI * kWindow + kRow;
    Lane limb = Ops::load(a_.limb[i]);
    if constexpr (kLeft == Left::difference) limb = Ops::subtract_from_memory(limb, a2_->limb[i]);
    Lane factor = limb;
    if constexpr (kRight == Right::same) factor = Ops::add(limb, limb);
    unroll<kWindow>([&](auto j) ASSAY_EC_INLINE_LAMBDA {
      constexpr int kColumn = kDiagonal * kWindow + kRow + j.value;
      // A column enters the window at its far end; at the very start all do.
      constexpr bool kEnters = kColumn == 0 || (kDiagonal == 0 && (kRow == 0 || j.value == kWindow - 1)) || (kDiagonal > 0 && j.value == kWindow - 1 && kFirstBlock);
      if constexpr (kEnters) column_[kColumn] = kColumn == 0 ? first_bias() : later_bias();
      if constexpr (kRight == Right::same && kI == kJ) {
        // In a square's diagonal block products off the diagonal count twice, those below it not at all.
        if constexpr (j.value == kRow) Ops::multiply_add(column_[kColumn], limb, a_.limb[i]);
        if constexpr (j.value > kRow) Ops::multiply_add(column_[kColumn], factor, a_.limb[kI * kWindow + j.value]);
      } else {
        Ops::multiply_add(column_[kColumn], factor, b_.limb[kJ * kWindow + j.value]);
      }
    });
  }

  // The column is complete but for the multiples of p that are too far for the window, the subtrahends and the carry.
  template <int kColumn>
  ASSAY_EC_INLINE void finish_column() noexcept {
    Lane sum = column_[kColumn];
    add_far_terms<kColumn>(sum);
    if constexpr (kColumn >= kLimbs) subtract_operands(sum, kColumn - kLimbs);
    if constexpr (kColumn > 0) sum = Ops::add(sum, carry_);
    carry_ = Ops::template shift_right<kLimbBits>(sum);
    const Lane digit = Ops::bit_and(sum, Ops::set((u64{1} << kLimbBits) - 1));
    if constexpr (kColumn < kLimbs) {
      quotient_[kColumn] = digit;
      add_near_terms<kColumn>(digit);
    } else {
      result_[kColumn - kLimbs] = digit;
    }
  }

  // column += m (p + 1) for the quotient digit m of an earlier column.
  template <int kColumn>
  ASSAY_EC_INLINE void add_far_terms(Lane& sum) noexcept {
    unroll<Curve::kTermCount>([&](auto k) ASSAY_EC_INLINE_LAMBDA {
      constexpr Term kTerm = Curve::kTerms[k.value];
      constexpr int kDistance = kTerm.exponent / kLimbBits, kFrom = kColumn - kDistance;
      if constexpr (kDistance >= kWindow && kFrom >= 0 && kFrom < kLimbs) add_term<kTerm>(sum, quotient_[kFrom]);
    });
  }
  template <int kColumn>
  ASSAY_EC_INLINE void add_near_terms(const Lane& digit) noexcept {
    unroll<Curve::kTermCount>([&](auto k) ASSAY_EC_INLINE_LAMBDA {
      constexpr Term kTerm = Curve::kTerms[k.value];
      if constexpr (kTerm.exponent / kLimbBits < kWindow) add_term<kTerm>(column_[kColumn + kTerm.exponent / kLimbBits], digit);
    });
  }
  template <Term kTerm>
  ASSAY_EC_INLINE static void add_term(Lane& sum, const Lane& digit) noexcept {
    const Lane part = Ops::template shift_left<kTerm.exponent % kLimbBits>(digit);
    sum = kTerm.sign > 0 ? Ops::add(sum, part) : Ops::subtract(sum, part);
  }

  ASSAY_EC_INLINE void subtract_operands(Lane& sum, int limb) const noexcept {
    if constexpr (kSubtrahends >= 1) sum = Ops::subtract_from_memory(sum, s_->limb[limb]);
    if constexpr (kSubtrahends >= 2) sum = Ops::subtract_from_memory(sum, t_->limb[limb]);
  }

  // The highest limb has no column of its own: the last carry, without its bias.
  ASSAY_EC_INLINE void finish_top() noexcept {
    Lane top = Ops::subtract(carry_, Ops::set(u64{1} << kCarriedBiasBits));
    subtract_operands(top, kLimbs - 1);
    add_far_terms<2 * kLimbs - 1>(top);
    result_[kLimbs - 1] = top;
  }

  const Element& a_;
  const Element& b_;
  const Element* s_;
  const Element* t_;
  const Element* a2_;
  Lane column_[extent(2 * kLimbs + kWindow)], quotient_[extent(kLimbs)], result_[extent(kLimbs)];
  Lane carry_{};
};

// canonical_limbs: into [0, p), all limbs in their range. Precondition: |limb| < 2^31, |value| < 2^10 p.
template <class Curve, class Ops>
ASSAY_EC_INLINE void canonical_limbs(typename Ops::Lane* limb) noexcept {
  // The first fold leaves (-2^-20, 1 + 2^-20) 2^kBits, the second [0, 2^kBits).
  for (int i = 0; i < 2; ++i) {
    carry_limbs<Curve, Ops>(limb);
    fold_top<Curve, Ops>(limb);
  }
  carry_limbs<Curve, Ops>(limb);
  typename Ops::Lane reduced[extent(Curve::kLimbs)];
  unroll<Curve::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
    reduced[i] = Ops::subtract(limb[i], Ops::set(bits(Curve::kPrime, i * Curve::kLimbBits, Curve::kLimbBits)));
  });
  carry_limbs<Curve, Ops>(reduced);
  unroll<Curve::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { limb[i] = Ops::choose_by_sign(reduced[Curve::kLimbs - 1], limb[i], reduced[i]); });
}

}  // namespace
}  // namespace assay::crypto::ec
