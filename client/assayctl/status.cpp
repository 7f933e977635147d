// status: one screen that answers two questions: is it well, and if not, what is wrong. So problems come first, then what is in force, and of long tables
// the rows with something wrong.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/sources.h"
#include "client/assayctl/status_json.h"
#include "client/assayctl/table.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

// What makes one screen of about 40 lines; --all lifts them.
constexpr std::size_t kProblemsShownMax = 8;
constexpr std::size_t kRowsShownMax = 12;
constexpr std::size_t kCountsShownMax = 8;
constexpr std::size_t kNamesShownMax = 3;
constexpr std::size_t kSourceColumnsMax = 40;
constexpr std::size_t kReasonColumnsMax = 60;
constexpr std::size_t kSourceWidthMax = kSourceColumnsMax + 20;  // with the deployments behind it

struct View {
  const assay::StatusReport& report;
  std::int64_t now;
  bool all;
  // shown(limit, count): how many of them.
  std::size_t shown(std::size_t limit, std::size_t count) const noexcept { return all ? count : std::min(limit, count); }
};

// largest_first(items, size): pointers to them, those of the largest size first, otherwise in their order. (std::stable_sort does not compile with clang and the
// library of g++ 12: it is implemented with something deprecated. In one vector the order of addresses is the order of items.)
template <class Item, class Size>
std::vector<const Item*> largest_first(const std::vector<Item>& items, Size size) {
  std::vector<const Item*> out;
  for (const Item& item : items) out.push_back(&item);
  std::sort(out.begin(), out.end(), [&](const Item* a, const Item* b) { return size(*a) != size(*b) ? size(*a) > size(*b) : a < b; });
  return out;
}

// unset counts as the worst: a problem that is not clearly mild is not.
unsigned rank(assay::Severity severity) noexcept {
  switch (severity) {
    case assay::Severity::notice: return 1;
    case assay::Severity::warning: return 2;
    case assay::Severity::unset:
    case assay::Severity::alarm: return 3;
  }
  return 3;
}

unsigned worst_rank(const assay::StatusReport& report) noexcept {
  unsigned worst = 0;
  for (const assay::Problem& problem : report.problems) worst = std::max(worst, rank(problem.severity));
  return worst;
}

Colour colour_of(unsigned rank) noexcept { return rank >= 3 ? Colour::bad : rank == 2 ? Colour::warning : rank == 1 ? Colour::strong : Colour::good; }

void show_more(std::size_t shown, std::size_t count, Output& out) {
  if (shown < count) out.line(fmt::format("  ... and {} more (assayctl status --all)", count - shown));
}

void show_problems(const View& view, Output& out) {
  const std::vector<const assay::Problem*> problems = largest_first(view.report.problems, [](const assay::Problem& problem) { return rank(problem.severity); });
  const std::string verdict = problems.empty() ? "well" : fmt::format("{} problem{}", problems.size(), problems.size() == 1 ? "" : "s");
  out.line(fmt::format("{}: assayd {}, up {} since {}", out.paint(colour_of(worst_rank(view.report)), verdict), for_terminal(view.report.version),
                       age(view.now, view.report.started_at), utc(view.report.started_at)));
  const std::size_t shown = view.shown(kProblemsShownMax, problems.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const unsigned how_bad = rank(problems[i]->severity);
    const std::string severity = how_bad >= 3 ? "ALARM" : std::string(assay::name(problems[i]->severity));
    out.line(fmt::format("  {}  {}", out.paint(colour_of(how_bad), fmt::format("{:<7}", severity)), for_terminal(problems[i]->text)));
  }
  show_more(shown, problems.size(), out);
}

// When what is in force was deployed; 0 if the report does not say.
std::int64_t deployed_at(const assay::StatusReport& report) noexcept {
  for (const assay::DeploymentStatus& deployment : report.deployments) {
    if (deployment.deployment == report.deployment) return deployment.deployed_at;
  }
  for (const assay::ApiServiceStatus& service : report.api_services) {
    if (service.deployment == report.deployment) return service.deployed_at;
  }
  return 0;
}

std::string counts_text(const View& view, const std::vector<assay::Count>& all) {
  std::vector<const assay::Count*> counts = largest_first(all, [](const assay::Count& count) { return count.count; });
  std::erase_if(counts, [](const assay::Count* count) { return count->count == 0; });
  const std::size_t shown = view.shown(kCountsShownMax, counts.size());
  std::string out;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i < shown) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", for_terminal(counts[i]->name), grouped(counts[i]->count));
    } else {
      others += counts[i]->count;
    }
  }
  if (shown < counts.size()) out += fmt::format(", {} others {}", counts.size() - shown, grouped(others));
  return out.empty() ? "none" : out;
}

void show_state(const assay::StatusReport& report, Output& out) {
  if (!report.state_dir) return out.line("state        " + out.paint(Colour::warning, "kept nowhere: a restart undoes what is in force"));
  const std::string kept = report.kept ? "all that is in force is on disk" : out.paint(Colour::warning, "NOT all that is in force is on disk");
  out.line(fmt::format("state        {}: {}", for_terminal(*report.state_dir), kept));
}

