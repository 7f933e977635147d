// schema/config.schema.json and parse_config say the same. The schema is walked; for each member the example of the manual is changed to be at, below
// and above what the schema allows, and parse_config must agree. Both directions: parse_config knows no member that the schema does not have.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <set>

#include "manual.h"

namespace assay::test {
namespace {

using jose::JsonKind;

// Root 4, OAuth server 19, API service 6, claim rule 2, client 6, daemon 6, limits 6.
constexpr int kMembers = 49;

class SchemaWalk {
 public:
  SchemaWalk()
      : schema_(Json::parse(read_source("schema/config.schema.json"))),
        manual_(read_source("docs/CONFIGURATION.md")),
        example_(Json::parse(manual_example())) {
    // The schema cannot say that refresh_max is no less than refresh_min; with the least of these, what it says of refresh_max alone holds.
    example_.at("/oauth_servers/0").set("refresh_min", schema_.at("/$defs/oauth_server/properties/refresh_max/minimum"));
  }

  void run() { check(schema_, {""}); }
  int members() const { return members_; }
  int excluded() const { return excluded_; }

 private:
  // The schema that is meant, with $ref replaced by what it refers to; members beside it (a description) count as well.
  Json resolved(const Json& schema) {
    const Json* ref = schema.find("$ref");
    if (ref == nullptr) return schema;
    Json target = resolved(schema_.at(ref->value().substr(1)));
    for (const auto& [name, member] : schema.members) {
      if (name != "$ref") target.set(name, member);
    }
    return target;
  }

  // Faults of the example with one change, at this place alone or at all.
  std::vector<Fault> faults(const std::function<void(Json&)>& change) {
    Json document = example_;
    change(document);
    return faults_of(with_key_files(document.text()));
  }
  void expect_accepted(const std::function<void(Json&)>& change, const std::string& what) { EXPECT_THAT(faults(change), testing::IsEmpty()) << what; }
  Fault expect_fault(const std::function<void(Json&)>& change, const std::string& place, const std::string& what) {
    const std::vector<Fault> found = faults(change);
    for (const Fault& fault : found) {
      if (fault.pointer == place) return fault;
    }
    ADD_FAILURE() << "no fault at " << place << ": " << what << ", but " << testing::PrintToString(found);
    return {};
  }

  // instances: where the example has values that this schema describes.
  void check(const Json& reference, const std::vector<std::string>& instances) {
    ASSERT_FALSE(instances.empty());
    const Json schema = resolved(reference);
    const std::string& place = instances[0];
    SCOPED_TRACE(place);
    check_kinds(schema, place);
    check_choices(schema, place);
    check_numbers(schema, place);
    check_lengths(schema, place);
    check_counts(schema, place);
    if (schema.find("additionalProperties") != nullptr) check_members(schema, instances);
    if (const Json* items = schema.find("items")) {
      std::vector<std::string> below;
      for (const std::string& instance : instances) {
        for (std::size_t i = 0; i < example_.at(instance).elements.size(); ++i) below.push_back(fmt::format("{}/{}", instance, i));
      }
      check(*items, below);
    }
  }

  // Every kind of value that the schema does not name is refused, and the manual has the text.
  void check_kinds(const Json& schema, const std::string& place) {
    std::set<std::string> allowed;
    if (const Json* type = schema.find("type")) {
      if (type->kind == JsonKind::string) allowed.insert(type->value());
      for (const Json& element : type->elements) allowed.insert(element.value());
    } else {
      ASSERT_TRUE(schema.find("enum") != nullptr || schema.find("const") != nullptr);
      allowed.insert(schema.find("enum") != nullptr ? "string" : "boolean");
    }
    const std::vector<std::pair<std::string, std::string>> values{{"null", "null"},
                                                                  {"boolean", "true"},
                                                                  {"integer", "1"},
                                                                  {"number", "1.5"},
                                                                  {"number", "1.0"},
                                                                  {"number", "1e0"},
                                                                  {"string", "\"https://x.example\""},
                                                                  {"array", "[]"},
                                                                  {"object", "{}"}};
    for (const auto& [kind, value] : values) {
      if (allowed.contains(kind)) continue;
      const Fault fault = expect_fault([&, text = value](Json& document) { document.at(place) = Json::parse(text); }, place, "kind " + kind);
      EXPECT_TRUE(manual_.contains(fault.allowed)) << testing::PrintToString(fault);
    }
  }

