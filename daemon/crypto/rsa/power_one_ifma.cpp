// One signature over the eight lanes, for what is left of a batch when its eights are taken out, and for a token that comes alone.
#include "crypto/rsa/one_ifma.h"
#include "crypto/rsa/ops_ifma.h"
#include "crypto/rsa/ifma_power.h"

namespace assay::crypto::rsa {
namespace {

// OnePower<kShape>: the powers of one shape.
template <std::size_t kShape>
class OnePower {
 public:
  // The factor brings the power back: see form.h.
  static void power(const IfmaConstants& constants, std::int64_t* digits) noexcept {
    const Integers inverse = IfmaOps::set(constants.inverse);
    Number n;
    Number s;
    Number a;
    Arithmetic::load(n, constants.modulus);
    Arithmetic::load(s, digits);
    Arithmetic::raise(a, s, constants.exponent, n, inverse);
    Arithmetic::template multiply<false>(a, digits, a, {}, n, inverse);
    Arithmetic::template multiply<false>(a, constants.factor, a, {}, n, inverse);
    Arithmetic::store(digits, a);
  }

  static bool encodes(const IfmaConstants& constants, const std::int64_t* head, const std::int64_t* digest, const std::int64_t* digits) noexcept {
    const Integers inverse = IfmaOps::set(constants.inverse);
    Number n;
    Number s;
    Number a;
    Arithmetic::load(n, constants.modulus);
    Arithmetic::load(s, digits);
    Arithmetic::raise(a, s, constants.exponent, n, inverse);
    Arithmetic::template multiply<true>(a, digits, a, {head, digest, constants.negative}, n, inverse);
    Comparison with_n;
    for (std::size_t r = 0; r < Arithmetic::kRows; ++r) with_n.take(a[r], n[r]);
    return with_n.equal() == 0xFF;
  }

 private:
  using Arithmetic = One<IfmaOps, kIfmaShapes[kShape]>;
  using Number = typename Arithmetic::Number;
  using Integers = typename Arithmetic::Integers;
};

}  // namespace

void power_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return OnePower<0>::power(constants, digits);
    case 1: return OnePower<1>::power(constants, digits);
    case 2: return OnePower<2>::power(constants, digits);
    default: return;
  }
}

bool encodes_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, const std::int64_t* head, const std::int64_t* digest,
                              const std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return OnePower<0>::encodes(constants, head, digest, digits);
    case 1: return OnePower<1>::encodes(constants, head, digest, digits);
    case 2: return OnePower<2>::encodes(constants, head, digest, digits);
    default: return false;
  }
}

}  // namespace assay::crypto::rsa
