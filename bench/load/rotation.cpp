// The order is drawn before a run: what it costs to draw does not matter, and the run itself only steps through it.
#include "load/rotation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::load {

Zipf::Zipf(std::size_t count, double exponent) {
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k) cumulative_.push_back(sum += std::pow(static_cast<double>(k + 1), -exponent));
  for (double& value : cumulative_) value /= sum;
}

std::uint32_t Zipf::draw(Random& random) const noexcept {
  const auto found = std::ranges::upper_bound(cumulative_, random.unit());
  // The last sum may be a hair below 1.
  return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - cumulative_.begin(), std::ssize(cumulative_) - 1));
}

std::vector<std::uint32_t> rotation(std::size_t count, double exponent, Random& random) {
  if (exponent == 0) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    random.shuffle(std::span(order));
    return order;
  }
  const Zipf zipf(count, exponent);
  std::vector<std::uint32_t> order(std::max<std::size_t>(16 * count, 65'536));
  std::ranges::generate(order, [&] { return zipf.draw(random); });
  return order;
}

}  // namespace assay::load
