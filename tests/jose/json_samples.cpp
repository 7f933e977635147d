#include "jose/json_samples.h"

#include <string_view>

namespace assay::jose {
namespace {

std::string repeated(std::string_view piece, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

std::string nested(std::size_t depth, std::string_view open, std::string_view middle, std::string_view close) {
  return repeated(open, depth) + std::string(middle) + repeated(close, depth);
}

std::string object_of(std::size_t members, std::string_view prefix = "m") {
  std::string out = "{";
  for (std::size_t i = 0; i < members; ++i) {
    if (i != 0) out += ",";
    out.append("\"").append(prefix).append(std::to_string(i)).append("\":0");
  }
  return out + "}";
}

// Text with zero octets in it.
std::string with_zeros(std::string_view text) { return std::string(text); }

void add(std::vector<JsonSample>& samples, JsonFault fault, std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) samples.push_back({text, fault});
}

void add_good(std::vector<JsonSample>& samples) {
  const std::string quotes_and_slashes = R"("\\\"\\\\\"\\")";
  add(samples, JsonFault::none, {
      // Any value may stand at the top (RFC 8259 section 2).
      "{}", "[]", "null", "true", "false", "0", "-0", "1", "\"\"", "\"a\"", " 1 ", "\t1\n", "\r\n1\r\n", "1.5e3",
      // White space wherever a token ends, and only these four characters.
      " { } ", " [ ] ", "{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }", "[\n1\n,\r\n2\t]", "[ \t\n\r]", "{\"a\":1}" + std::string(200, ' '),
      std::string(200, '\n') + "[]",
      // Numbers (section 6).
      "[0,-0,0.0,-0.0,1,10,-10,0.5,-0.5,1e0,1E0,1e+0,1e-0,1.5e10,1.5E+10,1.5E-10,0e0,0e+0,123456789012345678901234567890,1e400,-1e400,1e-400]",
      "[0.00000000000000000000000000000000000000000000000000001]", "[18446744073709551616]", "[-9223372036854775809]", "[1e999999999999999999999]",
      "[20e1]",
      // Strings (section 7).
      R"(["\"","\\","\/","\b","\f","\n","\r","\t","\u0041","\u00e9","\u20AC","\uD83D\uDE00","\ud83d\ude00"])", R"("\u0000")",
      R"(["\u0000\u0001\u001f"])", quotes_and_slashes, R"("\\")", R"("\\\\")", R"("a\\")", R"(["\\","\\"])", R"("\uFFFF\uFFFE\uFEFF")",
      R"("\u2028\u2029")", "\"\xE2\x80\xA8\xE2\x80\xA9\"", "\"\x7F\"", "\"\xC2\x80\"", "\"\xDF\xBF\"", "\"\xE0\xA0\x80\"", "\"\xED\x9F\xBF\"",
      "\"\xEE\x80\x80\"", "\"\xEF\xBF\xBF\"", "\"\xEF\xBB\xBF\"", "\"\xF0\x90\x80\x80\"", "\"\xF4\x8F\xBF\xBF\"", R"("\uD800\uDC00")",
      R"("\uDBFF\uDFFF")", R"("\uD834\uDD1E\uD834\uDD1E")", R"("\\u0041")", R"("\\uD800")", R"("/")", R"("{[]}:,")",
      "\"" + repeated("\xF0\x9F\x98\x80", 40) + "\"", "\"" + std::string(63, 'a') + "\"", "\"" + std::string(62, 'a') + "\\\\\"",
      "\"" + std::string(61, 'a') + "\\n\"", "\"" + std::string(126, 'a') + "\\\"\"", "\"" + repeated("\\\\", 64) + "\"",
      "\"" + repeated("\\\"", 65) + "\"",
      // Names: any string; the same name in different objects.
      R"({"":0})", R"({"a":{"a":{"a":0}}})", R"([{"a":0},{"a":0}])", R"({"a":[{"a":1},{"a":2}],"b":{"a":3}})",
      R"({"a":0,"A":0,"a ":0," a":0,"a\u0000":0})", R"({"\u0061":0,"b":0})", "{\"\xC3\xA9\":0,\"e\xCC\x81\":0}",
      R"({"__proto__":0,"constructor":0})", R"({"a":"a","b":"a"})",
      // Limits: just at them.
      nested(16, "[", "", "]"), nested(16, "[", "0", "]"), nested(15, "{\"a\":", "{}", "}"), nested(8, "[{\"a\":", "0", "}]"), object_of(256),
      "[" + object_of(256) + "," + object_of(256) + "," + object_of(256) + "," + object_of(256) + "]", "[" + repeated("[],", 2000) + "0]",
      "[" + repeated("0,", 5000) + "0]", "[" + repeated("{},", 3000) + "{}]",
  });
}

