// Declares the options, and refuses those that contradict each other: a figure that is not about what was asked for is worse than none.
#include "load/options.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>

#include "load/failure.h"

namespace assay::load {
namespace {

constexpr const char* kDescription =
    R"(Puts load on assayd and says how fast it answers, checking every verdict.

Without --socket it needs nothing but itself: it makes keys and tokens, starts an assayd of its own on a temporary socket, and measures that.

Examples:
  assay-bench --sweep depth=1..256 --html report.html
      How many tokens a second one worker takes, and what a request waits, the more of them are under way.
  assay-bench --rate 50% --connections 64 --compare-echo
      Requests arrive at half of what the daemon can take, whether it keeps up or not; beside it the same load on a server that does nothing.
  assay-bench --socket /run/assay/data.sock --api-service orders --tokens tokens.txt --rate 2000 --duration 60
      The daemon of this host, with tokens of your own, one a line.

A closed loop (without --rate) sends a request when an answer has come. An open loop (--rate) sends when it is time to, and latency counts from that time even if the
request could not be sent: waiting counts. Figures are medians over --repeat runs. Exit status: 0 done, 1 a failed run or a verdict that was not the expected one, 2 usage.)";

void declare_target(CLI::App& app, Options& to) {
  app.add_option("--socket", to.socket, "data socket of a daemon that runs; without it, one is started")->type_name("PATH")->group("Whom to ask");
  app.add_option("--api-service", to.api_service, "with --socket: the API service that the tokens are for")->type_name("NAME")->group("Whom to ask");
  app.add_option("--tokens", to.tokens, "with --socket: tokens, one a line; after it the code it must get (expired, ... or any) unless that is accepted")->type_name("FILE")->group("Whom to ask");
  app.add_option("--daemon-pid", to.daemon_pid, "with --socket: whose CPU time is the daemon's; default: whoever listens on the socket")->type_name("PID")->group("Whom to ask");
  app.add_option("--assayd", to.assayd, "the daemon to start; default: beside this program, else as PATH finds it")->type_name("FILE")->group("Whom to ask");
  app.add_option("--request-age-ms", to.mix.request_age_ms, "what a request may have waited for in the daemon that is started; after that it is told that there is too much load")
      ->check(CLI::Range(1U, 60'000U))->capture_default_str()->group("Whom to ask");
  app.add_option("--token-cache-budget", to.mix.token_cache_budget, "bytes that the daemon that is started may spend to remember tokens; 0: every token is new to it, however often it comes")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 40))->capture_default_str()->group("Whom to ask");
  app.add_option("--workers", to.workers, "worker threads of the daemon that is started")->check(CLI::Range(1U, 1024U))->capture_default_str()->group("Whom to ask");
}

void declare_load(CLI::App& app, Options& to, std::string& rate) {
  app.add_option("--connections", to.connections, "connections")->check(CLI::Range(1U, 65'536U))->capture_default_str()->group("Load");
  app.add_option("--threads", to.threads, "threads of this program; --connections is a multiple of it")->check(CLI::Range(1U, 256U))->capture_default_str()->group("Load");
  app.add_option("--depth", to.depth, "closed loop: frames under way on each connection")->check(CLI::Range(1U, 65'536U))->capture_default_str()->group("Load");
  app.add_option("--tokens-per-frame", to.tokens_per_frame, "tokens in each request")->check(CLI::Range(1U, 256U))->capture_default_str()->group("Load");
  app.add_option("--rate", rate, "open loop: tokens per second; 500f: frames per second; 50%: of what a closed loop reaches")->type_name("RATE")->group("Load");
  app.add_option("--deadline-ms", to.deadline_ms, "the deadline that requests carry; 0: none, and the daemon's own limit holds")->check(CLI::Range(0U, 3'600'000U))->capture_default_str()->group("Load");
  app.add_flag("--spin", to.spin, "never sleep while waiting: needs a processor to itself for each thread, and is then more exact")->group("Load");
}

void declare_mix(CLI::App& app, Options& to, std::string& algorithms, std::string& bad) {
  app.add_option("--algorithms", algorithms, "algorithms and their weights, such as RS256=50,ES256=50")->type_name("LIST")->default_str("RS256")->group("Tokens to mint");
  app.add_option("--issuers", to.mix.issuers, "issuers")->check(CLI::Range(1U, 64U))->capture_default_str()->group("Tokens to mint");
  app.add_option("--keys", to.mix.keys, "keys of each issuer and algorithm")->check(CLI::Range(1U, 64U))->capture_default_str()->group("Tokens to mint");
  app.add_option("--token-count", to.mix.token_count, "distinct tokens")->check(CLI::Range(1U, 1'000'000U))->capture_default_str()->group("Tokens to mint");
  app.add_option("--claims", to.mix.claims, "claims of a token, 8 of them its own")->check(CLI::Range(8U, 200U))->capture_default_str()->group("Tokens to mint");
  app.add_option("--token-bytes", to.mix.token_bytes, "size of a token; one whose claims need more is larger")->check(CLI::Range(1U, 16'384U))->capture_default_str()->group("Tokens to mint");
  app.add_option("--bad", bad, "percent of the tokens that are bad, such as expired=1,audience=1,forged=1")->type_name("LIST")->group("Tokens to mint");
  app.add_option("--zipf", to.zipf, "tokens repeat by Zipf's law with this exponent; 0: each comes back as late as it can")->check(CLI::Range(0.0, 10.0))->capture_default_str()->group("Tokens");
}

void declare_runs(CLI::App& app, Options& to, std::vector<std::string>& sweeps, std::string& generator_cpus, std::string& daemon_cpus) {
  app.add_option("--warm-up", to.warm_up_s, "seconds before each run that do not count")->check(CLI::Range(0.0, 3600.0))->capture_default_str()->group("Runs");
  app.add_option("--duration", to.duration_s, "seconds of each run")->check(CLI::Range(0.01, 86'400.0))->capture_default_str()->group("Runs");
  app.add_option("--repeat", to.repeat, "runs of each point; figures are their medians")->check(CLI::Range(1U, 1000U))->capture_default_str()->group("Runs");
  app.add_option("--timeout", to.timeout_s, "seconds without an answer after which a run has failed")->check(CLI::Range(0.1, 3600.0))->capture_default_str()->group("Runs");
  app.add_option("--sweep", sweeps, "a point for each value: depth=1..256, connections=1,8,64, rate=10%..120%; may be given more than once")->type_name("LIST")->allow_extra_args(false)->group("Runs");
  app.add_flag("--compare-echo", to.compare_echo, "run each load also on a bare libuv server that answers as many bytes and does nothing else")->group("Runs");
  app.add_option("--echo-server", to.echo_server, "that server; default: assay-bench-echo beside this program, else as PATH finds it")->type_name("FILE")->group("Runs");
  app.add_option("--generator-cpus", generator_cpus, "processors for this program's threads, such as 0,2-3; default: any")->type_name("LIST")->group("Runs");
  app.add_option("--daemon-cpus", daemon_cpus, "processors for the servers that are started; default: any")->type_name("LIST")->group("Runs");
  app.add_option("--seed", to.seed, "of the mix and the order; keys and signatures are new each time")->capture_default_str()->group("Runs");
  app.add_flag("--small", to.small, "a fraction of a second and few tokens, to see that all works")->group("Runs");
  app.add_option("--json", to.json, "write all figures of all runs to this file; - for standard output instead of the table")->type_name("FILE")->group("Reports");
  app.add_option("--html", to.html, "write a page with curves and tables to this file")->type_name("FILE")->group("Reports");
}

void apply_small(const CLI::App& app, Options& to) {
  if (!to.small) return;
  if (app.count("--warm-up") == 0) to.warm_up_s = 0.05;
  if (app.count("--duration") == 0) to.duration_s = 0.25;
  if (app.count("--repeat") == 0) to.repeat = 1;
  if (app.count("--token-count") == 0) to.mix.token_count = 128;
}

// Connections that a sweep comes to must be dealt out to the threads evenly, too.
void check_connections(const Options& options) {
  std::vector<unsigned> all{options.connections};
  for (const Sweep& sweep : options.sweeps) {
    if (sweep.of != Sweep::Of::connections) continue;
    if (all.size() == 1) all.clear();
    all.insert(all.end(), sweep.counts.begin(), sweep.counts.end());
  }
  if (std::ranges::any_of(all, [&](unsigned connections) { return connections % options.threads != 0; }))
    throw Usage("--connections: must be a multiple of --threads, so that every thread has as many");
}

void check(const CLI::App& app, const Options& options) {
  const auto refuse_any = [&](std::initializer_list<const char*> names, const char* why) {
    for (const char* name : names) {
      if (app.count(name) > 0) throw Usage(fmt::format("{}: {}", name, why));
    }
  };
  if (options.starts_daemon()) {
    refuse_any({"--api-service", "--tokens", "--daemon-pid"}, "only with --socket; without it tokens are minted for a daemon that is started");
  } else {
    refuse_any({"--assayd", "--workers", "--request-age-ms", "--token-cache-budget", "--algorithms", "--issuers", "--keys", "--token-count", "--claims", "--token-bytes", "--bad"},
               "not with --socket: the daemon runs already and the tokens are yours");
    if (!options.compare_echo) refuse_any({"--daemon-cpus"}, "not with --socket: the daemon runs already");
    if (options.api_service.empty() || options.tokens.empty()) throw Usage("--socket: needs --api-service and --tokens as well");
  }
  const bool sweeps_rate = std::ranges::any_of(options.sweeps, [](const Sweep& sweep) { return sweep.of == Sweep::Of::rate; });
  const bool sweeps_depth = std::ranges::any_of(options.sweeps, [](const Sweep& sweep) { return sweep.of == Sweep::Of::depth; });
  if (options.rate && (sweeps_rate || sweeps_depth)) throw Usage("--rate: not with a sweep of rate or depth");
  if (options.rate && app.count("--depth") > 0) throw Usage("--depth: not with --rate; an open loop sends when it is time to, however many are under way");
  if (options.json == "-" && options.html == "-") throw Usage("--json, --html: only one of them can go to standard output");
  check_connections(options);
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Parsed parse_options(int count, const char* const* arguments) {
  CLI::App app(kDescription, "assay-bench");
  Options options;
  std::string rate, algorithms, bad, generator_cpus, daemon_cpus;
  std::vector<std::string> sweeps;
  declare_target(app, options);
  declare_load(app, options, rate);
  declare_mix(app, options, algorithms, bad);
  declare_runs(app, options, sweeps, generator_cpus, daemon_cpus);
  app.set_version_flag("--version", std::string("assay-bench ") + ASSAY_VERSION);
  try {
    app.parse(count, arguments);
    if (!rate.empty()) options.rate = parse_rate(rate);
    if (!algorithms.empty()) options.mix.algorithms = parse_algorithms(algorithms);
    if (!bad.empty()) options.mix.bad = parse_bad(bad);
    for (const std::string& sweep : sweeps) options.sweeps.push_back(parse_sweep(sweep));
    if (!generator_cpus.empty()) options.generator_cpus = parse_cpus(generator_cpus);
    if (!daemon_cpus.empty()) options.daemon_cpus = parse_cpus(daemon_cpus);
    apply_small(app, options);
    check(app, options);
    return {.options = std::move(options), .text = {}, .status = 0};
  } catch (const CLI::CallForVersion& version) {
    return {.options = std::nullopt, .text = std::string(version.what()) + "\n", .status = 0};
  } catch (const CLI::CallForHelp&) {
    return {.options = std::nullopt, .text = app.help(), .status = 0};
  } catch (const std::exception& error) {
    return {.options = std::nullopt, .text = "assay-bench: " + one_line(error.what()) + "\n", .status = 2};
  }
}

}  // namespace assay::load
