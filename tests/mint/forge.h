// Signatures that only a forger makes: arithmetic on them, and paddings that no library writes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mint/key.h"

struct evp_md_st;

namespace assay::mint {

// digest_by_bits("256"): SHA-256, and so on for 384 and 512; null for anything else.
const evp_md_st* digest_by_bits(std::string_view bits);

// digest(bits, message): SHA-2 of that width. hmac(bits, key, message): HMAC (RFC 2104) over it, the signature of HS256 and its like.
std::string digest(std::string_view bits, std::string_view message);
std::string hmac(std::string_view bits, std::string_view key, std::string_view message);

// add(a, b, bytes), subtract(a, b, bytes): of big-endian numbers, in exactly so many octets; throws if the result does not fit.
std::string add(std::string_view a, std::string_view b, std::size_t bytes);
std::string subtract(std::string_view a, std::string_view b, std::size_t bytes);

// ecdsa_order(key): n of the key's curve, in coordinate_bytes. ecdsa_der(raw): r and s as ASN.1 DER (RFC 3279 section 2.2.3).
std::string ecdsa_order(const Key& key);
std::string ecdsa_der(std::string_view raw);

// ed25519_plus_order(signature): S + L in the place of S (RFC 8032 section 5.1.7 refuses it).
std::string ed25519_plus_order(std::string_view signature);
// ed25519_with_r(key, message, r): r and S = k*a mod L. If r encodes the neutral point, the equation of RFC 8032 section 5.1.7 holds although no nonce
// was used: a verifier that takes it takes signatures that the algorithm never makes.
std::string ed25519_with_r(const Key& key, std::string_view message, std::string_view r);

// SmallOrderPoint: an encoding of a point of order 1, 2, 4 or 8 on edwards25519, as hexadecimal digits; canonical or not (RFC 8032 section 5.1.3).
struct SmallOrderPoint {
  std::string_view name;
  std::string_view hex;
};
const std::vector<SmallOrderPoint>& small_order_points();
std::string from_hex(std::string_view hex);

// rsa_raw(key, block): block^d mod n: a signature whose padding is what the caller says. block is as long as the modulus and below it.
std::string rsa_raw(const Key& key, std::string_view block);
// rsa_pss(key, message, bits, mgf_bits, salt_bytes): PSS with any choice of hash, MGF1 hash and salt length.
std::string rsa_pss(const Key& key, std::string_view message, std::string_view bits, std::string_view mgf_bits, int salt_bytes);

// certificate(key): a self-signed X.509 certificate, in DER.
std::string certificate(const Key& key);

}  // namespace assay::mint
