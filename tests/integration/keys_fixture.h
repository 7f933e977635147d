// Keys from the network, with nothing replaced: the real assayd, the real assay-fetch, issuers on the loopback, tokens over the data socket.
#pragma once

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "assay/client.h"
#include "client/control.h"
#include "mint/key.h"
#include "mint/token.h"
#include "support/daemon_process.h"
#include "support/fetch_process.h"
#include "support/https_server.h"
#include "support/test_ca.h"

namespace assay::tests {

inline constexpr std::string_view kAudience = "https://api.example.com";
inline constexpr ClientOptions kPatiently{.timeout_ms = 60'000, .connect_timeout_ms = 1000};

// ca(): whom the configurations here trust. other_ca(): whom they do not.
inline const TestCa& ca() {
  static const TestCa made;
  return made;
}
inline const TestCa& other_ca() {
  static const TestCa made("another CA");
  return made;
}

// eventually(condition, limit): whether it came true; only a machine that is too busy for any test needs the limit.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds(30)) {
  for (const auto until = std::chrono::steady_clock::now() + limit; !condition();) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// count(text, part): how often it stands in it.
inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

inline HttpsServer::Handler serving(HttpReply reply) {
  return [reply = std::move(reply)](const HttpRequest&) { return reply; };
}

// Source: an OAuth server of a configuration, and an API service of the same name that takes its tokens. Its issuer is https:// and its name.
struct Source {
  std::string name = "idp";
  std::string url;
  std::string more;     // members of the OAuth server, each after a comma
  std::string ca_file;  // empty: none
};

inline std::string configuration(const std::vector<Source>& sources) {
  std::string servers;
  std::string services;
  for (const Source& source : sources) {
    const std::string_view comma = servers.empty() ? "" : ",";
    servers += fmt::format(R"({}{{"name":"{}","issuers":["https://{}"],"jwks_url":"{}"{}{}}})", comma, source.name, source.name, source.url,
                           source.ca_file.empty() ? "" : fmt::format(R"(,"ca_file":"{}")", source.ca_file), source.more);
    services += fmt::format(R"({}{{"name":"{}","audiences":["{}"],"oauth_servers":["{}"]}})", comma, source.name, kAudience, source.name);
  }
  // On a machine that is busy with other things a request may wait; nobody is to be refused for that here.
  return fmt::format(R"({{"oauth_servers":[{}],"api_services":[{}],"daemon":{{"limits":{{"request_age_ms":30000}}}}}})", servers, services);
}

// KeysTest: one issuer with one key at first; assayd and assay-fetch run when a case starts them, on one state directory and one keys socket.
class KeysTest : public testing::Test {
 protected:
  // source(more): the OAuth server idp at the issuer; members as in Source.
  Source source(std::string more = {}) const { return {.url = issuer_->url("/jwks"), .more = std::move(more), .ca_file = ca_file_}; }

  void start(const std::vector<Source>& sources, std::vector<std::string> under = {}) {
    daemon_.reset();  // for the new one has the same keys socket
    daemon_.emplace(DaemonProcess::Options{.configuration = configuration(sources),
                                           .workers = workers_,
                                           .more_arguments = {"--keys", keys_socket(), "--state-dir", (folder_.path() / "state").string()},
                                           .under = std::move(under)});
    ASSERT_TRUE(daemon_->running()) << daemon_->log();
    client_.emplace(daemon_->socket(), kPatiently);
    control_.emplace(daemon_->control(), kPatiently);
  }
  void start_fetch() {
    fetch_.reset();
    fetch_.emplace(FetchProcess::Options{.keys = keys_socket()});
  }
  std::string keys_socket() const { return (folder_.path() / "keys.sock").string(); }

  // publish(keys): the set that the issuer has from now on.
  void publish(const std::vector<mint::Key>& keys) { issuer_->set_handler(serving(json_reply(mint::jwks(keys)))); }

  // token(key, name): one that the API service of this name is to accept, if its OAuth server has the key.
  static std::string token(const mint::Key& key, std::string_view name = "idp") {
    return mint::token(key, mint::claims("https://" + std::string(name), kAudience, std::time(nullptr), 3600));
  }
  Verdict verdict(const std::string& token, std::string_view name = "idp") {
    const auto verdict = client_->validate({.api_service = std::string(name), .required_scopes = {}, .claims = {}}, token);
    EXPECT_TRUE(verdict.ok()) << verdict.error().text << daemon_->log();
    return verdict.ok() ? *verdict : Verdict();
  }
  Code code(const std::string& token, std::string_view name = "idp") { return verdict(token, name).code; }
  // comes_to(code, token): verdicts change when the issuer's answer has come.
  bool comes_to(Code wanted, const std::string& token, std::string_view name = "idp") {
    return eventually([&] { return code(token, name) == wanted; });
  }

  StatusReport status() {
    auto report = control_->status();
    EXPECT_TRUE(report.ok()) << report.error().text << daemon_->log();
    return report ? *std::move(report) : StatusReport();
  }
  OAuthServerStatus server_status(std::string_view name = "idp") {
    for (OAuthServerStatus& server : status().oauth_servers) {
      if (server.name == name) return std::move(server);
    }
    ADD_FAILURE() << "status says nothing of " << name;
    return {};
  }
  SourceStatus source_status(std::string_view name = "idp") {
    const auto server = server_status(name);
    EXPECT_TRUE(server.source.has_value()) << name;
    return server.source.value_or(SourceStatus());
  }
  // kids(name): of the keys that its OAuth server has, in the set's order.
  std::vector<std::string> kids(std::string_view name = "idp") {
    std::vector<std::string> out;
    for (const KeyStatus& key : server_status(name).keys) out.push_back(key.kid.value_or("-"));
    return out;
  }
  // has_problem(text): whether status has one that says so.
  bool has_problem(std::string_view text) {
    const StatusReport report = status();
    return std::ranges::any_of(report.problems, [text](const Problem& problem) { return problem.text.find(text) != std::string::npos; });
  }
  // refresh(name): why it failed; nothing: it did not.
  std::optional<std::string> refresh(std::string_view name = "idp") {
    const auto answer = control_->refresh(name);
    if (const auto* refreshed = std::get_if<Refreshed>(&answer)) return refreshed->failure;
    return "refused: " + std::get<Refusal>(answer).error.text;
  }
  // fetcher_is(there): whether assayd came to know that assay-fetch is there, or is not.
  bool fetcher_is(bool there) {
    return eventually([&] { return status().fetcher_connected == there; });
  }

  // In memory: what a test waits for is not the disk.
  const TemporaryFolder folder_ = TemporaryFolder::in_memory();
  const std::string ca_file_ = folder_.write("ca.pem", ca().certificate());
  const mint::Key key_ = mint::Key::generate("EdDSA", {.kid = "first"});
  const mint::Key next_ = mint::Key::generate("EdDSA", {.kid = "second"});
  const std::string token_ = token(key_);
  const std::string next_token_ = token(next_);
  unsigned workers_ = 1;
  std::optional<HttpsServer> issuer_{std::in_place, HttpsServer::Options{.identity = ca().issue()}, serving(json_reply(mint::jwks({key_})))};
  std::optional<DaemonProcess> daemon_;
  std::optional<FetchProcess> fetch_;
  std::optional<ControlClient> control_;
  std::optional<Client> client_;
};

}  // namespace assay::tests
