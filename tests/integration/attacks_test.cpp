// Every attack of the mint through the real daemon: libassay, the socket, the worker, the engine.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "assay/client.h"
#include "mint/attacks.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

// Listener: the attacker's web server on the loopback, where nobody may ever come.
class Listener {
 public:
  Listener() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(descriptor_, 8) != 0 ||
        getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      ADD_FAILURE() << "cannot listen on the loopback";
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(descriptor_); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/jwks.json"; }
  bool was_called() const {
    pollfd wait{descriptor_, POLLIN, 0};
    return poll(&wait, 1, 0) > 0;
  }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

// By the engine that the processor runs best; the others differ from it in nothing but signatures.
TEST(AttacksOnTheDaemon, EachGetsItsVerdictAndNothingElse) {
  const Listener listener;
  const mint::Target target{.fixture = mint::Fixture::generate(), .now_s = std::time(nullptr), .attacker_url = listener.url()};
  const auto attacks = mint::attacks(target);
  DaemonProcess daemon({.configuration = target.fixture.configuration(), .log_level = "debug"});
  ASSERT_TRUE(daemon.running()) << daemon.log();
  Client client(daemon.socket(), {.timeout_ms = 10'000});

  std::size_t asked = 0;
  for (const mint::Attack& attack : attacks) {
    if (attack.time_sensitive) continue;  // verdict/attacks_test asks these at their very second
    const auto verdict = client.validate({.api_service = attack.api_service, .required_scopes = {}, .claims = {}}, attack.token);
    ASSERT_TRUE(verdict.ok()) << attack.name << ": " << verdict.error().text;
    EXPECT_EQ(verdict->code, attack.expected) << attack.name << " (" << attack.what << "): " << verdict->info().name;
    if (attack.expected != Code::accepted) {
      EXPECT_TRUE(!verdict->subject && !verdict->client_id && !verdict->kid && verdict->scopes.empty() && verdict->oauth_server.empty()) << attack.name;
    }
    ++asked;
  }
  EXPECT_GE(asked, 250U);
  EXPECT_FALSE(listener.was_called());
  EXPECT_TRUE(daemon.running()) << daemon.log();

  // No token, and no part of one that identifies it, is in the log.
  const std::string log = daemon.log();
  for (const mint::Attack& attack : attacks) {
    const std::size_t dot = attack.token.rfind('.');
    if (dot == std::string::npos || attack.token.size() - dot < 40) continue;
    EXPECT_EQ(log.find(attack.token.substr(dot + 1, 40)), std::string::npos) << attack.name;
  }
  EXPECT_EQ(daemon.stop(SIGTERM).status, 0) << daemon.log();
}

}  // namespace
}  // namespace assay::tests
