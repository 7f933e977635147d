// What goes over $NOTIFY_SOCKET. How sockets are handed over is seen with the real daemon (tests/integration/service_test.cpp): they have numbers that belong to this process.
#include "server/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "server/fixture.h"

namespace assay::server {
namespace {

// The manager's end, and the environment that names it.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder.file("notify");
    std::copy(path.begin(), path.end(), address.sun_path);
    EXPECT_EQ(::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  // next(): a message, which is there: a datagram between two Unix sockets arrives at once.
  std::string next() {
    std::string text(4096, '\0');
    const ssize_t got = ::recv(descriptor.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

  test::SocketFolder folder;
  test::RecordingLog log;
  Fd descriptor{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

// sd_notify(3)
TEST_F(ServiceManagerTest, SaysWhatSystemdUnderstands) {
  const auto manager = make_service_manager(log);
  ASSERT_NE(manager, nullptr);
  manager->ready("all is well");
  EXPECT_EQ(next(), "READY=1\nSTATUS=all is well");
  manager->status("or not");
  EXPECT_EQ(next(), "STATUS=or not");
  manager->alive();
  EXPECT_EQ(next(), "WATCHDOG=1");
  manager->stopping();
  EXPECT_EQ(next(), "STOPPING=1");
  EXPECT_EQ(next(), "");
}

// sd_notify(3): RELOADING=1 goes with the time of CLOCK_MONOTONIC at which it was sent.
TEST_F(ServiceManagerTest, SaysWhenAReloadBegan) {
  const auto manager = make_service_manager(log);
  const auto now_us = [] {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::uint64_t(time.tv_sec) * 1'000'000 + std::uint64_t(time.tv_nsec) / 1000;
  };
  const std::uint64_t before = now_us();
  manager->reloading();
  const std::uint64_t after = now_us();
  const std::string text = next();
  constexpr std::string_view kBegin = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_TRUE(text.starts_with(kBegin)) << text;
  const std::uint64_t said = std::stoull(text.substr(kBegin.size()));
  EXPECT_GE(said, before);
  EXPECT_LE(said, after);
}

// sd_watchdog_enabled(3): of this process alone.
TEST_F(ServiceManagerTest, KnowsTheWatchdogsInterval) {
  EXPECT_EQ(make_service_manager(log)->watchdog_ms(), 0U);
  ::setenv("WATCHDOG_USEC", "20000000", 1);
  EXPECT_EQ(make_service_manager(log)->watchdog_ms(), 20'000U);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(make_service_manager(log)->watchdog_ms(), 20'000U);
  ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
  EXPECT_EQ(make_service_manager(log)->watchdog_ms(), 0U);
  EXPECT_EQ(log.all(), "");
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(make_service_manager(log)->watchdog_ms(), 0U);
  EXPECT_EQ(log.count("WATCHDOG_USEC"), 1U) << log.all();
}

// A service runs on, whatever its manager hears; and nobody wants to read so at every feeding.
TEST_F(ServiceManagerTest, SaysOnceThatItIsNotHeard) {
  const auto manager = make_service_manager(log);
  descriptor = Fd();
  for (int i = 0; i < 3; ++i) manager->alive();
  EXPECT_EQ(log.count("cannot be told"), 1U) << log.all();
}

TEST_F(ServiceManagerTest, IsNotThereWithoutASocket) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_EQ(make_service_manager(log), nullptr);
}

}  // namespace
}  // namespace assay::server
