// Multiples of a known point without doublings: tables of all odd multiples for each window of a scalar.
#pragma once

#include "crypto/ec/curves.h"
#include "crypto/ec/kernel.h"

namespace assay::crypto::ec {
namespace {

// prefetch: the cache lines of an entry.
template <class Field>
ASSAY_EC_INLINE void prefetch(std::uintptr_t reference) noexcept {
  const char* entry = reinterpret_cast<const char*>(reference & ~std::uintptr_t{1});
  for (std::size_t at = 0; at < sizeof(typename Field::Entry); at += 64) __builtin_prefetch(entry + at);
}

// prefetch_all: of one signature's points.
template <class Field>
void prefetch_all(const std::uintptr_t* references, int count) noexcept {
  for (int i = 0; i < count; ++i) prefetch<Field>(references[i]);
}

// recode: references[i] = the entry of window i, bit 0 set if it is to be subtracted, so that their sum is k P.
//   Every digit is odd, so none is zero and no sum inside meets infinity: k or n - k is odd, and an odd number below 2^kBits is the sum of
//   (2 e_i + 1 - 2^width) 2^offset, where the e_i are the windows of (k - 1) / 2 + 2^(kBits - 1). Precondition: k < n. Vartime.
//   Source: Joye and Tunstall 2009, "Exponent recoding and regular exponentiation algorithms".
template <class Field>
void recode_vartime(std::uintptr_t* references, Words<Field::kWords> k, const PointTable& table) noexcept {
  using Curve = typename Field::Curve;
  constexpr int kWords = Field::kWords;
  std::uintptr_t negated = 0;
  if ((k.word[0] & 1) == 0) {
    subtract(k, Curve::kOrder, k);
    negated = 1;
  }
  Array<u64, kWords + 1> halved = {};
  for (int i = 0; i < kWords; ++i) halved[i] = k.word[i] >> 1 | (i + 1 < kWords ? k.word[i + 1] << 63 : 0);
  halved[(Curve::kBits - 1) / 64] |= u64{1} << (Curve::kBits - 1) % 64;
  const Comb& comb = table.comb;
  const auto entries = reinterpret_cast<std::uintptr_t>(table.entries);
  for (int i = 0; i < comb.windows; ++i) {
    const int at = comb.offset[i] / 64, shift = comb.offset[i] % 64;
    const u64 window = halved[at] >> shift | halved[at + 1] << 1 << (63 - shift);
    const u64 half = u64{1} << (comb.width[i] - 1);
    const u64 negative = (window & half) == 0 ? 1 : 0;  // the digit's sign; entry j counts from the middle, outwards
    const u64 j = (window ^ (0 - negative)) & (half - 1);
    references[i] = (entries + (comb.start[i] + j) * sizeof(typename Field::Entry)) | (negative ^ negated);
  }
}

}  // namespace
}  // namespace assay::crypto::ec
