// A signature, a message and, for RSA, a key that the fuzzer makes up: every engine answers as the reference engine does, alone and beside a good signature, with a table of the key and
// without. A program for each algorithm, ASSAY_FUZZ_ALGORITHM; what the fuzzer makes is laid over the known answer's signature, message or modulus.
#include <algorithm>
#include <array>
#include <vector>

#include "crypto/fast_engine.h"
#include "crypto/known_answers.h"
#include "crypto/table_builder.h"
#include "fuzz/fuzz.h"

namespace {

using namespace assay;
using namespace assay::crypto;
using Octets = std::vector<std::byte>;

Octets from_hex(std::string_view digits) {
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Octets octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) octets.push_back(static_cast<std::byte>(value(digits[i]) << 4 | value(digits[i + 1])));
  return octets;
}

base::Result<std::shared_ptr<const KeyMaterial>> make(KeyType type, const Octets& first, const Octets& second) {
  switch (type) {
    case KeyType::rsa: return KeyMaterial::make_rsa(first, second);
    case KeyType::ed25519: return KeyMaterial::make_ed25519(first);
    case KeyType::p256:
    case KeyType::p384:
    case KeyType::p521:
    case KeyType::unset: break;
  }
  return KeyMaterial::make_ec(type, first, second);
}

const KnownAnswer& known_answer() {
  const auto found = std::ranges::find(known_answers(), Algorithm::ASSAY_FUZZ_ALGORITHM, &KnownAnswer::algorithm);
  CHECK(found != known_answers().end());
  return *found;
}

// Fast: the engines of this processor, each with a table of the known key, and the key without one.
struct Fast {
  struct Level {
    EngineLevel level;
    CurveTables curves;
    std::unique_ptr<Engine> engine;
    std::shared_ptr<const KeyMaterial> with_table;
  };
  std::vector<std::unique_ptr<Level>> levels;
  const KnownAnswer& answer = known_answer();
  std::shared_ptr<const KeyMaterial> plain = made();
  std::unique_ptr<Engine> reference = make_reference_engine();

  Fast() {
    for (const EngineLevel at : kKernelLevels) {
      const auto kernels = Kernels::of(at);
      if (!kernels) continue;
      auto level = std::make_unique<Level>();
      level->level = at;
      TableBuilder builder({at, at, at, at}, level->curves);
      level->with_table = made();
      const std::vector<TableWish> wishes{{level->with_table, 0, 0}};
      while (builder.build_next(wishes, std::uint64_t{1} << 30)) {
      }
      level->engine = make_fast_engine(*kernels, level->curves);
      levels.push_back(std::move(level));
    }
  }
  std::shared_ptr<const KeyMaterial> made() const { return *make(answer.type, from_hex(answer.first), from_hex(answer.second)); }
};

// lay_over(octets, data): data[0] of 255 says where (255: from the end); the rest replaces what stands there.
void lay_over(Octets& octets, base::Bytes data) {
  if (data.size() < 2 || octets.empty()) return;
  const std::size_t room = std::min(data.size() - 1, octets.size());
  const std::size_t at = std::to_integer<std::size_t>(data[0]) * (octets.size() - room) / 255;
  std::copy_n(data.begin() + 1, room, octets.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fast fast;
  if (size < 2) return 0;
  const KnownAnswer& answer = fast.answer;
  const base::Bytes rest = std::as_bytes(std::span(data, size)).subspan(1);
  Octets signature = from_hex(answer.signature);
  const Octets good_signature = signature;
  const base::Bytes good_message = base::as_bytes(answer.message);
  Octets message(good_message.begin(), good_message.end());
  std::shared_ptr<const KeyMaterial> made_up;
  switch (data[0] % 4) {
    case 0: lay_over(signature, rest); break;
    case 1: message.assign(rest.begin(), rest.end()); break;
    case 2: {
      for (std::size_t i = 0; i < rest.size(); ++i) signature[i % signature.size()] ^= rest[i];
      break;
    }
    case 3: {
      if (answer.type != KeyType::rsa) return 0;
      Octets modulus = from_hex(answer.first);
      lay_over(modulus, rest);
      auto key = KeyMaterial::make_rsa(modulus, from_hex(answer.second));
      if (!key || (*key)->first().size() != signature.size()) return 0;
      made_up = std::move(*key);
      break;
    }
  }
  const auto ask = [&](Engine& engine, const KeyMaterial& key, const KeyMaterial& known) {
    const std::array<SignatureCheckView, 3> checks{SignatureCheckView{answer.algorithm, &known, good_message, good_signature},
                                                   SignatureCheckView{answer.algorithm, &key, message, signature},
                                                   SignatureCheckView{answer.algorithm, &known, good_message, good_signature}};
    std::array<SignatureResult, 3> together{};
    SignatureResult alone{};
    verify_batch(engine, checks, together);
    verify_batch(engine, std::span(checks).subspan(1, 1), std::span(&alone, 1));
    CHECK(together[0] == SignatureResult::valid && together[2] == SignatureResult::valid && together[1] == alone);
    return alone;
  };
  const KeyMaterial& key = made_up ? *made_up : *fast.plain;
  const SignatureResult expected = ask(*fast.reference, key, *fast.plain);
  for (const auto& level : fast.levels) {
    CHECK(ask(*level->engine, key, *fast.plain) == expected);
    if (!made_up) CHECK(ask(*level->engine, *level->with_table, *level->with_table) == expected);
  }
  return 0;
}
