// The small tables here serve the test alone: what is tried is the code, and it is the same for every width.
#include <algorithm>
#include <array>
#include <vector>

#include "crypto/fast_engine.h"
#include "crypto/known_answers.h"

namespace assay::crypto {
namespace {

std::vector<std::byte> from_hex(std::string_view digits) {
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<std::byte> octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) octets.push_back(static_cast<std::byte>(value(digits[i]) << 4 | value(digits[i + 1])));
  return octets;
}

base::Result<std::shared_ptr<const KeyMaterial>> key_of(const KnownAnswer& answer) {
  const auto first = from_hex(answer.first);
  const auto second = from_hex(answer.second);
  switch (answer.type) {
    case KeyType::rsa: return KeyMaterial::make_rsa(first, second);
    case KeyType::ed25519: return KeyMaterial::make_ed25519(first);
    case KeyType::p256:
    case KeyType::p384:
    case KeyType::p521:
    case KeyType::unset: break;
  }
  return KeyMaterial::make_ec(answer.type, first, second);
}

// Sizes of batches: kernels of four and of eight lanes, full, with one more and with some idle, and what few signatures are shared out to. Without a table of the key, where each takes
// long, and for the reference engine, which takes one after the other, fewer.
constexpr std::size_t kBatches[] = {9, 7, 4, 2}, kBatchesWithoutTable[] = {5}, kReferenceBatches[] = {2};

// is_right(engine, answer, key, batches): good and bad signatures side by side, in batches of these sizes, and alone.
bool is_right(Engine& engine, const KnownAnswer& answer, const KeyMaterial& key, std::span<const std::size_t> batches) {
  const base::Bytes message = base::as_bytes(answer.message);
  const auto signature = from_hex(answer.signature);
  auto bad_signature = signature;
  bad_signature[signature.size() / 3] ^= std::byte{4};
  std::vector<std::byte> bad_message(message.begin(), message.end());
  bad_message.back() ^= std::byte{1};
  const SignatureCheckView good{answer.algorithm, &key, message, signature}, bad{answer.algorithm, &key, message, bad_signature}, other{answer.algorithm, &key, bad_message, signature};
  for (const std::size_t batch : batches) {
    std::vector<SignatureCheckView> checks;
    std::vector<SignatureResult> right;
    for (std::size_t i = 0; i < batch; ++i) {
      checks.push_back(i % 2 == 0 ? good : i % 4 == 1 ? bad : other);
      right.push_back(i % 2 == 0 ? SignatureResult::valid : SignatureResult::invalid);
    }
    std::vector<SignatureResult> results(batch);
    verify_batch(engine, checks, results);
    if (results != right) return false;
  }
  const auto is_alone = [&engine](const SignatureCheckView& check, SignatureResult expected) {
    SignatureResult result{};
    verify_batch(engine, std::span(&check, 1), std::span(&result, 1));
    return result == expected;
  };
  return is_alone(good, SignatureResult::valid) && is_alone(bad, SignatureResult::invalid) && is_alone(other, SignatureResult::invalid);
}

// attach_table(kernels, key, curves), attach_curve(...): the narrowest there are.
void attach_table(const Kernels& kernels, const KeyMaterial& key, CurveTables& curves) {
  switch (key.type()) {
    case KeyType::p256:
    case KeyType::p384:
    case KeyType::p521: key.attach(ec::Table::make(curves.memory(), kernels.ec, key.type(), ec::Table::windows_max(key.type()), key.first(), key.second())); break;
    case KeyType::ed25519: key.attach(ed25519::Table::make(curves.memory(), *kernels.ed25519, *key.ed25519(), ed25519::kWidthMin)); break;
    case KeyType::unset:
    case KeyType::rsa: break;
  }
}

void attach_curve(const Kernels& kernels, KeyType type, CurveTables& curves) {
  switch (type) {
    case KeyType::p256:
    case KeyType::p384:
    case KeyType::p521: curves.attach(ec::Table::make_base(curves.memory(), kernels.ec, type, ec::Table::windows_max(type))); break;
    case KeyType::ed25519: curves.attach(ed25519::Table::make_base(curves.memory(), *kernels.ed25519, ed25519::kWidthMin)); break;
    case KeyType::unset:
    case KeyType::rsa: break;
  }
}

}  // namespace

AlgorithmSet failed_known_answers(const Kernels* kernels, AlgorithmSet algorithms) {
  AlgorithmSet failed;
  for (const KnownAnswer& answer : known_answers()) {
    if (!algorithms.contains(answer.algorithm)) continue;
    CurveTables curves;  // before the key, which may have a table in its memory
    const auto key = key_of(answer);
    bool right = key.has_value();
    if (right && kernels == nullptr) right = is_right(*make_reference_engine(), answer, **key, kReferenceBatches);
    if (right && kernels != nullptr) {
      attach_curve(*kernels, answer.type, curves);
      const auto engine = make_fast_engine(*kernels, curves);
      const bool has_tables = answer.type != KeyType::rsa;
      if (has_tables) {
        right = is_right(*engine, answer, **key, kBatchesWithoutTable);
        attach_table(*kernels, **key, curves);
      }
      right = right && is_right(*engine, answer, **key, kBatches);
    }
    if (!right) failed.insert(answer.algorithm);
  }
  return failed;
}

}  // namespace assay::crypto
