// A ledger over a disk in memory, and documents made of few words.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mint/json.h"
#include "mint/key.h"
#include "server/fixture.h"
#include "server/ledger.h"
#include "store/fake_files.h"
#include "store/store.h"

namespace assay::test {

// key(number): an Ed25519 key with the kid "k<number>"; made once.
inline const mint::Key& key(int number) {
  static std::map<int, mint::Key> keys;
  const auto found = keys.find(number);
  if (found != keys.end()) return found->second;
  return keys.emplace(number, mint::Key::generate("EdDSA", {.kid = "k" + std::to_string(number)})).first->second;
}

inline std::string jwks(const std::vector<int>& numbers) {
  std::vector<mint::Key> keys;
  for (const int number : numbers) keys.push_back(key(number));
  return mint::jwks(keys);
}

// Server: an OAuth server, with inline keys or with a URL.
struct Server {
  std::string name;
  std::vector<int> keys;
  std::string url = {};
  std::string more = {};  // further members, each with a comma before it
};

// Service: an API service that takes the tokens of these OAuth servers.
struct Service {
  std::string name;
  std::vector<std::string> servers;
  std::string more = {};
};

// config(servers, services, more): a document. The issuer of OAuth server s is https://s, the audience of API service a is https://a.
inline std::string config(const std::vector<Server>& servers, const std::vector<Service>& services, const std::string& more = {}) {
  std::string text = R"({"oauth_servers":[)";
  for (const Server& server : servers) {
    if (&server != servers.data()) text += ',';
    text += R"({"name":)" + mint::quote(server.name) + R"(,"issuers":["https://)" + server.name + R"("],)";
    text += server.url.empty() ? R"("jwks":)" + jwks(server.keys) : R"("jwks_url":)" + mint::quote(server.url);
    text += server.more + '}';
  }
  text += R"(],"api_services":[)";
  for (const Service& service : services) {
    if (&service != services.data()) text += ',';
    text += R"({"name":)" + mint::quote(service.name) + R"(,"audiences":["https://)" + service.name + R"("],"oauth_servers":)" + mint::array(service.servers) + service.more + '}';
  }
  // A busy machine lets a request wait; no test but those that say so is about that.
  const bool says_so = more.find(R"("daemon")") != std::string::npos;
  return text + ']' + more + (says_so ? "" : R"(,"daemon":{"limits":{"request_age_ms":30000}})") + '}';
}

// NamedUsers: a host whose users a test names.
class NamedUsers final : public snapshot::Identities {
 public:
  std::map<std::string, std::uint32_t> users;
  std::optional<std::uint32_t> uid_of(const std::string& user) const override {
    const auto found = users.find(user);
    return found == users.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::uint32_t> gid_of(const std::string&) const override { return std::nullopt; }
};

class LedgerTest : public testing::Test {
 protected:
  // start(file): a new process on the same disk. Whether it started.
  bool start(std::optional<std::string> file = {}) {
    std::optional<server::ConfigurationFile> found;
    if (file) found = server::ConfigurationFile{"assayd.json", *file};
    return start_with(found);
  }
  bool start_with(const std::optional<server::ConfigurationFile>& file) {
    ledger.reset();
    ledger = std::make_unique<server::Ledger>(server::LedgerParts{.identities = identities,
                                                                  .clock = clock,
                                                                  .log = log,
                                                                  .workers = 1,
                                                                  .draw_instance = [this] { return ++instances; },
                                                                  .store = with_disk ? std::make_unique<store::Store>(std::make_unique<FakeFiles>(disk)) : nullptr,
                                                                  .state_dir = with_disk ? "/state" : ""});
    const auto started = ledger->start(file);
    faults = started ? std::vector<snapshot::Fault>() : started.error();
    if (started) snapshot = ledger->first_snapshot();
    return started.has_value();
  }
  // apply(requests): together; the snapshot that comes of them is in force from now on.
  std::vector<server::Outcome> apply(const std::vector<server::ChangeRequest>& requests) {
    server::Applied applied = ledger->apply(requests);
    if (applied.snapshot != nullptr) snapshot = applied.snapshot;
    return std::move(applied.outcomes);
  }
  server::Outcome apply(const server::ChangeRequest& request) { return apply(std::vector{request}).front(); }
  server::Outcome deploy(const std::string& text, std::vector<std::string> services = {}) { return apply(server::DeployRequest{.document = text, .api_services = std::move(services), .expected_deployment = {}}); }
  server::Outcome dry_run(const std::string& text, std::vector<std::string> services = {}) {
    return apply(server::DeployRequest{.document = text, .api_services = std::move(services), .expected_deployment = {}, .dry_run = true});
  }
  server::Outcome roll_back(std::uint64_t deployment = 0) { return apply(server::RollbackRequest{.deployment = deployment, .expected_deployment = {}}); }
  server::Outcome push(const std::string& name, const std::string& text) { return apply(server::PushRequest{.oauth_server = name, .url = {}, .jwks = text}); }

  // kids(service, server): of the keys with which this API service verifies tokens of this OAuth server; "none" if there are none at hand.
  std::string kids(std::string_view service, std::string_view server) const {
    const snapshot::ApiService* found = snapshot->api_service(service);
    if (found == nullptr) return "no such API service";
    const snapshot::OAuthServer* issuer = found->server_of("https://" + std::string(server));
    if (issuer == nullptr) return "no such OAuth server";
    if (issuer->keys == nullptr) return "none";
    std::string all;
    for (const jose::VerificationKey& one : issuer->keys->keys()) all += (all.empty() ? "" : " ") + one.kid.value_or("-");
    return all;
  }
  bool has_problem(std::string_view text) const {
    const auto report = ledger->report();
    return std::ranges::any_of(report->problems, [text](const server::Problem& problem) { return problem.text.find(text) != std::string::npos; });
  }
  std::uint64_t deployment() const { return ledger->state().in_force().number; }

  // described(outcome): its changes, one a line: "+ api_service a".
  static std::string described(const server::Outcome& outcome) {
    static constexpr const char* kSubjects[] = {"?", "api_service", "oauth_server", "key", "clients", "daemon"};
    std::string text;
    for (const snapshot::Change& change : outcome.changes) {
      text += "?+-~"[static_cast<int>(change.kind)];
      text += std::string(" ") + kSubjects[static_cast<int>(change.subject)] + (change.name.empty() ? "" : " " + change.name) + (change.kid ? " " + *change.kid : "");
      if (change.subject != snapshot::Change::Subject::key) {
        for (const std::string& detail : change.details) text += ", " + detail;
      }
      text += '\n';
    }
    return text;
  }

  FakeClock clock;
  RecordingLog log;
  NamedUsers identities;
  FakeDisk disk;
  bool with_disk = true;
  std::uint64_t instances = 0;
  std::unique_ptr<server::Ledger> ledger;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
  std::vector<snapshot::Fault> faults;
};

}  // namespace assay::test
