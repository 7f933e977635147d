// Signatures, whole: every kind of arithmetic, with and without tables, in batches of any size, against OpenSSL.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "crypto/ec/curve_fixture.h"
#include "crypto/table_memory_for_tests.h"

namespace assay::crypto::ec::test {
namespace {

using enum SignatureResult;

constexpr Arithmetic kArithmetics[] = {Arithmetic::scalar, Arithmetic::avx2, Arithmetic::ifma};

class Ecdsa : public testing::TestWithParam<CurveSpec> {
 protected:
  // Keys of known secrets: chosen points, then random ones.
  void make_keys(int random_keys) {
    const Number& n = curve_.n;
    for (const Number& secret : {Number(1), n - Number(1), Number(2), Number(3), Number::power_of_two(10), Number::power_of_two(curve_.spec.bits - 2), n - Number(5)}) add_key(secret);
    for (int i = 0; i < random_keys; ++i) add_key(Number(1) + curve_.random_below(n - Number(1), random_));
  }
  std::size_t add_key(const Number& secret) {
    secrets_.push_back(secret);
    keys_.emplace_back(curve_, curve_.multiply(secret).get());
    return keys_.size() - 1;
  }
  Number random_scalar() { return Number(1) + curve_.random_below(curve_.n - Number(1), random_); }

  // sign(key, h): the signature of h with a random nonce.
  Case sign(std::size_t key, const Number& h) {
    const Number& n = curve_.n;
    const Number k = random_scalar();
    Number x, y;
    curve_.coordinates(curve_.multiply(k).get(), x, y);
    const Number r = x % n, s = curve_.inverse_mod_n(k) * (h + r * secrets_[key]) % n;
    return make_case(key, h, r, s);
  }
  Case make_case(std::size_t key, const Number& h, const Number& r, const Number& s) {
    return {key, digest_of(curve_, h), crypto::test::concat(r.big_endian(curve_.octets()), s.big_endian(curve_.octets()))};
  }
  Number r_of(const Case& c) const { return Number::big_endian(base::Bytes(c.signature).first(curve_.octets())); }
  Number s_of(const Case& c) const { return Number::big_endian(base::Bytes(c.signature).subspan(curve_.octets())); }
  Number random_h() { return curve_.random_below(Number::power_of_two(curve_.spec.bits), random_); }

  void add(Case c) { cases_.push_back(std::move(c)); }
  void ask_openssl_all() {
    for (Case& c : cases_) {
      if (c.expected == unset) c.expected = ask_openssl(keys_[c.key], c);
    }
  }
  long expected_valid() const {
    return std::count_if(cases_.begin(), cases_.end(), [](const Case& c) { return c.expected == valid; });
  }

  enum class Tables { all, none, some };
  // check(arithmetic, tables, batches): every case in every batch size, in shuffled order.
  void check(Arithmetic arithmetic, Tables tables, std::initializer_list<std::size_t> batches) {
    if (!supports(arithmetic)) GTEST_SKIP() << "this processor cannot";
    const CurveSpec& spec = curve_.spec;
    const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, spec.type, spec.base_windows);
    std::vector<std::unique_ptr<const Table>> made;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      // Of two widths, so that batches mix them.
      made.push_back(tables == Tables::none ? nullptr : Table::make(crypto::test::table_memory(), arithmetic, spec.type, spec.key_windows + (i % 3 == 2 ? 1 : 0), keys_[i].x, keys_[i].y));
    }
    Verifier verifier(*base);
    std::vector<std::size_t> order(cases_.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<SignatureView> views(order.size());
    std::vector<SignatureResult> results(order.size());
    for (const std::size_t batch : batches) {
      std::shuffle(order.begin(), order.end(), random_);
      for (std::size_t i = 0; i < order.size(); ++i) {
        const Case& c = cases_[order[i]];
        const bool with_table = tables == Tables::all || (tables == Tables::some && random_() % 8 != 0);
        views[i] = {keys_[c.key].x, keys_[c.key].y, with_table ? made[c.key].get() : nullptr, c.digest, c.signature};
        results[i] = unset;
      }
      for (std::size_t i = 0; i < order.size(); i += batch) {
        const std::size_t size = std::min(batch, order.size() - i);
        verifier.verify(std::span(views).subspan(i, size), std::span(results).subspan(i, size));
      }
      int wrong = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        const Case& c = cases_[order[i]];
        if (results[i] == c.expected) continue;
        if (++wrong <= 3) ADD_FAILURE() << "case " << order[i] << ", key " << c.key << ", batches of " << batch << ": " << testing::PrintToString(results[i]);
      }
      ASSERT_EQ(wrong, 0) << "batches of " << batch << ", seed " << kSeed;
    }
  }
  void check_all() {
    ask_openssl_all();
    for (const Arithmetic arithmetic : kArithmetics) {
      if (!supports(arithmetic)) continue;
      check(arithmetic, Tables::all, {1, 2, 3, 4, 6, 7, 16, 64, 256});
      check(arithmetic, Tables::some, {7, 64});
    }
  }

