// An operator reads this when something is wrong, perhaps with a thousand OAuth servers: one line for each kind of problem, and the first names.
#include "server/state_report.h"

#include <fmt/core.h>

#include <set>
#include <string_view>

#include "base/log.h"

namespace assay::server {
namespace {

using Severity = Problem::Severity;

constexpr std::size_t kNamesShown = 5;

}  // namespace

void ProblemNames::add(std::string_view name) {
  if (seen_.insert(std::string(name)).second && seen_.size() <= kNamesShown) text_ += (text_.empty() ? "" : ", ") + base::printable(name);
}

void ProblemNames::say(Severity severity, std::string_view text, std::vector<Problem>& problems) const {
  if (seen_.empty()) return;
  std::string line = fmt::format("{}: {}", text, text_);
  if (seen_.size() > kNamesShown) line += fmt::format(" and {} more", seen_.size() - kNamesShown);
  problems.push_back({severity, std::move(line)});
}

std::vector<Problem> problems_of(const State& state, const snapshot::Snapshot& snapshot) {
  std::vector<Problem> problems;
  if (state.in_force().number == 0) problems.push_back({Severity::warning, "nothing is deployed: no API service can be asked about"});
  ProblemNames published_secrets, without_keys, all_withdrawn, skipped_keys, behind, closed;
  for (const auto& server : snapshot.oauth_servers()) {
    if (server->keys == nullptr) {
      without_keys.add(server->name);
      continue;
    }
    if (server->keys->keys().empty()) all_withdrawn.add(server->name);
    for (const jose::SkippedKey& key : server->keys->skipped()) (key.alarm ? published_secrets : skipped_keys).add(server->name);
  }
  std::set<std::string_view> open;
  const auto& clients = state.in_force().base->clients;
  if (clients) {
    for (const auto& client : *clients) open.insert(client.api_services.begin(), client.api_services.end());
  }
  for (const snapshot::DeployedService& service : state.in_force().api_services) {
    if (snapshot::behind(state.in_force(), service)) behind.add(service.settings->name);
    if (clients && !open.contains(service.settings->name)) closed.add(service.settings->name);
  }
  published_secrets.say(Severity::alarm, "private or symmetric keys were published, by OAuth servers", problems);
  without_keys.say(Severity::warning, "no keys are at hand, tokens are unavailable, of OAuth servers", problems);
  all_withdrawn.say(Severity::warning, "all keys were withdrawn, no token is accepted until others come, of OAuth servers", problems);
  skipped_keys.say(Severity::warning, "keys are not used, of OAuth servers", problems);
  behind.say(Severity::notice, "older settings than those deployed last are in force for API services", problems);
  for (const snapshot::Withheld& withheld : state.in_force().withheld) {
    problems.push_back({Severity::notice, fmt::format("keys stay withdrawn after a rollback, of OAuth server {}: {}", base::printable(withheld.oauth_server),
                                snapshot::kids_withheld(withheld, state.in_force().documents))});
  }
  closed.say(Severity::notice, "no entry of clients opens API services", problems);
  return problems;
}

}  // namespace assay::server
