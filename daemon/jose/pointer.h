// JSON pointers (RFC 6901) into a token's payload.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace assay::jose {

// PointerView: a well-formed JSON pointer, borrowed text. The empty pointer (the whole document) is not taken: it would hand out the payload.
class PointerView {
 public:
  PointerView() = default;
  // parse(text): nothing unless text is '/'-prefixed, at most 256 octets, with every '~' followed by 0 or 1 (RFC 6901 section 3).
  static std::optional<PointerView> parse(std::string_view text) noexcept;

  std::string_view text() const noexcept { return text_; }

 private:
  explicit PointerView(std::string_view text) noexcept : text_(text) {}
  std::string_view text_;
};

// PointerStepper: walks a pointer's reference tokens from left to right. A value.
class PointerStepper {
 public:
  explicit PointerStepper(PointerView pointer) noexcept : rest_(pointer.text()) {}
  bool done() const noexcept { return rest_.empty(); }
  // matches_name(name): whether the current reference token, unescaped, is this member name.
  bool matches_name(std::string_view name) const noexcept;
  // array_index(): the current token as an array index (RFC 6901 section 4: no leading zeros, not '-'); nothing if it is none, or of ten digits or more.
  std::optional<std::size_t> array_index() const noexcept;
  // next(): goes to the next reference token.
  void next() noexcept;

 private:
  std::string_view current() const noexcept;
  std::string_view rest_;  // begins with '/', or is empty
};

}  // namespace assay::jose
