// Signatures whose points collide inside the sum. Only whoever chooses a key can make them; they must be answered like any other, and must not touch the others of
// a batch.
//
// A key Q = d G is made such that the points of two sets of windows, A and B, have the same sum (or opposite ones): with the windows' digits fixed, the sums are
// g_A G + q_A Q and g_B G + q_B Q, so d = (g_B - g_A) / (q_A - q_B). All signatures whose multipliers have those digits there collide.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>

#include "crypto/ec/curve_fixture.h"
#include "crypto/table_memory_for_tests.h"

namespace assay::crypto::ec::test {
namespace {

using enum SignatureResult;
using Set = std::vector<int>;  // windows: the base point's, then the key's

class Collisions : public testing::TestWithParam<CurveSpec> {
 protected:
  int points() const { return curve_.spec.base_windows + curve_.spec.key_windows; }
  bool is_base(int window) const { return window < curve_.spec.base_windows; }
  int count_of(int window) const { return is_base(window) ? curve_.spec.base_windows : curve_.spec.key_windows; }
  int width(int window) const {
    const int i = is_base(window) ? window : window - curve_.spec.base_windows;
    return curve_.spec.bits / count_of(window) + (i < curve_.spec.bits % count_of(window) ? 1 : 0);
  }
  int offset(int window) const {
    int result = 0;
    for (int i = is_base(window) ? 0 : curve_.spec.base_windows; i < window; ++i) result += width(i);
    return result;
  }
  static bool bit(const Number& k, int index) { return BN_is_bit_set(k.get(), index) != 0; }
  // digit(k, window): of the odd k: 2 e + 1 - 2^width, e being the window's bits of k / 2 with 2^(bits - 1) added.
  long digit(const Number& k, int window) const {
    long e = 0;
    for (int b = 0; b < width(window); ++b) {
      const int at = offset(window) + b + 1;
      if (at == curve_.spec.bits || bit(k, at)) e |= 1L << b;
    }
    return 2 * e + 1 - (1L << width(window));
  }
  // A random odd number below n that has the model's digits in the windows of the sets.
  Number random_like(const Number* model, const Set& a, const Set& b, bool base) {
    for (;;) {
      Number k = curve_.random_below(Number::power_of_two(curve_.spec.bits), random_);
      if (model != nullptr) {
        for (const Set* set : {&a, &b}) {
          for (const int window : *set) {
            if (is_base(window) != base) continue;
            for (int at = offset(window) + 1; at <= offset(window) + width(window) && at < curve_.spec.bits; ++at) {
              if (bit(k, at) != bit(*model, at)) k = bit(k, at) ? k - Number::power_of_two(at) : k + Number::power_of_two(at);
            }
          }
        }
      }
      if (!k.odd()) k = k + Number(1);
      if (BN_cmp(k.get(), curve_.n.get()) < 0) return k;
    }
  }
  // sum(set): of its digits for the base point or for the key, modulo n.
  Number sum(const Number& k, const Set& set, bool base) const {
    Number result;
    for (const int window : set) {
      if (is_base(window) != base) continue;
      const long d = digit(k, window);
      const Number size = Number(static_cast<unsigned long>(d < 0 ? -d : d)) * Number::power_of_two(offset(window)) % curve_.n;
      result = (result + (d < 0 ? curve_.n - size : size)) % curve_.n;
    }
    return result;
  }

