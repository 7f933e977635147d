// Curves as inline SVG, coloured by the style sheet of the page around them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace assay::load {

struct Tick {
  double at = 0;
  std::string text;
};

struct Axis {
  std::string title;
  bool logarithmic = false;
  std::vector<Tick> ticks;  // empty: chosen
};

// Line: points in ascending order of x. Values that are not positive are left out where an axis is logarithmic.
struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;
  unsigned color = 0;  // class c0, c1 ...
  bool dashed = false;
};

// chart(title, x, y, lines): a <figure> with legend and curves; every point says its values when pointed at. Empty if there is nothing to draw.
std::string chart(const std::string& title, const Axis& x, const Axis& y, const std::vector<Line>& lines);

// short_number(value): at most four digits and a letter: 950, 12.5k, 3.2M.
std::string short_number(double value);

}  // namespace assay::load
