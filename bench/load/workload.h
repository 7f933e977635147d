// What is sent: tokens, each with the verdict that it must get.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "load/options.h"

namespace assay::load {

// kAnyCode: of a token whose verdict nobody foretells. No verdict code has this value.
inline constexpr std::uint8_t kAnyCode = 255;

struct Token {
  std::string text;
  std::uint8_t expected = 0;  // a schema::Code, or kAnyCode
};

// Workload: a value. configuration is the document under which the tokens get their verdicts; empty for tokens of the user's own.
struct Workload {
  std::string api_service;
  std::vector<Token> tokens;
  std::string configuration;
};

// parse_tokens(text, name): one token a line, after it perhaps a blank and the name of the code that it must get, or `any`; without: accepted. Empty lines and those that
// begin with # are skipped. Throws Usage, naming `name` and the line.
std::vector<Token> parse_tokens(std::string_view text, std::string_view name);

// read_workload(file, api_service): tokens of the user's own.
Workload read_workload(const std::filesystem::path& file, std::string api_service);

// mint_workload(mix, seed, now_s): keys, a configuration that knows them, and tokens: 24 hours good from now_s, which is in seconds since 1970. Keys and signatures
// differ from call to call; everything else follows from the seed. Throws Usage if the mix cannot be.
Workload mint_workload(const Mix& mix, std::uint64_t seed, std::int64_t now_s);

// shares(count, weights): each weight's share of the count, rounded so that the sum is the count.
std::vector<std::size_t> shares(std::size_t count, const std::vector<double>& weights);

// code_named(name): of a verdict code; kAnyCode for "any"; 0 if there is none.
std::uint8_t code_named(std::string_view name) noexcept;

}  // namespace assay::load
