// Tokens from a file. They are the user's: they go to the daemon as they stand there, and nothing of them is ever printed.
#include "load/workload.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include "load/failure.h"
#include "schema/codes.h"

namespace assay::load {

static_assert(std::ranges::all_of(schema::kCodes, [](const schema::CodeInfo& info) { return static_cast<std::uint8_t>(info.code) != kAnyCode; }));

std::uint8_t code_named(std::string_view name) noexcept {
  if (name == "any") return kAnyCode;
  const auto found = std::ranges::find(schema::kCodes, name, &schema::CodeInfo::name);
  return found == schema::kCodes.end() ? 0 : static_cast<std::uint8_t>(found->code);
}

std::vector<Token> parse_tokens(std::string_view text, std::string_view name) {
  std::vector<Token> tokens;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    Token token{.text = {}, .expected = static_cast<std::uint8_t>(schema::Code::accepted)};
    std::string code, more;
    if (!(words >> token.text) || token.text.starts_with('#')) continue;
    if (words >> code) token.expected = code_named(code);
    if (token.expected == 0 || words >> more) throw Usage(fmt::format("{}, line {}: a line has a token and, if it must not be accepted, the name of a verdict code", name, number));
    tokens.push_back(std::move(token));
  }
  if (tokens.empty()) throw Usage(fmt::format("{}: no token in it", name));
  return tokens;
}

Workload read_workload(const std::filesystem::path& file, std::string api_service) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!(text << in.rdbuf())) throw Usage(fmt::format("cannot read tokens from {}", file.string()));
  return {.api_service = std::move(api_service), .tokens = parse_tokens(text.str(), file.string()), .configuration = {}};
}

std::vector<std::size_t> shares(std::size_t count, const std::vector<double>& weights) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<std::size_t> out;
  double sum = 0;
  std::size_t given = 0;
  for (const double weight : weights) {
    sum += weight;
    const auto until = static_cast<std::size_t>(static_cast<double>(count) * sum / all + 0.5);
    out.push_back(until - given);
    given = until;
  }
  return out;
}

}  // namespace assay::load
