// Sums of table points for many signatures at once: a tree of affine additions, one inversion a level for all of them.
//
// A row is the points of one signature. kLanes rows stand side by side in a group; at each level point j of a group is added to point j + half. The x differences of a
// level are multiplied up in two chains a group, whose products are inverted together. So each lane of a chain belongs to one signature alone: when points
// of it collide (whoever chooses the key can arrange that, nobody else), that lane's product is zero, the signature is taken out by putting 1 there, and nothing
// computed for the others is lost. Those taken out are answered by the arithmetic for all cases.
#pragma once

#include "crypto/ec/comb.h"
#include "crypto/ec/invert.h"
#include "crypto/ec/point.h"

namespace assay::crypto::ec {
namespace {

// TreeVerdict: of a row; collided: points met on the way, nothing is known.
enum class TreeVerdict : std::uint8_t { unset = 0, matches, differs, collided };

// Tree: a resource within the kernel's scratch memory.
template <class Field>
class Tree {
  using Curve = typename Field::Curve;
  using Number = typename Field::Number;
  using Element = typename Field::Element;
  static constexpr int kLanes = Field::kLanes;

 public:
  static constexpr int kRowsMax = 64, kGroupsMax = kRowsMax / kLanes;

  // references(row): where the row's points go: group row / kLanes, lane row % kLanes; row < kRowsMax.
  std::uintptr_t* references(int row) noexcept { return references_[row]; }
  // set_group(group, points, r): all kLanes rows of the group are filled with as many points (at least 4); r[lane] is what x of the sum shall be modulo the order.
  void set_group(int group, int points, const Array<const Number*, kLanes>& r) noexcept {
    if (group < 0 || group >= kGroupsMax) __builtin_trap();  // a bug: what would be written is somebody else's
    groups_[group].points = groups_[group].table_points = points;
    groups_[group].dead = 0;
    for (int lane = 0; lane < kLanes; ++lane) groups_[group].r[lane] = r[lane];
  }
  // run(groups): verdict(row) afterwards.
  void run(int groups) noexcept {
    group_count_ = groups;
    int most = 0;
    for (int g = 0; g < groups; ++g) most = groups_[g].points > most ? groups_[g].points : most;
    stride_ = (most + 1) / 2;
    for (int g = 0; g < groups; ++g) groups_[g].at = g * stride_;
    first_ = true;
    while (pairs_left() >= Field::kTreePairsMin && add_level()) first_ = false;
    for (int g = 0; g < groups; ++g) finish(g);
  }
  TreeVerdict verdict(int row) const noexcept { return verdict_[row]; }

 private:
  struct Group {
    int points;        // left to be added
    int table_points;  // at the start
    int at;            // of the first of them in x_ and y_, after the first level
    unsigned dead;     // bit per lane: taken out
    Array<const Number*, kLanes> r;
  };

  static bool has_pairs(const Group& group) noexcept { return group.points > 2; }
  int pairs_left() const noexcept {
    int pairs = 0;
    for (int g = 0; g < group_count_; ++g) {
      if (has_pairs(groups_[g])) pairs += groups_[g].points / 2;
    }
    return pairs;
  }

  // Returns false when no signature is left.
  bool add_level() noexcept {
    for (int g = 0; g < group_count_; ++g) {
      if (has_pairs(groups_[g])) multiply_up(g);
    }
    if (!invert_chains()) return false;
    for (int g = group_count_ - 1; g >= 0; --g) {
      if (has_pairs(groups_[g])) add_group(g);
    }
    return true;
  }

  const std::uintptr_t* point(int g, int j) const noexcept { return references_[g * kLanes] + j; }
  void prefetch_points(int g, int j) const noexcept {
    for (int lane = 0; lane < kLanes; ++lane) prefetch<Field>(references_[g * kLanes + lane][j]);
  }
  void prefetch_pair(int g, int j) const noexcept {
    const int half = groups_[g].points / 2;
    prefetch_points(g, j);
    prefetch_points(g, j + half);
  }

