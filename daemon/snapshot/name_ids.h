// Small numbers for names, so that what is counted by name costs no name where it is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay::snapshot {

// NameId: stands for a name, and for no other as long as the process lives.
using NameId = std::uint16_t;
inline constexpr NameId kOtherName = 0;          // a name that has come after kNamesMax others
inline constexpr NameId kNoName = UINT16_MAX;    // there is none

// NameIds: grows only: a name keeps its number when it leaves the configuration, for what was counted under it remains. Thread-safe, and never asked on the request path.
class NameIds {
 public:
  // How many get one: 16 times what a host has by default (1,024 OAuth servers, as many API services), so that deploys may replace them all many times over.
  static constexpr std::size_t kNamesMax = 16 * 1024;

  // id_of(name): its number, given now if it has none.
  NameId id_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
    if (names_.size() == kNamesMax) return kOtherName;
    names_.push_back(name);
    return ids_[name] = static_cast<NameId>(names_.size());
  }
  // name_of(id): as it was given; "other" for kOtherName, "" for kNoName.
  std::string name_of(NameId id) const {
    const std::scoped_lock lock(mutex_);
    if (id == kNoName) return "";
    return id == kOtherName || id > names_.size() ? "other" : names_[id - 1u];
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, NameId> ids_;
  std::vector<std::string> names_;  // by number, from 1
};

// CountNames: those under which verdicts are counted.
struct CountNames {
  NameIds api_services;
  NameIds oauth_servers;
};

}  // namespace assay::snapshot
