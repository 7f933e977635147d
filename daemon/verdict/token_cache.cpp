// Sets of eight slots. A set's own line says in which slots a token could be; only those are read.
//
// Threads: each set has a sequence word. A writer makes it odd, writes and makes it even again; one that finds it odd goes away. A reader copies what it wants and looks whether
// the word is still what it was; if not, it has found nothing. Every word that a reader copies is loaded with acquire and stored with release: a reader that has seen anything of a
// write also sees that the sequence has moved. Nobody waits for anybody.
//
// What comes: while a set has room, every verified token. Once it is full of tokens that are still good, only what comes a second time while the set remembers the first: so tokens
// that come once, however many, displace nothing and cost no more than a look, and of more tokens than there is room for some stay instead of all replacing each other.
//
// What goes then: what has expired; else what has not been used since it came, in turn; only if everything has been used, all of it begins anew.
#include "verdict/token_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/limits.h"
#include "jose/flat_facts.h"

namespace assay::verdict {
namespace {

using base::limits::kClockSkewSecondsMax;

// Of a token, to tell where it stands: of a valid one this is part of its signature, 48 octets that are like no other's.
constexpr std::size_t kPlaceBytes = 64;

constexpr TokenCache::Ways bit(unsigned way) noexcept { return static_cast<TokenCache::Ways>(1U << way); }

// expiry(facts): the second from which no service takes the token any more.
std::uint32_t expiry(const jose::FactsView& facts) noexcept {
  const std::int64_t latest = (facts.expires_at ? facts.expires_at->rounded_down() : 0) + kClockSkewSecondsMax;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(latest, 0, UINT32_MAX));
}

}  // namespace

std::unique_ptr<TokenCache> TokenCache::make(std::size_t bytes, base::HashKey hash_key, std::size_t lanes, const crypto::sha2::Sha256Code& sha256) {
  constexpr std::size_t kSetBytes = sizeof(Set) + kWays * sizeof(Slot);
  const std::size_t sets = std::min<std::size_t>(bytes / kSetBytes, UINT32_MAX);
  if (sets == 0) return nullptr;
  base::Pages pages = base::Pages::map(sets * kSetBytes);
  if (!pages) return nullptr;
  return std::unique_ptr<TokenCache>(new TokenCache(std::move(pages), static_cast<std::uint32_t>(sets), hash_key, lanes, sha256));
}

TokenCache::TokenCache(base::Pages pages, std::uint32_t sets, base::HashKey hash_key, std::size_t lanes, const crypto::sha2::Sha256Code& sha256)
    : pages_(std::move(pages)),
      hash_key_(hash_key),
      sha256_(sha256),
      set_count_(sets),
      sets_(new (pages_.bytes().data()) Set[sets]),
      slots_(new (pages_.bytes().data() + sets * sizeof(Set)) Slot[sets * kWays]),  // touches all of it: it is taken now
      lanes_(std::make_unique<Lane[]>(lanes)),
      lane_count_(lanes) {}

TokenCache::Place TokenCache::place_of(std::string_view token) const noexcept {
  __extension__ using uint128 = unsigned __int128;
  const std::string_view end = token.substr(token.size() - std::min(token.size(), kPlaceBytes));
  const std::uint64_t hash = base::keyed_hash(hash_key_, token.size(), end);
  const auto tag = static_cast<std::uint16_t>(hash);
  return {static_cast<std::uint32_t>(static_cast<uint128>(hash) * set_count_ >> 64), tag == 0 ? std::uint16_t{1} : tag};
}

TokenCache::Ways TokenCache::look(const Place& place) const noexcept {
  const Set& set = sets_[place.set];
  Ways ways = 0;
  for (unsigned way = 0; way < kWays; ++way) {
    if (set.tags[way].load(std::memory_order_relaxed) == place.tag) ways |= bit(way);
  }
  for (Ways left = ways; left != 0; left &= static_cast<Ways>(left - 1)) {
    const Slot& one = slot(place, static_cast<unsigned>(std::countr_zero(left)));
    for (std::size_t line = 0; line < kSlotBytes; line += 64) __builtin_prefetch(reinterpret_cast<const std::byte*>(&one) + line);
  }
  return ways;
}

