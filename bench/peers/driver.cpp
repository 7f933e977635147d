// assay-bench-peers: what a token costs assayd, and what it costs whoever validates it by a library instead. All contenders run in this one run, each in a process of its
// own, and take turns round by round, so that a change in the machine's mood meets all of them; what is reported are medians.
//
// What is measured is the same for all: tokens divided by the CPU time that the kernel charges the contender's whole process, user and system, every thread, garbage
// collector and socket included. For assayd that is the daemon's; what asking costs the client is given apart. A wrong verdict ends the run.
#include <sched.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "mint/json.h"
#include "peers/assayd.h"
#include "peers/minted.h"
#include "peers/peer_process.h"
#include "support/daemon_process.h"

namespace assay::peers {
namespace {

constexpr std::string_view kCases[] = {"new", "cached", "refused"};
constexpr std::string_view kNodePeers[] = {"jose", "jsonwebtoken", "fast-jwt", "fast-jwt cache", "fast-jwt cache, whole tokens"};

struct Options {
  double seconds = 0.5;
  int rounds = 7;
  std::string json;
  bool small = false;
  std::size_t tokens = Sizes().fresh;
  std::string node;    // the program
  std::string npm;     // the folder with peers.mjs and its node_modules
  std::string commit = "?";
};

// Cell: what is measured of one contender.
struct Cell {
  Contender* contender = nullptr;
  std::string algorithm;
  std::string name;  // of the case
  std::vector<double> rates;
  std::vector<double> client_us;

  std::string set() const { return name + '/' + algorithm; }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Half the distance between the extremes, in percent of the median.
double spread(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  return 50 * (most - least) / median(values);
}

double seconds_of(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) throw std::runtime_error("no CPU clock");
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// CPU time of a process, all of its threads, those that have ended included.
double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  if (clock_getcpuclockid(pid, &clock) != 0) throw std::runtime_error("no CPU clock of process " + std::to_string(pid));
  return seconds_of(clock);
}

// Processors: contenders get the last one that we may use, all on the same; this process, which is assayd's client, keeps to the others if there are any.
class Processors {
 public:
  Processors() {
    CPU_ZERO(&contenders_);
    if (sched_getaffinity(0, sizeof others_, &others_) != 0) throw std::runtime_error("sched_getaffinity");
    std::size_t last = 0;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &others_)) last = i;
    }
    CPU_SET(last, &contenders_);
    if (CPU_COUNT(&others_) > 1) CPU_XOR(&others_, &others_, &contenders_);
  }
  // A child inherits where its parent is.
  void become_contender() const { sched_setaffinity(0, sizeof contenders_, &contenders_); }
  void become_driver() const { sched_setaffinity(0, sizeof others_, &others_); }

 private:
  cpu_set_t contenders_;
  cpu_set_t others_;
};

std::vector<std::unique_ptr<Contender>> start(const Options& options, const Minted& minted, const std::string& workload) {
  std::vector<std::unique_ptr<Contender>> out;
  const Processors processors;
  processors.become_contender();
  out.push_back(std::make_unique<Assayd>(minted));
  std::istringstream programs(ASSAY_PEER_PROGRAMS);
  for (std::string program; std::getline(programs, program, ':');) out.push_back(std::make_unique<PeerProcess>(program, std::vector{program, workload}));
  if (!options.npm.empty()) {
    for (const std::string_view name : kNodePeers) {
      // All is on one processor, and one thread of libuv's is the cheapest there (jose, RS256: by a fifth). fast-jwt warns of the cache keys that its README gives.
      std::vector<std::string> command{"env", "UV_THREADPOOL_SIZE=1", options.node, "--no-warnings", options.npm + "/peers.mjs", std::string(name), workload};
      out.push_back(std::make_unique<PeerProcess>(std::string(name), std::move(command)));
    }
  }
  processors.become_driver();
  return out;
}

