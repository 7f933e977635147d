// Metrics: what the daemon counts, in the text format of Prometheus (exposition format 0.0.4). docs/OPERATING.md lists them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"
#include "server/deployer.h"
#include "server/state_report.h"
#include "server/status.h"
#include "server/verdict_tally.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// MetricsFigures: what metrics show beside the snapshot and its state; of about one moment. A value; texts are borrowed from the daemon.
struct MetricsFigures {
  StatusFigures status;
  std::int64_t now_s = 0;
  std::vector<VerdictCount> verdicts;
  base::HistogramFigures request_us;
  base::HistogramFigures batch_us;
  base::HistogramFigures batch_tokens;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t connections_opened = 0;
  std::vector<std::optional<std::uint64_t>> worker_cpu_ns;  // by worker; nothing: its thread has ended
  ChangeCounts changes;
  BuildFigures builds;

  // add_worker(counters, traffic, cpu_ns): the next one.
  void add_worker(const WorkerCounters& counters, const Traffic& traffic, std::optional<std::uint64_t> cpu_ns);
};

// metrics_text(figures, report, snapshot): all of them. Names and key ids, which come from outside, are cut and made printable, so that the text is valid UTF-8; series whose labels are the same after
// that are one. How long the text can become is bounded by the limits of series: 6,656 kinds of verdicts, kMetricsKeysMax keys and kMetricsSourcesMax sources of labels of at most
// kMetricsLabelBytesMax come to 8 MB, a quarter of a control frame; what a host has comes to some 100 kB.
std::string metrics_text(const MetricsFigures& figures, const StateReport& report, const snapshot::Snapshot& snapshot);

}  // namespace assay::server
