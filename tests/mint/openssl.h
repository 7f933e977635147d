// OpenSSL's objects with owners, and its errors as exceptions. For the mint's own .cpp files.
#pragma once

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace assay::mint {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using Bignum = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using BignumContext = std::unique_ptr<BN_CTX, Free<BN_CTX_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

// require(good, what): throws with OpenSSL's reason unless good.
inline void require(bool good, std::string_view what) {
  if (good) return;
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  throw std::runtime_error(std::string(what) +
                           (error == 0 ? "" : ": " + std::string(ERR_reason_error_string(error) ? ERR_reason_error_string(error) : "?")));
}

// octets(text): text as OpenSSL takes it.
inline const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
inline unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// number_of(text): big-endian octets as a number. octets_of(number, bytes): back, in exactly so many octets; bytes 0: as few as it takes.
inline Bignum number_of(std::string_view text) {
  Bignum number(BN_bin2bn(octets(text), static_cast<int>(text.size()), nullptr));
  require(number != nullptr, "a number");
  return number;
}
inline std::string octets_of(const BIGNUM* number, std::size_t bytes = 0) {
  std::string text(bytes == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : bytes, '\0');
  require(BN_bn2binpad(number, octets(text), static_cast<int>(text.size())) >= 0, "a number longer than its field");
  return text;
}

}  // namespace assay::mint
