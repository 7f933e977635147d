// A batch, in chunks: everything that is the same for all implementations. What is malformed is refused first and takes no further part; the rest is hashed together, summed
// together, those with tables first, and made affine by one inversion a chunk.
#include <algorithm>
#include <cstring>

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ed25519.h"
#include "crypto/ed25519/scalar.h"

namespace assay::crypto::ed25519 {

namespace {

// Few checks have nothing to do while the first entries come from memory, so these are asked for before the hash is computed. Many do not notice.
constexpr std::size_t kFew = 4;

// prefetch(table, scalar): asks for the entries that scalar times the table's point is a sum of.
void prefetch(const TableView& table, const Words& scalar) noexcept {
  const BiasedScalar biased = add_bias(scalar, table.windows);
  const TableEntry* window = table.entries;
  for (unsigned i = 0; i < table.windows.count; ++i, window += table.windows.entries) {
    const int value = digit(biased, table.windows, i);
    const TableEntry& entry = window[value < 0 ? -value : value];
    __builtin_prefetch(entry.limb);
    __builtin_prefetch(entry.limb + 8);
  }
}

}  // namespace

// Chunk: up to Scratch::kChunk checks on their way. One after the other: collect, hash, sum, invert_and_compare.
class Chunk {
 public:
  Chunk(Scratch& scratch, std::span<const CheckView> checks, std::span<SignatureResult> results) noexcept : scratch_(scratch), checks_(checks), results_(results) {}

  // collect(): refuses what is malformed, and orders the rest: with_table_ of them with tables, then those without.
  void collect() noexcept {
    std::size_t without_table[Scratch::kChunk];
    std::size_t without_count = 0;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      const CheckView& check = checks_[i];
      results_[i] = SignatureResult::invalid;
      if (check.key == nullptr || check.signature.size() != 64 || !is_reduced(load_words(check.signature.data() + 32))) continue;
      if (check.table != nullptr) {
        scratch_.index_[count_++] = i;
      } else {
        without_table[without_count++] = i;
      }
    }
    with_table_ = count_;
    for (std::size_t k = 0; k < without_count; ++k) scratch_.index_[count_++] = without_table[k];
  }

  // hash(code, base): the terms S B + h (-A), h = SHA-512(R, A, message) modulo L.
  void hash(const sha2::Sha512Code& code, const TableView& base) noexcept {
    for (std::size_t k = 0; k < count_; ++k) {
      const CheckView& check = check_at(k);
      if (count_ <= kFew) prefetch(base, load_words(check.signature.data() + 32));
      std::memcpy(scratch_.heads_[k], check.signature.data(), 32);
      std::memcpy(scratch_.heads_[k] + 32, check.key->octets().data(), 32);
      scratch_.messages_[k] = {scratch_.heads_[k], check.message};
    }
    sha2::sha512_batch(code, std::span<const sha2::HeadedMessageView>(scratch_.messages_, count_), std::span(scratch_.digests_, count_));
    for (std::size_t k = 0; k < count_; ++k) {
      const CheckView& check = check_at(k);
      scratch_.terms_[k] = {load_words(check.signature.data() + 32), reduce_512(scratch_.digests_[k].data()), check.table != nullptr ? &check.table->view() : nullptr,
                            &check.key->negated()};
    }
  }

  void sum(const Code& code, const TableView& base) noexcept {
    if (with_table_ != 0) code.sum(base, scratch_.terms_, with_table_, scratch_.sums_);
    if (with_table_ != count_) code.sum_without_table(base, scratch_.terms_ + with_table_, count_ - with_table_, scratch_.sums_ + with_table_);
  }

  // invert_and_compare(): one inversion for all (Montgomery's trick). No Z is 0: the formulas are complete, and tables and keys hold points of the curve only.
  void invert_and_compare() noexcept {
    if (count_ == 0) return;
    FieldElement all = scratch_.sums_[0].z;
    for (std::size_t k = 1; k < count_; ++k) {
      scratch_.prefixes_[k] = all;
      all = all * scratch_.sums_[k].z;
    }
    FieldElement inverse = inverse_vartime(all);
    for (std::size_t k = count_; k-- > 0;) {
      const ProjectivePoint& sum = scratch_.sums_[k];
      const FieldElement z_inverse = k == 0 ? inverse : inverse * scratch_.prefixes_[k];
      inverse = inverse * sum.z;
      if (equals(sum.x * z_inverse, sum.y * z_inverse, load_words(check_at(k).signature.data()))) results_[scratch_.index_[k]] = SignatureResult::valid;
    }
  }

 private:
  const CheckView& check_at(std::size_t k) const noexcept { return checks_[scratch_.index_[k]]; }

  // equals(x, y, r): whether r is the encoding of (x, y), and that not of small order. The encoding that is computed is canonical, so one that is not never equals it.
  static bool equals(const FieldElement& x, const FieldElement& y, const Words& r) noexcept {
    const Words canonical_y = to_words(y);
    Words encoding = canonical_y;
    encoding.word[3] |= to_words(x).word[0] << 63;
    return encoding == r && !has_small_order(canonical_y);
  }

  Scratch& scratch_;
  std::span<const CheckView> checks_;
  std::span<SignatureResult> results_;
  std::size_t count_ = 0;
  std::size_t with_table_ = 0;
};

void verify_vartime(const Code& code, const sha2::Sha512Code& hash, const Table& base, Scratch& scratch, std::span<const CheckView> checks,
                    std::span<SignatureResult> results) noexcept {
  CHECK(checks.size() == results.size());
  while (!checks.empty()) {
    const std::size_t count = std::min(checks.size(), Scratch::kChunk);
    Chunk chunk(scratch, checks.first(count), results.first(count));
    chunk.collect();
    chunk.hash(hash, base.view());
    chunk.sum(code, base.view());
    chunk.invert_and_compare();
    checks = checks.subspan(count);
    results = results.subspan(count);
  }
}

}  // namespace assay::crypto::ed25519
