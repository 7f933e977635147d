// The command line of assay-bench.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::load {

// Weighted: an algorithm and its share among the others.
struct Weighted {
  std::string name;
  double weight = 1;
  bool operator==(const Weighted&) const = default;
};

// Flaw: what is wrong with a minted token.
enum class Flaw : std::uint8_t { none = 0, expired, audience, forged };
inline constexpr std::array<std::string_view, 4> kFlawNames = {"none", "expired", "audience", "forged"};

// Mix: the tokens to mint. bad: percent of all tokens by Flaw; none's is not used.
struct Mix {
  std::vector<Weighted> algorithms = {{"RS256", 1}};
  unsigned issuers = 1;
  unsigned keys = 1;  // of each issuer and algorithm
  std::size_t token_count = 4096;
  std::size_t claims = 20;
  std::size_t token_bytes = 960;
  std::array<double, kFlawNames.size()> bad{};
  // Of the configuration, daemon.limits.request_age_ms and daemon.token_cache_budget: without a cache every token is a new one, however often it comes.
  unsigned request_age_ms = 50;
  std::uint64_t token_cache_budget = 0;
};

// Rate: arrivals of an open loop.
struct Rate {
  enum class Unit : std::uint8_t { tokens_per_s = 1, frames_per_s, percent };
  Unit unit = Unit::tokens_per_s;
  double value = 0;  // percent: of what a closed loop has reached just before
  bool operator==(const Rate&) const = default;
};

// Sweep: one dimension and the values it takes, one after the other.
struct Sweep {
  enum class Of : std::uint8_t { depth = 1, connections, rate };
  Of of = Of::depth;
  std::vector<unsigned> counts;  // of depth, connections
  std::vector<Rate> rates;       // of rate
};

struct Options {
  // Whom to ask: a daemon that runs, with tokens of one's own, or one that we start.
  std::string socket;
  std::string api_service;
  std::string tokens;
  std::optional<int> daemon_pid;
  std::string assayd;
  unsigned workers = 1;

  // Load.
  unsigned connections = 1;
  unsigned threads = 1;
  unsigned depth = 1;
  unsigned tokens_per_frame = 1;
  std::optional<Rate> rate;  // without: a closed loop
  std::uint32_t deadline_ms = 0;
  bool spin = false;

  Mix mix;
  double zipf = 0;

  // Runs.
  double warm_up_s = 0.5;
  double duration_s = 3;
  unsigned repeat = 3;
  double timeout_s = 10;
  std::uint64_t seed = 1;
  bool small = false;
  std::vector<Sweep> sweeps;
  bool compare_echo = false;
  std::string echo_server;
  std::vector<int> generator_cpus;
  std::vector<int> daemon_cpus;

  // Reports.
  std::string json;
  std::string html;

  bool starts_daemon() const { return socket.empty(); }
};

// Parsed: options, or what to print and the exit status (0: --help, --version; 2: options that cannot be followed, in one line).
struct Parsed {
  std::optional<Options> options;
  std::string text;
  int status = 0;
};
Parsed parse_options(int count, const char* const* arguments);

// What follows is parse_options' and public for its tests. All throw Usage.
std::vector<Weighted> parse_algorithms(std::string_view text);
std::array<double, kFlawNames.size()> parse_bad(std::string_view text);
Rate parse_rate(std::string_view text);
// parse_sweep("depth=1,2,4,...,256"): also depth=1..256 (doubling), rate=10%..120% (in steps of the first), rate=1000,2000,50%. "..." goes on by doubling if the two values
// before it do, otherwise by their difference, up to the value after it.
Sweep parse_sweep(std::string_view text);
// parse_cpus("0,2-3"): numbers of processors, in ascending order.
std::vector<int> parse_cpus(std::string_view text);

}  // namespace assay::load
