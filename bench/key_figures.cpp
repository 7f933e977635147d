// Figures of keys from the network, from outside, with the real assay-fetch and an issuer on the loopback: what a flood of made-up kids costs the others, and what a thousand sources
// cost.
//   key_figures [--small]      --small: a second of each, for ctest; otherwise a million made-up kids in a minute, and 1,024 sources
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <map>
#include <mutex>
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
#include "support/fetch_process.h"
#include "support/https_server.h"

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kBatch = 64;  // tokens a request

// Thrown, so that the processes end with whoever started them.
[[noreturn]] void stop(const std::string& what) { throw std::runtime_error(what); }

double seconds_since(Clock::time_point begin) { return Seconds(Clock::now() - begin).count(); }

// until(condition): within a minute.
template <class Condition>
void until(const char* what, Condition condition) {
  const auto begin = Clock::now();
  while (!condition()) {
    if (seconds_since(begin) > 60) stop(what);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string document(std::size_t count, const std::string& issuer, const std::string& url, const std::string& members) {
  std::string servers, services;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    servers += (i == 0 ? "" : ",") + (R"({"name":"s)" + number) + R"(","issuers":[)" + mint::quote(issuer + number) + R"(],"jwks_url":)" + mint::quote(url + number) + members + "}";
    services += (i == 0 ? "" : ",") + (R"({"name":"a)" + number) + R"(","audiences":["https://api"],"oauth_servers":["s)" + number + R"("]})";
  }
  return R"({"oauth_servers":[)" + servers + R"(],"api_services":[)" + services + R"(],"daemon":{"limits":{"request_age_ms":30000}}})";
}

// Flood: tokens, each under a kid of its own that nobody has, at a steady rate; what became of them.
class Flood {
 public:
  Flood(std::string socket, const std::string& token, double per_second) : socket_(std::move(socket)), rest_(token.substr(token.find('.'))), per_second_(per_second), thread_([this] { run(); }) {}
  void end() {
    over_ = true;
    thread_.join();
    if (!trouble_.empty()) stop(trouble_);
  }
  std::size_t sent() const { return sent_; }
  std::size_t refreshing() const { return refreshing_; }

 private:
  void run() {
    Client client(socket_, {.timeout_ms = 30'000});
    const auto begin = Clock::now();
    std::vector<std::string> tokens(kBatch);
    while (!over_) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        mint::TokenBuilder made;
        made.header(R"({"alg":"ES256","typ":"at+jwt","kid":"made-up-)" + std::to_string(sent_ + i) + "\"}");
        tokens[i] = made.signing_input().substr(0, made.signing_input().find('.')) + rest_;
      }
      const std::vector<std::string_view> views(tokens.begin(), tokens.end());
      const auto verdicts = client.validate({.api_service = "a0", .required_scopes = {}, .claims = {}}, views);
      if (!verdicts) {
        trouble_ = "the flood got no verdicts: " + verdicts.error().text;
        return;
      }
      for (const Verdict& verdict : *verdicts) {
        if (verdict.code == Code::key_refreshing) ++refreshing_;
        else if (verdict.code != Code::unknown_key) trouble_ = "a made-up kid got " + std::string(verdict.info().name);
      }
      sent_ += kBatch;
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(Seconds(static_cast<double>(sent_) / per_second_)));
    }
  }

  const std::string socket_;
  const std::string rest_;
  const double per_second_;
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> sent_{0};
  std::atomic<std::size_t> refreshing_{0};
  std::string trouble_;
  std::thread thread_;
};

void print_flood(double seconds, double per_second) {
  const mint::Key old_key = mint::Key::generate("ES256", {.kid = "old"});
  const mint::Key new_key = mint::Key::generate("ES256", {.kid = "new"});
  tests::HttpsServer issuer({}, [jwks = mint::jwks({old_key})](const tests::HttpRequest&) { return tests::json_reply(jwks); });
  tests::DaemonProcess daemon({.configuration = document(1, "https://issuer-", issuer.url("/"), ""), .workers = 1, .log_level = "info", .more_arguments = {}});
  tests::FetchProcess fetch({.keys = (daemon.folder().path() / "keys.sock").string(), .environment = {}});
  const auto token = [](const mint::Key& key) { return mint::token(key, mint::claims("https://issuer-0", "https://api", std::time(nullptr), 3600)); };
  Client client(daemon.socket(), {.timeout_ms = 30'000});
  const ValidationRequest request{.api_service = "a0", .required_scopes = {}, .claims = {}};
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kBatch; ++i) tokens.push_back(token(old_key));
  until("the keys do not come", [&] {
    const auto verdict = client.validate(request, tokens[0]);
    return verdict && verdict->accepted();
  });
  const std::vector<std::string_view> views(tokens.begin(), tokens.end());
  // hits(duration): tokens that were seen before, a second.
  const auto hits = [&](double duration) {
    std::size_t count = 0;
    const auto begin = Clock::now();
    while (seconds_since(begin) < duration) {
      const auto verdicts = client.validate(request, views);
      if (!verdicts || !std::ranges::all_of(*verdicts, &Verdict::accepted)) stop("a good token was not accepted");
      count += verdicts->size();
    }
    return static_cast<double>(count) / seconds_since(begin);
  };
  hits(seconds / 10);
  const double before = hits(seconds / 4);
  const std::size_t fetches_before = issuer.requests().size();
  const std::uint64_t kib_before = daemon.resident_kib();
  Flood flood(daemon.socket(), tokens[0], per_second);
  const double beside = hits(seconds * 3 / 4);
  // The issuer rotates in the middle of it.
  issuer.set_handler([jwks = mint::jwks({old_key, new_key})](const tests::HttpRequest&) { return tests::json_reply(jwks); });
  const std::string fresh = token(new_key);
  const auto rotated = Clock::now();
  until("the new key does not come", [&] {
    const auto verdict = client.validate(request, fresh);
    return verdict && verdict->accepted();
  });
  const double picked_up = seconds_since(rotated);
  const double beside_too = hits(seconds / 4);
  flood.end();
  const double after = hits(seconds / 4);
  std::printf("%zu tokens with made-up kids, %.0f a second: %zu fetches, %zu of the tokens were told to come again, the others refused\n", flood.sent(), per_second,
              issuer.requests().size() - fetches_before, flood.refreshing());
  std::printf("  hits a second, wall time: %.0f before, %.0f and %.0f beside, %.0f after: %.3f times\n", before, beside, beside_too, after, (beside + beside_too) / (before + after));
  std::printf("  a rotation meanwhile was picked up after %.1f s; memory of the daemon: %llu KiB before, %llu KiB after\n", picked_up, static_cast<unsigned long long>(kib_before),
              static_cast<unsigned long long>(daemon.resident_kib()));
}

void print_sources(std::size_t count, double seconds) {
  const mint::Key key = mint::Key::generate("ES256", {.kid = "k"});
  std::mutex mutex;
  std::map<std::string, std::size_t> asked;
  std::size_t under_way = 0, most = 0, all = 0;
  tests::HttpsServer issuer({}, [&, jwks = mint::jwks({key})](const tests::HttpRequest& request) {
    {
      const std::scoped_lock lock(mutex);
      ++asked[request.target];
      ++all;
      most = std::max(most, ++under_way);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::scoped_lock lock(mutex);
    --under_way;
    return tests::json_reply(jwks);
  });
  tests::DaemonProcess daemon({.configuration = document(count, "https://issuer-", issuer.url("/"), R"(,"refresh_min":10,"refresh_max":10)"), .workers = 1, .log_level = "warning", .more_arguments = {}});
  tests::FetchProcess fetch({.keys = (daemon.folder().path() / "keys.sock").string(), .environment = {}, .log_level = "warning"});
  const auto begin = Clock::now();
  const auto fetched = [&] {
    const std::scoped_lock lock(mutex);
    return asked.size();
  };
  until("nothing is fetched", [&] { return fetched() > 0; });
  const double first = seconds_since(begin);
  until("not all are fetched", [&] { return fetched() == count; });
  const double last = seconds_since(begin);
  const auto count_all = [&] {
    const std::scoped_lock lock(mutex);
    return all;
  };
  const std::size_t all_before = count_all();
  const double daemon_before = daemon.cpu_seconds(), fetch_before = fetch.cpu_seconds();
  std::this_thread::sleep_for(Seconds(seconds));
  const double fetches = static_cast<double>(count_all() - all_before);
  std::printf("%zu sources: first fetches from %.1f to %.1f s after the start; at most %zu at once\n", count, first, last, most);
  if (fetches > 0) {
    std::printf("  refreshed every 7 to 8 s: %.0f fetches a second; CPU a fetch: %.0f us of assayd, %.0f us of assay-fetch; memory %llu and %llu KiB\n", fetches / seconds,
                (daemon.cpu_seconds() - daemon_before) / fetches * 1e6, (fetch.cpu_seconds() - fetch_before) / fetches * 1e6, static_cast<unsigned long long>(daemon.resident_kib()),
                static_cast<unsigned long long>(fetch.resident_kib()));
  }
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  using namespace assay;
  const bool small = count > 1 && std::string_view(arguments[1]) == "--small";
  ::signal(SIGPIPE, SIG_IGN);
  try {
    print_flood(small ? 1 : 60, small ? 5'000 : 16'700);
    print_sources(small ? 32 : 1024, small ? 1 : 60);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "key_figures: %s\n", error.what());
    return 1;
  }
}