  static constexpr unsigned kSeed = 20;
  Random random_{kSeed};
  const Curve curve_{GetParam()};
  std::vector<Number> secrets_;
  std::vector<PublicKey> keys_;
  std::vector<Case> cases_;
};

// SEC 1 section 4.1.4.
TEST_P(Ecdsa, AgreesWithOpenSslOnValidAndCorruptedSignatures) {
  constexpr int kCount = 700;
  make_keys(20);
  const Number& n = curve_.n;
  const std::size_t bits = 8 * curve_.octets();
  for (int i = 0; i < kCount * factor(); ++i) {
    const std::size_t key = static_cast<std::size_t>(i) % keys_.size();
    const Case good = sign(key, random_h());
    Case bad = good;
    const Number h = Number::big_endian(good.digest), r = r_of(good), s = s_of(good);
    switch (i % 10) {
      case 0: bad.signature = crypto::test::flipped(good.signature, random_() % bits); break;
      case 1: bad.signature = crypto::test::flipped(good.signature, bits + random_() % bits); break;
      case 2: bad.digest = crypto::test::flipped(good.digest, random_() % bits); break;
      case 3: bad.key = (good.key + 1 + random_() % (keys_.size() - 1)) % keys_.size(); break;
      case 4: bad = make_case(key, Number(0), r, s); break;
      case 5: bad.signature = crypto::test::concat(s.big_endian(curve_.octets()), r.big_endian(curve_.octets())); break;
      case 6: bad.signature = make_case(key, Number(0), r, n - s).signature; break;  // stays valid
      case 7: bad.signature = make_case(key, Number(0), n - r, s).signature; break;
      case 8: bad.signature = make_case(key, Number(0), random_scalar(), random_scalar()).signature; break;
      case 9: bad.signature = make_case(key, Number(0), r, s == Number(1) ? Number(2) : s - Number(1)).signature; break;
    }
    add(good);
    add(bad);
  }
  ask_openssl_all();
  EXPECT_GE(expected_valid(), kCount * factor() * 11 / 10);
  check_all();
}

TEST_P(Ecdsa, AgreesWithOpenSslWithoutTables) {
  make_keys(4);
  for (int i = 0; i < 150 * factor(); ++i) {
    const Case good = sign(static_cast<std::size_t>(i) % keys_.size(), random_h());
    add(good);
    Case bad = good;
    bad.signature = crypto::test::flipped(good.signature, random_() % (16 * curve_.octets()));
    add(bad);
  }
  ask_openssl_all();
  for (const Arithmetic arithmetic : kArithmetics) check(arithmetic, Tables::none, {1, 16});
}

