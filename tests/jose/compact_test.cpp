#include "jose/compact.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace assay::jose {
namespace {

using base::limits::kHeaderBytesMax;
using base::limits::kTokenBytesMax;
using schema::Code;

Code code_of(std::string_view token) {
  const auto parts = split_compact(token);
  return parts ? Code::accepted : parts.error();
}

// RFC 7515 section 7.1 and section 5.2, step 8.
TEST(CompactJws, GivesThePartsAndTheSigningInput) {
  const std::string token = "aaa.bb.c";
  const auto parts = split_compact(token);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->header, "aaa");
  EXPECT_EQ(parts->payload, "bb");
  EXPECT_EQ(parts->signature, "c");
  EXPECT_EQ(parts->signing_input, "aaa.bb");
  EXPECT_EQ(parts->header.data(), token.data());
  EXPECT_EQ(parts->signing_input.data(), token.data());
}

// RFC 7515 section 7.1: three parts. RFC 7516 section 7.1: five are an encrypted token, which is refused by name.
TEST(CompactJws, CountsTheDots) {
  EXPECT_EQ(code_of(""), Code::not_compact);
  EXPECT_EQ(code_of("a"), Code::not_compact);
  EXPECT_EQ(code_of("a.b"), Code::not_compact);
  EXPECT_EQ(code_of("a.b.c"), Code::accepted);
  EXPECT_EQ(code_of("a.b.c.d"), Code::not_compact);
  EXPECT_EQ(code_of("a.b.c.d.e"), Code::encrypted);
  EXPECT_EQ(code_of("a..c.d.e"), Code::encrypted);
  EXPECT_EQ(code_of("...."), Code::encrypted);
  EXPECT_EQ(code_of("a.b.c.d.e.f"), Code::not_compact);
  EXPECT_EQ(code_of("....."), Code::not_compact);
  EXPECT_EQ(code_of(std::string(kTokenBytesMax, '.')), Code::not_compact);
}

// RFC 7515 section 5.2 and RFC 7519 section 6.1: an empty signature is an unsecured token, a detached payload (appendix F) is none of ours.
TEST(CompactJws, RefusesEmptyParts) {
  for (const std::string_view token : {"..", "a..", ".b.", "..c", "a.b.", "a..c", ".b.c"}) EXPECT_EQ(code_of(token), Code::not_compact) << token;
}

TEST(CompactJws, RefusesTokensAboveTheLimit) {
  const auto token_of = [](std::size_t size) { return "a.b." + std::string(size - 4, 'c'); };
  EXPECT_EQ(code_of(token_of(kTokenBytesMax - 1)), Code::accepted);
  EXPECT_EQ(code_of(token_of(kTokenBytesMax)), Code::accepted);
  EXPECT_EQ(code_of(token_of(kTokenBytesMax + 1)), Code::token_too_large);
  EXPECT_EQ(code_of(std::string(kTokenBytesMax + 1, '.')), Code::token_too_large);
  EXPECT_EQ(code_of(std::string(1 << 20, 'x')), Code::token_too_large);
}

TEST(CompactJws, RefusesHeadersAboveTheLimit) {
  const auto token_of = [](std::size_t size) { return std::string(size, 'a') + ".b.c"; };
  EXPECT_EQ(code_of(token_of(kHeaderBytesMax - 1)), Code::accepted);
  EXPECT_EQ(code_of(token_of(kHeaderBytesMax)), Code::accepted);
  EXPECT_EQ(code_of(token_of(kHeaderBytesMax + 1)), Code::header_too_large);
}

TEST(CompactJws, DoesNotLookIntoTheParts) {
  EXPECT_EQ(code_of(" .\n.\xFF"), Code::accepted);
  EXPECT_EQ(code_of(std::string_view("\0.\0.\0", 5)), Code::accepted);
}

}  // namespace
}  // namespace assay::jose
