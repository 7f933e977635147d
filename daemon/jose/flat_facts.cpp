// A record of fixed size, the lengths of the audiences and scopes, and then all texts, one after the other: issuer, subject, client id, token id, audiences, scopes.
#include "jose/flat_facts.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace assay::jose {
namespace {

using Length = std::uint16_t;  // of a text, or how many there are: a token has 16 KiB

// In the order of the texts; a bit of `present` each.
constexpr std::array kTexts{&FactsView::issuer, &FactsView::subject, &FactsView::client_id, &FactsView::token_id};
constexpr std::array kDates{&FactsView::expires_at, &FactsView::not_before, &FactsView::issued_at};
constexpr std::array kLists{&FactsView::audiences, &FactsView::scopes};

struct Fixed {
  std::array<std::int64_t, kDates.size()> seconds;
  std::array<Length, kTexts.size()> text_bytes;
  std::array<Length, kLists.size()> list_counts;
  std::uint8_t texts_present;
  std::uint8_t dates_present;
  std::uint8_t dates_with_fraction;
  std::uint8_t has_confirmation;
  crypto::Algorithm algorithm;
  TypeClass type;
  std::array<std::uint8_t, 6> unused;
};
static_assert(std::has_unique_object_representations_v<Fixed>);

constexpr unsigned bit(std::size_t i) noexcept { return 1U << i; }

}  // namespace

std::size_t flat_bytes(const FactsView& facts) noexcept {
  std::size_t bytes = sizeof(Fixed);
  bool fits = true;
  const auto add = [&](std::string_view text) {
    bytes += text.size();
    fits = fits && text.size() <= UINT16_MAX;
  };
  for (const auto text : kTexts) {
    if (facts.*text) add(*(facts.*text));
  }
  for (const auto list : kLists) {
    bytes += (facts.*list).size() * sizeof(Length);
    fits = fits && (facts.*list).size() <= UINT16_MAX;
    for (const std::string_view text : facts.*list) add(text);
  }
  return fits ? bytes : SIZE_MAX;
}

std::size_t flatten(const FactsView& facts, std::span<std::byte> room) noexcept {
  // So that a new member of facts is not forgotten here: this does not compile until it is named, too.
  [[maybe_unused]] const auto& [algorithm, type, has_confirmation, issuer, subject, client_id, token_id, expires_at, not_before, issued_at, audiences, scopes] = facts;
  const std::size_t bytes = flat_bytes(facts);
  if (bytes > room.size()) return 0;
  Fixed fixed{};
  fixed.algorithm = facts.algorithm;
  fixed.type = facts.type;
  fixed.has_confirmation = facts.has_confirmation ? 1 : 0;
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const auto& text = facts.*kTexts[i];
    if (!text) continue;
    fixed.texts_present |= static_cast<std::uint8_t>(bit(i));
    fixed.text_bytes[i] = static_cast<Length>(text->size());
  }
  for (std::size_t i = 0; i < kDates.size(); ++i) {
    const auto& date = facts.*kDates[i];
    if (!date) continue;
    fixed.dates_present |= static_cast<std::uint8_t>(bit(i));
    fixed.seconds[i] = date->seconds;
    if (date->has_fraction) fixed.dates_with_fraction |= static_cast<std::uint8_t>(bit(i));
  }
  for (std::size_t i = 0; i < kLists.size(); ++i) fixed.list_counts[i] = static_cast<Length>((facts.*kLists[i]).size());

  std::byte* to = room.data();
  const auto write = [&to](const void* from, std::size_t size) {
    if (size != 0) std::memcpy(to, from, size);
    to += size;
  };
  write(&fixed, sizeof fixed);
  for (const auto list : kLists) {
    for (const std::string_view text : facts.*list) {
      const auto length = static_cast<Length>(text.size());
      write(&length, sizeof length);
    }
  }
  for (const auto text : kTexts) {
    if (facts.*text) write((facts.*text)->data(), (facts.*text)->size());
  }
  for (const auto list : kLists) {
    for (const std::string_view text : facts.*list) write(text.data(), text.size());
  }
  return bytes;
}

std::optional<FactsView> expand(base::Bytes octets, base::Arena& arena) {
  Fixed fixed;
  if (octets.size() < sizeof fixed) return std::nullopt;
  std::memcpy(&fixed, octets.data(), sizeof fixed);
  if (fixed.algorithm == crypto::Algorithm::unset || static_cast<std::size_t>(fixed.algorithm) > crypto::kAlgorithmCount) return std::nullopt;
  if (fixed.type == TypeClass::unset || fixed.type > TypeClass::other) return std::nullopt;
  const std::size_t list_texts = std::size_t{fixed.list_counts[0]} + fixed.list_counts[1];
  if (octets.size() - sizeof fixed < list_texts * sizeof(Length)) return std::nullopt;
  const std::byte* lengths = octets.data() + sizeof fixed;
  std::string_view texts = base::as_text(octets.subspan(sizeof fixed + list_texts * sizeof(Length)));
  bool is_whole = true;
  const auto take = [&](std::size_t bytes) {
    is_whole = is_whole && bytes <= texts.size();
    const std::string_view taken = texts.substr(0, bytes);
    texts.remove_prefix(taken.size());
    return taken;
  };

  FactsView facts;
  facts.algorithm = fixed.algorithm;
  facts.type = fixed.type;
  facts.has_confirmation = fixed.has_confirmation != 0;
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if ((fixed.texts_present & bit(i)) != 0) facts.*kTexts[i] = take(fixed.text_bytes[i]);
  }
  for (std::size_t i = 0; i < kDates.size(); ++i) {
    if ((fixed.dates_present & bit(i)) != 0) facts.*kDates[i] = NumericDate{fixed.seconds[i], (fixed.dates_with_fraction & bit(i)) != 0};
  }
  for (std::size_t i = 0; i < kLists.size(); ++i) {
    const std::span<std::string_view> list = arena.allocate<std::string_view>(fixed.list_counts[i]);
    for (std::string_view& text : list) {
      Length length;
      std::memcpy(&length, lengths, sizeof length);
      lengths += sizeof length;
      text = take(length);
    }
    facts.*kLists[i] = list;
  }
  if (!is_whole || !texts.empty()) return std::nullopt;
  return facts;
}

}  // namespace assay::jose
