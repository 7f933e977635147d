// Processes: their CPU time, their processors, and those that we start.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/clock.h"

namespace assay::load {

// pin_this_thread(cpus): to these processors. Throws Failure if it cannot be.
void pin_this_thread(const std::vector<int>& cpus);
// check_cpus(option, cpus): throws Usage, naming the option, unless a thread can be pinned to each of these.
void check_cpus(const char* option, const std::vector<int>& cpus);

// process_cpu_ns(pid): CPU time of all threads of that process so far, those that have ended included, by its CPU clock (clock_getcpuclockid(3)): to the nanosecond, and
// nobody's permission is needed. Nothing if there is no such process.
std::optional<Nanoseconds> process_cpu_ns(pid_t pid) noexcept;

// Folder: a temporary one that exists as long as the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  // write(name, content): its path. Throws Failure.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// find_program(given, name): given; if that is empty, `name` in the folder of this program, or else as PATH will find it.
std::string find_program(const std::string& given, std::string_view name);

// Child: a process that we have started, in a process group of its own so that Ctrl-C is ours to pass on. Ended by the destructor, and by the kernel if we end without one.
// To be made by the main thread: the kernel goes by the thread.
class Child {
 public:
  // arguments[0]: its path, or a name for PATH. log: the file for what it writes. cpus: its processors; empty: any. Throws Failure.
  Child(const std::vector<std::string>& arguments, const std::string& log, const std::vector<int>& cpus);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const noexcept { return pid_; }
  bool running() noexcept;

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
};

}  // namespace assay::load
