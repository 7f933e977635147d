// The command line: what it understands, and that what it refuses is refused in one clear line.
#include "load/options.h"

#include <gtest/gtest.h>

#include "load/failure.h"

namespace assay::load {
namespace {

Parsed parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "assay-bench");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(LoadOptions, NothingGivenIsOneCallerOnADaemonOfOurOwn) {
  const Parsed parsed = parse({});
  ASSERT_TRUE(parsed.options);
  EXPECT_TRUE(parsed.options->starts_daemon());
  EXPECT_EQ(parsed.options->depth, 1U);
  EXPECT_FALSE(parsed.options->rate);
}

TEST(LoadOptions, RefusalsAreOneLineThatNamesTheOption) {
  struct Case {
    std::vector<const char*> arguments;
    const char* names;
  };
  const Case cases[] = {
      {{"--nonsense"}, "--nonsense"},
      {{"--depth", "0"}, "--depth"},
      {{"--depth", "many"}, "--depth"},
      {{"--depth", "-1"}, "--depth"},
      {{"--socket", "/s"}, "--api-service"},
      {{"--socket", "/s", "--api-service", "a"}, "--tokens"},
      {{"--tokens", "f"}, "--tokens"},
      {{"--socket", "/s", "--api-service", "a", "--tokens", "f", "--workers", "2"}, "--workers"},
      {{"--socket", "/s", "--api-service", "a", "--tokens", "f", "--bad", "expired=1"}, "--bad"},
      {{"--socket", "/s", "--api-service", "a", "--tokens", "f", "--request-age-ms", "9"}, "--request-age-ms"},
      {{"--rate", "0"}, "--rate"},
      {{"--rate", "fast"}, "--rate"},
      {{"--rate", "-5"}, "--rate"},
      {{"--rate", "nan"}, "--rate"},
      {{"--rate", "100", "--depth", "4"}, "--depth"},
      {{"--rate", "100", "--sweep", "rate=10%..50%"}, "--rate"},
      {{"--rate", "100", "--sweep", "depth=1..4"}, "--rate"},
      {{"--algorithms", "HS256"}, "--algorithms"},
      {{"--algorithms", "RS256=0"}, "--algorithms"},
      {{"--algorithms", "RS256,RS256"}, "--algorithms"},
      {{"--algorithms", "RS256="}, "--algorithms"},
      {{"--bad", "expired"}, "--bad"},
      {{"--bad", "expired=60,forged=60"}, "--bad"},
      {{"--bad", "none=1"}, "--bad"},
      {{"--sweep", "width=1..3"}, "--sweep"},
      {{"--sweep", "depth="}, "--sweep"},
      {{"--sweep", "depth=8..1"}, "--sweep"},
      {{"--sweep", "depth=...,5"}, "--sweep"},
      {{"--sweep", "depth=0"}, "--sweep"},
      {{"--sweep", "rate=1..1000000"}, "--sweep"},
      {{"--threads", "2", "--connections", "3"}, "--connections"},
      {{"--threads", "2", "--sweep", "connections=2,3"}, "--connections"},
      {{"--generator-cpus", "1-"}, "processors"},
      {{"--daemon-cpus", "3-1"}, "processors"},
      {{"--json", "-", "--html", "-"}, "--json"},
  };
  for (const Case& one : cases) {
    const Parsed parsed = parse(one.arguments);
    EXPECT_FALSE(parsed.options) << one.names;
    EXPECT_EQ(parsed.status, 2) << parsed.text;
    EXPECT_TRUE(parsed.text.starts_with("assay-bench: ")) << parsed.text;
    EXPECT_NE(parsed.text.find(one.names), std::string::npos) << parsed.text;
    EXPECT_EQ(parsed.text.find('\n'), parsed.text.size() - 1) << parsed.text;
  }
}

TEST(LoadOptions, HelpShowsExamplesAndIsNoMistake) {
  const Parsed parsed = parse({"--help"});
  EXPECT_EQ(parsed.status, 0);
  EXPECT_NE(parsed.text.find("Examples:"), std::string::npos);
  EXPECT_EQ(parse({"--version"}).status, 0);
}

TEST(LoadOptions, SmallGivesWayToWhatIsSaid) {
  const Parsed parsed = parse({"--small", "--duration", "2"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->duration_s, 2);
  EXPECT_LT(parsed.options->warm_up_s, 0.2);
  EXPECT_EQ(parsed.options->repeat, 1U);
}

TEST(LoadOptions, ThreadsMayFitTheSweepInstead) { EXPECT_TRUE(parse({"--threads", "2", "--sweep", "connections=2,4"}).options); }

TEST(LoadSweep, SpellsOutDotsByDoublingOrBySteps) {
  EXPECT_EQ(parse_sweep("depth=1,2,4,...,256").counts, (std::vector<unsigned>{1, 2, 4, 8, 16, 32, 64, 128, 256}));
  EXPECT_EQ(parse_sweep("depth=1..10").counts, (std::vector<unsigned>{1, 2, 4, 8, 10}));
  EXPECT_EQ(parse_sweep("connections=10,25,...,70").counts, (std::vector<unsigned>{10, 25, 40, 55, 70}));
  const Sweep rates = parse_sweep("rate=10%..120%");
  ASSERT_EQ(rates.rates.size(), 12U);
  EXPECT_EQ(rates.rates.back(), (Rate{Rate::Unit::percent, 120}));
  EXPECT_EQ(parse_sweep("rate=1000,50f,0.5%").rates, (std::vector<Rate>{{Rate::Unit::tokens_per_s, 1000}, {Rate::Unit::frames_per_s, 50}, {Rate::Unit::percent, 0.5}}));
}

TEST(LoadValues, ListsAreRead) {
  EXPECT_EQ(parse_algorithms("RS256=50,ES256"), (std::vector<Weighted>{{"RS256", 50}, {"ES256", 1}}));
  EXPECT_EQ(parse_bad("expired=1,forged=0.5"), (std::array<double, 4>{0, 1, 0, 0.5}));
  EXPECT_EQ(parse_cpus("3,0-1,1"), (std::vector<int>{0, 1, 3}));
}

}  // namespace
}  // namespace assay::load
