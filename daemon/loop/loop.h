// An event loop (libuv). One per thread; it is built and destroyed while no thread runs it.
#pragma once

#include <uv.h>

#include <cstdint>

namespace assay::loop {

// Loop: a resource. Everything on it is owned by objects that are destroyed before it; its destructor lets their closes finish and CHECKs that nothing is left,
// which makes every exit a leak test.
class Loop {
 public:
  Loop() noexcept;
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // run(): turns until stop() or until no handle is active.
  void run() noexcept;
  // stop(): run() returns after the current turn. On the loop's thread only.
  void stop() noexcept;
  // turn(): one turn that does not wait.
  void turn() noexcept;

  uv_loop_t* raw() noexcept { return &loop_; }

 private:
  uv_loop_t loop_{};
};

}  // namespace assay::loop
