// A service with few threads and many requests at once: all threads share one AsyncClient.
//   example_async SOCKET API_SERVICE TOKEN...
#include <assay/async_client.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

int exit_code_of(const assay::Result<assay::Verdict>& verdict) { return !verdict ? 2 : verdict->accepted() ? 0 : 1; }

void print(const char* how, const assay::Result<assay::Verdict>& verdict) {
  const std::string text(verdict ? verdict->info().name : verdict.error().text);
  std::printf("%s: %s\n", how, text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: %s SOCKET API_SERVICE TOKEN...\n", argv[0]), 2;
  const assay::ValidationRequest request{.api_service = argv[2], .required_scopes = {}, .claims = {}};
  const std::vector<std::string_view> tokens(argv + 3, argv + argc);

  std::atomic<int> callbacks = 0;
  std::atomic<int> worst = 0;
  const auto note = [&](int exit_code) {
    for (int before = worst; before < exit_code && !worst.compare_exchange_weak(before, exit_code);) {
    }
  };
  int not_taken = 0;
  std::size_t asked = 0;
  {
    assay::AsyncClient client(argv[1]);

    // With futures: ask for everything first, then wait. What is asked while the client is busy leaves together.
    std::vector<std::future<assay::Result<assay::Verdict>>> futures;
    for (const std::string_view token : tokens) futures.push_back(client.validate(request, token));
    for (auto& future : futures) {
      const assay::Result<assay::Verdict> verdict = future.get();
      print("future", verdict);
      note(exit_code_of(verdict));
    }

    // With callbacks, from several threads. They run on the client's thread: hand the verdict on, and return soon.
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (const std::string_view token : tokens) {
          const assay::Result<assay::Done> taken = client.validate(request, token, [&](assay::Result<assay::Verdict> verdict) {
            note(exit_code_of(verdict));
            ++callbacks;
            callbacks.notify_one();
          });
          if (!taken) ++refused;  // the callback will not run: answer 503 here
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    not_taken = refused;
    asked = threads.size() * tokens.size();
    const int expected = static_cast<int>(asked) - not_taken;
    for (int seen = callbacks; seen < expected; seen = callbacks) callbacks.wait(seen);
  }  // destroying the client would also have ended what is still under way, with CallStatus::cancelled
  std::printf("callbacks: %d of %zu\n", callbacks.load(), asked);
  return not_taken > 0 ? 2 : worst.load();
}