void add_malformed_structure(std::vector<JsonSample>& samples) {
  add(samples, JsonFault::malformed, {
      // Nothing, or only white space.
      "", " ", "\n\n\t", std::string(100, ' '),
      // Text after the value.
      "1 2", "{}{}", "[][]", "{} x", "{},", "[],", "[]]", "{}}", "1,", "null null", "\"a\"\"b\"", "\"a\" \"b\"", "\"a\"b", "\"a\"1", "1\"a\"",
      "[1]#", "{}//", "{}/**/", "truefalse", "[] 0", "{\"a\":1}}", "{\"a\":1}]", "[\"a\"],", with_zeros({"{}\0", 3}), with_zeros({"\0{}", 3}),
      with_zeros({"1\0", 2}),
      // Brackets.
      "[", "]", "{", "}", "[[]", "[]]", "{]", "[}", "[1}", "{\"a\":1]", "{\"a\":[}", "[{]", "[\"a\"}", "{\"a\":{}", std::string(15, '['), "[[[",
      "]][[", ":", ",", "[,", "{,", "{:", "[:",
      // Commas and colons.
      "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[\"a\":1]", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}", "{\"a\" 1}", "{\"a\"}",
      "{\"a\":}", "{\"a\",1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{\"a\":1:2}", "{\"a\":,}", "{:1}", "{\"a\":1;\"b\":2}", "{\"a\"=1}",
      "[\"a\",\n", "{\"a\":1,", "{\"a\":", "{\"a\"", "[1,\n1\n,1", "{\"a\":\"b\":\"c\"}", "[[],", "[{},", "{\"a\":[],",
      // Names that are no strings.
      "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{true:1}", "{[]:1}", "{{}:1}", "{\"a\":1,b:2}", "{\"a\":1,2:2}", "{\"a\":1,null:2}", "{\"a\":1,}",
      "{\"a\":1,{}}", "{\"a\":1,[]}",
      // Words.
      "tru", "truee", "True", "TRUE", "fals", "falsee", "nul", "nulll", "NULL", "None", "undefined", "NaN", "Infinity", "-Infinity", "nan",
      "-null", "+true", "t", "f", "n", "[tru]", "[nul]", "[fals]", "[true1]", "[truenull]", "[true,nul]", "{\"a\":tru}", "[a]", "a", "*", "#",
      "<x>", "[undefined]", "tr ue", "nu\nll",
      // Comments are none of JSON.
      "/* */ 1", "// x\n1", "[1 /* x */]", "[1, // x\n2]", "{\"a\":1 /**/}", "{/**/\"a\":1}", "{\"a\"/**/:1}", "/", "# x\n1", "[1]--",
      // White space that is none: vertical tab, form feed, no-break space, next line, line separator, zero-width space, NUL, backspace.
      "\v1", "1\f", "[\f]", "[1\f]", "\f[]", "[1\v,2]", "\xC2\xA0[]", "\xC2\x85[]", "\xE2\x80\xA8[]", "[]\xE2\x80\x8B", "\x1A", "[1\x1A" "2]",
      "{\"a\"\x1A" "1}", "[1\x0C" "2]", "\b1", "\x1A[]", "[]\x1A", "[\x1A]", "{\x0C}", "[1\x0C]", "{\"a\":1\x0C\"b\":2}", "{\"a\":1\x1A}",
      with_zeros({"[\0]", 3}), with_zeros({"[1\0]", 4}), with_zeros({"{\"a\":\0}", 7}), "[\x7F]", "[\x01]",
      // Byte order marks, other encodings.
      "\xEF\xBB\xBF{}", "\xEF\xBB\xBF", "\xEF\xBB\xBF 1", "{}\xEF\xBB\xBF", "[\xEF\xBB\xBF]", "\xFE\xFF", "\xFF\xFE",
      with_zeros({"\xFF\xFE[\0]\0", 6}), with_zeros({"\0[\0]", 4}), with_zeros({"[\0]\0", 4}),
  });
}

