// What the server's tests stand on: a clock and a log of their own, sockets with a peer at the other end, an engine that waits for permission.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/engine.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "server/connection.h"
#include "server/fd.h"
#include "server/ledger.h"
#include "server/frames.h"
#include "server/snapshot_bin.h"
#include "support/policy.h"

namespace assay::test {

using tests::NoIdentities;
using tests::snapshot_of;

// FakeClock: stands still unless told otherwise; real time is the host's, since tokens are minted by it.
class FakeClock final : public base::Clock {
 public:
  std::int64_t realtime_s() const noexcept override { return std::time(nullptr); }
  std::uint64_t boottime_us() const noexcept override { return now_us_.fetch_add(step_us_.load()); }
  void advance(std::uint64_t ms) { now_us_ += ms * 1000; }
  void advance_us(std::uint64_t us) { now_us_ += us; }
  // step(ms): from now on each reading moves the clock by so much.
  void step(std::uint64_t ms) { step_us_ = ms * 1000; }

 private:
  mutable std::atomic<std::uint64_t> now_us_{1'000'000'000};
  std::atomic<std::uint64_t> step_us_{0};
};

class RecordingLog final : public base::Log {
 public:
  explicit RecordingLog(base::LogLevel level = base::LogLevel::debug) : level_(level) {}
  bool enabled(base::LogLevel level) const noexcept override { return level >= level_; }
  void write(base::LogLevel, base::Event event, std::span<const base::LogField> fields, std::string_view line) noexcept override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(line);
    if (event == base::Event::none) return;
    std::string text(base::info_of(event).name);
    for (const base::LogField& field : fields) text += fmt::format(" {}={}", field.name(), field.value());
    events_.push_back(std::move(text));
  }
  // count(text): lines that hold it.
  std::size_t count(std::string_view text) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(lines_, [text](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
  // events(name): those of this name with their fields, such as "keys_fetched URL=https://id OAUTH_SERVER=corp".
  std::vector<std::string> events(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> found;
    std::ranges::copy_if(events_, std::back_inserter(found), [name](const std::string& event) { return std::string_view(event).substr(0, event.find(' ')) == name; });
    return found;
  }
  std::string all() const {
    const std::scoped_lock lock(mutex_);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  const base::LogLevel level_;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<std::string> events_;
};

// CountingBin: drops snapshots where it is called.
class CountingBin final : public server::SnapshotBin {
 public:
  void retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept override {
    if (snapshot != nullptr) ++retired_;
  }
  int retired() const { return retired_; }

 private:
  std::atomic<int> retired_{0};
};

// eventually(condition): waits for something that another thread does; false after 20 s, which no test should need.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Peer: the client's end of a socket. Blocking, with a time limit.
class Peer {
 public:
  explicit Peer(server::Fd descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }
  bool send(const Frame& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t now = ::send(descriptor_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now < 0) return false;
      sent += static_cast<std::size_t>(now);
    }
    return true;
  }
  // send_some(bytes): what the socket takes without waiting.
  std::size_t send_some(std::span<const std::byte> bytes) const {
    const ssize_t sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void end_output() const { ::shutdown(descriptor_.get(), SHUT_WR); }
  void close() { descriptor_ = server::Fd(); }

  // readable(timeout_ms): whether bytes or the end have come.
  bool readable(int timeout_ms) const {
    pollfd asked{descriptor_.get(), POLLIN, 0};
    return ::poll(&asked, 1, timeout_ms) == 1;
  }
  // receive(): what one recv brings; empty at the end of the stream or after 20 s.
  Frame receive() const {
    if (!readable(20'000)) {
      ADD_FAILURE() << "nothing came";
      return {};
    }
    Frame bytes(256 * 1024);
    const ssize_t got = ::recv(descriptor_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
  // answer(): the next whole frame; nothing at the end of the stream.
  std::optional<Answer> answer() {
    for (;;) {
      if (rest_.size() >= 4) {
        std::uint32_t length = 0;
        std::memcpy(&length, rest_.data(), 4);
        if (rest_.size() >= length + 4U) {
          Frame frame(rest_.begin(), rest_.begin() + length + 4);
          rest_.erase(rest_.begin(), rest_.begin() + length + 4);
          return Answer(std::move(frame));
        }
      }
      const Frame more = receive();
      if (more.empty()) return std::nullopt;
      rest_ = std::move(rest_) + more;
    }
  }
  // ended(): whether the stream is at its end.
  bool ended() { return rest_.empty() && receive().empty(); }

 private:
  server::Fd descriptor_;
  Frame rest_;
};

// socket_pair(type): the server's descriptor and the peer. SOCK_SEQPACKET keeps the boundaries of writes, so that a test can count them.
inline std::pair<server::Fd, Peer> socket_pair(int type = SOCK_STREAM) {
  int descriptors[2];
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, descriptors), 0);
  return {server::Fd(descriptors[0]), Peer(server::Fd(descriptors[1]))};
}

// GatedEngine: verifies nothing and finds everything valid, but only while its gate is open; remembers the order of what it was asked.
class GatedEngine final : public crypto::Engine {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = true;
    int waiting = 0;
    std::vector<std::string> messages;

    void set(bool now_open) {
      const std::scoped_lock lock(mutex);
      open = now_open;
      changed.notify_all();
    }
    bool somebody_waits() {
      const std::scoped_lock lock(mutex);
      return waiting > 0;
    }
    std::vector<std::string> asked() {
      const std::scoped_lock lock(mutex);
      return messages;
    }
  };
  explicit GatedEngine(std::shared_ptr<Gate> gate, std::uint64_t cost_ns = 100'000) : gate_(std::move(gate)), cost_ns_(cost_ns) {}  // five to a batch
  std::string_view name() const noexcept override { return "gated"; }
  std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return cost_ns_; }

 private:
  void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override {
    std::unique_lock lock(gate_->mutex);
    for (const auto& check : checks) gate_->messages.emplace_back(base::as_text(check.message));
    ++gate_->waiting;
    gate_->changed.wait(lock, [this] { return gate_->open; });
    --gate_->waiting;
    std::ranges::fill(results, crypto::SignatureResult::valid);
  }
  std::shared_ptr<Gate> gate_;
  const std::uint64_t cost_ns_;
};

inline constexpr std::uint64_t kInstance = 0x1122334455667788;

// ledger_of(document, ...): a ledger that was started with this document, which must be good. store: null keeps nothing.
inline std::unique_ptr<server::Ledger> ledger_of(const std::string& text, const base::Clock& clock, base::Log& log, const snapshot::Identities& identities,
                                                 std::size_t workers = 1, std::unique_ptr<store::Store> store = nullptr) {
  auto ledger = std::make_unique<server::Ledger>(server::LedgerParts{.identities = identities,
                                                                     .clock = clock,
                                                                     .log = log,
                                                                     .workers = workers,
                                                                     .draw_instance = [next = kInstance]() mutable { return next++; },
                                                                     .store = std::move(store),
                                                                     .state_dir = {}});
  const auto started = ledger->start(server::ConfigurationFile{"assayd.json", text});
  EXPECT_TRUE(started.has_value()) << tests::list(started.error());
  return ledger;
}

// orders(): an API service whose OAuth server has one Ed25519 key; made once.
inline const mint::Service& orders() {
  static const mint::Service service = [] {
    mint::Service made{.api_service = "orders", .oauth_server = "corp", .issuer = "https://id.example.com", .audience = "https://orders.example.com",
                       .algorithms = {}, .required_scope = {}, .max_token_age_s = {}, .rule_claim = {}, .rule_values = {}, .keys = {}};
    made.keys.push_back(mint::Key::generate("EdDSA"));
    return made;
  }();
  return service;
}

inline const std::string& document() {
  static const std::string text = mint::configuration({orders()});
  return text;
}

inline std::string good_token() { return orders().good_token("EdDSA", std::time(nullptr)); }

// SocketFolder: a temporary folder for socket files.
class SocketFolder {
 public:
  SocketFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace assay::test
