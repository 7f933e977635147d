// A slab is as many large pages as waste little behind its last table. Tables come and go with keys, seldom, so finding a free place may take a walk over all slabs.
#include "crypto/table_memory.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.h"

namespace assay::crypto {

namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::size_t kSlabBytes = 4 * kLargePage;  // sixteen tables of 502 KiB, six of 1.25 MiB; what is left over is never touched, so it takes no memory

}  // namespace

TableMemory::~TableMemory() { CHECK(slabs_.empty()); }

TableMemory::Slab TableMemory::make_slab(std::size_t table_bytes) {
  const std::size_t bytes = (std::max(table_bytes, kSlabBytes) + kLargePage - 1) / kLargePage * kLargePage;
  base::Pages memory = base::Pages::map(bytes);
  CHECK(memory);
  return {std::move(memory), table_bytes, std::vector<bool>(bytes / table_bytes), 0};
}

std::byte* TableMemory::take_from(Slab& slab) noexcept {
  const auto free = std::ranges::find(slab.taken, false);
  *free = true;
  ++slab.taken_count;
  return slab.memory.bytes().data() + static_cast<std::size_t>(free - slab.taken.begin()) * slab.table_bytes;
}

std::byte* TableMemory::take(std::size_t bytes) {
  CHECK(bytes != 0);
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const std::lock_guard lock(mutex_);
  for (Slab& slab : slabs_) {
    if (slab.table_bytes == bytes && slab.taken_count < slab.taken.size()) return take_from(slab);
  }
  slabs_.push_back(make_slab(bytes));
  return take_from(slabs_.back());
}

void TableMemory::give_back(std::byte* memory) noexcept {
  const std::lock_guard lock(mutex_);
  const auto offset_in = [memory](const Slab& slab) { return reinterpret_cast<std::uintptr_t>(memory) - reinterpret_cast<std::uintptr_t>(slab.memory.bytes().data()); };
  const auto slab = std::ranges::find_if(slabs_, [&](const Slab& each) { return offset_in(each) < each.memory.bytes().size(); });
  CHECK(slab != slabs_.end());
  const std::size_t place = offset_in(*slab) / slab->table_bytes;
  CHECK(slab->taken[place]);
  slab->taken[place] = false;
  if (--slab->taken_count != 0) return;
  std::swap(*slab, slabs_.back());
  slabs_.pop_back();
}

std::size_t TableMemory::slab_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const Slab& slab : slabs_) sum += slab.memory.bytes().size();
  return sum;
}

}  // namespace assay::crypto
