// The real assay-fetch as a child process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/daemon_process.h"

namespace assay::tests {

// FetchProcess: started by the constructor, which does not wait for anything; killed by the destructor if it still runs.
class FetchProcess {
 public:
  struct Options {
    std::string keys;                      // path of the keys socket
    std::vector<std::string> environment;  // NAME=value, besides this process's own
    std::string log_level = "info";
  };
  explicit FetchProcess(const Options& options);
  ~FetchProcess();
  FetchProcess(const FetchProcess&) = delete;
  FetchProcess& operator=(const FetchProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // log(): what it has written so far. await_log(text): whether that came to stand in it, within 30 s.
  std::string log() const;
  bool await_log(const std::string& text);
  // stop(signal): sends it and waits for the end, at most 10 s; 137 if it had to be killed.
  int stop(int signal);
  // limit_descriptors(count): from now on it may have so many open.
  void limit_descriptors(unsigned count);
  // cpu_seconds(): user and system time so far. resident_kib(): of memory.
  double cpu_seconds() const { return tests::cpu_seconds(pid_); }
  std::uint64_t resident_kib() const;

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
  int status_ = -1;  // once it has ended
  bool ended_ = false;
};

}  // namespace assay::tests
