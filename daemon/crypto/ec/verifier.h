// ECDSA on P-256, P-384 and P-521 for keys that are known beforehand: tables of a key's multiples, and batches of signatures verified with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/key_material.h"
#include "crypto/signature_result.h"
#include "crypto/table_memory.h"

namespace assay::crypto::ec {

struct Kernel;
struct PointTable;

// Arithmetic: ifma handles eight signatures at once and needs a processor with AVX-512 F, BW, DQ, VL and IFMA, BMI1 and BMI2; avx2 handles four and needs AVX2, BMI1
// and BMI2; scalar is portable.
enum class Arithmetic : std::uint8_t { unset = 0, scalar, avx2, ifma };

// supports(arithmetic): whether this processor, and this build, can run it.
bool supports(Arithmetic arithmetic) noexcept;

// Widths that pay. A table of more windows is smaller and slower; any number from windows_min to windows_max of the curve will do.
inline constexpr int kBaseWindowsP256 = 16, kBaseWindowsP384 = 28, kBaseWindowsP521 = 40;  // 32 MiB, 24 MiB, 23 MiB
inline constexpr int kKeyWindowsP256 = 28, kKeyWindowsP384 = 42, kKeyWindowsP521 = 58;     // 512 KiB, 1.5 MiB, 1.8 MiB

// Table: the odd multiples of a point for each window of a scalar. A resource; immutable, thread-safe. curve is one of p256, p384, p521 throughout.
class Table {
 public:
  // make(memory, arithmetic, curve, windows, x, y): for the key (x, y), big-endian, of coordinate_bytes each, on the curve (KeyMaterial::make_ec checks it). Takes
  // milliseconds. The processor supports the arithmetic; windows are in the curve's range. Ends the process when memory runs out.
  static std::unique_ptr<const Table> make(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows, base::Bytes x, base::Bytes y);
  // make_base(memory, arithmetic, curve, windows): for the base point. memory outlives the table.
  static std::unique_ptr<const Table> make_base(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows);

  // windows_min, windows_max(curve), table_bytes(...): what make takes, and what bytes() of its result will be.
  static int windows_min(KeyType curve) noexcept;
  static int windows_max(KeyType curve) noexcept;
  static std::size_t bytes_of(Arithmetic arithmetic, KeyType curve, int windows) noexcept;

  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table();

  Arithmetic arithmetic() const noexcept { return arithmetic_; }
  KeyType curve() const noexcept { return curve_; }
  // bytes(): of memory, all told.
  std::size_t bytes() const noexcept;

 private:
  friend class Verifier;
  Table(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows, const std::byte* x, const std::byte* y);

  Arithmetic arithmetic_;
  KeyType curve_;
  TableMemory& memory_;
  std::size_t entries_bytes_;
  std::byte* entries_;
  std::unique_ptr<PointTable> points_;
};

// SignatureView: one question: whether `signature`, r and s big-endian of coordinate_bytes each, signs a message of this digest under the key (x, y), which is on the
// curve. Of the digest the leftmost bits count, as many as the order has. With the key's table it is answered several times sooner; a table for other
// arithmetic is as good as none. Everything is borrowed for the call.
struct SignatureView {
  base::Bytes x, y;
  const Table* table = nullptr;
  base::Bytes digest;
  base::Bytes signature;
};

// Verifier: working memory for one thread, for the arithmetic and the curve of a base point's table, which outlives it.
class Verifier {
 public:
  // Larger batches are cut.
  static constexpr std::size_t kBatchMax = 256;

  explicit Verifier(const Table& base ASSAY_LIFETIMEBOUND);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier();

  // verify(signatures, results): answers each by valid or invalid; results has the size of signatures (CHECKed). Signatures of another length are invalid. An
  // answer never depends on the others. Keys and tables may differ at will. Does not allocate.
  void verify(std::span<const SignatureView> signatures, std::span<SignatureResult> results) noexcept;

 private:
  void verify_some(std::span<const SignatureView> signatures, std::span<SignatureResult> results) noexcept;

  const Table& base_;
  const Kernel& kernel_;
  std::size_t mapped_bytes_;
  void* scratch_;
};

}  // namespace assay::crypto::ec
