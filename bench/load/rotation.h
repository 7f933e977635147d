// In which order tokens are sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/random.h"

namespace assay::load {

// Zipf: draws ranks 0 to count - 1, rank k in proportion to 1 / (k + 1)^exponent. Exponent 0 is uniform.
class Zipf {
 public:
  Zipf(std::size_t count, double exponent);
  std::uint32_t draw(Random& random) const noexcept;

 private:
  std::vector<double> cumulative_;
};

// rotation(count, exponent, random): indices of tokens in the order in which they are sent, over and over. Exponent 0: each once, in random order, so that a token
// comes back as late as it can; otherwise drawn by Zipf, 16 times as many as there are tokens, and at least 65,536.
std::vector<std::uint32_t> rotation(std::size_t count, double exponent, Random& random);

}  // namespace assay::load
