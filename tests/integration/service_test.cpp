// The real programs as systemd runs them: sockets that outlive them, a datagram socket that they tell how they stand. What hangs cannot be shown here without a debugger; the server's own
// tests have a worker that does.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "integration/keys_fixture.h"
#include "mint/fixture.h"
#include "support/keys_peer.h"

namespace assay::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

const ValidationRequest kOrders{.api_service = "orders", .required_scopes = {}, .claims = {}};

std::string good_token() { return fixture().orders.good_token("EdDSA", std::time(nullptr)); }

bool exists(const std::string& path) {
  struct stat entry {};
  return lstat(path.c_str(), &entry) == 0;
}

// UnixSocket: bound at a path; its file stays until the folder goes.
class UnixSocket {
 public:
  UnixSocket(std::string path, int type, bool listens) : path_(std::move(path)), descriptor_(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path_;
    if (listens) {
      EXPECT_EQ(::listen(descriptor_, 64), 0);
    }
  }
  ~UnixSocket() { ::close(descriptor_); }
  UnixSocket(const UnixSocket&) = delete;
  UnixSocket& operator=(const UnixSocket&) = delete;
  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const int descriptor_;
};

// Manager: the end of $NOTIFY_SOCKET. Feedings of the watchdog are counted apart from the rest.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(path, SOCK_DGRAM, false) {}
  std::string path() const { return socket_.path(); }
  std::size_t feedings() const { return feedings_; }
  // next(timeout_ms): what comes next; empty if nothing does.
  std::string next(int timeout_ms = 30'000) {
    for (;;) {
      pollfd asked{socket_.descriptor(), POLLIN, 0};
      if (::poll(&asked, 1, timeout_ms) != 1) return {};
      std::string text(4096, '\0');
      const ssize_t got = ::recv(socket_.descriptor(), text.data(), text.size(), 0);
      text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
      if (text != "WATCHDOG=1") return text;
      ++feedings_;
    }
  }
  // all(): what has come by now.
  std::vector<std::string> all() {
    std::vector<std::string> texts;
    for (std::string text = next(0); !text.empty(); text = next(0)) texts.push_back(std::move(text));
    return texts;
  }

 private:
  UnixSocket socket_;
  std::size_t feedings_ = 0;
};

struct Handed {
  std::string name;
  int descriptor = -1;
};

// HandedDaemon: assayd as systemd starts it. Its own paths, for what is not handed over, are below `own`.
class HandedDaemon {
 public:
  struct Options {
    std::vector<Handed> sockets;
    std::string notify;               // empty: nobody wants to hear
    std::string watchdog_usec;        // empty: nobody watches
    bool names = true;                // false: without LISTEN_FDNAMES
    bool of_another_process = false;  // LISTEN_PID
    std::string configuration = fixture().configuration();
  };
  HandedDaemon(const TemporaryFolder& folder, const Options& options) : folder_(folder.path().string()), log_(own("log")) {
    const std::string configuration = folder.write("assayd.json", options.configuration);
    std::string names;
    for (const Handed& handed : options.sockets) names += (names.empty() ? "" : ":") + handed.name;
    const std::string count = std::to_string(options.sockets.size());
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    // First out of the way: a socket may have a number that another is to have.
    std::vector<int> far;
    for (const Handed& handed : options.sockets) far.push_back(::fcntl(handed.descriptor, F_DUPFD_CLOEXEC, 100));
    for (std::size_t i = 0; i < far.size(); ++i) ::dup2(far[i], 3 + static_cast<int>(i));
    ::setenv("LISTEN_PID", std::to_string(options.of_another_process ? ::getppid() : ::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    if (options.names) ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    if (!options.notify.empty()) ::setenv("NOTIFY_SOCKET", options.notify.c_str(), 1);
    if (!options.watchdog_usec.empty()) ::setenv("WATCHDOG_USEC", options.watchdog_usec.c_str(), 1);
    ::execl(ASSAYD, ASSAYD, "--config", configuration.c_str(), "--socket", own("data").c_str(), "--control", own("control").c_str(), "--keys", own("keys").c_str(), "--workers", "2", nullptr);
    ::_exit(127);
  }
  ~HandedDaemon() {
    if (!ended_) stop(SIGKILL);
  }
  HandedDaemon(const HandedDaemon&) = delete;
  HandedDaemon& operator=(const HandedDaemon&) = delete;

  std::string own(const std::string& name) const { return folder_ + "/own-" + name; }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }
  // await_end(): its exit code; 128 + number for a signal.
  int await_end() {
    int status = 0;
    EXPECT_TRUE(eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }));
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int stop(int signal) {
    ::kill(pid_, signal);
    return await_end();
  }

 private:
  const std::string folder_;
  const std::string log_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

class Service : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  const TemporaryFolder folder_ = TemporaryFolder::in_memory();
  Manager manager_{file("notify")};
  const UnixSocket data_{file("data.sock"), SOCK_STREAM, true};
  const UnixSocket control_{file("control.sock"), SOCK_STREAM, true};
  const UnixSocket keys_{file("keys.sock"), SOCK_STREAM, true};
  const UnixSocket metrics_{file("metrics.sock"), SOCK_STREAM, true};
  const std::vector<Handed> all_{{"keys", keys_.descriptor()}, {"metrics", metrics_.descriptor()}, {"data", data_.descriptor()}, {"control", control_.descriptor()}};
};

