#include "server/buffers.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace assay::server {
namespace {

constexpr std::size_t kBig = 1024 * 1024;

TEST(BufferPool, GivesTheSmallestClassThatFits) {
  BufferPool pool(kBig);
  EXPECT_EQ(pool.take(1).bytes().size(), limits::kSmallBufferBytes);
  EXPECT_EQ(pool.take(limits::kSmallBufferBytes).bytes().size(), limits::kSmallBufferBytes);
  EXPECT_EQ(pool.take(limits::kSmallBufferBytes + 1).bytes().size(), kBig);
  EXPECT_EQ(pool.take(kBig + 1).bytes().size(), kBig + 1);
}

TEST(BufferPool, GivesTheSameMemoryAgain) {
  BufferPool pool(kBig);
  const std::byte* small = pool.take(1).bytes().data();
  EXPECT_EQ(pool.take(1).bytes().data(), small);
  const std::byte* big = pool.take(kBig).bytes().data();
  EXPECT_EQ(pool.take(kBig).bytes().data(), big);
}

// FlatBuffers are read in place: the first frame of a buffer must be aligned.
TEST(BufferPool, AlignsItsBuffers) {
  BufferPool pool(kBig);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pool.take(1).bytes().data()) % 8, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pool.take(kBig).bytes().data()) % 8, 0U);
}

TEST(BufferPool, CountsWhatIsOut) {
  BufferPool pool(kBig);
  Buffer first = pool.take(1);
  {
    Buffer second = pool.take(1);
    EXPECT_EQ(pool.taken(), 2U);
    first = std::move(second);
  }
  EXPECT_EQ(pool.taken(), 1U);
  first = Buffer();
  EXPECT_EQ(pool.taken(), 0U);
}

}  // namespace
}  // namespace assay::server
