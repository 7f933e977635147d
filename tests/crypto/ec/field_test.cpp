// The fields' operations and the tables' points, by words and by lanes, against OpenSSL's numbers and points.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "crypto/ec/curve_fixture.h"
#include "crypto/ec/curves.h"
#include "crypto/ec/probe.h"

namespace assay::crypto::ec::test {
namespace {

using Operation = ProbeOperation;

struct Variant {
  int curve;
  Arithmetic arithmetic;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << kSpecs[variant.curve].name; }

const Probe& probe_of(const Variant& variant) {
  switch (variant.arithmetic) {
#if defined(__x86_64__)
    case Arithmetic::avx2: return avx2_probe(variant.curve);
    case Arithmetic::ifma: return ifma_probe(variant.curve);
#else
    case Arithmetic::avx2:
    case Arithmetic::ifma:
#endif
    case Arithmetic::unset:
    case Arithmetic::scalar: break;
  }
  return scalar_probe(variant.curve);
}

Number number_of(const std::uint64_t* words, int count) {
  return Number::little_endian(std::as_bytes(std::span(words, static_cast<std::size_t>(count))));
}

class EcField : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (!supports(GetParam().arithmetic)) GTEST_SKIP() << "this processor cannot";
    probe_ = &probe_of(GetParam());
    r_inverse_ = power(Number::power_of_two(probe_->r_bits), curve_.p - Number(2), curve_.p);
  }

  // Random, sparse, dense, and the edges of the range. Lanes take any number of so many bits.
  Number input() {
    const int bits = curve_.spec.bits;
    const Number top = Number::power_of_two(bits);
    Number value;
    switch (random_() % 9) {
      case 0: value = Number(random_() % 3); break;
      case 1: value = curve_.p - Number(random_() % 3); break;
      case 2: value = top - Number(1 + random_() % 3); break;
      case 3: value = Number::power_of_two(static_cast<int>(random_() % static_cast<unsigned>(bits))); break;
      case 4: value = top - Number::power_of_two(static_cast<int>(random_() % static_cast<unsigned>(bits))); break;
      case 5: {  // runs of ones and zeros
        for (int bit = 0; bit < bits;) {
          const int run = 1 + static_cast<int>(random_() % 70), end = std::min(bits, bit + run);
          if (random_() % 2 == 0) value = value + Number::power_of_two(end) - Number::power_of_two(bit);
          bit = end;
        }
        break;
      }
      case 6:  // limbs of zeros, of ones and of the lowest bit
        for (int bit = 0; bit < bits; bit += probe_->limb_bits) {
          const Number low = Number::power_of_two(bit);
          const auto kind = random_() % 3;
          if (kind > 0) value = value + (kind == 1 ? low : Number::power_of_two(bit + probe_->limb_bits) - low);
        }
        break;
      default: value = curve_.random_below(top, random_); break;
    }
    return probe_->lanes == 1 ? value % curve_.p : value % top;
  }
  void put(ProbeNumbers& numbers, int lane, const Number& value) {
    const Octets octets = value.little_endian(sizeof numbers.word[lane]);
    std::copy(octets.begin(), octets.end(), reinterpret_cast<std::byte*>(numbers.word[lane]));
  }