// SEC 1 section 4.1.4 step 1: r and s in [1, n-1]. CVE-2022-21449 was the absence of this check.
TEST_P(Ecdsa, RefusesRAndSOutsideTheirRange) {
  make_keys(2);
  const Number& n = curve_.n;
  const Number largest = Number::power_of_two(static_cast<int>(8 * curve_.octets())) - Number(1);
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    const Case good = sign(key, random_h());
    const Number h = Number(5), r = r_of(good), s = s_of(good);
    add(good);
    for (const Number& edge : {Number(0), Number(1), Number(2), n - Number(1), n, n + Number(1), n + n, largest, curve_.p}) {
      if (!edge.fits(curve_.octets())) continue;
      Case c = good;
      c.signature = make_case(key, h, edge, s).signature;
      add(c);
      c.signature = make_case(key, h, r, edge).signature;
      add(c);
      c.signature = make_case(key, h, edge, edge).signature;
      add(c);
    }
    // The same numbers modulo n are not the same signature.
    for (const Number& more : {r + n, s + n}) {
      if (more.fits(curve_.octets())) add(make_case(key, h, more, more));
    }
  }
  check_all();
}

// h = 0 makes u1 = 0, where the base point's part is infinity; h = -r and its like make Q's part meet G's for the keys G and -G.
TEST_P(Ecdsa, AgreesWithOpenSslOnChosenDigests) {
  make_keys(1);
  const Number &n = curve_.n, top = Number::power_of_two(curve_.spec.bits) - Number(1);
  const auto add_with = [&](std::size_t key, const Number& h) {
    const Case good = sign(key, h);
    add(good);
    Case other = good;
    const Number r = r_of(good);
    for (const Number& changed : {Number(0), r, n - r, r + r, n, top}) {
      other.digest = digest_of(curve_, changed % Number::power_of_two(curve_.spec.bits));
      add(other);
    }
  };
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    for (const Number& h : {Number(0), Number(1), n - Number(1), n, top, top - Number(1)}) add_with(key, h);
  }
  ask_openssl_all();
  EXPECT_GE(expected_valid(), static_cast<long>(6 * keys_.size()));
  check_all();
  cases_.resize(60);
  for (const Arithmetic arithmetic : kArithmetics) check(arithmetic, Tables::none, {5});
}

// chosen(key, u1, u2): the signature that makes a verifier compute u1 G + u2 Q.
//   s = r / u2, h = u1 s. u1 = +-u2, u1 = +-2 u2, tiny and huge multipliers: the sums that meet doublings and infinity.
TEST_P(Ecdsa, AgreesWithOpenSslOnChosenMultipliers) {
  make_keys(2);
  const Number& n = curve_.n;
  std::vector<Number> multipliers;
  for (unsigned long small = 1; small <= 35; small += small < 5 ? 1 : 6) {
    multipliers.push_back(Number(small));
    multipliers.push_back(n - Number(small));
  }
  multipliers.push_back(n - Number(34));  // its last digit doubles the running sum, for a modulus that ends in 17 mod 32
  multipliers.push_back(random_scalar());
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    for (const Number& u1 : multipliers) {
      for (const Number& u2 : {u1, n - u1, (u1 + u1) % n, Number(1), n - Number(2), n - Number(34), random_scalar()}) {
        if (random_() % 4 != 0 && key > 2) continue;
        if (u2 == Number(0)) continue;
        const Curve::Point sum = curve_.multiply((u1 + u2 * secrets_[key]) % n);
        Number x = Number(1), y;
        if (!curve_.is_infinity(sum.get())) curve_.coordinates(sum.get(), x, y);
        const Number r = x % n == Number(0) ? Number(1) : x % n, s = r * curve_.inverse_mod_n(u2) % n;
        add(make_case(key, u1 * s % n, r, s));
      }
    }
  }
  check_all();
  for (const Arithmetic arithmetic : kArithmetics) check(arithmetic, Tables::none, {5});
}

