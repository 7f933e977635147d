// Tries from inside a unit what its sandbox is there to deny, and says of each attempt whether it was denied. It is run in the place of the daemon, with the daemon's unit around it,
// and once without a sandbox, where everything must be ALLOWED: so no attempt is denied for a reason of its own. Each is made in a process of its own, since a filter may kill.
//   sandbox_probe ...     arguments are the daemon's, and ignored; STATE_DIRECTORY and PROBE_CONNECT (a port of the loopback where somebody listens) are read from the environment
// Exit code 0: all was tried; what came of it stands on standard output.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr const char* kExecuted = "--executed";  // as the only argument: this program was executed, which is all that was asked

std::string environment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}
std::string state_file(const char* name) { return environment("STATE_DIRECTORY", "/var/lib/assay") + "/" + name; }

// An attempt returns true if it got what it wanted; otherwise errno says why not.
bool open_socket(int family, int type) { return socket(family, type, 0) >= 0; }
bool write_file(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return file >= 0 && unlink(path.c_str()) == 0;
}
bool execute(const std::string& path) {
  execl(path.c_str(), path.c_str(), kExecuted, nullptr);
  return false;
}
// The bytes of this program, written to `to`.
bool copy_self(int to) {
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t size = from < 0 ? -1 : read(from, part.data(), part.size());
    if (size <= 0) return size == 0;
    if (write(to, part.data(), static_cast<std::size_t>(size)) != size) return false;
  }
}

bool connect_loopback() {
  const int port = std::atoi(environment("PROBE_CONNECT", "0").c_str());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}
bool execute_copy() {
  const std::string path = state_file("probe-copy");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  if (file < 0 || !copy_self(file) || close(file) != 0) return false;
  return execute(path);
}
bool execute_memory() {
  const int file = memfd_create("probe", 0);
  return file >= 0 && copy_self(file) && execute("/proc/self/fd/" + std::to_string(file));
}
bool map_writable_code() { return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }
bool turn_data_into_code() {
  void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}
bool read_home() {
  DIR* const home = opendir("/home/orders");
  return home != nullptr && readdir(home) != nullptr;
}
bool become_realtime() {
  const sched_param parameters{.sched_priority = 1};
  return sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}
bool make_set_uid() {
  const std::string path = state_file("probe-set-uid");
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool made = file >= 0 && fchmod(file, 04755) == 0;
  const int reason = errno;
  unlink(path.c_str());
  errno = reason;
  return made;
}
bool keep_capability() {
  int kept = 0;
  for (int capability = 0; kept == 0; ++capability) kept = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);  // -1 behind the last there is
  errno = 0;
  return kept > 0;
}
bool leave_core() {
  rlimit limit{};
  return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0;
}

struct Attempt {
  const char* what;
  bool (*make)();
};
constexpr Attempt kAttempts[] = {
    {"opening an IPv4 socket", [] { return open_socket(AF_INET, SOCK_STREAM); }},
    {"opening an IPv6 socket", [] { return open_socket(AF_INET6, SOCK_DGRAM); }},
    {"opening a netlink socket", [] { return open_socket(AF_NETLINK, SOCK_RAW); }},
    {"opening a packet socket", [] { return open_socket(AF_PACKET, SOCK_RAW); }},
    {"connecting to the loopback of the host", connect_loopback},
    {"writing to /etc", [] { return write_file("/etc/probe"); }},
    {"writing to the configuration's folder", [] { return write_file("/etc/assay/probe"); }},
    {"writing to /usr", [] { return write_file("/usr/probe"); }},
    {"writing to /var/lib", [] { return write_file("/var/lib/probe"); }},
    {"writing to /run/assay", [] { return write_file("/run/assay/probe"); }},
    {"writing to /run/lock", [] { return write_file("/run/lock/probe"); }},
    {"writing to /tmp", [] { return write_file("/tmp/probe"); }},
    {"writing to /var/tmp", [] { return write_file("/var/tmp/probe"); }},
    {"writing to /dev/shm", [] { return write_file("/dev/shm/probe"); }},
    {"writing to /dev/mqueue", [] { return write_file("/dev/mqueue/probe"); }},
    {"executing /bin/true", [] { return execute("/bin/true"); }},
    {"executing a copy of itself", execute_copy},
    {"executing a program in memory", execute_memory},
    {"mapping code that can be written", map_writable_code},
    {"turning data into code", turn_data_into_code},
    {"tracing a process", [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; }},
    {"reading a home folder", read_home},
    {"reading /tmp of the host", [] { return access("/tmp/of-the-host", R_OK) == 0; }},
    {"seeing processes of others", [] { return access("/proc/1/status", R_OK) == 0; }},
    {"mounting", [] { return mount("probe", "/mnt", "tmpfs", 0, nullptr) == 0 && umount("/mnt") == 0; }},
    {"making a user namespace", [] { return unshare(CLONE_NEWUSER) == 0; }},
    {"making a mount namespace", [] { return unshare(CLONE_NEWNS) == 0; }},
    {"changing the personality", [] { return personality(ADDR_NO_RANDOMIZE) >= 0; }},
    {"asking for realtime", become_realtime},
    {"making a set-uid file", make_set_uid},
    {"keeping a capability", keep_capability},
    {"gaining privileges by a program", [] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0; }},
    {"leaving a core", leave_core},
};

// Makes the attempt in a child, and prints what came of it. A child that was executed over ends with 0, as one that succeeded.
void report(const Attempt& attempt) {
  const pid_t child = fork();
  if (child < 0) {
    std::printf("NOT TRIED %s: fork: %s\n", attempt.what, std::strerror(errno));
    return;
  }
  if (child == 0) {
    errno = 0;
    const bool allowed = attempt.make();
    _exit(allowed ? 0 : errno != 0 ? errno : 255);  // errno fits: there are fewer than 255
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::printf("denied %s: killed by %s\n", attempt.what, strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status) == 0) std::printf("ALLOWED %s\n", attempt.what);
  else std::printf("denied %s: %s\n", attempt.what, WEXITSTATUS(status) == 255 ? "not there" : std::strerror(WEXITSTATUS(status)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], kExecuted) == 0) return 0;
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // children inherit no text
  std::printf("%s writing to the state directory\n", write_file(state_file("probe")) ? "works" : "FAILS");
  for (const Attempt& attempt : kAttempts) report(attempt);
  std::printf("%zu attempts\n", std::size(kAttempts));
  return 0;
}