void add_malformed_scalars(std::vector<JsonSample>& samples) {
  add(samples, JsonFault::malformed, {
      // Numbers.
      "+1", "01", "-01", "00", "-", "--1", "+-1", "1.", "-1.", ".1", "-.1", "1.e1", ".e1", "1e", "1e+", "1e-", "1E", "e1", "1.1.1", "1e1e1",
      "1e1.1", "0x1", "0x", "0b1", "0o7", "1_0", "1a", "a1", "1f", "0.1.2", "0e", "0e+", "0.3e", "0.3e+", "1 000", "1,000", "1+1", "1-1", "- 1",
      "1e 1", "1 e1", "[1.]", "[.1]", "[01]", "[-]", "[+1]", "[1e]", "[0x1]", "[-01]", "[1.0e]", "[1.0e-]", "[2.e3]", "[-a]", "[--1]",
      "[1\xEF\xBC\x91]", "\xEF\xBC\x91", "[0e1.5]", "[9.e+]", "[-Infinity]", "[Infinity]", "[NaN]", "[-NaN]", "[1eE2]", "[1ee2]", "[-2.]", "[0.]",
      "[-0.]", "[1\"\"]", "[1\"2\"]", "[1{}]", "[1[]]", "[-\"1\"]",
      // Strings: the end, the quotes.
      "\"", "\"a", "a\"", "\"a\\", "\"a\\\"", "\"\\\\\\\"", "'a'", "['a']", "[\"a]", "[a\"]", "[\"a\\\"]", "\"\"\"", "\"a\"\"", "{\"a:1}",
      "{\"a\":\"}", "[\"\\\\\"\"]", "[\"a\", \"b]", "\\\"a\"", "[\\\"a\\\"]", "{\\\"a\\\":1}", "\\", "[\\]", "[\\n]", "\\u0041", "[\\u0031]",
      "\"a\"\\", "\\\"\"", "[\"a\"\\]", "{\"a\"\\:1}", "[\"a\"\\,\"b\"]", "\xE2\x80\x9C" "a\xE2\x80\x9D", "`a`",
      // Strings: control characters.
      "\"\n\"", "\"\t\"", "\"\r\"", "\"a\nb\"", "[\"\x01\"]", "[\"\x1F\"]", with_zeros({"\"\0\"", 3}), with_zeros({"[\"a\0a\"]", 7}),
      "{\"a\tb\":1}", "\"\\\n\"", "\"\\\t\"", with_zeros({"\"\\\0\"", 4}), "\"a\x1A\"", "\"a\x0C\"",
      // Strings: escapes.
      "\"\\x41\"", "\"\\a\"", "\"\\v\"", "\"\\0\"", "\"\\'\"", "\"\\ \"", "\"\\N\"", "\"\\B\"", "\"\\U0041\"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"",
      "\"\\u004\"", "\"\\u004G\"", "\"\\u00-1\"", "\"\\u 041\"", "\"\\u+041\"", "\"\\u{41}\"", "\"\\u0x41\"", "\"\\\xC3\xA9\"",
      "\"\\\xF0\x9F\x98\x80\"", "{\"\\x\":1}", "{\"\\u12\":1}", "[\"\\u00A\"]", "[\"\\\\\\x00\"]", "\"\\u\xC3\xA9\xC3\xA9\"", "\"\\u004\xC3\xA9\"",
      "\"\\u00:0\"", "\"\\u00@0\"", "\"\\u00`0\"", "\"\\u00g0\"",
      // Strings: lone surrogates (section 8.2).
      "\"\\uD800\"", "\"\\uDBFF\"", "\"\\uDC00\"", "\"\\uDFFF\"", "\"\\uD800a\"", "\"a\\uD800\"", "\"\\uD800\\n\"", "\"\\uD800\\\\\"",
      "\"\\uD800\\u0041\"", "\"\\uD800\\uD800\"", "\"\\uDC00\\uD800\"", "\"\\uDC00\\uDC00\"", "\"\\uD83D\\uDE00\\uDE00\"",
      "\"\\uD83D\\uD83D\\uDE00\"", "\"\\uD800\\uDBFF\"", "\"\\uD800\\uE000\"", "\"\\uD800\\u\"", "\"\\uD800\\uDC0\"", "\"\\uD800uDC00\"",
      "\"\\uD800\\\\uDC00\"", "\"\\ud800\"", "\"\\udfff\\ud800\"", "{\"\\uD800\":1}", "{\"a\":{\"b\":[\"\\uDC00\"]}}", "\"\\uD800 \\uDC00\"",
      "\"\\uDC00\\uD83D\\uDE00\"",
      // Strings: what is no UTF-8 (RFC 3629).
      "\"\x80\"", "\"\xBF\"", "\"\xC0\x80\"", "\"\xC1\xBF\"", "\"\xC2\"", "\"\xC3(\"", "\"\xE0\x80\x80\"", "\"\xE0\x9F\xBF\"", "\"\xE2\x82\"",
      "\"\xE2(\xA1\"", "\"\xE2\x82(\"", "\"\xED\xA0\x80\"", "\"\xED\xBF\xBF\"", "\"\xED\xA0\xBD\xED\xB8\x80\"", "\"\xF0\x80\x80\x80\"",
      "\"\xF0\x8F\xBF\xBF\"", "\"\xF0\x9F\x98\"", "\"\xF0\x9F\"", "\"\xF0\"", "\"\xF4\x90\x80\x80\"", "\"\xF5\x80\x80\x80\"",
      "\"\xF8\x88\x80\x80\x80\"", "\"\xFC\x84\x80\x80\x80\x80\"", "\"\xFE\"", "\"\xFF\"", "\"\xC3\xA9\xA9\"", "{\"\xFF\":1}", "[\xFF]", "\xFF",
      "{\"a\":1}\xFF", "{\"a\":1} \xC3", "[1]\xE2\x82", "\"abc\xC3", "\"" + std::string(62, 'a') + "\xC3\"",
      "\"" + std::string(61, 'a') + "\xE2\x82\"", "\"" + std::string(126, 'a') + "\xF0\x9F\"", std::string(63, ' ') + "\xC3",
      std::string(64, ' ') + "\xA9", "\"" + std::string(63, 'a') + "\xED\xA0\x80\"",
  });
}

