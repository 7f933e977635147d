// One function for each production of the grammar. Every function takes what it stands for off the front, or notes the fault and returns nothing.
#include "jose/slow_json.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace assay::slow {
namespace {

using jose::JsonFault;

// The tests of a whole text that JsonIndex::build does: a quote that an odd number of backslashes precedes does not count as one, in strings or outside.
bool has_sound_strings(std::string_view text) {
  bool in_string = false;
  std::size_t backslashes = 0;
  for (const char c : text) {
    if (c == '"' && backslashes % 2 == 0) in_string = !in_string;
    else if (in_string && static_cast<unsigned char>(c) < 0x20) return false;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return !in_string;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (point <= 0x7F) {
    put(point);
  } else if (point <= 0x7FF) {
    put(0xC0 + point / 64);
    put(0x80 + point % 64);
  } else if (point <= 0xFFFF) {
    put(0xE0 + point / 4096);
    put(0x80 + point / 64 % 64);
    put(0x80 + point % 64);
  } else {
    put(0xF0 + point / 262144);
    put(0x80 + point / 4096 % 64);
    put(0x80 + point / 64 % 64);
    put(0x80 + point % 64);
  }
}

class Reader {
 public:
  Reader(std::string_view text, const Rules& rules) : text_(text), rules_(rules) {}

  Reading read() {
    if (!is_utf8(text_) || !has_sound_strings(text_)) return {JsonFault::malformed, std::nullopt};
    blank();
    auto root = value();
    if (root) {
      blank();
      if (at_ != text_.size()) root = no(JsonFault::malformed);
    }
    if (!root) return {fault_, std::nullopt};
    return {JsonFault::none, std::move(root)};
  }

 private:
  std::nullopt_t no(JsonFault fault) {
    fault_ = fault;
    return std::nullopt;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // ws = *( %x20 / %x09 / %x0A / %x0D )
  void blank() {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }
  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::optional<Json> value() {
    const std::size_t begin = at_;
    std::optional<Json> result;
    if (at_ == text_.size()) return no(JsonFault::malformed);
    switch (text_[at_]) {
      case '{': result = object(); break;
      case '[': result = array(); break;
      case '"':
        if (auto text = string()) {
          result.emplace();
          result->kind = Json::Kind::string;
          result->string = *text;
        }
        break;
      default: result = word_or_number(); break;
    }
    if (result) result->raw = text_.substr(begin, at_ - begin);
    return result;
  }

  std::optional<Json> word_or_number() {
    Json result;
    if (take_word("true") || take_word("false")) {
      result.kind = Json::Kind::boolean;
      return result;
    }
    if (take_word("null")) return result;
    std::size_t end = at_;
    while (end < text_.size() && std::string_view("0123456789+-.eE").find(text_[end]) != std::string_view::npos) ++end;
    if (!is_json_number(text_.substr(at_, end - at_))) return no(JsonFault::malformed);
    at_ = end;
    result.kind = Json::Kind::number;
    return result;
  }

  // object = begin-object [ member *( value-separator member ) ] end-object; member = string name-separator value
  std::optional<Json> object() {
    if (depth_ == rules_.limits.depth_max) return no(JsonFault::too_complex);
    ++depth_;
    ++at_;
    Json result;
    result.kind = Json::Kind::object;
    blank();
    if (take('}')) {
      --depth_;
      return result;
    }
    do {
      blank();
      auto name = string();
      if (!name) return no(JsonFault::malformed);
      ++members_;
      if (result.members.size() == rules_.limits.members_per_object_max || members_ > rules_.limits.members_max) return no(JsonFault::too_complex);
      const bool again = std::any_of(result.members.begin(), result.members.end(), [&name](const Member& member) { return member.name == *name; });
      if (again && rules_.duplicates_refused) return no(JsonFault::duplicate_member);
      blank();
      if (!take(':')) return no(JsonFault::malformed);
      blank();
      auto member = value();
      if (!member) return std::nullopt;
      result.members.push_back({std::move(*name), std::move(*member)});
      blank();
    } while (take(','));
    if (!take('}')) return no(JsonFault::malformed);
    --depth_;
    return result;
  }

  // array = begin-array [ value *( value-separator value ) ] end-array
  std::optional<Json> array() {
    if (depth_ == rules_.limits.depth_max) return no(JsonFault::too_complex);
    ++depth_;
    ++at_;
    Json result;
    result.kind = Json::Kind::array;
    blank();
    if (take(']')) {
      --depth_;
      return result;
    }
    do {
      blank();
      auto element = value();
      if (!element) return std::nullopt;
      result.elements.push_back(std::move(*element));
      blank();
    } while (take(','));
    if (!take(']')) return no(JsonFault::malformed);
    --depth_;
    return result;
  }

  // string = quotation-mark *char quotation-mark
  std::optional<std::string> string() {
    if (!take('"')) return no(JsonFault::malformed);
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return no(JsonFault::malformed);
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ == text_.size()) break;
      static constexpr std::string_view kLetters = "\"\\/bfnrt";
      static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
      const char letter = text_[at_++];
      if (const std::size_t known = kLetters.find(letter); known != std::string_view::npos) {
        out += kMeanings[known];
        continue;
      }
      if (letter != 'u') return no(JsonFault::malformed);
      const auto unit = four_digits();
      if (!unit) return no(JsonFault::malformed);
      std::uint32_t point = *unit;
      if (point >= 0xDC00 && point <= 0xDFFF) return no(JsonFault::malformed);
      if (point >= 0xD800 && point <= 0xDBFF) {
        if (!take_word("\\u")) return no(JsonFault::malformed);
        const auto low = four_digits();
        if (!low || *low < 0xDC00 || *low > 0xDFFF) return no(JsonFault::malformed);
        point = 0x10000 + (point - 0xD800) * 0x400 + (*low - 0xDC00);
      }
      append_utf8(out, point);
    }
    return no(JsonFault::malformed);
  }

  std::optional<std::uint32_t> four_digits() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == text_.size()) return std::nullopt;
      static constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
      const std::size_t digit = kDigits.find(text_[at_]);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit % 16);
    }
    return value;
  }

  std::string_view text_;
  const Rules& rules_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t members_ = 0;
  JsonFault fault_ = JsonFault::malformed;
};

