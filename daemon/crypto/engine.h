// Signature verification: one entry, verify_batch, over whatever engine the worker was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "crypto/algorithm.h"
#include "crypto/key_material.h"
#include "crypto/sha2/sha256.h"
#include "crypto/signature_result.h"

namespace assay::crypto {

// SignatureCheckView: one question: is `signature` a signature of `message` under `key` by `algorithm`? Everything is borrowed until verify_batch returns.
// The signature is in JOSE's form (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1): for ECDSA r and s, big-endian, coordinate_bytes each.
struct SignatureCheckView {
  Algorithm algorithm = Algorithm::unset;
  const KeyMaterial* key = nullptr;
  base::Bytes message;
  base::Bytes signature;
  // The first octets of the message, if somebody has taken them through SHA-256 already; null: nobody has. An algorithm with SHA-256 may go on from there.
  const sha2::Sha256Prefix* prefix = nullptr;
};

// Engine: an implementation of signature verification, one instance per worker (it caches per-key contexts). Not thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  // name(): "reference", as status shows it.
  virtual std::string_view name() const noexcept = 0;
  // cost_ns(algorithm, key): about how long one check takes, for cutting batches: the ratios between algorithms and sizes count, their scale is found by measuring.
  // The key fits the algorithm.
  virtual std::uint64_t cost_ns(Algorithm algorithm, const KeyMaterial& key) const noexcept = 0;

 private:
  friend void verify_batch(Engine&, std::span<const SignatureCheckView>, std::span<SignatureResult>) noexcept;
  // Answers each check by valid or invalid. A check whose key does not fit its algorithm never gets here.
  virtual void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept = 0;
};

// is_well_formed(check): whether it has a key that fits its algorithm, a signature of the one length that such a key makes, and no prefix longer than its message. No other check
// reaches an engine.
bool is_well_formed(const SignatureCheckView& check) noexcept;

// verify_batch(engine, checks, results): answers every check; results has the size of checks (CHECKed) and is overwritten. A check that is not
// well-formed is invalid. Deterministic: one check's answer never depends on another's.
void verify_batch(Engine& engine, std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept;

// make_reference_engine(contexts_max): mbedTLS for RSA and ECDSA, libsodium for EdDSA. Keeps the contexts of up to contexts_max keys.
std::unique_ptr<Engine> make_reference_engine(std::size_t contexts_max = 256);

}  // namespace assay::crypto
