#include "jose/header_memo.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::jose {
namespace {

constexpr base::HashKey kKey{1, 2};
constexpr HeaderView kHeader{.algorithm = crypto::Algorithm::es256, .type = TypeClass::at_jwt, .kid = "k1"};

TEST(HeaderMemo, KnowsNothingAtFirst) {
  const HeaderMemo memo(kKey);
  base::Arena arena;
  EXPECT_FALSE(memo.find("eyJh", arena));
  EXPECT_FALSE(memo.find("", arena));
}

TEST(HeaderMemo, GivesBackWhatItWasGiven) {
  HeaderMemo memo(kKey);
  base::Arena arena;
  std::string text = "eyJh";
  std::string kid = "k1";
  memo.keep(text, {.algorithm = crypto::Algorithm::es256, .type = TypeClass::at_jwt, .kid = kid});
  text = kid = "gone";  // nothing is borrowed from the caller
  const auto found = memo.find("eyJh", arena);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->algorithm, crypto::Algorithm::es256);
  EXPECT_EQ(found->type, TypeClass::at_jwt);
  EXPECT_EQ(found->kid, "k1");
}

TEST(HeaderMemo, TellsNoKidFromAnEmptyOne) {
  HeaderMemo memo(kKey);
  base::Arena arena;
  memo.keep("a", {.algorithm = crypto::Algorithm::es256, .type = TypeClass::jwt, .kid = std::nullopt});
  EXPECT_EQ(memo.find("a", arena)->kid, std::nullopt);
  memo.keep("a", {.algorithm = crypto::Algorithm::es256, .type = TypeClass::jwt, .kid = ""});
  EXPECT_EQ(memo.find("a", arena)->kid, "");
}

// The whole text counts: one that begins, ends or hashes alike is another header.
TEST(HeaderMemo, TakesNoOtherText) {
  HeaderMemo memo(kKey);
  base::Arena arena;
  memo.keep("eyJhbGci", kHeader);
  for (const std::string_view other : {"eyJhbGc", "eyJhbGciO", "eyJhbGcj", "EyJhbGci", ""}) EXPECT_FALSE(memo.find(other, arena)) << other;
  // More texts than places: each is found only as long as it was the last of its place, and then as itself.
  std::size_t known = 0;
  const auto kid_of = [](std::size_t i) { return "kid" + std::to_string(i); };
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::string kid = kid_of(i);
    memo.keep("text" + std::to_string(i), {.algorithm = crypto::Algorithm::rs256, .type = TypeClass::jwt, .kid = kid});
  }
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto found = memo.find("text" + std::to_string(i), arena);
    if (!found) continue;
    ++known;
    EXPECT_EQ(found->kid, kid_of(i));
  }
  EXPECT_GT(known, 0U);
  EXPECT_LE(known, HeaderMemo::kEntries);
}

// A kid that was handed out stays what it was when the place is taken by another header: the verdicts of a batch are read at its end.
TEST(HeaderMemo, LeavesEarlierAnswersAlone) {
  HeaderMemo memo(kKey);
  base::Arena arena;
  memo.keep("a", kHeader);
  const auto first = memo.find("a", arena);
  memo.keep("a", {.algorithm = crypto::Algorithm::rs256, .type = TypeClass::jwt, .kid = "XX"});
  EXPECT_EQ(first->kid, "k1");
}

TEST(HeaderMemo, KeepsNoLongTextAndNoLongKid) {
  HeaderMemo memo(kKey);
  base::Arena arena;
  const std::string longest(HeaderMemo::kTextBytesMax, 'a');
  memo.keep(longest, kHeader);
  EXPECT_TRUE(memo.find(longest, arena));
  memo.keep(longest + "a", kHeader);
  EXPECT_FALSE(memo.find(longest + "a", arena));
  const std::string kid(HeaderMemo::kKidBytesMax, 'k');
  memo.keep("b", {.algorithm = crypto::Algorithm::es256, .type = TypeClass::jwt, .kid = kid});
  EXPECT_EQ(memo.find("b", arena)->kid, kid);
  const std::string longer = kid + "k";
  memo.keep("c", {.algorithm = crypto::Algorithm::es256, .type = TypeClass::jwt, .kid = longer});
  EXPECT_FALSE(memo.find("c", arena));
}

}  // namespace
}  // namespace assay::jose
