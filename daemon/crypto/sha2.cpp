// SHA-2 by mbedTLS, one shot over the whole message: nothing is allocated and nothing can run out.
#include "crypto/sha2.h"

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include <algorithm>

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

namespace {

// 64 octets; of SHA-384 only the first 48 are meant (FIPS 180-4 section 6.5).
Sha512Digest sha512_or_384(base::Bytes message, int is_384) noexcept {
  Sha512Digest digest;
  const int error =
      mbedtls_sha512_ret(reinterpret_cast<const unsigned char*>(message.data()), message.size(), reinterpret_cast<unsigned char*>(digest.data()), is_384);
  CHECK(error == 0);
  return digest;
}

}  // namespace

Sha384Digest sha384(base::Bytes message) noexcept {
  const Sha512Digest whole = sha512_or_384(message, 1);
  Sha384Digest digest;
  std::copy_n(whole.begin(), digest.size(), digest.begin());
  return digest;
}

Sha512Digest sha512(base::Bytes message) noexcept { return sha512_or_384(message, 0); }

}  // namespace assay::crypto
