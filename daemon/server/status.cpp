// Status is cheap enough to be polled: it reads counters that are there anyway and stops nobody.
#include "server/status.h"

namespace assay::server {

void StatusFigures::add(const Counters& counters) noexcept {
  for (std::size_t i = 0; i < verdicts.size(); ++i) verdicts[i] += counters.verdicts[i].value();
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += counters.errors[i].value();
  connections_dropped += counters.connections_dropped.value();
}

void StatusFigures::add_worker(const Counters& counters, std::uint64_t generation) {
  add(counters);
  workers.push_back({.generation = generation,
                     .connections = counters.connections.value(),
                     .requests = counters.requests.value(),
                     .tokens = counters.tokens.value(),
                     .batches = counters.batches.value()});
}

}  // namespace assay::server
