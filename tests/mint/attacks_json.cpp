// JSON (RFC 8259) in header and payload: each case is tried in both. The rest of the token is good, the signature included.
#include "mint/attack_list.h"

namespace assay::mint {
namespace {

// What both parts are told to be, and what that must come to.
struct Part {
  std::string name;
  JsonObject good;
  Code malformed;
  Code duplicate;
};

class JsonAttacks {
 public:
  JsonAttacks(AttackList& list, bool in_header)
      : list_(list),
        in_header_(in_header),
        part_(in_header ? Part{"header", list.header(), Code::bad_header, Code::duplicate_header_member}
                        : Part{"payload", list.claims(), Code::bad_payload, Code::duplicate_claim}),
        good_(part_.good.text()) {}

  void add_all() {
    add_documents();
    add_encodings();
    add_grammar();
    add_strings();
    add_duplicates();
    add_controls();
  }

 private:
  void add(const std::string& name, const std::string& what, const char* rfc, Code expected, std::string_view text) {
    list_.add(part_.name + "-" + name, "The " + part_.name + " " + what + ".", rfc, expected,
              in_header_ ? list_.sign_header(text) : list_.sign_payload(text));
  }
  // A good object but for one more member, written as given: `"x":` stands before it.
  void add_value(const std::string& name, const std::string& what, const char* rfc, Code expected, const std::string& value) {
    add(name, what, rfc, expected, before_end(R"(,"x":)" + value));
  }
  std::string before_end(const std::string& text) const { return good_.substr(0, good_.size() - 1) + text + "}"; }
  std::string after_start(const std::string& text) const { return "{" + text + good_.substr(1); }

  void add_documents() {
    const auto bad = [&](const std::string& name, const std::string& what, std::string_view text) {
      add(name, what, "RFC 7519 section 7.2", part_.malformed, text);
    };
    bad("array", "is an array", "[" + good_ + "]");
    bad("string", "is a string that holds JSON", quote(good_));
    bad("number", "is a number", "1");
    bad("null", "is null", "null");
    bad("true", "is true", "true");
    bad("blank", "is white space", " \n");
    bad("not-json", "is no JSON", "hello");
    bad("truncated", "lacks its closing brace", good_.substr(0, good_.size() - 1));
    bad("half", "is cut in the middle of a string", good_.substr(0, good_.size() - 3));
    bad("trailing-letter", "goes on after its end", good_ + "x");
    bad("trailing-object", "is followed by another object", good_ + "{}");
    bad("trailing-comma-after", "is followed by a comma", good_ + ",");
    bad("trailing-brace", "is followed by a brace", good_ + "}");
    bad("trailing-nul", "is followed by a NUL", good_ + std::string(1, '\0'));
    bad("trailing-null", "is followed by null", good_ + " null");
    bad("leading-garbage", "has an XSSI guard before it", ")]}'\n" + good_);
  }

  void add_encodings() {
    const auto bad = [&](const std::string& name, const std::string& what, const std::string& octets) {
      add_value(name, what, "RFC 8259 section 8.1", part_.malformed, '"' + octets + '"');
    };
    add("bom", "begins with a byte order mark", "RFC 8259 section 8.1", part_.malformed, "\xef\xbb\xbf" + good_);
    std::string utf16;
    for (const char c : good_) utf16 += {c, '\0'};
    add("utf16", "is in UTF-16", "RFC 8259 section 8.1", part_.malformed, utf16);
    bad("utf8-stray", "has a stray continuation octet", "\x80");
    bad("utf8-ff", "has the octet FF, which UTF-8 never has", "\xff");
    bad("utf8-overlong", "has an overlong slash of two octets", "\xc0\xaf");
    bad("utf8-overlong-3", "has an overlong slash of three octets", "\xe0\x80\xaf");
    bad("utf8-overlong-nul", "has an overlong NUL", "\xc0\x80");
    bad("utf8-surrogate", "has an encoded surrogate", "\xed\xa0\x80");
    bad("utf8-cesu", "has a pair of encoded surrogates", "\xed\xa0\xbd\xed\xb8\x80");
    bad("utf8-too-high", "has a code point above 10FFFF", "\xf4\x90\x80\x80");
    bad("utf8-five", "has a sequence of five octets", "\xf8\x88\x80\x80\x80");
    bad("utf8-cut", "has a sequence that is cut short", "\xe2\x82");
    bad("latin1", "has a letter in Latin-1", "caf\xe9");
    add("utf8-in-name", "has a member name that is not UTF-8", "RFC 8259 section 8.1", part_.malformed, before_end(",\"\xff\":0"));
  }

