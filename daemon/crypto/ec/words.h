// Unsigned integers of a fixed number of 64-bit words.
//
// Everything in this folder's internal headers stands in an unnamed namespace: each kernel file compiles them for its own processor, and the linker must not
// put one file's code in the place of another's.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

// The kernels' loops over limbs are unrolled and inlined whatever the compiler thinks: arrays must become registers. A file that wants the arithmetic but not its
// speed (the test of the bounds) defines these otherwise beforehand, and compiles in seconds.
#ifndef ASSAY_EC_INLINE
#define ASSAY_EC_INLINE [[gnu::always_inline]] inline
#define ASSAY_EC_INLINE_LAMBDA __attribute__((always_inline))
#endif

namespace assay::crypto::ec {
namespace {

using u64 = std::uint64_t;
using i64 = std::int64_t;
__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

constexpr bool kLittleEndian = std::endian::native == std::endian::little;

constexpr u64 low(u128 x) noexcept { return static_cast<u64>(x); }
constexpr u64 high(u128 x) noexcept { return static_cast<u64>(x >> 64); }
constexpr u128 wide(u64 a, u64 b) noexcept { return static_cast<u128>(a) * b; }

// unroll<N>(f): f(Index<0>), ... f(Index<N - 1>). A loop whose body the compiler sees N times, so that arrays indexed by the counter live in registers.
template <int I>
struct Index {
  static constexpr int value = I;
  constexpr operator int() const noexcept { return I; }
};
template <int N, int I = 0, class Function>
ASSAY_EC_INLINE constexpr void unroll(Function&& function) noexcept {
  if constexpr (I < N) {
    function(Index<I>{});
    unroll<N, I + 1>(static_cast<Function&&>(function));
  }
}

// extent(n), Array<T, N>: sizes of arrays that are counted as int, as all of this code's indices are. (As a template's argument a vector type would lose its
// attributes; those arrays use extent.)
constexpr std::size_t extent(int n) noexcept { return static_cast<std::size_t>(n); }
template <class T, int N>
using Array = T[extent(N)];

// Words: the sum of word[i] 2^(64 i). A value.
template <int N>
struct Words {
  Array<u64, N> word;
};

template <int N>
constexpr bool is_zero(const Words<N>& a) noexcept {
  u64 any = 0;
  for (int i = 0; i < N; ++i) any |= a.word[i];
  return any == 0;
}

template <int N>
constexpr bool is_equal(const Words<N>& a, const Words<N>& b) noexcept {
  u64 different = 0;
  for (int i = 0; i < N; ++i) different |= a.word[i] ^ b.word[i];
  return different == 0;
}

// add_with_carry(a, b, carry), subtract_with_borrow(a, b, borrow): a + b + carry, a - b - borrow; carry and borrow are 0 or 1, in and out. Written so that clang
// finds the processor's own carry in it, which it does not when the sum is one of 128 bits; g++ has to be told.
ASSAY_EC_INLINE constexpr u64 add_with_carry(u64 a, u64 b, u64& carry) noexcept {
#if defined(__x86_64__) && !defined(__clang__)
  if !consteval {
    unsigned long long result = 0;
    carry = __builtin_ia32_addcarryx_u64(static_cast<unsigned char>(carry), a, b, &result);
    return result;
  }
#endif
  u64 sum = 0, result = 0;
  const bool carried = __builtin_add_overflow(a, b, &sum), carried_again = __builtin_add_overflow(sum, carry, &result);
  carry = static_cast<u64>(carried) | static_cast<u64>(carried_again);
  return result;
}
ASSAY_EC_INLINE constexpr u64 subtract_with_borrow(u64 a, u64 b, u64& borrow) noexcept {
#if defined(__x86_64__) && !defined(__clang__)
  if !consteval {
    unsigned long long result = 0;
    borrow = __builtin_ia32_sbb_u64(static_cast<unsigned char>(borrow), a, b, &result);
    return result;
  }
#endif
  u64 difference = 0, result = 0;
  const bool borrowed = __builtin_sub_overflow(a, b, &difference), borrowed_again = __builtin_sub_overflow(difference, borrow, &result);
  borrow = static_cast<u64>(borrowed) | static_cast<u64>(borrowed_again);
  return result;
}

// add(r, a, b), subtract(r, a, b): r = a + b, a - b mod 2^(64 N); the answer is the carry or the borrow. r may be a or b.
template <int N>
ASSAY_EC_INLINE constexpr u64 add(Words<N>& r, const Words<N>& a, const Words<N>& b) noexcept {
  u64 carry = 0;
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r.word[i] = add_with_carry(a.word[i], b.word[i], carry); });
  return carry;
}
template <int N>
ASSAY_EC_INLINE constexpr u64 subtract(Words<N>& r, const Words<N>& a, const Words<N>& b) noexcept {
  u64 borrow = 0;
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r.word[i] = subtract_with_borrow(a.word[i], b.word[i], borrow); });
  return borrow;
}

template <int N>
constexpr bool is_less(const Words<N>& a, const Words<N>& b) noexcept {
  Words<N> difference{};
  return subtract(difference, a, b) != 0;
}

// bits(a, offset, count): count bits from offset on, 1 <= count < 64; beyond the last word they are zero.
template <int N>
constexpr u64 bits(const Words<N>& a, int offset, int count) noexcept {
  const int index = offset / 64, shift = offset % 64;
  u64 value = index < N ? a.word[index] >> shift : 0;
  if (shift + count > 64 && index + 1 < N) value |= a.word[index + 1] << (64 - shift);
  return value & ((u64{1} << count) - 1);
}

// shift_right(a, count): count < 64, not 0.
template <int N>
constexpr Words<N> shift_right(Words<N> a, int count) noexcept {
  for (int i = 0; i < N; ++i) a.word[i] = a.word[i] >> count | (i + 1 < N ? a.word[i + 1] << (64 - count) : 0);
  return a;
}

// from_big_endian<N>(octets, count): count <= 8 N.
template <int N>
Words<N> from_big_endian(const std::byte* octets, int count) noexcept {
  Words<N> result{};
  int word = 0;
  for (; count >= 8; count -= 8) {
    u64 octets8;
    std::memcpy(&octets8, octets + count - 8, 8);
    result.word[word++] = kLittleEndian ? __builtin_bswap64(octets8) : octets8;
  }
  for (int i = 0; i < count; ++i) result.word[word] |= static_cast<u64>(octets[count - 1 - i]) << (8 * i);
  return result;
}

}  // namespace
}  // namespace assay::crypto::ec
