// Makes the tables: which next, how wide, within a budget.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/curve_tables.h"
#include "crypto/kernels.h"
#include "crypto/key_material.h"

namespace assay::crypto {

// TableWish: a key in force. source: who brought it, any number that tells sources apart. uses: the tokens that it has verified so far.
struct TableWish {
  std::shared_ptr<const KeyMaterial> key;
  std::size_t source = 0;
  std::uint64_t uses = 0;
};

// TableFigures: for status.
struct TableFigures {
  std::size_t tables = 0;          // there are, of keys; those of keys that are no longer in force but still held included
  std::uint64_t bytes = 0;         // they take
  std::uint64_t curve_bytes = 0;   // the curves' own take
  std::size_t keys_without = 0;    // of the latest wishes: on a curve, and without a table
};

// TableBuilder: a resource of one thread, off the request path.
class TableBuilder {
 public:
  // levels: whose kernels verify signatures of P-256, P-384, P-521 and Ed25519, in this order; for those of reference no tables are made. curves outlives it.
  using Levels = std::array<EngineLevel, 4>;
  TableBuilder(const Levels& levels, CurveTables& curves);
  TableBuilder(const TableBuilder&) = delete;
  TableBuilder& operator=(const TableBuilder&) = delete;

  // build_next(wishes, budget_bytes): makes the one table that is wanted most and attaches it; false, and nothing is made, if there is none to make or no room. First a
  // curve's own, outside the budget; then the keys' in the order of their uses, each as wide as its share of what is left of the budget allows. While keys of several sources have no
  // table none of them gets more than a quarter of the budget. Tables of keys that have been withdrawn count until nobody holds the key any more. A table takes from 1 to some 50 ms.
  bool build_next(std::span<const TableWish> wishes, std::uint64_t budget_bytes);

  TableFigures figures() const;

 private:
  struct Made {
    std::weak_ptr<const KeyMaterial> key;
    std::size_t source = 0;
    std::uint64_t bytes = 0;
  };
  const Kernels* kernels_of(KeyType type) const noexcept;
  bool is_wanted(const KeyMaterial& key) const noexcept;
  bool build_curve(KeyType type);
  std::uint64_t bytes_in_use(const std::size_t* source = nullptr) const noexcept;

  std::array<std::optional<Kernels>, 4> kernels_;  // as levels
  CurveTables& curves_;
  std::vector<Made> made_;
  std::uint64_t curve_bytes_ = 0;
  std::size_t keys_without_ = 0;
};

}  // namespace assay::crypto
