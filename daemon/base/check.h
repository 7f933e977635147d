// CHECK and DCHECK: broken invariants of our own code. Bytes of a peer never reach one.
#pragma once

namespace assay::base {

// check_failed: prints `file:line: CHECK(condition) failed` to standard error and aborts; systemd restarts the daemon.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace assay::base

// CHECK(condition): in every build. Use it off the hot path.
#define CHECK(condition) (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) : ::assay::base::check_failed(#condition, __FILE__, __LINE__))

// DCHECK(condition): in builds without NDEBUG only; the condition is compiled, not run, elsewhere.
#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif

// ASSAY_LIFETIMEBOUND: the returned view lives no longer than the object it is asked of. Checked by clang (-Wdangling).
#if defined(__clang__)
#define ASSAY_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define ASSAY_LIFETIMEBOUND
#endif
