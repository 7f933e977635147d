// What the tests of the asynchronous clients share.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "assay/async_client.h"
#include "client/fake_daemon.h"

namespace assay::test {

inline const ValidationRequest kOrders{"orders", {"orders.read"}, {"/tenant"}};

// Long enough for the slowest machine: nothing waits so long when all is well.
inline constexpr std::chrono::seconds kPatience{60};

inline AsyncOptions patient() { return {.client = {.timeout_ms = 60'000, .connect_timeout_ms = 10'000, .backoff_ms_min = 2, .backoff_ms_max = 20}}; }

inline AsyncOptions hasty(std::uint32_t timeout_ms) { return {.client = {.timeout_ms = timeout_ms, .connect_timeout_ms = 0, .backoff_ms_min = 1, .backoff_ms_max = 5}}; }

class AsyncTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("data.sock"); }
  TemporaryFolder folder_;
  Seen seen_;
};

// ids_in(bytes): of whole frames that follow each other; empty if there is anything else.
inline std::vector<std::uint64_t> ids_in(const Bytes& bytes) {
  std::vector<std::uint64_t> ids;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint32_t length = 0;
    if (bytes.size() - at < 4) return {};
    std::memcpy(&length, bytes.data() + at, 4);
    if (bytes.size() - at < 4 + std::size_t{length}) return {};
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const Bytes frame(begin, begin + 4 + static_cast<std::ptrdiff_t>(length));
    const wire::Envelope* envelope = envelope_of(frame);
    if (envelope == nullptr) return {};
    ids.push_back(envelope->id());
    at += frame.size();
  }
  return ids;
}

}  // namespace assay::test
