// A thread accepts; each connection has a thread of its own with blocking reads and writes, which the destructor ends by shutting the sockets down. Slow, simple,
// and enough for tests. SIGPIPE is blocked in these threads: a client that goes away is what several tests are about.
#include "support/https_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "mint/openssl.h"

namespace assay::tests {
namespace {

using mint::Free;
using mint::require;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Free<SSL_free>>;

constexpr std::size_t kHeadBytesMax = 64 * 1024;

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y)); });
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  require(certificate != nullptr, "a certificate");
  return certificate;
}

TlsContext make_context(const HttpsServer::Options& options) {
  if (!options.identity) return nullptr;
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  require(context != nullptr, "a TLS context");
  if (options.tls_version_max != 0) {
    require(SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION) == 1 && SSL_CTX_set_max_proto_version(context.get(), options.tls_version_max) == 1, "a TLS version");
    require(SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0") == 1, "ciphers");  // or old versions are offered and then fail on their hashes
  }
  const Certificate certificate = read_certificate(options.identity->certificate);
  const Bio bio(BIO_new_mem_buf(options.identity->key.data(), static_cast<int>(options.identity->key.size())));
  const Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 && SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "a server certificate");
  if (!options.client_ca.empty()) {
    const Certificate client_ca = read_certificate(options.client_ca);
    require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), client_ca.get()) == 1, "a CA for clients");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

// Channel: one connection's octets, through TLS if there is any.
struct Channel {
  int descriptor = -1;
  SSL* tls = nullptr;

  long read(char* to, std::size_t bytes) const {
    return tls != nullptr ? SSL_read(tls, to, static_cast<int>(bytes)) : static_cast<long>(::recv(descriptor, to, bytes, 0));
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const long sent = tls != nullptr ? SSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) : static_cast<long>(::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // read_to_the_end(): until the client goes, or the server cuts the connection.
  void read_to_the_end() const {
    char octets[4096];
    while (read(octets, sizeof octets) > 0) {
    }
  }
};

std::optional<HttpRequest> read_request(const Channel& channel) {
  HttpRequest request;
  while (!request.head.ends_with("\r\n\r\n")) {
    char octet = 0;
    if (request.head.size() >= kHeadBytesMax || channel.read(&octet, 1) != 1) return std::nullopt;
    request.head += octet;
    if (!std::isupper(static_cast<unsigned char>(request.head[0]))) return std::nullopt;  // a TLS handshake, perhaps
  }
  const std::size_t method_end = request.head.find(' ');
  const std::size_t target_end = method_end == std::string::npos ? method_end : request.head.find(' ', method_end + 1);
  if (target_end == std::string::npos) return std::nullopt;
  request.method = request.head.substr(0, method_end);
  request.target = request.head.substr(method_end + 1, target_end - method_end - 1);
  return request;
}

int connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// tunnel(a, b): passes octets both ways until one side ends.
void tunnel(int a, int b) {
  for (;;) {
    pollfd both[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) return;
    for (const int i : {0, 1}) {
      if (both[i].revents == 0) continue;
      char octets[4096];
      const auto got = ::recv(both[i].fd, octets, sizeof octets, 0);
      if (got <= 0 || !Channel{both[1 - i].fd}.write({octets, static_cast<std::size_t>(got)})) return;
    }
  }
}

}  // namespace

