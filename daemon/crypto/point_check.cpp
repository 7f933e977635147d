// Public keys come from documents that others write, so every point is checked once, here, before a key exists; engines never check again. The arithmetic
// is mbedTLS's and libsodium's; the rules are ours, and narrower or wider than the libraries' ready-made checks where the comments say so.
#include "crypto/point_check.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "crypto/mbedtls_ec.h"

namespace assay::crypto {

namespace {

using Ed25519Point = std::array<unsigned char, crypto_core_ed25519_BYTES>;

// The neutral element (0, 1): y = 1, little-endian, and the sign bit of x clear.
constexpr Ed25519Point kNeutral = {1};

// y_is_reduced(point): whether the little-endian number under the sign bit is below p = 2^255 - 19, whose octets are ed ff .. ff 7f.
bool y_is_reduced(const Ed25519Point& point) noexcept {
  if ((point[31] & 0x7F) != 0x7F) return true;
  const auto is_ff = [](unsigned char octet) { return octet == 0xFF; };
  return !std::all_of(point.begin() + 1, point.begin() + 31, is_ff) || point[0] < 0xED;
}

}  // namespace

PointCheck check_ec_point(KeyType type, base::Bytes x, base::Bytes y) noexcept {
  CHECK(group_id(type) != MBEDTLS_ECP_DP_NONE);
  CHECK(x.size() == coordinate_bytes(type) && y.size() == coordinate_bytes(type));
  EcGroup group(type);
  EcPoint point;
  if (!point.load(group, x, y)) return PointCheck::failed;
  const mbedtls_mpi& p = group.get()->P;
  if (mbedtls_mpi_cmp_mpi(&point.get()->X, &p) >= 0 || mbedtls_mpi_cmp_mpi(&point.get()->Y, &p) >= 0) return PointCheck::not_reduced;
  switch (mbedtls_ecp_check_pubkey(group.get(), point.get())) {
    case 0: return PointCheck::good;
    case MBEDTLS_ERR_ECP_INVALID_KEY: return PointCheck::off_curve;
    default: return PointCheck::failed;
  }
}

PointCheck check_ed25519_point(base::Bytes point) noexcept {
  Ed25519Point multiple;
  CHECK(point.size() == multiple.size());
  std::memcpy(multiple.data(), point.data(), multiple.size());
  if (!y_is_reduced(multiple)) return PointCheck::not_reduced;
  if (sodium_init() < 0) return PointCheck::failed;
  // The cofactor is 8, so P is of small order exactly if 8P = 2(2(2P)) is the neutral element. libsodium's crypto_core_ed25519_is_valid_point would also refuse
  // points of mixed order, which RFC 8032 admits. The addition decodes its operands and fails if they are not on the curve; the two encodings that are
  // not canonical for another reason than y (x = 0 with its sign set, RFC 8032 section 5.1.3 step 4) are of small order.
  for (int doubling = 0; doubling < 3; ++doubling) {
    if (crypto_core_ed25519_add(multiple.data(), multiple.data(), multiple.data()) != 0) return PointCheck::off_curve;
  }
  return multiple == kNeutral ? PointCheck::small_order : PointCheck::good;
}

}  // namespace assay::crypto
