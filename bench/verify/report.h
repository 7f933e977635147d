// What came out, as a table and as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "verify/contenders.h"

namespace assay::bench {

// Row: medians, verifications a second of CPU time; 0: not measured.
struct Row {
  std::string algorithm;
  unsigned key_bits = 0;
  std::size_t batch = 0;
  std::size_t keys = 0;
  double ours = 0;  // the engine that was asked for, or the best of this processor
  double scalar = 0;
  double reference = 0;
  double openssl = 0;
};

// TableRow: the tables of so many keys, by the same engine.
struct TableRow {
  std::string algorithm;
  std::size_t keys = 0;
  Tables tables;
};

std::string text_of(const Row& row);
std::string heading();
std::string text_of(const TableRow& row);
std::string json_of(const std::vector<Row>& rows, const std::vector<TableRow>& tables);

}  // namespace assay::bench
