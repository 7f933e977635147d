// Tells a process from its children: what belongs to a process, such as a connection, must not be used by both.
#pragma once

#include <sys/types.h>

namespace assay {

// ForkMark: a resource, made by the process that it marks.
class ForkMark {
 public:
  ForkMark() noexcept;
  ~ForkMark();
  ForkMark(const ForkMark&) = delete;
  ForkMark& operator=(const ForkMark&) = delete;

  // forked(): whether this is a child of the process that made the mark, or called mark() last. Thread-safe; costs no system call.
  bool forked() const noexcept;
  // mark(): this process is the one from here on.
  void mark() noexcept;

 private:
  unsigned char* page_ = nullptr;  // holds 1 in the process, and 0 in a child: the kernel wipes it
  pid_t pid_ = 0;                  // where the kernel does not
};

}  // namespace assay
