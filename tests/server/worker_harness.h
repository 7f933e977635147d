// A worker in this process, with peers at the other ends of socket pairs.
#pragma once

#include <signal.h>

#include <memory>
#include <utility>

#include "server/fixture.h"
#include "server/worker.h"

namespace assay::test {

inline std::string_view kVersion = "1.2.3";

class WorkerHarness {
 public:
  explicit WorkerHarness(std::shared_ptr<const snapshot::Snapshot> snapshot = snapshot_of(document()), std::unique_ptr<crypto::Engine> engine = crypto::make_reference_engine(),
                         base::LogLevel level = base::LogLevel::debug, std::uint64_t sweep_ms = 5, verdict::TokenCache* token_cache = nullptr, std::uint64_t drain_ms = server::limits::kDrainMs)
      : log(level) {
    ::signal(SIGPIPE, SIG_IGN);
    worker_ = std::make_unique<server::Worker>(0, server::WorkerParts{.clock = clock, .log = log, .hash_key = {1, 2}, .version = kVersion, .engine = std::move(engine), .token_cache = token_cache, .tally = tally,
                                                                      .snapshot = std::move(snapshot), .bin = bin, .wake = wake_, .sweep_ms = sweep_ms, .drain_ms = drain_ms});
  }
  server::Worker& worker() { return *worker_; }
  // end(): the worker's destructor, which drains and joins.
  void end() { worker_.reset(); }

  Peer connect(int type = SOCK_STREAM, snapshot::PeerIdentity identity = {.uid = 7, .gid = 7, .groups = {}}) {
    auto [descriptor, peer] = socket_pair(type);
    auto charge = quota.charge(identity.uid);
    EXPECT_TRUE(charge.has_value());
    worker_->adopt({.charge = std::move(*charge), .descriptor = std::move(descriptor), .peer = std::move(identity)});
    return std::move(peer);
  }
  // ask(peer, frame): one answer for one request.
  Answer ask(Peer& peer, const Frame& frame) {
    EXPECT_TRUE(peer.send(frame));
    auto answer = peer.answer();
    EXPECT_TRUE(answer.has_value());
    return answer ? std::move(*answer) : Answer(Frame());
  }

  FakeClock clock;
  RecordingLog log;
  CountingBin bin;
  server::VerdictTally tally{1};
  server::ConnectionQuota quota{1000, 1000};

 private:
  loop::Loop main_;
  loop::Async wake_{main_, {}};
  std::unique_ptr<server::Worker> worker_;
};

}  // namespace assay::test
