// A set is compared by its id, which is its content.
#include "snapshot/key_set_pool.h"

#include <utility>

namespace assay::snapshot {

std::shared_ptr<const KeySet> KeySetPool::intern(jose::Jwks jwks) {
  auto set = std::make_shared<const KeySet>(std::move(jwks));
  std::weak_ptr<const KeySet>& known = known_[set->id()];
  if (auto found = known.lock()) return found;
  ++made_;
  known = set;
  return set;
}

void KeySetPool::prune() {
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  materials_.prune();
}

}  // namespace assay::snapshot
