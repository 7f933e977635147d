#include "jose/json_fixture.h"

#include <simdjson.h>

namespace assay::jose {

std::vector<ImplementationRig> rigs_of_all_implementations(std::size_t bytes_max, std::size_t members_max) {
  const simdjson::implementation* active = simdjson::get_active_implementation();
  std::vector<ImplementationRig> rigs;
  for (const simdjson::implementation* implementation : simdjson::get_available_implementations()) {
    if (!implementation->supported_by_runtime_system()) continue;
    simdjson::get_active_implementation() = implementation;
    rigs.push_back({implementation->name(), std::make_unique<JsonRig>(bytes_max, members_max)});
  }
  simdjson::get_active_implementation() = active;
  return rigs;
}

}  // namespace assay::jose
