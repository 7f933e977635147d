// The tables that belong to the curves themselves, shared by all keys and all workers.
#pragma once

#include "crypto/attach_once.h"
#include "crypto/ec/verifier.h"
#include "crypto/ed25519/ed25519.h"
#include "crypto/key_material.h"
#include "crypto/table_memory.h"

namespace assay::crypto {

// CurveTables: multiples of each curve's base point, as far as they have been made: some 32 MiB for P-256, 24 for P-384, 23 for P-521, 9.5 for Ed25519. A resource that outlives
// the engines, and the keys that have tables; read by any thread, attached to by one.
class CurveTables {
 public:
  // ec(curve): of p256, p384 or p521; null for others, and while it is not there.
  const ec::Table* ec(KeyType curve) const noexcept ASSAY_LIFETIMEBOUND {
    const AttachOnce<ec::Table>* slot = slot_of(curve);
    return slot == nullptr ? nullptr : slot->get();
  }
  // memory(): where all tables lie, those of keys too.
  TableMemory& memory() noexcept ASSAY_LIFETIMEBOUND { return memory_; }
  const ed25519::Table* ed25519() const noexcept ASSAY_LIFETIMEBOUND { return ed25519_.get(); }

  // attach(table): once for each curve.
  void attach(std::unique_ptr<const ec::Table> table) noexcept {
    auto* slot = const_cast<AttachOnce<ec::Table>*>(slot_of(table->curve()));
    CHECK(slot != nullptr);
    slot->attach(std::move(table));
  }
  void attach(std::unique_ptr<const ed25519::Table> table) noexcept { ed25519_.attach(std::move(table)); }

 private:
  const AttachOnce<ec::Table>* slot_of(KeyType curve) const noexcept {
    switch (curve) {
      case KeyType::p256: return &p256_;
      case KeyType::p384: return &p384_;
      case KeyType::p521: return &p521_;
      case KeyType::unset:
      case KeyType::rsa:
      case KeyType::ed25519: break;
    }
    return nullptr;
  }
  TableMemory memory_;  // first: it outlives the tables
  AttachOnce<ec::Table> p256_, p384_, p521_;
  AttachOnce<ed25519::Table> ed25519_;
};

}  // namespace assay::crypto
