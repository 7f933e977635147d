// ECDSA verification (FIPS 186-5 section 6.4.2, SEC 1 section 4.1.4) of many signatures, over any field.
//
//   u1 = h / s, u2 = r / s mod n; valid iff R = u1 G + u2 Q is not infinity and x(R) mod n = r.
//
// Nothing here is secret, so everything may take its time by its data.
#pragma once

#include "crypto/ec/builder.h"
#include "crypto/ec/tree.h"

namespace assay::crypto::ec {
namespace {

// ---- one signature, for every case

// sum_complete: the sum of table points.
template <class Field>
void sum_complete_vartime(Xyzz<typename Field::Number>& sum, const std::uintptr_t* references, int count) noexcept {
  typename Field::Number x, y;
  sum.ZZ = {};
  prefetch_all<Field>(references, count);
  for (int i = 0; i < count; ++i) {
    Field::unpack(x, y, references[i]);
    add_affine_complete<typename Field::Scalar>(sum, x, y);
  }
}

// Digits: the signed digits of a number, at most every fifth of them not zero, those odd and below 16: width-5 non-adjacent form.
template <int kBits>
struct Digits {
  Array<std::int8_t, kBits + 6> digit;
  template <int N>
  explicit Digits(const Words<N>& k) noexcept : digit{} {
    constexpr int kWidth = 5;
    int carry = 0;
    for (int i = 0; i <= kBits;) {
      if (static_cast<int>(bits(k, i, 1)) == carry) {
        ++i;
        continue;
      }
      const int window = static_cast<int>(bits(k, i, kWidth)) + carry;
      carry = window >> (kWidth - 1);
      digit[i] = static_cast<std::int8_t>(window - (carry << kWidth));
      i += kWidth;
    }
  }
};

// multiply_point: a = k (x, y); x, y and a by words, x and y below p. 1 doubling a bit, an addition every six.
template <class Scalar>
void multiply_point_vartime(Jacobian<typename Scalar::Number>& a, const typename Scalar::Number& k, const typename Scalar::Number& x, const typename Scalar::Number& y) noexcept {
  using Number = typename Scalar::Number;
  constexpr int kMultiples = 8, kBits = Scalar::Curve::kBits;
  Jacobian<Number> point;
  Scalar::to_form(point.X, x);
  Scalar::to_form(point.Y, y);
  point.Z = Scalar::kOne;
  Multiple<Number> odd[kMultiples], twice;  // odd[i] = (2 i + 1) P
  set_multiple<Scalar>(odd[0], point);
  a = point;
  double_point<Scalar>(a);
  set_multiple<Scalar>(twice, a);
  for (int i = 1; i < kMultiples; ++i) {
    add_multiple_complete<Scalar>(point, twice, false);
    set_multiple<Scalar>(odd[i], point);
  }
  const Digits<kBits> digits(k);
  a = {};
  for (int i = kBits; i >= 0; --i) {
    if (!is_zero(a.Z)) double_point<Scalar>(a);
    const int digit = digits.digit[i];
    if (digit != 0) add_multiple_complete<Scalar>(a, odd[(digit < 0 ? -digit : digit) / 2], digit < 0);
  }
}

// verify_untabled: with the base point's table alone.
template <class Field>
[[gnu::noinline]] bool verify_untabled_vartime(const typename Field::Number& r, const typename Field::Number& u1, const typename Field::Number& u2, const PointTable& base,
                                               const Job& job) noexcept {
  using Curve = typename Field::Curve;
  using Scalar = typename Field::Scalar;
  using Number = typename Field::Number;
  std::uintptr_t references[kWindowsMax];
  recode_vartime<Field>(references, u1, base);
  Xyzz<Number> g_part;
  sum_complete_vartime<Field>(g_part, references, base.comb.windows);
  Jacobian<Number> sum;
  multiply_point_vartime<Scalar>(sum, u2, from_big_endian<Field::kWords>(job.x, Curve::kOctets), from_big_endian<Field::kWords>(job.y, Curve::kOctets));
  if (!is_zero(g_part.ZZ)) {
    // With Z = ZZZ: x = X ZZ^2 / ZZZ^2, y = Y ZZZ^2 / ZZZ^3.
    Jacobian<Number> point;
    Number square;
    Scalar::square(square, g_part.ZZ);
    Scalar::multiply(point.X, g_part.X, square);
    Scalar::square(square, g_part.ZZZ);
    Scalar::multiply(point.Y, g_part.Y, square);
    point.Z = g_part.ZZZ;
    Multiple<Number> addend;
    set_multiple<Scalar>(addend, point);
    add_multiple_complete<Scalar>(sum, addend, false);
  }
  Number zz;
  Scalar::square(zz, sum.Z);
  return x_is_mod_order<Curve, Scalar>(r, sum.X, zz);
}

// verify_complete: with both tables.
template <class Field>
[[gnu::noinline]] bool verify_complete_vartime(const typename Field::Number& r, const std::uintptr_t* references, int count) noexcept {
  Xyzz<typename Field::Number> sum;
  sum_complete_vartime<Field>(sum, references, count);
  return x_is_mod_order<typename Field::Curve, typename Field::Scalar>(r, sum.X, sum.ZZ);
}

// add_swapped: every lane's sum becomes its own and its neighbour's.
template <class Field, int kDistance, bool kWithY>
void add_swapped(Xyzz<typename Field::Element>& sums) noexcept {
  Xyzz<typename Field::Element> others;
  Field::template swap_lanes<kDistance>(others.X, sums.X);
  Field::template swap_lanes<kDistance>(others.Y, sums.Y);
  Field::template swap_lanes<kDistance>(others.ZZ, sums.ZZ);
  Field::template swap_lanes<kDistance>(others.ZZZ, sums.ZZZ);
  add_xyzz<Field, kWithY>(sums, others);
}

// verify_few: kCount signatures of equally many points, with both tables; valid[i] is the answer to the one with r[i] and references[i]. Each has kLanes / kCount lanes,
// and each of those sums a part of its points, without meeting collisions; those go to the complete path. Then the lanes are added, so that all of a signature's
// hold its whole sum, and what x may be, r or r + n, is compared in two lanes at once.
template <class Field, int kCount>
[[gnu::noinline]] void verify_few_vartime(bool* valid, const typename Field::Number* const* r, const std::uintptr_t* const* references, int points) noexcept {
  using Curve = typename Field::Curve;
  using Element = typename Field::Element;
  constexpr int kLanes = Field::kLanes, kParts = kLanes / kCount;
  static_assert(kLanes % kCount == 0 && (kParts == 2 || kParts == 4 || kParts == 8));
  const int part = points / kParts, rest = points % kParts;
  Array<std::uintptr_t, kCount * kPointsMax> by_lane;
  Array<std::uintptr_t, kLanes> last;
  unsigned with_rest = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const std::uintptr_t* const own = references[lane / kParts];
    const int i = lane % kParts;
    std::memcpy(by_lane + lane * part, own + i * part, extent(part) * sizeof *own);
    last[lane] = own[i < rest ? kParts * part + i : 0];
    if (i < rest) with_rest |= 1U << lane;
  }
  Element x1, y1, x2, y2;
  const auto get_points = [&](Element& x, Element& y, const std::uintptr_t* first, int stride) {
    Field::load_x(x, first, stride);
    Field::load_y(y, first, stride);
  };
  Xyzz<Element> sums;
  get_points(x1, y1, by_lane, part);
  get_points(x2, y2, by_lane + 1, part);
  add_two_affine<Field>(sums, x1, y1, x2, y2);
  for (int i = 2; i < part; ++i) {
    get_points(x1, y1, by_lane + i, part);
    add_affine<Field>(sums, x1, y1);
  }
  if (rest != 0) {
    get_points(x1, y1, last, 1);
    Xyzz<Element> more = sums;
    add_affine<Field>(more, x1, y1);
    Field::take_lanes(sums.X, more.X, with_rest);
    Field::take_lanes(sums.Y, more.Y, with_rest);
    Field::take_lanes(sums.ZZ, more.ZZ, with_rest);
    Field::take_lanes(sums.ZZZ, more.ZZZ, with_rest);
  }
  if constexpr (kParts == 8) add_swapped<Field, 4, true>(sums);
  if constexpr (kParts >= 4) add_swapped<Field, 2, true>(sums);
  add_swapped<Field, 1, false>(sums);
  const unsigned collided = Field::zero_lanes(sums.ZZ);
  Element candidates, difference;
  for (int i = 0; i < kCount; ++i) {
    typename Field::Number above;
    const bool may_be_above = ec::add(above, *r[i], Curve::kOrder) == 0 && is_less(above, Curve::kPrime);
    for (int k = 0; k < kParts; ++k) Field::set_lane(candidates, i * kParts + k, k == 0 && may_be_above ? above : *r[i]);
  }
  Field::to_form_lanes(candidates, candidates);
  Field::multiply_subtract(difference, sums.ZZ, candidates, sums.X);
  const unsigned matching = Field::zero_lanes(difference);
  for (int i = 0; i < kCount; ++i) {
    const unsigned own = ((1U << kParts) - 1) << (i * kParts);
    valid[i] = (collided & own) != 0 ? verify_complete_vartime<Field>(*r[i], references[i], points) : (matching & own) != 0;
  }
}

// ---- many

// BatchVerifier: a kernel's scratch memory.
template <class Field>
class BatchVerifier {
  using Curve = typename Field::Curve;
  using Number = typename Field::Number;
  static constexpr int kLanes = Field::kLanes, kChunk = Tree<Field>::kRowsMax;

