// The handler only notes what it sees; which refusal it amounts to is decided once, in the order that the header file states.
#include "jose/header.h"

#include <cstdint>

#include "base/limits.h"
#include "jose/algorithm_names.h"

namespace assay::jose {
namespace {

enum class Member : std::uint8_t { other, alg, kid, typ, crit, b64, zip };

Member member_of(std::string_view name) noexcept {
  if (name == "alg") return Member::alg;
  if (name == "kid") return Member::kid;
  if (name == "typ") return Member::typ;
  if (name == "crit") return Member::crit;
  if (name == "b64") return Member::b64;
  if (name == "zip") return Member::zip;
  return Member::other;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_folded(std::string_view text, std::string_view lower_case) noexcept {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

// RFC 7515 section 4.1.9: media types compare without case, and `application/` may be left out where no other slash follows.
TypeClass type_class(std::string_view typ) noexcept {
  constexpr std::string_view kPrefix = "application/";
  if (typ.size() > kPrefix.size() && equals_folded(typ.substr(0, kPrefix.size()), kPrefix)) typ.remove_prefix(kPrefix.size());
  if (equals_folded(typ, "at+jwt")) return TypeClass::at_jwt;
  if (equals_folded(typ, "jwt")) return TypeClass::jwt;
  return TypeClass::other;
}

class HeaderHandler {
 public:
  bool is_object() const noexcept { return is_object_; }

  void on_object(std::size_t) {
    if (depth_ == 0) is_object_ = true;
    else value_of_other_type();
    ++depth_;
  }
  void on_object_end(std::size_t) { --depth_; }
  void on_array(std::size_t) {
    value_of_other_type();
    ++depth_;
  }
  void on_array_end(std::size_t) { --depth_; }
  bool on_duplicate(std::string_view) { return false; }
  void on_member(std::string_view name) {
    if (depth_ != 1) return;
    member_ = member_of(name);
    // These refuse by being there, whatever their value.
    if (member_ == Member::crit) has_crit = true;
    if (member_ == Member::b64) has_b64 = true;
    if (member_ == Member::zip) has_zip = true;
  }
  void on_string(std::string_view value, std::string_view) {
    if (depth_ != 1) return;
    if (member_ == Member::alg) view.algorithm = algorithm_of(value);
    if (member_ == Member::kid) view.kid = value;
    if (member_ == Member::typ) view.type = type_class(value);
  }
  void on_number(std::string_view) { value_of_other_type(); }
  void on_boolean(bool, std::string_view) { value_of_other_type(); }
  void on_null(std::string_view) { value_of_other_type(); }

  HeaderView view{.algorithm = crypto::Algorithm::unset, .type = TypeClass::absent, .kid = std::nullopt};
  bool has_crit = false;
  bool has_b64 = false;
  bool has_zip = false;
  bool bad_member = false;

 private:
  // A value that is no string. An `alg` of that kind simply leaves the algorithm unset.
  void value_of_other_type() {
    if (depth_ == 1 && (member_ == Member::kid || member_ == Member::typ)) bad_member = true;
  }

  std::size_t depth_ = 0;
  bool is_object_ = false;
  Member member_ = Member::other;
};

}  // namespace

base::Result<HeaderView, schema::Code> parse_header(base::Bytes json, JsonWorkspace& workspace, base::Arena& arena) {
  using schema::Code;
  constexpr JsonLimits kLimits{base::limits::kTokenDepthMax, base::limits::kTokenMembersPerObjectMax, base::limits::kTokenMembersMax};
  HeaderHandler header;
  switch (walk_json(json, workspace, arena, kLimits, header).fault) {
    case JsonFault::none: break;
    case JsonFault::malformed: return std::unexpected(Code::bad_header);
    case JsonFault::duplicate_member: return std::unexpected(Code::duplicate_header_member);
    case JsonFault::too_complex: return std::unexpected(Code::header_too_complex);
  }
  if (!header.is_object()) return std::unexpected(Code::bad_header);
  if (header.view.algorithm == crypto::Algorithm::unset) return std::unexpected(Code::unknown_algorithm);
  if (header.has_crit) return std::unexpected(Code::critical_header);
  if (header.has_b64) return std::unexpected(Code::unencoded_payload);
  if (header.has_zip) return std::unexpected(Code::compressed);
  if (header.bad_member) return std::unexpected(Code::bad_header_member);
  return header.view;
}

}  // namespace assay::jose