std::optional<TokenCache::EntryView> TokenCache::find(const Place& place, Ways& ways, const crypto::Sha256Digest& digest, base::Arena& arena) const {
  const Set& set = sets_[place.set];
  const std::uint32_t sequence = set.sequence.load(std::memory_order_acquire);
  if (sequence % 2 != 0) ways = 0;
  while (ways != 0) {
    const auto way = static_cast<unsigned>(std::countr_zero(ways));
    ways &= static_cast<Ways>(ways - 1);
    const Slot& from = slot(place, way);
    const auto copy = [&from](std::size_t first, std::span<std::uint64_t> to) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = from.words[first + i].load(std::memory_order_acquire);
    };
    constexpr std::size_t kFixedWords = sizeof(Fixed) / sizeof(Word);
    std::array<std::uint64_t, kFixedWords> words;
    copy(0, words);
    const auto fixed = std::bit_cast<Fixed>(words);
    if (fixed.digest != digest || fixed.facts_bytes > kFactsBytesMax) continue;
    const std::span<std::uint64_t> room = arena.allocate<std::uint64_t>((fixed.facts_bytes + sizeof(Word) - 1) / sizeof(Word));
    copy(kFixedWords, room);
    if (set.sequence.load(std::memory_order_relaxed) != sequence) {
      ways = 0;
      break;
    }
    const auto facts = jose::expand(std::as_bytes(room).first(fixed.facts_bytes), arena);
    if (!facts || fixed.era != era(facts->algorithm)) continue;
    EntryView entry;
    entry.facts_ = *facts;
    entry.key_id_ = fixed.key_id;
    entry.has_kid_ = fixed.has_kid != 0;
    entry.way_ = way;
    return entry;
  }
  return std::nullopt;
}

bool TokenCache::has_room_for(const jose::FactsView& facts) noexcept { return jose::flat_bytes(facts) <= kFactsBytesMax; }

void TokenCache::used(const Place& place, unsigned way) noexcept {
  std::atomic<Ways>& used = sets_[place.set].used;
  if ((used.load(std::memory_order_relaxed) & bit(way)) == 0) used.fetch_or(bit(way), std::memory_order_relaxed);
}

TokenCache::Victim TokenCache::choose(const Set& set, std::int64_t now_s) noexcept {
  for (unsigned way = 0; way < kWays; ++way) {
    if (set.tags[way].load(std::memory_order_relaxed) == 0) return {way, Victim::Why::free};
  }
  for (unsigned way = 0; way < kWays; ++way) {
    if (set.expires_s[way].load(std::memory_order_relaxed) <= now_s) return {way, Victim::Why::expired};
  }
  const Ways used = set.used.load(std::memory_order_relaxed);
  unsigned way = set.hand.load(std::memory_order_relaxed) % kWays;
  if (used == static_cast<Ways>(~Ways{0})) return {way, Victim::Why::all_used};
  while ((used & bit(way)) != 0) way = (way + 1) % kWays;
  return {way, Victim::Why::unused};
}

// vacate(set, victim, lane): the set is the caller's.
void TokenCache::vacate(Set& set, const Victim& victim, Lane& lane) noexcept {
  switch (victim.why) {
    case Victim::Why::free: lane.filled.add(); break;
    case Victim::Why::expired: lane.expired.add(); break;
    case Victim::Why::all_used: set.used.store(0, std::memory_order_relaxed); [[fallthrough]];
    case Victim::Why::unused:
      lane.evicted.add();
      set.hand.store(static_cast<std::uint8_t>((victim.way + 1) % kWays), std::memory_order_relaxed);
      break;
    case Victim::Why::unset: break;
  }
  set.used.fetch_and(static_cast<Ways>(~bit(victim.way)), std::memory_order_relaxed);
}