 public:
  static void verify(void* scratch, const PointTable& base, const Job* jobs, int count) noexcept {
    BatchVerifier& self = *static_cast<BatchVerifier*>(scratch);
    // Chunks of nearly the same size.
    for (int done = 0; done < count;) {
      const int left = count - done, chunks = (left + kChunk - 1) / kChunk;
      const int size = ((left + chunks - 1) / chunks + kLanes - 1) / kLanes * kLanes;
      const int chunk = size < left ? size : left;
      self.verify_chunk(base, jobs + done, chunk);
      done += chunk;
    }
  }

 private:
  // One signature whose numbers are in range.
  struct Item {
    const Job* job;
    Number r, s, h, before, u1, u2;
    int points;
  };

  [[gnu::noinline]] static void multiply_n(Number& r, const Number& a, const Number& b) noexcept { montgomery_multiply<ModN<Curve>>(r, a, b); }
  static void answer(const Item& item, bool valid) noexcept { *item.job->result = valid ? SignatureResult::valid : SignatureResult::invalid; }

  void verify_chunk(const PointTable& base, const Job* jobs, int count) noexcept {
    count_ = 0;
    for (int i = 0; i < count; ++i) admit(jobs[i]);
    if (count_ == 0) return;
    find_multipliers();
    int tabled = 0;
    for (int i = 0; i < count_; ++i) {
      Item& item = items_[i];
      if (item.job->table == nullptr) {
        answer(item, verify_untabled_vartime<Field>(item.r, item.u1, item.u2, base, *item.job));
      } else {
        item.points = base.comb.windows + item.job->table->comb.windows;
        insert_by_points(tabled++, &item);
      }
    }
    verify_tabled(base, tabled);
  }

