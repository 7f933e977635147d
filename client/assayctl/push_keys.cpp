// push-keys: gives an OAuth server whose keys come from a URL its keys by hand, when the URL cannot be reached or is not to be trusted.
#include <fmt/core.h>

#include <string>
#include <variant>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/files.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

std::string pushed_json(const assay::Pushed& pushed) {
  return JsonObject()
      .boolean("pushed", true)
      .number("generation", pushed.generation)
      .text("instance", hex(pushed.instance))
      .boolean("changed", pushed.changed)
      .boolean("kept", pushed.kept)
      .raw("changes", changes_json(pushed.changes))
      .raw("skipped", skipped_json(pushed.skipped))
      .raw("notes", json_array(pushed.notes))
      .str();
}

void show(const assay::Pushed& pushed, const std::string& oauth_server, Output& out) {
  if (out.json()) return out.line(pushed_json(pushed));
  const std::string name = for_terminal(oauth_server);
  const std::string in_force = fmt::format("generation {}, instance {}", pushed.generation, hex(pushed.instance));
  out.line(pushed.changed ? fmt::format("{}: the keys of {}, {}", out.paint(Colour::good, "pushed"), name, in_force)
                          : fmt::format("{}: {} holds this very set already, {}", out.paint(Colour::good, "unchanged"), name, in_force));
  if (!pushed.kept) show_not_kept(out);
  show_changes(pushed.changes, out);
  for (const assay::SkippedKeyStatus& key : pushed.skipped) out.line("  " + skipped_text(key, out));
  show_notes(pushed.notes, out);
}

}  // namespace

Exit run_push_keys(const Options& options, Output& out) {
  const assay::base::Result<std::string> jwks = read_input(options.file, assay::core::kPushedJwksBytesMax);
  if (!jwks) {
    out.error("cannot_read_file", jwks.error().what);
    return Exit::failed;
  }
  assay::ControlClient client(options.control_path, control_client_options(options, kChangeTimeoutMs));
  const std::variant<assay::Pushed, assay::Refusal> answer = client.push_keys(options.oauth_server, *jwks, options.url);
  if (const assay::Refusal* refusal = std::get_if<assay::Refusal>(&answer)) {
    return refused(*refusal, {.file = options.file, .unknown = "whether the keys were pushed is not known: `assayctl keys` shows those in force"}, out);
  }
  show(std::get<assay::Pushed>(answer), options.oauth_server, out);
  return Exit::done;
}

}  // namespace assayctl
