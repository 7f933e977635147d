// A snapshot and a validator as the daemon builds them, from a configuration document, for tests that need no daemon.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "crypto/engine.h"
#include "snapshot/config.h"
#include "snapshot/snapshot.h"
#include "support/compiled.h"
#include "verdict/validator.h"

namespace assay::tests {

inline std::string list(const std::vector<snapshot::Fault>& faults) {
  std::string text;
  for (const snapshot::Fault& fault : faults) text += fault.pointer + ": found " + fault.found + ", allowed " + fault.allowed + "\n";
  return text;
}

// snapshot_of(document): the snapshot of a document that must be good.
inline std::shared_ptr<const snapshot::Snapshot> snapshot_of(std::string_view document, std::uint64_t generation = 1) {
  auto config = snapshot::parse_config(document);
  EXPECT_TRUE(config.has_value()) << list(config.error());
  if (!config) std::abort();
  return compiled(*std::move(config), 1, generation);
}

// CountingEngine: the reference engine, which counts what it is asked.
class CountingEngine final : public crypto::Engine {
 public:
  std::string_view name() const noexcept override { return "counting"; }
  std::uint64_t cost_ns(crypto::Algorithm algorithm, const crypto::KeyMaterial& key) const noexcept override { return reference_->cost_ns(algorithm, key); }
  // checks(): how many signatures so far.
  std::uint64_t checks() const noexcept { return checks_; }

 private:
  void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override {
    checks_ += checks.size();
    crypto::verify_batch(*reference_, checks, results);
  }
  std::unique_ptr<crypto::Engine> reference_ = crypto::make_reference_engine();
  std::uint64_t checks_ = 0;
};

// Judge: a validator over the reference engine. With a cache, which outlives it, it remembers tokens.
class Judge {
 public:
  explicit Judge(verdict::TokenCache* cache = nullptr) : validator_(engine_, base::HashKey{1, 2}, 0, cache) {}

  // verdict(snapshot, api_service, token, now_s): of one token. The views in it end with the next call.
  verdict::VerdictView verdict(const snapshot::Snapshot& snapshot, std::string_view api_service, std::string_view token, std::int64_t now_s,
                               std::span<const std::string_view> required_scopes = {}, std::span<const jose::PointerView> claims = {}) {
    const verdict::TokenRequestView request{token, snapshot.api_service(api_service), required_scopes, claims};
    EXPECT_NE(request.api_service, nullptr) << api_service;
    verdict::VerdictView answer;
    validator_.validate(snapshot, std::span(&request, 1), now_s, std::span(&answer, 1));
    return answer;
  }
  schema::Code code(const snapshot::Snapshot& snapshot, std::string_view api_service, std::string_view token, std::int64_t now_s) {
    return verdict(snapshot, api_service, token, now_s).code;
  }
  verdict::Validator& validator() { return validator_; }
  // checks(): how many signatures were verified so far.
  std::uint64_t checks() const noexcept { return engine_.checks(); }

 private:
  CountingEngine engine_;
  verdict::Validator validator_;
};

// name(code): for failure messages.
inline std::string_view name(schema::Code code) { return schema::info(code).name; }

}  // namespace assay::tests
