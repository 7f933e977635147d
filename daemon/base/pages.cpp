// More is asked for than is wanted, so that the wanted part can begin at a large page; the rest goes back at once.
#include "base/pages.h"

#include <sys/mman.h>

#include <cstdint>

#include "base/check.h"

namespace assay::base {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

}  // namespace

Pages Pages::map(std::size_t bytes) noexcept {
  CHECK(bytes != 0);
  if (bytes > SIZE_MAX / 2) return {};
  const std::size_t wanted = (bytes + kLargePage - 1) / kLargePage * kLargePage;
  const std::size_t mapped = wanted + kLargePage;
  void* const begin = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) return {};
  const std::size_t before = (kLargePage - reinterpret_cast<std::uintptr_t>(begin) % kLargePage) % kLargePage;
  auto* const memory = static_cast<std::byte*>(begin) + before;
  if (before != 0) CHECK(::munmap(begin, before) == 0);
  CHECK(::munmap(memory + wanted, kLargePage - before) == 0);
  // Advice: without it everything is right, only slower, or larger when it is dumped.
#if defined(MADV_HUGEPAGE)
  static_cast<void>(::madvise(memory, wanted, MADV_HUGEPAGE));
#endif
#if defined(MADV_DONTDUMP)
  static_cast<void>(::madvise(memory, wanted, MADV_DONTDUMP));
#endif
  return Pages(std::span(memory, bytes));
}

Pages::~Pages() {
  if (memory_.empty()) return;
  CHECK(::munmap(memory_.data(), (memory_.size() + kLargePage - 1) / kLargePage * kLargePage) == 0);
}

}  // namespace assay::base
