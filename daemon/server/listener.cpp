// Binding is the delicate part: a stale file of a daemon that was killed must not keep the next one from starting, yet the file of one that runs must never be taken.
// So a connection is tried first, and only ECONNREFUSED, which nothing but a socket without a listener gives, allows the removal. Between bind and listen
// the file refuses every connection by itself; its mode is set there, so that it is never open wider than asked, whatever the umask.
#include "server/listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "loop/callback.h"
#include "server/limits.h"
#include "server/peer.h"
#include "server/reply.h"

namespace assay::server {
namespace {

std::unexpected<base::Failure> fail(const std::string& path, std::string_view what, int error = 0) {
  std::string text = path + ": " + std::string(what);
  if (error != 0) text += std::string(": ") + std::strerror(error);
  return base::fail(std::move(text));
}

base::Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos) {
    return fail(path, "a socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd make_socket() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

// lock_folder(path): of the file at path, held until it is closed, so that of two daemons that start at once only one looks, removes and binds at a time: a socket that
// is bound and does not listen yet looks stale. Whoever can open the folder can hold the lock, so nobody waits for it longer than a start takes.
base::Result<Fd> lock_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Fd descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return fail(path, "cannot open its folder", errno);
  for (int i = 0; i < limits::kFolderLockTries && ::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(path, "cannot lock its folder", errno);
    ::usleep(limits::kFolderLockPauseUs);
  }
  return descriptor;
}

// clear_stale(path, address): makes sure that nothing stands at path.
base::Result<bool> clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return errno == ENOENT ? base::Result<bool>(false) : fail(path, "cannot look at it", errno);
  if (!S_ISSOCK(file.st_mode)) return fail(path, "is there and is no socket");
  const Fd probe = make_socket();
  if (!probe) return fail(path, "socket", errno);
  // EAGAIN: somebody listens, and his queue is full.
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN) return fail(path, "already in use");
  if (errno != ECONNREFUSED) return fail(path, "cannot tell whether it is in use", errno);
  if (::unlink(path.c_str()) != 0) return fail(path, "cannot remove the stale socket", errno);
  return true;
}

}  // namespace

base::Result<ListeningSocket> ListeningSocket::bind(const std::string& path, mode_t mode, std::optional<gid_t> gid) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  const auto lock = lock_folder(path);
  if (!lock) return std::unexpected(lock.error());
  if (const auto cleared = clear_stale(path, *address); !cleared) return std::unexpected(cleared.error());
  Fd descriptor = make_socket();
  if (!descriptor) return fail(path, "socket", errno);
  if (::bind(descriptor.get(), generic(*address), sizeof *address) != 0) return fail(path, errno == EADDRINUSE ? "already in use" : "bind", errno == EADDRINUSE ? 0 : errno);
  ListeningSocket socket(std::move(descriptor), path);
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return fail(path, "cannot look at it", errno);
  socket.device_ = file.st_dev;
  socket.inode_ = file.st_ino;
  if (gid && ::lchown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) return fail(path, "chown", errno);
  if (::chmod(path.c_str(), mode) != 0) return fail(path, "chmod", errno);
  if (::listen(socket.descriptor(), limits::kListenBacklog) != 0) return fail(path, "listen", errno);
  return socket;
}

base::Result<ListeningSocket> ListeningSocket::inherit(Fd descriptor) {
  int listens = 0;
  int domain = 0;
  int type = 0;
  socklen_t bytes = sizeof listens;
  if (::getsockopt(descriptor.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) != 0 || listens == 0) return base::fail("the inherited descriptor does not listen");
  bytes = sizeof domain;
  if (::getsockopt(descriptor.get(), SOL_SOCKET, SO_DOMAIN, &domain, &bytes) != 0 || domain != AF_UNIX) return base::fail("the inherited descriptor is no Unix socket");
  bytes = sizeof type;
  if (::getsockopt(descriptor.get(), SOL_SOCKET, SO_TYPE, &type, &bytes) != 0 || type != SOCK_STREAM) return base::fail("the inherited descriptor is no stream socket");
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || ::fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) != 0) return base::fail(std::string("O_NONBLOCK: ") + std::strerror(errno));
  return ListeningSocket(std::move(descriptor), {});
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

ListeningSocket::~ListeningSocket() {
  struct stat file {};
  if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
  if (S_ISSOCK(file.st_mode) && file.st_dev == device_ && file.st_ino == inode_) ::unlink(path_.c_str());
}

Listener::Listener(loop::Loop& main, ListeningSocket socket, ListenerParts parts)
    : parts_(parts),
      refusal_(parts.too_many.empty() ? base::as_text(ReplyEncoder(limits::kDataFrameBytesMax).error(0, ErrorCode::too_many_connections)) : parts.too_many),
      socket_(std::move(socket)),
      poll_(main, socket_.descriptor(), loop::bind<&Listener::on_readable>(this)),
      rest_(main, loop::bind<&Listener::on_rested>(this)) {
  poll_.start();
}

void Listener::on_readable() noexcept {
  for (std::size_t i = 0; i < limits::kAcceptsPerTurnMax; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  Fd descriptor(::accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (descriptor) {
    welcome(std::move(descriptor));
    return true;
  }
  if (errno == EINTR || errno == ECONNABORTED) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) rest(errno);
  return false;
}

void Listener::welcome(Fd descriptor) {
  auto peer = read_peer(descriptor.get());
  if (!peer) {
    refused_.add();
    if (const std::uint64_t events = nobody_log_.count(parts_.clock.boottime_ms()); events != 0) {
      parts_.log.event(base::Event::connections_refused, {{"SOCKET", parts_.name}, {"COUNT", events}, {"REASON", peer.error().what}}, "{}: a connection is refused: {}", parts_.name,
                       peer.error().what);
    }
    return;
  }
  auto charge = parts_.quota.charge(peer->uid);
  if (!charge) return refuse(descriptor, peer->uid);
  parts_.sink.adopt({.charge = std::move(*charge), .descriptor = std::move(descriptor), .peer = std::move(*peer)});
}

void Listener::refuse(const Fd& descriptor, std::uint32_t uid) {
  refused_.add();
  // A fresh socket takes so small a frame whole; if not, the peer sees the end alone.
  [[maybe_unused]] const ssize_t sent = ::send(descriptor.get(), refusal_.data(), refusal_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (const std::uint64_t events = too_many_log_.count(parts_.clock.boottime_ms()); events != 0) {
    parts_.log.event(base::Event::connections_refused, {{"SOCKET", parts_.name}, {"COUNT", events}, {"UID", uid}, {"REASON", "too many connections"}},
                     "{}: too many connections: {} refused since the last such line, the latest of uid {}", parts_.name, events, uid);
  }
}

// rest(error): EMFILE, ENFILE, ENOBUFS, ENOMEM and whatever else accept(2) may say: the connection stays in the queue, so the descriptor stays readable.
void Listener::rest(int error) {
  const std::string_view reason = std::strerror(error);
  parts_.log.event(base::Event::accept_failed, {{"SOCKET", parts_.name}, {"REASON", reason}}, "{}: accept: {}; resting for {} ms", parts_.name, reason, limits::kAcceptPauseMs);
  poll_.stop();
  rest_.start(limits::kAcceptPauseMs);
}

void Listener::on_rested() noexcept { poll_.start(); }

}  // namespace assay::server