  void check_choices(const Json& schema, const std::string& place) {
    const auto set = [&](const Json& value) { return [&place, value](Json& document) { document.at(place) = value; }; };
    if (const Json* constant = schema.find("const")) {
      EXPECT_EQ(constant->raw, "true");
      expect_accepted(set(*constant), "const");
      expect_fault(set(Json::parse("false")), place, "not the const");
    }
    if (const Json* choices = schema.find("enum")) {
      for (const Json& choice : choices->elements) {
        // The only one of its array, so that it is not listed twice.
        if (example_.at(place.substr(0, place.rfind('/'))).kind == JsonKind::array) {
          expect_accepted([&](Json& document) { document.at(place.substr(0, place.rfind('/'))).elements = {choice}; }, choice.raw);
        } else {
          expect_accepted(set(choice), choice.raw);
        }
        expect_fault(set(Json::string(choice.value() + "x")), place, "near a choice");
        expect_fault(set(Json::string(" " + choice.value())), place, "near a choice");
      }
      expect_fault(set(Json::string("")), place, "no choice");
    }
  }

  void check_numbers(const Json& schema, const std::string& place) {
    const Json* minimum = schema.find("minimum");
    if (minimum == nullptr) return;
    const long long min = std::stoll(minimum->raw);
    const long long max = std::stoll(schema.find("maximum")->raw);
    const auto set = [&](long long value) { return [&place, value](Json& document) { document.at(place) = Json::integer(value); }; };
    for (const long long good : {min, min + 1, max - 1, max}) {
      // A limit may be too low for the example itself, which is then a fault elsewhere.
      for (const Fault& fault : faults(set(good))) EXPECT_NE(fault.pointer, place) << good;
    }
    for (const long long bad : {min - 1, max + 1}) expect_fault(set(bad), place, std::to_string(bad));
  }

  void check_lengths(const Json& schema, const std::string& place) {
    const Json* min = schema.find("minLength");
    const Json* max = schema.find("maxLength");
    const std::string value = example_.at(place).kind == JsonKind::string ? example_.at(place).value() : "";
    // Names are replaced wherever they stand, so that references hold.
    const auto set_length = [&](std::size_t characters) {
      std::string changed = value.substr(0, characters);
      changed.resize(characters, 'a');
      return [value, changed](Json& document) { document.replace_strings(value, changed); };
    };
    if (min != nullptr) {
      const std::size_t shortest = std::stoul(min->raw);
      expect_accepted(set_length(shortest), "minLength");
      if (shortest > 0) expect_fault(set_length(shortest - 1), place, "below minLength");
    }
    if (max != nullptr) {
      const std::size_t longest = std::stoul(max->raw);
      expect_accepted(set_length(longest), "maxLength");
      expect_fault(set_length(longest + 1), place, "above maxLength");
    }
  }

