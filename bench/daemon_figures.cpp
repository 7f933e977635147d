// Figures of the whole daemon, from outside: tokens per second of its CPU time through the socket, memory at rest and per connection, time to the start, the first verdict and the keys' tables.
//   daemon_figures [--small]      --small: a second of each, for ctest
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "assay/client.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

[[noreturn]] void stop(const std::string& what) {
  std::fprintf(stderr, "daemon_figures: %s\n", what.c_str());
  std::exit(1);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Four clients, one frame of 64 tokens each under way; one worker. The rate is per second of the daemon's own CPU time, so the clients' share does not count.
double tokens_per_cpu_second(const mint::Fixture& fixture, std::string_view algorithm, double seconds) {
  tests::DaemonProcess daemon({.configuration = fixture.configuration()});
  if (!daemon.running()) stop(daemon.log());
  std::vector<std::string> tokens;
  for (int i = 0; i < 256; ++i) tokens.push_back(fixture.orders.good_token(algorithm, std::time(nullptr)));

  constexpr std::size_t kFrame = 64;
  const double cpu_before = daemon.cpu_seconds();
  std::vector<std::uint64_t> validated(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < validated.size(); ++t) {
    threads.emplace_back([&, t] {
      Client client(daemon.socket(), {.timeout_ms = 30'000});
      std::size_t next = t * kFrame;
      for (const auto begin = Clock::now(); Seconds(Clock::now() - begin).count() < seconds;) {
        std::vector<std::string_view> frame;
        for (std::size_t i = 0; i < kFrame; ++i) frame.push_back(tokens[next++ % tokens.size()]);
        const auto verdicts = client.validate({.api_service = "orders", .required_scopes = {}, .claims = {}}, frame);
        if (!verdicts) stop(verdicts.error().text);
        if (!std::ranges::all_of(*verdicts, &Verdict::accepted)) stop("a good token was not accepted");
        validated[t] += kFrame;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t total = 0;
  for (const std::uint64_t count : validated) total += count;
  return static_cast<double>(total) / (daemon.cpu_seconds() - cpu_before);
}

void print_memory(const mint::Fixture& fixture, std::size_t connections) {
  tests::DaemonProcess daemon({.configuration = fixture.configuration()});
  if (!daemon.running()) stop(daemon.log());
  const std::uint64_t at_rest = daemon.resident_kib();
  std::vector<tests::RawConnection> open;
  for (std::size_t i = 0; i < connections; ++i) open.emplace_back(daemon.socket());
  // The daemon has them all once the last one is answered.
  Client client(daemon.socket(), {.timeout_ms = 30'000});
  if (!client.ping()) stop("no answer to a ping");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  std::printf("memory at rest: %llu KiB; with %zu idle connections: %llu KiB\n", static_cast<unsigned long long>(at_rest), connections,
              static_cast<unsigned long long>(daemon.resident_kib()));
}

// So many OAuth servers, each with an inline ES256 key of its own and an API service.
std::vector<mint::Service> many_servers(std::size_t count) {
  std::vector<mint::Service> services;
  for (std::size_t i = 0; i < count; ++i) {
    mint::Service service;
    service.api_service = "api-" + std::to_string(i);
    service.oauth_server = "server-" + std::to_string(i);
    service.issuer = "https://issuer-" + std::to_string(i) + ".example.com";
    service.audience = "https://api-" + std::to_string(i) + ".example.com";
    service.keys = {mint::Key::generate("ES256")};
    services.push_back(service);
  }
  return services;
}

// From the start of the process: to the answer to a ping, to a verdict, to the tables of all keys.
void print_start_up(std::size_t servers, int runs) {
  const std::vector<mint::Service> services = many_servers(servers);
  const std::string document = mint::configuration(services);
  std::vector<double> ready_ms, verdict_ms, tables_ms;
  std::uint64_t memory = 0;
  for (int i = 0; i < runs; ++i) {
    const mint::Service& service = services[services.size() / 2];
    const std::string token = service.good_token("ES256", std::time(nullptr));
    const auto begin = Clock::now();
    const auto passed_ms = [begin] { return 1000 * Seconds(Clock::now() - begin).count(); };
    const tests::DaemonProcess daemon({.configuration = document});
    ready_ms.push_back(passed_ms());
    memory = daemon.resident_kib();
    Client client(daemon.socket(), {.timeout_ms = 30'000});
    const auto verdict = client.validate({.api_service = service.api_service, .required_scopes = {}, .claims = {}}, token);
    if (!verdict || !verdict->accepted()) stop("a good token was not accepted");
    verdict_ms.push_back(passed_ms());
    while (tests::run({ASSAYCTL, "status", "--json", "--control", daemon.control()}).output.find("\"keys_without\":0") == std::string::npos) {
      if (passed_ms() > 60'000) stop("no tables in a minute");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    tables_ms.push_back(passed_ms());
  }
  std::printf("start with %zu OAuth servers and keys: ready after %.1f ms, first verdict %.1f ms, all keys with tables %.0f ms (medians); %llu KiB when ready\n", servers, median(ready_ms),
              median(verdict_ms), median(tables_ms), static_cast<unsigned long long>(memory));
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  using namespace assay;
  const bool small = count > 1 && std::string_view(arguments[1]) == "--small";
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  const mint::Fixture fixture = mint::Fixture::generate();
  for (const std::string_view algorithm : {"RS256", "ES256", "EdDSA"}) {
    std::vector<double> rates;
    for (int run = 0; run < (small ? 1 : 5); ++run) rates.push_back(tokens_per_cpu_second(fixture, algorithm, small ? 0.2 : 3));
    std::printf("%.*s: %.0f tokens per CPU second of the daemon (median of %zu, one worker)\n", static_cast<int>(algorithm.size()), algorithm.data(), median(rates),
                rates.size());
  }
  print_memory(fixture, small ? 100 : 1000);
  print_start_up(1, small ? 1 : 5);
  print_start_up(small ? 64 : 1024, small ? 1 : 5);
}
