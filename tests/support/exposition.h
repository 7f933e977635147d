// A strict reader of Prometheus' text format (exposition format 0.0.4), for tests: https://prometheus.io/docs/instrumenting/exposition_formats/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::tests {

// Exposition: what a text says, or why it is none. A value.
struct Exposition {
  // Series: "name{a=\"x\",b=\"y\"}" with its labels sorted by name and their values unescaped.
  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;  // of families
  std::vector<std::string> faults;           // empty: the text is one

  bool has(const std::string& series) const { return samples.contains(series); }
  // at(series): its value; NaN, which equals nothing, if it is not there.
  double at(const std::string& series) const;
};

// parse_exposition(text): every rule of the format is checked, and those that a scrape would stumble over: valid UTF-8, HELP and TYPE before the samples of a family and once, samples of a family together,
// no series twice, names and escapes as they may be, histograms cumulative and ending with +Inf, which is their count.
Exposition parse_exposition(std::string_view text);

}  // namespace assay::tests