  // Products of the x differences of the pairs 0, 2, 4, ... and 1, 3, 5, ...: products_[at + j] up to and with pair j.
  void multiply_up(int g) noexcept {
    const Group& group = groups_[g];
    const int half = group.points / 2;
    Element* product = products_ + g * stride_;
    if (first_) {
      constexpr int kAhead = 6;
      if (g == 0) {
        for (int j = 0; j < kAhead && j < half; ++j) prefetch_pair(g, j);
      }
      Element x1, x2;
      for (int j = 0; j < half; ++j) {
        if (j + kAhead < half) {
          prefetch_pair(g, j + kAhead);
        } else if (g + 1 < group_count_ && j + kAhead - half < groups_[g + 1].points / 2) {
          prefetch_pair(g + 1, j + kAhead - half);
        }
        Field::load_x(x1, point(g, j), kPointsMax);
        Field::load_x(x2, point(g, j + half), kPointsMax);
        multiply_difference(product, j, x2, x1);
      }
    } else {
      const Element* x = x_ + group.at;
      for (int j = 0; j < half; ++j) multiply_difference(product, j, x[j + half], x[j]);
    }
    chain_[2 * g] = product[half - 1];
    if (half > 1) {
      chain_[2 * g + 1] = product[half - 2];
    } else {
      Field::broadcast(chain_[2 * g + 1], Field::Scalar::kOne);
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      if ((group.dead >> lane & 1) != 0) take_out(g, lane);
    }
  }
  static void multiply_difference(Element* product, int j, const Element& x2, const Element& x1) noexcept {
    if (j < 2) {
      Field::subtract(product[j], x2, x1);
    } else {
      Field::multiply_difference(product[j], x2, x1, product[j - 2]);
    }
  }

  void take_out(int g, int lane) noexcept {
    groups_[g].dead |= 1U << lane;
    for (int k = 0; k < 2; ++k) Field::set_lane_from_scalar(chain_[2 * g + k], lane, Field::Scalar::kOne);
  }

  // chain_[i] to its inverse for all groups with pairs. Returns false when every signature is taken out.
  bool invert_chains() noexcept {
    Element all[2];
    multiply_chains(all);
    if ((Field::zero_lanes(all[0]) | Field::zero_lanes(all[1])) != 0) {
      if (!take_out_collided()) return false;
      multiply_chains(all);
    }
    invert_pair_vartime<Field>(all[0], all[1]);
    Element inverse;
    for (int g = group_count_ - 1; g >= 0; --g) {
      if (!has_pairs(groups_[g])) continue;
      for (int k = 0; k < 2; ++k) {
        Element& chain = chain_[2 * g + k];
        if (has_before_[g]) {
          Field::multiply(inverse, all[k], before_[2 * g + k]);
          Field::multiply(all[k], all[k], chain);
          chain = inverse;
        } else {
          chain = all[k];
        }
      }
    }
    return true;
  }
  void multiply_chains(Element (&all)[2]) noexcept {
    bool any = false;
    for (int g = 0; g < group_count_; ++g) {
      if (!has_pairs(groups_[g])) continue;
      has_before_[g] = any;
      for (int k = 0; k < 2; ++k) {
        if (!any) {
          all[k] = chain_[2 * g + k];
        } else {
          before_[2 * g + k] = all[k];
          Field::multiply(all[k], all[k], chain_[2 * g + k]);
        }
      }
      any = true;
    }
  }
  // Returns false when every signature is taken out.
  bool take_out_collided() noexcept {
    bool any_left = false;
    for (int g = 0; g < group_count_; ++g) {
      if (has_pairs(groups_[g])) {
        const unsigned zero = Field::zero_lanes(chain_[2 * g]) | Field::zero_lanes(chain_[2 * g + 1]);
        for (int lane = 0; lane < kLanes; ++lane) {
          if ((zero >> lane & 1) != 0) take_out(g, lane);
        }
      }
      any_left |= groups_[g].dead != (1U << kLanes) - 1;
    }
    return any_left;
  }

