// Values of options that are little languages of their own. Each refusal says what was found and what is allowed.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "load/failure.h"
#include "load/options.h"

namespace assay::load {
namespace {

constexpr std::size_t kSweepValuesMax = 1000;
constexpr int kCpusMax = 1024;  // CPU_SETSIZE
constexpr std::string_view kAlgorithmNames[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

[[noreturn]] void refuse(std::string_view option, std::string_view found, std::string_view allowed) {
  throw Usage(fmt::format("{}: found '{}', allowed {}", option, found, allowed));
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end == std::string_view::npos ? 0 : end + 1)) {
    end = text.find(by);
    out.push_back(text.substr(0, end));
  }
  return out;
}

// The whole text as a number that is finite and not negative.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(static_cast<double>(value)) || value < 0) return std::nullopt;
  return value;
}

std::pair<std::string_view, std::string_view> at_equals(std::string_view text) {
  const std::size_t equals = text.find('=');
  return {text.substr(0, equals), equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1)};
}

// Steps: a list of values with "A..B" and "..." in it, spelt out. one(text) reads a value; number_of and with(value, number) look at and replace its number.
template <class Value>
class Steps {
 public:
  Steps(std::string_view option, bool doubling, std::string_view allowed) : option_(option), allowed_(allowed), doubling_(doubling) {}

  template <class One>
  std::vector<Value> expand(std::string_view text, One one) {
    const std::vector<std::string_view> items = split(text, ',');
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t dots = items[i].find("..");
      if (items[i] == "...") {
        if (out_.size() < 2 || i + 1 == items.size()) refuse(option_, text, allowed_);
        const double before = number_of(out_[out_.size() - 2]), last = number_of(out_.back());
        fill(text, last == 2 * before, last - before, one(items[++i]));
      } else if (dots != std::string_view::npos) {
        out_.push_back(one(items[i].substr(0, dots)));
        fill(text, doubling_, number_of(out_.back()), one(items[i].substr(dots + 2)));
      } else {
        out_.push_back(one(items[i]));
      }
      if (out_.size() > kSweepValuesMax) refuse(option_, text, fmt::format("at most {} values", kSweepValuesMax));
    }
    return out_;
  }

 private:
  static double number_of(unsigned value) { return value; }
  static double number_of(const Rate& value) { return value.value; }
  static unsigned with(unsigned, double to) { return static_cast<unsigned>(to); }
  static Rate with(Rate value, double to) { return {value.unit, to}; }

  // From the last value, without it, up to `end`, with it.
  void fill(std::string_view text, bool doubling, double step, Value end) {
    const Value begin = out_.back();
    if (!doubling && step <= 0) refuse(option_, text, allowed_);
    for (double next = number_of(begin);;) {
      next = doubling ? 2 * next : next + step;
      // The end itself is written as it was given, free of what adding up has rounded.
      if (next >= number_of(end) * (1 - 1e-9)) break;
      if (out_.size() > kSweepValuesMax) refuse(option_, text, fmt::format("at most {} values", kSweepValuesMax));
      out_.push_back(with(begin, next));
    }
    if (number_of(end) <= number_of(begin)) refuse(option_, text, allowed_);
    out_.push_back(end);
  }

  std::string_view option_;
  std::string_view allowed_;
  bool doubling_;
  std::vector<Value> out_;
};

}  // namespace

std::vector<Weighted> parse_algorithms(std::string_view text) {
  std::vector<Weighted> out;
  for (const std::string_view item : split(text, ',')) {
    const auto [name, weight] = at_equals(item);
    const auto share = item.contains('=') ? number<double>(weight) : 1.0;
    const bool twice = std::ranges::any_of(out, [&](const Weighted& other) { return other.name == name; });
    if (std::ranges::find(kAlgorithmNames, name) == std::end(kAlgorithmNames) || twice || !share || *share <= 0)
      refuse("--algorithms", item, "NAME or NAME=WEIGHT, each once, such as RS256=50,ES256=50; names: RS256 to RS512, PS256 to PS512, ES256, ES384, ES512, EdDSA");
    out.push_back({std::string(name), *share});
  }
  return out;
}

std::array<double, kFlawNames.size()> parse_bad(std::string_view text) {
  std::array<double, kFlawNames.size()> out{};
  double all = 0;
  for (const std::string_view item : split(text, ',')) {
    const auto [name, percent] = at_equals(item);
    const auto* const found = std::find(kFlawNames.begin() + 1, kFlawNames.end(), name);
    const auto value = number<double>(percent);
    if (found == kFlawNames.end() || !value) refuse("--bad", item, "NAME=PERCENT; names: expired, audience, forged");
    out[static_cast<std::size_t>(found - kFlawNames.begin())] = *value;
    all += *value;
  }
  if (all > 100) refuse("--bad", text, "100 percent in all");
  return out;
}

Rate parse_rate(std::string_view text) {
  Rate out;
  std::string_view digits = text;
  if (text.ends_with('%')) out.unit = Rate::Unit::percent;
  if (text.ends_with('f')) out.unit = Rate::Unit::frames_per_s;
  if (out.unit != Rate::Unit::tokens_per_s) digits.remove_suffix(1);
  const auto value = number<double>(digits);
  if (!value || *value <= 0 || *value > 1e8) refuse("--rate", text, "tokens per second such as 20000, frames per second such as 500f, or a part of what a closed loop reaches such as 50%");
  out.value = *value;
  return out;
}

Sweep parse_sweep(std::string_view text) {
  constexpr std::string_view kAllowed = "depth=1..256, connections=1,8,64, rate=10%..120% or the like";
  const auto [name, values] = at_equals(text);
  Sweep out;
  if (name == "rate") {
    out.of = Sweep::Of::rate;
    out.rates = Steps<Rate>("--sweep", false, kAllowed).expand(values, [](std::string_view one) { return parse_rate(one); });
    return out;
  }
  if (name != "depth" && name != "connections") refuse("--sweep", text, kAllowed);
  out.of = name == "depth" ? Sweep::Of::depth : Sweep::Of::connections;
  out.counts = Steps<unsigned>("--sweep", true, kAllowed).expand(values, [&](std::string_view one) {
    const auto count = number<unsigned>(one);
    if (!count || *count == 0 || *count > 65'536) refuse("--sweep", text, kAllowed);
    return *count;
  });
  return out;
}

std::vector<int> parse_cpus(std::string_view text) {
  std::vector<int> out;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t dash = item.find('-');
    const auto first = number<int>(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number<int>(item.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kCpusMax) refuse("processors", item, "numbers and ranges such as 0,2-3");
    for (int cpu = *first; cpu <= *last; ++cpu) out.push_back(cpu);
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

}  // namespace assay::load