  // craft(a, b, opposite, count): signatures whose sums over a and b are equal or opposite; every third one altered. Sets without a window of the key are no use.
  void craft(const Set& a, const Set& b, bool opposite, int count) {
    const Number& n = curve_.n;
    const Number model1 = random_like(nullptr, a, b, true), model2 = random_like(nullptr, a, b, false);
    Number g_a = sum(model1, a, true), g_b = sum(model1, b, true), q_a = sum(model2, a, false), q_b = sum(model2, b, false);
    if (opposite) {
      g_b = (n - g_b) % n;
      q_b = (n - q_b) % n;
    }
    const Number dg = (g_b + n - g_a) % n, dq = (q_a + n - q_b) % n;
    ASSERT_FALSE(dq == Number(0));
    if (dg == Number(0)) return;  // d would be 0: no key
    const Number d = dg * curve_.inverse_mod_n(dq) % n;
    keys_.emplace_back(curve_, curve_.multiply(d).get());
    for (int i = 0; i < count; ++i) {
      const Number u1 = random_like(&model1, a, b, true), u2 = random_like(&model2, a, b, false);
      Number x = Number(1), y;  // the two sets may be all there is; then opposite ones leave infinity, which no r fits
      const Curve::Point sum_point = curve_.multiply((u1 + u2 * d) % n);
      if (!curve_.is_infinity(sum_point.get())) curve_.coordinates(sum_point.get(), x, y);
      const Number r = x % n, s = r * curve_.inverse_mod_n(u2) % n, h = u1 * s % n;
      Case c = {keys_.size() - 1, digest_of(curve_, h), crypto::test::concat(r.big_endian(curve_.octets()), s.big_endian(curve_.octets()))};
      if (i % 3 == 2) c.signature = crypto::test::flipped(c.signature, random_() % (8 * curve_.octets()));
      c.expected = ask_openssl(keys_.back(), c);
      crafted_.push_back(std::move(c));
    }
  }
  // Ordinary signatures, every second one altered, of two keys.
  void add_ordinary(int count) {
    std::vector<Number> secrets;
    const std::size_t first_key = keys_.size();
    for (int i = 0; i < 2; ++i) {
      secrets.push_back(Number(1) + curve_.random_below(curve_.n - Number(1), random_));
      keys_.emplace_back(curve_, curve_.multiply(secrets.back()).get());
    }
    for (int i = 0; i < count; ++i) {
      const std::size_t key = static_cast<std::size_t>(i) % 2;
      const Number u1 = curve_.random_below(curve_.n, random_), u2 = Number(1) + curve_.random_below(curve_.n - Number(1), random_);
      Number x, y;
      curve_.coordinates(curve_.multiply((u1 + u2 * secrets[key]) % curve_.n).get(), x, y);
      const Number r = x % curve_.n, s = r * curve_.inverse_mod_n(u2) % curve_.n;
      Case c = {first_key + key, digest_of(curve_, u1 * s % curve_.n), crypto::test::concat(r.big_endian(curve_.octets()), s.big_endian(curve_.octets()))};
      if (i / 2 % 2 == 1) c.signature = crypto::test::flipped(c.signature, random_() % (16 * curve_.octets()));
      c.expected = ask_openssl(keys_[c.key], c);
      ordinary_.push_back(std::move(c));
    }
  }

  // Batches of all sizes with no, few, many and only crafted signatures.
  void check() {
    for (const Arithmetic arithmetic : {Arithmetic::scalar, Arithmetic::avx2, Arithmetic::ifma}) {
      if (!supports(arithmetic)) continue;
      const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.base_windows);
      std::vector<std::unique_ptr<const Table>> tables;
      for (const PublicKey& key : keys_) tables.push_back(Table::make(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.key_windows, key.x, key.y));
      Verifier verifier(*base);
      for (const std::size_t batch : std::initializer_list<std::size_t>{1, 2, 3, 4, 6, 7, 16, 64}) {
        for (const unsigned percent : {5U, 50U, 100U}) {
          std::size_t next = 0;
          while (next < crafted_.size()) {
            std::vector<const Case*> cases;
            std::vector<SignatureView> views;
            while (views.size() < batch) {
              const bool is_crafted = random_() % 100 < percent || batch == 1;
              const Case& c = is_crafted && next < crafted_.size() ? crafted_[next++] : ordinary_[random_() % ordinary_.size()];
              cases.push_back(&c);
              views.push_back({keys_[c.key].x, keys_[c.key].y, tables[c.key].get(), c.digest, c.signature});
            }
            std::vector<SignatureResult> results(batch);
            verifier.verify(views, results);
            for (std::size_t i = 0; i < batch; ++i) {
              ASSERT_EQ(results[i], cases[i]->expected) << "batch of " << batch << ", " << percent << " %, " << (cases[i] >= crafted_.data() && cases[i] < crafted_.data() + crafted_.size() ? "crafted" : "ordinary");
            }
          }
        }
      }
    }
  }

  // seconds(verifier, views, batch): of CPU, for all of them.
  static double seconds(Verifier& verifier, const std::vector<SignatureView>& views, std::size_t batch) {
    std::vector<SignatureResult> results(batch);
    timespec begin{}, end{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (std::size_t i = 0; i + batch <= views.size(); i += batch) verifier.verify(std::span(views).subspan(i, batch), results);
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return static_cast<double>(end.tv_sec - begin.tv_sec) + 1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec);
  }
  // print_cost(): what ordinary signatures cost in batches of 64 when every hundredth is a crafted one, against none: the crafted ones' own share, one in a hundred, included.
  void print_cost(int level) {
    const Arithmetic arithmetic = supports(Arithmetic::ifma) ? Arithmetic::ifma : supports(Arithmetic::avx2) ? Arithmetic::avx2 : Arithmetic::scalar;
    const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.base_windows);
    std::vector<std::unique_ptr<const Table>> tables;
    for (const PublicKey& key : keys_) tables.push_back(Table::make(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.key_windows, key.x, key.y));
    Verifier verifier(*base);
    std::vector<SignatureView> clean, mixed;
    const auto view = [&](const Case& c) { return SignatureView{keys_[c.key].x, keys_[c.key].y, tables[c.key].get(), c.digest, c.signature}; };
    for (std::size_t i = 0; i < 6400; ++i) {
      clean.push_back(view(ordinary_[i % ordinary_.size()]));
      mixed.push_back(i % 100 == 50 ? view(crafted_[i / 100 % crafted_.size()]) : clean.back());
    }
    std::vector<double> ratios;
    for (int round = 0; round < 21; ++round) {
      const double without = seconds(verifier, clean, 64);
      ratios.push_back(seconds(verifier, mixed, 64) / without);
    }
    std::ranges::sort(ratios);
    std::printf("%s: one signature in a hundred that collides at level %d: %.3f times the time (median of %zu; %.3f to %.3f)\n", curve_.spec.name, level, ratios[ratios.size() / 2], ratios.size(), ratios.front(),
                ratios.back());
  }

