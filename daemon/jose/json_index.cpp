// simdjson's first stage, and only that: it finds the tokens, checks UTF-8 and rejects control characters inside strings, at several octets a cycle. We do not use
// its parsers, for their rules are not ours: the DOM refuses integers beyond 64 bits in claims that nobody reads, and neither front refuses members that stand
// twice or every lone surrogate. The stage is a public virtual of simdjson's implementation object (simdjson 3, "dom_parser_implementation").
#include "jose/json_index.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

namespace assay::jose {

static_assert(kJsonPaddingBytes >= simdjson::SIMDJSON_PADDING);

struct JsonIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

JsonIndex::JsonIndex(std::size_t bytes_max) : bytes_max_(bytes_max), impl_(std::make_unique<Impl>()) {
  // The depth is that of simdjson's own second stage, which never runs; one level keeps its memory small.
  const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(bytes_max, 1, impl_->stage);
  CHECK(error == simdjson::SUCCESS);
}

JsonIndex::~JsonIndex() = default;

bool JsonIndex::build(base::Bytes text) noexcept {
  impl_->stage->n_structural_indexes = 0;
  if (text.empty() || text.size() > bytes_max_) return false;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
  if (impl_->stage->stage1(octets, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    impl_->stage->n_structural_indexes = 0;
    return false;
  }
  // The stage leaves room for a few more than a text can have.
  impl_->stage->structural_indexes[impl_->stage->n_structural_indexes] = static_cast<std::uint32_t>(text.size());
  return true;
}

std::span<const std::uint32_t> JsonIndex::positions() const noexcept {
  return {impl_->stage->structural_indexes.get(), impl_->stage->n_structural_indexes};
}

}  // namespace assay::jose
