// Pipes and lines. A peer that falls silent or ends is an error and is killed; one whose input ends, ends by itself.
#include "peers/peer_process.h"

#include <fcntl.h>
#include <poll.h>
#include <simdjson.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace assay::peers {
namespace {

using Clock = std::chrono::steady_clock;

// For Node to start and to read the workload, or to come to the end of a run, on a busy machine.
constexpr double kPatience_s = 60;

void make_pipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
}

}  // namespace

PeerProcess::PeerProcess(std::string name, std::vector<std::string> command) : name_(std::move(name)) {
  int in[2];
  int out[2];
  make_pipe(in);
  make_pipe(out);
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (error != 0) throw std::runtime_error("cannot start " + name_ + ": " + std::strerror(error));
  try {
    simdjson::dom::parser parser;
    const std::string line = answer(kPatience_s);
    const simdjson::dom::element hello = parser.parse(line);
    about_ = {std::string(std::string_view(hello["peer"])), std::string(std::string_view(hello["version"])), {}, bool(hello["cache"])};
    for (const simdjson::dom::element algorithm : hello["algorithms"].get_array()) about_.algorithms.emplace_back(std::string_view(algorithm));
  } catch (...) {
    end();
    throw;
  }
}

PeerProcess::~PeerProcess() { end(); }

void PeerProcess::end() {
  close(to_);
  close(from_);
  for (const auto until = Clock::now() + std::chrono::seconds(1); waitpid(pid_, nullptr, WNOHANG) == 0;) {
    if (Clock::now() > until) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::vector<bool> PeerProcess::check(const std::string& set) {
  tell("check " + set);
  simdjson::dom::parser parser;
  std::vector<bool> out;
  for (const simdjson::dom::element accepted : parser.parse(answer(kPatience_s))["accepted"].get_array()) out.push_back(bool(accepted));
  return out;
}

Counts PeerProcess::run(const std::string& set, double seconds) {
  tell("run " + set + ' ' + std::to_string(seconds));
  simdjson::dom::parser parser;
  const simdjson::dom::element counts = parser.parse(answer(seconds + kPatience_s));
  return {std::uint64_t(counts["accepted"]), std::uint64_t(counts["refused"])};
}

void PeerProcess::tell(const std::string& line) {
  const std::string text = line + '\n';
  if (write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw std::runtime_error(name_ + " has ended");
}

std::string PeerProcess::answer(double seconds_max) {
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds_max));
  for (;;) {
    if (const std::size_t end = rest_.find('\n'); end != std::string::npos) {
      std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd wait{from_, POLLIN, 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) == 0) throw std::runtime_error(name_ + " does not answer");
    char bytes[4096];
    const ssize_t got = read(from_, bytes, sizeof bytes);
    if (got <= 0) throw std::runtime_error(name_ + " has ended");
    rest_.append(bytes, static_cast<std::size_t>(got));
  }
}

}  // namespace assay::peers