class HttpsServer::Impl {
 public:
  Impl(Options options, Handler handler) : options_(std::move(options)), context_(make_context(options_)), handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // So that the next server of a test may have its port at once.
    const int reuse = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), bytes) != 0 || ::listen(listener_, 128) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
      throw std::runtime_error("cannot listen on the loopback");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    note([this] {
      stopping_ = true;
      for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
    });
    ::shutdown(listener_, SHUT_RDWR);  // ends accept(2) on Linux
    acceptor_.join();
    for (Server& server : servers_) server.thread.join();
    ::close(listener_);
  }

  bool has_tls() const { return options_.identity.has_value(); }
  std::uint16_t port() const { return port_; }
  void set_handler(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }
  void set_identity(Identity identity) {
    Options options = options_;
    options.identity = std::move(identity);
    TlsContext context = make_context(options);
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
  }
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  std::size_t open_connections() const {
    const std::lock_guard lock(mutex_);
    return open_.size() - tunnels_;
  }
  bool await(const std::function<bool()>& condition, std::chrono::milliseconds limit) const {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
      std::uint64_t seen = 0;
      {
        const std::lock_guard lock(mutex_);
        seen = changes_;
      }
      if (condition()) return true;  // without the lock: it asks this object
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, until, [&] { return changes_ != seen; })) return false;
    }
  }

 private:
  // Server: the thread of one connection.
  struct Server {
    std::thread thread;
    std::atomic<bool> done = false;
  };

  // note(change): changes what the methods above tell, and wakes who waits for it.
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    ++changes_;
    changed_.notify_all();
  }

  void accept_all() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // the threads below inherit it
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) return;
      bool stopping = false;
      note([&] {
        stopping = stopping_;
        if (stopping) return;
        ++connections_;
        open_.push_back(descriptor);
      });
      if (stopping) {
        ::close(descriptor);
        return;
      }
      // Those that are done go first: a test may make thousands of connections.
      servers_.remove_if([](Server& server) {
        if (server.done) server.thread.join();
        return !server.thread.joinable();
      });
      Server& server = servers_.emplace_back();
      server.thread = std::thread([this, &server, descriptor] {
        serve(descriptor);
        end(descriptor);
        server.done = true;
      });
    }
  }

  // end(descriptor): off the list first, so that the destructor never shuts down a number that is somebody else's by then.
  void end(int descriptor) {
    note([&] {
      open_.remove(descriptor);
      ::close(descriptor);
    });
  }

  void serve(int descriptor) {
    Tls tls;
    if (has_tls()) {
      tls.reset(new_tls());
      if (tls == nullptr || SSL_set_fd(tls.get(), descriptor) != 1 || SSL_accept(tls.get()) != 1) return;
    }
    const Channel channel{descriptor, tls.get()};
    const auto request = read_request(channel);
    if (!request) {
      channel.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      return;
    }
    Handler handler;
    note([&] {
      requests_.push_back(*request);
      handler = handler_;
    });
    if (send(channel, handler(*request)) && tls != nullptr) SSL_shutdown(tls.get());
  }

  // new_tls(): it keeps the context that it was made of.
  SSL* new_tls() const {
    const std::lock_guard lock(mutex_);
    return SSL_new(context_.get());
  }

  // send(channel, reply): whether the connection is to be closed in order.
  bool send(const Channel& channel, const HttpReply& reply) {
    switch (reply.manner) {
      case HttpReply::Manner::at_once: return channel.write(reply.bytes);
      case HttpReply::Manner::slowly:
        for (const char& octet : reply.bytes) {
          if (!channel.write({&octet, 1}) || !rest(reply.pace)) return false;
        }
        return true;
      case HttpReply::Manner::endless:
        if (!channel.write(reply.bytes)) return false;
        while (channel.write(reply.repeated)) {
        }
        return false;
      case HttpReply::Manner::then_hang:
        if (channel.write(reply.bytes)) channel.read_to_the_end();
        return false;
      case HttpReply::Manner::then_break: channel.write(reply.bytes); return false;
      case HttpReply::Manner::then_tunnel: return send_and_tunnel(channel, reply);
    }
    return false;
  }

  bool send_and_tunnel(const Channel& channel, const HttpReply& reply) {
    const int other = connect_to(reply.tunnel_port);
    if (other < 0) return false;
    note([&] {
      open_.push_back(other);
      ++tunnels_;
    });
    if (channel.write(reply.bytes)) tunnel(channel.descriptor, other);
    note([&] {
      open_.remove(other);
      --tunnels_;
      ::close(other);
    });
    return false;
  }

  // rest(pace): false if the server ends meanwhile.
  bool rest(std::chrono::milliseconds pace) const {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, pace, [this] { return stopping_; });
  }

  const Options options_;
  TlsContext context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Handler handler_;
  std::uint64_t changes_ = 0;
  std::vector<HttpRequest> requests_;
  std::size_t connections_ = 0;
  std::list<int> open_;
  std::size_t tunnels_ = 0;  // descriptors in open_ that lead onwards
  bool stopping_ = false;
  std::list<Server> servers_;  // of the acceptor, until it has ended
  std::thread acceptor_;
};

std::optional<std::string> HttpRequest::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !same_name(line.substr(0, colon), name)) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return std::string(value);
  }
  return std::nullopt;
}

HttpReply http_reply(std::string_view status, std::string_view body, std::string_view headers) {
  std::string bytes = "HTTP/1.1 ";
  bytes.append(status).append("\r\n").append(headers).append("Content-Length: ").append(std::to_string(body.size())).append("\r\nConnection: close\r\n\r\n").append(body);
  return {.bytes = std::move(bytes), .repeated = {}};
}

HttpReply json_reply(std::string_view body, std::string_view headers) { return http_reply("200 OK", body, "Content-Type: application/json\r\n" + std::string(headers)); }

HttpsServer::HttpsServer(Options options, Handler handler) : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
HttpsServer::~HttpsServer() = default;

std::uint16_t HttpsServer::port() const { return impl_->port(); }

std::string HttpsServer::url(std::string_view path, std::string_view host) const {
  return (impl_->has_tls() ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port()) + std::string(path);
}

void HttpsServer::set_handler(Handler handler) { impl_->set_handler(std::move(handler)); }
void HttpsServer::set_identity(Identity identity) { impl_->set_identity(std::move(identity)); }
std::vector<HttpRequest> HttpsServer::requests() const { return impl_->requests(); }
std::size_t HttpsServer::connections() const { return impl_->connections(); }
std::size_t HttpsServer::open_connections() const { return impl_->open_connections(); }

bool HttpsServer::await(const std::function<bool(const HttpsServer&)>& condition, std::chrono::milliseconds limit) const {
  return impl_->await([&] { return condition(*this); }, limit);
}

bool HttpsServer::await_requests(std::size_t count) const {
  return await([count](const HttpsServer& server) { return server.requests().size() >= count; });
}

bool HttpsServer::await_closed() const {
  return await([](const HttpsServer& server) { return server.open_connections() == 0; });
}

}  // namespace assay::tests
