#include "server/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "server/fixture.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using schema::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RefusalLogTest : public testing::Test {
 protected:
  // lines(): what is told now.
  std::vector<std::string> lines() {
    test::RecordingLog recorded;
    log.tell(counts, names, recorded);
    std::vector<std::string> out;
    std::istringstream all(recorded.all());
    for (std::string line; std::getline(all, line);) out.push_back(line);
    return out;
  }

  snapshot::CountNames names;
  std::vector<VerdictCount> counts;
  RefusalLog log;
};

// Each is told once, and silence is none.
TEST_F(RefusalLogTest, TellsOnlyWhatHasComeSince) {
  const snapshot::NameId orders = names.api_services.id_of("orders");
  const snapshot::NameId corp = names.oauth_servers.id_of("corp idp");
  counts = {{{orders, corp, Code::expired, false}, 1}, {{orders, snapshot::kNoName, Code::not_compact, false}, 4}, {{orders, corp, Code::accepted, true}, 1000}};
  EXPECT_THAT(lines(), ElementsAre("tokens not accepted, in the last minute: 4: not_compact, API service orders, OAuth server -",
                                   "tokens not accepted, in the last minute: 1: expired, API service orders, OAuth server corp\\x20idp"));
  EXPECT_THAT(lines(), IsEmpty());
  counts[0].count = 11;
  counts[1].count = 5;
  EXPECT_THAT(lines(), ElementsAre("tokens not accepted, in the last minute: 10: expired, API service orders, OAuth server corp\\x20idp",
                                   "tokens not accepted, in the last minute: 1: not_compact, API service orders, OAuth server -"));
  EXPECT_THAT(lines(), IsEmpty());
}

// However many kinds there are, the lines are bounded, and the most frequent are among them.
TEST_F(RefusalLogTest, TellsTheMostFrequentKindsAndHowManyMoreThereAre) {
  const std::size_t kinds = limits::kRefusalKindsLoggedMax + 5;
  for (std::size_t i = 0; i < kinds; ++i) counts.push_back({{names.api_services.id_of("s" + std::to_string(i)), 1, Code::expired, false}, i + 1});
  const std::vector<std::string> told = lines();
  ASSERT_EQ(told.size(), limits::kRefusalKindsLoggedMax + 1);
  EXPECT_THAT(told.front(), HasSubstr("minute: 25: expired, API service s24,"));
  EXPECT_EQ(told.back(), "tokens not accepted, in the last minute: 15 of 5 more kinds");  // 1 to 5
}

}  // namespace
}  // namespace assay::server
