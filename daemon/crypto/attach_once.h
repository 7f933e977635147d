// A pointer that is null until its object is there: how what was computed in the background reaches those who verify.
#pragma once

#include <atomic>
#include <memory>

#include "base/check.h"

namespace assay::crypto {

// AttachOnce<T>: owns one T, or none yet. A resource. get() is for any thread at any time; attach() for one thread, once.
template <class T>
class AttachOnce {
 public:
  AttachOnce() noexcept = default;
  ~AttachOnce() { delete object_.load(std::memory_order_relaxed); }  // where T is complete
  AttachOnce(const AttachOnce&) = delete;
  AttachOnce& operator=(const AttachOnce&) = delete;

  // get(): null, or the object, complete. It stays until this ends.
  const T* get() const noexcept ASSAY_LIFETIMEBOUND { return object_.load(std::memory_order_acquire); }
  // attach(object): CHECKs that none is there, for somebody may be reading it.
  void attach(std::unique_ptr<const T> object) noexcept {
    CHECK(object != nullptr && object_.load(std::memory_order_relaxed) == nullptr);
    object_.store(object.release(), std::memory_order_release);
  }

 private:
  std::atomic<const T*> object_{nullptr};
};

}  // namespace assay::crypto
