#include "jose/pointer.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace assay::jose {
namespace {

// RFC 6901 section 3: every reference token begins with a slash.
TEST(Pointer, TakesWellFormedText) {
  for (const std::string_view text : {"/", "//", "/a", "/a/b", "/a~0b", "/a~1b", "/~0~1", "/ ", "/0", "/-", "/m~0n", "/\xC3\xA9"}) {
    const auto pointer = PointerView::parse(text);
    ASSERT_TRUE(pointer.has_value()) << text;
    EXPECT_EQ(pointer->text(), text);
  }
}

TEST(Pointer, RefusesWhatIsNone) {
  for (const std::string_view text : {"a", "a/b", "~", "#/a", " /a", "/~", "/~2", "/a~", "/~~0", "/~/a", "/a~x", "/~\xFF"}) {
    EXPECT_FALSE(PointerView::parse(text).has_value()) << text;
  }
}

// The whole document would hand out every claim.
TEST(Pointer, RefusesTheWholeDocument) { EXPECT_FALSE(PointerView::parse("").has_value()); }

TEST(Pointer, RefusesTextAboveTheLimit) {
  const std::size_t most = base::limits::kPointerBytesMax;
  EXPECT_TRUE(PointerView::parse("/" + std::string(most - 1, 'a')).has_value());
  EXPECT_FALSE(PointerView::parse("/" + std::string(most, 'a')).has_value());
}

// RFC 6901 section 4: ~1 is a slash, ~0 a tilde, and ~01 is ~1, not a slash.
TEST(PointerStepper, UnescapesAsItCompares) {
  const auto matches = [](std::string_view pointer,
      std::string_view name) { return PointerStepper(*PointerView::parse(pointer)).matches_name(name); };
  EXPECT_TRUE(matches("/a~1b", "a/b"));
  EXPECT_TRUE(matches("/m~0n", "m~n"));
  EXPECT_TRUE(matches("/~01", "~1"));
  EXPECT_TRUE(matches("/~10", "/0"));
  EXPECT_TRUE(matches("/", ""));
  EXPECT_TRUE(matches("/abc/d", "abc"));
  EXPECT_FALSE(matches("/~01", "/"));
  EXPECT_FALSE(matches("/a~1b", "a~1b"));
  EXPECT_FALSE(matches("/abc", "ab"));
  EXPECT_FALSE(matches("/ab", "abc"));
  EXPECT_FALSE(matches("/a", ""));
  EXPECT_FALSE(matches("/", "a"));
  EXPECT_FALSE(matches("/A", "a"));
}

TEST(PointerStepper, GoesFromTokenToToken) {
  PointerStepper step(*PointerView::parse("/a//b~1c/"));
  for (const std::string_view name : {"a", "", "b/c", ""}) {
    ASSERT_FALSE(step.done());
    EXPECT_TRUE(step.matches_name(name)) << name;
    step.next();
  }
  EXPECT_TRUE(step.done());
}

// RFC 6901 section 4: digits without a leading zero. '-' names the element after the last, which no token has.
TEST(PointerStepper, ReadsArrayIndices) {
  const auto index = [](std::string_view pointer) { return PointerStepper(*PointerView::parse(pointer)).array_index(); };
  EXPECT_EQ(index("/0"), 0U);
  EXPECT_EQ(index("/9/x"), 9U);
  EXPECT_EQ(index("/10"), 10U);
  EXPECT_EQ(index("/999999999"), 999'999'999U);
  for (const std::string_view bad : {"/", "/-", "/00", "/01", "/+1", "/-1", "/1a", "/a", "/ 1", "/1 ", "/1.0", "/1e0", "/1000000000",
      "/18446744073709551616", "/~00"}) {
    EXPECT_EQ(index(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace assay::jose
