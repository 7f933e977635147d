// Times (RFC 7519 sections 4.1.4 to 4.1.6): NumericDate in every spelling, and the edges of validity. exp counts rounded down, nbf and iat rounded up.
#include "mint/attack_list.h"

namespace assay::mint {
namespace {

constexpr const char* kNumericDate = "RFC 7519 section 2";

// What a NumericDate is, seen from now.
enum class When { past, future, none };

struct Number {
  std::string name;
  std::string json;
  When when;
};

std::vector<Number> numbers() {
  return {
      {"2-31", "2147483648", When::future},
      {"2-31-minus-1", "2147483647", When::future},
      {"2-32", "4294967296", When::future},
      {"2-53", "9007199254740992", When::none},
      {"2-53-plus-1", "9007199254740993", When::none},
      {"2-63", "9223372036854775808", When::none},
      {"2-63-minus-1", "9223372036854775807", When::none},
      {"2-64", "18446744073709551616", When::none},
      {"2-64-and-more", "18446744075709551616", When::none},  // 2^64 + 2*10^9: a time in the future where it wraps
      {"milliseconds", "2000000000000", When::none},
      {"thirty-digits", "200000000000000000000000000000", When::none},
      {"1e400", "1e400", When::none},
      {"1e308", "1e308", When::none},
      {"1e-400", "1e-400", When::past},
      {"huge-exponent", "1e999999999999999999999999", When::none},
      {"huge-negative-exponent", "1e-999999999999999999999999", When::past},
      {"zero-huge-exponent", "0e999999999999999999999999", When::past},
      {"exponent-2-64", "2e18446744073709551625", When::none},  // 2e9 where the exponent wraps
      {"exponent-2-32", "2e4294967305", When::none},
      {"minus-1", "-1", When::none},
      {"minus-fraction", "-0.5", When::none},
      {"minus-tiny", "-1e-400", When::none},
      {"minus-huge", "-1e400", When::none},
      {"minus-2-63", "-9223372036854775808", When::none},
      {"minus-zero", "-0", When::past},
      {"minus-zero-fraction", "-0.000", When::past},
      {"minus-zero-exponent", "-0e5", When::past},
      {"zero", "0", When::past},
      {"one", "1", When::past},
      {"1-5", "1.5", When::past},
      {"last", "253402300799", When::future},
      {"last-zero-fraction", "253402300799.000", When::future},
      {"last-exponent", "2.53402300799e11", When::future},
      {"last-and-a-half", "253402300799.5", When::none},
      {"last-and-a-bit", "253402300799.00000000000000000000000000001", When::none},
      {"last-minus-a-bit", "253402300798.99999999999999999999999999999", When::future},
      {"year-10000", "253402300800", When::none},
      {"year-10000-exponent", "2.534023008e11", When::none},
      {"2e9", "2e9", When::future},
      {"2e9-capital", "2E9", When::future},
      {"2e9-plus", "2e+9", When::future},
      {"2e9-leading-zeros", "2e0009", When::future},
      {"2e9-digits", "20000000000e-1", When::future},
      {"2e9-many-digits", "20000000000000000000000000000000000000000e-31", When::future},
      {"2e9-fraction", "0.00000000000000000002e29", When::future},
      {"2e9-zero-fraction", "2000000000.0000000000000000000000000000000000000", When::future},
      {"2e9-and-a-fraction", "2000000000.5", When::future},
  };
}

void add_numbers(AttackList& list) {
  for (const Number& number : numbers()) {
    const std::string shown = " is " + number.json + ".";
    // The other times are left out or far away, so that this one alone decides.
    JsonObject claims = list.claims().remove("iat").set("exp", number.json);
    const Code exp = number.when == When::past ? Code::expired : number.when == When::future ? Code::accepted : Code::bad_claim;
    list.add("exp-" + number.name, "exp" + shown, kNumericDate, exp, list.sign_payload(claims));
    for (const auto& [claim, too_early] : {std::pair{"nbf", Code::not_yet_valid}, {"iat", Code::issued_in_future}}) {
      claims = list.claims().remove("iat").set("exp", "253402300799").set(claim, number.json);
      const Code expected = number.when == When::past ? Code::accepted : number.when == When::future ? too_early : Code::bad_claim;
      list.add(claim + ("-" + number.name), claim + shown, kNumericDate, expected, list.sign_payload(claims));
    }
  }
  const std::vector<NamedJson> no_numbers = {{"string", quote(std::to_string(list.now() - 10))},
                                             {"string-2e9", R"("2000000000")"},
                                             {"string-date", R"("2033-05-18T03:33:20Z")"},
                                             {"string-empty", R"("")"},
                                             {"true", "true"},
                                             {"false", "false"},
                                             {"null", "null"},
                                             {"empty-array", "[]"},
                                             {"array", "[2000000000]"},
                                             {"object", "{}"},
                                             {"object-date", R"({"$date":2000000000})"}};
  for (const NamedJson& value : no_numbers) {
    for (const char* claim : {"exp", "nbf", "iat"}) {
      list.add(claim + ("-" + value.name), claim + (" is " + value.json + ", no number."), kNumericDate, Code::bad_claim,
               list.with_claim(claim, value.json));
    }
  }
  for (const NamedJson& value : std::vector<NamedJson>{{"leading-zero", "02000000000"},
                                                       {"plus", "+2000000000"},
                                                       {"hexadecimal", "0x77359400"},
                                                       {"point-last", "2000000000."},
                                                       {"nan", "NaN"},
                                                       {"infinity", "Infinity"},
                                                       {"separators", "2_000_000_000"}}) {
    list.add("exp-" + value.name, "exp is " + value.json + ", which is no JSON.", "RFC 8259 section 6", Code::bad_payload,
             list.with_claim("exp", value.json));
  }
}

void add_absences(AttackList& list) {
  list.add("exp-missing", "exp is missing.", "RFC 9068 section 2.2", Code::no_expiry, list.sign_payload(list.claims().remove("exp")));
  list.add("times-missing", "There is no time at all.", "RFC 9068 section 2.2", Code::no_expiry,
           list.sign_payload(list.claims().remove("exp").remove("iat")));
  list.add("expired", "The token expired an hour ago.", "RFC 7519 section 4.1.4", Code::expired,
           list.sign_payload(list.claims().set("iat", list.now() - 7200).set("exp", list.now() - 3600)));
  list.add("expired-attacker", "The token expired an hour ago, and is signed by an attacker: expiry is found first.", "RFC 7519 section 4.1.4",
           Code::expired, token(list.attacker("ES256"), list.claims().set("iat", list.now() - 7200).set("exp", list.now() - 3600)));
  list.add("nbf-tomorrow", "The token is good from tomorrow on.", "RFC 7519 section 4.1.5", Code::not_yet_valid,
           list.sign_payload(list.claims().set("nbf", list.now() + 86400).set("exp", list.now() + 90000)));
  list.add("iat-tomorrow", "The token was issued tomorrow.", "RFC 7519 section 4.1.6", Code::issued_in_future,
           list.sign_payload(list.claims().set("iat", list.now() + 86400).set("exp", list.now() + 90000)));
  list.add("nbf-good", "The token has been good for a minute.", "RFC 7519 section 4.1.5", Code::accepted,
           list.with_claim("nbf", std::to_string(list.now() - 60)));
  list.add("iat-missing", "iat is missing, which this API service allows.", "RFC 7519 section 4.1.6", Code::accepted,
           list.sign_payload(list.claims().remove("iat")));
}

// exp against nbf and iat, where no tolerance applies. All times are within the tolerance around now, so that nothing else refuses first.
void add_contradictions(AttackList& list) {
  const std::int64_t base = list.now() + list.orders().skew_s / 2;
  const std::string at = std::to_string(base);
  const std::string before = std::to_string(base - 1);
  const std::string after = std::to_string(base + 1);
  for (const char* claim : {"iat", "nbf"}) {
    const auto with = [&](const std::string& exp, const std::string& other) {
      return list.sign_payload(list.claims().remove("iat").set("exp", exp).set(claim, other));
    };
    const std::string name = std::string("exp-and-") + claim;
    const std::string rfc = claim == std::string_view("iat") ? "RFC 7519 section 4.1.6" : "RFC 7519 section 4.1.5";
    const auto contradicts = [&](const std::string& end, const std::string& what, const std::string& exp, const std::string& other) {
      list.add(name + end, what + claim + ".", rfc, Code::contradictory_times, with(exp, other));
    };
    contradicts("-equal", "exp equals ", at, at);
    contradicts("-reversed", "exp is a second before ", before, at);
    contradicts("-equal-spelled-apart", "exp equals another spelling of ", at + ".0", at + "0e-1");
    contradicts("-same-second", "exp is a fraction after, but in the same second as, ", at + ".9", at + ".1");
    contradicts("-next-second", "exp is less than a second after ", after, at + ".5");
    list.add(name + "-one-second", "exp is one second after " + std::string(claim) + ".", rfc, Code::accepted, with(after, at));
    list.add(name + "-fraction-of-exp", "exp is one second and a fraction after " + std::string(claim) + ".", rfc, Code::accepted,
             with(after + ".9", at));
  }
}

// The edges of the tolerance. Right at that second only.
void add_edges(AttackList& list) {
  const std::int64_t now = list.now();
  const std::int64_t skew = list.orders().skew_s;
  const auto expires = [&](std::int64_t at, const std::string& fraction = "") {
    return list.sign_payload(list.claims().remove("iat").set("exp", std::to_string(at) + fraction));
  };
  const auto begins = [&](const char* claim, std::int64_t at, const std::string& fraction = "") {
    return list.sign_payload(list.claims().remove("iat").set(claim, std::to_string(at) + fraction));
  };
  const char* const exp = "RFC 7519 section 4.1.4";
  list.add_timed("exp-edge", "exp and the tolerance end right now.", exp, Code::expired, expires(now - skew));
  list.add_timed("exp-edge-minus-1", "exp and the tolerance ended a second ago.", exp, Code::expired, expires(now - skew - 1));
  list.add_timed("exp-edge-plus-1", "exp and the tolerance end in a second.", exp, Code::accepted, expires(now - skew + 1));
  list.add_timed("exp-edge-plus-fraction", "exp and the tolerance end within this second.", exp, Code::expired, expires(now - skew, ".999"));
  list.add_timed("exp-edge-plus-1-fraction", "exp and the tolerance end within the next second.", exp, Code::accepted, expires(now - skew + 1, ".001"));
  list.add_timed("exp-now", "exp is now, and the tolerance holds.", exp, Code::accepted, expires(now));
  for (const auto& [claim, code] : {std::pair{"nbf", Code::not_yet_valid}, {"iat", Code::issued_in_future}}) {
    const std::string name = claim;
    const char* const rfc = code == Code::not_yet_valid ? "RFC 7519 section 4.1.5" : "RFC 7519 section 4.1.6";
    list.add_timed(name + "-edge", name + " is as far ahead as the tolerance.", rfc, Code::accepted, begins(claim, now + skew));
    list.add_timed(name + "-edge-plus-1", name + " is a second further ahead than the tolerance.", rfc, code, begins(claim, now + skew + 1));
    list.add_timed(name + "-edge-plus-fraction", name + " is a fraction further ahead than the tolerance.", rfc, code,
                   begins(claim, now + skew, ".001"));
    list.add_timed(name + "-edge-minus-fraction", name + " is a fraction less far ahead than the tolerance.", rfc, Code::accepted,
                   begins(claim, now + skew - 1, ".999"));
    list.add(name + "-now", name + " is now.", rfc, Code::accepted, begins(claim, now));
  }
}

}  // namespace

void add_time_attacks(AttackList& list) {
  add_numbers(list);
  add_absences(list);
  add_contradictions(list);
  add_edges(list);
}

}  // namespace assay::mint
