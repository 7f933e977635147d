// Prints daemon/crypto/known_answers.cpp: new keys, one signature each by OpenSSL's libcrypto. Run it when an algorithm is added.
#include <fmt/core.h>

#include <string>
#include <vector>

#include "crypto/signer.h"

namespace {

using namespace assay;
using crypto::Algorithm;
using crypto::KeyType;
using crypto::test::Octets;
using crypto::test::SigningKey;

std::string hex(const Octets& octets) {
  std::string digits;
  for (const std::byte octet : octets) digits += fmt::format("{:02x}", std::to_integer<unsigned>(octet));
  return digits;
}

// quoted(digits): a string literal over as many lines as it takes.
std::string quoted(const std::string& digits) {
  if (digits.empty()) return "\"\"";
  std::string text;
  for (std::size_t at = 0; at < digits.size(); at += 150) text += fmt::format("\n     \"{}\"", digits.substr(at, 150));
  return text;
}

void print(const SigningKey& key, std::string_view type, Algorithm algorithm, std::string_view name) {
  // Long enough for several blocks of every hash.
  const std::string message = fmt::format("The signature of this message by {} was made by OpenSSL. Whoever finds it invalid, or finds the same signature valid for "
                                          "any other message, however like it, must not verify signatures: not this one, and no other of the algorithm.", name);
  const Octets signature = key.sign(algorithm, base::as_bytes(message));
  fmt::print("    {{Algorithm::{}, KeyType::{},{},{},\n     \"{}\",{}}},\n", name, type, quoted(hex(key.first())), quoted(hex(key.second())), message, quoted(hex(signature)));
}

}  // namespace

int main() {
  fmt::print("// Made by tests/crypto/make_known_answers.cpp with OpenSSL: keys whose private parts nobody kept.\n#include \"crypto/known_answers.h\"\n\n"
             "namespace assay::crypto {{\nnamespace {{\n\nconstexpr KnownAnswer kAnswers[] = {{\n");
  const SigningKey rsa = SigningKey::rsa(2048);
  print(rsa, "rsa", Algorithm::rs256, "rs256");
  print(rsa, "rsa", Algorithm::rs384, "rs384");
  print(rsa, "rsa", Algorithm::rs512, "rs512");
  print(rsa, "rsa", Algorithm::ps256, "ps256");
  print(rsa, "rsa", Algorithm::ps384, "ps384");
  print(rsa, "rsa", Algorithm::ps512, "ps512");
  for (const unsigned bits : {3072U, 4096U}) {
    const SigningKey longer = SigningKey::rsa(bits);
    print(longer, "rsa", Algorithm::rs256, "rs256");
    print(longer, "rsa", Algorithm::ps256, "ps256");
  }
  print(SigningKey::ec(KeyType::p256), "p256", Algorithm::es256, "es256");
  print(SigningKey::ec(KeyType::p384), "p384", Algorithm::es384, "es384");
  print(SigningKey::ec(KeyType::p521), "p521", Algorithm::es512, "es512");
  print(SigningKey::ed25519(), "ed25519", Algorithm::eddsa, "eddsa");
  fmt::print("}};\n\n}}  // namespace\n\nstd::span<const KnownAnswer> known_answers() noexcept {{ return kAnswers; }}\n\n}}  // namespace assay::crypto\n");
}
