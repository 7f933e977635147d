// Private to the vector kernels: loops that the compiler unrolls, and functions that it inlines or keeps apart as it is told.
//
// Everything is in an unnamed namespace and inlined, or a template of one: the linker must not find it from other files, which processors without the vectors run.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

// A file that wants the arithmetic but not its speed (the test of the bounds) defines these otherwise beforehand, and compiles in seconds.
#ifndef ASSAY_INLINE
#define ASSAY_INLINE inline __attribute__((always_inline))
#define ASSAY_INLINED __attribute__((always_inline))
#define ASSAY_KERNEL __attribute__((noinline))
#endif

namespace assay::crypto::rsa {
namespace {

// each<N>(f): f(0), ..., f(N - 1), the arguments being constants.
template <class F, std::size_t... kIndices>
ASSAY_INLINE void each(F&& f, std::index_sequence<kIndices...>) noexcept {
  (f(std::integral_constant<std::size_t, kIndices>{}), ...);
}
template <std::size_t kCount, class F>
ASSAY_INLINE void each(F&& f) noexcept {
  each(f, std::make_index_sequence<kCount>{});
}

}  // namespace
}  // namespace assay::crypto::rsa
