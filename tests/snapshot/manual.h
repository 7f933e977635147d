// The manual and the schema, as they stand in the source tree.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "config_fixture.h"
#include "public_keys.h"
#include "snapshot/key_files.h"

namespace assay::test {

inline std::string read_source(std::string_view path) {
  std::ifstream file(std::string(ASSAY_SOURCE_DIR) + "/" + std::string(path));
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// manual_example(): the configuration of docs/CONFIGURATION.md, which has every member that there is.
inline std::string manual_example() {
  const std::string manual = read_source("docs/CONFIGURATION.md");
  const std::string_view fence = "```json\n";
  const std::size_t begin = manual.find(fence);
  const std::size_t end = manual.find("\n```", begin + 1);
  EXPECT_NE(end, std::string::npos);
  return manual.substr(begin + fence.size(), end - begin - fence.size());
}

// with_key_files(document): as assayctl would send it; every key file holds one good key.
inline std::string with_key_files(std::string_view document) {
  const auto read_file = [](const std::string&) -> base::Result<std::string> { return jwks(jwk(kP256)); };
  auto text = snapshot::inline_key_files(document, read_file);
  return text ? *text : std::string();
}

}  // namespace assay::test
