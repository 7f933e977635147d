// Documents to start from, and what parse_config finds in them.
#pragma once

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "json_edit.h"
#include "snapshot/config.h"

namespace assay::snapshot {

inline void PrintTo(const Fault& fault, std::ostream* out) {
  *out << "{" << fault.pointer << " | found: " << fault.found << " | allowed: " << fault.allowed << "}";
}

}  // namespace assay::snapshot

namespace assay::test {

using snapshot::Config;
using snapshot::Fault;
using snapshot::parse_config;

// minimal(): one OAuth server and one API service, nothing optional.
inline Json minimal() {
  return Json::parse(R"({"oauth_servers":[{"name":"idp","issuers":["https://idp.example"],"jwks_url":"https://idp.example/jwks"}],
                         "api_services":[{"name":"orders","audiences":["https://orders.example"],"oauth_servers":["idp"]}]})");
}

// with(pointer, name, value): minimal() with a member of what the pointer names set to a JSON text.
inline Json with(std::string_view pointer, std::string_view name, std::string_view value) {
  Json document = minimal();
  document.at(pointer).set(name, Json::parse(value));
  return document;
}

inline std::vector<Fault> faults_of(std::string_view document) {
  const auto config = parse_config(document);
  return config ? std::vector<Fault>{} : config.error();
}
inline std::vector<Fault> faults_of(const Json& document) { return faults_of(document.text()); }

// config_of(document): the configuration; the test fails, and it is empty, if there are faults.
inline Config config_of(const Json& document) {
  auto config = parse_config(document.text());
  if (config) return *std::move(config);
  ADD_FAILURE() << testing::PrintToString(config.error());
  return {};
}

// IsFault(pointer, found, allowed): found and allowed are matchers.
inline auto IsFault(std::string_view pointer, const testing::Matcher<std::string>& found, const testing::Matcher<std::string>& allowed) {
  return testing::AllOf(testing::Field("pointer", &Fault::pointer, std::string(pointer)), testing::Field("found", &Fault::found, found),
                        testing::Field("allowed", &Fault::allowed, allowed));
}
inline auto IsFaultAt(std::string_view pointer) { return IsFault(pointer, testing::_, testing::_); }

// letters(count): that many letters.
inline std::string letters(std::size_t count) { return std::string(count, 'a'); }

inline constexpr std::string_view kServer = "/oauth_servers/0";
inline constexpr std::string_view kService = "/api_services/0";

// array_of(count, format): a JSON array; the format is given each position.
inline std::string array_of(std::size_t count, std::string_view format) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + fmt::format(fmt::runtime(format), i);
  return text + "]";
}

// Case: for run(): a member, its value, and whether it is accepted; a refusal is exactly one fault, at this place below the object.
struct Case {
  std::string_view object;
  std::string_view member;
  std::string value;
  bool accepted;
  std::string below = "";
};

inline void run(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::vector<Fault> faults = faults_of(with(c.object, c.member, c.value));
    SCOPED_TRACE(fmt::format("{}/{} = {}", c.object, c.member, c.value.substr(0, 100)));
    if (c.accepted) EXPECT_THAT(faults, testing::IsEmpty());
    else EXPECT_THAT(faults, testing::ElementsAre(IsFaultAt(fmt::format("{}/{}{}", c.object, c.member, c.below))));
  }
}

}  // namespace assay::test