void add_duplicates_and_limits(std::vector<JsonSample>& samples) {
  add(samples, JsonFault::duplicate_member, {
      R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"":1,"":2})", R"({"a":1,"\u0061":2})", R"({"\u0061":1,"a":2})",
      R"({"\u0061":1,"\u0061":2})", R"({"/":1,"\/":2})", R"({"\n":1,"\u000a":2})", R"({"\u000A":1,"\u000a":2})",
      "{\"\xF0\x9F\x98\x80\":1,\"\\uD83D\\uDE00\":2}", "{\"\xC3\xA9\":1,\"\\u00e9\":2}", R"({"a\u0000":1,"a\u0000":2})", R"([{"a":1,"a":2}])",
      R"({"x":{"a":1,"a":2}})", R"({"x":[[{"a":1,"b":{},"a":2}]]})", R"({"a":{"b":1},"a":{"c":1}})", R"({"a":{"a":{"a":1,"a":2}}})",
      R"({"a":{"b":1},"b":{"b":1,"b":2}})", R"({"a":1 , "a" : 2})", object_of(255).substr(0, object_of(255).size() - 1) + ",\"m17\":1}",
      // The first fault counts: what comes after the second name is not looked at.
      R"({"a":1,"a":tru})", R"({"a":1,"a"})", R"({"a":1,"a":2)", R"([{"a":1,"a":2},])",
      R"({"a":1,"a":[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]})",
  });
  add(samples, JsonFault::too_complex, {
      nested(17, "[", "", "]"), nested(17, "[", "0", "]"), nested(16, "{\"a\":", "{}", "}"), nested(16, "{\"a\":", "[]", "}"),
      nested(16, "[", "{}", "]"), nested(9, "[{\"a\":", "0", "}]"), std::string(17, '['), std::string(5000, '['), repeated("{\"a\":", 2000),
      nested(2000, "[", "", "]"), nested(100, "[[],", "0", "]"), object_of(257), object_of(1500), "[" + object_of(257) + "]",
      "[" + object_of(256) + "," + object_of(256) + "," + object_of(256) + "," + object_of(257) + "]",
      "[" + object_of(256) + "," + object_of(256) + "," + object_of(256) + "," + object_of(256) + ",{\"a\":0}]",
      "[" + repeated("{\"a\":0},", 1024) + "{\"a\":0}]", "{\"x\":" + nested(16, "[", "", "]") + "}",
      // The first fault counts.
      std::string(17, '[') + "tru", object_of(257) + "x", object_of(256).substr(0, object_of(256).size() - 1) + ",\"m0\":1}",
      object_of(256).substr(0, object_of(256).size() - 1) + ",\"m0\"}",
  });
  add(samples, JsonFault::malformed, {R"({"a":tru,"a":1})", "[tru," + std::string(17, '['), R"({"a":1,"b"1,"a":1})", object_of(256) + "x",
      object_of(256).substr(0, object_of(256).size() - 1) + ",x:1}"});
}

}  // namespace