  // SEC 1 section 4.1.4 steps 1 and 3: r and s in [1, n - 1], h the leftmost bits of the digest.
  void admit(const Job& job) noexcept {
    Item& item = items_[count_];
    item.job = &job;
    item.r = from_big_endian<Field::kWords>(job.signature, Curve::kOctets);
    item.s = from_big_endian<Field::kWords>(job.signature + Curve::kOctets, Curve::kOctets);
    const auto in_range = [](const Number& a) { return !is_zero(a) && is_less(a, Curve::kOrder); };
    if (!in_range(item.r) || !in_range(item.s)) {
      answer(item, false);
      return;
    }
    item.h = from_big_endian<Field::kWords>(job.digest, job.digest_octets);
    if constexpr (8 * Curve::kOctets > Curve::kBits) {
      if (job.digest_octets == Curve::kOctets) item.h = shift_right(item.h, 8 * Curve::kOctets - Curve::kBits);
    }
    ++count_;
  }

  // u1 and u2 of all items by one inversion. Products of s stand in Montgomery's form with as many factors 1/R as they were multiplied; the one inverse makes up for it.
  void find_multipliers() noexcept {
    constexpr const Modulus<Field::kWords>& kN = ModN<Curve>::kModulus;
    Number product = items_[0].s, inverse, w;
    for (int i = 1; i < count_; ++i) {
      items_[i].before = product;
      multiply_n(product, product, items_[i].s);
    }
    invert_vartime(inverse, product, kN);
    multiply_n(inverse, inverse, kN.r2);
    for (int i = count_ - 1; i >= 0; --i) {
      Item& item = items_[i];
      w = inverse;  // R / s
      if (i > 0) {
        multiply_n(w, inverse, item.before);
        multiply_n(inverse, inverse, item.s);
      }
      multiply_n(item.u1, w, item.h);
      multiply_n(item.u2, w, item.r);
    }
  }

  // Rows of a group have as many points each. Keys usually do; so this is no sort to speak of.
  void insert_by_points(int size, Item* item) noexcept {
    int at = size;
    for (; at > 0 && order_[at - 1]->points < item->points; --at) order_[at] = order_[at - 1];
    order_[at] = item;
  }

