// Limits of the server alone; those that other modules share stand in base/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace assay::server::limits {

using namespace base::limits;

// --- Buffers of a worker. A small one takes most requests whole: 64 tokens of 1 KiB, or one of the largest with room to spare. ---
inline constexpr std::size_t kSmallBufferBytes = 64 * 1024;
// Free buffers that a pool keeps for the next turn: 256 x 64 KiB = 16 MiB and 4 x 1 MiB of address space, of which only touched pages cost memory.
inline constexpr std::size_t kSmallBuffersKept = 256;
inline constexpr std::size_t kBigBuffersKept = 4;

// --- Reading ahead of the frames that wait. A worker that keeps up never does: its frames wait for a batch or two, 1 ms at the most. ---
inline constexpr std::uint64_t kReadAheadAfterMs = 5;
// Connections of a worker that may hold a big buffer for it: 64 MiB. The bytes of others wait in the kernel.
inline constexpr std::size_t kReadAheadBuffersMax = 64;
inline constexpr std::size_t kReadAheadBytesMin = 4 * 1024;  // less room than this is not worth a system call
// The ages of waiting bytes are known to this step, until so many steps no longer cover the wait: then the step doubles.
inline constexpr std::uint64_t kArrivalStepUs = 250;
inline constexpr std::size_t kArrivalsMax = 16;

// --- A batch. Requests without tokens (Ping, mistakes) count here. ---
inline constexpr std::size_t kBatchRequestsMax = 256;
// What a connection's turn may cost by estimate; the frame that goes beyond is its last. A sixteenth of a batch: three requests with an RS256 token, eight with ES256.
inline constexpr std::uint64_t kTurnCostUs = kBatchCostUs / 16;
// What one batch may make for one connection, by estimate: twice the largest frame. The estimate of one answer is capped by the frame limit.
inline constexpr std::size_t kOutputBytesPerBatchMax = 2 * kDataFrameBytesMax;
// An accepted token's answer, without the claims asked for: a one-letter scope takes 2 octets of payload (2.7 of base64url) and 12 of the answer (4.5 times);
// subject, client id and the fixed fields take the rest.
inline constexpr std::size_t kOutputPerTokenByte = 6;
inline constexpr std::size_t kOutputPerTokenFixed = 256;

// --- Listeners. ---
inline constexpr int kListenBacklog = 512;
inline constexpr int kFolderLockTries = 50;               // for another daemon that binds in the same folder: half a second in all
inline constexpr unsigned kFolderLockPauseUs = 10'000;
inline constexpr std::size_t kAcceptsPerTurnMax = 64;     // so that a flood of connections does not starve the rest of the loop
inline constexpr std::uint64_t kAcceptPauseMs = 100;      // out of descriptors: rest this long instead of spinning
inline constexpr std::uint64_t kPeerLogMs = 1'000;        // at most one line in this time about each kind of thing that a peer can repeat at will
inline constexpr std::size_t kPeerGroupsMax = 65'536;     // NGROUPS_MAX of Linux

// --- The metrics socket: a collector or two, and people with curl. Each holds a head and an answer at the most. ---
inline constexpr std::size_t kMetricsConnectionsMax = 16;
inline constexpr std::size_t kMetricsConnectionsPerUidMax = 8;  // so that no user takes all of them
inline constexpr std::size_t kHttpHeadBytesMax = 8 * 1024;      // collectors send 300 bytes; a proxy may add as much as web servers usually take
inline constexpr std::uint64_t kMetricsFreshMs = 1'000;             // collectors come every few seconds; whoever asks more often gets what there is
inline constexpr std::uint64_t kMetricsExchangeMs = kSlowPeerMs;  // from the connection to the last byte of the answer, whatever trickles meanwhile

// --- Sweeps for slow and idle peers: a quarter of the shortest time they enforce. ---
inline constexpr std::uint64_t kSweepMs = kSlowPeerMs / 4;

inline constexpr std::size_t kChangesLoggedMax = 20;      // lines for one change
inline constexpr std::size_t kNamesLoggedMax = 16;        // OAuth servers of one source, in a line or an event

// --- Tokens that are not accepted, in the log: the first of a kind at once, of others the numbers, so often and of so many kinds. ---
inline constexpr std::uint64_t kRefusalLogMs = 60'000;
inline constexpr std::size_t kRefusalKindsLoggedMax = 20;
inline constexpr std::size_t kFirstRefusalsLoggedMax = 20;  // lines of first ones in kRefusalLogMs, of each worker: whoever may ask can make kinds by the thousand

// --- Metrics: what a reading may come to (metrics.h has the sum). What is beyond is one series, "other". ---
inline constexpr std::size_t kMetricsLabelBytesMax = 128;  // of a name or a key id, as shown
inline constexpr std::size_t kMetricsKeysMax = 4'096;      // 1,024 OAuth servers with 4 keys each
inline constexpr std::size_t kMetricsSourcesMax = 1'024;

// --- Changes (deploys, rollbacks, pushes) that have not been answered: 8 documents of 32 MiB are 256 MiB. One more is answered `overloaded`. ---
inline constexpr std::size_t kChangesQueuedMax = 8;
// The builder's priority (nice(2)). With 19 a host whose processors are all busy let an answer wait for 5 to 30 s, and it may be a key that is to be withdrawn; with 5 the
// slowest of 20 took 25 ms (bench/deploy_figures), and a large deploy still gives way to the workers.
inline constexpr int kBuilderNice = 5;
inline constexpr std::uint64_t kServiceLineMs = 5'000;   // the line that `systemctl status` shows is that old at the most: it is for people, and making it costs a status report
inline constexpr std::uint64_t kTryAgainMs = 5'000;      // a disk that refused, or an account that the host did not know, is tried again after this time

}  // namespace assay::server::limits
