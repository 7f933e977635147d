// Private to crypto: what an RsaKey is made of.
#pragma once

#include <cstdint>
#include <memory>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/rsa.h"
#include "crypto/rsa/vector_key.h"

namespace assay::crypto {

struct RsaKey::Parts {
  Parts(base::Bytes n, std::uint32_t e, RsaKernels kernels);

  rsa::Modulus modulus;
  std::uint32_t exponent;
  // R^e mod n: brings a power back from what e reductions have left of it.
  rsa::Residue factor;
  std::unique_ptr<const rsa::VectorKey> vectors;  // null: not for AVX2
  std::unique_ptr<const rsa::IfmaKey> ifma;       // null: not for AVX-512 IFMA
};

namespace rsa {

// below(octets, n): whether a big-endian number of n.bytes() octets is below n.
bool below(base::Bytes octets, const Modulus& n) noexcept;

// power_scalar_vartime(key, signature, encoded): encoded = signature^e mod n. Both have as many octets as n; signature < n.
void power_scalar_vartime(const RsaKey::Parts& key, base::Bytes signature, std::span<std::byte> encoded) noexcept;

}  // namespace rsa
}  // namespace assay::crypto
