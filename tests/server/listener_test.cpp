#include "server/listener.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "server/fixture.h"
#include "server/peer.h"

namespace assay::server {
namespace {

using test::Peer;
using test::SocketFolder;

bool exists(const std::string& path) {
  struct stat file {};
  return ::lstat(path.c_str(), &file) == 0;
}

// connect_to(path): a peer, or none.
std::optional<Peer> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  Fd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(descriptor.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
  return Peer(std::move(descriptor));
}

std::string what(const base::Result<ListeningSocket>& result) { return result ? "" : result.error().what; }

TEST(ListeningSocket, HasTheModeItIsAskedForWhateverTheUmask) {
  const SocketFolder folder;
  for (const mode_t umask : {0U, 022U, 077U, 0777U}) {
    const mode_t before = ::umask(umask);
    const auto socket = ListeningSocket::bind(folder.file("s"), 0660);
    ::umask(before);
    ASSERT_TRUE(socket) << what(socket);
    struct stat file {};
    ASSERT_EQ(::stat(folder.file("s").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0660U);
  }
}

TEST(ListeningSocket, RemovesItsFileAtTheEnd) {
  const SocketFolder folder;
  {
    auto socket = ListeningSocket::bind(folder.file("s"), 0600);
    ASSERT_TRUE(socket) << what(socket);
    const ListeningSocket moved(std::move(*socket));
    EXPECT_TRUE(exists(folder.file("s")));
  }
  EXPECT_FALSE(exists(folder.file("s")));
}

TEST(ListeningSocket, ReplacesAFileOnWhichNobodyListens) {
  const SocketFolder folder;
  std::filesystem::path stale = folder.file("s");
  {
    const auto first = ListeningSocket::bind(folder.file("kept"), 0600);
    ASSERT_TRUE(first);
    std::filesystem::create_hard_link(folder.file("kept"), stale);
  }
  ASSERT_TRUE(exists(stale));
  const auto second = ListeningSocket::bind(stale, 0600);
  EXPECT_TRUE(second) << what(second);
  EXPECT_TRUE(connect_to(stale).has_value());
}

TEST(ListeningSocket, LeavesAFileOnWhichSomebodyListens) {
  const SocketFolder folder;
  const auto first = ListeningSocket::bind(folder.file("s"), 0600);
  ASSERT_TRUE(first);
  const auto second = ListeningSocket::bind(folder.file("s"), 0600);
  EXPECT_NE(what(second).find("already in use"), std::string::npos) << what(second);
  EXPECT_TRUE(connect_to(folder.file("s")).has_value());
}

TEST(ListeningSocket, RemovesNothingButSockets) {
  const SocketFolder folder;
  std::ofstream(folder.file("file")) << "precious";
  std::filesystem::create_directory(folder.file("folder"));
  std::filesystem::create_symlink(folder.file("nowhere"), folder.file("link"));
  for (const std::string name : {"file", "folder", "link"}) {
    const auto socket = ListeningSocket::bind(folder.file(name), 0600);
    EXPECT_NE(what(socket).find("no socket"), std::string::npos) << name << what(socket);
    EXPECT_TRUE(exists(folder.file(name))) << name;
  }
}

TEST(ListeningSocket, LeavesAFileThatHasTakenItsPlace) {
  const SocketFolder folder;
  auto other = ListeningSocket::bind(folder.file("other"), 0600);
  ASSERT_TRUE(other);
  {
    const auto socket = ListeningSocket::bind(folder.file("s"), 0600);
    ASSERT_TRUE(socket);
    std::filesystem::rename(folder.file("other"), folder.file("s"));
  }
  EXPECT_TRUE(exists(folder.file("s")));
}

TEST(ListeningSocket, RefusesPathsThatNoSocketCanHave) {
  EXPECT_FALSE(ListeningSocket::bind("", 0600));
  EXPECT_FALSE(ListeningSocket::bind(std::string(108, 'x'), 0600));
  EXPECT_FALSE(ListeningSocket::bind("/nonexistent/folder/s", 0600));
}

TEST(ListeningSocket, InheritsOnlyAUnixSocketThatListens) {
  const SocketFolder folder;
  EXPECT_FALSE(ListeningSocket::inherit(Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))));
  // One of packets listens as well, and a file is no socket at all.
  const Fd packets(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un nameless{};
  nameless.sun_family = AF_UNIX;
  ASSERT_EQ(::bind(packets.get(), reinterpret_cast<const sockaddr*>(&nameless), sizeof(sa_family_t)), 0);
  ASSERT_EQ(::listen(packets.get(), 1), 0);
  EXPECT_NE(what(ListeningSocket::inherit(Fd(::dup(packets.get())))).find("no stream socket"), std::string::npos);
  EXPECT_FALSE(ListeningSocket::inherit(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))));
  auto bound = ListeningSocket::bind(folder.file("s"), 0600);
  ASSERT_TRUE(bound);
  {
    const auto inherited = ListeningSocket::inherit(Fd(::dup(bound->descriptor())));
    EXPECT_TRUE(inherited) << what(inherited);
  }
  EXPECT_TRUE(exists(folder.file("s")));
}