  // The example with the array at this place grown or cut to so many elements that are all different, where that is asked for.
  std::function<void(Json&)> set_count(const Json& schema, const std::string& place, std::size_t count) {
    const Json* reference = schema.find("items")->find("$ref");
    const bool holds_names = reference != nullptr && reference->value() == "#/$defs/name";
    const Json items = resolved(*schema.find("items"));
    return [=](Json& document) {
      Json& array = document.at(place);
      const Json model = array.elements.at(0);
      if (array.elements.size() > count) array.elements.resize(count);
      while (array.elements.size() < count) {
        const std::size_t i = array.elements.size();
        if (const Json* choices = items.find("enum")) {
          array.elements.clear();
          for (std::size_t k = 0; k < count; ++k) array.elements.push_back(choices->elements.at(k));
        } else if (model.kind == JsonKind::string) {
          array.elements.push_back(Json::string(fmt::format("{}{}", model.value(), i)));
        } else {
          array.elements.push_back(model);
        }
      }
      if (!holds_names) return;
      for (const std::string& name : names_of(document.at(place))) add_server(document, name);
    };
  }
  static std::vector<std::string> names_of(const Json& array) {
    std::vector<std::string> names;
    for (const Json& element : array.elements) names.push_back(element.value());
    return names;
  }
  static void add_server(Json& document, const std::string& name) {
    Json& servers = document.at("/oauth_servers");
    for (const Json& server : servers.elements) {
      if (server.find("name")->value() == name) return;
    }
    servers.elements.push_back(Json::parse(fmt::format(R"({{"name":"{0}","issuers":["{0}"],"jwks_url":"https://x.example"}})", name)));
  }

  void check_counts(const Json& schema, const std::string& place) {
    if (const Json* min = schema.find("minItems")) {
      const std::size_t fewest = std::stoul(min->raw);
      expect_accepted(set_count(schema, place, fewest), "minItems");
      if (fewest > 0) expect_fault(set_count(schema, place, fewest - 1), place, "below minItems");
    }
    if (const Json* max = schema.find("maxItems")) {
      const std::size_t most = std::stoul(max->raw);
      expect_accepted(set_count(schema, place, most), "maxItems");
      expect_fault(set_count(schema, place, most + 1), place, "above maxItems");
    }
    if (const Json* unique = schema.find("uniqueItems")) {
      EXPECT_EQ(unique->raw, "true");
      const std::size_t count = example_.at(place).elements.size();
      expect_fault([&](Json& document) { document.at(place).elements.push_back(Json(document.at(place).elements.at(0))); },
                   fmt::format("{}/{}", place, count), "listed twice");
    }
  }

  // The members of an object: known, required, and no others.
  void check_members(const Json& schema, const std::vector<std::string>& instances) {
    EXPECT_EQ(schema.find("additionalProperties")->raw, "false");
    std::set<std::string> names;
    std::set<std::string> required;
    std::set<std::string> alternatives;
    if (const Json* list = schema.find("required")) {
      for (const Json& name : list->elements) required.insert(name.value());
    }
    if (const Json* list = schema.find("oneOf")) {
      for (const Json& alternative : list->elements) alternatives.insert(alternative.find("required")->elements.at(0).value());
    }
    for (const auto& [name, property] : schema.find("properties")->members) {
      ++members_;
      names.insert(name);
      EXPECT_TRUE(manual_.contains("\n| `" + name + "` | ")) << name;
      EXPECT_NE(resolved(property).find("description"), nullptr) << name;
      std::vector<std::string> below;
      std::string owner;
      for (const std::string& instance : instances) {
        if (example_.at(instance).find(name) == nullptr) continue;
        if (below.empty()) owner = instance;
        below.push_back(instance + "/" + name);
      }
      if (below.empty()) {
        ADD_FAILURE() << "the manual's example has no " << name;
        continue;
      }
      const auto remove = [&, member = name](Json& document) { document.at(owner).remove(member); };
      const std::string needing = needed_by(schema, name);
      if (required.contains(name) || alternatives.contains(name)) expect_fault(remove, owner, "without " + name);
      else if (!needing.empty()) expect_fault(remove, owner + "/" + needing, "without " + name);
      else expect_accepted(remove, "without " + name);
      check(property, below);
    }
    check_unknown(instances[0], names);
    check_alternatives(instances, alternatives);
    check_excluded(schema, instances);
  }

  // needed_by(schema, name): the member that dependentRequired lets stand only beside this one; empty if there is none.
  static std::string needed_by(const Json& schema, const std::string& name) {
    if (const Json* dependent = schema.find("dependentRequired")) {
      for (const auto& [member, needs] : dependent->members) {
        if (needs.elements.at(0).value() == name) return member;
      }
    }
    return {};
  }

  // What an alternative of oneOf excludes is refused beside it.
  void check_excluded(const Json& schema, const std::vector<std::string>& instances) {
    const Json* list = schema.find("oneOf");
    if (list == nullptr) return;
    for (const Json& alternative : list->elements) {
      const Json resolved_alternative = resolved(alternative);
      const Json* excluded = resolved_alternative.find("not");
      if (excluded == nullptr) continue;
      for (const Json& one : excluded->find("anyOf")->elements) {
        const std::string name = one.find("required")->elements.at(0).value();
        const auto has = [&](const std::string& member) {
          return [this, member](const std::string& instance) { return example_.at(instance).find(member) != nullptr; };
        };
        const auto from = std::find_if(instances.begin(), instances.end(), has(name));
        const auto to = std::find_if(instances.begin(), instances.end(), has(resolved_alternative.find("required")->elements.at(0).value()));
        ASSERT_TRUE(from != instances.end() && to != instances.end()) << name;
        const Fault fault = expect_fault([&](Json& document) { document.at(*to).set(name, *example_.at(*from).find(name)); }, *to + "/" + name, "excluded by the schema");
        EXPECT_TRUE(manual_.contains(fault.allowed)) << testing::PrintToString(fault);
        ++excluded_;
      }
    }
  }

  // The fault of an unknown member lists those that parse_config knows: they are those of the schema.
  void check_unknown(const std::string& place, const std::set<std::string>& names) {
    const Fault fault =
        expect_fault([&](Json& document) { document.at(place).set("~unknown~", Json::parse("1")); }, place + "/~0unknown~0", "an unknown member");
    std::set<std::string> known;
    std::string_view rest = fault.allowed;
    ASSERT_TRUE(rest.starts_with("one of ")) << rest;
    rest.remove_prefix(7);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(", "), rest.size());
      known.insert(std::string(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 2, rest.size()));
    }
    EXPECT_EQ(known, names);
  }

  // oneOf: each alternative stands alone in the example; together with any other it is refused.
  void check_alternatives(const std::vector<std::string>& instances, const std::set<std::string>& alternatives) {
    for (const std::string& name : alternatives) {
      for (const std::string& instance : instances) {
        const Json* member = example_.at(instance).find(name);
        if (member == nullptr) continue;
        for (const std::string& other : instances) {
          if (other != instance) expect_fault([&](Json& document) { document.at(other).set(name, *member); }, other, "two of oneOf");
        }
      }
    }
  }

  Json schema_;
  std::string manual_;
  Json example_;
  int members_ = 0;
  int excluded_ = 0;
};

TEST(ConfigSchema, SaysWhatParseConfigDoes) {
  SchemaWalk walk;
  walk.run();
  EXPECT_EQ(walk.members(), kMembers);
  EXPECT_EQ(walk.excluded(), 2 * 9);
}

TEST(ConfigSchema, HasTheDefaultsOfTheCode) {
  Json schema = Json::parse(read_source("schema/config.schema.json"));
  const snapshot::DaemonLimits limits;
  const std::vector<std::pair<std::string, std::size_t>> defaults{{"connections", limits.connections},
                                                                  {"connections_per_uid", limits.connections_per_uid},
                                                                  {"tokens_per_request", limits.tokens_per_request},
                                                                  {"request_age_ms", limits.request_age_ms},
                                                                  {"oauth_servers", limits.oauth_servers},
                                                                  {"api_services", limits.api_services}};
  for (const auto& [name, value] : defaults)
    EXPECT_EQ(schema.at("/$defs/daemon/properties/limits/properties/" + name + "/default").raw, std::to_string(value)) << name;
  EXPECT_EQ(schema.at("/$defs/daemon/properties/cross_check_percent/default").raw, std::to_string(snapshot::DaemonConfig().cross_check_percent));
  EXPECT_EQ(config_of(with("", "daemon", R"({"cross_check":)" + schema.at("/$defs/daemon/properties/cross_check/default").raw + "}")).daemon.cross_check,
            snapshot::DaemonConfig().cross_check);
  EXPECT_EQ(schema.at("/$defs/daemon/properties/key_table_budget/default").raw, std::to_string(snapshot::DaemonConfig().key_table_budget_bytes));
  EXPECT_EQ(schema.at("/$defs/daemon/properties/token_cache_budget/default").raw, std::to_string(snapshot::DaemonConfig().token_cache_budget_bytes));
  EXPECT_EQ(config_of(with("", "daemon", R"({"engine":)" + schema.at("/$defs/daemon/properties/engine/default").raw + "}")).daemon.engine, snapshot::DaemonConfig().engine);
  const snapshot::FetchRules rules;
  for (const auto& [name, value] : {std::pair{"refresh_min", rules.refresh_min_s}, {"refresh_max", rules.refresh_max_s}, {"stale_max", rules.stale_max_s}, {"timeout_ms", rules.timeout_ms}}) {
    EXPECT_EQ(schema.at(std::string("/$defs/oauth_server/properties/") + name + "/default").raw, std::to_string(value)) << name;
  }
  EXPECT_EQ(schema.at("/$defs/oauth_server/properties/allow_http/default").raw, snapshot::SourceAccess().allow_http ? "true" : "false");
  const Config config = config_of(minimal());
  EXPECT_EQ(schema.at("/$defs/oauth_server/properties/clock_skew_tolerance/default").raw,
            std::to_string(config.oauth_servers[0].clock_skew_tolerance_s));
  EXPECT_EQ(config_of(with("/oauth_servers/0", "token_type", schema.at("/$defs/oauth_server/properties/token_type/default").raw))
                .oauth_servers[0]
                .token_type,
            config.oauth_servers[0].token_type);
}

}  // namespace
}  // namespace assay::test
