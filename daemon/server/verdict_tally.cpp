// A kind is packed into one word, so that entering it is one compare-and-swap and finding it is one load; slots are taken by open addressing and never given back. What a worker pays for a verdict is
// that load, an addition to memory of its own, and no locked instruction.
#include "server/verdict_tally.h"

#include "base/check.h"

namespace assay::server {
namespace {

constexpr std::uint64_t kTaken = std::uint64_t{1} << 63;  // so that no kind reads as a free slot

std::uint64_t pack(const VerdictKind& kind) noexcept {
  return kTaken | std::uint64_t{kind.api_service} << 32 | std::uint64_t{kind.oauth_server} << 16 | std::uint64_t{static_cast<std::uint8_t>(kind.code)} << 8 | (kind.signature_verified ? 1u : 0u);
}

VerdictKind unpack(std::uint64_t key) noexcept {
  return {.api_service = static_cast<snapshot::NameId>(key >> 32),
          .oauth_server = static_cast<snapshot::NameId>(key >> 16),
          .code = static_cast<schema::Code>(static_cast<std::uint8_t>(key >> 8)),
          .signature_verified = (key & 1) != 0};
}

// mix(key): its first slot. Numbers of names are small and follow one another; a multiplication spreads them (Fibonacci hashing).
std::size_t mix(std::uint64_t key, std::size_t slots) noexcept { return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15 >> 40) % slots; }

}  // namespace

VerdictTally::VerdictTally(std::size_t lanes)
    : lanes_(lanes), kinds_(std::make_unique<std::atomic<std::uint64_t>[]>(kSlots)), counts_(std::make_unique<base::Counter[]>(lanes * kSlots)) {
  CHECK(lanes > 0);
}

bool VerdictTally::add(std::size_t lane, const VerdictKind& kind, std::uint64_t count) noexcept {
  DCHECK(lane < lanes_);
  const std::uint64_t key = pack(kind);
  // There is always a free slot: besides kKindsMax there are the kinds "other", two for each of 256 codes, and those that workers enter at the same moment.
  for (std::size_t slot = mix(key, kSlots);; slot = (slot + 1) % kSlots) {
    std::uint64_t found = kinds_[slot].load(std::memory_order_relaxed);
    bool is_new = false;
    if (found == 0) {
      const bool is_other = kind.api_service == snapshot::kOtherName && kind.oauth_server == snapshot::kOtherName;
      if (!is_other && used_.load(std::memory_order_relaxed) >= (kind.signature_verified ? kKindsMax : kUnverifiedKindsMax)) {
        add(lane, {.api_service = snapshot::kOtherName, .oauth_server = snapshot::kOtherName, .code = kind.code, .signature_verified = kind.signature_verified}, count);
        return false;
      }
      is_new = kinds_[slot].compare_exchange_strong(found, key, std::memory_order_relaxed);
      if (is_new) {
        if (!is_other) used_.fetch_add(1, std::memory_order_relaxed);
        found = key;
      }
    }
    if (found != key) continue;
    counts_[lane * kSlots + slot].add(count);
    return is_new;
  }
}

std::vector<VerdictCount> VerdictTally::counts() const {
  std::vector<VerdictCount> counts;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::uint64_t key = kinds_[slot].load(std::memory_order_relaxed);
    if (key == 0) continue;
    std::uint64_t sum = 0;
    for (std::size_t lane = 0; lane < lanes_; ++lane) sum += counts_[lane * kSlots + slot].value();
    counts.push_back({unpack(key), sum});
  }
  return counts;
}

}  // namespace assay::server
