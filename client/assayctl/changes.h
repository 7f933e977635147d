// What a deploy, a rollback or a push has changed, for people and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/assayctl/output.h"
#include "client/messages.h"

namespace assayctl {

// show_changes(changes, out): a line each, such as `~ OAuth server corp: issuers, algorithms`.
void show_changes(const std::vector<assay::Change>& changes, Output& out);
std::string changes_json(const std::vector<assay::Change>& changes);

// skipped_text(key, out): one line: which key of a JWKS is not used, and why. Alarms in colour.
std::string skipped_text(const assay::SkippedKeyStatus& key, const Output& out);
std::string skipped_json(const std::vector<assay::SkippedKeyStatus>& keys);

// behind_text(own_settings, oauth_servers): which settings of an API service are behind: "its own, those of corp".
std::string behind_text(bool own_settings, const std::vector<std::string>& oauth_servers);

// show_notes(notes, out): a line each.
void show_notes(const std::vector<std::string>& notes, Output& out);

// show_not_kept(out): that it is in force and a restart undoes it.
void show_not_kept(Output& out);

// Asked for: a deploy or a rollback.
struct DeploymentAsked {
  std::string_view name;  // what was done, once it is: "deployed"
  bool dry_run = false;
  std::string_view file;  // of the configuration, as named on the command line; empty if there was none
};
// show_deployed(answer, asked, out): the answer, or why there is none; the exit code says which.
Exit show_deployed(const std::variant<assay::Deployed, assay::Refusal>& answer, const DeploymentAsked& asked, Output& out);

}  // namespace assayctl
