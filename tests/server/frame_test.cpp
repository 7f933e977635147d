#include "server/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include "base/limits.h"

namespace assay::server {
namespace {

using State = FrameScan::State;

// front(length, bytes_in_hand): a prefix and as many octets as are in hand.
std::vector<std::byte> front(std::uint32_t length, std::size_t bytes_in_hand) {
  std::vector<std::byte> bytes(std::max<std::size_t>(bytes_in_hand, 4));
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(length >> (8 * i));
  bytes.resize(bytes_in_hand);
  return bytes;
}

FrameScan scan(std::uint32_t length, std::size_t bytes_in_hand, std::size_t max = 1024) { return scan_frame(front(length, bytes_in_hand), max); }

// docs/PROTOCOL.md, "Frames": a length of 4 bytes, least significant first.
TEST(Frame, AsksForThePrefixFirst) {
  for (std::size_t bytes = 0; bytes < 4; ++bytes) {
    EXPECT_EQ(scan(28, bytes).state, State::incomplete) << bytes;
    EXPECT_EQ(scan(28, bytes).bytes, 4U) << bytes;
  }
}

TEST(Frame, AsksForAllOfAFrameOnceItsLengthIsKnown) {
  for (std::size_t bytes = 4; bytes < 32; ++bytes) {
    EXPECT_EQ(scan(28, bytes).state, State::incomplete) << bytes;
    EXPECT_EQ(scan(28, bytes).bytes, 32U) << bytes;
  }
}

TEST(Frame, IsWholeWithAllItsBytesAndMore) {
  for (const std::size_t bytes : {32U, 33U, 64U}) {
    EXPECT_EQ(scan(28, bytes).state, State::whole) << bytes;
    EXPECT_EQ(scan(28, bytes).bytes, 32U) << bytes;
  }
}

// The least that a FlatBuffer with an identifier takes: what reads the identifier later need not look whether it is there.
TEST(Frame, RefusesWhatIsTooShortForAFlatBuffer) {
  EXPECT_EQ(scan(0, 8).state, State::refused);
  EXPECT_EQ(scan(4, 8).state, State::refused);
  EXPECT_EQ(scan(12, 16).state, State::whole);
}

// The next frame in a buffer must be aligned.
TEST(Frame, RefusesWhatIsNoMultipleOfEightWithItsPrefix) {
  for (std::uint32_t length = 1; length < 64; ++length) {
    EXPECT_EQ(scan(length, 100).state == State::refused, (length + 4) % 8 != 0 || length < 12) << length;
  }
}

TEST(Frame, RefusesMoreThanTheLimitAsSoonAsItIsKnown) {
  EXPECT_EQ(scan(1020, 4).state, State::incomplete);
  EXPECT_EQ(scan(1020, 1024).state, State::whole);
  EXPECT_EQ(scan(1028, 4).state, State::refused);
  EXPECT_EQ(scan(std::numeric_limits<std::uint32_t>::max() - 3, 4).state, State::refused);  // does not wrap around
  EXPECT_EQ(scan(std::numeric_limits<std::uint32_t>::max() - 7, 4, std::numeric_limits<std::size_t>::max()).state, State::refused);  // 2^32 - 4: no multiple of 8
  EXPECT_EQ(scan(0xFFFFFFFC, 4, std::numeric_limits<std::size_t>::max()).bytes, std::size_t{1} << 32);
}

TEST(Frame, ReadsTheLengthLeastSignificantByteFirst) {
  const std::array bytes{std::byte{0x04}, std::byte{0x01}, std::byte{0}, std::byte{0}};
  EXPECT_EQ(scan_frame(bytes, 1024).bytes, 0x104U + 4);
}

}  // namespace
}  // namespace assay::server
