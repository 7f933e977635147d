// The order of runs: all points of a sweep one after the other, each repeated at once; with the echo server the two take turns, each going first every other time, so that what
// else the host does falls on both.
#include "load/session.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "load/answer.h"
#include "load/environment.h"
#include "load/failure.h"
#include "load/frames.h"
#include "load/server.h"
#include "load/workload.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

constexpr unsigned kCapacityTokens = 64;  // under way, on all connections together, while finding out what 100% are: enough for the daemon's batches to be full

constexpr int kSampleTries = 100;

// Load: one point before it is run.
struct Load {
  std::string label;
  unsigned connections = 1;
  unsigned depth = 1;
  std::optional<Rate> rate;
};

std::string text_of(const Rate& rate) {
  switch (rate.unit) {
    case Rate::Unit::percent: return fmt::format("{:g}%", rate.value);
    case Rate::Unit::frames_per_s: return fmt::format("{:g}f", rate.value);
    case Rate::Unit::tokens_per_s: break;
  }
  return fmt::format("{:g}", rate.value);
}

// ProgressLine: rewrites one line of a terminal; silent elsewhere.
class ProgressLine {
 public:
  ProgressLine() : shown_(::isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() { show(""); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text) const {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
  }

 private:
  bool shown_;
};

class Session {
 public:
  Session(const Options& options, const std::atomic<bool>& stop) : options_(options), stop_(stop) {}

  Report run() {
    Report out;
    out.conditions.machine = machine_conditions();
    line_.show("minting tokens ...");
    const Workload workload = options_.starts_daemon() ? mint_workload(options_.mix, options_.seed, std::time(nullptr)) : read_workload(options_.tokens, options_.api_service);
    frames_.emplace(workload, Frames::Shape{options_.tokens_per_frame, options_.deadline_ms, options_.zipf}, options_.seed);
    daemon_ = options_.starts_daemon() ? start_daemon(options_, workload.configuration) : find_daemon(options_);
    if (options_.compare_echo) echo_ = start_echo(options_, sample_answer());
    out.conditions.daemon = daemon_conditions(options_, daemon_);
    out.conditions.load = load_conditions(options_, workload);
    if (options_.sweeps.empty()) out.series.push_back({"", {run_point(single())}});
    for (const Sweep& sweep : options_.sweeps) out.series.push_back(run_sweep(sweep));
    out.capacities.assign(capacities_.begin(), capacities_.end());
    return out;
  }

 private:
  Load single() const { return {.label = {}, .connections = options_.connections, .depth = options_.depth, .rate = options_.rate}; }

  Series run_sweep(const Sweep& sweep) {
    Series out;
    const auto add = [&](Load load, std::string label) {
      load.label = std::move(label);
      out.points.push_back(run_point(load));
    };
    for (const unsigned count : sweep.counts) {
      Load load = single();
      (sweep.of == Sweep::Of::depth ? load.depth : load.connections) = count;
      add(load, std::to_string(count));
    }
    for (const Rate& rate : sweep.rates) {
      Load load = single();
      load.rate = rate;
      add(load, text_of(rate));
    }
    out.name = sweep.of == Sweep::Of::depth ? "depth" : sweep.of == Sweep::Of::connections ? "connections" : "rate";
    return out;
  }

  Plan plan_for(const Load& load, const Server& server) {
    Plan out{.socket = server.socket,
             .connections = load.connections,
             .threads = options_.threads,
             .depth = load.depth,
             .frames_per_s = {},
             .warm_up_s = options_.warm_up_s,
             .duration_s = options_.duration_s,
             .timeout_s = options_.timeout_s,
             .spin = options_.spin,
             .check_verdicts = &server == &daemon_,
             .cpus = options_.generator_cpus,
             .seed = next_seed_++,
             .server_pid = server.pid};
    if (load.rate) out.frames_per_s = frames_per_s(*load.rate, load.connections);
    return out;
  }

  double frames_per_s(const Rate& rate, unsigned connections) {
    const double per_frame = options_.tokens_per_frame;
    switch (rate.unit) {
      case Rate::Unit::frames_per_s: return rate.value;
      case Rate::Unit::percent: return rate.value / 100 * capacity(connections) / per_frame;
      case Rate::Unit::tokens_per_s: break;
    }
    return rate.value / per_frame;
  }

