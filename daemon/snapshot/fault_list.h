// What is wrong with a document, and where. Private to this module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "jose/json_document.h"
#include "snapshot/config.h"

namespace assay::snapshot {

// Place: where a value stands, as a JSON pointer (RFC 6901). A value; the default one is the whole document. A member name that is long or holds
// anything but printable ASCII is not spelt out: the pointer then stays at the object that encloses it, so that a pointer is always short and safe on a
// terminal.
class Place {
 public:
  Place member(std::string_view name) const;
  Place element(std::size_t index) const;
  const std::string& pointer() const noexcept ASSAY_LIFETIMEBOUND { return pointer_; }

 private:
  std::string pointer_;
  bool is_enclosing_ = false;
};

// FaultList: collects faults up to kConfigFaultsMax and forgets those beyond.
class FaultList {
 public:
  void add(const Place& place, std::string found, std::string allowed);
  bool empty() const noexcept { return faults_.empty(); }
  std::vector<Fault> take() && { return std::move(faults_); }

 private:
  std::vector<Fault> faults_;
};

// quote(text): the text in quotation marks, escaped to printable ASCII, cut to about 80 bytes.
std::string quote(std::string_view text);

// cut(text): likewise, without the quotation marks; the text is one of ours that quotes the document.
std::string cut(std::string_view text, std::size_t bytes_max = 80);

// describe(value): what was found: scalars as they are, arrays and objects by their size alone.
std::string describe(const jose::JsonValue& value);

// describe_kind(value): likewise without any content, for places where secrets may stand.
std::string describe_kind(const jose::JsonValue& value);

// listed(names): `a, b, c`.
std::string listed(const std::vector<std::string_view>& names);

// nearest(name, known): the known name that `name` is probably a misspelling of; empty if there is none.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace assay::snapshot
