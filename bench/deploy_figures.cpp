// Figures of deploys, from outside: an installation of many OAuth servers and API services deployed whole, changed in one place, pushed to and started from its state on
// disk; memory; and how long an answer takes under load.
//   deploy_figures [--small]      --small: 64 servers and few runs, for ctest; otherwise 1,024 with 3 keys each and 1,024 API services
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "assay/client.h"
#include "client/control.h"
#include "mint/json.h"
#include "mint/key.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;

// Thrown, so that the daemon ends with whoever started it.
[[noreturn]] void stop(const std::string& what) { throw std::runtime_error(what); }

double ms_since(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }

double percentile(std::vector<double> values, std::size_t percent) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, values.size() * percent / 100)];
}

// Installation: so many OAuth servers with three keys each and as many API services, each of which takes the tokens of two. Every fourth server has a URL source.
struct Installation {
  std::vector<std::vector<mint::Key>> keys;

  explicit Installation(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) keys.push_back({key("ES256", 0), key("ES256", 1), key("EdDSA", 2)});
  }
  static mint::Key key(std::string_view algorithm, std::size_t number) { return mint::Key::generate(algorithm, {.kid = "k" + std::to_string(number)}); }
  static bool has_url(std::size_t server) { return server % 4 == 3; }

  std::string document() const {
    std::string text = R"({"oauth_servers":[)";
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string number = std::to_string(i);
      text += (i == 0 ? "" : ",") + (R"({"name":"s)" + number) + R"(","issuers":["https://issuer-)" + number + R"("],)";
      text += has_url(i) ? R"("jwks_url":"https://issuer-)" + number + R"(/jwks"})" : R"("jwks":)" + mint::jwks(keys[i]) + "}";
    }
    text += R"(],"api_services":[)";
    for (std::size_t i = 0; i < keys.size(); ++i) {
      text += (i == 0 ? "" : ",") + (R"({"name":"a)" + std::to_string(i)) + R"(","audiences":["https://api-)" + std::to_string(i) + R"("],"oauth_servers":["s)" +
              std::to_string(i) + R"(","s)" + std::to_string((i + 1) % keys.size()) + R"("]})";
    }
    return text + R"(],"daemon":{"limits":{"request_age_ms":30000}}})";
  }
};

double deploy(ControlClient& control, const std::string& document) {
  const auto begin = Clock::now();
  const auto answer = control.deploy({.configuration = document});
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) stop(refusal->error.text);
  return ms_since(begin);
}

double push(ControlClient& control, const std::string& server, const std::vector<mint::Key>& keys) {
  const auto begin = Clock::now();
  const auto answer = control.push_keys(server, mint::jwks(keys));
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) stop(refusal->error.text);
  return ms_since(begin);
}

tests::DaemonProcess::Options with_state(const tests::TemporaryFolder& folder, unsigned workers) {
  return {.configuration = {}, .workers = workers, .log_level = "info", .more_arguments = {"--state-dir", (folder.path() / "state").string()}};
}

// What the daemon said it made for its last snapshot.
void print_made(const char* for_what, const std::string& log) {
  const std::size_t end = log.rfind(" are new");
  const std::size_t begin = log.rfind(" compiled: ", end);
  if (end == std::string::npos || begin == std::string::npos) stop("the daemon does not say what it compiled");
  std::printf("  new for %s: %s\n", for_what, log.substr(begin + 11, end - begin - 11).c_str());
}

