// Eight signatures, one a lane, under keys of one shape and exponent: what full batches are verified by.
#include "crypto/rsa/eight_ifma.h"
#include "crypto/rsa/ops_ifma.h"
#include "crypto/rsa/ifma_power.h"

namespace assay::crypto::rsa {
namespace {

using Powers = Eight<IfmaOps>;
using Integers = IfmaOps::Integers;

// Of each shape. Nothing may be called that another file has as well: see unrolled.h.
constexpr std::size_t kBlocks[kIfmaShapeCount] = {kIfmaShapes[0].blocks, kIfmaShapes[1].blocks, kIfmaShapes[2].blocks};
constexpr std::size_t kRows[kIfmaShapeCount] = {kIfmaShapes[0].rows, kIfmaShapes[1].rows, kIfmaShapes[2].rows};
constexpr std::size_t kDigitsMax = Powers::kDigitsMax;
static_assert(kIfmaShapes.back().places() == kDigitsMax);  // tables are loaded with the digits that are none

// interleave(out, tables, rows): one table of each of the eight keys. Vector r of one holds digits K l + r.
ASSAY_KERNEL void interleave(Integers* out, const std::int64_t* const (&tables)[kIfmaLanes], std::size_t rows) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    Integers v[kIfmaLanes];
    Integers pairs[kIfmaLanes];
    Integers fours[kIfmaLanes];
    each<kIfmaLanes>([&](auto lane) ASSAY_INLINED { v[lane] = IfmaOps::load(tables[lane] + kIfmaLanes * r); });
    each<kIfmaLanes / 2>([&](auto i) ASSAY_INLINED {
      pairs[2 * i] = _mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]);
      pairs[2 * i + 1] = _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]);
    });
    // Of keys 0 to 3, then 4 to 7: digits 0 and 4, 1 and 5, 2 and 6, 3 and 7.
    each<2>([&](auto half) ASSAY_INLINED {
      const Integers* of_half = pairs + 4 * half;
      const auto joined = [](Integers a, Integers b, auto low) ASSAY_INLINED {
        constexpr long long kFrom = low ? 0 : 2;
        return _mm512_permutex2var_epi64(a, _mm512_setr_epi64(kFrom, kFrom + 1, kFrom + 8, kFrom + 9, kFrom + 4, kFrom + 5, kFrom + 12, kFrom + 13), b);
      };
      fours[4 * half] = joined(of_half[0], of_half[2], std::true_type{});
      fours[4 * half + 1] = joined(of_half[1], of_half[3], std::true_type{});
      fours[4 * half + 2] = joined(of_half[0], of_half[2], std::false_type{});
      fours[4 * half + 3] = joined(of_half[1], of_half[3], std::false_type{});
    });
    each<kIfmaLanes / 2>([&](auto digit) ASSAY_INLINED {
      out[rows * digit + r] = _mm512_shuffle_i64x2(fours[digit], fours[4 + digit], 0x44);
      out[rows * (4 + digit) + r] = _mm512_shuffle_i64x2(fours[digit], fours[4 + digit], 0xEE);
    });
  }
}

void load_table(Integers (&out)[kDigitsMax], std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes],
                const std::int64_t* IfmaConstants::*table) noexcept {
  const std::int64_t* tables[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) tables[lane] = constants[lane]->*table;
  interleave(out, tables, kRows[shape]);
}
void load_moduli(Powers::Moduli& n, std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes]) noexcept {
  alignas(64) std::int64_t inverses[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) inverses[lane] = constants[lane]->inverse;
  n.blocks = kBlocks[shape];
  n.inverse = IfmaOps::load(inverses);
  load_table(n.modulus, shape, constants, &IfmaConstants::modulus);
}

}  // namespace

// The factor brings the power back: see form.h.
void power_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], std::int64_t* digits) noexcept {
  Powers::Moduli n;
  alignas(64) Integers factor[kDigitsMax];
  alignas(64) Integers a[kDigitsMax];
  auto* s = reinterpret_cast<Integers*>(digits);
  load_moduli(n, shape, constants);
  load_table(factor, shape, constants, &IfmaConstants::factor);
  Powers::raise(a, s, constants[0]->exponent, n);
  Powers::multiply(a, s, n);
  Powers::multiply(a, factor, n);
  for (std::size_t i = 0; i < kIfmaBlock * n.blocks; ++i) s[i] = a[i];
}

std::uint8_t encodes_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], const std::int64_t* const (&heads)[kIfmaLanes],
                                        const std::int64_t* digest, const std::int64_t* digits) noexcept {
  Powers::Moduli n;
  alignas(64) Integers negative[kDigitsMax];
  alignas(64) Integers head[kDigitsMax];
  alignas(64) Integers a[kDigitsMax];
  const auto* s = reinterpret_cast<const Integers*>(digits);
  load_moduli(n, shape, constants);
  load_table(negative, shape, constants, &IfmaConstants::negative);
  interleave(head, heads, kRows[shape]);
  Powers::raise(a, s, constants[0]->exponent, n);
  Powers::multiply_and_add(a, s, {head, reinterpret_cast<const Integers*>(digest), negative}, n);
  Comparison with_n;
  for (std::size_t i = 0; i < kIfmaBlock * n.blocks; ++i) with_n.take(a[i], n.modulus[i]);
  return with_n.equal();
}

}  // namespace assay::crypto::rsa