  // Tokens per second of a closed loop that keeps the daemon busy.
  double capacity(unsigned connections) {
    if (const auto known = capacities_.find(connections); known != capacities_.end()) return known->second;
    const unsigned frames = std::max(kCapacityTokens / options_.tokens_per_frame, 4U);
    const Load load{.label = {}, .connections = connections, .depth = std::max(frames / connections, 1U), .rate = {}};
    std::vector<Figures> runs;
    for (unsigned i = 0; i < options_.repeat; ++i) {
      const Measured measured = run_once(load, daemon_, "finding out what 100% are", nullptr);
      if (measured.unexpected > 0) throw Failure(fmt::format("{} answers were not as expected: {}", measured.unexpected, measured.examples.front()));
      runs.push_back(figures_of(measured));
    }
    const double tokens = median_of(runs).tokens_per_s;
    if (tokens <= 0) throw Failure("the daemon has judged no token while finding out what 100% of a rate are");
    return capacities_[connections] = tokens;
  }

  Point run_point(const Load& load) {
    Point out{.label = load.label, .connections = load.connections, .depth = load.depth, .tokens_per_s_offered = {}};
    if (load.rate) out.tokens_per_s_offered = frames_per_s(*load.rate, load.connections) * options_.tokens_per_frame;
    for (unsigned i = 0; i < options_.repeat; ++i) {
      const std::string what = fmt::format("{} run {} of {}", load.label, i + 1, options_.repeat);
      const auto ours = [&] { out.runs.push_back(figures_of(run_once(load, daemon_, what, &out))); };
      const auto echo = [&] {
        if (echo_) out.echo_runs.push_back(figures_of(run_once(load, *echo_, what + ", echo", nullptr)));
      };
      if (i % 2 == 0) ours(), echo();
      else echo(), ours();
    }
    return out;
  }

  Measured run_once(const Load& load, const Server& server, const std::string& what, Point* point) {
    const Plan plan = plan_for(load, server);
    try {
      Measured out = load::run(plan, *frames_, stop_, [&](double elapsed, std::uint64_t tokens) {
        line_.show(fmt::format("{}: {:.1f} of {:.1f} s, {} tokens", what, elapsed, plan.warm_up_s + plan.duration_s, tokens));
      });
      if (point == nullptr) return out;
      for (std::size_t code = 0; code < out.verdicts.size(); ++code) point->verdicts[code] += out.verdicts[code];
      point->unexpected += out.unexpected;
      for (const std::string& example : out.examples) {
        if (std::ranges::find(point->examples, example) == point->examples.end()) point->examples.push_back(example);
      }
      return out;
    } catch (const Failure& failure) {
      // What the daemon did counts for more than how we noticed.
      if (server.child && !server.child->running()) throw Failure(fmt::format("the server that was started has ended during a run ({})", failure.what()));
      throw;
    }
  }

  // What the echo server is to answer: an answer of the daemon's to a frame whose tokens are all good, if there is one.
  std::string sample_answer() const {
    constexpr auto kAccepted = static_cast<std::uint8_t>(schema::Code::accepted);
    std::size_t index = 0;
    for (std::size_t i = 0; i < frames_->size(); ++i) {
      if (!std::ranges::all_of((*frames_)[i].expected, [](std::uint8_t code) { return code == kAccepted; })) continue;
      index = i;
      break;
    }
    const FrameView frame = (*frames_)[index];
    std::string request(frame.bytes.size(), '\0');
    frame.write(reinterpret_cast<std::byte*>(request.data()), 1);
    // A busy daemon may turn a request away, which would make a strange answer to compare with.
    for (int tries = 0; tries < kSampleTries; ++tries) {
      std::string answer = ask(daemon_.socket, request, options_.timeout_s);
      const Answer read = read_unaligned(answer);
      if (read.kind == Answer::Kind::verdicts && read.verdict_count == options_.tokens_per_frame) return answer;
      if (!read.overloaded) throw Failure(fmt::format("the daemon answers a request without verdicts: {}", read.text.empty() ? "malformed" : read.text));
    }
    throw Failure("the daemon is overloaded before any load is put on it");
  }

  const Options& options_;
  const std::atomic<bool>& stop_;
  ProgressLine line_;
  std::optional<Frames> frames_;
  Server daemon_;
  std::optional<Server> echo_;
  std::map<unsigned, double> capacities_;  // tokens per second by connections
  std::uint64_t next_seed_ = 1;
};

}  // namespace

Report measure(const Options& options, const std::atomic<bool>& stop) {
  unsigned connections = options.connections;
  for (const Sweep& sweep : options.sweeps) {
    if (sweep.of == Sweep::Of::connections) connections = std::max(connections, *std::ranges::max_element(sweep.counts));
  }
  raise_descriptor_limit(connections);
  check_cpus("--generator-cpus", options.generator_cpus);
  check_cpus("--daemon-cpus", options.daemon_cpus);
  return Session(options, stop).run();
}

}  // namespace assay::load
