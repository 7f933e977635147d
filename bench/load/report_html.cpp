// A page for those who would rather look: first the figures that matter most, then curves, then every figure as a table, then the conditions. It needs nothing but itself.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "load/chart.h"
#include "load/escape.h"
#include "load/report.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --tile: #f4f6f9; --bad: #b3261e; --c0: #2563c9; --c1: #0b8070; --c2: #b85c00; --c3: #a8245c; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --ink: #e4e8ee; --soft: #9aa5b4; --line: #2c3440; --tile: #1c222b; --bad: #ff8a80; --c0: #7fb0ff; --c1: #5fd0bd; --c2: #ffb061; --c3: #ff8ab0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.2rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; } p { margin: .3rem 0; color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0; }
.tile { background: var(--tile); border-radius: .5rem; padding: .7rem 1rem; flex: 1 1 11rem; } .tile b { display: block; font-size: 1.45rem; font-weight: 600; } .tile span { color: var(--soft); font-size: .85rem; }
.bad, .bad b, .bad span { color: var(--bad); }
figure { margin: 1.2rem 0 1.8rem; } figcaption { font-weight: 600; margin-bottom: .3rem; } .key { font-weight: 400; color: var(--soft); margin-left: 1rem; white-space: nowrap; } .key svg { width: 22px; height: 8px; margin-right: .3rem; vertical-align: middle; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 11.5px; } svg .axis { font-size: 12px; } .grid { stroke: var(--line); stroke-width: 1; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); } polyline, .key line { fill: none; stroke-width: 2; } .dot { fill: var(--paper); stroke-width: 2; } .dashed { stroke-dasharray: 5 4; opacity: .75; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; } th, td { padding: .28rem .45rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; } th:first-child, td:first-child { text-align: left; }
.echo td { color: var(--soft); } dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0; font-size: .9rem; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
)";

struct Curve {
  double quantile;
  unsigned color;
};
constexpr Curve kCurves[] = {{0.5, 0}, {0.9, 1}, {0.99, 2}, {0.999, 3}};

std::string us(double value) { return value < 1000 ? fmt::format("{:.3g} µs", value) : fmt::format("{:.3g} ms", value / 1000); }
std::string cell_us(double value) { return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value); }
std::string cell(std::optional<double> value) { return value ? fmt::format("{:.2f}", *value) : "–"; }

bool is_open(const Series& series) { return !series.points.empty() && series.points.front().tokens_per_s_offered.has_value(); }

// Where a point stands on the x axis of its sweep.
double place(const Series& series, const Point& point) {
  if (series.name == "rate") return point.tokens_per_s_offered.value_or(0);
  return series.name == "connections" ? point.connections : point.depth;
}

Axis across(const Series& series) {
  if (series.name == "rate") return {.title = "tokens/s offered", .logarithmic = false, .ticks = {}};
  Axis out{.title = series.name == "connections" ? "connections" : "requests under way on each connection", .logarithmic = true, .ticks = {}};
  for (const Point& point : series.points) out.ticks.push_back({place(series, point), point.label});
  return out;
}

std::string sweep_charts(const Series& series) {
  Line throughput{.name = "tokens/s", .points = {}, .color = 0, .dashed = false};
  std::vector<Line> latencies;
  for (const Curve& one : kCurves) latencies.push_back({.name = quantile_name(one.quantile), .points = {}, .color = one.color, .dashed = false});
  std::vector<Line> echoes{{.name = "echo p50", .points = {}, .color = 0, .dashed = true}, {.name = "echo p99", .points = {}, .color = 2, .dashed = true}};
  for (const Point& point : series.points) {
    const double at = place(series, point);
    const Figures median = point.median();
    throughput.points.emplace_back(at, median.tokens_per_s);
    for (std::size_t i = 0; i < latencies.size(); ++i) latencies[i].points.emplace_back(at, median.at(kCurves[i].quantile));
    if (point.echo_runs.empty()) continue;
    const Figures echo = median_of(point.echo_runs);
    echoes[0].points.emplace_back(at, echo.at(0.5));
    echoes[1].points.emplace_back(at, echo.at(0.99));
  }
  latencies.insert(latencies.end(), echoes.begin(), echoes.end());
  std::vector<Line> rates{throughput};
  if (series.name == "rate") {
    Line offered{.name = "offered", .points = {}, .color = 2, .dashed = true};
    for (const Point& point : series.points) offered.points.emplace_back(place(series, point), place(series, point));
    rates.push_back(std::move(offered));
  }
  const std::string by = series.name == "rate" ? "rate" : series.name;
  return chart("Latency by " + by, across(series), {.title = "µs", .logarithmic = true, .ticks = {}}, latencies) +
         chart("Throughput by " + by, across(series), {.title = "tokens/s", .logarithmic = false, .ticks = {}}, rates);
}

// Latency by percentile, nines evenly spaced. Percentiles of which there were less than one request are no figures.
Line percentiles(const std::string& name, const Figures& figures, bool dashed) {
  Line out{.name = name, .points = {}, .color = dashed ? 2U : 0U, .dashed = dashed};
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    const double rest = 1 - kQuantiles[i];
    if (rest * static_cast<double>(figures.frames) >= 1) out.points.emplace_back(-std::log10(rest), figures.latency_us[i]);
  }
  return out;
}

std::string single_chart(const Point& point) {
  std::vector<Line> lines{percentiles("assayd", point.median(), false)};
  if (!point.echo_runs.empty()) lines.push_back(percentiles("echo", median_of(point.echo_runs), true));
  Axis x{.title = "of all requests took at most", .logarithmic = false, .ticks = {}};
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    if ((1 - quantile) * static_cast<double>(point.median().frames) >= 1) x.ticks.push_back({-std::log10(1 - quantile), fmt::format("{:g}%", quantile * 100)});
  }
  return chart("Latency by percentile", x, {.title = "µs", .logarithmic = true, .ticks = {}}, lines);
}

