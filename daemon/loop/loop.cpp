// The loop's end is its own leak test: owners are gone, so only closes are pending; they take a turn or two. A handle that somebody forgot makes
// uv_loop_close say UV_EBUSY, and the CHECK names the bug instead of hanging the exit.
#include "loop/loop.h"

#include "base/check.h"

namespace assay::loop {

Loop::Loop() noexcept { CHECK(uv_loop_init(&loop_) == 0); }

Loop::~Loop() {
  constexpr int kTurnsMax = 16;
  for (int i = 0; i < kTurnsMax && uv_loop_alive(&loop_) != 0; ++i) turn();
  CHECK(uv_loop_close(&loop_) == 0);
}

void Loop::run() noexcept { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::stop() noexcept { uv_stop(&loop_); }

void Loop::turn() noexcept { uv_run(&loop_, UV_RUN_NOWAIT); }

}  // namespace assay::loop
