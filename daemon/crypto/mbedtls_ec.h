// Private to crypto: mbedTLS's elliptic curve structures as owners of what they allocate.
#pragma once

#include <mbedtls/ecp.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "crypto/key_material.h"

namespace assay::crypto {

// group_id(type): mbedTLS's name of the curve; MBEDTLS_ECP_DP_NONE for keys that are not on a short Weierstrass curve.
inline mbedtls_ecp_group_id group_id(KeyType type) noexcept {
  switch (type) {
    case KeyType::p256: return MBEDTLS_ECP_DP_SECP256R1;
    case KeyType::p384: return MBEDTLS_ECP_DP_SECP384R1;
    case KeyType::p521: return MBEDTLS_ECP_DP_SECP521R1;
    case KeyType::unset:
    case KeyType::rsa:
    case KeyType::ed25519: break;
  }
  return MBEDTLS_ECP_DP_NONE;
}

// EcGroup: the parameters of a curve and, once it has multiplied, a table for its base point. Hence not for threads to share.
class EcGroup {
 public:
  explicit EcGroup(KeyType type) noexcept {
    mbedtls_ecp_group_init(&group_);
    loaded_ = mbedtls_ecp_group_load(&group_, group_id(type)) == 0;
  }
  ~EcGroup() { mbedtls_ecp_group_free(&group_); }
  EcGroup(const EcGroup&) = delete;
  EcGroup& operator=(const EcGroup&) = delete;

  bool loaded() const noexcept { return loaded_; }
  mbedtls_ecp_group* get() noexcept { return &group_; }

 private:
  mbedtls_ecp_group group_;
  bool loaded_ = false;
};

// EcPoint: a point in affine coordinates.
class EcPoint {
 public:
  EcPoint() noexcept { mbedtls_ecp_point_init(&point_); }
  ~EcPoint() { mbedtls_ecp_point_free(&point_); }
  EcPoint(const EcPoint&) = delete;
  EcPoint& operator=(const EcPoint&) = delete;

  // load(group, x, y): x and y as long as the coordinates of the curve. Does not check that they are a point of it. False: refused or out of memory.
  bool load(EcGroup& group, base::Bytes x, base::Bytes y) noexcept {
    constexpr std::byte kUncompressed{0x04};  // SEC 1 section 2.3.4
    std::array<std::byte, 1 + 2 * (MBEDTLS_ECP_MAX_BITS + 7) / 8> octets;
    if (x.size() != y.size() || 1 + 2 * x.size() > octets.size()) return false;
    octets[0] = kUncompressed;
    std::ranges::copy(x, octets.begin() + 1);
    std::ranges::copy(y, octets.begin() + 1 + static_cast<std::ptrdiff_t>(x.size()));
    return group.loaded() &&
           mbedtls_ecp_point_read_binary(group.get(), &point_, reinterpret_cast<const unsigned char*>(octets.data()), 1 + 2 * x.size()) == 0;
  }

  const mbedtls_ecp_point* get() const noexcept { return &point_; }

 private:
  mbedtls_ecp_point point_;
};

}  // namespace assay::crypto