  // The sums of a group's pairs. After the first level sums replace the second operands, so that a point left over is their neighbour.
  void add_group(int g) noexcept {
    Group& group = groups_[g];
    const int half = group.points / 2;
    if (first_) {
      add_table_points(g, half);
    } else {
      const Element* product = products_ + g * stride_;
      const auto pair = [&](int j) ASSAY_EC_INLINE_LAMBDA {
        Element *x = x_ + group.at + j, *y = y_ + group.at + j;
        return AffinePair<Element>{x, y, x + half, y + half, j >= 2 ? product + j - 2 : nullptr, x + half, y + half};
      };
      add_pairs(g, half, pair);
      group.at += half;
    }
    group.points = half + (group.points & 1);
  }
  void add_table_points(int g, int half) noexcept {
    const Group& group = groups_[g];
    const Element* product = products_ + g * stride_;
    Element x[4], y[4];
    const auto pair = [&](int j) ASSAY_EC_INLINE_LAMBDA {
      Element *xs = x + (j & 1) * 2, *ys = y + (j & 1) * 2;
      if (j >= 4) prefetch_pair(g, j - 4);
      Field::load_x(xs[0], point(g, j), kPointsMax);
      Field::load_x(xs[1], point(g, j + half), kPointsMax);
      Field::load_y(ys[0], point(g, j), kPointsMax);
      Field::load_y(ys[1], point(g, j + half), kPointsMax);
      return AffinePair<Element>{xs, ys, xs + 1, ys + 1, j >= 2 ? product + j - 2 : nullptr, x_ + group.at + j, y_ + group.at + j};
    };
    add_pairs(g, half, pair);
    if ((group.points & 1) != 0) {
      Field::load_x(x_[group.at + half], point(g, 2 * half), kPointsMax);
      Field::load_y(y_[group.at + half], point(g, 2 * half), kPointsMax);
    }
  }
  template <class PairOf>
  ASSAY_EC_INLINE void add_pairs(int g, int half, const PairOf& pair_of) noexcept {
    // The last pair of all ends chain 0 of the two in chain_, the one before it chain 1.
    Element* inverse[2] = {&chain_[2 * g], &chain_[2 * g + 1]};
    int j = half - 1;
    if ((half & 1) != 0) {
      const AffinePair<Element> pair = pair_of(j--);
      add_affine_pairs<Field>(inverse, &pair, 1);
      Element* const other = inverse[0];
      inverse[0] = inverse[1];
      inverse[1] = other;
    }
    for (; j > 0; j -= 2) {
      const AffinePair<Element> pairs[2] = {pair_of(j), pair_of(j - 1)};
      add_affine_pairs<Field>(inverse, pairs, 2);
    }
  }

  void get_point(Element& x, Element& y, int g, int j) const noexcept {
    if (first_) {
      Field::load_x(x, point(g, j), kPointsMax);
      Field::load_y(y, point(g, j), kPointsMax);
    } else {
      x = x_[groups_[g].at + j];
      y = y_[groups_[g].at + j];
    }
  }

  // The points that are left, and the comparison.
  void finish(int g) noexcept {
    const Group& group = groups_[g];
    if (first_) {
      for (int j = 0; j < group.points; ++j) prefetch_points(g, j);
    }
    Element x1, y1, x2, y2, r, difference, collided;
    Xyzz<Element> sum;
    const bool two = group.points == 2;
    get_point(x1, y1, g, 0);
    get_point(x2, y2, g, 1);
    if (!two) {
      add_two_affine<Field>(sum, x1, y1, x2, y2);
      for (int j = 2; j < group.points; ++j) {
        get_point(x1, y1, g, j);
        add_affine<Field>(sum, x1, y1);
      }
    }
    // matching(r): bit per lane whose sum has x = r.
    const auto matching = [&] {
      Field::to_form_lanes(r, r);
      if (two) {
        compare_sum_x<Field>(difference, collided, r, x1, y1, x2, y2);
      } else {
        Field::multiply_subtract(difference, sum.ZZ, r, sum.X);
      }
      return Field::zero_lanes(difference);
    };
    for (int lane = 0; lane < kLanes; ++lane) Field::set_lane(r, lane, *group.r[lane]);
    unsigned matches = matching();
    unsigned above = 0;  // lanes where x may also be r + n
    for (int lane = 0; lane < kLanes; ++lane) {
      Number candidate;
      const bool possible = ec::add(candidate, *group.r[lane], Curve::kOrder) == 0 && is_less(candidate, Curve::kPrime);
      if (possible && (matches >> lane & 1) == 0) above |= 1U << lane;
      Field::set_lane(r, lane, possible ? candidate : *group.r[lane]);
    }
    if (above != 0) matches |= matching() & above;
    const unsigned unknown = Field::zero_lanes(two ? collided : sum.ZZ) | group.dead;
    for (int lane = 0; lane < kLanes; ++lane) {
      verdict_[g * kLanes + lane] = (unknown >> lane & 1) != 0   ? TreeVerdict::collided
                                    : (matches >> lane & 1) != 0 ? TreeVerdict::matches
                                                                 : TreeVerdict::differs;
    }
  }

  std::uintptr_t references_[kRowsMax][kPointsMax];
  TreeVerdict verdict_[kRowsMax];
  Array<Group, kGroupsMax> groups_;
  Array<bool, kGroupsMax> has_before_;
  Array<Element, 2 * kGroupsMax> chain_, before_;
  int group_count_, stride_;
  bool first_;  // points are still references
  Array<Element, kGroupsMax * kPointsMax / 2> x_, y_, products_;
};

}  // namespace
}  // namespace assay::crypto::ec
