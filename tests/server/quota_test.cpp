#include "server/quota.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace assay::server {
namespace {

TEST(ConnectionQuota, RefusesMoreThanItsLimitInAll) {
  ConnectionQuota quota(2, 10);
  auto first = quota.charge(1);
  auto second = quota.charge(2);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(quota.charge(3));
  second.reset();
  EXPECT_TRUE(quota.charge(3));
}

TEST(ConnectionQuota, RefusesMoreThanItsLimitPerUser) {
  ConnectionQuota quota(10, 2);
  const auto first = quota.charge(1);
  auto second = quota.charge(1);
  EXPECT_FALSE(quota.charge(1));
  EXPECT_TRUE(quota.charge(2));  // another user is not held liable
  second.reset();
  EXPECT_TRUE(quota.charge(1));
}

TEST(ConnectionQuota, ChargesOnceHoweverTheChargeTravels) {
  ConnectionQuota quota(10, 10);
  {
    auto charge = quota.charge(1);
    ConnectionCharge moved(std::move(*charge));
    ConnectionCharge assigned;
    assigned = std::move(moved);
    charge.reset();
    EXPECT_EQ(quota.connections(), 1U);
    assigned = ConnectionCharge();
    EXPECT_EQ(quota.connections(), 0U);
  }
  EXPECT_EQ(quota.connections(), 0U);
}

TEST(ConnectionQuota, KeepsOpenConnectionsWhenItsLimitsShrink) {
  ConnectionQuota quota(3, 3);
  auto first = quota.charge(1);
  auto second = quota.charge(1);
  quota.set_limits(1, 1);
  EXPECT_EQ(quota.connections(), 2U);
  EXPECT_FALSE(quota.charge(2));
  first.reset();
  EXPECT_FALSE(quota.charge(2));
  second.reset();
  EXPECT_TRUE(quota.charge(2));
}

TEST(ConnectionQuota, CountsRightFromManyThreads) {
  ConnectionQuota quota(100, 100);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (std::uint32_t uid = 0; uid < 4; ++uid) {
    threads.emplace_back([&quota, &granted, uid] {
      for (int i = 0; i < 2000; ++i) granted += quota.charge(uid) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted, 8000);
  EXPECT_EQ(quota.connections(), 0U);
}

}  // namespace
}  // namespace assay::server
