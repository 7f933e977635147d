// Figures out of measurements, and medians out of figures.
#include "load/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace assay::load {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

double Figures::at(double quantile) const {
  const auto* const found = std::ranges::find(kQuantiles, quantile);
  return found == kQuantiles.end() ? 0 : latency_us[static_cast<std::size_t>(found - kQuantiles.begin())];
}

Figures figures_of(const Measured& measured) {
  constexpr double kUsPerNs = 1e-3;
  constexpr double kUsPerS = 1e6;
  Figures out;
  const auto tokens = static_cast<double>(measured.tokens);
  out.tokens_per_s = measured.seconds > 0 ? tokens / measured.seconds : 0;
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    // The maximum is exact; buckets are for the others.
    const std::int64_t value = kQuantiles[i] == 1 ? measured.latency.max() : measured.latency.quantile(kQuantiles[i]);
    out.latency_us[i] = static_cast<double>(value) * kUsPerNs;
  }
  out.latency_mean_us = measured.latency.mean() * kUsPerNs;
  out.late_p99_us = static_cast<double>(measured.lateness.quantile(0.99)) * kUsPerNs;
  if (measured.tokens > 0) {
    if (measured.server_cpu_s) out.server_cpu_us_per_token = *measured.server_cpu_s * kUsPerS / tokens;
    out.generator_cpu_us_per_token = measured.generator_cpu_s * kUsPerS / tokens;
    out.generator_user_us_per_token = measured.generator_user_s * kUsPerS / tokens;
  }
  out.frames = measured.frames;
  out.overloaded = measured.overloaded;
  out.unfinished = measured.unfinished;
  return out;
}

Figures median_of(const std::vector<Figures>& runs) {
  const auto of = [&](const std::function<double(const Figures&)>& read) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(read(run));
    return median(std::move(values));
  };
  const auto of_known = [&](std::optional<double> Figures::*member) -> std::optional<double> {
    std::vector<double> values;
    for (const Figures& run : runs) {
      if (run.*member) values.push_back(*(run.*member));
    }
    return values.empty() ? std::nullopt : std::optional(median(std::move(values)));
  };
  const auto of_count = [&](std::uint64_t Figures::*member) { return static_cast<std::uint64_t>(of([&](const Figures& run) { return static_cast<double>(run.*member); }) + 0.5); };
  Figures out;
  out.tokens_per_s = of([](const Figures& run) { return run.tokens_per_s; });
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) out.latency_us[i] = of([i](const Figures& run) { return run.latency_us[i]; });
  out.latency_mean_us = of([](const Figures& run) { return run.latency_mean_us; });
  out.late_p99_us = of([](const Figures& run) { return run.late_p99_us; });
  out.server_cpu_us_per_token = of_known(&Figures::server_cpu_us_per_token);
  out.generator_cpu_us_per_token = of_known(&Figures::generator_cpu_us_per_token);
  out.generator_user_us_per_token = of_known(&Figures::generator_user_us_per_token);
  out.frames = of_count(&Figures::frames);
  out.overloaded = of_count(&Figures::overloaded);
  out.unfinished = of_count(&Figures::unfinished);
  return out;
}

std::uint64_t Report::unexpected() const {
  std::uint64_t all = 0;
  for (const Series& one : series) {
    for (const Point& point : one.points) all += point.unexpected;
  }
  return all;
}

bool Report::any_overloaded() const {
  return std::ranges::any_of(series, [](const Series& one) {
    return std::ranges::any_of(one.points, [](const Point& point) { return std::ranges::any_of(point.runs, [](const Figures& run) { return run.overloaded > 0; }); });
  });
}

std::optional<EchoRatio> echo_ratio(const Point& point) {
  if (point.echo_runs.empty() || point.runs.empty()) return std::nullopt;
  const Figures echo = median_of(point.echo_runs), ours = point.median();
  if (echo.at(0.5) <= 0 || echo.at(0.99) <= 0) return std::nullopt;
  return EchoRatio{ours.at(0.5) / echo.at(0.5), ours.at(0.99) / echo.at(0.99)};
}

std::string quantile_name(double quantile) { return quantile == 1 ? "max" : fmt::format("p{:g}", quantile * 100); }

}  // namespace assay::load
