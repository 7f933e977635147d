// Medians, and that reports are well-formed whatever stands in them.
#include "load/report.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "load/chart.h"

namespace assay::load {
namespace {

constexpr std::string_view kNasty = "</script><b onload=\"x\">&'\\\xff\n";

Figures figures(double scale) {
  Measured measured;
  for (int i = 1; i <= 1000; ++i) measured.latency.record(static_cast<std::int64_t>(i * 1000 * scale));
  measured.frames = 1000;
  measured.tokens = 1000;
  measured.seconds = 1 / scale;
  measured.server_cpu_s = 0.01 * scale;
  measured.generator_cpu_s = 0.001;
  return figures_of(measured);
}

Report report() {
  Point point{.label = std::string(kNasty), .connections = 1, .depth = 16, .tokens_per_s_offered = {}};
  point.runs = {figures(1), figures(3), figures(2)};
  point.echo_runs = {figures(0.5)};
  point.verdicts[1] = 3000;
  point.unexpected = 1;
  point.examples = {std::string(kNasty)};
  Report out;
  out.conditions = {.machine = {{"cpu", std::string(kNasty)}}, .daemon = {{"version", "1"}}, .load = {}};
  out.series = {{"depth", {point, point}}, {"", {point}}, {"rate", {}}};
  out.series[2].points = {point};
  out.series[2].points[0].tokens_per_s_offered = 1000;
  return out;
}

TEST(LoadFigures, AreWhatWasMeasured) {
  const Figures one = figures(1);
  EXPECT_NEAR(one.at(0.5), 500, 5);
  EXPECT_NEAR(one.at(0.99), 990, 10);
  EXPECT_DOUBLE_EQ(one.at(1), 1000);
  EXPECT_NEAR(one.tokens_per_s, 1000, 1e-6);
  EXPECT_NEAR(*one.server_cpu_us_per_token, 10, 1e-9);
}

TEST(LoadFigures, MediansAreOfEachFigureByItself) {
  const Figures median = median_of({figures(1), figures(3), figures(2)});
  EXPECT_NEAR(median.at(0.5), 1000, 10);
  EXPECT_NEAR(median.tokens_per_s, 2000, 1e-6);
  Figures unknown = figures(1);
  unknown.server_cpu_us_per_token.reset();
  EXPECT_FALSE(median_of({unknown}).server_cpu_us_per_token);
  EXPECT_NEAR(*median_of({unknown, figures(2)}).server_cpu_us_per_token, 20, 1e-9);
  EXPECT_NEAR(echo_ratio(report().series[0].points[0])->p50, 4, 0.05);
}

TEST(LoadReport, JsonIsValidAndHasTheFigures) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string text = json_report(report());
  ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << text;
  EXPECT_EQ(std::string_view(root["schema"]), "assay-bench/1");
  EXPECT_NEAR(double(root.at_pointer("/series/0/points/0/median/latency_us/p50")), 1000, 10);
  EXPECT_EQ(std::uint64_t(root.at_pointer("/series/0/points/0/verdicts/accepted")), 3000U);
  EXPECT_TRUE(root.at_pointer("/series/1/sweep").is_null());
  EXPECT_TRUE(root.at_pointer("/series/2/points/0/depth").is_null());
  EXPECT_EQ(std::uint64_t(root["unexpected"]), 4U);
}

TEST(LoadReport, HtmlKeepsOthersTextsAsTexts) {
  const std::string page = html_report(report());
  EXPECT_FALSE(page.contains("</script>"));
  EXPECT_FALSE(page.contains("<b onload"));
  EXPECT_TRUE(page.contains("&lt;b onload=&quot;x&quot;&gt;"));
  EXPECT_FALSE(page.contains('\xff'));
  EXPECT_FALSE(page.contains("http"));
  EXPECT_FALSE(page.contains("nan"));
}

TEST(LoadReport, TextIsSafeForATerminal) {
  const std::string text = text_report(report());
  EXPECT_TRUE(text.contains("not to be trusted"));
  EXPECT_FALSE(text.contains('\xff'));
}

TEST(LoadReport, AnEmptyRunIsNoCrash) {
  Report empty;
  Point point;
  point.runs = {figures_of(Measured())};
  point.tokens_per_s_offered = 10;
  empty.series = {{"rate", {point}}, {"", {point}}};
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(json_report(empty)).error(), simdjson::SUCCESS);
  EXPECT_FALSE(html_report(empty).contains("nan"));
  EXPECT_FALSE(text_report(empty).empty());
}

TEST(LoadChart, NumbersAreShort) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(12.34), "12.3");
  EXPECT_EQ(short_number(1234), "1234");
  EXPECT_EQ(short_number(12'340), "12.34k");
  EXPECT_EQ(short_number(3'200'000), "3.2M");
  EXPECT_EQ(chart("t", {}, {}, {}), "");
}

}  // namespace
}  // namespace assay::load
