// Chooses the kernel, checks lengths, and hands the kernels plain pointers: they are compiled for processors that this file must not assume.
#include "crypto/ec/verifier.h"

#include <algorithm>

#include "crypto/ec/kernel.h"
#include "crypto/ec/pages.h"

namespace assay::crypto::ec {

namespace {

constexpr int kWidthMin = 3, kWidthMax = 16;
// Loads of entries reach a little beyond the last one.
constexpr std::size_t kBeyondEntries = 64;

const Kernel* kernel_of(Arithmetic arithmetic, KeyType curve) noexcept {
  const auto choose = [&](const Kernel& p256, const Kernel& p384, const Kernel& p521) {
    return curve == KeyType::p256 ? &p256 : curve == KeyType::p384 ? &p384 : curve == KeyType::p521 ? &p521 : nullptr;
  };
  switch (arithmetic) {
    case Arithmetic::unset: return nullptr;
    case Arithmetic::scalar: return choose(kScalarP256, kScalarP384, kScalarP521);
#if defined(__x86_64__)
    case Arithmetic::avx2: return choose(kAvx2P256, kAvx2P384, kAvx2P521);
    case Arithmetic::ifma: return choose(kIfmaP256, kIfmaP384, kIfmaP521);
#else
    case Arithmetic::avx2:
    case Arithmetic::ifma: return nullptr;
#endif
  }
  return nullptr;
}

const Kernel& require_kernel(Arithmetic arithmetic, KeyType curve) noexcept {
  const Kernel* kernel = kernel_of(arithmetic, curve);
  CHECK(kernel != nullptr);
  return *kernel;
}

Comb make_comb(int bits, int windows) noexcept {
  Comb comb{};
  comb.windows = windows;
  comb.width_max = (bits + windows - 1) / windows;
  int offset = 0;
  std::uint32_t start = 0;
  for (int i = 0; i < windows; ++i) {
    const int width = bits / windows + (i < bits % windows ? 1 : 0);
    comb.offset[i] = static_cast<std::uint16_t>(offset);
    comb.width[i] = static_cast<std::uint8_t>(width);
    comb.start[i] = start;
    offset += width;
    start += std::uint32_t{1} << (width - 1);
  }
  comb.start[windows] = start;
  return comb;
}

// Working memory is worth a huge page even if it does not fill it.
std::size_t scratch_bytes(const Kernel& kernel) noexcept { return std::max(kernel.scratch_bytes, std::size_t{2} << 20); }

std::size_t entries_bytes(const Kernel& kernel, const Comb& comb) noexcept {
  return comb.start[comb.windows] * kernel.entry_bytes + kBeyondEntries;
}

}  // namespace

bool supports(Arithmetic arithmetic) noexcept {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512ifma") != 0;
#else
  const bool avx2 = false, avx512 = false;
#endif
  switch (arithmetic) {
    case Arithmetic::unset: return false;
    case Arithmetic::scalar: return true;
    case Arithmetic::avx2: return avx2;
    case Arithmetic::ifma: return avx2 && avx512;
  }
  return false;
}

int Table::windows_min(KeyType curve) noexcept { return (require_kernel(Arithmetic::scalar, curve).bits + kWidthMax - 1) / kWidthMax; }
int Table::windows_max(KeyType curve) noexcept { return std::min(kWindowsMax, require_kernel(Arithmetic::scalar, curve).bits / kWidthMin); }

std::size_t Table::bytes_of(Arithmetic arithmetic, KeyType curve, int windows) noexcept {
  CHECK(windows >= windows_min(curve) && windows <= windows_max(curve));
  const Kernel& kernel = require_kernel(arithmetic, curve);
  return entries_bytes(kernel, make_comb(kernel.bits, windows)) + sizeof(Table) + sizeof(PointTable);
}

std::unique_ptr<const Table> Table::make(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows, base::Bytes x, base::Bytes y) {
  CHECK(x.size() == coordinate_bytes(curve) && y.size() == coordinate_bytes(curve));
  return std::unique_ptr<const Table>(new Table(memory, arithmetic, curve, windows, x.data(), y.data()));
}

std::unique_ptr<const Table> Table::make_base(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows) {
  return std::unique_ptr<const Table>(new Table(memory, arithmetic, curve, windows, nullptr, nullptr));
}

Table::Table(TableMemory& memory, Arithmetic arithmetic, KeyType curve, int windows, const std::byte* x, const std::byte* y)
    : arithmetic_(arithmetic), curve_(curve), memory_(memory) {
  CHECK(supports(arithmetic));
  CHECK(windows >= windows_min(curve) && windows <= windows_max(curve));
  const Kernel& kernel = require_kernel(arithmetic, curve);
  points_ = std::make_unique<PointTable>();
  points_->comb = make_comb(kernel.bits, windows);
  entries_bytes_ = entries_bytes(kernel, points_->comb);
  entries_ = memory_.take(entries_bytes_);
  std::fill_n(entries_ + entries_bytes_ - kBeyondEntries, kBeyondEntries, std::byte{0});
  points_->entries = entries_;
  void* const scratch = map_pages(kernel.build_scratch_bytes);
  kernel.build(points_->comb, entries_, scratch, x, y);
  unmap_pages(scratch, kernel.build_scratch_bytes);
}

Table::~Table() { memory_.give_back(entries_); }

std::size_t Table::bytes() const noexcept { return entries_bytes_ + sizeof(Table) + sizeof(PointTable); }

Verifier::Verifier(const Table& base)
    : base_(base), kernel_(require_kernel(base.arithmetic_, base.curve_)), mapped_bytes_(scratch_bytes(kernel_)), scratch_(map_pages(mapped_bytes_)) {}

Verifier::~Verifier() { unmap_pages(scratch_, mapped_bytes_); }

void Verifier::verify(std::span<const SignatureView> signatures, std::span<SignatureResult> results) noexcept {
  CHECK(signatures.size() == results.size());
  for (std::size_t done = 0; done < signatures.size(); done += kBatchMax) {
    const std::size_t size = std::min(kBatchMax, signatures.size() - done);
    verify_some(signatures.subspan(done, size), results.subspan(done, size));
  }
}

void Verifier::verify_some(std::span<const SignatureView> signatures, std::span<SignatureResult> results) noexcept {
  const auto octets = static_cast<std::size_t>(kernel_.octets);
  Job jobs[kBatchMax];
  int count = 0;
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const SignatureView& view = signatures[i];
    results[i] = SignatureResult::invalid;
    if (view.signature.size() != 2 * octets || view.digest.empty()) continue;
    CHECK(view.x.size() == octets && view.y.size() == octets);
    const Table* table = view.table != nullptr && view.table->arithmetic_ == base_.arithmetic_ ? view.table : nullptr;
    CHECK(table == nullptr || table->curve_ == base_.curve_);
    jobs[count++] = {view.x.data(),      view.y.data(),           table != nullptr ? table->points_.get() : nullptr,
                     view.digest.data(), static_cast<int>(std::min(view.digest.size(), octets)), view.signature.data(), &results[i]};
  }
  kernel_.verify(scratch_, *base_.points_, jobs, count);
}

}  // namespace assay::crypto::ec
