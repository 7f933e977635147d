// The real assayd as a child process, on sockets in a temporary folder.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::tests {

// TemporaryFolder: exists as long as the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  // in_memory(): on a file system in memory, if there is one. What a killed process has written is there as it would be on a disk, and no test waits for a busy one.
  static TemporaryFolder in_memory();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // write(name, content): a file in the folder; its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  explicit TemporaryFolder(const std::filesystem::path& parent);
  std::filesystem::path path_;
};

// Exited: how a process ended.
struct Exited {
  int status = -1;  // exit code; 128 + number for a signal
  std::string output;  // standard output and standard error
  std::chrono::milliseconds took{0};
};

// run(arguments, input): a program to its end, with that standard input. arguments[0] is its path.
Exited run(const std::vector<std::string>& arguments, std::string_view input = {});

// cpu_seconds(pid): user and system time of a process so far.
double cpu_seconds(pid_t pid);

// DaemonProcess: started by the constructor, which waits until the daemon answers on its data socket or has ended; killed by the destructor if it still runs.
class DaemonProcess {
 public:
  struct Options {
    std::optional<std::string> configuration;  // the document; none: started without --config
    unsigned workers = 1;
    std::string log_level = "info";
    std::vector<std::string> more_arguments;
    std::vector<std::string> under;  // a program, by its path, and its arguments, that becomes the daemon's: such as strace -D
  };
  explicit DaemonProcess(const Options& options);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  const TemporaryFolder& folder() const { return folder_; }
  std::string socket() const { return (folder_.path() / "data.sock").string(); }
  std::string control() const { return (folder_.path() / "control.sock").string(); }
  // log(): what the daemon has written so far.
  std::string log() const;
  // stop(signal): sends it and waits for the end, at most 10 s.
  Exited stop(int signal);
  // cpu_seconds(): user and system time so far. resident_kib(): of memory.
  double cpu_seconds() const { return tests::cpu_seconds(pid_); }
  std::uint64_t resident_kib() const;

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
  std::optional<Exited> exited_;
};

// RawConnection: a Unix socket without any client library: for what no client library would send.
class RawConnection {
 public:
  explicit RawConnection(const std::string& path);
  // of a connected socket, which it owns from now on.
  explicit RawConnection(int descriptor) : descriptor_(descriptor) {}
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), rest_(std::move(other.rest_)) {}
  RawConnection& operator=(RawConnection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(rest_, other.rest_);
    return *this;
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  // send(bytes): all of them, or false.
  bool send(std::string_view bytes);
  // receive(bytes_max, timeout): what comes next; empty at the end of the stream; nothing when the time is up.
  std::optional<std::string> receive(std::size_t bytes_max, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  // receive_frame(timeout): one whole frame, prefix included; nothing at the end of the stream or when the time is up.
  std::optional<std::string> receive_frame(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  int descriptor_ = -1;
  std::string rest_;
};

}  // namespace assay::tests
