// A page that fork() wipes (MADV_WIPEONFORK, Linux 4.14): to look at it costs nothing, where getpid() is a system call for every request, and where a handler of
// pthread_atfork() would not see clone().
#include "client/fork_mark.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace assay {
namespace {

constexpr std::size_t kPageBytes = 4096;  // or whatever the kernel rounds it up to

}  // namespace

ForkMark::ForkMark() noexcept {
  void* page = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, kPageBytes, MADV_WIPEONFORK) == 0) {
    page_ = static_cast<unsigned char*>(page);
  } else if (page != MAP_FAILED) {
    munmap(page, kPageBytes);
  }
  mark();
}

ForkMark::~ForkMark() {
  if (page_ != nullptr) munmap(page_, kPageBytes);
}

bool ForkMark::forked() const noexcept { return page_ != nullptr ? *page_ == 0 : pid_ != getpid(); }

void ForkMark::mark() noexcept {
  if (page_ != nullptr) *page_ = 1;
  pid_ = getpid();
}

}  // namespace assay
