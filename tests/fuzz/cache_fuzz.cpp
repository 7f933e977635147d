// A history, as the model test of the token cache plays them: each octet is a choice. Every verdict is the model's.
#include <cstdio>
#include <memory>
#include <span>

#include "fuzz/fuzz.h"
#include "verdict/cache_model.h"

using namespace assay;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tests::Referee referee;
  static const std::unique_ptr<crypto::Engine> fast = tests::fast_engine();
  tests::CachedContender tiny("tiny cache", 1, *fast, 1);
  tests::CachedContender roomy("roomy cache", 16, *fast, 2);
  tests::Contender* const contenders[]{&tiny, &roomy};
  tests::Machine machine(referee, contenders, tests::Choices(std::span(data, size)));
  while (machine.step()) {
    for (const tests::Difference& difference : machine.differences()) std::fprintf(stderr, "%s\n", difference.text.c_str());
    CHECK(machine.differences().empty());
  }
  return 0;
}