// sd_listen_fds(3): by their names, in whatever order they come.
TEST_F(Service, ServesOnTheSocketsThatAreHandedOver) {
  HandedDaemon daemon(folder_, {.sockets = all_, .notify = manager_.path()});
  ASSERT_THAT(manager_.next(), StartsWith("READY=1\n")) << daemon.log();
  Client client(data_.path(), kPatiently);
  const auto verdict = client.validate(kOrders, good_token());
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_TRUE(verdict->accepted());
  ControlClient control(control_.path(), kPatiently);
  EXPECT_TRUE(control.status().ok());
  FetchProcess fetch({.keys = keys_.path()});
  EXPECT_TRUE(eventually([&] { return control.status()->fetcher_connected; }));
  for (const std::string name : {"data", "control", "keys"}) EXPECT_FALSE(exists(daemon.own(name))) << name;
  EXPECT_EQ(daemon.stop(SIGTERM), 0) << daemon.log();
  for (const UnixSocket* socket : {&data_, &control_, &keys_, &metrics_}) EXPECT_TRUE(exists(socket->path())) << socket->path();
}

TEST_F(Service, BindsTheOthersAtTheirPaths) {
  HandedDaemon daemon(folder_, {.sockets = {{"control", control_.descriptor()}}, .notify = manager_.path()});
  ASSERT_THAT(manager_.next(), StartsWith("READY=1\n")) << daemon.log();
  EXPECT_TRUE(Client(daemon.own("data"), kPatiently).ping().ok());
  EXPECT_TRUE(ControlClient(control_.path(), kPatiently).ping().ok());
  EXPECT_FALSE(exists(daemon.own("control")));
  EXPECT_TRUE(exists(daemon.own("keys")));
}

// sd_listen_fds(3): they belong to the process that LISTEN_PID names.
TEST_F(Service, LeavesSocketsThatWereHandedToAnotherProcess) {
  HandedDaemon daemon(folder_, {.sockets = all_, .notify = manager_.path(), .of_another_process = true});
  ASSERT_THAT(manager_.next(), StartsWith("READY=1\n")) << daemon.log();
  EXPECT_TRUE(Client(daemon.own("data"), kPatiently).ping().ok());
}

// Fail closed: to bind its own in place of one that is no good would be to serve where nobody looks.
TEST_F(Service, DoesNotStartWithSocketsThatAreNoGood) {
  const UnixSocket deaf(file("deaf.sock"), SOCK_STREAM, false);
  const UnixSocket datagrams(file("datagrams.sock"), SOCK_DGRAM, false);
  const UnixSocket packets(file("packets.sock"), SOCK_SEQPACKET, true);
  const int network = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(network, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback), 0);
  ASSERT_EQ(::listen(network, 1), 0);
  const int no_socket = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct Case {
    std::vector<Handed> sockets;
    std::string says;
    bool names = true;
  };
  const std::vector<Case> cases{
      {{{"data", data_.descriptor()}, {"data", keys_.descriptor()}}, "two sockets named data"},
      {{{"data", data_.descriptor()}, {"telemetry", keys_.descriptor()}}, "a socket named telemetry"},
      {{{"", data_.descriptor()}}, "a socket named  was"},
      {{{"data", data_.descriptor()}}, "a socket named unknown", false},
      {{{"data", deaf.descriptor()}}, "the socket named data that was handed over: the inherited descriptor does not listen"},
      {{{"control", datagrams.descriptor()}}, "the socket named control that was handed over: the inherited descriptor does not listen"},
      {{{"keys", packets.descriptor()}}, "the socket named keys that was handed over: the inherited descriptor is no stream socket"},
      {{{"metrics", network}}, "the socket named metrics that was handed over: the inherited descriptor is no Unix socket"},
      {{{"data", no_socket}}, "the socket named data that was handed over: the inherited descriptor does not listen"},
  };
  for (const Case& one : cases) {
    const TemporaryFolder own;
    HandedDaemon daemon(own, {.sockets = one.sockets, .notify = manager_.path(), .names = one.names});
    EXPECT_EQ(daemon.await_end(), 2) << one.says;
    EXPECT_THAT(daemon.log(), HasSubstr("assayd: ")) << one.says;
    EXPECT_THAT(daemon.log(), HasSubstr(one.says));
  }
  EXPECT_THAT(manager_.all(), testing::IsEmpty());
  ::close(network);
  ::close(no_socket);
}

