#include "base/cursor.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace assay::base {
namespace {

TEST(ByteCursor, ReadsTheLeastSignificantOctetFirst) {
  ByteCursor cursor(as_bytes(std::string_view("\x01\x02\x03\xF4rest", 8)));
  EXPECT_EQ(cursor.read_u32_le(), 0xF4030201U);
  EXPECT_EQ(as_text(cursor.rest()), "rest");
}

// each read succeeds and advances, or fails and changes nothing.
TEST(ByteCursor, ChangesNothingWhenTooLittleIsLeft) {
  for (std::size_t size = 0; size < 4; ++size) {
    ByteCursor cursor(as_bytes(std::string_view("abc").substr(0, size)));
    EXPECT_FALSE(cursor.read_u32_le().has_value());
    EXPECT_FALSE(cursor.read_bytes(size + 1).has_value());
    EXPECT_EQ(cursor.rest().size(), size);
  }
}

TEST(ByteCursor, ReadsOctetsUpToTheEnd) {
  ByteCursor cursor(as_bytes("abcdef"));
  EXPECT_EQ(as_text(cursor.read_bytes(2).value()), "ab");
  EXPECT_EQ(cursor.read_bytes(0).value().size(), 0U);
  EXPECT_EQ(as_text(cursor.read_bytes(4).value()), "cdef");
  EXPECT_TRUE(cursor.empty());
  EXPECT_TRUE(cursor.read_bytes(0).has_value());
  EXPECT_FALSE(cursor.read_bytes(1).has_value());
}

}  // namespace
}  // namespace assay::base
