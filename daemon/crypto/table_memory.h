// Memory for tables, in large pages: a verification reads some fifty entries at random places, and with pages of 4 KiB most of them would miss the TLB as well.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "base/pages.h"

namespace assay::crypto {

// TableMemory: hands out memory for tables. Tables of one size share slabs of a few large pages; a slab goes back to the system when its last table is gone. A resource that
// outlives every table made from it. Thread-safe.
class TableMemory {
 public:
  TableMemory() = default;
  ~TableMemory();
  TableMemory(const TableMemory&) = delete;
  TableMemory& operator=(const TableMemory&) = delete;

  static constexpr std::size_t kAlignment = 128;
  // take(bytes): so many octets, aligned, of any content; CHECKs that they are not none. give_back(memory): what take returned.
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* memory) noexcept;

  // slab_bytes(): all that is held, in use or not.
  std::size_t slab_bytes() const;

 private:
  struct Slab {
    base::Pages memory;
    std::size_t table_bytes;
    std::vector<bool> taken;
    std::size_t taken_count;
  };
  static Slab make_slab(std::size_t table_bytes);
  static std::byte* take_from(Slab& slab) noexcept;

  mutable std::mutex mutex_;
  std::vector<Slab> slabs_;
};

}  // namespace assay::crypto
