// assayctl: asks the assay daemon of this host, and deploys to it. main() reads the command line and hands over to one command.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "assay/client.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"
#include "client/control.h"

namespace assayctl {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 accepted or done; 1 refused (a token, or a configuration); 3 unavailable, try again; 2 anything else.\n"
    "Of several tokens the worst counts: 2, then 1, then 3, then 0.";

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

  CLI::App* deploy = app.add_subcommand("deploy", "Put a configuration in force");
  deploy->add_option("FILE", options.file, "The configuration; paths of key files in it start at its folder")->type_name("")->required();
  deploy->add_flag("--dry-run", options.dry_run, "Check and compile it, and change nothing");
  deploy->callback([&] { command = run_deploy; });

  app.add_subcommand("status", "Show what is in force and what has been answered")->callback([&] { command = run_status; });
  app.add_subcommand("ping", "Ask whether the daemon answers on the data socket")->callback([&] { command = run_ping; });
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
    return usage(e.what());
  }
  Output out(json);
  return static_cast<int>(out.finish(command(options, out)));
}

}  // namespace
}  // namespace assayctl

int main(int argc, char** argv) { return assayctl::run(argc, argv); }
