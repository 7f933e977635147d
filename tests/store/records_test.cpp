#include "store/records.h"

#include <gtest/gtest.h>

#include <functional>

#include "store/scenario.h"

namespace assay::store {
namespace {

TEST(Records, AreEqualByContent) {
  const Records a = test::small_records();
  EXPECT_EQ(a, test::small_records());
  EXPECT_EQ(a, Records(a));
}

TEST(Records, DifferByAnyPart) {
  const Records a = test::small_records();
  const std::function<void(Records&)> changes[] = {
      [](Records& r) { ++r.state.instance; },
      [](Records& r) { ++r.state.generation; },
      [](Records& r) { r.state.file_digest.clear(); },
      [](Records& r) { r.state.withdrawn[0].issuer += "x"; },
      [](Records& r) { r.state.withdrawn[0].key[0] = '0'; },
      [](Records& r) { r.state.withdrawn.clear(); },
      [](Records& r) { r.state.deployments[0].api_services[0].name += "x"; },
      [](Records& r) { r.state.deployments.pop_back(); },
      [](Records& r) { r.documents[0] = test::document(1, "other"); },
      [](Records& r) { r.documents[0] = test::document(3, *r.documents[0]->text); },
      [](Records& r) { r.documents[0] = std::make_shared<const DocumentRecord>(); },
      [](Records& r) { r.documents[0] = nullptr; },
      [](Records& r) { r.documents.pop_back(); },
      [](Records& r) { std::swap(r.documents[0], r.documents[1]); },
      [](Records& r) { r.sources[0] = test::source(r.sources[0]->url, 99); },
      [](Records& r) { r.sources.clear(); },
  };
  for (const auto& change : changes) {
    Records b = a;
    change(b);
    EXPECT_FALSE(a == b) << &change - changes;
  }
  EXPECT_EQ(std::size(changes), 16U);
}

}  // namespace
}  // namespace assay::store