bool TokenCache::admits(const Place& place, std::int64_t now_s) noexcept {
  Set& set = sets_[place.set];
  const Victim::Why why = choose(set, now_s).why;
  if (why == Victim::Why::free || why == Victim::Why::expired) return true;
  const std::uint64_t mark = 1 + place.tag % 255;  // none is 0, which stands for nobody
  const std::uint64_t passers_by = set.passers_by.load(std::memory_order_relaxed);
  for (unsigned i = 0; i < sizeof passers_by; ++i) {
    if ((passers_by >> 8 * i & 0xff) == mark) return true;
  }
  set.passers_by.store(passers_by << 8 | mark, std::memory_order_relaxed);
  return false;
}

void TokenCache::expect(const Place& place, std::int64_t now_s) const noexcept {
  const auto* const octets = reinterpret_cast<const std::byte*>(&slot(place, choose(sets_[place.set], now_s).way));
  for (std::size_t line = 0; line < kSlotBytes; line += 64) __builtin_prefetch(octets + line, 1);
}

void TokenCache::keep(std::size_t lane_index, const Place& place, const crypto::Sha256Digest& digest, const jose::FactsView& facts, const jose::KeyId& key_id, bool has_kid,
                      Era era, std::int64_t now_s) noexcept {
  DCHECK(lane_index < lane_count_);
  Lane& lane = lanes_[lane_index];
  std::array<std::uint64_t, kSlotBytes / sizeof(Word)> room;
  const std::span<std::byte> octets = std::as_writable_bytes(std::span(room));
  const std::size_t facts_bytes = jose::flatten(facts, octets.subspan(sizeof(Fixed)));
  if (facts_bytes == 0) {
    lane.oversized.add();
    return;
  }
  const Fixed fixed{digest, key_id, era, static_cast<std::uint16_t>(facts_bytes), static_cast<std::uint8_t>(has_kid ? 1 : 0), {}};
  std::memcpy(octets.data(), &fixed, sizeof fixed);
  const std::size_t bytes = sizeof fixed + facts_bytes;
  std::ranges::fill(octets.subspan(bytes).first((sizeof(Word) - bytes % sizeof(Word)) % sizeof(Word)), std::byte{0});

  Set& set = sets_[place.set];
  std::uint32_t sequence = set.sequence.load(std::memory_order_relaxed);
  if (sequence % 2 != 0 || !set.sequence.compare_exchange_strong(sequence, sequence + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
    lane.busy.add();
    return;
  }
  const auto holds_it = [&](unsigned way) {
    if (set.tags[way].load(std::memory_order_relaxed) != place.tag) return false;
    const Slot& there = slot(place, way);
    constexpr std::size_t kIdentityWords = offsetof(Fixed, era) / sizeof(Word);
    for (std::size_t i = 0; i < kIdentityWords; ++i) {
      if (there.words[i].load(std::memory_order_relaxed) != room[i]) return false;
    }
    return true;
  };
  unsigned way = 0;
  while (way < kWays && !holds_it(way)) ++way;
  if (way == kWays) {
    const Victim victim = choose(set, now_s);
    vacate(set, victim, lane);
    way = victim.way;
  }
  Slot& to = slot(place, way);
  for (std::size_t i = 0; i < (bytes + sizeof(Word) - 1) / sizeof(Word); ++i) to.words[i].store(room[i], std::memory_order_release);
  set.tags[way].store(place.tag, std::memory_order_relaxed);
  set.expires_s[way].store(expiry(facts), std::memory_order_relaxed);
  set.sequence.store(sequence + 2, std::memory_order_release);
}

TokenCacheFigures TokenCache::figures() const noexcept {
  TokenCacheFigures sum{.bytes = pages_.bytes().size(), .capacity = std::uint64_t{set_count_} * kWays};
  for (std::size_t i = 0; i < lane_count_; ++i) {
    const Lane& lane = lanes_[i];
    sum.entries += lane.filled.value();
    sum.hits += lane.hits.value();
    sum.misses += lane.misses.value();
    sum.keys_gone += lane.keys_gone.value();
    sum.evicted += lane.evicted.value();
    sum.expired += lane.expired.value();
    sum.oversized += lane.oversized.value();
    sum.busy += lane.busy.value();
    sum.passed += lane.passed.value();
  }
  return sum;
}

}  // namespace assay::verdict
