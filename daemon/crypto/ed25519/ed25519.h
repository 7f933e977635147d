// EdDSA with Ed25519 (RFC 8032 section 5.1): verification of batches, with tables of the keys and without.
//
// A signature is accepted exactly if S < L, R is a canonical encoding of a point that is not of small order, and [S]B = R + [h]A, without the cofactor, h reduced modulo L.
// A is as PublicKey::decode takes it. So does libsodium.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/ed25519/code.h"
#include "crypto/ed25519/table.h"
#include "crypto/sha2/sha512.h"
#include "crypto/signature_result.h"
#include "crypto/table_memory.h"

namespace assay::crypto::ed25519 {

// scalar_code(): general registers alone; every processor. simd_code(): four lanes of AVX2; null where this build has no such code. Run it on processors with AVX2, FMA and BMI2
// only. ifma_code(): eight lanes of AVX-512, likewise, on processors with AVX-512 F, BW, DQ, VL and IFMA besides. Tables made by one are good for the others.
const Code& scalar_code() noexcept;
const Code* simd_code() noexcept;
const Code* ifma_code() noexcept;

// PublicKey: a decoded public key. A value.
class PublicKey {
 public:
  // decode(octets): nothing unless octets are the 32 of a canonical encoding (RFC 8032 section 5.1.3) of a point that is not of small order.
  static std::optional<PublicKey> decode(base::Bytes octets) noexcept;

  const std::array<std::byte, 32>& octets() const noexcept ASSAY_LIFETIMEBOUND { return octets_; }
  // negated(): -A.
  const AffinePoint& negated() const noexcept ASSAY_LIFETIMEBOUND { return negated_; }

 private:
  PublicKey() = default;
  std::array<std::byte, 32> octets_;
  AffinePoint negated_;
};

// Table: multiples of B or of a key's -A. A resource, immutable, thread-safe.
class Table {
 public:
  static constexpr unsigned kBaseWidth = 13;  // 9.5 MiB
  static constexpr unsigned kKeyWidth = 8;    // 502 KiB; 9: 931 KiB, and 4 additions of 53 less; 7: 301 KiB, 6: 177 KiB

  // make_base(memory, code, width), make(memory, code, key, width): kWidthMin <= width <= kWidthMax (CHECKed). memory outlives the table. A key takes half
  // a millisecond by simd_code(), more than twice that by scalar_code(); B some tens of milliseconds.
  static std::unique_ptr<const Table> make_base(TableMemory& memory, const Code& code, unsigned width = kBaseWidth);
  static std::unique_ptr<const Table> make(TableMemory& memory, const Code& code, const PublicKey& key, unsigned width = kKeyWidth);
  ~Table() { memory_.give_back(reinterpret_cast<std::byte*>(entries_)); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  std::size_t bytes() const noexcept { return bytes_of(view_.windows.width); }
  static constexpr std::size_t bytes_of(unsigned width) noexcept { return windows_of(width).all_entries() * sizeof(TableEntry); }
  const TableView& view() const noexcept ASSAY_LIFETIMEBOUND { return view_; }

 private:
  Table(TableMemory& memory, const Code& code, const AffinePoint& point, unsigned width);

  TableMemory& memory_;
  TableEntry* entries_;
  TableView view_;
};

// CheckView: one question. Everything is borrowed for the call. table: of this key, of any width, or null: then the key itself is used, at a sixth of the rate or less.
struct CheckView {
  const PublicKey* key = nullptr;
  const Table* table = nullptr;
  base::Bytes message;
  base::Bytes signature;
};

// Scratch: what verify works in; one per thread.
class Scratch {
 public:
  static constexpr std::size_t kChunk = 64;  // checks that share an inversion

 private:
  friend void verify_vartime(const Code&, const sha2::Sha512Code&, const Table&, Scratch&, std::span<const CheckView>, std::span<SignatureResult>) noexcept;
  friend class Chunk;
  std::size_t index_[kChunk];
  std::byte heads_[kChunk][64];
  sha2::HeadedMessageView messages_[kChunk];
  Sha512Digest digests_[kChunk];
  Term terms_[kChunk];
  ProjectivePoint sums_[kChunk];
  FieldElement prefixes_[kChunk];
};

// verify_vartime(code, hash, base, scratch, checks, results): answers every check by valid or invalid; results has the size of checks (CHECKed). A check without a key, or with a
// signature that has not 64 octets, is invalid. Any number of checks, any keys: one's answer never depends on another's. Nothing is allocated. base is B's table.
void verify_vartime(const Code& code, const sha2::Sha512Code& hash, const Table& base, Scratch& scratch, std::span<const CheckView> checks,
                    std::span<SignatureResult> results) noexcept;

}  // namespace assay::crypto::ed25519