// systemd.service(5), Type=notify: between RELOADING and READY the service is reloading. Whoever has the answer to a deploy finds it ready.
TEST_F(Service, TellsOfReadinessReloadsAndTheStopInOrder) {
  HandedDaemon daemon(folder_, {.sockets = all_, .notify = manager_.path()});
  const auto ready = [](int deployment) { return StartsWith("READY=1\nSTATUS=deployment " + std::to_string(deployment) + ", generation "); };
  const auto reloading = StartsWith("RELOADING=1\nMONOTONIC_USEC=");
  ASSERT_THAT(manager_.next(), ready(1)) << daemon.log();
  ControlClient control(control_.path(), kPatiently);
  const std::string document = fixture().configuration();

  EXPECT_TRUE(std::holds_alternative<Deployed>(control.deploy({.configuration = document})));
  EXPECT_THAT(manager_.all(), ElementsAre(reloading, ready(2)));
  EXPECT_TRUE(std::holds_alternative<Refusal>(control.deploy({.configuration = "{}"})));
  EXPECT_THAT(manager_.all(), ElementsAre(reloading, ready(2)));
  EXPECT_TRUE(std::holds_alternative<Deployed>(control.rollback({})));
  EXPECT_THAT(manager_.all(), ElementsAre(reloading, ready(3)));
  EXPECT_TRUE(std::holds_alternative<Deployed>(control.deploy({.configuration = document, .dry_run = true})));
  EXPECT_TRUE(control.status().ok());
  EXPECT_TRUE(Client(data_.path(), kPatiently).validate(kOrders, good_token()).ok());
  EXPECT_THAT(manager_.all(), ElementsAre());
  EXPECT_TRUE(std::holds_alternative<Deployed>(control.deploy({.configuration = document})));
  EXPECT_THAT(manager_.all(), ElementsAre(reloading, ready(4)));

  EXPECT_EQ(daemon.stop(SIGTERM), 0) << daemon.log();
  EXPECT_THAT(manager_.all(), ElementsAre("STOPPING=1"));
}

// What changes by itself is told, too.
TEST_F(Service, TellsWhenAssayFetchHasCome) {
  HandedDaemon daemon(folder_, {.sockets = all_, .notify = manager_.path()});
  ASSERT_THAT(manager_.next(), HasSubstr("assay-fetch is not connected")) << daemon.log();
  const FetchProcess fetch({.keys = keys_.path()});
  EXPECT_THAT(manager_.next(), testing::AllOf(StartsWith("STATUS="), HasSubstr("assay-fetch is connected")));
}

TEST_F(Service, FeedsTheWatchdog) {
  HandedDaemon daemon(folder_, {.sockets = all_, .notify = manager_.path(), .watchdog_usec = "200000"});
  ASSERT_THAT(manager_.next(), StartsWith("READY=1\n")) << daemon.log();
  EXPECT_TRUE(eventually([&] {
    manager_.all();
    return manager_.feedings() >= 3;
  }));
}

// The sockets outlive the daemon: who connects while there is none waits in the queue, and is answered by the next.
TEST_F(Service, AnswersWhoeverHasConnectedBetweenTwoDaemons) {
  std::optional<HandedDaemon> daemon(std::in_place, folder_, HandedDaemon::Options{.sockets = all_, .notify = manager_.path()});
  ASSERT_THAT(manager_.next(), StartsWith("READY=1\n")) << daemon->log();
  EXPECT_EQ(daemon->stop(SIGKILL), 128 + SIGKILL);
  Client client(data_.path(), kPatiently);
  ASSERT_TRUE(client.connect().ok());
  daemon.emplace(folder_, HandedDaemon::Options{.sockets = all_, .notify = manager_.path()});
  const auto verdict = client.validate(kOrders, good_token());
  ASSERT_TRUE(verdict.ok()) << verdict.error().text << daemon->log();
  EXPECT_TRUE(verdict->accepted());
}

// assay-fetch is ready before it has anybody to serve: assayd may come later.
TEST_F(Service, FetchTellsHowItStands) {
  const std::string keys = file("fetch-keys.sock");
  FetchProcess fetch({.keys = keys, .environment = {"NOTIFY_SOCKET=" + manager_.path(), "WATCHDOG_USEC=200000"}});
  HttpsServer hanging({}, serving({.bytes = "", .manner = HttpReply::Manner::then_hang, .repeated = {}}));
  ASSERT_EQ(manager_.next(), "READY=1\nSTATUS=not connected to assayd, 0 fetches under way") << fetch.log();
  {
    const KeysPeer peer(keys);
    RawConnection connection = peer.accept();
    ASSERT_TRUE(connection.connected());
    EXPECT_EQ(manager_.next(), "STATUS=connected to assayd, 0 fetches under way");
    ASSERT_TRUE(connection.send(order_frame(1, {.url = hanging.url("/jwks"), .timeout_ms = 60'000, .allow_http = true})));
    EXPECT_EQ(manager_.next(), "STATUS=connected to assayd, 1 fetch under way") << fetch.log();
  }
  EXPECT_EQ(manager_.next(), "STATUS=not connected to assayd, 0 fetches under way") << fetch.log();
  EXPECT_TRUE(eventually([&] {
    EXPECT_THAT(manager_.all(), ElementsAre());
    return manager_.feedings() >= 3;
  }));
  EXPECT_EQ(fetch.stop(SIGTERM), 0);
  EXPECT_EQ(manager_.next(), "STOPPING=1");
}

}  // namespace
}  // namespace assay::tests