  // pairs_of_level(level): the sets that meet at a level of the tree: point j and point j + half, a point left over keeping its place behind the sums.
  std::vector<Set> sets_of_level(int level) const {
    std::vector<Set> sets;
    for (int window = 0; window < points(); ++window) sets.push_back({window});
    for (int l = 0; l < level; ++l) {
      const std::size_t half = sets.size() / 2;
      std::vector<Set> sums;
      for (std::size_t j = 0; j < half; ++j) {
        sums.push_back(sets[j]);
        sums.back().insert(sums.back().end(), sets[j + half].begin(), sets[j + half].end());
      }
      if (sets.size() % 2 == 1) sums.push_back(sets.back());
      sets = std::move(sums);
    }
    return sets;
  }
  bool is_mixed(const Set& a, const Set& b) const {
    bool base = false, key = false;
    for (const Set* set : {&a, &b}) {
      for (const int window : *set) (is_base(window) ? base : key) = true;
    }
    return base && key;
  }

  Random random_{77};
  const Curve curve_{GetParam()};
  std::vector<PublicKey> keys_;
  std::vector<Case> crafted_, ordinary_;
};

TEST_P(Collisions, AreAnsweredAtEveryLevelOfTheTree) {
  add_ordinary(24);
  for (int level = 0; level <= 6; ++level) {
    const std::vector<Set> sets = sets_of_level(level);
    if (sets.size() < 2) break;
    const std::size_t half = sets.size() / 2;
    std::vector<std::size_t> mixed;
    for (std::size_t j = 0; j < half; ++j) {
      if (is_mixed(sets[j], sets[j + half])) mixed.push_back(j);
    }
    ASSERT_FALSE(mixed.empty()) << "level " << level;
    for (const bool opposite : {false, true}) {
      const std::size_t j = mixed[random_() % mixed.size()];
      craft(sets[j], sets[j + half], opposite, 9 * factor());
    }
  }
  check();
}

// A few are summed in two, four or eight parts each: point after point, then what is left over one by one onto the first parts. Then every part is added to the one half
// of them away, those sums likewise, until there is one. The sum so far meets the next point, or the sums of the parts meet.
TEST_P(Collisions, AreAnsweredInSumsOfParts) {
  add_ordinary(8);
  const auto range = [](int from, int to) {
    Set set;
    for (int i = from; i < to; ++i) set.push_back(i);
    return set;
  };
  const auto join = [](Set a, const Set& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const int base = curve_.spec.base_windows;
  for (const int parts : {2, 4, 8}) {
    const int part = points() / parts, rest = points() % parts;
    for (const bool opposite : {false, true}) {
      const int second = base / part * part;  // the part in which the key's windows begin
      craft(range(second, base + 1), {base + 1}, opposite, 6);
      craft(range(0, base), range(base, base + 2), opposite, 6);
      // A point left over onto the first part.
      if (rest != 0) craft(range(0, part), {parts * part}, opposite, 6);
      std::vector<Set> sums;
      for (int i = 0; i < parts; ++i) {
        sums.push_back(range(i * part, (i + 1) * part));
        if (i < rest) sums.back().push_back(parts * part + i);
      }
      while (sums.size() > 1) {
        const std::size_t half = sums.size() / 2;
        for (std::size_t i = 0; i < half; ++i) {
          if (is_mixed(sums[i], sums[i + half])) craft(sums[i], sums[i + half], opposite, 6);
        }
        for (std::size_t i = 0; i < half; ++i) sums[i] = join(sums[i], sums[i + half]);
        sums.resize(half);
      }
    }
  }
  check();
}

// Not a test: a figure for docs/BENCHMARKS.md (--gtest_also_run_disabled_tests).
TEST_P(Collisions, DISABLED_CostTheirNeighboursLittle) {
  add_ordinary(64);
  for (int level = 0; level <= 5; ++level) {
    const std::vector<Set> sets = sets_of_level(level);
    const std::size_t half = sets.size() / 2;
    for (std::size_t j = 0; j < half; ++j) {
      if (!is_mixed(sets[j], sets[j + half])) continue;
      crafted_.clear();
      craft(sets[j], sets[j + half], level % 2 == 0, 8);
      print_cost(level);
      break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Curves, Collisions, testing::ValuesIn(kSpecs), [](const testing::TestParamInfo<CurveSpec>& spec) { return std::string(spec.param.name); });

}  // namespace
}  // namespace assay::crypto::ec::test