std::string unescape_reference_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~') out += token[++i] == '1' ? '/' : '~';
    else out += token[i];
  }
  return out;
}

const Json* step(const Json& from, std::string_view token) {
  if (from.kind == Json::Kind::object) {
    for (const auto& [name, value] : from.members) {
      if (name == unescape_reference_token(token)) return &value;
    }
  }
  if (from.kind == Json::Kind::array) {
    for (std::size_t i = 0; i < from.elements.size(); ++i) {
      if (std::to_string(i) == token) return &from.elements[i];
    }
  }
  return nullptr;
}

}  // namespace

Reading read_json(std::string_view text, const Rules& rules) { return Reader(text, rules).read(); }

bool is_utf8(std::string_view text) {
  const auto octet = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto within = [&octet](std::size_t i, unsigned low, unsigned high) { return octet(i) >= low && octet(i) <= high; };
  const auto tail = [&within](std::size_t i) { return within(i, 0x80, 0xBF); };
  for (std::size_t i = 0; i < text.size();) {
    if (octet(i) <= 0x7F) i += 1;
    else if (within(i, 0xC2, 0xDF) && tail(i + 1)) i += 2;
    else if (octet(i) == 0xE0 && within(i + 1, 0xA0, 0xBF) && tail(i + 2)) i += 3;
    else if (within(i, 0xE1, 0xEC) && tail(i + 1) && tail(i + 2)) i += 3;
    else if (octet(i) == 0xED && within(i + 1, 0x80, 0x9F) && tail(i + 2)) i += 3;
    else if (within(i, 0xEE, 0xEF) && tail(i + 1) && tail(i + 2)) i += 3;
    else if (octet(i) == 0xF0 && within(i + 1, 0x90, 0xBF) && tail(i + 2) && tail(i + 3)) i += 4;
    else if (within(i, 0xF1, 0xF3) && tail(i + 1) && tail(i + 2) && tail(i + 3)) i += 4;
    else if (octet(i) == 0xF4 && within(i + 1, 0x80, 0x8F) && tail(i + 2) && tail(i + 3)) i += 4;
    else return false;
  }
  return true;
}

bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const auto one_of = [&](std::string_view set) {
    if (at == text.size() || set.find(text[at]) == std::string_view::npos) return false;
    ++at;
    return true;
  };
  one_of("-");
  if (!one_of("0") && (!one_of("123456789") || (digits(), false))) return false;
  if (one_of(".") && digits() == 0) return false;
  if (one_of("eE") && (one_of("+-"), digits() == 0)) return false;
  return at == text.size();
}

const Json* find(const Json& root, std::string_view pointer) {
  const Json* here = &root;
  while (here != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    here = step(*here, pointer.substr(0, end));
    pointer.remove_prefix(end);
  }
  return here;
}

}  // namespace assay::slow
