// System calls around processes.
#include "load/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "load/failure.h"

namespace assay::load {
namespace {

constexpr auto kStopPatience = std::chrono::seconds(5);

// What happens between fork and exec may only make system calls: everything is ready before.
[[noreturn]] void become(char* const* argv, int log, const cpu_set_t* cpus, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(0);  // it has ended before the kernel knew
  if (cpus != nullptr) ::sched_setaffinity(0, sizeof *cpus, cpus);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::execvp(argv[0], argv);
  const char* why = std::strerror(errno);
  static_cast<void>(!::write(2, why, std::strlen(why)));
  ::_exit(127);
}

cpu_set_t set_of(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  return set;
}

}  // namespace

void pin_this_thread(const std::vector<int>& cpus) {
  const cpu_set_t set = set_of(cpus);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) throw Failure(fmt::format("sched_setaffinity: {}", std::strerror(errno)));
}

void check_cpus(const char* option, const std::vector<int>& cpus) {
  bool possible = true;
  std::jthread([&] {
    for (const int cpu : cpus) {
      const cpu_set_t set = set_of({cpu});
      possible = possible && ::sched_setaffinity(0, sizeof set, &set) == 0;
    }
  }).join();
  if (!possible) throw Usage(fmt::format("{}: this host does not let us run on all of these processors", option));
}

std::optional<Nanoseconds> process_cpu_ns(pid_t pid) noexcept {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<Nanoseconds>(time.tv_sec) * kNsPerS + time.tv_nsec;
}

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw Failure(fmt::format("cannot make a temporary folder {}: {}", pattern, std::strerror(errno)));
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(std::string_view name, std::string_view content) const {
  std::ofstream out(file(name), std::ios::binary);
  out << content;
  if (!out.flush()) throw Failure(fmt::format("cannot write {}", file(name)));
  return file(name);
}

std::string find_program(const std::string& given, std::string_view name) {
  if (!given.empty()) return given;
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
  return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : std::string(name);
}

Child::Child(const std::vector<std::string>& arguments, const std::string& log, const std::vector<int>& cpus) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const cpu_set_t set = set_of(cpus);
  const int descriptor = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) throw Failure(fmt::format("cannot write {}: {}", log, std::strerror(errno)));
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(argv.data(), descriptor, cpus.empty() ? nullptr : &set, parent);
  ::close(descriptor);
  if (pid_ < 0) throw Failure(fmt::format("cannot start {}: {}", arguments[0], std::strerror(errno)));
}

bool Child::running() noexcept {
  if (!ended_ && ::waitpid(pid_, nullptr, WNOHANG) != 0) ended_ = true;
  return !ended_;
}

Child::~Child() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  for (const auto until = std::chrono::steady_clock::now() + kStopPatience; running();) {
    if (std::chrono::steady_clock::now() > until) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace assay::load
