// Memory straight from the system.
#include "base/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

namespace assay::base {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

std::uintptr_t address(const Pages& pages) { return reinterpret_cast<std::uintptr_t>(pages.bytes().data()); }

TEST(Pages, AreNoneAtFirst) {
  const Pages pages;
  EXPECT_FALSE(pages);
  EXPECT_TRUE(pages.bytes().empty());
}

TEST(Pages, AreOfTheSizeThatWasAskedFor) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4095}, std::size_t{4097}, kLargePage - 1, kLargePage, kLargePage + 1, 3 * kLargePage}) {
    const Pages pages = Pages::map(bytes);
    ASSERT_TRUE(pages) << bytes;
    EXPECT_EQ(pages.bytes().size(), bytes);
    EXPECT_EQ(address(pages) % kLargePage, 0U) << bytes;
  }
}

TEST(Pages, AreZeroAndWritableToTheLastOctet) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}, kLargePage, kLargePage + 1}) {
    const Pages pages = Pages::map(bytes);
    ASSERT_TRUE(pages) << bytes;
    EXPECT_TRUE(std::ranges::all_of(pages.bytes(), [](std::byte octet) { return octet == std::byte{0}; })) << bytes;
    std::ranges::fill(pages.bytes(), std::byte{0xA5});
    EXPECT_EQ(pages.bytes().back(), std::byte{0xA5});
  }
}

// Memory of one owner is never that of another, and what was given back comes again as zeros.
TEST(Pages, BelongToOneOwner) {
  for (int round = 0; round < 3; ++round) {
    const Pages a = Pages::map(kLargePage + 1);
    const Pages b = Pages::map(kLargePage + 1);
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(address(a) + 2 * kLargePage <= address(b) || address(b) + 2 * kLargePage <= address(a));
    std::ranges::fill(a.bytes(), std::byte{1});
    EXPECT_TRUE(std::ranges::all_of(b.bytes(), [](std::byte octet) { return octet == std::byte{0}; }));
  }
}

TEST(Pages, Move) {
  Pages first = Pages::map(100);
  const std::uintptr_t where = address(first);
  first.bytes()[99] = std::byte{7};
  Pages second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_TRUE(first.bytes().empty());
  EXPECT_EQ(address(second), where);
  EXPECT_EQ(second.bytes().size(), 100U);
  EXPECT_EQ(second.bytes()[99], std::byte{7});
  Pages third;
  third = std::move(second);
  EXPECT_FALSE(second);  // NOLINT(bugprone-use-after-move): likewise
  EXPECT_EQ(address(third), where);
  EXPECT_EQ(third.bytes()[99], std::byte{7});
}

TEST(Pages, AreRefusedInsteadOfPromised) {
  for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX - kLargePage, SIZE_MAX / 2 + 1, SIZE_MAX / 2, std::size_t{1} << 62, std::size_t{1} << 48}) {
    const Pages pages = Pages::map(bytes);
    EXPECT_FALSE(pages) << bytes;
    EXPECT_TRUE(pages.bytes().empty()) << bytes;
  }
}

TEST(Pages, AreAtLeastOneOctet) { EXPECT_DEATH(static_cast<void>(Pages::map(0)), "CHECK"); }

// Mapping: what the kernel says of the mapping that holds an address.
struct Mapping {
  bool found = false;
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string flags;  // two letters each, with a blank before and after
};
Mapping mapping_of(std::uintptr_t wanted) {
  Mapping mapping;
  std::ifstream file("/proc/self/smaps");
  for (std::string line; std::getline(file, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2) {
      if (mapping.found) break;
      if (wanted < begin || wanted >= end) continue;
      mapping = {.found = true, .begin = begin, .end = end, .flags = {}};
    } else if (mapping.found && line.starts_with("VmFlags:")) {
      mapping.flags = line.substr(line.find(':') + 1) + ' ';
    }
  }
  return mapping;
}

// What is there is wanted in large pages and in no core dump: it may say what tokens say.
TEST(Pages, AreLargeAndLeftOutOfCoreDumps) {
  const Pages pages = Pages::map(3 * kLargePage);
  ASSERT_TRUE(pages);
  const Mapping mapping = mapping_of(address(pages));
  if (mapping.flags.empty()) GTEST_SKIP() << "the kernel shows no flags of mappings";
  EXPECT_NE(mapping.flags.find(" dd "), std::string::npos) << mapping.flags;
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) GTEST_SKIP() << "the kernel has no large pages";
  EXPECT_NE(mapping.flags.find(" hg "), std::string::npos) << mapping.flags;
}

// What was mapped to find an aligned place goes back at once, and all the rest with its owner.
TEST(Pages, GiveBackWhatTheyDoNotHold) {
  std::uintptr_t where = 0;
  {
    const Pages pages = Pages::map(kLargePage + 1);
    ASSERT_TRUE(pages);
    where = address(pages);
    const Mapping mapping = mapping_of(where);
    if (!mapping.found) GTEST_SKIP() << "the kernel shows no mappings";
    // Its flags are its own, so that it is not merged with neighbours where the kernel knows such flags.
    if (!mapping.flags.empty()) {
      EXPECT_EQ(mapping.begin, where);
      EXPECT_EQ(mapping.end, where + 2 * kLargePage);
    }
  }
  EXPECT_FALSE(mapping_of(where).found);
  EXPECT_FALSE(mapping_of(where + kLargePage).found);
}

}  // namespace
}  // namespace assay::base
