// JSON written by hand: a few kinds of values, each in one function. report.h documents the form.
#include <fmt/core.h>

#include <cmath>
#include <string_view>

#include "load/escape.h"
#include "load/report.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null"; }
std::string number(std::uint64_t value) { return std::to_string(value); }
std::string number(std::optional<double> value) { return value ? number(*value) : "null"; }

// Object, array: members and items are JSON texts.
class Object {
 public:
  Object& add(std::string_view name, std::string_view json) {
    text_ += (text_.empty() ? "" : ",") + json_string(name) + ":";
    text_ += json;
    return *this;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

template <class List, class Write>
std::string array(const List& list, Write write) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + write(item);
  return "[" + out + "]";
}

std::string figures(const Figures& from) {
  Object latency;
  latency.add("mean", number(from.latency_mean_us));
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) latency.add(quantile_name(kQuantiles[i]), number(from.latency_us[i]));
  return Object()
      .add("tokens_per_s", number(from.tokens_per_s))
      .add("frames", number(from.frames))
      .add("overloaded_frames", number(from.overloaded))
      .add("unfinished_frames", number(from.unfinished))
      .add("latency_us", latency.text())
      .add("late_p99_us", number(from.late_p99_us))
      .add("server_cpu_us_per_token", number(from.server_cpu_us_per_token))
      .add("generator_cpu_us_per_token", number(from.generator_cpu_us_per_token))
      .add("generator_user_us_per_token", number(from.generator_user_us_per_token))
      .text();
}

std::string verdicts(const Point& point) {
  Object out;
  for (std::size_t code = 0; code < point.verdicts.size(); ++code) {
    if (point.verdicts[code] == 0) continue;
    const schema::CodeInfo& info = schema::info(static_cast<schema::Code>(code));
    // A code of a newer daemon has no name here.
    out.add(static_cast<std::size_t>(info.code) == code ? std::string(info.name) : fmt::format("code {}", code), number(point.verdicts[code]));
  }
  return out.text();
}

std::string point_json(const Point& point) {
  const auto ratio = echo_ratio(point);
  return Object()
      .add("label", json_string(point.label))
      .add("connections", number(std::uint64_t{point.connections}))
      .add("depth", point.tokens_per_s_offered ? "null" : number(std::uint64_t{point.depth}))
      .add("tokens_per_s_offered", number(point.tokens_per_s_offered))
      .add("median", figures(point.median()))
      .add("runs", array(point.runs, figures))
      .add("echo_median", point.echo_runs.empty() ? "null" : figures(median_of(point.echo_runs)))
      .add("echo_runs", array(point.echo_runs, figures))
      .add("echo_ratio", ratio ? Object().add("p50", number(ratio->p50)).add("p99", number(ratio->p99)).text() : "null")
      .add("verdicts", verdicts(point))
      .add("unexpected", number(point.unexpected))
      .add("unexpected_examples", array(point.examples, json_string))
      .text();
}

std::string pairs(const Conditions::Pairs& from) {
  Object out;
  for (const auto& [name, value] : from) out.add(name, json_string(value));
  return out.text();
}

}  // namespace

std::string json_report(const Report& report) {
  const std::string conditions = Object().add("machine", pairs(report.conditions.machine)).add("daemon", pairs(report.conditions.daemon)).add("load", pairs(report.conditions.load)).text();
  const std::string series = array(report.series, [](const Series& one) {
    return Object().add("sweep", one.name.empty() ? "null" : json_string(one.name)).add("points", array(one.points, point_json)).text();
  });
  const std::string capacities = array(report.capacities, [](const auto& one) { return Object().add("connections", number(std::uint64_t{one.first})).add("tokens_per_s", number(one.second)).text(); });
  return Object().add("schema", json_string("assay-bench/1")).add("conditions", conditions).add("capacities", capacities).add("unexpected", number(report.unexpected())).add("series", series).text() +
         "\n";
}

}  // namespace assay::load
