// assay-fetch: wiring only. Exit codes: 0 stopped as asked, 2 options that are no good.
#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "fetch/fetcher.h"
#include "server/service_manager.h"
#include "server/system.h"

namespace {

using namespace assay;

constexpr int kBadUse = 2;
constexpr std::size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

int serve(const std::string& keys, const std::string& log_level) {
  const auto log = server::make_log(*server::parse_log_level(log_level), "assay-fetch");
  const server::SystemClock clock;
  server::harden_process(*log);
  const auto manager = server::make_service_manager(*log);
  fetch::Fetcher fetcher(clock, *log, keys, ASSAY_VERSION, manager.get());
  fetcher.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("assay-fetch fetches the keys of token issuers for assayd, which opens no network socket itself.", "assay-fetch");
  std::string keys = "/run/assay/keys.sock";
  std::string log_level = "info";
  app.add_option("--keys", keys, "keys socket of assayd")
      ->type_name("PATH")
      ->check([](const std::string& path) { return path.empty() || path.size() > kSocketPathBytesMax ? fmt::format("takes a path of 1 to {} bytes", kSocketPathBytesMax) : ""; })
      ->capture_default_str();
  app.add_option("--log-level", log_level, "debug, info, warning or error")
      ->type_name("L")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.set_version_flag("--version", std::string("assay-fetch ") + ASSAY_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    fmt::print(stderr, "assay-fetch: {}\n", text);
    return kBadUse;
  }
  return serve(keys, log_level);
}
