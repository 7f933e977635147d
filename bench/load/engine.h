// One run: threads that send and check, and a coordinator that measures between two points in time.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "load/clock.h"
#include "load/frames.h"
#include "load/histogram.h"

namespace assay::load {

// Plan: what a run does. A value.
struct Plan {
  std::string socket;
  unsigned connections = 1;  // a multiple of threads
  unsigned threads = 1;
  unsigned depth = 1;                   // closed loop
  std::optional<double> frames_per_s;   // open loop, over all connections
  double warm_up_s = 0;
  double duration_s = 1;
  double timeout_s = 10;  // without an answer, while some are due: the run has failed
  bool spin = false;
  bool check_verdicts = true;  // not of the echo server, which sends the same answer to everything
  std::vector<int> cpus;       // of the threads, in turn; empty: any
  std::uint64_t seed = 1;
  std::optional<pid_t> server_pid;  // whose CPU time is the server's
};

// Measured: what came of a run. Latency, lateness and verdicts are of the requests whose time was in the measured interval, also if they were answered after it; tokens and
// CPU times are those between the two moments at which the coordinator looked, so that each divides the other.
struct Measured {
  Histogram latency;   // ns, by frame: from when it was sent, or should have been, to when its answer was read
  Histogram lateness;  // ns, open loop: from when it should have been sent to when it was handed to the kernel, for whichever reason
  std::array<std::uint64_t, 256> verdicts{};  // tokens by code
  std::uint64_t frames = 0;      // answered with verdicts
  std::uint64_t overloaded = 0;  // frames answered with that error; not in latency, their tokens nowhere
  std::uint64_t unfinished = 0;  // frames of an open loop not answered when the run was given up; in latency with the time until then, which is less than the truth
  std::uint64_t unexpected = 0;  // tokens whose verdict was not the expected one, and frames answered with an error or with another number of verdicts; also during warm-up
  std::vector<std::string> examples;  // of what was unexpected

  double seconds = 0;        // between the two moments
  std::uint64_t tokens = 0;  // answered with verdicts between them
  std::optional<double> server_cpu_s;
  double generator_cpu_s = 0;
  double generator_user_s = 0;  // of it, outside the kernel
};

// Progress: what a run has done so far, for whoever watches. Called by the coordinator a few times a second.
using Progress = std::function<void(double elapsed_s, std::uint64_t tokens)>;

// run(plan, frames, stop, progress): blocks until it is over. Throws Failure if it failed, or if *stop became true.
Measured run(const Plan& plan, const Frames& frames, const std::atomic<bool>& stop, const Progress& progress);

}  // namespace assay::load
