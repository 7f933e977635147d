// The structural index of a JSON text: where its tokens begin. simdjson finds it, at several bytes a cycle; grammar is json_walk.h's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/check.h"

namespace assay::jose {

// kJsonPaddingBytes: a text given to JsonIndex::build is followed by this many readable octets, of any content.
inline constexpr std::size_t kJsonPaddingBytes = 64;

// JsonIndex: a reusable workspace for texts of up to bytes_max octets. It allocates when constructed and never again. Not thread-safe.
class JsonIndex {
 public:
  explicit JsonIndex(std::size_t bytes_max);
  ~JsonIndex();
  JsonIndex(const JsonIndex&) = delete;
  JsonIndex& operator=(const JsonIndex&) = delete;

  std::size_t bytes_max() const noexcept { return bytes_max_; }

  // build(text): indexes the text. False if it is empty or longer than bytes_max, is not valid UTF-8, holds a control character inside a string or a string
  // without its closing quote. A true answer says nothing about grammar.
  bool build(base::Bytes text) noexcept;

  // positions(): ascending offsets of each of { } [ ] : , of each opening quote and of the first octet of each other scalar. Valid until the next build. After a build that
  // answered true the text's length stands behind the last, so that the next token's place can be read without asking whether there is one.
  std::span<const std::uint32_t> positions() const noexcept ASSAY_LIFETIMEBOUND;

 private:
  struct Impl;
  std::size_t bytes_max_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::jose