class ListenerTest : public testing::Test, public ConnectionSink {
 protected:
  ListenerTest() {
    auto socket = ListeningSocket::bind(folder.file("s"), 0600);
    EXPECT_TRUE(socket) << what(socket);
    listener.emplace(loop, std::move(*socket), ListenerParts{.name = "test socket", .quota = quota, .sink = *this, .clock = clock, .log = log});
  }
  void adopt(Incoming incoming) noexcept override { adopted.push_back(std::move(incoming)); }

  SocketFolder folder;
  test::FakeClock clock;
  test::RecordingLog log;
  ConnectionQuota quota{2, 2};
  std::vector<Incoming> adopted;
  loop::Loop loop;
  std::optional<Listener> listener;
};

TEST_F(ListenerTest, HandsOverConnectionsWithTheirPeers) {
  const auto peer = connect_to(folder.file("s"));
  ASSERT_TRUE(peer);
  loop.turn();
  ASSERT_EQ(adopted.size(), 1U);
  EXPECT_EQ(adopted[0].peer.uid, ::geteuid());
  EXPECT_EQ(adopted[0].peer.gid, ::getegid());
  EXPECT_EQ(quota.connections(), 1U);
}

TEST_F(ListenerTest, SaysSoClosesAndCountsOverTheLimit) {
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(*connect_to(folder.file("s")));
  loop.turn();
  EXPECT_EQ(adopted.size(), 2U);
  EXPECT_EQ(listener->refused(), 3U);
  for (std::size_t i = 2; i < 5; ++i) {
    const auto answer = peers[i].answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error(), wire::ErrorCode::too_many_connections);
    EXPECT_EQ(answer->id(), 0U);
    EXPECT_TRUE(peers[i].ended());
  }
  EXPECT_EQ(log.count("too many connections"), 1U) << log.all();  // one line, not three
  clock.advance(limits::kPeerLogMs);
  peers.push_back(*connect_to(folder.file("s")));
  loop.turn();
  EXPECT_EQ(log.count("3 refused since"), 1U) << log.all();
  const std::string uid = std::to_string(::getuid());
  EXPECT_EQ(log.events("connections_refused").back(), "connections_refused SOCKET=test socket COUNT=3 UID=" + uid + " REASON=too many connections");
  adopted.clear();
  peers.push_back(*connect_to(folder.file("s")));
  loop.turn();
  EXPECT_EQ(adopted.size(), 1U);
}

// A socket of another protocol says it in its own.
TEST_F(ListenerTest, SaysItInTheWordsThatItWasGiven) {
  auto other = ListeningSocket::bind(folder.file("other"), 0600);
  ASSERT_TRUE(other) << what(other);
  ConnectionQuota none(0, 0);
  const Listener of_other(loop, std::move(*other), ListenerParts{.name = "other socket", .too_many = "no room", .quota = none, .sink = *this, .clock = clock, .log = log});
  const auto peer = connect_to(folder.file("other"));
  ASSERT_TRUE(peer);
  loop.turn();
  EXPECT_EQ(base::as_text(peer->receive()), "no room");
  EXPECT_TRUE(peer->receive().empty());
  EXPECT_EQ(of_other.refused(), 1U);
}

TEST_F(ListenerTest, RestsWhenDescriptorsRunOut) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "skipped: the undefined behaviour sanitizer opens a pipe to look at an object, and takes a failure for a bad object";
#endif
  const auto peer = connect_to(folder.file("s"));
  ASSERT_TRUE(peer);
  std::vector<Fd> all;
  for (;;) {
    Fd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one) break;
    all.push_back(std::move(one));
    if (all.size() > 100'000) GTEST_SKIP() << "no limit on descriptors here";
  }
  for (int i = 0; i < 50; ++i) loop.turn();
  EXPECT_EQ(log.count("resting"), 1U) << log.all();
  EXPECT_EQ(log.events("accept_failed").size(), 1U);
  EXPECT_TRUE(adopted.empty());
  all.clear();
  EXPECT_TRUE(test::eventually([this] {
    loop.turn();
    return adopted.size() == 1;
  }));
}

// unix(7): SO_PEERCRED, SO_PEERGROUPS.
TEST(Peer, IsWhoTheKernelSays) {
  auto [ours, theirs] = test::socket_pair();
  const auto peer = read_peer(ours.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->gid, ::getegid());
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  ASSERT_GE(::getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  std::ranges::sort(groups);
  std::vector<std::uint32_t> read = peer->groups;
  std::ranges::sort(read);
  EXPECT_TRUE(std::ranges::equal(read, groups));
}

TEST(Peer, IsNobodyWithoutASocket) {
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(read_peer(file.get()));
}

}  // namespace
}  // namespace assay::server
