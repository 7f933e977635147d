// The cache of tokens: what each said and which key verified it, so that a token seen before is judged without its signature.
//
// Kept are facts and the id of a key, under SHA-256 of the token: no token, no signature, and no verdict. Whoever finds an entry screens and judges it like a token that has
// just been verified, by the snapshot of the moment, and only if that key still serves where it is wanted (judge.h). So an entry says nothing that could become wrong, and
// nothing that depends on who asked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/counter.h"
#include "base/hash.h"
#include "base/pages.h"
#include "crypto/algorithm.h"
#include "crypto/sha2.h"
#include "crypto/sha2/sha256.h"
#include "jose/facts.h"
#include "jose/jwk.h"

namespace assay::verdict {

// TokenCacheFigures: of all lanes, of about now. A value.
struct TokenCacheFigures {
  std::uint64_t bytes = 0;      // of memory, taken at start
  std::uint64_t capacity = 0;   // entries that it holds at the most
  std::uint64_t entries = 0;    // expired ones included
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;     // tokens whose signatures had to be verified
  std::uint64_t keys_gone = 0;  // entries that did not count, for their key does not serve where the token was presented
  std::uint64_t evicted = 0;    // entries that made room for others before they expired
  std::uint64_t expired = 0;    // entries that made room for others afterwards
  std::uint64_t oversized = 0;  // verified tokens that say too much to be kept
  std::uint64_t busy = 0;       // verified tokens not kept because another worker was writing to the same set
  std::uint64_t passed = 0;     // verified tokens that were let pass, for they would have displaced others and had not come before
};

// TokenCache: a resource, shared by all workers. Its memory is taken when it is made; nothing here allocates afterwards, waits for another thread, or spins.
class TokenCache {
 public:
  static constexpr unsigned kWays = 8;
  static constexpr std::size_t kSlotBytes = 512;  // what a token takes
  static constexpr std::size_t kFactsBytesMax = kSlotBytes - 64;  // flattened (jose/flat_facts.h)

  // make(bytes, hash_key, lanes): as many sets as fit in bytes; null if not even one does, or the system has no such memory. hash_key: secret to this process.
  // lanes: one for each worker. sha256: by which tokens are told apart.
  static std::unique_ptr<TokenCache> make(std::size_t bytes, base::HashKey hash_key, std::size_t lanes,
                                          const crypto::sha2::Sha256Code& sha256 = crypto::sha2::sha256_fastest());
  TokenCache(const TokenCache&) = delete;
  TokenCache& operator=(const TokenCache&) = delete;

  const crypto::sha2::Sha256Code& sha256() const noexcept { return sha256_; }

  // Place: where a token is, if it is there.
  struct Place {
    std::uint32_t set = 0;
    std::uint16_t tag = 0;
  };
  // Ways: of a set, a bit for each.
  using Ways = std::uint8_t;

  // place_of(token): by its last characters: of a signature, where no two tokens are alike unless somebody made them so.
  Place place_of(std::string_view token) const noexcept;
  // look(place): the ways that may hold the token, and no others do: none for nearly every token that is not there. Begins to fetch them.
  Ways look(const Place& place) const noexcept;

  // EntryView: what was kept of a token. Borrows from the arena. Only find() makes one.
  class EntryView {
   public:
    const jose::FactsView& facts() const noexcept ASSAY_LIFETIMEBOUND { return facts_; }
    const jose::KeyId& key_id() const noexcept ASSAY_LIFETIMEBOUND { return key_id_; }  // of the key that verified it
    bool has_kid() const noexcept { return has_kid_; }                                  // the token has one, and it is that key's
    unsigned way() const noexcept { return way_; }

   private:
    friend class TokenCache;
    EntryView() = default;
    jose::FactsView facts_;
    jose::KeyId key_id_{};
    bool has_kid_ = false;
    unsigned way_ = 0;
  };
  // find(place, ways, digest, arena): the entry of the token with this digest in the first of the ways that has it; takes the ways that it has looked at out of `ways`, so that
  // one may go on: the same token may stand there under several keys. Nothing if there is none, or somebody writes to the set.
  std::optional<EntryView> find(const Place& place, Ways& ways, const crypto::Sha256Digest& digest, base::Arena& arena) const;
  // used(place, way): the entry was wanted; keeps it when others must go.
  void used(const Place& place, unsigned way) noexcept;

  // Era: of an algorithm: ends when its verifications are no longer believed. era(algorithm): read before a verification begins.
  using Era = std::uint32_t;
  Era era(crypto::Algorithm algorithm) const noexcept { return eras_[static_cast<std::size_t>(algorithm)].load(std::memory_order_acquire); }
  // end_era(algorithm): what was verified before now is not found any more. Any thread.
  void end_era(crypto::Algorithm algorithm) noexcept { eras_[static_cast<std::size_t>(algorithm)].fetch_add(1, std::memory_order_acq_rel); }

