// A scale maps values to pixels, after a logarithm or not; the rest is writing SVG. Linear axes begin at 0, because a curve that does not exaggerates.
#include "load/chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "load/escape.h"

namespace assay::load {
namespace {

constexpr double kWidth = 760, kHeight = 330, kLeft = 64, kRight = 16, kTop = 12, kBottom = 48;

class Scale {
 public:
  Scale(const Axis& axis, std::vector<double> values, double from, double to) : logarithmic_(axis.logarithmic), from_(from), to_(to) {
    const auto [low, high] = std::ranges::minmax_element(values);
    low_ = logarithmic_ ? *low : std::min(0.0, *low);
    high_ = *high;
    if (axis.ticks.empty() && logarithmic_) {
      low_ = below(low_);
      high_ = above(high_);
    } else if (axis.ticks.empty()) {
      high_ = std::ceil(high_ / step()) * step();
    }
    if (!(high_ > low_)) high_ = logarithmic_ ? 2 * low_ : low_ + 1;
  }

  double pixel(double value) const { return from_ + (of(value) - of(low_)) / (of(high_) - of(low_)) * (to_ - from_); }

  std::vector<Tick> ticks() const {
    std::vector<Tick> out;
    if (logarithmic_) {
      const bool few = std::log10(high_ / low_) < 3;
      for (double decade = std::pow(10, std::floor(std::log10(low_))); decade <= high_ * 1.001; decade *= 10) {
        for (const double digit : {1.0, 2.0, 5.0}) {
          if ((few || digit == 1) && decade * digit >= low_ * 0.999 && decade * digit <= high_ * 1.001) out.push_back({decade * digit, short_number(decade * digit)});
        }
      }
    } else {
      for (double value = 0; value <= high_ * 1.001; value += step()) out.push_back({value, short_number(value)});
    }
    return out;
  }

 private:
  // 1, 2 or 5 times a power of ten, so that there are four to eight steps.
  double step() const {
    const double raw = std::max(high_ - low_, 1e-9) / 8;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (digit * power >= raw) return digit * power;
    }
    return 10 * power;
  }
  static double below(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    return value >= 5 * power ? 5 * power : value >= 2 * power ? 2 * power : power;
  }
  static double above(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    return value <= power ? power : value <= 2 * power ? 2 * power : value <= 5 * power ? 5 * power : 10 * power;
  }
  double of(double value) const { return logarithmic_ ? std::log(value) : value; }

  bool logarithmic_;
  double from_, to_;
  double low_ = 0, high_ = 1;
};

std::vector<Line> drawable(const Axis& x, const Axis& y, const std::vector<Line>& lines) {
  std::vector<Line> out;
  for (Line line : lines) {
    std::erase_if(line.points, [&](const auto& point) { return !std::isfinite(point.first + point.second) || (x.logarithmic && point.first <= 0) || (y.logarithmic && point.second <= 0); });
    if (!line.points.empty()) out.push_back(std::move(line));
  }
  return out;
}

std::string grid(const Axis& x, const Axis& y, const Scale& across, const Scale& up) {
  std::string out;
  for (const Tick& tick : x.ticks.empty() ? across.ticks() : x.ticks) {
    const double at = across.pixel(tick.at);
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/><text x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)", at, kTop, kHeight - kBottom,
                       kHeight - kBottom + 16, html_text(tick.text));
  }
  for (const Tick& tick : y.ticks.empty() ? up.ticks() : y.ticks) {
    const double at = up.pixel(tick.at);
    out += fmt::format(R"(<line class="grid" x1="{1}" y1="{0:.1f}" x2="{2}" y2="{0:.1f}"/><text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)", at, kLeft, kWidth - kRight, kLeft - 6, at + 4,
                       html_text(tick.text));
  }
  out += fmt::format(R"(<text class="axis" x="{}" y="{}" text-anchor="middle">{}</text>)", (kLeft + kWidth - kRight) / 2, kHeight - 8, html_text(x.title));
  out += fmt::format(R"x(<text class="axis" transform="translate(14 {}) rotate(-90)" text-anchor="middle">{}</text>)x", (kTop + kHeight - kBottom) / 2, html_text(y.title));
  return out;
}

std::string curve(const Line& line, const Axis& x, const Axis& y, const Scale& across, const Scale& up) {
  std::string points, dots;
  for (const auto& [from, to] : line.points) {
    points += fmt::format("{:.1f},{:.1f} ", across.pixel(from), up.pixel(to));
    std::string name = short_number(from);
    for (const Tick& tick : x.ticks) name = tick.at == from ? tick.text : name;
    dots += fmt::format(R"(<circle class="c{} dot" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}</title></circle>)", line.color, across.pixel(from), up.pixel(to),
                        html_text(fmt::format("{}: {} {} at {} {}", line.name, short_number(to), y.title, name, x.title)));
  }
  return fmt::format(R"(<polyline class="c{}{}" points="{}"/>)", line.color, line.dashed ? " dashed" : "", points) + dots;
}

}  // namespace

std::string short_number(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.4g}k", value / 1e3);
  return size >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string chart(const std::string& title, const Axis& x, const Axis& y, const std::vector<Line>& lines) {
  const std::vector<Line> drawn = drawable(x, y, lines);
  if (drawn.empty()) return {};
  std::vector<double> xs, ys;
  for (const Line& line : drawn) {
    for (const auto& [from, to] : line.points) {
      xs.push_back(from);
      ys.push_back(to);
    }
  }
  const Scale across(x, xs, kLeft + 10, kWidth - kRight - 10);
  const Scale up(y, ys, kHeight - kBottom, kTop + 6);
  std::string out = fmt::format("<figure><figcaption>{}", html_text(title));
  for (const Line& line : drawn) out += fmt::format(R"(<span class="key"><svg width="22" height="8"><line class="c{}{}" x1="0" y1="4" x2="22" y2="4"/></svg>{}</span>)", line.color, line.dashed ? " dashed" : "", html_text(line.name));
  out += fmt::format(R"(</figcaption><svg viewBox="0 0 {} {}" role="img" aria-label="{}">)", kWidth, kHeight, html_text(title)) + grid(x, y, across, up);
  for (const Line& line : drawn) out += curve(line, x, y, across, up);
  return out + "</svg></figure>\n";
}

}  // namespace assay::load
