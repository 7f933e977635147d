// Everything that two people would have to agree on before they compare figures.
#include "load/environment.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>

namespace assay::load {
namespace {

std::string cpu_model() {
  std::ifstream lines("/proc/cpuinfo");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("model name") && line.contains(": ")) return line.substr(line.find(": ") + 2);
  }
  return "unknown";
}

std::string processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (::sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) == online) return std::to_string(online);
  return fmt::format("{} of {}", CPU_COUNT(&set), online);
}

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string minute;
  file >> minute;
  return minute;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string list(const std::vector<int>& cpus) {
  std::string out;
  for (const int cpu : cpus) out += fmt::format("{}{}", out.empty() ? "" : ",", cpu);
  return cpus.empty() ? "any" : out;
}

std::string bad_tokens(const Mix& mix) {
  std::string out;
  for (std::size_t i = 1; i < kFlawNames.size(); ++i) {
    if (mix.bad[i] > 0) out += fmt::format("{}{:g}% {}", out.empty() ? "" : ", ", mix.bad[i], kFlawNames[i]);
  }
  return out.empty() ? "none" : out;
}

std::string algorithms(const Mix& mix) {
  std::string out;
  for (const Weighted& one : mix.algorithms) out += fmt::format("{}{}{}", out.empty() ? "" : ", ", one.name, mix.algorithms.size() == 1 ? "" : fmt::format(" {:g}", one.weight));
  return out;
}

}  // namespace

Conditions::Pairs machine_conditions() {
  utsname name{};
  ::uname(&name);
  return {{"time", utc_now()},          {"cpu", cpu_model()},           {"processors", processors()},     {"kernel", fmt::format("{} {} {}", name.sysname, name.release, name.machine)},
          {"load average before", load_average()}, {"assay-bench", ASSAY_VERSION}, {"commit", ASSAY_COMMIT}, {"compiler", ASSAY_COMPILER}, {"build", ASSAY_BUILD}};
}

Conditions::Pairs daemon_conditions(const Options& options, const Server& daemon) {
  Conditions::Pairs out{{"version", daemon.version}};
  if (options.starts_daemon()) {
    out.insert(out.end(), {{"workers", std::to_string(options.workers)}, {"request age", fmt::format("{} ms", options.mix.request_age_ms)},
                           {"token cache", options.mix.token_cache_budget == 0 ? "none" : fmt::format("{} bytes", options.mix.token_cache_budget)}, {"cpus", list(options.daemon_cpus)}, {"started by", "assay-bench"}});
  } else {
    out.insert(out.end(), {{"socket", options.socket}, {"pid", daemon.pid ? std::to_string(*daemon.pid) : "not known, so its CPU time is not either"}});
  }
  return out;
}

Conditions::Pairs load_conditions(const Options& options, const Workload& workload) {
  double bytes = 0;
  for (const Token& token : workload.tokens) bytes += static_cast<double>(token.text.size());
  const std::string size = fmt::format("{} of {:.0f} bytes on average", workload.tokens.size(), bytes / static_cast<double>(workload.tokens.size()));
  Conditions::Pairs out{{"tokens", size}};
  if (options.starts_daemon()) {
    const Mix& mix = options.mix;
    out.insert(out.end(), {{"algorithms", algorithms(mix)}, {"issuers", std::to_string(mix.issuers)}, {"keys each", std::to_string(mix.keys)}, {"bad", bad_tokens(mix)}});
  } else {
    out.emplace_back("API service", options.api_service);
  }
  out.insert(out.end(), {{"order", options.zipf == 0 ? "each as late as can be" : fmt::format("Zipf {:g}", options.zipf)},
                         {"tokens per frame", std::to_string(options.tokens_per_frame)},
                         {"connections", std::to_string(options.connections)},
                         {"generator threads", std::to_string(options.threads)},
                         {"generator cpus", list(options.generator_cpus)},
                         {"waiting", options.spin ? "spins" : "sleeps"},
                         {"deadline", options.deadline_ms == 0 ? "none" : fmt::format("{} ms", options.deadline_ms)},
                         {"runs", fmt::format("{} of {:g} s after {:g} s of warm-up", options.repeat, options.duration_s, options.warm_up_s)},
                         {"seed", std::to_string(options.seed)}});
  return out;
}

}  // namespace assay::load
