#include "support/exposition.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

namespace assay::tests {
namespace {

bool is_name(std::string_view name, bool with_colons) {
  const auto first = [&](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (with_colons && c == ':'); };
  if (name.empty() || !first(name[0])) return false;
  for (const char c : name) {
    if (!first(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : 4;
    if (more == 4 || i + more >= text.size()) return false;
    for (std::size_t j = 1; j <= more; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
  // series(): with its labels but for one.
  std::string series(std::string_view without = {}) const {
    std::string text;
    for (const auto& [label, of] : labels) {
      if (label != without) text += (text.empty() ? "" : ",") + label + "=\"" + of + "\"";
    }
    return name + (text.empty() ? "" : "{" + text + "}");
  }
};

// read_number(text, value): all of it.
bool read_number(const std::string& text, double& value) {
  if (text == "+Inf" || text == "-Inf" || text == "NaN") {
    value = text == "NaN" ? std::nan("") : text == "+Inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    return true;
  }
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos) return false;
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size();
}

// read_sample(line, sample): empty if it is one, else what is wrong with it.
std::string read_sample(std::string_view line, Sample& sample) {
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return "no value";
  sample.name = line.substr(0, name_end);
  if (!is_name(sample.name, true)) return "a bad name";
  std::size_t at = name_end;
  if (line[at] == '{') {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const std::size_t equals = line.find('=', at);
      if (equals == std::string_view::npos || equals + 1 >= line.size() || line[equals + 1] != '"') return "a label without a value";
      const std::string label(line.substr(at, equals - at));
      if (!is_name(label, false) || label.starts_with("__")) return "a bad label name";
      std::string value;
      for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
          value += line[at];
          continue;
        }
        if (++at >= line.size() || (line[at] != '\\' && line[at] != '"' && line[at] != 'n')) return "a bad escape";
        value += line[at] == 'n' ? '\n' : line[at];
      }
      if (at >= line.size()) return "a value without an end";
      if (!sample.labels.emplace(label, value).second) return "a label twice";
      if (++at < line.size() && line[at] == ',') ++at;
      else if (at < line.size() && line[at] != '}') return "something after a label";
    }
    if (at >= line.size()) return "labels without an end";
    ++at;
  }
  if (at >= line.size() || line[at] != ' ') return "no blank before the value";
  return read_number(std::string(line.substr(at + 1)), sample.value) ? "" : "a bad value";  // a timestamp would be one, too: nothing of ours has any
}

// family_of(name, types): the family that a sample belongs to: histograms and summaries have several names.
std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const std::string family = name.substr(0, name.size() - suffix.size());
    const auto type = types.find(family);
    if (type != types.end() && (type->second == "histogram" || (type->second == "summary" && suffix != "_bucket"))) return family;
  }
  return name;
}

struct Buckets {
  double last = 0;
  double last_bound = -std::numeric_limits<double>::infinity();
};

}  // namespace

double Exposition::at(const std::string& series) const {
  const auto found = samples.find(series);
  return found == samples.end() ? std::nan("") : found->second;
}

Exposition parse_exposition(std::string_view text) {
  Exposition out;
  const auto fault = [&out](std::string_view line, const std::string& what) { out.faults.push_back(what + ": " + std::string(line)); };
  if (!is_utf8(text)) fault("", "no UTF-8");
  if (!text.ends_with('\n')) fault("", "the last line has no end");
  std::set<std::string> helped, ended;
  std::map<std::string, Buckets> buckets;
  std::string current;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      const bool is_type = line[2] == 'T';
      const std::size_t blank = line.find(' ', 7);
      if (blank == std::string_view::npos) {
        fault(line, "nothing is said");
        continue;
      }
      const std::string family(line.substr(7, blank - 7));
      if (!is_name(family, true)) fault(line, "a bad name");
      if (family != current) {
        if (!current.empty()) ended.insert(current);
        if (ended.contains(family)) fault(line, "a family in two places");
        current = family;
      }
      const std::string rest(line.substr(blank + 1));
      if (!is_type && !helped.insert(family).second) fault(line, "HELP twice");
      if (is_type && !out.types.emplace(family, rest).second) fault(line, "TYPE twice");
      if (is_type && rest != "counter" && rest != "gauge" && rest != "histogram" && rest != "summary" && rest != "untyped") fault(line, "a bad type");
      continue;
    }
    if (line.starts_with('#')) continue;
    Sample sample;
    if (const std::string wrong = read_sample(line, sample); !wrong.empty()) {
      fault(line, wrong);
      continue;
    }
    const std::string family = family_of(sample.name, out.types);
    if (family != current) fault(line, "a sample outside its family");
    const auto type = out.types.find(family);
    if (type == out.types.end() || !helped.contains(family)) fault(line, "a sample without HELP and TYPE");
    else if (type->second == "counter" && !(sample.value >= 0 && std::isfinite(sample.value))) fault(line, "a counter that does not count");
    else if (type->second == "counter" && !family.ends_with("_total")) fault(line, "a counter that is not called _total");
    if (!out.samples.emplace(sample.series(), sample.value).second) fault(line, "a series twice");
    if (sample.name == family + "_bucket") {
      double bound = 0;
      if (!sample.labels.contains("le") || !read_number(sample.labels["le"], bound)) fault(line, "a bucket without a bound");
      Buckets& of = buckets[family + sample.series("le").substr(sample.name.size())];
      if (bound <= of.last_bound || sample.value < of.last) fault(line, "buckets that do not ascend");
      of = {sample.value, bound};
    }
  }
  for (const auto& [series, of] : buckets) {
    const std::size_t brace = std::min(series.find('{'), series.size());
    if (!std::isinf(of.last_bound)) out.faults.push_back("no +Inf: " + series);
    if (out.at(series.substr(0, brace) + "_count" + series.substr(brace)) != of.last) out.faults.push_back("the count is another than that of +Inf: " + series);
    if (!out.has(series.substr(0, brace) + "_sum" + series.substr(brace))) out.faults.push_back("no sum: " + series);
  }
  return out;
}

}  // namespace assay::tests
