// The table on standard output: what was measured, under which conditions, and what is wrong with it, if anything is.
#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "load/answer.h"
#include "load/report.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

using Row = std::vector<std::string>;

// Pairs one after the other, in lines that a terminal of some width does not have to break.
std::string pairs(std::string_view title, const Conditions::Pairs& from) {
  constexpr std::size_t kWidth = 120;
  std::string out, line = fmt::format("{:<8} ", title);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::string next = printable(fmt::format("{}: {}{}", from[i].first, from[i].second, i + 1 < from.size() ? ", " : ""), 1000);
    if (line.size() > 9 && line.size() + next.size() > kWidth) {
      out += line + "\n";
      line = std::string(9, ' ');
    }
    line += next;
  }
  return out + line + "\n";
}

std::string us(double value) { return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value); }
std::string us(std::optional<double> value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

// Columns as wide as they must be; numbers are right-aligned, as all of these are.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += fmt::format("{}{:>{}}", i == 0 ? "" : "  ", row[i], widths[i]);
    out += '\n';
  }
  return out;
}

Row row_of(const std::string& label, const Figures& from) {
  return {label,
          fmt::format("{:.0f}", from.tokens_per_s),
          us(from.at(0.5)),
          us(from.at(0.9)),
          us(from.at(0.99)),
          us(from.at(0.999)),
          us(from.at(1)),
          us(from.server_cpu_us_per_token),
          us(from.generator_cpu_us_per_token),
          fmt::format("{}", from.overloaded),
          fmt::format("{}", from.unfinished)};
}

std::string label_of(const Series& series, const Point& point) {
  if (point.tokens_per_s_offered) return series.name == "rate" || series.name.empty() ? fmt::format("{:.0f}/s", *point.tokens_per_s_offered) : point.label;
  return series.name.empty() ? fmt::format("{}", point.depth) : printable(point.label);
}

std::string table(const Series& series) {
  const bool open = !series.points.empty() && series.points.front().tokens_per_s_offered.has_value();
  const bool echo = std::ranges::any_of(series.points, [](const Point& point) { return !point.echo_runs.empty(); });
  std::string first = series.name.empty() ? (open ? "rate" : "depth") : series.name;
  std::vector<Row> rows{{std::move(first), "tokens/s", "p50 us", "p90", "p99", "p99.9", "max", "daemon us/token", "generator us/token", "overloaded", "unfinished"}};
  if (echo) rows.front().insert(rows.front().end(), {"p50/echo", "p99/echo"});
  for (const Point& point : series.points) {
    rows.push_back(row_of(label_of(series, point), point.median()));
    if (const auto ratio = echo_ratio(point)) {
      rows.back().insert(rows.back().end(), {fmt::format("{:.2f}", ratio->p50), fmt::format("{:.2f}", ratio->p99)});
      rows.push_back(row_of("echo", median_of(point.echo_runs)));
    }
  }
  return aligned(rows);
}

std::string verdicts(const Report& report) {
  std::array<std::uint64_t, 256> all{};
  for (const Series& series : report.series) {
    for (const Point& point : series.points) {
      for (std::size_t code = 0; code < all.size(); ++code) all[code] += point.verdicts[code];
    }
  }
  std::string out = "verdicts";
  for (std::size_t code = 0; code < all.size(); ++code) {
    if (all[code] > 0) out += fmt::format(" {} {}", schema::info(static_cast<schema::Code>(code)).name, all[code]);
  }
  return out + "\n";
}

}  // namespace

std::string text_report(const Report& report) {
  std::string out = pairs("machine", report.conditions.machine) + pairs("daemon", report.conditions.daemon) + pairs("load", report.conditions.load);
  for (const auto& [connections, tokens] : report.capacities) out += fmt::format("100%     {:.0f} tokens/s: what a closed loop reached on {} connections\n", tokens, connections);
  for (const Series& series : report.series) out += "\n" + table(series);
  if (report.any_overloaded()) out += "\noverloaded requests were turned away: they are in no other column, and latencies are those of the others\n";
  out += "\n" + verdicts(report);
  if (report.unexpected() == 0) return out;
  out += fmt::format("{} answers were not as expected; the figures are not to be trusted:\n", report.unexpected());
  for (const Series& series : report.series) {
    for (const Point& point : series.points) {
      for (const std::string& example : point.examples) out += fmt::format("  {}\n", printable(example));
    }
  }
  return out;
}

}  // namespace assay::load
