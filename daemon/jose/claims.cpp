// One pass over the payload. The handler notes the claims in use and whether one of them has the wrong type; everything else is only checked for syntax.
#include "jose/claims.h"

#include <algorithm>

#include "base/limits.h"

namespace assay::jose {
namespace {

enum class Claim : std::uint8_t { other, iss, sub, aud, exp, nbf, iat, jti, client_id, scope, scp, cnf };

// A name of three characters as a number, so that one comparison knows it.
constexpr std::uint32_t three(std::string_view name) noexcept {
  const auto octet = [name](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(name[i])}; };
  return octet(0) << 16 | octet(1) << 8 | octet(2);
}

Claim claim_of(std::string_view name) noexcept {
  switch (name.size()) {
    case 3:
      switch (three(name)) {
        case three("iss"): return Claim::iss;
        case three("sub"): return Claim::sub;
        case three("aud"): return Claim::aud;
        case three("exp"): return Claim::exp;
        case three("nbf"): return Claim::nbf;
        case three("iat"): return Claim::iat;
        case three("jti"): return Claim::jti;
        case three("scp"): return Claim::scp;
        case three("cnf"): return Claim::cnf;
        default: return Claim::other;
      }
    case 5: return name == "scope" ? Claim::scope : Claim::other;
    case 9: return name == "client_id" ? Claim::client_id : Claim::other;
    default: return Claim::other;
  }
}

class ClaimsHandler {
 public:
  ClaimsHandler(FactsView& facts, JsonWorkspace& workspace) : facts_(facts), workspace_(workspace) {
    workspace_.audiences.clear();
    workspace_.scopes.clear();
  }

  bool is_object() const noexcept { return is_object_; }
  bool has_bad_claim() const noexcept { return bad_claim_; }
  std::optional<std::string_view> scope() const noexcept { return scope_; }
  std::optional<std::string_view> scp() const noexcept { return scp_; }

  void on_object(std::size_t) {
    if (depth_ == 0) is_object_ = true;
    else if (depth_ == 1 && claim_ == Claim::cnf) facts_.has_confirmation = true;  // RFC 7800 section 3.1
    else value_of_other_type();
    ++depth_;
  }
  void on_object_end(std::size_t) { --depth_; }
  void on_array(std::size_t) {
    if (depth_ != 1 || (claim_ != Claim::aud && claim_ != Claim::scp)) value_of_other_type();
    ++depth_;
  }
  void on_array_end(std::size_t) { --depth_; }
  bool on_duplicate(std::string_view) { return false; }
  void on_member(std::string_view name) {
    if (depth_ == 1) claim_ = claim_of(name);
  }
  void on_string(std::string_view value, std::string_view) {
    if (depth_ == 1) top_level_string(value);
    else if (depth_ == 2 && claim_ == Claim::aud) workspace_.audiences.push_back(value);
    else if (depth_ == 2 && claim_ == Claim::scp && !value.empty()) workspace_.scopes.push_back(value);
  }
  void on_number(std::string_view raw) {
    if (depth_ != 1 || (claim_ != Claim::exp && claim_ != Claim::nbf && claim_ != Claim::iat)) return value_of_other_type();
    const auto date = parse_numeric_date(raw);
    if (!date) bad_claim_ = true;
    else if (claim_ == Claim::exp) facts_.expires_at = date;
    else if (claim_ == Claim::nbf) facts_.not_before = date;
    else facts_.issued_at = date;
  }
  void on_boolean(bool, std::string_view) { value_of_other_type(); }
  void on_null(std::string_view) { value_of_other_type(); }

 private:
  void top_level_string(std::string_view value) {
    switch (claim_) {
      case Claim::other: break;
      case Claim::iss: facts_.issuer = value; break;
      case Claim::sub: facts_.subject = value; break;
      case Claim::aud: workspace_.audiences.push_back(value); break;
      case Claim::jti: facts_.token_id = value; break;
      case Claim::client_id: facts_.client_id = value; break;
      case Claim::scope: scope_ = value; break;
      case Claim::scp: scp_ = value; break;
      case Claim::exp: case Claim::nbf: case Claim::iat: case Claim::cnf: bad_claim_ = true; break;
    }
  }
  // A value of a type that no claim in use has at this place: as the claim itself, or as an element of aud or scp. What a cnf holds is not looked at.
  void value_of_other_type() {
    if (depth_ == 1 && claim_ != Claim::other) bad_claim_ = true;
    if (depth_ == 2 && (claim_ == Claim::aud || claim_ == Claim::scp)) bad_claim_ = true;
  }

