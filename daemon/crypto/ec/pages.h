// Whole pages of zeroed memory.
#pragma once

#include <cstddef>

namespace assay::crypto::ec {

// map_pages(bytes): rounds up to pages; huge ones where there are enough. Ends the process when memory runs out. unmap_pages takes the same size.
void* map_pages(std::size_t bytes) noexcept;
void unmap_pages(void* pages, std::size_t bytes) noexcept;

}  // namespace assay::crypto::ec
