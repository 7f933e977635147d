// A small HTTP server for tests, with TLS or without, on the loopback: it does what a test tells it to, good manners and bad. HTTP/1.1, one request a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/test_ca.h"

namespace assay::tests {

// HttpRequest: as it came.
struct HttpRequest {
  std::string head;  // with the empty line that ends it
  std::string method;
  std::string target;
  // header(name): its value without the blanks around it; nothing if it is not there. Names compare without case.
  std::optional<std::string> header(std::string_view name) const;
};

// HttpReply: octets, and how they are sent. Then the connection is closed (with TLS's close_notify), unless the manner says otherwise.
struct HttpReply {
  enum class Manner : std::uint8_t {
    at_once,
    slowly,       // octet by octet, with the pace between them
    endless,      // and then `repeated` again and again, until the client goes
    then_hang,    // and then nothing more; the connection stays open until the client goes or the server ends
    then_break,   // and then the connection is cut, without close_notify
    then_tunnel,  // and then, without TLS, octets are passed both ways between the client and tunnel_port of 127.0.0.1: a proxy's CONNECT
  };
  std::string bytes;
  Manner manner = Manner::at_once;
  std::chrono::milliseconds pace{1};
  std::string repeated = "0123456789abcdef";
  std::uint16_t tunnel_port = 0;
};

// http_reply(status, body, headers): status such as "200 OK"; headers are whole lines, each with its "\r\n". Content-Length is put in.
HttpReply http_reply(std::string_view status, std::string_view body, std::string_view headers = {});
// json_reply(body, headers): 200 with Content-Type application/json.
HttpReply json_reply(std::string_view body, std::string_view headers = {});

// HttpsServer: runs from its constructor to its destructor, which ends every connection. Its methods are thread-safe.
class HttpsServer {
 public:
  // Handler: called on threads of the server, one for each connection.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  struct Options {
    std::optional<Identity> identity;  // none: plain HTTP
    std::string client_ca;             // PEM; if not empty, only clients with a certificate of this CA are served
    int tls_version_max = 0;           // such as TLS1_1_VERSION of OpenSSL; 0: the newest
    std::uint16_t port = 0;            // 0: any that is free
  };

  HttpsServer(Options options, Handler handler);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  std::uint16_t port() const;
  // url(path, host): path with its slash.
  std::string url(std::string_view path, std::string_view host = "127.0.0.1") const;
  // set_handler(handler): for requests from now on.
  void set_handler(Handler handler);
  // set_identity(identity): another certificate, for connections from now on. For a server with TLS.
  void set_identity(Identity identity);

  // requests(): so far, in the order in which they were whole. connections(): how many have been accepted, TLS or not. open_connections(): of these, those that have not ended.
  std::vector<HttpRequest> requests() const;
  std::size_t connections() const;
  std::size_t open_connections() const;
  // await(condition, limit): whether it came true; looked at whenever one of the above changes.
  bool await(const std::function<bool(const HttpsServer&)>& condition, std::chrono::milliseconds limit = std::chrono::seconds(30)) const;
  // await_requests(count), await_closed(): at least so many requests; no open connection.
  bool await_requests(std::size_t count) const;
  bool await_closed() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::tests