  void verify_tabled(const PointTable& base, int count) noexcept {
    int groups = 0;
    for (int from = 0; from < count;) {
      int size = 1;
      while (size < kLanes && from + size < count && order_[from + size]->points == order_[from]->points) ++size;
      // A group shares its inversions with the others; by itself it has to be nearly full. Tables of many widths leave spare lanes in many groups, so that the groups
      // may be full before the rows are.
      const bool pays = groups > 0 ? size * 2 > kLanes : size > kLanes - 2;
      if (pays && groups < Tree<Field>::kGroupsMax) {
        fill_group(base, groups, order_ + from, size);
        for (int lane = 0; lane < kLanes; ++lane) owners_[groups * kLanes + lane] = lane < size ? order_[from + lane] : nullptr;
        ++groups;
      } else if constexpr (kLanes > 1) {
        for (int i = 0; i < size;) i += verify_few(base, order_ + from + i, size - i);
      }
      from += size;
    }
    if (groups == 0) return;
    tree_.run(groups);
    for (int row = 0; row < groups * kLanes; ++row) {
      if (owners_[row] != nullptr) answer_row(row, *owners_[row]);
    }
  }

  void fill_references(std::uintptr_t* references, const PointTable& base, const Item& item) const noexcept {
    recode_vartime<Field>(references, item.u1, base);
    recode_vartime<Field>(references + base.comb.windows, item.u2, *item.job->table);
  }
  // Spare lanes repeat the first row.
  void fill_group(const PointTable& base, int group, Item* const* items, int size) noexcept {
    Array<const Number*, kLanes> r;
    for (int lane = 0; lane < kLanes; ++lane) {
      const Item& item = *items[lane < size ? lane : 0];
      fill_references(tree_.references(group * kLanes + lane), base, item);
      r[lane] = &item.r;
    }
    tree_.set_group(group, items[0]->points, r);
  }
  // Some of the items, which have as many points each; returns how many.
  int verify_few(const PointTable& base, Item* const* items, int size) noexcept {
    if (size == 1) return verify_few<1>(base, items, 1);
    if (size == 2 || kLanes == 4) return verify_few<2>(base, items, 2);
    return verify_few<kLanes / 2>(base, items, size < kLanes / 2 ? size : kLanes / 2);
  }
  // Spare places repeat the first item.
  template <int kCount>
  [[gnu::noinline]] int verify_few(const PointTable& base, Item* const* items, int size) noexcept {
    Array<Array<std::uintptr_t, kPointsMax>, kCount> references;
    Array<const std::uintptr_t*, kCount> rows;
    Array<const Number*, kCount> r;
    Array<bool, kCount> valid;
    for (int i = 0; i < kCount; ++i) {
      rows[i] = references[i < size ? i : 0];
      r[i] = &items[i < size ? i : 0]->r;
      if (i < size) {
        fill_references(references[i], base, *items[i]);
        prefetch_all<Field>(references[i], items[i]->points);
      }
    }
    verify_few_vartime<Field, kCount>(valid, r, rows, items[0]->points);
    for (int i = 0; i < size; ++i) answer(*items[i], valid[i]);
    return size;
  }
  void answer_row(int row, const Item& item) noexcept {
    switch (tree_.verdict(row)) {
      case TreeVerdict::matches: return answer(item, true);
      // Points that meet in the tree hardly do in the order of one alone, and whoever arranges both pays the complete arithmetic as well.
      case TreeVerdict::collided:
        if constexpr (kLanes > 1) {
          const Number* const r = &item.r;
          const std::uintptr_t* const references = tree_.references(row);
          bool valid = false;
          verify_few_vartime<Field, 1>(&valid, &r, &references, item.points);
          return answer(item, valid);
        } else {
          return answer(item, verify_complete_vartime<Field>(item.r, tree_.references(row), item.points));
        }
      case TreeVerdict::unset:
      case TreeVerdict::differs: return answer(item, false);
    }
  }

  int count_;
  Array<Item, kChunk> items_;
  Array<Item*, kChunk> order_;
  Array<Item*, kChunk> owners_;
  Tree<Field> tree_;
};

template <class Field>
constexpr Kernel make_kernel() noexcept {
  return {.bits = Field::Curve::kBits,
          .octets = Field::Curve::kOctets,
          .entry_bytes = sizeof(typename Field::Entry),
          .scratch_bytes = sizeof(BatchVerifier<Field>),
          .build_scratch_bytes = sizeof(typename TableBuilder<Field>::Scratch),
          .build = &TableBuilder<Field>::build,
          .verify = &BatchVerifier<Field>::verify};
}

}  // namespace
}  // namespace assay::crypto::ec
