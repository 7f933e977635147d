// Scrapes are few and short: a collector comes every few seconds, asks once and goes. So a connection is one exchange, which owns all that it needs; first it reads, then it writes, and its end
// is its destruction, out of its own callback. The time runs for the whole of it, so that neither octets that come one by one nor an answer that is never read can hold a place for long.
#include "server/metrics_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "loop/handles.h"

namespace assay::server {
namespace {

// head(status, bytes, more): of an answer whose body has so many bytes; more: header lines. HTTP/1.1 also answers 1.0 (RFC 9110 section 2.5).
std::string head(std::string_view status, std::size_t bytes = 0, std::string_view more = {}) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n", status, more, bytes);
}

// is_for_later(): whether the call that has just failed may do better when the loop says so.
bool is_for_later() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

// Exchange: a connection. After end() or drop() of the socket it is gone.
class MetricsSocket::Exchange {
 public:
  Exchange(MetricsSocket& socket, Incoming incoming)
      : socket_(socket),
        incoming_(std::move(incoming)),
        poll_(socket.main_, incoming_.descriptor.get(), loop::bind<&Exchange::on_ready>(this)),
        limit_(socket.main_, loop::bind<&Exchange::on_late>(this)) {
    poll_.start();
    limit(socket.parts_.exchange_ms);
  }

  std::uint32_t uid() const noexcept { return incoming_.peer.uid; }
  bool is_answering() const noexcept { return !answer_.empty(); }
  // limit(ms): it ends in so long.
  void limit(std::uint64_t ms) noexcept { limit_.start(ms); }

 private:
  void on_ready() noexcept { is_answering() ? write() : read(); }
  void on_late() noexcept { socket_.drop(*this); }
  void read();
  void write();

  MetricsSocket& socket_;
  const Incoming incoming_;
  std::array<char, limits::kHttpHeadBytesMax> head_;
  std::size_t head_bytes_ = 0;
  std::string answer_;
  std::size_t sent_ = 0;
  loop::Poll poll_;
  loop::Timer limit_;
};

// There is room in head_: when it is full, it has been answered.
void MetricsSocket::Exchange::read() {
  const ssize_t got = ::recv(incoming_.descriptor.get(), head_.data() + head_bytes_, head_.size() - head_bytes_, MSG_DONTWAIT);
  if (got < 0 && is_for_later()) return;
  if (got <= 0) return socket_.end(*this);
  head_bytes_ += static_cast<std::size_t>(got);
  answer_ = socket_.answer(read_http_request({head_.data(), head_bytes_}));
  if (is_answering()) write();
}

void MetricsSocket::Exchange::write() {
  const ssize_t sent = ::send(incoming_.descriptor.get(), answer_.data() + sent_, answer_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && !is_for_later()) return socket_.end(*this);
  sent_ += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  if (sent_ == answer_.size()) return socket_.end(*this);
  poll_.start_writable();
}

MetricsSocket::MetricsSocket(loop::Loop& main, MetricsSocketParts parts) : main_(main), parts_(parts) {}

MetricsSocket::~MetricsSocket() = default;

void MetricsSocket::adopt(Incoming incoming) noexcept {
  if (!draining_) exchanges_.push_back(std::make_unique<Exchange>(*this, std::move(incoming)));
}

// answer(request): all of it; empty if the request has not come whole.
// text(): young enough. Of a large configuration it takes a while, during which nobody is let in or deploys; so scrapes may not make it as often as they like.
const std::string& MetricsSocket::text() {
  const std::uint64_t now_ms = parts_.clock.boottime_ms();
  if (!rendered_at_ms_ || now_ms - *rendered_at_ms_ >= limits::kMetricsFreshMs) {
    text_ = parts_.source.metrics_text();
    rendered_at_ms_ = now_ms;
  }
  return text_;
}

std::string MetricsSocket::answer(HttpRequest request) {
  constexpr std::string_view kType = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
  switch (request) {
    case HttpRequest::unset: return {};
    case HttpRequest::get_metrics: {
      const std::string& body = text();
      return head("200 OK", body.size(), kType) + body;
    }
    case HttpRequest::head_metrics: return head("200 OK", text().size(), kType);
    case HttpRequest::bad_request: return head("400 Bad Request");
    case HttpRequest::not_found: return head("404 Not Found");
    case HttpRequest::method_not_allowed: return head("405 Method Not Allowed", 0, "Allow: GET, HEAD\r\n");
    case HttpRequest::head_too_large: return head("431 Request Header Fields Too Large");
    case HttpRequest::unknown_version: return head("505 HTTP Version Not Supported");
  }
  return {};
}

void MetricsSocket::end(const Exchange& exchange) {
  std::erase_if(exchanges_, [&exchange](const auto& one) { return one.get() == &exchange; });
  if (drained()) parts_.drained();
}

void MetricsSocket::drop(const Exchange& exchange) {
  if (const std::uint64_t events = slow_log_.count(parts_.clock.boottime_ms()); events != 0) {
    parts_.log.info("{} connections to the metrics socket dropped: slow; the latest of uid {}", events, exchange.uid());
  }
  end(exchange);
}

void MetricsSocket::drain() noexcept {
  draining_ = true;
  std::erase_if(exchanges_, [](const auto& one) { return !one->is_answering(); });
  for (const auto& exchange : exchanges_) exchange->limit(limits::kDrainUnreadMs);
}

}  // namespace assay::server
