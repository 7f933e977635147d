// The first line says whether anything was done at all: a dry run must not be taken for a deploy, nor a deploy that a restart undoes for one that stays.
#include "client/assayctl/changes.h"

#include <fmt/core.h>

#include "client/assayctl/asking.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

struct Sign {
  const char* text;
  Colour colour;
};

Sign sign_of(assay::ChangeKind kind) noexcept {
  switch (kind) {
    case assay::ChangeKind::unset: return {"?", Colour::warning};
    case assay::ChangeKind::added: return {"+", Colour::good};
    case assay::ChangeKind::removed: return {"-", Colour::bad};
    case assay::ChangeKind::altered: return {"~", Colour::warning};
  }
  return {"?", Colour::warning};
}

std::string subject_text(const assay::Change& change) {
  const std::string name = for_terminal(change.name);
  switch (change.subject) {
    case assay::Subject::unset: return fmt::format("{} (of a kind that this assayctl does not know)", name);
    case assay::Subject::api_service: return "API service " + name;
    case assay::Subject::oauth_server: return "OAuth server " + name;
    case assay::Subject::key: return change.kid ? fmt::format("key {} of {}", for_terminal(*change.kid), name) : fmt::format("key without kid of {}", name);
    case assay::Subject::clients: return "clients";
    case assay::Subject::daemon: return "daemon";
  }
  return name;
}

std::string details_text(const assay::Change& change) {
  if (change.details.empty()) return {};
  return change.subject == assay::Subject::key ? fmt::format(" ({})", joined(change.details)) : ": " + joined(change.details);
}

std::string change_json(const assay::Change& change) {
  JsonObject object;
  object.text("subject", assay::name(change.subject)).text("kind", assay::name(change.kind)).text("name", change.name);
  if (change.kid) object.text("kid", *change.kid);
  return object.raw("details", json_array(change.details)).str();
}

std::string behind_json(const assay::Behind& behind) {
  return JsonObject()
      .text("api_service", behind.api_service)
      .boolean("own_settings", behind.own_settings)
      .raw("oauth_servers", json_array(behind.oauth_servers))
      .str();
}

std::string deployed_json(const assay::Deployed& deployed, bool dry_run) {
  JsonObject object;
  object.boolean("deployed", !dry_run).boolean("dry_run", dry_run);
  if (!dry_run) object.number("deployment", deployed.deployment);
  if (deployed.restores != 0) object.number("restores", deployed.restores);
  object.number("generation", deployed.generation).text("instance", hex(deployed.instance));
  if (!dry_run) object.boolean("kept", deployed.kept);
  return object.raw("changes", changes_json(deployed.changes))
      .raw("behind", json_list(deployed.behind, behind_json))
      .raw("notes", json_array(deployed.notes))
      .str();
}

std::string headline(const assay::Deployed& deployed, const DeploymentAsked& asked, const Output& out) {
  if (asked.dry_run) {
    const std::string found = deployed.restores == 0 ? "it is good" : fmt::format("would roll back to deployment {}", deployed.restores);
    return fmt::format("{}: {}; nothing has changed (dry run)", out.paint(Colour::good, "checked"), found);
  }
  const std::string what = deployed.restores == 0 ? fmt::format("deployment {}", deployed.deployment)
                                                  : fmt::format("to deployment {}, in force as deployment {}", deployed.restores, deployed.deployment);
  return fmt::format("{}: {}, generation {}, instance {}", out.paint(Colour::good, asked.name), what, deployed.generation, hex(deployed.instance));
}

void show(const assay::Deployed& deployed, const DeploymentAsked& asked, Output& out) {
  const bool dry_run = asked.dry_run;
  out.line(headline(deployed, asked, out));
  if (!dry_run && !deployed.kept) show_not_kept(out);
  if (deployed.changes.empty()) {
    out.line(dry_run ? "nothing would change" : "the same settings as before");
  } else {
    out.line(dry_run ? "would change:" : "changed:");
    show_changes(deployed.changes, out);
  }
  show_notes(deployed.notes, out);
  for (const assay::Behind& behind : deployed.behind) {
    out.line(fmt::format("{}: API service {} {} other settings: {}", out.paint(Colour::warning, "behind"), for_terminal(behind.api_service),
                         dry_run ? "would keep" : "keeps", behind_text(behind.own_settings, behind.oauth_servers)));
  }
}

}  // namespace

std::string behind_text(bool own_settings, const std::vector<std::string>& oauth_servers) {
  std::string out = own_settings ? "its own" : "";
  if (!oauth_servers.empty()) out += fmt::format("{}those of {}", out.empty() ? "" : ", ", joined(oauth_servers));
  return out;
}

void show_changes(const std::vector<assay::Change>& changes, Output& out) {
  for (const assay::Change& change : changes) {
    const Sign sign = sign_of(change.kind);
    out.line(fmt::format("  {} {}{}", out.paint(sign.colour, sign.text), subject_text(change), details_text(change)));
  }
}

std::string changes_json(const std::vector<assay::Change>& changes) { return json_list(changes, change_json); }

std::string skipped_text(const assay::SkippedKeyStatus& key, const Output& out) {
  const std::string kid = key.kid ? fmt::format(" ({})", for_terminal(*key.kid)) : std::string();
  return out.paint(key.alarm ? Colour::bad : Colour::warning,
                   fmt::format("{} key {}{}: {}", key.alarm ? "ALARM, skipped" : "skipped", key.index, kid, for_terminal(key.reason)));
}

std::string skipped_json(const std::vector<assay::SkippedKeyStatus>& keys) {
  return json_list(keys, [](const assay::SkippedKeyStatus& key) {
    JsonObject object;
    object.number("index", key.index);
    if (key.kid) object.text("kid", *key.kid);
    return object.text("reason", key.reason).boolean("alarm", key.alarm).str();
  });
}

void show_notes(const std::vector<std::string>& notes, Output& out) {
  for (const std::string& note : notes) out.line(fmt::format("{}: {}", out.paint(Colour::warning, "note"), for_terminal(note)));
}

void show_not_kept(Output& out) { out.line(out.paint(Colour::bad, "NOT kept on disk: in force now; a restart would undo it")); }

Exit show_deployed(const std::variant<assay::Deployed, assay::Refusal>& answer, const DeploymentAsked& asked, Output& out) {
  if (const assay::Refusal* refusal = std::get_if<assay::Refusal>(&answer)) {
    const std::string unknown = fmt::format("whether it was {} is not known: `assayctl deployments` shows the deployment in force", asked.name);
    return refused(*refusal, {.file = asked.file, .unknown = asked.dry_run ? std::string_view() : unknown}, out);
  }
  const assay::Deployed& deployed = std::get<assay::Deployed>(answer);
  if (out.json()) {
    out.line(deployed_json(deployed, asked.dry_run));
  } else {
    show(deployed, asked, out);
  }
  return Exit::done;
}

}  // namespace assayctl