  FactsView& facts_;
  JsonWorkspace& workspace_;
  std::size_t depth_ = 0;
  Claim claim_ = Claim::other;
  bool is_object_ = false;
  bool bad_claim_ = false;
  std::optional<std::string_view> scope_;
  std::optional<std::string_view> scp_;
};

// Names separated by U+0020 and nothing else (RFC 6749 section 3.3).
void split_scopes(std::string_view text, std::vector<std::string_view>& out) {
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (blank != 0) out.push_back(text.substr(0, blank));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
}

std::span<const std::string_view> keep(const std::vector<std::string_view>& list, base::Arena& arena) {
  if (list.empty()) return {};
  const std::span<std::string_view> kept = arena.allocate<std::string_view>(list.size());
  std::copy(list.begin(), list.end(), kept.begin());
  return kept;
}

// read_claims(json, workspace, arena, facts): fills in the facts; unset if they are good, else why not.
schema::Code read_claims(base::Bytes json, JsonWorkspace& workspace, base::Arena& arena, FactsView& facts) {
  using schema::Code;
  constexpr JsonLimits kLimits{base::limits::kTokenDepthMax, base::limits::kTokenMembersPerObjectMax, base::limits::kTokenMembersMax};
  ClaimsHandler claims(facts, workspace);
  switch (walk_json(json, workspace, arena, kLimits, claims).fault) {
    case JsonFault::none: break;
    case JsonFault::malformed: return Code::bad_payload;
    case JsonFault::duplicate_member: return Code::duplicate_claim;
    case JsonFault::too_complex: return Code::payload_too_complex;
  }
  if (!claims.is_object()) return Code::bad_payload;
  if (claims.has_bad_claim()) return Code::bad_claim;
  // An array scp has left its names already; those of scope go before them.
  const auto from_scp = static_cast<std::ptrdiff_t>(workspace.scopes.size());
  if (claims.scope()) split_scopes(*claims.scope(), workspace.scopes);
  std::rotate(workspace.scopes.begin(), workspace.scopes.begin() + from_scp, workspace.scopes.end());
  if (claims.scp()) split_scopes(*claims.scp(), workspace.scopes);
  facts.audiences = keep(workspace.audiences, arena);
  facts.scopes = keep(workspace.scopes, arena);
  return Code::unset;
}

}  // namespace

base::Result<FactsView, schema::Code> parse_claims(const HeaderView& header, base::Bytes json, JsonWorkspace& workspace, base::Arena& arena) {
  base::Result<FactsView, schema::Code> facts;  // read where they are returned: a copy would be felt
  facts->algorithm = header.algorithm;
  facts->type = header.type;
  if (const schema::Code fault = read_claims(json, workspace, arena, *facts); fault != schema::Code::unset) facts = std::unexpected(fault);
  return facts;
}

PayloadView::PayloadView(base::Bytes json, JsonWorkspace& workspace, base::Arena& arena) : text_(base::as_text(json)), arena_(&arena) {
  // The grammar has been checked by parse_claims. A text that is no JSON after all (which would be our bug) has no claims.
  if (workspace.index.build(json)) positions_ = workspace.index.positions();
}

std::size_t PayloadView::after(std::size_t i) const noexcept {
  std::size_t depth = 0;
  do {
    const char c = text_[positions_[i++]];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  } while (depth != 0);
  return i;
}

ClaimView PayloadView::value_at(std::size_t i) const {
  const std::size_t begin = positions_[i];
  ClaimView value;
  switch (text_[begin]) {
    case '{': value.kind = ClaimView::Kind::object; break;
    case '[': value.kind = ClaimView::Kind::array; break;
    case '"': value.kind = ClaimView::Kind::string; break;
    case 't': case 'f': value.kind = ClaimView::Kind::boolean; break;
    case 'n': value.kind = ClaimView::Kind::null; break;
    default: value.kind = ClaimView::Kind::number; break;
  }
  if (value.kind == ClaimView::Kind::object || value.kind == ClaimView::Kind::array) {
    value.raw = text_.substr(begin, positions_[after(i) - 1] + 1U - begin);
    return value;
  }
  value.raw = json_raw_token(text_.data(), &positions_[i]);
  if (value.kind == ClaimView::Kind::string) value.string = *unescape_json(value.raw.substr(1, value.raw.size() - 2), *arena_);
  return value;
}

std::optional<ClaimView> PayloadView::find(PointerView pointer) const {
  if (positions_.empty()) return std::nullopt;
  std::size_t i = 0;
  for (PointerStepper step(pointer); !step.done(); step.next()) {
    const char opening = text_[positions_[i]];
    if (opening == '{') {
      for (++i; text_[positions_[i]] != '}'; i = after(i)) {
        if (text_[positions_[i]] == ',') ++i;
        const std::string_view raw = json_raw_token(text_.data(), &positions_[i]);
        i += 2;  // past the name and the colon
        if (step.matches_name(*unescape_json(raw.substr(1, raw.size() - 2), *arena_))) break;
      }
      if (text_[positions_[i]] == '}') return std::nullopt;
    } else if (opening == '[') {
      auto index = step.array_index();
      if (!index) return std::nullopt;
      for (++i; text_[positions_[i]] != ']'; i = after(i)) {
        if (text_[positions_[i]] == ',') ++i;
        if ((*index)-- == 0) break;
      }
      if (text_[positions_[i]] == ']') return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return value_at(i);
}

std::size_t PayloadView::token_at(const ClaimView& value) const noexcept {
  const auto offset = static_cast<std::uint32_t>(value.raw.data() - text_.data());
  return static_cast<std::size_t>(std::lower_bound(positions_.begin(), positions_.end(), offset) - positions_.begin());
}

std::span<const ClaimView> PayloadView::elements(const ClaimView& array) const {
  if (array.kind != ClaimView::Kind::array) return {};
  const auto each = [&](auto visit) {
    for (std::size_t i = token_at(array) + 1; text_[positions_[i]] != ']'; i = after(i)) {
      if (text_[positions_[i]] == ',') ++i;
      visit(i);
    }
  };
  std::size_t count = 0;
  each([&](std::size_t) { ++count; });
  const std::span<ClaimView> out = arena_->allocate<ClaimView>(count);
  std::size_t filled = 0;
  each([&](std::size_t i) { out[filled++] = value_at(i); });
  return out;
}

}  // namespace assay::jose
