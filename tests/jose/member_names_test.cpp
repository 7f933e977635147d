#include "jose/member_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace assay::jose {

// MemberNamesPeer: the test's way to the stamp, which would take 2^32 texts to go round, and to whether a text is known so far.
struct MemberNamesPeer {
  static void set_text(MemberNames& names, std::uint32_t text) { names.text_ = text; }
  static bool in_step(const MemberNames& names) { return names.in_step_; }
};

namespace {

constexpr base::HashKey kKey{1, 2};
constexpr std::size_t kTokens = 300;  // of a text: so many that it is not remembered, and the table does everything

TEST(MemberNames, FindsANameThatStandsTwice) {
  MemberNames names(kKey, 8);
  names.begin(kTokens);
  EXPECT_TRUE(names.insert(0, "a"));
  EXPECT_TRUE(names.insert(0, "b"));
  EXPECT_TRUE(names.insert(0, ""));
  EXPECT_FALSE(names.insert(0, "a"));
  EXPECT_FALSE(names.insert(0, ""));
  EXPECT_TRUE(names.insert(1, "a"));
  EXPECT_FALSE(names.insert(1, "a"));
}

TEST(MemberNames, ForgetsWithEachText) {
  MemberNames names(kKey, 2);
  for (int text = 0; text < 100; ++text) {
    names.begin(kTokens);
    EXPECT_TRUE(names.insert(0, "a"));
    EXPECT_TRUE(names.insert(0, "b"));
    EXPECT_FALSE(names.insert(0, "a"));
  }
}

// A full table still finds what it holds, still ends its search for what it does not, and takes no more.
TEST(MemberNames, EndsItsSearchWhenFull) {
  for (const std::size_t most : {0UL, 1UL, 2UL, 3UL, 7UL, 8UL, 64UL, 1024UL}) {
    MemberNames names(kKey, most);
    std::vector<std::string> held;
    for (std::size_t i = 0; i < most; ++i) held.push_back("n" + std::to_string(i));
    names.begin(2 * most);
    for (const std::string& name : held) ASSERT_TRUE(names.insert(0, name)) << name;
    for (const std::string& name : held) ASSERT_FALSE(names.insert(0, name)) << name;
    EXPECT_FALSE(names.insert(0, "one more"));
    EXPECT_FALSE(names.insert(1, "one more"));
  }
}

// Of the memory for 1,024 names a small text uses a small part, and not too small a one: every name it can have fits, and the next search ends.
TEST(MemberNames, HasRoomForEveryNameThatItsTokensCanBe) {
  MemberNames names(kKey, 1024);
  std::vector<std::string> held;
  for (std::size_t i = 0; i <= 150; ++i) held.push_back(std::to_string(i));
  for (std::size_t tokens = 0; tokens <= 300; ++tokens) {
    names.begin(tokens);
    const std::size_t most = (tokens + 1) / 2;
    for (std::size_t i = 0; i < most; ++i) ASSERT_TRUE(names.insert(0, held[i])) << i << " of " << tokens << " tokens";
    for (std::size_t i = 0; i < most; ++i) ASSERT_FALSE(names.insert(0, held[i])) << i << " of " << tokens << " tokens";
  }
}

// Who knows the key can make hashes collide (a word that cancels it out leaves 0). The names are compared all the same.
TEST(MemberNames, TellsNamesOfOneHashApart) {
  constexpr std::uint64_t kOddA = 0x9E3779B97F4A7C15;
  const std::uint64_t cancelling = kKey.second ^ kOddA;
  std::vector<std::string> held;
  for (char c = 'a'; c <= 'z'; ++c) {
    std::string name(reinterpret_cast<const char*>(&cancelling), sizeof cancelling);
    name.append(8, c);
    held.push_back(name);
    ASSERT_EQ(base::keyed_hash(kKey, 0, name), base::keyed_hash(kKey, 0, held[0]));
  }
  MemberNames names(kKey, held.size());
  names.begin(kTokens);
  for (const std::string& name : held) EXPECT_TRUE(names.insert(0, name));
  for (const std::string& name : held) EXPECT_FALSE(names.insert(0, name));
}

// The stamps of old texts must not look current when the 32-bit counter has gone round.
TEST(MemberNames, SurvivesTheWrapOfItsStamp) {
  MemberNames names(kKey, 4);
  names.begin(kTokens);  // stamp 1, which the first text after the wrap has as well
  EXPECT_TRUE(names.insert(0, "old"));
  MemberNamesPeer::set_text(names, 0xFFFFFFFE);
  names.begin(kTokens);  // the last stamp
  EXPECT_TRUE(names.insert(0, "last"));
  EXPECT_FALSE(names.insert(0, "last"));
  for (int text = 0; text < 3; ++text) {
    names.begin(kTokens);
    EXPECT_TRUE(names.insert(0, "old"));
    EXPECT_TRUE(names.insert(0, "last"));
    EXPECT_FALSE(names.insert(0, "old"));
  }
}

using Names = std::vector<std::pair<std::uint32_t, std::string>>;

// insert_all(names, text, tokens): whether every name of the text was new.
bool insert_all(MemberNames& names, const Names& text, std::size_t tokens) {
  names.begin(tokens);
  bool all = true;
  for (const auto& [object, name] : text) all = names.insert(object, name) && all;
  return all;
}

TEST(MemberNames, KeepsInStepWithATextOfTheSameNames) {
  MemberNames names(kKey, 8);
  const Names text{{0, "iss"}, {0, "sub"}, {0, "nested"}, {1, "iss"}, {0, ""}, {0, "a name longer than two words"}};
  EXPECT_TRUE(insert_all(names, text, 40));
  EXPECT_FALSE(MemberNamesPeer::in_step(names));
  EXPECT_TRUE(insert_all(names, text, 40));
  EXPECT_TRUE(MemberNamesPeer::in_step(names));
  // One more name, and what was in step counts all the same.
  EXPECT_FALSE(names.insert(1, "iss"));
  EXPECT_FALSE(MemberNamesPeer::in_step(names));
  EXPECT_FALSE(names.insert(0, "a name longer than two words"));
}

// A name that differs in any one octet, in length or in its object is another.
TEST(MemberNames, LeavesTheStepAtAnyDifference) {
  for (std::size_t bytes = 0; bytes <= 20; ++bytes) {
    const std::string name(bytes, 'n');
    for (std::size_t at = 0; at < bytes; ++at) {
      MemberNames names(kKey, 8);
      std::string other = name;
      other[at] = 'm';
      ASSERT_TRUE(insert_all(names, {{0, name}, {0, "x"}}, 40));
      ASSERT_TRUE(insert_all(names, {{0, other}, {0, name}}, 40)) << bytes << " octets, at " << at;
      ASSERT_FALSE(insert_all(names, {{0, other}, {0, name}, {0, other}}, 40)) << bytes << " octets, at " << at;
    }
    MemberNames names(kKey, 8);
    ASSERT_TRUE(insert_all(names, {{0, name}, {1, name}}, 40));
    ASSERT_FALSE(insert_all(names, {{0, name}, {0, name}}, 40)) << bytes << " octets";
    ASSERT_TRUE(insert_all(names, {{0, name + "n"}, {0, name}}, 40)) << bytes << " octets";
  }
}

// Texts that share much, in any order, some too large to be remembered: against a set of names for each text.
TEST(MemberNames, AgreesWithASetWhateverWasThereBefore) {
  std::mt19937_64 random(7);
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  std::size_t duplicates = 0;
  std::size_t known = 0;
  MemberNames names(kKey, 100);
  std::vector<Names> pool(8);
  for (int text = 0; text < 20'000; ++text) {
    // One of a few texts, now and then changed: cut, lengthened, or with another name in one place.
    Names& now = pool[below(pool.size())];
    const auto new_object = static_cast<std::uint32_t>(below(3));
    const std::size_t number = below(200);
    switch (below(10)) {
      case 0: now.resize(below(now.size() + 1)); break;
      case 1: now.emplace_back(new_object, std::string(number % 30, 'q')); break;
      case 2: now.emplace_back(new_object, "claim_" + std::to_string(number)); break;
      case 3: if (!now.empty()) now[number % now.size()].second = std::to_string(number % 100); break;
      case 4: if (!now.empty()) now[number % now.size()].first = new_object; break;
      case 5: if (below(10) == 0) while (now.size() < 90) now.emplace_back(0, std::to_string(now.size()) + std::string(20, 'x')); break;
      default: break;
    }
    if (now.size() > 95) now.clear();
    const std::size_t tokens = std::max<std::size_t>(4 * now.size(), 60) / 16 * 16;  // all in one place of the memory
    names.begin(tokens);
    std::set<std::pair<std::uint32_t, std::string>> seen;
    for (const auto& [object, name] : now) {
      const bool is_new = seen.emplace(object, name).second;
      ASSERT_EQ(names.insert(object, name), is_new) << "text " << text << ", object " << object << ", name " << name;
      if (!is_new) ++duplicates;
    }
    if (!now.empty() && MemberNamesPeer::in_step(names)) ++known;
  }
  EXPECT_GT(duplicates, 200U);
  EXPECT_GT(known, 1000U);
}

}  // namespace
}  // namespace assay::jose
