// keys: every key that verifies tokens now, those of the same sets that do not, and how the sources of the sets stand.
#include <fmt/core.h>

#include <ctime>
#include <string>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/sources.h"
#include "client/assayctl/status_json.h"
#include "client/assayctl/table.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

// Enough of a thumbprint for people to tell keys apart; the JSON has all of it.
constexpr std::size_t kThumbprintShownMax = 12;

std::string time_text(std::int64_t seconds, const char* none) { return seconds == 0 ? none : utc(seconds); }

void show_sources(const assay::StatusReport& report, Output& out) {
  const std::int64_t now = std::time(nullptr);
  for (const assay::OAuthServerStatus& server : report.oauth_servers) {
    if (!server.source) continue;
    out.line(fmt::format("{}: keys from {} ({})", for_terminal(server.name), for_terminal(server.url.value_or("-")), for_terminal(server.key_source)));
    for (const std::string& line : source_lines(*server.source, now)) out.line("  " + line);
  }
}

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
  show_sources(report, out);
}

std::string source_line_json(const assay::OAuthServerStatus& server) {
  JsonObject object;
  object.text("oauth_server", server.name).text("key_source", server.key_source);
  if (server.url) object.text("url", *server.url);
  return object.raw("source", source_json(*server.source)).str();
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
    if (server.source) out.line(source_line_json(server));
  }
  return Exit::done;
}

}  // namespace assayctl
