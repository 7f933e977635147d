// Private to ed25519: what an implementation provides. The rest of a verification (hashing, numbers modulo L, the shared inversion, the comparison) is common.
#pragma once

#include <cstddef>

#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {

// Term: s B + h (-A), s and h below L. Borrowed. A table of -A, or -A itself where the code takes no tables.
struct Term {
  Words s;
  Words h;
  const TableView* table;
  const AffinePoint* negated_key;
};

struct Code {
  const char* name;
  // sum(base, terms, count, sums): each term's value, by the tables of B and of the keys.
  void (*sum)(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept;
  // sum_without_table(base, terms, count, sums): by the table of B and the keys themselves.
  void (*sum_without_table)(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept;
  // fill_table(point, windows, entries): windows.all_entries() of them. Off the request path; allocates.
  void (*fill_table)(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept;
};

}  // namespace assay::crypto::ed25519
