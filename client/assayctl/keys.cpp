// keys: every key that verifies tokens now, and those of the same sets that do not.
#include <fmt/core.h>

#include <string>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/status_json.h"
#include "client/assayctl/table.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

// Enough of a thumbprint for people to tell keys apart; the JSON has all of it.
constexpr std::size_t kThumbprintShownMax = 12;

std::string time_text(std::int64_t seconds, const char* none) { return seconds == 0 ? none : utc(seconds); }

void show(const assay::StatusReport& report, Output& out) {
  Table table({{"OAuth server"}, {"kid"}, {"type"}, {"algorithms"}, {"thumbprint"}, {"since"}, {"last used"}, {"tokens verified", Align::right}});
  for (const assay::OAuthServerStatus& server : report.oauth_servers) {
    for (const assay::KeyStatus& key : server.keys) {
      const Cell kid = key.kid ? Cell{for_terminal(*key.kid)} : Cell{"(none)", Colour::dim};
      table.row({{for_terminal(server.name)}, kid, {for_terminal(key.type)}, {joined(key.algorithms)}, {for_terminal(key.thumbprint.substr(0, kThumbprintShownMax))},
                 {time_text(key.since, "-")}, {time_text(key.last_used, "never")}, {grouped(key.verified)}});
    }
  }
  table.show(out);
  for (const assay::OAuthServerStatus& server : report.oauth_servers) {
    for (const assay::SkippedKeyStatus& key : server.skipped) out.line(fmt::format("{}: {}", for_terminal(server.name), skipped_text(key, out)));
  }
}

}  // namespace

Exit run_keys(const Options& options, Output& out) {
  const std::optional<assay::StatusReport> report = ask_status(options, out);
  if (!report) return Exit::failed;
  if (!out.json()) {
    show(*report, out);
    return Exit::done;
  }
  for (const assay::OAuthServerStatus& server : report->oauth_servers) {
    for (const assay::KeyStatus& key : server.keys) out.line(key_json(key, &server.name));
  }
  return Exit::done;
}

}  // namespace assayctl
