// assayctl: asks the assay daemon of this host, and deploys to it. main() reads the command line and hands over to one command.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "assay/client.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"
#include "client/control.h"

namespace assayctl {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0  accepted, or done (status: it could be shown)\n"
    "  1  refused: a token; or a change, for its content (a configuration, keys) or its precondition (a deployment that is not there or not the one expected);\n"
    "     or refresh has got no keys from the issuer\n"
    "  3  unavailable: the keys for a token are not at hand; or status --check has found a warning or an alarm\n"
    "  2  anything else: usage, a file that cannot be read, no daemon, no answer in time, the disk does not keep a deploy, not permitted\n"
    "Of several tokens the worst counts: 2, then 1, then 3, then 0.";
constexpr const char* kRollbackFooter =
    "A rollback is a deployment itself, with a number of its own: a second one without N undoes the first.\n\n";

int usage(std::string_view text) {
  const std::string line = fmt::format("assayctl: {} (assayctl --help says more)\n", for_terminal(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
  return static_cast<int>(Exit::failed);
}

// Every JWT header begins with {" and its base64url with eyJ. Such an argument must not be repeated in a message, let alone be asked for.
bool looks_like_token(std::string_view argument) {
  return argument.starts_with("eyJ") && std::count(argument.begin(), argument.end(), '.') >= 2;
}

using Command = Exit (*)(const Options&, Output&);

void declare_validate(CLI::App& app, Options& options, Command& command) {
  CLI::App* validate = app.add_subcommand("validate", "Validate tokens, one a line, from FILE or standard input");
  validate->add_option("--api-service", options.api_service, "The API service that the tokens are for")->type_name("NAME")->required();
  validate->add_option("--scope", options.scopes, "A scope that the tokens need, besides those of the API service; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  validate->add_option("--claim", options.claims, "A claim to show, as a JSON pointer such as /tenant; may be repeated")
      ->type_name("POINTER")
      ->allow_extra_args(false);
  validate->add_option("FILE", options.file, "Tokens, one a line; standard input if absent or -")->type_name("");
  validate->callback([&] { command = run_validate; });
}

// CLI11 takes -1 for 2^64 - 1 and 010 for 8. A deployment is never another one than it looks like.
std::string no_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = error == std::errc() && end == text.data() + text.size() && (text.size() == 1 || text.front() != '0');
  return plain ? std::string() : "not the number of a deployment: " + text;
}

// On the wire 0 stands for the one before: whoever writes it may mean another.
std::string no_target(const std::string& text) {
  return text == "0" ? "no deployment has the number 0; without N: the deployment before the one in force" : no_number(text);
}

// What a deploy and a rollback have in common.
void declare_conditions(CLI::App* app, Options& options) {
  app->add_option("--expected-deployment", options.expected_deployment, "Refuse unless this deployment is in force (0: none)")->type_name("N")->check(no_number);
  app->add_flag("--dry-run", options.dry_run, "Check it, say what would change, and change nothing");
  app->add_flag("--allow-volatile", options.allow_volatile, "Put it in force even if the disk refuses to keep it: a restart would undo it");
}

void declare_changes(CLI::App& app, Options& options, Command& command) {
  CLI::App* deploy = app.add_subcommand("deploy", "Put a configuration in force");
  deploy
      ->add_option("FILE", options.file,
                   "The configuration, - for standard input; paths of key files in it start at its folder (of standard input: the current one)")
      ->type_name("")
      ->required();
  deploy->add_option("--api-service", options.api_services, "Deploy this API service alone, with the settings of its OAuth servers; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  declare_conditions(deploy, options);
  deploy->callback([&] { command = run_deploy; });

  CLI::App* rollback = app.add_subcommand("rollback", "Put the settings of an earlier deployment in force again, never its keys");
  rollback->add_option("N", options.deployment, "The deployment, one of `assayctl deployments`; if absent the one before that in force")
      ->type_name("")
      ->check(no_target);
  declare_conditions(rollback, options);
  rollback->footer(std::string(kRollbackFooter) + kFooter);
  rollback->callback([&] { command = run_rollback; });

  CLI::App* push = app.add_subcommand("push-keys", "Give an OAuth server whose keys come from a URL its keys by hand, in place of all that it has");
  push->add_option("OAUTH_SERVER", options.oauth_server, "Its name")->type_name("")->required();
  push->add_option("FILE", options.file, "A JWK Set of at most 256 KiB, - for standard input; one without any key withdraws all")->type_name("")->required();
  push->add_option("--url", options.url, "The URL of its keys; needed only while API services run on settings with different ones")->type_name("URL");
  push->callback([&] { command = run_push_keys; });

  CLI::App* refresh = app.add_subcommand("refresh", "Have the keys of an OAuth server fetched from their URL now, and wait for what comes of it");
  refresh->add_option("OAUTH_SERVER", options.oauth_server, "Its name")->type_name("")->required();
  refresh->add_option("--url", options.url, "The URL of its keys; needed only while API services run on settings with different ones")->type_name("URL");
  refresh->callback([&] { command = run_refresh; });
}

void declare_reports(CLI::App& app, Options& options, Command& command) {
  CLI::App* status = app.add_subcommand("status", "Show whether it is well, what is in force and what has been answered");
  status->add_flag("--all", options.all, "Show every row of the tables, with details");
  status->add_flag("--check", options.check, "Exit with 3 if there is a warning or an alarm");
  status->callback([&] { command = run_status; });
  app.add_subcommand("metrics", "Show what the daemon counts, in Prometheus' text format")->callback([&] { command = run_metrics; });
  app.add_subcommand("deployments", "Show the deployments that are kept")->callback([&] { command = run_deployments; });
  app.add_subcommand("keys", "Show the keys that verify tokens, how much they are used, and how their sources stand")->callback([&] { command = run_keys; });
  app.add_subcommand("ping", "Ask whether the daemon answers on the data socket")->callback([&] { command = run_ping; });
}

// declare(app, ...): the whole command line; `command` is set to the one that was named.
void declare(CLI::App& app, Options& options, bool& json, Command& command) {
  app.set_version_flag("--version", "assayctl " ASSAY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  app.add_flag("--json", json, "One JSON object a line on standard output");
  app.add_option("--socket", options.socket_path, "The data socket")->type_name("PATH")->capture_default_str();
  app.add_option("--control", options.control_path, "The control socket")->type_name("PATH")->capture_default_str();
  app.add_option("--timeout", options.timeout_ms, "For each request, in milliseconds (each command has its own default)")
      ->type_name("MS")
      ->check(CLI::Range(1U, 3'600'000U));
  declare_validate(app, options, command);
  declare_changes(app, options, command);
  declare_reports(app, options, command);
}

// what_is_wrong(app, error): CLI11 says that a subcommand is required also where one was named that does not exist.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining();
  if (error.get_name() != "RequiredError" || !app.get_subcommands().empty() || rest.empty()) return error.what();
  return fmt::format("there is no {} {}", rest.front().starts_with('-') ? "option" : "command", rest.front());
}

int run(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (looks_like_token(argv[i])) return usage("tokens are read from a file or standard input, never from the command line, which every process can see");
  }
  Options options;
  options.socket_path = assay::kDefaultSocketPath;
  options.control_path = assay::kDefaultControlPath;
  bool json = false;
  Command command = nullptr;
  CLI::App app("Asks the assay daemon of this host whether tokens are valid, and deploys configurations to it.", "assayctl");
  declare(app, options, json, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return usage(what_is_wrong(app, e));
  }
  Output out(json);
  return static_cast<int>(out.finish(command(options, out)));
}

}  // namespace
}  // namespace assayctl

int main(int argc, char** argv) { return assayctl::run(argc, argv); }
