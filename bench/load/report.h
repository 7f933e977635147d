// What a session has found, and its three forms. Reports are written from this alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/engine.h"

namespace assay::load {

// kQuantiles: those of every run that are kept, for curves and reports.
inline constexpr std::array<double, 12> kQuantiles = {0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 1};

// Figures: of one run, or of the medians of several, each figure by itself. Times in microseconds.
struct Figures {
  double tokens_per_s = 0;
  std::array<double, kQuantiles.size()> latency_us{};
  double latency_mean_us = 0;
  double late_p99_us = 0;                             // open loop: how late requests were handed to the kernel
  std::optional<double> server_cpu_us_per_token;      // nothing: not known, or no token
  std::optional<double> generator_cpu_us_per_token;
  std::optional<double> generator_user_us_per_token;  // of it, outside the kernel
  std::uint64_t frames = 0;
  std::uint64_t overloaded = 0;
  std::uint64_t unfinished = 0;

  double at(double quantile) const;  // latency_us of one of kQuantiles
};
Figures figures_of(const Measured& measured);
Figures median_of(const std::vector<Figures>& runs);

// Point: one load, run several times, each time perhaps on the echo server as well.
struct Point {
  std::string label;  // what the sweep varies, such as "16" or "50%"; empty: nothing
  unsigned connections = 1;
  unsigned depth = 1;                        // closed loop
  std::optional<double> tokens_per_s_offered;  // open loop
  std::vector<Figures> runs;
  std::vector<Figures> echo_runs;
  std::array<std::uint64_t, 256> verdicts{};  // of all runs
  std::uint64_t unexpected = 0;
  std::vector<std::string> examples;

  Figures median() const { return median_of(runs); }
};

// Series: the points of one sweep, or the single point of none.
struct Series {
  std::string name;  // "depth", "connections", "rate", or "" for a single point
  std::vector<Point> points;
};

// Conditions: under which it was measured, each as name and value for people. machine is the host's, load what was asked for.
struct Conditions {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Pairs machine;
  Pairs daemon;
  Pairs load;
};

struct Report {
  Conditions conditions;
  std::vector<std::pair<unsigned, double>> capacities;  // connections and the tokens per second that percentages of a rate mean
  std::vector<Series> series;

  std::uint64_t unexpected() const;
  bool any_overloaded() const;
};

// EchoRatio: latency of assayd over that of the echo server, by medians over runs.
struct EchoRatio {
  double p50 = 0;
  double p99 = 0;
};
std::optional<EchoRatio> echo_ratio(const Point& point);

// text_report(report): tables for a terminal.
std::string text_report(const Report& report);

// json_report(report): one JSON object (RFC 8259):
//   {"schema": "assay-bench/1",
//    "conditions": {"machine": {NAME: TEXT ...}, "daemon": {...}, "load": {...}},
//    "capacities": [{"connections": N, "tokens_per_s": X} ...],          what 100% of a rate means; empty if no percentage was asked for
//    "unexpected": N,                                                    of all points; not 0: the figures are not to be trusted
//    "series": [{"sweep": "depth" | "connections" | "rate" | null,
//                "points": [{"label": TEXT, "connections": N, "depth": N | null, "tokens_per_s_offered": X | null,
//                            "median": FIGURES, "runs": [FIGURES ...], "echo_median": FIGURES | null, "echo_runs": [FIGURES ...],
//                            "echo_ratio": {"p50": X, "p99": X} | null,
//                            "verdicts": {CODE: N ...}, "unexpected": N, "unexpected_examples": [TEXT ...]} ...]} ...]}
//   FIGURES: {"tokens_per_s": X, "frames": N, "overloaded_frames": N, "unfinished_frames": N,
//             "latency_us": {"mean": X, "p50": X, "p75": X, ... "p99.999": X, "max": X}, "late_p99_us": X,
//             "server_cpu_us_per_token": X | null, "generator_cpu_us_per_token": X | null, "generator_user_us_per_token": X | null}
std::string json_report(const Report& report);

// html_report(report): one page with curves and tables, without anything from outside; light or dark as the reader's system is.
std::string html_report(const Report& report);

// quantile_name(0.999): "p99.9"; of 1: "max".
std::string quantile_name(double quantile);

}  // namespace assay::load