void print_sizes(Installation& all, int runs) {
  std::vector<double> whole, again, one, pushed, started;
  std::uint64_t empty_kib = 0;
  std::uint64_t full_kib = 0;
  for (int run = 0; run < runs; ++run) {
    const tests::TemporaryFolder folder;
    {
      tests::DaemonProcess daemon(with_state(folder, 1));
      ControlClient control(daemon.control(), {.timeout_ms = 120'000});
      empty_kib = daemon.resident_kib();
      whole.push_back(deploy(control, all.document()));
      for (std::size_t i = 0; i < all.keys.size(); ++i) {
        if (Installation::has_url(i)) push(control, "s" + std::to_string(i), all.keys[i]);
      }
      again.push_back(deploy(control, all.document()));
      all.keys[0][1] = Installation::key("ES256", 1);
      one.push_back(deploy(control, all.document()));
      if (run == 0) print_made("one key changed by a deploy", daemon.log());
      all.keys[3][1] = Installation::key("ES256", 1);
      pushed.push_back(push(control, "s3", all.keys[3]));
      if (run == 0) print_made("one key pushed", daemon.log());
      full_kib = daemon.resident_kib();
      daemon.stop(SIGKILL);
    }
    const auto begin = Clock::now();
    tests::DaemonProcess daemon(with_state(folder, 1));
    started.push_back(ms_since(begin));
    if (!daemon.running()) stop(daemon.log());
  }
  std::printf("%zu OAuth servers with 3 keys, %zu API services, document of %zu KiB, state on disk (medians of %d):\n", all.keys.size(), all.keys.size(),
              all.document().size() / 1024, runs);
  std::printf("  deploy all: %.0f ms; the same again: %.0f ms; one key changed: %.0f ms; one key pushed: %.1f ms; start from state: %.0f ms\n", percentile(whole, 50),
              percentile(again, 50), percentile(one, 50), percentile(pushed, 50), percentile(started, 50));
  std::printf("  memory: empty %llu KiB, with all of it %llu KiB\n", static_cast<unsigned long long>(empty_kib), static_cast<unsigned long long>(full_kib));
}

// FewServers: a daemon with a small installation, and two documents for it, which differ in a key of server 1; the first is deployed.
struct FewServers {
  explicit FewServers(unsigned workers) : daemon(with_state(folder, workers)) {
    documents[0] = installation.document();
    installation.keys[1][2] = Installation::key("EdDSA", 2);
    documents[1] = installation.document();
    deploy(control, documents[0]);
  }
  // token(i): of server 0 and API service 0, by one of its keys.
  std::string token(std::size_t i) const { return mint::token(installation.keys[0][i % 3], mint::claims("https://issuer-0", "https://api-0", std::time(nullptr), 3600)); }

  const tests::TemporaryFolder folder;
  tests::DaemonProcess daemon;
  ControlClient control{daemon.control(), {.timeout_ms = 300'000}};
  Installation installation{4};
  std::string documents[2];
};

// A small installation, four clients that ask without pause, and deploys one after the other.
void print_latency(std::size_t deploys) {
  FewServers few(2);
  const std::string token = few.token(2);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Client client(few.daemon.socket(), {.timeout_ms = 30'000});
      while (!over) {
        const auto verdict = client.validate({.api_service = "a0", .required_scopes = {}, .claims = {}}, token);
        if (!verdict || !verdict->accepted()) ++failed;
      }
    });
  }
  std::vector<double> latencies;
  std::string trouble;
  try {
    for (std::size_t i = 0; i < deploys; ++i) latencies.push_back(deploy(few.control, few.documents[(i + 1) % 2]));
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  if (!trouble.empty()) stop(trouble);
  if (failed != 0) stop("a request failed");
  std::printf("deploy to its answer under load (two workers, four clients, state on disk, %zu deploys): median %.1f ms, p99 %.1f ms, slowest %.0f ms; no request failed\n",
              deploys, percentile(latencies, 50), percentile(latencies, 99), percentile(latencies, 100));
}

// One client that asks for the same tokens again and again, a request at a time, first in peace, then while deploys withdraw and add a key of another API service ten times a second.
void print_hits_beside_deploys(double seconds) {
  FewServers few(1);
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < 64; ++i) tokens.push_back(few.token(i));
  Client client(few.daemon.socket(), {.timeout_ms = 30'000});
  const auto latencies_us = [&] {
    std::vector<double> all;
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (std::size_t i = 0; Clock::now() < end; ++i) {
      const auto begin = Clock::now();
      const auto verdict = client.validate({.api_service = "a0", .required_scopes = {}, .claims = {}}, tokens[i % tokens.size()]);
      if (!verdict || !verdict->accepted()) stop("a token was refused");
      all.push_back(ms_since(begin) * 1000);
    }
    return all;
  };
  latencies_us();  // once, so that all of them are known
  std::vector<double> ratios;
  for (int round = 0; round < 3; ++round) {
    const std::vector<double> quiet = latencies_us();
    std::string trouble;
    std::jthread deployer([&](const std::stop_token& over) {
      try {
        for (std::size_t i = 0; !over.stop_requested(); ++i) {
          deploy(few.control, few.documents[(i + 1) % 2]);
          std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
      } catch (const std::exception& error) {
        trouble = error.what();
      }
    });
    const std::vector<double> deploying = latencies_us();
    deployer.request_stop();
    deployer.join();
    if (!trouble.empty()) stop(trouble);
    ratios.push_back(percentile(deploying, 99) / percentile(quiet, 99));
    std::printf("tokens seen before, one at a time: p50 %.0f us, p99 %.0f us; with ten deploys a second: p50 %.0f us, p99 %.0f us\n", percentile(quiet, 50), percentile(quiet, 99),
                percentile(deploying, 50), percentile(deploying, 99));
  }
  const auto status = few.control.status();
  if (!status || !status->token_cache) stop("no status");
  std::printf("  p99 beside deploys: %.2f times the quiet one (median of 3); %llu hits, %llu misses\n", percentile(ratios, 50), static_cast<unsigned long long>(status->token_cache->hits),
              static_cast<unsigned long long>(status->token_cache->misses));
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  using namespace assay;
  const bool small = count > 1 && std::string_view(arguments[1]) == "--small";
  try {
    Installation all(small ? 64 : 1024);
    print_sizes(all, small ? 1 : 5);
    print_latency(small ? 20 : 1000);
    print_hits_beside_deploys(small ? 0.2 : 3);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deploy_figures: %s\n", error.what());
    return 1;
  }
}
