// A text is in step with a sequence until a name differs. Then the names so far, which the sequence holds, go into the table, and from there on the table decides and the
// sequence becomes this text's. So the table alone ever finds that two names are equal; the sequence only ever says again what the table has found. A text that leaves
// its sequence late costs its names twice, no more.
#include "jose/member_names.h"

#include <algorithm>
#include <bit>

namespace assay::jose {
namespace {

constexpr std::size_t kSequences = 16;
// A member is a name, a colon, a value and a comma: no text of fewer tokens has more names than a sequence holds.
constexpr std::size_t kTokensInStepMax = 256;

}  // namespace

bool MemberNames::Sequence::append(std::uint32_t object, std::string_view name) noexcept {
  const std::size_t begin = count_ == 0 ? 0 : std::size_t{entries_[count_ - 1].begin} + entries_[count_ - 1].bytes;
  if (count_ == kNamesMax || name.size() > kTextBytesMax - begin) return false;
  std::copy(name.begin(), name.end(), text_.begin() + static_cast<std::ptrdiff_t>(begin));
  entries_[count_++] = {object, static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(name.size())};
  return true;
}

MemberNames::MemberNames(base::HashKey key, std::size_t members_max)
    : key_(key), slots_(std::bit_ceil(2 * members_max + 1)), members_max_(members_max), sequences_(kSequences) {}

void MemberNames::begin(std::size_t tokens) noexcept {
  count_ = 0;
  // A name is followed by a colon, or the walk ends there: of so many tokens no more than half, rounded up, are names, and that leaves a free slot.
  mask_ = std::min(slots_.size(), std::bit_ceil(tokens + 2)) - 1;
  if (++text_ == 0) {  // the stamps have gone round: old ones would look current
    for (Slot& slot : slots_) slot.text = 0;
    text_ = 1;
  }
  sequence_ = tokens <= kTokensInStepMax ? &sequences_[tokens % kSequences] : nullptr;
  next_ = 0;
  in_step_ = sequence_ != nullptr;
}

bool MemberNames::insert_out_of_step(std::uint32_t object, std::string_view name) noexcept {
  if (in_step_) {
    in_step_ = false;
    for (std::size_t i = 0; i < next_; ++i) put(sequence_->object(i), sequence_->name(i));
    sequence_->cut(next_);
  }
  if (!put(object, name)) return false;
  if (sequence_ != nullptr && !sequence_->append(object, name)) sequence_ = nullptr;
  return true;
}

bool MemberNames::put(std::uint32_t object, std::string_view name) noexcept {
  const std::uint64_t hash = base::keyed_hash(key_, object, name);
  Slot* const slots = slots_.data();
  // Slots are free at all times (begin), so the search ends; the mask is less than their number.
  for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
    Slot& slot = slots[i];
    if (slot.text != text_) {
      if (count_ == members_max_) return false;
      ++count_;
      slot = {hash, name, object, text_};
      return true;
    }
    if (slot.hash == hash && slot.object == object && slot.name == name) return false;
  }
}

}  // namespace assay::jose
