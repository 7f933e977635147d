// refresh: has the keys of an OAuth server whose keys come from a URL fetched now, instead of when their time has come.
#include <fmt/core.h>

#include <string>
#include <variant>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

// A fetch takes as long as its OAuth server's timeout_ms, at most 60 s, and 2 s until it is given up. One that is under way has to end first, for its answer may be older
// than the request. The rest is for the turn of both, and for the snapshot with the new keys.
constexpr std::uint32_t kRefreshTimeoutMs = 2 * (60'000 + 2'000) + 26'000;

std::string refreshed_json(const assay::Refreshed& refreshed) {
  return JsonObject()
      .boolean("refreshed", true)
      .number("generation", refreshed.generation)
      .text("instance", hex(refreshed.instance))
      .boolean("changed", refreshed.changed)
      .raw("changes", changes_json(refreshed.changes))
      .raw("skipped", skipped_json(refreshed.skipped))
      .str();
}

void show_skipped(const assay::Refreshed& refreshed, Output& out) {
  for (const assay::SkippedKeyStatus& key : refreshed.skipped) out.line("  " + skipped_text(key, out));
}

void show(const assay::Refreshed& refreshed, const std::string& oauth_server, Output& out) {
  if (out.json()) return out.line(refreshed_json(refreshed));
  const std::string name = for_terminal(oauth_server);
  const std::string in_force = fmt::format("generation {}, instance {}", refreshed.generation, hex(refreshed.instance));
  out.line(refreshed.changed ? fmt::format("{}: the keys of {}, {}", out.paint(Colour::good, "changed"), name, in_force)
                             : fmt::format("{}: {} holds this very set already, {}", out.paint(Colour::good, "unchanged"), name, in_force));
  show_changes(refreshed.changes, out);
  show_skipped(refreshed, out);
}

// The issuer has no answer, or none that could be used: then the keys that it has and why each is not used may say more.
void show_failure(const assay::Refreshed& refreshed, const std::string& oauth_server, Output& out) {
  const std::string why = refreshed.failure->empty() ? "no reason is given" : *refreshed.failure;
  out.error("fetch_failed", fmt::format("the keys of {} could not be fetched: {}; nothing has changed", oauth_server, why),
            "`assayctl keys` shows those in force and when they are fetched next", fmt::format("\"skipped\":{}", skipped_json(refreshed.skipped)));
  if (!out.json()) show_skipped(refreshed, out);
}

}  // namespace

Exit run_refresh(const Options& options, Output& out) {
  assay::ControlClient client(options.control_path, control_client_options(options, kRefreshTimeoutMs));
  const std::variant<assay::Refreshed, assay::Refusal> answer = client.refresh(options.oauth_server, options.url);
  if (const assay::Refusal* refusal = std::get_if<assay::Refusal>(&answer)) {
    return refused(*refusal, {.file = {}, .unknown = "whether the keys were fetched is not known: `assayctl keys` shows those in force and when they were fetched"}, out);
  }
  const assay::Refreshed& refreshed = std::get<assay::Refreshed>(answer);
  if (refreshed.failure) {
    show_failure(refreshed, options.oauth_server, out);
    return Exit::refused;
  }
  show(refreshed, options.oauth_server, out);
  return Exit::done;
}

}  // namespace assayctl