  struct Operands {
    Number a, b, s, t, a2;
  };
  // compare(operation, expected): many inputs; expected(operands) is the answer modulo p.
  void compare(Operation operation, int count, const std::function<Number(const Operands&)>& expected) {
    for (int i = 0; i < count * factor(); ++i) {
      Operands operands[kProbeLanes];
      ProbeInput in = {};
      for (ProbeNumbers* multiplied : {&in.a, &in.b}) multiplied->multiples_of_p = static_cast<int>(random_() % 4);
      for (ProbeNumbers* subtracted : {&in.s, &in.t, &in.a2}) subtracted->multiples_of_p = static_cast<int>(random_() % 2);
      for (int lane = 0; lane < probe_->lanes; ++lane) {
        Operands& o = operands[lane];
        o = {input(), input(), input(), input(), input()};
        if (random_() % 16 == 0) o.a2 = o.a;
        // What is subtracted is 2 p at most, and what is multiplied several p, as the kernels have them.
        if (in.s.multiples_of_p > 0) o.s = o.s % curve_.p;
        if (in.t.multiples_of_p > 0) o.t = o.t % curve_.p;
        if (in.a2.multiples_of_p > 0) o.a2 = o.a2 % curve_.p;
        put(in.a, lane, o.a);
        put(in.b, lane, o.b);
        put(in.s, lane, o.s);
        put(in.t, lane, o.t);
        put(in.a2, lane, o.a2);
        if (operation == Operation::invert && o.a % curve_.p == Number(0)) put(in.a, lane, o.a = Number(1));
      }
      ProbeNumbers out = {};
      const unsigned zero = probe_->run(operation, in, out);
      for (int lane = 0; lane < probe_->lanes; ++lane) {
        const Number want = expected(operands[lane]) % curve_.p;
        ASSERT_EQ(number_of(out.word[lane], kProbeWords), want) << "lane " << lane << ", round " << i;
        ASSERT_EQ((zero >> lane & 1) != 0, want == Number(0)) << "lane " << lane << ", round " << i;
      }
    }
  }
  // minus(a, b): modulo p, b below 2^bits < 2 p.
  Number minus(const Number& a, const Number& b) const { return a % curve_.p + curve_.p + curve_.p - b; }
  Number product(const Number& a, const Number& b) const { return a * b % curve_.p * r_inverse_ % curve_.p; }

  Random random_{31};
  const Curve curve_{kSpecs[GetParam().curve]};
  const Probe* probe_ = nullptr;
  Number r_inverse_;
};

constexpr int kRounds = 600;

TEST_P(EcField, Multiplies) {
  compare(Operation::multiply, kRounds, [&](const Operands& o) { return product(o.a, o.b); });
}
TEST_P(EcField, Squares) {
  compare(Operation::square, kRounds, [&](const Operands& o) { return product(o.a, o.a); });
}
TEST_P(EcField, MultipliesAndSubtracts) {
  compare(Operation::multiply_subtract, kRounds, [&](const Operands& o) { return minus(product(o.a, o.b), o.s); });
}
TEST_P(EcField, SquaresAndSubtractsTwo) {
  compare(Operation::square_subtract, kRounds, [&](const Operands& o) { return minus(minus(product(o.a, o.a), o.s), o.t); });
}
TEST_P(EcField, MultipliesADifference) {
  compare(Operation::multiply_difference, kRounds, [&](const Operands& o) { return product(minus(o.a, o.a2), o.b); });
}
TEST_P(EcField, MultipliesADifferenceAndSubtracts) {
  compare(Operation::multiply_difference_subtract, kRounds, [&](const Operands& o) { return minus(product(minus(o.a, o.a2), o.b), o.s); });
}
TEST_P(EcField, AddsSubtractsAndCarries) {
  compare(Operation::sum_and_difference, kRounds, [&](const Operands& o) { return minus(minus(o.a + o.b, o.s), o.t); });
}
TEST_P(EcField, MultipliesASumByADifference) {
  compare(Operation::multiply_sum, kRounds, [&](const Operands& o) { return product(o.a + o.b, minus(o.s, o.t)); });
}
TEST_P(EcField, Inverts) {
  const Number r_squared = Number::power_of_two(2 * probe_->r_bits) % curve_.p;
  compare(Operation::invert, kRounds / 4, [&](const Operands& o) { return power(o.a, curve_.p - Number(2), curve_.p) * r_squared; });
}

