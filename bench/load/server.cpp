// A server is ready when it answers. One that ends before that has said why in its log, whose end becomes our message.
#include "load/server.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "load/answer.h"
#include "load/clock.h"
#include "load/connection.h"
#include "load/failure.h"

namespace assay::load {
namespace {

constexpr double kStartS = 30;
constexpr double kPingS = 5;
constexpr std::uint64_t kPingId = 1;
constexpr std::size_t kDescriptorsOfOurOwn = 64;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line.empty() ? last : line;
  return printable(last, 400);
}

std::string version_of(const std::string& socket, double timeout_s) {
  const Answer answer = read_unaligned(ask(socket, ping_frame(kPingId), timeout_s));
  if (answer.kind == Answer::Kind::error) throw Failure(fmt::format("{}: the daemon answers a ping with {}", socket, answer.text));
  if (answer.kind != Answer::Kind::pong || answer.id != kPingId) throw Failure(fmt::format("{}: whoever listens there is no assayd", socket));
  return answer.text;
}

// The process that listens. With a socket that a service manager has opened it is the manager, so it counts only if its name is assayd's.
std::optional<pid_t> listener_of(const std::string& socket) {
  const int descriptor = connect_unix(socket);
  ucred peer{};
  socklen_t bytes = sizeof peer;
  const int result = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &bytes);
  ::close(descriptor);
  if (result != 0 || peer.pid <= 0 || !read_file(fmt::format("/proc/{}/comm", peer.pid)).starts_with("assayd")) return std::nullopt;
  return peer.pid;
}

// Waits until try_it() no longer throws.
template <class Try>
void wait_for(Server& server, const std::string& program, Try try_it) {
  const Nanoseconds until = now_ns() + nanoseconds(kStartS);
  for (;;) {
    try {
      return try_it();
    } catch (const Failure& failure) {
      if (!server.child->running()) throw Failure(fmt::format("{} has ended: {}", program, last_line(read_file(server.folder->file("log")))));
      if (now_ns() > until) throw Failure(fmt::format("{} is not ready after {} s: {}", program, kStartS, failure.what()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Server start(const std::vector<std::string>& arguments, std::unique_ptr<Folder> folder, const std::vector<int>& cpus) {
  Server out;
  out.socket = folder->file("data.sock");
  out.folder = std::move(folder);
  out.child = std::make_unique<Child>(arguments, out.folder->file("log"), cpus);
  out.pid = out.child->pid();
  return out;
}

}  // namespace

std::string ask(const std::string& socket, std::string_view request, double timeout_s) {
  Connection connection(connect_unix(socket), 1, 1);
  std::string rest(request);
  const Nanoseconds until = now_ns() + nanoseconds(timeout_s);
  for (;;) {
    if (now_ns() > until) throw Failure(fmt::format("{}: no answer for {} s", socket, timeout_s));
    if (!rest.empty()) {
      const ssize_t sent = ::send(connection.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) throw Failure(fmt::format("{}: {}", socket, std::strerror(errno)));
      rest.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    }
    pollfd event{connection.descriptor(), static_cast<short>(rest.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    ::poll(&event, 1, 100);
    if ((event.revents & (POLLIN | POLLHUP | POLLERR)) == 0 || !connection.receive()) continue;
    if (const auto frame = connection.next_frame(); !frame.empty()) return {reinterpret_cast<const char*>(frame.data()), frame.size()};
  }
}

Server find_daemon(const Options& options) {
  Server out;
  out.socket = options.socket;
  out.version = version_of(out.socket, kPingS);
  out.pid = options.daemon_pid ? options.daemon_pid : listener_of(out.socket);
  if (options.daemon_pid && !process_cpu_ns(*options.daemon_pid)) throw Failure(fmt::format("--daemon-pid: there is no process {}", *options.daemon_pid));
  return out;
}

Server start_daemon(const Options& options, const std::string& configuration) {
  const std::string program = find_program(options.assayd, "assayd");
  auto folder = std::make_unique<Folder>();
  const std::string file = folder->write("assayd.json", configuration);
  ::unsetenv("STATE_DIRECTORY");  // what is measured here is nobody's state
  const std::vector<std::string> arguments{program, "--config", file, "--socket", folder->file("data.sock"), "--control", folder->file("control.sock"),
                                           "--workers", std::to_string(options.workers), "--log-level", "warning"};
  Server out = start(arguments, std::move(folder), options.daemon_cpus);
  wait_for(out, program, [&] { out.version = version_of(out.socket, kPingS); });
  return out;
}

Server start_echo(const Options& options, std::string_view answer) {
  const std::string program = find_program(options.echo_server, "assay-bench-echo");
  auto folder = std::make_unique<Folder>();
  const std::vector<std::string> arguments{program, folder->file("data.sock"), folder->write("answer", answer)};
  Server out = start(arguments, std::move(folder), options.daemon_cpus);
  wait_for(out, program, [&] { ask(out.socket, ping_frame(kPingId), kPingS); });
  return out;
}

void raise_descriptor_limit(std::size_t connections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < connections + kDescriptorsOfOurOwn)
    throw Usage(fmt::format("--connections: {} need {} descriptors, and this host gives a process {} (ulimit -n)", connections, connections + kDescriptorsOfOurOwn, limit.rlim_max));
}

}  // namespace assay::load