std::string row(const std::string& label, const Figures& from, const std::string& more, bool echo) {
  std::string out = fmt::format("<tr{}><td>{}</td><td>{:.0f}</td>", echo ? R"( class="echo")" : "", html_text(label), from.tokens_per_s);
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 1.0}) out += fmt::format("<td>{}</td>", cell_us(from.at(quantile)));
  return out + fmt::format("<td>{}</td><td>{}</td><td>{}</td><td>{}</td>{}</tr>\n", cell(from.server_cpu_us_per_token), cell(from.generator_cpu_us_per_token), from.overloaded, from.unfinished, more);
}

std::string table(const Series& series) {
  const bool echo = std::ranges::any_of(series.points, [](const Point& point) { return !point.echo_runs.empty(); });
  std::string out = fmt::format("<div class=\"wide\"><table><tr><th>{}</th><th>tokens/s</th><th>p50 µs</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>daemon CPU µs/token</th>"
                                "<th>generator CPU</th><th>overloaded</th><th>unfinished</th>{}</tr>\n",
                                series.name.empty() ? (is_open(series) ? "rate" : "depth") : series.name, echo ? "<th>p50/echo</th><th>p99/echo</th>" : "");
  for (const Point& point : series.points) {
    std::string label = point.label.empty() ? fmt::format("{}", point.depth) : point.label;
    if (point.tokens_per_s_offered && series.name != "connections") label = fmt::format("{}{:.0f}/s", point.label.empty() ? "" : point.label + " = ", *point.tokens_per_s_offered);
    const auto ratio = echo_ratio(point);
    out += row(label, point.median(), ratio ? fmt::format("<td>{:.2f}</td><td>{:.2f}</td>", ratio->p50, ratio->p99) : "", false);
    if (!point.echo_runs.empty()) out += row("echo", median_of(point.echo_runs), echo ? "<td></td><td></td>" : "", true);
  }
  return out + "</table></div>\n";
}

std::string tile(const std::string& value, const std::string& what, bool bad = false) {
  return fmt::format("<div class=\"tile{}\"><b>{}</b><span>{}</span></div>\n", bad ? " bad" : "", html_text(value), html_text(what));
}

std::string tiles(const Report& report) {
  Figures fastest, calmest;
  bool any = false;
  for (const Series& series : report.series) {
    for (const Point& point : series.points) {
      const Figures median = point.median();
      if (!any || median.tokens_per_s > fastest.tokens_per_s) fastest = median;
      if (!any || median.at(0.5) < calmest.at(0.5)) calmest = median;
      any = true;
    }
  }
  std::string out = tile(short_number(fastest.tokens_per_s) + "/s", "tokens, at the most") + tile(us(calmest.at(0.5)), "median latency, at the best") + tile(us(calmest.at(0.99)), "p99 at that load");
  if (fastest.server_cpu_us_per_token) out += tile(us(*fastest.server_cpu_us_per_token), "of the daemon's CPU for a token, at the most tokens");
  return "<div class=\"tiles\">\n" + out + tile(std::to_string(report.unexpected()), "answers that were not as expected", report.unexpected() > 0) + "</div>\n";
}

std::string verdicts(const Report& report) {
  std::array<std::uint64_t, 256> all{};
  std::string examples;
  for (const Series& series : report.series) {
    for (const Point& point : series.points) {
      for (std::size_t code = 0; code < all.size(); ++code) all[code] += point.verdicts[code];
      for (const std::string& example : point.examples) examples += fmt::format("<dt class=\"bad\">not as expected</dt><dd class=\"bad\">{}</dd>\n", html_text(example));
    }
  }
  std::string out;
  for (std::size_t code = 0; code < all.size(); ++code) {
    if (all[code] > 0) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(schema::info(static_cast<schema::Code>(code)).name), all[code]);
  }
  return "<h2>Verdicts</h2>\n<dl>\n" + out + examples + "</dl>\n";
}

std::string pairs(const std::string& title, const Conditions::Pairs& from) {
  std::string out = "<h2>" + html_text(title) + "</h2>\n<dl>\n";
  for (const auto& [name, value] : from) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(name), html_text(value));
  return out + "</dl>\n";
}

}  // namespace

std::string html_report(const Report& report) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>assay-bench</title><style>";
  out += kStyle;
  out += "</style></head><body>\n<h1>assay-bench</h1>\n<p>How fast assayd judges tokens, and how long a request waits. Figures are medians over runs; every verdict was checked.</p>\n" + tiles(report);
  for (const Series& series : report.series) {
    out += fmt::format("<h2>{}{}</h2>\n", is_open(series) ? "Open loop: requests arrive at a constant rate, ready or not" : "Closed loop: a request when an answer has come",
                       series.name.empty() ? "" : ", by " + series.name);
    if (is_open(series)) out += "<p>Latency counts from when a request was due, so waiting counts. Unfinished requests are in the latencies with the time until the run was given up.</p>\n";
    out += (series.name.empty() ? single_chart(series.points.front()) : sweep_charts(series)) + table(series);
  }
  if (report.any_overloaded()) out += "<p>Overloaded requests were turned away: they are in no other column, and latencies are those of the others.</p>\n";
  for (const auto& [connections, tokens] : report.capacities) out += fmt::format("<p>100% of a rate are {:.0f} tokens/s: what a closed loop reached on {} connections.</p>\n", tokens, connections);
  out += verdicts(report) + pairs("Load", report.conditions.load) + pairs("Daemon", report.conditions.daemon) + pairs("Machine and program", report.conditions.machine);
  return out + "</body></html>\n";
}

}  // namespace assay::load
