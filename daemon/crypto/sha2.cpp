// SHA-256 by mbedTLS, one shot over the whole message: nothing is allocated and nothing can run out.
#include "crypto/sha2.h"

#include <mbedtls/sha256.h>

#include "base/check.h"

namespace assay::crypto {

Sha256Digest sha256(base::Bytes message) noexcept {
  constexpr int kSha256Not224 = 0;
  Sha256Digest digest;
  const int error = mbedtls_sha256_ret(reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                                       reinterpret_cast<unsigned char*>(digest.data()), kSha256Not224);
  // Only a hardware implementation could fail. A digest that was not computed must never be compared with anything.
  CHECK(error == 0);
  return digest;
}

}  // namespace assay::crypto
