// What the model test of the token cache is played with: a few OAuth servers and API services whose settings vary, key sets that vary, and tokens for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::tests::world {

inline constexpr std::int64_t kEpoch_s = 1'800'000'000;  // when the tokens were issued

// Entry: a JWK of a set: which key, under which kid and `alg`. Numbers that a machine varies; all 0: as its issuer uses it.
struct Entry {
  std::uint8_t key = 0;  // below kKeys
  std::uint8_t kid = 0;  // below kKids: its own, one that several keys have, none
  std::uint8_t alg = 0;  // below kAlgs: its own, none, another that its numbers can verify (of RSA; else none)
  friend bool operator==(const Entry&, const Entry&) = default;
};
inline constexpr std::size_t kKeys = 8;  // six of Ed25519, more than are tried for one token; RSA; P-256
inline constexpr std::size_t kKids = 3;
inline constexpr std::size_t kAlgs = 3;
using Entries = std::vector<Entry>;

// all_keys(): every key, as its issuer uses it. jwks(entries): the JWK Set.
Entries all_keys();
std::string jwks(const Entries& entries);

// ServerSettings: of an OAuth server. Each member chooses one of a few values; below the bound of the same name in kServerBounds.
struct ServerSettings {
  std::uint8_t algorithms = 0;
  std::uint8_t skew = 0;
  std::uint8_t type = 0;
};
inline constexpr std::array<std::uint8_t ServerSettings::*, 3> kServerMembers{&ServerSettings::algorithms, &ServerSettings::skew, &ServerSettings::type};
inline constexpr std::array<std::uint8_t, 3> kServerBounds{5, 3, 3};

// ServiceSettings: of an API service, likewise.
struct ServiceSettings {
  std::uint8_t servers = 0;
  std::uint8_t audiences = 0;
  std::uint8_t scopes = 0;
  std::uint8_t rules = 0;
  std::uint8_t age = 0;
};
inline constexpr std::array<std::uint8_t ServiceSettings::*, 5> kServiceMembers{&ServiceSettings::servers, &ServiceSettings::audiences, &ServiceSettings::scopes,
                                                                                &ServiceSettings::rules, &ServiceSettings::age};
inline constexpr std::array<std::uint8_t, 5> kServiceBounds{5, 4, 3, 3, 3};

// alpha has its keys inline; beta shares its issuer, but nothing else. gamma and delta have issuers of their own and share a URL.
inline constexpr std::array<std::string_view, 4> kServers{"alpha", "beta", "gamma", "delta"};
inline constexpr std::array<std::string_view, 4> kServices{"orders", "payments", "reports", "audit"};
inline constexpr std::array<std::string_view, 2> kUrls{"https://beta.example/jwks", "https://gamma.example/jwks"};

// Settings: all that a document says.
struct Settings {
  std::array<ServerSettings, kServers.size()> servers;
  std::array<ServiceSettings, kServices.size()> services;
  Entries inline_keys;
};
// usual(): by which many of the tokens are good.
Settings usual();
// document(settings): the configuration.
std::string document(const Settings& settings);

// tokens(): made once in a process, always the same but for the signatures of ES256. By the usual settings and all keys, the first kGoodTokens are good at some
// API service.
const std::vector<std::string>& tokens();
inline constexpr std::size_t kGoodTokens = 18;

}  // namespace assay::tests::world