// SEC 1 section 4.1.4 step 8: x(R) may be r + n. Only for r < p - n, which nobody meets by chance on P-384 and P-521, but anybody can send.
TEST_P(Ecdsa, AcceptsXOfAtLeastTheOrder) {
  const Number& n = curve_.n;
  int found = 0;
  for (unsigned long small = 1; found < 12; ++small) {
    const Curve::Point R = curve_.lift(Number(small) + n);
    if (R == nullptr) continue;
    ++found;
    const Number u1 = random_scalar(), u2 = random_scalar(), inverse = curve_.inverse_mod_n(u2);
    const Curve::Point q = curve_.multiply(Number(0), curve_.minus(R.get(), curve_.multiply(u1).get()).get(), inverse);
    keys_.emplace_back(curve_, q.get());
    const Number s = Number(small) * inverse % n;
    add(make_case(keys_.size() - 1, u1 * s % n, Number(small), s));
    cases_.back().expected = valid;
    ASSERT_EQ(ask_openssl(keys_.back(), cases_.back()), valid);
    add(make_case(keys_.size() - 1, u1 * s % n, Number(small + 1), s));
  }
  // Small r that is no x at all, and the two largest and smallest candidates around p - n.
  for (const Number& r : {Number(1), Number(2), curve_.p - n - Number(1), curve_.p - n, curve_.p - n + Number(1)}) add(make_case(0, random_h(), r, random_scalar()));
  check_all();
  for (const Arithmetic arithmetic : kArithmetics) check(arithmetic, Tables::none, {1, 16});
}

TEST_P(Ecdsa, RefusesSignaturesOfAnotherLength) {
  make_keys(0);
  const Case good = sign(0, random_h());
  for (const Arithmetic arithmetic : kArithmetics) {
    if (!supports(arithmetic)) continue;
    const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.base_windows);
    Verifier verifier(*base);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good.signature.size() - 1, good.signature.size(), good.signature.size() + 1}) {
      Octets signature = good.signature;
      signature.resize(size);
      const SignatureView view = {keys_[0].x, keys_[0].y, nullptr, good.digest, signature};
      SignatureResult result = unset;
      verifier.verify({&view, 1}, {&result, 1});
      EXPECT_EQ(result, size == good.signature.size() ? valid : invalid) << size;
    }
  }
}

// A digest longer than the order counts by its leftmost bits; a shorter one counts whole.
TEST_P(Ecdsa, TakesDigestsOfAnyHash) {
  make_keys(1);
  const std::size_t key = keys_.size() - 1;
  for (const std::size_t size : {std::size_t{20}, std::size_t{32}, std::size_t{48}, std::size_t{64}}) {
    Octets digest(size);
    for (std::byte& octet : digest) octet = static_cast<std::byte>(random_());
    Number h = Number::big_endian(base::Bytes(digest).first(std::min(size, curve_.octets())));
    Case c = sign(key, h);
    c.digest = digest;
    c.expected = valid;
    ASSERT_EQ(ask_openssl(keys_[key], c), valid);
    add(c);
  }
  check_all();
}

// A table made for other arithmetic is as good as none.
TEST_P(Ecdsa, IgnoresTablesOfOtherArithmetic) {
  if (!supports(Arithmetic::avx2)) GTEST_SKIP() << "there is only one";
  make_keys(0);
  const Case good = sign(3, random_h());
  for (const Arithmetic arithmetic : kArithmetics) {
    if (!supports(arithmetic)) continue;
    const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, curve_.spec.type, curve_.spec.base_windows);
    Verifier verifier(*base);
    for (const Arithmetic other : kArithmetics) {
      if (other == arithmetic || !supports(other)) continue;
      const auto table = Table::make(crypto::test::table_memory(), other, curve_.spec.type, curve_.spec.key_windows, keys_[3].x, keys_[3].y);
      const SignatureView view = {keys_[3].x, keys_[3].y, table.get(), good.digest, good.signature};
      SignatureResult result = unset;
      verifier.verify({&view, 1}, {&result, 1});
      EXPECT_EQ(result, valid);
    }
  }
}