void show_workers(const assay::StatusReport& report, Output& out) {
  assay::WorkerStatus sum;
  std::size_t behind = 0;
  for (const assay::WorkerStatus& worker : report.workers) {
    sum.connections += worker.connections;
    sum.requests += worker.requests;
    sum.tokens += worker.tokens;
    sum.batches += worker.batches;
    behind += worker.generation < report.generation ? 1 : 0;
  }
  const std::string late = behind > 0 ? "; " + out.paint(Colour::warning, fmt::format("{} of them still judge by an older generation", behind)) : std::string();
  out.line(fmt::format("workers      {}: {} connections, {} requests, {} tokens in {} batches{}", report.workers.size(), grouped(sum.connections),
                       grouped(sum.requests), grouped(sum.tokens), grouped(sum.batches), late));
}

// An engine is named once if it verifies everything; else what each algorithm has.
void show_engines(const assay::StatusReport& report, Output& out) {
  const auto differs = [&](const assay::AlgorithmEngine& item) { return item.engine != report.engine; };
  if (std::ranges::any_of(report.engines, differs)) {
    std::string text;
    for (const assay::AlgorithmEngine& item : report.engines) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", for_terminal(item.algorithm), for_terminal(item.engine));
    out.line("engines      " + text);
  }
  if (!report.key_tables) return;
  const assay::KeyTables& tables = *report.key_tables;
  const auto mebibytes = [](std::uint64_t bytes) { return fmt::format("{:.1f}", static_cast<double>(bytes) / (1 << 20)); };
  out.line(fmt::format("key tables   {} in {} MiB of {}, {} keys on curves without; {} MiB for the curves", grouped(tables.tables), mebibytes(tables.bytes),
                       mebibytes(tables.budget), grouped(tables.keys_without), mebibytes(tables.curve_bytes)));
}

// Of a hundred tokens that were worth a look at their signature, how many were remembered; and whether there is room.
void show_token_cache(const assay::StatusReport& report, Output& out) {
  if (!report.token_cache) return out.line("token cache  none");
  const assay::TokenCache& cache = *report.token_cache;
  const std::uint64_t asked = cache.hits + cache.misses;
  const std::string share = asked == 0 ? "" : fmt::format(" ({:.1f} %)", 100.0 * static_cast<double>(cache.hits) / static_cast<double>(asked));
  out.line(fmt::format("token cache  {} hits{}, {} misses; {} of {} entries, {} evicted", grouped(cache.hits), share, grouped(cache.misses), grouped(cache.entries),
                       grouped(cache.capacity), grouped(cache.evicted)));
}

// Said only where something is to be fetched.
void show_fetcher(const assay::StatusReport& report, Output& out) {
  const auto is_fetched = [](const assay::OAuthServerStatus& server) { return server.source.has_value(); };
  if (!std::ranges::any_of(report.oauth_servers, is_fetched)) return;
  out.line("assay-fetch  " + (report.fetcher_connected ? "connected" : out.paint(Colour::warning, "not connected: no keys are fetched")));
}

void show_in_force(const View& view, Output& out) {
  const assay::StatusReport& report = view.report;
  const std::int64_t since = deployed_at(report);
  out.line(fmt::format("in force     deployment {}{}, generation {}, instance {}, engine {}", report.deployment,
                       since == 0 ? std::string() : fmt::format(" since {}", utc(since)), report.generation, hex(report.instance), for_terminal(report.engine)));
  show_engines(report, out);
  show_token_cache(report, out);
  show_state(report, out);
  show_fetcher(report, out);
  show_workers(report, out);
  out.line(fmt::format("verdicts     {}", counts_text(view, report.verdicts)));
  out.line(fmt::format("errors       {}", counts_text(view, report.errors)));
  out.line(fmt::format("connections  {} refused, {} dropped", grouped(report.connections_refused), grouped(report.connections_dropped)));
}

bool is_behind(const assay::ApiServiceStatus& service) noexcept { return service.own_settings_behind || !service.behind.empty(); }

void show_services(const View& view, Output& out) {
  const std::vector<const assay::ApiServiceStatus*> services = largest_first(view.report.api_services, is_behind);
  const std::size_t shown = view.shown(kRowsShownMax, services.size());
  Table table({{fmt::format("API services ({})", services.size())}, {"deployment", Align::right}, {"in force for", Align::right}, {"OAuth servers"}, {""}});
  for (std::size_t i = 0; i < shown; ++i) {
    const assay::ApiServiceStatus& service = *services[i];
    const std::string behind = is_behind(service) ? "behind: " + behind_text(service.own_settings_behind, service.behind) : std::string();
    table.row({{"  " + for_terminal(service.name)}, {std::to_string(service.deployment)}, {age(view.now, service.deployed_at)},
               {first_of(service.oauth_servers, view.shown(kNamesShownMax, service.oauth_servers.size()))}, {behind, Colour::warning}});
  }
  table.show(out);
  show_more(shown, services.size(), out);
}

