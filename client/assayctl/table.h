// Tables on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/assayctl/output.h"

namespace assayctl {

// Cell: its text has been made safe for a terminal.
struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  std::size_t width_max = 32;
};

// Table: columns as wide as what stands in them, up to each one's limit, beyond which a line is longer than the others.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // row(cells, below): a cell for each column; below: lines of its own under the row.
  void row(std::vector<Cell> cells, std::vector<std::string> below = {}) { rows_.push_back({std::move(cells), std::move(below)}); }
  // show(out): the titles, the first of them strong, and the rows.
  void show(Output& out) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::vector<std::string> below;
  };
  void show_line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths, Output& out) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

// first_of(items, shown_max): parted by ", ", each made safe for a terminal; of more than shown_max the first ones and how many there are besides.
std::string first_of(const std::vector<std::string>& items, std::size_t shown_max);
// age(now, then): how long ago, in seconds since 1970; "-" for a time that is 0, hence not said.
std::string age(std::int64_t now, std::int64_t then);
// ago(now, then): "5 min ago"; "-" likewise.
std::string ago(std::int64_t now, std::int64_t then);

}  // namespace assayctl
