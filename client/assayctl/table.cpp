// Widths are counted as a terminal shows them, near enough: one column for each code point.
#include "client/assayctl/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "client/assayctl/text.h"

namespace assayctl {

void Table::show(Output& out) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_of(columns_[i].title);
    for (const Row& row : rows_) width = std::max(width, std::min(columns_of(row.cells[i].text), columns_[i].width_max));
    widths.push_back(width);
  }
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, titles.empty() ? Colour::strong : Colour::dim});
  show_line(titles, widths, out);
  for (const Row& row : rows_) {
    show_line(row.cells, widths, out);
    for (const std::string& line : row.below) out.line("      " + line);
  }
}

void Table::show_line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths, Output& out) const {
  std::string line;
  std::size_t blanks = 0;  // owed before the next text, so that no line ends with any
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t width = columns_of(cells[i].text);
    const std::size_t rest = widths[i] - std::min(width, widths[i]);
    if (columns_[i].align == Align::right) blanks += rest;
    if (width > 0) line += std::string(std::exchange(blanks, 0), ' ') + out.paint(cells[i].colour, cells[i].text);
    if (columns_[i].align == Align::left) blanks += rest;
    blanks += 2;
  }
  out.line(line);
}

std::string first_of(const std::vector<std::string>& items, std::size_t shown_max) {
  if (items.size() <= shown_max) return joined(items);
  const std::vector<std::string> shown(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown_max));
  return fmt::format("{} and {} more", joined(shown), items.size() - shown_max);
}

std::string age(std::int64_t now, std::int64_t then) {
  if (then == 0) return "-";
  // As unsigned numbers: `then` may be anything.
  return duration(then < now ? static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(then) : 0);
}

std::string ago(std::int64_t now, std::int64_t then) { return then == 0 ? "-" : age(now, then) + " ago"; }

}  // namespace assayctl
