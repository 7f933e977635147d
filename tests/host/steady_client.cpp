// A service that goes on asking: each thread validates one token over and over with a client of its own, until SIGTERM or for the given time, and in the end says what became of all
// its calls. A call that failed was told to its caller, which is this program: it counts, and asks anew.
//   steady_client SECONDS THREADS API_SERVICE FILE     FILE holds a token, which must be good
// Prints "begun" once every thread has had a verdict, then "accepted N", "refused N", "failed N", "longest_ms N", "goes_on yes" (the last call of every thread was accepted), and the
// first failures. Exit code 0: it has run; 2: usage.
#include <assay/client.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// What one thread has seen.
struct Tally {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  Clock::duration longest{};
  bool last_accepted = false;
  std::vector<std::string> failures;  // the first ones
};

constexpr std::size_t kFailuresShown = 5;
// How long a call may take altogether: more than a restart takes on a slow machine, and less than the 4 s that a drain which hangs goes on, so that no outage hides in it. Everything else
// is as services have it.
constexpr std::uint32_t kTimeoutMs = 3'000;
// Between a call that failed and the next: whoever made it has been told, and others come.
constexpr std::chrono::milliseconds kAfterFailure{10};

// Validates until `stop`, and then once more, so that the last call was made after whatever happened before.
void validate(const std::string& api_service, const std::string& token, const std::atomic<bool>& stop, std::atomic<int>& begun, Tally& tally) {
  assay::Client client(std::string(assay::kDefaultSocketPath), {.timeout_ms = kTimeoutMs});
  const assay::ValidationRequest request{.api_service = api_service, .required_scopes = {}, .claims = {}};
  for (bool last = false, first = true; !last; first = false) {
    last = stop;
    const Clock::time_point start = Clock::now();
    const assay::Result<assay::Verdict> verdict = client.validate(request, token);
    tally.longest = std::max(tally.longest, Clock::now() - start);
    tally.last_accepted = verdict && verdict->accepted();
    if (!verdict) ++tally.failed;
    else if (verdict->accepted()) ++tally.accepted;
    else ++tally.refused;
    if (!tally.last_accepted && tally.failures.size() < kFailuresShown) tally.failures.emplace_back(verdict ? verdict->info().text : verdict.error().text);
    if (first) ++begun;
    if (!verdict) std::this_thread::sleep_for(kAfterFailure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: %s SECONDS THREADS API_SERVICE FILE\n", argv[0]), 2;
  const timespec limit{.tv_sec = std::atoi(argv[1]), .tv_nsec = 0};
  const int threads = std::atoi(argv[2]);
  std::string token;
  if (threads < 1 || !std::getline(std::ifstream(argv[4]), token)) return std::fprintf(stderr, "%s: no threads, or no token\n", argv[0]), 2;

  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);  // before there are threads, which inherit it

  std::atomic<bool> stop = false;
  std::atomic<int> begun = 0;
  std::vector<Tally> tallies(static_cast<std::size_t>(threads));
  std::vector<std::thread> callers;
  for (Tally& tally : tallies) callers.emplace_back([&, api_service = std::string(argv[3])] { validate(api_service, token, stop, begun, tally); });
  while (begun < threads) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::puts("begun");
  std::fflush(stdout);
  sigtimedwait(&stops, nullptr, &limit);
  stop = true;
  for (std::thread& caller : callers) caller.join();

  Tally all;
  all.last_accepted = true;
  for (const Tally& tally : tallies) {
    all.accepted += tally.accepted;
    all.refused += tally.refused;
    all.failed += tally.failed;
    all.longest = std::max(all.longest, tally.longest);
    all.last_accepted = all.last_accepted && tally.last_accepted;
  }
  std::printf("accepted %llu\nrefused %llu\nfailed %llu\n", static_cast<unsigned long long>(all.accepted), static_cast<unsigned long long>(all.refused),
              static_cast<unsigned long long>(all.failed));
  const auto longest_ms = std::chrono::duration_cast<std::chrono::milliseconds>(all.longest).count();
  std::printf("longest_ms %lld\ngoes_on %s\n", static_cast<long long>(longest_ms), all.last_accepted ? "yes" : "no");
  for (const Tally& tally : tallies) {
    for (const std::string& failure : tally.failures) std::printf("failure: %s\n", failure.c_str());
  }
  return 0;
}
