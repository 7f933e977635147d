// Private to crypto: arrays that begin where cache lines do.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace assay::crypto::rsa {

inline constexpr std::align_val_t kTableAlignment{64};

struct FreeAligned {
  void operator()(void* array) const noexcept { ::operator delete[](array, kTableAlignment); }
};
template <class T>
using AlignedArray = std::unique_ptr<T[], FreeAligned>;

// make_aligned<T>(count): not initialised; T is a number.
template <class T>
AlignedArray<T> make_aligned(std::size_t count) {
  return AlignedArray<T>(static_cast<T*>(::operator new[](sizeof(T) * count, kTableAlignment)));
}

}  // namespace assay::crypto::rsa
