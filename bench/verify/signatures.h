// What is verified: keys and signatures that OpenSSL made.
#pragma once

#include <cstddef>
#include <vector>

#include "crypto/signer.h"

namespace assay::bench {

// Kind: an algorithm and a size of its keys.
struct Kind {
  crypto::Algorithm algorithm;
  unsigned key_bits;
};

struct Signature {
  std::size_t key = 0;
  crypto::test::Octets message;
  crypto::test::Octets signature;
};

// Signatures: of one kind, all valid, over keys in random order. A value.
struct Signatures {
  Kind kind;
  std::vector<crypto::test::SigningKey> keys;
  std::vector<Signature> all;
};

// make_keys(kind, count): new ones. RSA keys of 3072 and 4096 bits have three and four primes, which are found sooner and verify like any other.
std::vector<crypto::test::SigningKey> make_keys(Kind kind, std::size_t count);

// sign(kind, keys, count, message_bytes): count signatures, each key at least once if there are enough. Takes the keys over.
Signatures sign(Kind kind, std::vector<crypto::test::SigningKey> keys, std::size_t count, std::size_t message_bytes);

}  // namespace assay::bench
