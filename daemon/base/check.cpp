// A failed CHECK ends the process at once: a daemon that judges tokens must not go on with a broken invariant.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace assay::base {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, condition);
  std::abort();
}

}  // namespace assay::base
