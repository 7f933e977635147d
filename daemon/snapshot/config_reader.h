// Reading a JSON tree into settings: each reader checks one shape, puts what is wrong into the fault list and goes on. Private to this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "jose/json_document.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {

// NodeView: a value of the document and where it stands. Borrows the document and the fault list.
class NodeView {
 public:
  NodeView(const jose::JsonValue& value, Place place, FaultList& faults) : value_(&value), place_(std::move(place)), faults_(&faults) {}

  const jose::JsonValue& value() const noexcept { return *value_; }
  const Place& place() const noexcept ASSAY_LIFETIMEBOUND { return place_; }
  NodeView element(std::size_t index) const { return {value_->elements[index], place_.element(index), *faults_}; }
  NodeView member(const jose::JsonMember& member) const { return {member.value, place_.member(member.name), *faults_}; }

  // fault(found, allowed): reports this value. refuse(allowed): likewise, the value described as it is.
  void fault(std::string found, std::string allowed) const { faults_->add(place_, std::move(found), std::move(allowed)); }
  void refuse(std::string allowed) const { fault(describe(*value_), std::move(allowed)); }

 private:
  const jose::JsonValue* value_;
  Place place_;
  FaultList* faults_;
};

// ObjectReader: hands out the members of an object. The members that nobody has asked for when it is destroyed are unknown ones, and faults: what the
// code reads is what the document may say. A value that is no object is one fault, and has no members to miss.
class ObjectReader {
 public:
  explicit ObjectReader(const NodeView& node);
  ~ObjectReader();
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  // find(name): the member, or nothing. require(name): likewise; its absence is a fault. The name is a literal.
  std::optional<NodeView> find(std::string_view name);
  std::optional<NodeView> require(std::string_view name);
  // find_one_of(names): the members of these names that are there; any number but one is a fault.
  std::vector<std::pair<std::string_view, NodeView>> find_one_of(std::initializer_list<std::string_view> names);

 private:
  NodeView node_;
  bool is_object_;
  std::vector<std::string_view> known_;
};

// Count: how many elements an array may have.
struct Count {
  std::size_t min;
  std::size_t max;
};

// TextRule: what a string may be: its length in Unicode code points and, if given, its form, which ", ..." describes.
struct TextRule {
  std::size_t min;
  std::size_t max;
  std::string_view form = {};
  bool (*fits)(std::string_view) = nullptr;
};

// IntegerRule: a number without fraction or exponent within these bounds.
struct IntegerRule {
  std::int64_t min;
  std::int64_t max;
  std::string_view unit = {};  // " seconds"
};

// read_boolean: the value; nothing for one of another kind, which is a fault.
std::optional<bool> read_boolean(const NodeView& node);

// read_text, read_integer: the value, whether or not it keeps the rule (a fault then); empty or nothing for a value of another kind.
std::string read_text(const NodeView& node, const TextRule& rule);
std::optional<std::int64_t> read_integer(const NodeView& node, const IntegerRule& rule);

// read_elements(node, count, noun): the elements of an array; nothing if it is none. The noun is plural.
std::vector<NodeView> read_elements(const NodeView& node, Count count, std::string_view noun);

// read_texts(node, count, rule, noun): an array of strings, none of them twice. Positions are those of the document.
std::vector<std::string> read_texts(const NodeView& node, Count count, const TextRule& rule, std::string_view noun);

// refuse_duplicates(node): reports each member that stands twice, in this value and below.
void refuse_duplicates(const NodeView& node);

}  // namespace assay::snapshot