void check(Contender& contender, const Minted& minted) {
  for (const std::string& algorithm : contender.about().algorithms) {
    const std::vector<bool> accepted = contender.check("check/" + algorithm);
    if (accepted.size() != minted.checks.size()) throw std::runtime_error(contender.about().peer + " left a token without a verdict");
    for (std::size_t i = 0; i < accepted.size(); ++i) {
      if (accepted[i] == minted.checks[i].accepted) continue;
      throw std::runtime_error(contender.about().peer + (accepted[i] ? " accepts " : " refuses ") + minted.checks[i].what + " (" + algorithm + ")");
    }
  }
}

Counts run(Cell& cell, double seconds) {
  const Counts counts = cell.contender->run(cell.set(), seconds);
  if ((cell.name == "refused" ? counts.accepted : counts.refused) != 0) throw std::runtime_error(cell.contender->about().peer + ": a wrong verdict in " + cell.set());
  return counts;
}

void measure(Cell& cell, double seconds) {
  // Unmeasured: compilers and caches of the contender, processor caches and branch predictors come back to this work.
  run(cell, seconds / 5);
  const double begin = cpu_seconds(cell.contender->pid());
  const double client_begin = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const Counts counts = run(cell, seconds);
  const double spent = cpu_seconds(cell.contender->pid()) - begin;
  const auto tokens = static_cast<double>(counts.accepted + counts.refused);
  cell.rates.push_back(tokens / spent);
  cell.client_us.push_back(1e6 * (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - client_begin) / tokens);
}

std::vector<Cell> cells(const std::vector<std::unique_ptr<Contender>>& contenders) {
  std::vector<Cell> out;
  for (const std::string_view name : kCases) {
    for (const std::string_view algorithm : kAlgorithms) {
      for (const auto& contender : contenders) {
        const bool known = std::ranges::find(contender->about().algorithms, algorithm) != contender->about().algorithms.end();
        if (known && (name != "cached" || contender->about().cache)) out.push_back({contender.get(), std::string(algorithm), std::string(name), {}, {}});
      }
    }
  }
  return out;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "?";
}

// Conditions: what a reader needs to know to make the same figures.
mint::JsonObject conditions(const Options& options, const Minted& minted) {
  utsname system{};
  uname(&system);
#ifdef __clang__
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "g++ " __VERSION__;
#endif
  std::string bytes;
  for (const std::string_view algorithm : kAlgorithms) {
    bytes += (bytes.empty() ? "" : ", ") + std::string(algorithm) + ' ' + std::to_string(minted.token_bytes(algorithm));
  }
  std::ostringstream runs;
  runs << options.rounds << " rounds of " << options.seconds << " s";
  return {{"processor", mint::quote(cpu_model())},
          {"system", mint::quote(std::string(system.sysname) + ' ' + system.release)},
          {"compiler", mint::quote(compiler + ", " ASSAY_BUILD_TYPE)},
          {"commit", mint::quote(options.commit)},
          {"token_bytes", mint::quote(bytes)},
          {"tokens", mint::quote(std::to_string(minted.sizes.fresh) + " new, " + std::to_string(minted.sizes.cached) + " cached, " +
                                 std::to_string(minted.sizes.refused) + " refused")},
          {"runs", mint::quote(runs.str())}};
}

// rate_of_assayd: in the cell of the same case and algorithm.
double rate_of_assayd(const std::vector<Cell>& all, const Cell& cell) {
  const auto found = std::ranges::find_if(all, [&](const Cell& other) { return other.contender->about().peer == "assayd" && other.set() == cell.set(); });
  return median(found->rates);
}

void print(const std::vector<Cell>& all, const mint::JsonObject& conditions) {
  std::printf("%-8s %-6s %-29s %-24s %12s %8s %13s %6s %10s\n", "case", "alg", "peer", "version", "tokens/CPU s", "CPU us", "assayd / peer", "spread", "client us");
  std::string last;
  for (const Cell& cell : all) {
    if (!last.empty() && last != cell.set()) std::printf("\n");
    last = cell.set();
    const Contestant& about = cell.contender->about();
    const double rate = median(cell.rates);
    std::printf("%-8s %-6s %-29s %-24s ", cell.name.c_str(), cell.algorithm.c_str(), about.peer.c_str(), about.version.c_str());
    std::printf("%12.0f %8.2f %13.3f %5.0f%%", rate, 1e6 / rate, rate_of_assayd(all, cell) / rate, spread(cell.rates));
    if (about.peer == "assayd") std::printf(" %10.2f", median(cell.client_us));
    std::printf("\n");
  }
  std::printf("\nMedians. spread: half the distance between the extremes. client us: CPU time that asking costs assayd's client, on top of the daemon's.\n"
              "assayd has one worker and is asked for one token a frame, 64 frames under way.\n");
  for (const auto& [name, json] : conditions.members()) std::printf("%s: %s\n", name.c_str(), json.c_str());
}

