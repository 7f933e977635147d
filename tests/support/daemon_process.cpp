// Nothing here is mocked: processes, files, sockets. Every wait has an end.
#include "support/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace assay::tests {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

pid_t spawn(const std::vector<std::string>& arguments, const std::string& input_file, const std::string& output_file) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input_file.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(error));
  return pid;
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Waits for a child until a time; kills it then.
int await(pid_t pid, Clock::time_point until) {
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > until) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
  return exit_code(status);
}

}  // namespace

TemporaryFolder::TemporaryFolder() : TemporaryFolder(std::filesystem::temp_directory_path()) {}

TemporaryFolder TemporaryFolder::in_memory() {
  constexpr const char* kSharedMemory = "/dev/shm";
  return TemporaryFolder(access(kSharedMemory, W_OK) == 0 ? std::filesystem::path(kSharedMemory) : std::filesystem::temp_directory_path());
}

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent) {
  std::string pattern = (parent / "assay-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(std::string_view name, std::string_view content) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file.string();
}

Exited run(const std::vector<std::string>& arguments, std::string_view input) {
  const TemporaryFolder folder;
  const std::string input_file = folder.write("input", input);
  const std::string output_file = (folder.path() / "output").string();
  const auto begin = Clock::now();
  const pid_t pid = spawn(arguments, input_file, output_file);
  Exited exited;
  exited.status = await(pid, begin + std::chrono::seconds(60));
  exited.took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  exited.output = read_file(output_file);
  return exited;
}

DaemonProcess::DaemonProcess(const Options& options) {
  std::vector<std::string> arguments = options.under;
  arguments.insert(arguments.end(), {ASSAYD, "--socket", socket(), "--control", control(), "--workers", std::to_string(options.workers), "--log-level", options.log_level});
  if (options.configuration) {
    arguments.insert(arguments.end(), {"--config", folder_.write("assayd.json", *options.configuration)});
  }
  arguments.insert(arguments.end(), options.more_arguments.begin(), options.more_arguments.end());
  pid_ = spawn(arguments, "/dev/null", (folder_.path() / "log").string());
  for (const auto until = Clock::now() + std::chrono::seconds(30); running() && Clock::now() < until;) {
    if (RawConnection(socket()).connected() && RawConnection(control()).connected()) return;
    std::this_thread::sleep_for(milliseconds(1));
  }
}

DaemonProcess::~DaemonProcess() {
  if (running()) stop(SIGKILL);
}

bool DaemonProcess::running() {
  if (exited_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  exited_ = Exited{exit_code(status), log(), milliseconds(0)};
  return false;
}

std::string DaemonProcess::log() const { return read_file(folder_.path() / "log"); }

Exited DaemonProcess::stop(int signal) {
  if (!running()) return *exited_;
  const auto begin = Clock::now();
  kill(pid_, signal);
  const int status = await(pid_, begin + std::chrono::seconds(10));
  exited_ = Exited{status, log(), std::chrono::duration_cast<milliseconds>(Clock::now() - begin)};
  return *exited_;
}

double cpu_seconds(pid_t pid) {
  // proc(5): the 14th and 15th fields; the second, the name, may hold blanks but ends in the last ')'.
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t DaemonProcess::resident_kib() const {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  }
  return 0;
}

RawConnection::RawConnection(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) fail("socket");
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(descriptor_);
    descriptor_ = -1;
  }
}

RawConnection::~RawConnection() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::string> RawConnection::receive(std::size_t bytes_max, milliseconds timeout) {
  pollfd wait{descriptor_, POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
  std::string bytes(bytes_max, '\0');
  const ssize_t got = recv(descriptor_, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::optional<std::string> RawConnection::receive_frame(milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  for (;;) {
    if (rest_.size() >= 4) {
      std::uint32_t length = 0;
      std::memcpy(&length, rest_.data(), 4);  // little-endian, as every host of ours
      if (rest_.size() >= std::size_t{4} + length) {
        std::string frame = rest_.substr(0, std::size_t{4} + length);
        rest_.erase(0, frame.size());
        return frame;
      }
    }
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    const auto bytes = receive(65536, left);
    if (!bytes || bytes->empty()) return std::nullopt;
    rest_ += *bytes;
  }
}

}  // namespace assay::tests
