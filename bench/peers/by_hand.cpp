// Fast the way one writes it in an afternoon: a table for base64url, simdjson's on-demand parser over buffers that are used again, nothing allocated per token.
// It is less strict than assayd: on-demand parsing hardly looks at members that nobody asks for, nor behind the object, and takes members that stand twice.
#include "peers/by_hand.h"

#include <array>

namespace assay::peers {
namespace {

constexpr std::uint32_t kNoDigit = 0x80;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}();

std::uint32_t digit(char c) { return kDigits[static_cast<std::uint8_t>(c)]; }

using Value = simdjson::ondemand::value;

// A date is an integer in practice, and by RFC 7519 section 2 any number.
bool read_date(Value value, double& out) {
  std::int64_t whole = 0;
  if (value.get_int64().get(whole) == simdjson::SUCCESS) {
    out = static_cast<double>(whole);
    return true;
  }
  return value.get_double().get(out) == simdjson::SUCCESS;
}

// RFC 7519 section 4.1.3: one string or an array of them.
bool names(Value value, std::string_view audience) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  std::string_view text;
  if (type == simdjson::ondemand::json_type::string) return value.get_string().get(text) == simdjson::SUCCESS && text == audience;
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  bool found = false;
  for (auto element : array) {
    if (element.get_string().get(text) != simdjson::SUCCESS) return false;
    found = found || text == audience;
  }
  return found;
}

}  // namespace

std::optional<TokenView> TokenView::of(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return TokenView{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

bool Octets::decode(std::string_view text) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return false;
  const std::size_t whole = text.size() / 4;
  size_ = whole * 3 + (tail == 0 ? 0 : tail - 1);
  if (buffer_.size() < size_ + 3 + simdjson::SIMDJSON_PADDING) buffer_.resize(2 * size_ + 3 + simdjson::SIMDJSON_PADDING);
  const char* in = text.data();
  char* out = buffer_.data();
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < whole; ++i, in += 4, out += 3) {
    const std::uint32_t a = digit(in[0]), b = digit(in[1]), c = digit(in[2]), d = digit(in[3]);
    bad |= a | b | c | d;
    const std::uint32_t bits = a << 18U | b << 12U | c << 6U | d;
    out[0] = static_cast<char>(bits >> 16U);
    out[1] = static_cast<char>(bits >> 8U);
    out[2] = static_cast<char>(bits);
  }
  if (tail != 0) {
    const std::uint32_t a = digit(in[0]), b = digit(in[1]), c = tail == 3 ? digit(in[2]) : 0;
    bad |= a | b | c;
    out[0] = static_cast<char>(a << 2U | b >> 4U);
    out[1] = static_cast<char>(b << 4U | c >> 2U);
  }
  return (bad & kNoDigit) == 0;
}

void Octets::assign(std::string_view octets) {
  size_ = octets.size();
  if (buffer_.size() < size_ + simdjson::SIMDJSON_PADDING) buffer_.resize(2 * size_ + simdjson::SIMDJSON_PADDING);
  octets.copy(buffer_.data(), size_);
}

bool HeaderReader::read(std::string_view part) {
  kid_ = {};
  algorithm_ = {};
  simdjson::ondemand::document document;
  simdjson::ondemand::object header;
  if (!octets_.decode(part) || parser_.iterate(octets_.padded()).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(header) != simdjson::SUCCESS) return false;
  for (auto field : header) {
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    if (name == "crit") return false;  // RFC 7515 section 4.1.11: we understand none
    std::string_view* out = name == "kid" ? &kid_ : name == "alg" ? &algorithm_ : nullptr;
    if (out != nullptr && field.value().get_string().get(*out) != simdjson::SUCCESS) return false;
  }
  return !kid_.empty() && !algorithm_.empty();
}

std::string_view ClaimsChecker::check_part(std::string_view part, std::int64_t now_s) {
  return octets_.decode(part) ? check(now_s) : std::string_view();
}

std::string_view ClaimsChecker::check_json(std::string_view json, std::int64_t now_s) {
  octets_.assign(json);
  return check(now_s);
}

std::string_view ClaimsChecker::check(std::int64_t now_s) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object claims;
  if (parser_.iterate(octets_.padded()).get(document) != simdjson::SUCCESS || document.get_object().get(claims) != simdjson::SUCCESS) return {};
  const auto now = static_cast<double>(now_s);
  const auto skew = static_cast<double>(policy_.skew_s);
  bool issuer = false, audience = false, in_time = false, scope = false;
  std::string_view subject;
  for (auto field : claims) {
    std::string_view name;
    Value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS) return {};
    std::string_view text;
    double date = 0;
    if (name == "iss") {
      issuer = value.get_string().get(text) == simdjson::SUCCESS && text == policy_.issuer;
      if (!issuer) return {};
    } else if (name == "aud") {
      audience = names(value, policy_.audience);
      if (!audience) return {};
    } else if (name == "exp") {
      in_time = read_date(value, date) && now < date + skew;
      if (!in_time) return {};
    } else if (name == "nbf") {
      if (!read_date(value, date) || now < date - skew) return {};
    } else if (name == "scope") {
      scope = value.get_string().get(text) == simdjson::SUCCESS && has_scope(text, policy_.scope);
    } else if (name == "sub") {
      if (value.get_string().get(subject) != simdjson::SUCCESS) return {};
    }
  }
  return issuer && audience && in_time && scope ? subject : std::string_view();
}

bool has_scope(std::string_view scopes, std::string_view wanted) {
  for (;;) {
    const std::size_t end = scopes.find(' ');
    if (scopes.substr(0, end) == wanted) return true;
    if (end == std::string_view::npos) return false;
    scopes.remove_prefix(end + 1);
  }
}

}  // namespace assay::peers