std::string figure(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void write_json(const std::string& file, const std::vector<Cell>& all, const mint::JsonObject& conditions) {
  std::string rows;
  for (const Cell& cell : all) {
    const Contestant& about = cell.contender->about();
    mint::JsonObject row{{"peer", mint::quote(about.peer)}, {"version", mint::quote(about.version)}, {"algorithm", mint::quote(cell.algorithm)}};
    row.set("case", mint::quote(cell.name)).set("tokens_per_cpu_s", figure(median(cell.rates))).set("spread_percent", figure(spread(cell.rates)));
    if (about.peer == "assayd") row.set("client_cpu_us", figure(median(cell.client_us)));
    rows += (rows.empty() ? "\n  " : ",\n  ") + row.text();
  }
  std::ofstream out(file, std::ios::binary);
  out << R"({"conditions":)" << conditions.text() << ",\n\"rows\":[" << rows << "\n]}\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

void compare(const Options& options) {
  const Sizes small{.fresh = 128, .refused = 128, .cached = 16, .cache_room = 50};
  const Minted minted = Minted::make(options.small ? small : Sizes{.fresh = options.tokens, .refused = options.tokens / 2});
  const tests::TemporaryFolder folder;
  const auto contenders = start(options, minted, folder.write("workload.json", minted.json()));
  for (const auto& contender : contenders) check(*contender, minted);
  std::vector<Cell> all = cells(contenders);
  for (Cell& cell : all) run(cell, options.seconds);  // V8 compiles what it finds to be hot
  for (int round = 0; round < options.rounds; ++round) {
    for (Cell& cell : all) measure(cell, options.seconds);
  }
  // The cells of a case and an algorithm stand together: the fastest first.
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [&](const Cell& cell) { return cell.set() != begin->set(); });
    std::ranges::sort(begin, end, std::greater(), [](const Cell& cell) { return median(cell.rates); });
    begin = end;
  }
  const mint::JsonObject told = conditions(options, minted);
  print(all, told);
  if (!options.json.empty()) write_json(options.json, all, told);
}

}  // namespace
}  // namespace assay::peers

int main(int count, char** arguments) {
  assay::peers::Options options;
  CLI::App app("Tokens per CPU second: assayd and what one would use instead of it.", "assay-bench-peers");
  app.add_option("--seconds", options.seconds, "of each measurement")->check(CLI::Range(0.01, 60.0))->capture_default_str();
  app.add_option("--rounds", options.rounds, "whose median is taken")->check(CLI::Range(1, 99))->capture_default_str();
  app.add_option("--json", options.json, "also write the figures to this file");
  app.add_option("--tokens", options.tokens, "that are new; half as many are refused. More than twice what any cache holds")
      ->check(CLI::Range(options.tokens, std::size_t{1} << 20U))
      ->capture_default_str();
  app.add_flag("--small", options.small, "a moment of each, to see that it works: --seconds 0.02 --rounds 1, few tokens");
  app.add_option("--npm", options.npm, "folder with peers.mjs and its node_modules; without it the Node peers are left out");
  app.add_option("--node", options.node, "Node's program")->default_val("node");
  app.add_option("--commit", options.commit, "named in the conditions");
  CLI11_PARSE(app, count, arguments);
  if (options.small) {
    options.seconds = 0.02;
    options.rounds = 1;
  }
  // A peer that has ended is an error of a write, not the end of this process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    assay::peers::compare(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "assay-bench-peers: %s\n", error.what());
    return 1;
  }
  return 0;
}