  void add_grammar() {
    const char* const rfc = "RFC 8259 section 2";
    const auto bad = [&](const std::string& name, const std::string& what, const std::string& value) {
      add_value(name, what, rfc, part_.malformed, value);
    };
    const auto bad_end = [&](const std::string& name, const std::string& what, const std::string& text) {
      add(name, what, rfc, part_.malformed, before_end(text));
    };
    bad_end("trailing-comma", "has a comma before its closing brace", ",");
    bad_end("comment", "has a comment", "/* harmless */");
    bad_end("line-comment", "has a comment to the end of the line", "// harmless\n");
    bad_end("unquoted-name", "has a member name without quotation marks", ",x:0");
    bad_end("single-quotes", "has a string in apostrophes", ",\"x\":'y'");
    bad_end("number-name", "has a number for a member name", ",1:0");
    bad_end("no-colon", "lacks a colon", ",\"x\" 0");
    bad_end("two-colons", "has two colons", ",\"x\"::0");
    bad_end("no-value", "lacks a value", ",\"x\":");
    bad_end("name-alone", "has a name without a value", ",\"x\"");
    bad_end("two-commas", "has two commas", ",,\"x\":0");
    bad_end("form-feed", "has a form feed between members", ",\f\"x\":0");
    bad_end("no-break-space", "has a no-break space between members", ",\xc2\xa0\"x\":0");
    add("leading-comma", "begins with a comma", rfc, part_.malformed, after_start(","));
    bad("mismatched-bracket", "closes an array with a brace", "[0}");
    bad("unclosed-array", "has an array that is not closed", "[0");
    bad("array-trailing-comma", "has an array that ends in a comma", "[0,]");
    bad("number-leading-zero", "has a number with a leading zero", "01");
    bad("number-plus", "has a number with a plus sign", "+1");
    bad("number-point-last", "has a number that ends in its point", "1.");
    bad("number-point-first", "has a number that begins with its point", ".5");
    bad("number-hexadecimal", "has a hexadecimal number", "0x1F");
    bad("number-no-exponent", "has a number without the digits of its exponent", "1e");
    bad("number-minus", "has a minus sign alone", "-");
    bad("number-two-points", "has a number with two points", "1.2.3");
    bad("number-underscore", "has a number with an underscore", "1_000");
    bad("nan", "has a NaN", "NaN");
    bad("infinity", "has an Infinity", "-Infinity");
    bad("true-capital", "has True with a capital", "True");
    bad("nulls", "has a word that begins like null", "nulls");
    bad("undefined", "has undefined", "undefined");
  }