unsigned wrong_with(const assay::OAuthServerStatus& server) noexcept {
  const bool alarm = std::any_of(server.skipped.begin(), server.skipped.end(), [](const assay::SkippedKeyStatus& key) { return key.alarm; });
  const bool source = server.source && is_wrong(*server.source);
  return alarm ? 3 : !server.available || server.keys.empty() || source ? 2 : !server.skipped.empty() ? 1 : 0;
}

Cell server_mark(const assay::OAuthServerStatus& server) {
  const unsigned wrong = wrong_with(server);
  std::string text = wrong == 3 ? "ALARM: private or symmetric key" : "";
  const auto add = [&text](const std::string& more) { text += (text.empty() || more.empty() ? "" : "; ") + more; };
  add(!server.available ? "keys not available" : server.keys.empty() ? "all keys withdrawn" : "");
  if (server.source) add(source_state(*server.source, kReasonColumnsMax));
  return {text, wrong == 3 ? Colour::bad : wrong == 2 ? Colour::warning : Colour::none};
}

// How long the set is as it is: an inline one has no times of its own, its newest key tells.
std::int64_t keys_since(const assay::OAuthServerStatus& server) noexcept {
  std::int64_t since = server.keys_changed_at;
  if (since == 0) {
    for (const assay::KeyStatus& key : server.keys) since = std::max(since, key.since);
  }
  return since;
}

// Sources: what tells apart the OAuth servers of one name, those of different settings: the URL of their keys, or else the deployments whose API services use them.
class Sources {
 public:
  explicit Sources(const assay::StatusReport& report) {
    for (const assay::ApiServiceStatus& service : report.api_services) deployments_[service.name] = service.deployment;
    for (const assay::OAuthServerStatus& server : report.oauth_servers) ++counts_[{server.name, source_text(server)}];
  }

  std::string text(const assay::OAuthServerStatus& server) const {
    const std::string source = source_text(server);
    if (counts_.at({server.name, source}) == 1) return source;
    std::set<std::uint64_t> numbers;
    for (const std::string& service : server.api_services) {
      if (const auto found = deployments_.find(service); found != deployments_.end()) numbers.insert(found->second);
    }
    std::vector<std::string> texts;
    for (const std::uint64_t number : numbers) texts.push_back(std::to_string(number));
    return texts.empty() ? source : fmt::format("{}, deployment{} {}", source, texts.size() == 1 ? "" : "s", first_of(texts, kNamesShownMax));
  }

 private:
  static std::string source_text(const assay::OAuthServerStatus& server) {
    return shortened(for_terminal(server.url.value_or(server.key_source)), kSourceColumnsMax);
  }

  std::map<std::string_view, std::uint64_t> deployments_;
  std::map<std::pair<std::string_view, std::string>, std::size_t> counts_;
};

std::vector<std::string> server_details(const assay::OAuthServerStatus& server, std::int64_t now, const Output& out) {
  const std::string source = server.url ? fmt::format("; keys from {} ({})", for_terminal(*server.url), for_terminal(server.key_source)) : std::string();
  std::vector<std::string> lines{out.paint(Colour::dim, fmt::format("issuers {}{}", joined(server.issuers), source))};
  if (server.source) {
    for (const std::string& line : source_lines(*server.source, now)) lines.push_back(out.paint(Colour::dim, line));
  }
  for (const assay::SkippedKeyStatus& key : server.skipped) lines.push_back(skipped_text(key, out));
  return lines;
}

void show_servers(const View& view, Output& out) {
  const std::vector<const assay::OAuthServerStatus*> servers = largest_first(view.report.oauth_servers, wrong_with);
  const std::size_t shown = view.shown(kRowsShownMax, servers.size());
  Table table({{fmt::format("OAuth servers ({})", servers.size())}, {"keys", Align::right}, {"skipped", Align::right},
               {"source", Align::left, kSourceWidthMax}, {"keys since", Align::right}, {"checked", Align::right}, {"API services", Align::right}, {""}});
  const Sources sources(view.report);
  for (std::size_t i = 0; i < shown; ++i) {
    const assay::OAuthServerStatus& server = *servers[i];
    table.row({{"  " + for_terminal(server.name)}, {std::to_string(server.keys.size())},
               {std::to_string(server.skipped.size()), server.skipped.empty() ? Colour::none : Colour::warning}, {sources.text(server)},
               {ago(view.now, keys_since(server))}, {ago(view.now, server.keys_checked_at)}, {std::to_string(server.api_services.size())}, server_mark(server)},
              view.all ? server_details(server, view.now, out) : std::vector<std::string>());
  }
  table.show(out);
  show_more(shown, servers.size(), out);
}

}  // namespace

Exit run_status(const Options& options, Output& out) {
  const std::optional<assay::StatusReport> report = ask_status(options, out);
  if (!report) return Exit::failed;
  if (out.json()) {
    out.line(report_json(*report));
  } else {
    const View view{*report, std::time(nullptr), options.all};
    show_problems(view, out);
    show_in_force(view, out);
    out.line("");
    show_services(view, out);
    out.line("");
    show_servers(view, out);
  }
  return options.check && worst_rank(*report) >= rank(assay::Severity::warning) ? Exit::unwell : Exit::done;
}

}  // namespace assayctl