// Window i, entry j is (2 j + 1) 2^offset P.
TEST_P(EcField, BuildsTheOddMultiplesOfEachWindow) {
  const Kernel& kernel = *probe_->kernel;
  const Number secret = Number(1) + curve_.random_below(curve_.n - Number(1), random_);
  const PublicKey key(curve_, curve_.multiply(secret).get());
  for (const int windows : {curve_.spec.key_windows, curve_.spec.key_windows + 2}) {
    Comb comb = {};
    comb.windows = windows;
    comb.width_max = (kernel.bits + windows - 1) / windows;
    for (int i = 0; i < windows; ++i) {
      comb.width[i] = static_cast<std::uint8_t>(kernel.bits / windows + (i < kernel.bits % windows ? 1 : 0));
      comb.start[i + 1] = comb.start[i] + (1U << (comb.width[i] - 1));
      if (i > 0) comb.offset[i] = static_cast<std::uint16_t>(comb.offset[i - 1] + comb.width[i - 1]);
    }
    const auto allocate = [](std::size_t size) { return std::unique_ptr<void, decltype(&std::free)>(std::aligned_alloc(64, (size + 127) / 64 * 64), std::free); };
    const auto entries = allocate(comb.start[windows] * kernel.entry_bytes + 64), scratch = allocate(kernel.build_scratch_bytes);
    kernel.build(comb, entries.get(), scratch.get(), key.x.data(), key.y.data());
    for (int i = 0; i < windows; i += 1 + static_cast<int>(random_() % 5)) {
      const Number unit = Number::power_of_two(comb.offset[i]) * secret % curve_.n;
      for (std::uint32_t j = 0; j < comb.start[i + 1] - comb.start[i]; ++j) {
        Number x, y;
        curve_.coordinates(curve_.multiply(Number(2 * j + 1) * unit % curve_.n).get(), x, y);
        std::uint64_t words_x[kProbeWords] = {}, words_y[kProbeWords] = {};
        const bool negated = j % 2 == 1;
        probe_->entry(entries.get(), comb.start[i] + j, negated, words_x, words_y);
        ASSERT_EQ(number_of(words_x, kProbeWords), x) << i << ' ' << j;
        ASSERT_EQ(number_of(words_y, kProbeWords), negated ? curve_.p - y : y) << i << ' ' << j;
      }
    }
  }
}

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (int curve = 0; curve < 3; ++curve) {
    all.push_back({curve, Arithmetic::scalar});
#if defined(__x86_64__)
    all.push_back({curve, Arithmetic::avx2});
    all.push_back({curve, Arithmetic::ifma});
#endif
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Kinds, EcField, testing::ValuesIn(variants()), [](const testing::TestParamInfo<Variant>& variant) {
  return std::string(kSpecs[variant.param.curve].name) + (variant.param.arithmetic == Arithmetic::scalar ? "Scalar" : variant.param.arithmetic == Arithmetic::avx2 ? "Avx2" : "Ifma");
});

// ---- modulo the order, by words

template <class C>
struct OrderCase {
  using Numbers = Words<C::kWords>;
  static Numbers words(const Number& a) {
    const Octets octets = a.big_endian(8 * C::kWords);
    return from_big_endian<C::kWords>(octets.data(), 8 * C::kWords);
  }
  static void run(const CurveSpec& spec) {
    const Curve curve(spec);
    Random random(9);
    const Number r_inverse = power(Number::power_of_two(64 * C::kWords), curve.n - Number(2), curve.n);
    const auto input = [&]() -> Number {
      switch (random() % 4) {
        case 0: return Number(random() % 4);
        case 1: return curve.n - Number(1 + random() % 3);
        case 2: return Number::power_of_two(static_cast<int>(random() % static_cast<unsigned>(spec.bits - 1)));
        default: return curve.random_below(curve.n, random);
      }
    };
    for (int i = 0; i < 2000 * factor(); ++i) {
      const Number a = input(), b = input();
      Numbers product;
      montgomery_multiply<ModN<C>>(product, words(a), words(b));
      ASSERT_EQ(number_of(product.word, C::kWords), a * b % curve.n * r_inverse % curve.n);
    }
    for (int i = 0; i < 200 * factor(); ++i) {
      const Number a = input();
      Numbers inverse;
      invert_vartime(inverse, words(a), ModN<C>::kModulus);
      ASSERT_EQ(number_of(inverse.word, C::kWords), a == Number(0) ? a : curve.inverse_mod_n(a));
    }
  }
};
TEST(EcOrder, MultipliesAndInvertsP256) { OrderCase<P256>::run(kSpecs[0]); }
TEST(EcOrder, MultipliesAndInvertsP384) { OrderCase<P384>::run(kSpecs[1]); }
TEST(EcOrder, MultipliesAndInvertsP521) { OrderCase<P521>::run(kSpecs[2]); }

}  // namespace
}  // namespace assay::crypto::ec::test
