// assayctl refresh: what has come of the fetch, and that a fetch without keys is no success.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/assayctl_fixture.h"
#include "client/control_frames.h"

namespace assay {
namespace {

using test::Assayctl;
using test::Finished;
using test::lines_of;
using testing::HasSubstr;

TEST_F(Assayctl, RefreshesKeys) {
  const Finished finished = assayctl({"refresh", "corp"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[0], "changed: the keys of corp, generation 6, instance 0123456789abcdef");
  EXPECT_EQ(lines[3], "  - key es256 of corp (P-256, thumb)");
  EXPECT_EQ(lines[4], "  + key without kid of corp (RSA 2048, print)");
  EXPECT_EQ(lines[8], "  ALARM, skipped key 2 (old\\x1b): it is private");
  EXPECT_EQ(lines[9], "  skipped key 3: kty AKP is not known");
  EXPECT_EQ(seen_.now().refreshed, (std::vector<std::string>{"corp", "(absent)"}));
  ASSERT_EQ(assayctl({"refresh", "corp", "--url", "https://id.example.com/jwks"}).exit_code, 0);
  EXPECT_EQ(seen_.now().refreshed, (std::vector<std::string>{"corp", "https://id.example.com/jwks"}));
}

TEST_F(Assayctl, SaysWhetherARefreshChangedAnything) {
  const Finished same = assayctl({"refresh", "same\x1b"});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, testing::StartsWith("unchanged: same\\x1b holds this very set already, generation 6, instance 0123456789abcdef\n  ALARM"));
  EXPECT_EQ(assayctl({"refresh", "same", "--json"}).out,
            R"({"refreshed":true,"generation":6,"instance":"0123456789abcdef","changed":false,"changes":[],)"
            R"("skipped":[{"index":2,"kid":"old\u001b","reason":"it is private","alarm":true},{"index":3,"reason":"kty AKP is not known","alarm":false}]})"
            "\n");
  EXPECT_THAT(assayctl({"refresh", "corp", "--json"}).out, HasSubstr("\"changed\":true,\"changes\":[{"));
}

// What the issuer did not give is no success, though the daemon answered.
TEST_F(Assayctl, FailsWhereARefreshGetsNoKeys) {
  const Finished people = assayctl({"refresh", "failing\x1b"});
  EXPECT_EQ(people.exit_code, 1);
  EXPECT_EQ(people.err,
            "assayctl: the keys of failing\\x1b could not be fetched: the issuer answered 500\\x1b; nothing has changed; `assayctl keys` shows those in force and when "
            "they are fetched next\n");
  EXPECT_EQ(people.out, "  ALARM, skipped key 2 (old\\x1b): it is private\n  skipped key 3: kty AKP is not known\n");
  const Finished json = assayctl({"refresh", "failing", "--json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(json.out,
            R"({"error":"fetch_failed","text":"the keys of failing could not be fetched: the issuer answered 500\u001b; nothing has changed",)"
            R"("skipped":[{"index":2,"kid":"old\u001b","reason":"it is private","alarm":true},{"index":3,"reason":"kty AKP is not known","alarm":false}]})"
            "\n");
  const std::string path = folder_.file("silent.sock");
  test::FakeDaemon silent(path, test::answering([](std::uint64_t id) { return test::refreshed_frame(id, false, ""); }));
  const Finished without = test::run({ASSAYCTL, "--control", path, "refresh", "corp"});
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.err, HasSubstr("could not be fetched: no reason is given; nothing has changed"));
}

}  // namespace
}  // namespace assay
