// The metrics socket's connections: HTTP, one request and one answer each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/callback.h"
#include "loop/loop.h"
#include "server/http_request.h"
#include "server/limits.h"
#include "server/listener.h"
#include "server/log_limiter.h"
#include "server/metrics_source.h"

namespace assay::server {

// MetricsSocketParts: references outlive the socket.
struct MetricsSocketParts {
  const base::Clock& clock;
  base::Log& log;
  const MetricsSource& source;
  loop::Callback drained;  // called after drain(), when the last connection has gone; not if there was none
  std::uint64_t exchange_ms = limits::kMetricsExchangeMs;
};

// MetricsSocket: a resource of the main loop's thread. A connection is closed after its answer, or when it has not been taken in time; it holds one head and one answer at the most. The text
// is rendered once in kMetricsFreshMs, however many ask.
class MetricsSocket final : public ConnectionSink {
 public:
  // kTooMany: what the listener sends to connections over the limit.
  static constexpr std::string_view kTooMany = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

  MetricsSocket(loop::Loop& main, MetricsSocketParts parts);
  ~MetricsSocket() override;
  MetricsSocket(const MetricsSocket&) = delete;
  MetricsSocket& operator=(const MetricsSocket&) = delete;

  void adopt(Incoming incoming) noexcept override;
  // drain(): none is adopted afterwards; answers that have been begun are sent, for kDrainUnreadMs at the most; all other connections are closed now.
  void drain() noexcept;
  bool drained() const noexcept { return draining_ && exchanges_.empty(); }

 private:
  class Exchange;
  std::string answer(HttpRequest request);
  const std::string& text();
  void end(const Exchange& exchange);
  void drop(const Exchange& exchange);

  loop::Loop& main_;
  const MetricsSocketParts parts_;
  LogLimiter slow_log_;
  bool draining_ = false;
  std::string text_;  // as rendered last
  std::optional<std::uint64_t> rendered_at_ms_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // no more than there are connections
};

}  // namespace assay::server