// Every width makes the same points.
TEST_P(Ecdsa, VerifiesWithTablesOfAnyWidth) {
  make_keys(1);
  const std::size_t key = keys_.size() - 1;
  const CurveSpec& spec = curve_.spec;
  for (int i = 0; i < 8; ++i) add(sign(key, random_h()));
  cases_[3].signature = crypto::test::flipped(cases_[3].signature, 100);
  ask_openssl_all();
  for (const Arithmetic arithmetic : kArithmetics) {
    if (!supports(arithmetic)) continue;
    const int narrow = Table::windows_max(spec.type), common = spec.type == KeyType::p256 ? kKeyWindowsP256 : spec.type == KeyType::p384 ? kKeyWindowsP384 : kKeyWindowsP521;
    for (const int windows : {narrow, narrow - 1, common + 1, common, common - 3}) {
      const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, spec.type, windows);
      const auto table = Table::make(crypto::test::table_memory(), arithmetic, spec.type, windows, keys_[key].x, keys_[key].y);
      EXPECT_EQ(table->bytes(), Table::bytes_of(arithmetic, spec.type, windows));
      Verifier verifier(*base);
      std::vector<SignatureView> views;
      for (const Case& c : cases_) views.push_back({keys_[key].x, keys_[key].y, table.get(), c.digest, c.signature});
      std::vector<SignatureResult> results(views.size());
      verifier.verify(views, results);
      for (std::size_t i = 0; i < views.size(); ++i) EXPECT_EQ(results[i], cases_[i].expected) << windows << " windows";
    }
  }
}

// Widths so many, and each of so few signatures, that spare lanes would need more groups than there are: budgets that run out leave keys with tables of every width.
TEST_P(Ecdsa, VerifiesManyWidthsInOneBatch) {
  make_keys(1);
  const std::size_t key = keys_.size() - 1;
  const CurveSpec& spec = curve_.spec;
  for (int i = 0; i < 6; ++i) add(sign(key, random_h()));
  cases_[4].signature = crypto::test::flipped(cases_[4].signature, 100);
  ask_openssl_all();
  for (const Arithmetic arithmetic : kArithmetics) {
    if (!supports(arithmetic)) continue;
    const auto base = Table::make_base(crypto::test::table_memory(), arithmetic, spec.type, Table::windows_max(spec.type));
    std::vector<std::unique_ptr<const Table>> tables;
    for (int i = 0; i < 21; ++i) {
      tables.push_back(Table::make(crypto::test::table_memory(), arithmetic, spec.type, Table::windows_max(spec.type) - i, keys_[key].x, keys_[key].y));
    }
    Verifier verifier(*base);
    // Of each of some widths three signatures, or one, two, four or five, and of the last one the rest of a full chunk.
    for (const std::size_t each : {3U, 1U, 2U, 4U, 5U}) {
      for (std::size_t widths = 1; widths <= tables.size(); ++widths) {
        std::vector<SignatureView> views;
        std::vector<SignatureResult> expected;
        for (std::size_t i = 0; i < 64; ++i) {
          const Case& c = cases_[random_() % cases_.size()];
          views.push_back({keys_[key].x, keys_[key].y, tables[std::min(i / each, widths - 1)].get(), c.digest, c.signature});
          expected.push_back(c.expected);
        }
        std::vector<SignatureResult> results(views.size());
        verifier.verify(views, results);
        ASSERT_EQ(results, expected) << widths << " widths, " << each << " of each";
        std::ranges::reverse(views);
        std::ranges::reverse(expected);
        verifier.verify(views, results);
        ASSERT_EQ(results, expected) << widths << " widths, " << each << " of each, the other way round";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Curves, Ecdsa, testing::ValuesIn(kSpecs), [](const testing::TestParamInfo<CurveSpec>& spec) { return std::string(spec.param.name); });

}  // namespace
}  // namespace assay::crypto::ec::test