std::vector<JsonSample> json_samples() {
  std::vector<JsonSample> samples;
  add_good(samples);
  add_malformed_structure(samples);
  add_malformed_scalars(samples);
  add_duplicates_and_limits(samples);
  return samples;
}

std::vector<std::string> good_json_texts() {
  return {
      R"({"iss":"https://id.example.com/am","sub":"alice","aud":["https://orders.example.com","b"],"exp":2000000000,)"
      R"("nbf":1.5e9,"iat":1700000000,"jti":"x-1","scope":"orders.read orders.write"})",
      R"({"alg":"RS256","kid":"key-2024","typ":"at+jwt","x5t#S256":"abc","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}})",
      R"( { "a" : [ 1 , -2.5e-3 , true , false , null , "\u00e9\n\"\\" ] , "b" : { } , "c" : [ ] , "" : "" } )",
      R"([[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]])", R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":[{"h":"i"},{"h":"j"}]}}}}}}})",
      "{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\",\"\xE2\x82\xAC\":[\"\\uD83D\\uDE00\",\"\\\\\\\\\",\"\\\"\\\"\"]}",
      R"(["\\","\\\"","\\\\","\u0000","\/","a\tb"])", R"({"n":[0,-0,1e5,1E+5,1e-5,123456789012345678901234567890,0.000001]})",
      "[" + repeated("\"\\n\", ", 40) + "0]", object_of(40, "name"),
      "{\"a\":\"" + std::string(300, 'x') + "\",\"b\":\"" + repeated("\\\\", 100) + "\"}", "[" + repeated("{\"a\":{}},", 30) + "[]]", "\"plain\"",
      "-12.75", "[]", "{}",
  };
}

}  // namespace assay::jose