  void add_strings() {
    const auto bad = [&](const std::string& name, const std::string& what, const std::string& value) {
      add_value(name, what, "RFC 8259 section 7", part_.malformed, value);
    };
    bad("string-newline", "has a line feed inside a string", "\"a\nb\"");
    bad("string-nul", "has a NUL inside a string", std::string("\"a\0b\"", 5));
    bad("string-control", "has a control character inside a string", "\"a\x1f\"");
    bad("escape-x", "has the escape \\x", R"("\x41")");
    bad("escape-quote", "has an escaped apostrophe", R"("\'")");
    bad("escape-capital-u", "has the escape \\U", R"("\U0041")");
    bad("escape-short", "has an escape of three digits", R"("\u041")");
    bad("escape-not-hex", "has an escape with a letter that is no digit", R"("\u00g1")");
    bad("escape-open", "has a string whose closing mark is escaped", R"("abc\")");
    const auto lone = [&](const std::string& name, const std::string& what, const std::string& value) {
      add_value(name, what, "RFC 8259 section 8.2", part_.malformed, value);
    };
    lone("surrogate-high", "has a lone high surrogate", R"("\ud800")");
    lone("surrogate-low", "has a lone low surrogate", R"("\udc00")");
    lone("surrogate-reversed", "has a pair of surrogates the wrong way round", R"("\udc00\ud800")");
    lone("surrogate-two-high", "has two high surrogates", R"("\ud800\ud800")");
    lone("surrogate-then-text", "has a high surrogate before a letter", R"("\ud83dx")");
    lone("surrogate-nested", "has a lone surrogate deep inside", R"([{"a":["\uDFFF"]}])");
    add("surrogate-in-name", "has a lone surrogate in a member name", "RFC 8259 section 8.2", part_.malformed, before_end(R"(,"\ud800":0)"));
  }

  void add_duplicates() {
    const auto twice = [&](const std::string& name, const std::string& what, std::string_view text) {
      add(name, what, in_header_ ? "RFC 7515 section 4" : "RFC 7519 section 4", part_.duplicate, text);
    };
    const std::string first = in_header_ ? "alg" : "iss";
    const std::string value = part_.good.members().front().second;
    const std::string member = quote(first) + ":" + value;
    // The same name with its first letter escaped.
    const std::string letter = in_header_ ? R"(\u0061)" : R"(\u0069)";
    const std::string escaped = '"' + letter + first.substr(1) + "\":" + value;
    twice("duplicate", "has a member twice, with one value", before_end("," + member));
    twice("duplicate-first", "has a member twice, another value first", after_start(quote(first) + R"(:"none",)"));
    twice("duplicate-last", "has a member twice, another value last", before_end("," + quote(first) + R"(:"none")"));
    twice("duplicate-null", "has a member twice, once null", before_end("," + quote(first) + ":null"));
    twice("duplicate-escaped", "has a member twice, once with an escape in its name", before_end("," + escaped));
    twice("duplicate-escaped-first", "has a member twice, first with an escape in its name", after_start(escaped + ","));
    twice("duplicate-unused", "has a member that nobody reads twice", before_end(R"(,"x":1,"x":1)"));
    twice("duplicate-empty-name", "has two members with an empty name", before_end(R"(,"":1,"":2)"));
    twice("duplicate-unicode", "has a member twice, once with its name as a pair of surrogates",
          before_end(",\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2"));
    twice("duplicate-slash", "has a member twice, once with an escaped slash", before_end(R"(,"a/b":1,"a\/b":2)"));
    twice("duplicate-nested", "has an object inside with a member twice", before_end(R"(,"x":{"a":1,"a":2})"));
    twice("duplicate-nested-escaped", "has an object inside with a member twice, once escaped", before_end(R"(,"x":{"a":1,"\u0061":2})"));
    twice("duplicate-deep", "has an object deep inside with a member twice", before_end(R"(,"x":[[{"y":{"z":[{"a":1,"b":2,"a":3}]}}]])"));
    std::string far = R"(,"first":0)";
    for (int i = 0; i < 200; ++i) far += ",\"m" + std::to_string(i) + "\":0";
    twice("duplicate-far", "has a member twice, two hundred others between", before_end(far + R"(,"first":0)"));
  }

  void add_controls() {
    const auto good = [&](const std::string& name, const std::string& what, const std::string& text) {
      add(name, what, "RFC 8259 section 2", Code::accepted, text);
    };
    good("white-space", "has white space wherever it may stand", "\r\n\t { " + good_.substr(1, good_.size() - 2) + " , \"x\" : [ 1 , 2 ] } \n");
    good("same-name-elsewhere", "has one name in two objects", before_end(R"(,"x":{"a":1},"y":{"a":{"a":[{"a":1},{"a":1}]}})"));
    good("name-in-other-case", "has members whose names differ from known ones in case only",
         before_end(R"(,"ALG":"none","Iss":"x","EXP":1,"Crit":["x"])"));
    good("known-names-inside", "has known names in an object inside", before_end(R"(,"x":{"alg":"none","crit":["x"],"exp":1,"iss":7,"kid":{}})"));
    good("all-escapes", "has every escape of JSON", before_end(R"(,"x":"\"\\\/\b\f\n\r\t\u0041\u0000\uFFFF")"));
    good("surrogate-pair", "has a pair of surrogates", before_end(R"(,"\ud83d\ude00":"\uD83D\uDE00")"));
    good("utf8-long", "has UTF-8 of two, three and four octets", before_end(",\"x\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\x7f\""));
    good("bom-inside", "has a byte order mark inside a string", before_end(",\"x\":\"\xef\xbb\xbf\""));
    good("big-numbers", "has numbers that no machine holds", before_end(R"(,"x":[1e99999,-1e-99999,123456789012345678901234567890,0.1,-0,1E+2])"));
    good("empty-things", "has an empty object, array, string and name", before_end(R"(,"x":{},"y":[],"z":"","":0)"));
    good("proto", "has the member names that trouble other languages", before_end(R"(,"__proto__":{"admin":true},"constructor":null)"));
    const std::string first = in_header_ ? R"("\u0061\u006c\u0067")" : R"("\u0069\u0073\u0073")";
    good("escaped-name", "has a known member name all in escapes", "{" + first + good_.substr(6));
  }

  AttackList& list_;
  bool in_header_;
  Part part_;
  std::string good_;
};

}  // namespace

void add_json_attacks(AttackList& list) {
  JsonAttacks(list, true).add_all();
  JsonAttacks(list, false).add_all();
}

}  // namespace assay::mint
