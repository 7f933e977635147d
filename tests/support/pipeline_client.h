// A client that keeps several requests under way, as asynchronous fronts will: libassay's protocol core over a plain socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/core.h"
#include "support/daemon_process.h"

namespace assay::tests {

class PipelineClient {
 public:
  PipelineClient(const std::string& socket, std::uint64_t first_id) : connection_(socket), core_(core::kDataLimits, first_id) {}

  bool connected() const { return connection_.connected(); }
  core::Core& core() { return core_; }

  // flush(): sends what the core has to send.
  bool flush() {
    const auto output = core_.output();
    if (!connection_.send({reinterpret_cast<const char*>(output.data()), output.size()})) return false;
    core_.sent(output.size());
    return true;
  }
  // next(): the next response in whatever order they come; nothing if the connection ends or the time is up.
  std::optional<core::Response> next(std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      if (auto response = core_.take_any()) return response;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return std::nullopt;
      const auto bytes = connection_.receive(65536, left);
      if (!bytes) return std::nullopt;
      if (bytes->empty()) {
        core_.closed(0);
        return core_.take_any();
      }
      core_.received(std::as_bytes(std::span(*bytes)));
    }
  }

 private:
  RawConnection connection_;
  core::Core core_;
};

}  // namespace assay::tests
