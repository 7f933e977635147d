// As DaemonProcess, but with an environment of its own: what a program does with https_proxy shows only in a program that has it.
#include "support/fetch_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace assay::tests {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// until(condition, limit): whether it came true.
bool until(const std::function<bool()>& condition, std::chrono::seconds limit) {
  for (const auto end = Clock::now() + limit; !condition();) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace

FetchProcess::FetchProcess(const Options& options) {
  std::vector<std::string> arguments{ASSAY_FETCH, "--keys", options.keys, "--log-level", options.log_level};
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, (folder_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int error = posix_spawn(&pid_, ASSAY_FETCH, &actions, nullptr, pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(std::string("cannot start assay-fetch: ") + std::strerror(error));
}

FetchProcess::~FetchProcess() {
  if (running()) stop(SIGKILL);
}

bool FetchProcess::running() {
  if (ended_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  ended_ = true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::string FetchProcess::log() const { return read_file(folder_.path() / "log"); }

bool FetchProcess::await_log(const std::string& text) {
  return until([&] { return log().find(text) != std::string::npos; }, std::chrono::seconds(30));
}

int FetchProcess::stop(int signal) {
  if (!running()) return status_;
  kill(pid_, signal);
  if (!until([this] { return !running(); }, std::chrono::seconds(10))) {
    kill(pid_, SIGKILL);
    until([this] { return !running(); }, std::chrono::seconds(10));
  }
  return status_;
}

void FetchProcess::limit_descriptors(unsigned count) {
  const rlimit limit{count, count};
  if (prlimit(pid_, RLIMIT_NOFILE, &limit, nullptr) != 0) throw std::runtime_error(std::string("prlimit: ") + std::strerror(errno));
}

std::uint64_t FetchProcess::resident_kib() const {
  std::istringstream lines(read_file("/proc/" + std::to_string(pid_) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  }
  return 0;
}

}  // namespace assay::tests
