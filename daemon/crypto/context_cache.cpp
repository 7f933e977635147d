// mbedTLS's contexts are caches, not values: making one costs allocations and, for RSA, a long division; using one changes it. So each engine, hence each
// worker, keeps its own, and the shared KeyMaterial stays immutable. A slot is in the index exactly while its context is the one of its fingerprint.
#include "crypto/context_cache.h"

namespace assay::crypto {

bool RsaContext::load(const KeyMaterial& key) noexcept {
  const auto octets = [](base::Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); };
  const base::Bytes n = key.first();
  const base::Bytes e = key.second();
  return mbedtls_rsa_import_raw(&context_, octets(n), n.size(), nullptr, 0, nullptr, 0, nullptr, 0, octets(e), e.size()) == 0 &&
         mbedtls_rsa_complete(&context_) == 0 && mbedtls_rsa_check_pubkey(&context_) == 0;
}

ContextCache::ContextCache(std::size_t capacity) : capacity_(capacity), slots_(std::make_unique<Slot[]>(capacity)) {
  CHECK(capacity != 0);
  index_.reserve(capacity);
}

RsaContext* ContextCache::rsa(const KeyMaterial& key) {
  DCHECK(key.type() == KeyType::rsa);
  if (Slot* slot = find(key.fingerprint())) return std::get_if<RsaContext>(&slot->context);
  Slot& slot = take();
  RsaContext& context = slot.context.emplace<RsaContext>();
  if (!context.load(key)) return nullptr;
  file(slot, key.fingerprint());
  return &context;
}

const EcPoint* ContextCache::point(const KeyMaterial& key, EcGroup& group) {
  if (Slot* slot = find(key.fingerprint())) return std::get_if<EcPoint>(&slot->context);
  Slot& slot = take();
  EcPoint& point = slot.context.emplace<EcPoint>();
  if (!point.load(group, key.first(), key.second())) return nullptr;
  file(slot, key.fingerprint());
  return &point;
}

ContextCache::Slot* ContextCache::find(const Sha256Digest& fingerprint) noexcept {
  const auto found = index_.find(fingerprint);
  if (found == index_.end()) return nullptr;
  found->second->used = true;
  return found->second;
}

ContextCache::Slot& ContextCache::take() noexcept {
  // Ends: a slot that is passed is no longer marked as used, so the second round finds one at the latest.
  while (slots_[hand_].used) {
    slots_[hand_].used = false;
    hand_ = (hand_ + 1) % capacity_;
  }
  Slot& slot = slots_[hand_];
  hand_ = (hand_ + 1) % capacity_;
  if (const auto found = index_.find(slot.fingerprint); found != index_.end() && found->second == &slot) index_.erase(found);
  slot.context.emplace<std::monostate>();
  return slot;
}

void ContextCache::file(Slot& slot, const Sha256Digest& fingerprint) {
  slot.fingerprint = fingerprint;
  slot.used = true;
  index_.emplace(fingerprint, &slot);
}

}  // namespace assay::crypto