  // admits(place, now_s): whether a token that has just been verified is worth keeping: there is a slot that nobody misses, or the token came by lately. If neither, it is noted
  // that it did; about one in thirty that never came is taken for one that did.
  bool admits(const Place& place, std::int64_t now_s) noexcept;

  // expect(place, now_s): keep will be called soon: begins to fetch the slot that it will most likely write to, whose memory nobody has touched for long.
  void expect(const Place& place, std::int64_t now_s) const noexcept;

  // keep(lane, place, digest, facts, key_id, has_kid, era, now_s): a token that has just been verified; counted and not kept if there is no room for its facts. Replaces what is expired, else what was not used for long; if another thread is
  // writing to the set, nothing is kept. The place and digest are the token's own.
  void keep(std::size_t lane, const Place& place, const crypto::Sha256Digest& digest, const jose::FactsView& facts, const jose::KeyId& key_id, bool has_kid, Era era,
            std::int64_t now_s) noexcept;

  // has_room_for(facts): whether they would fit into a slot. What does not is best not hashed at all: count_oversized.
  static bool has_room_for(const jose::FactsView& facts) noexcept;

  // count_hit(lane): a token has been judged by an entry. The others: as in the figures. One thread a lane.
  void count_hit(std::size_t lane) noexcept { lanes_[lane].hits.add(); }
  void count_miss(std::size_t lane) noexcept { lanes_[lane].misses.add(); }
  void count_key_gone(std::size_t lane) noexcept { lanes_[lane].keys_gone.add(); }
  void count_oversized(std::size_t lane) noexcept { lanes_[lane].oversized.add(); }
  void count_passed(std::size_t lane) noexcept { lanes_[lane].passed.add(); }
  // figures(): any thread.
  TokenCacheFigures figures() const noexcept;

 private:
  using Word = std::atomic<std::uint64_t>;

  // Set: what is known of its eight slots without looking at them: a cache line.
  struct alignas(64) Set {
    std::atomic<std::uint32_t> sequence{0};  // odd: somebody writes. Guards the slots, and hand, tags and expiries against other writers
    std::atomic<Ways> used{0};               // anybody may set a bit at any time
    std::atomic<std::uint8_t> hand{0};       // the way to look at first when something must go
    std::array<std::atomic<std::uint16_t>, kWays> tags{};       // 0: free
    std::array<std::atomic<std::uint32_t>, kWays> expires_s{};  // of the token at every service, in seconds since 1970
    std::atomic<std::uint64_t> passers_by{0};                   // an octet for each of the last eight that admits() let pass, the last one lowest
  };
  static_assert(sizeof(Set) == 64);

  // Slot: a Fixed, and the flattened facts.
  struct Slot {
    std::array<Word, kSlotBytes / sizeof(Word)> words{};
  };
  struct Fixed {
    crypto::Sha256Digest digest;
    jose::KeyId key_id;
    Era era;
    std::uint16_t facts_bytes;
    std::uint8_t has_kid;
    std::array<std::uint8_t, 9> unused;
  };
  static_assert(sizeof(Fixed) == kSlotBytes - kFactsBytesMax);

  struct alignas(64) Lane {
    base::Counter hits, misses, keys_gone, filled, evicted, expired, oversized, busy, passed;
  };

  TokenCache(base::Pages pages, std::uint32_t sets, base::HashKey hash_key, std::size_t lanes, const crypto::sha2::Sha256Code& sha256);
  Slot& slot(const Place& place, unsigned way) const noexcept { return slots_[std::size_t{place.set} * kWays + way]; }
  // Victim: the way that something new goes to, and why that one.
  struct Victim {
    enum class Why : std::uint8_t { unset = 0, free, expired, unused, all_used };
    unsigned way = 0;
    Why why = Why::unset;
  };
  static Victim choose(const Set& set, std::int64_t now_s) noexcept;
  static void vacate(Set& set, const Victim& victim, Lane& lane) noexcept;

  const base::Pages pages_;
  const base::HashKey hash_key_;
  const crypto::sha2::Sha256Code& sha256_;
  const std::uint32_t set_count_;
  Set* const sets_;
  Slot* const slots_;
  std::array<std::atomic<Era>, crypto::kAlgorithmCount + 1> eras_{};
  const std::unique_ptr<Lane[]> lanes_;
  const std::size_t lane_count_;
};

}  // namespace assay::verdict
