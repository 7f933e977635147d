// The kernels' inner operations, by plain pointers: the lanes can be called only from a file that is compiled for them, and the tests are not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/ec/kernel.h"

namespace assay::crypto::ec::test {

inline constexpr int kProbeLanes = 8, kProbeWords = 9;

// One number a lane, the lowest word first; a field of one lane uses the first only. As an operand of a field of lanes each stands for itself plus so many p.
struct ProbeNumbers {
  std::uint64_t word[kProbeLanes][kProbeWords];
  int multiples_of_p;
};

// r = (a [- a2]) b / R [- s [- t]], as the name says; sum_and_difference: a + b - s - t; multiply_sum: (a + b) (s - t) / R; invert: 1/a in the form of a.
enum class ProbeOperation : std::uint8_t {
  multiply,
  square,
  multiply_subtract,
  square_subtract,
  multiply_difference,
  multiply_difference_subtract,
  sum_and_difference,
  multiply_sum,
  invert
};

struct ProbeInput {
  ProbeNumbers a, b, s, t, a2;  // words below 2^bits, if the field is of lanes, else below p
};

struct Probe {
  int lanes, r_bits, limb_bits;
  // run(operation, in, out): out in [0, p); the answer has a bit for every lane that is found to be zero.
  unsigned (*run)(ProbeOperation operation, const ProbeInput& in, ProbeNumbers& out);
  // entry(entries, index, negated, x, y): the coordinates of a table's point, plain.
  void (*entry)(const void* entries, std::size_t index, bool negated, std::uint64_t* x, std::uint64_t* y);
  const Kernel* kernel;
};

// index: 0, 1, 2 for P-256, P-384, P-521.
const Probe& scalar_probe(int index);
// Only on x86-64.
const Probe& avx2_probe(int index);
const Probe& ifma_probe(int index);

}  // namespace assay::crypto::ec::test
