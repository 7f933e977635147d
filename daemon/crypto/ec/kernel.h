// What a kernel offers and what it is given, as plain data: no function here may be compiled with another file's instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/signature_result.h"

namespace assay::crypto::ec {

inline constexpr int kWindowsMax = 96;
inline constexpr int kPointsMax = 2 * kWindowsMax;  // of one signature: windows of the base point and of its key

// Comb: a scalar of kBits bits cut into windows of nearly equal width. Window i covers width[i] bits from offset[i] on; its entries, from start[i] on, are
// (2 j + 1) 2^offset[i] P for j < 2^(width[i] - 1).
struct Comb {
  int windows;
  int width_max;
  std::uint16_t offset[kWindowsMax];
  std::uint8_t width[kWindowsMax];
  std::uint32_t start[kWindowsMax + 1];
};

// PointTable: the entries of a comb for one point, in a kernel's own format.
struct PointTable {
  Comb comb;
  const void* entries;
};

// Job: one signature, every length right for the curve; digest_octets <= kOctets of the curve. table may be null.
struct Job {
  const std::byte* x;
  const std::byte* y;
  const PointTable* table;
  const std::byte* digest;
  int digest_octets;
  const std::byte* signature;
  SignatureResult* result;
};

// Kernel: one curve by one kind of arithmetic.
struct Kernel {
  int bits, octets;
  std::size_t entry_bytes, scratch_bytes, build_scratch_bytes;
  // build(comb, entries, scratch, x, y): x, y null: the base point.
  void (*build)(const Comb& comb, void* entries, void* scratch, const std::byte* x, const std::byte* y) noexcept;
  // verify(scratch, base, jobs, count): writes every job's result.
  void (*verify)(void* scratch, const PointTable& base, const Job* jobs, int count) noexcept;
};

extern const Kernel kScalarP256, kScalarP384, kScalarP521;
#if defined(__x86_64__)
extern const Kernel kAvx2P256, kAvx2P384, kAvx2P521;
extern const Kernel kIfmaP256, kIfmaP384, kIfmaP521;
#endif

}  // namespace assay::crypto::ec
