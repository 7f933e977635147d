// Status is cheap enough to be polled: it reads counters that are there anyway and stops nobody.
#include "server/status.h"

namespace assay::server {

void StatusFigures::add(const Counters& counters) noexcept {
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += counters.errors[i].value();
  connections_dropped += counters.connections_dropped.value();
}

void StatusFigures::add(std::span<const VerdictCount> counts) noexcept {
  for (const VerdictCount& count : counts) verdicts[static_cast<std::size_t>(count.kind.code)] += count.count;
}

void StatusFigures::add_worker(const WorkerCounters& counters, std::uint64_t generation) {
  add(counters);
  const base::HistogramFigures batches = counters.batch_tokens.figures();
  workers.push_back({.generation = generation,
                     .connections = counters.connections.value(),
                     .requests = counters.requests.value(),
                     .tokens = batches.sum,
                     .batches = batches.count()});
}

}  // namespace assay::server
