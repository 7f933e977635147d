// Tables are read at random: with pages of 4 KiB nearly every read would also miss the translation cache. Huge pages must start at a multiple of their size, so
// enough is mapped to find one, and the rest is given back.
#include "crypto/ec/pages.h"

#include <sys/mman.h>

#include <cstdint>

#include "base/check.h"

namespace assay::crypto::ec {

namespace {

constexpr std::size_t kPageBytes = 4096, kHugePageBytes = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) noexcept { return (bytes + unit - 1) / unit * unit; }

}  // namespace

void* map_pages(std::size_t bytes) noexcept {
  const std::size_t size = round_up(bytes, kPageBytes), slack = size >= kHugePageBytes ? kHugePageBytes : 0;
  void* const mapped = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mapped != MAP_FAILED);
  if (slack == 0) return mapped;
  char* const start = static_cast<char*>(mapped);
  const auto address = reinterpret_cast<std::uintptr_t>(mapped);
  const std::size_t before = round_up(address, kHugePageBytes) - address, after = slack - before;
  if (before != 0) CHECK(munmap(start, before) == 0);
  if (after != 0) CHECK(munmap(start + before + size, after) == 0);
  // A kernel without huge pages refuses; that costs time only.
  static_cast<void>(madvise(start + before, size, MADV_HUGEPAGE));
  return start + before;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept { CHECK(munmap(pages, round_up(bytes, kPageBytes)) == 0); }

}  // namespace assay::crypto::ec
