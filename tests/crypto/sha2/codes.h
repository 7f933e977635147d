// The implementations of SHA-2 that this processor can run.
#pragma once

#include <vector>

#include "crypto/sha2/sha256.h"
#include "crypto/sha2/sha512.h"

namespace assay::crypto::test {

inline bool processor_has_sha_ni() {
#if defined(__x86_64__)
  unsigned eax = 7, ebx = 0, ecx = 0, edx = 0;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));  // g++ 12 knows no __builtin_cpu_supports("sha")
  return (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1");
#else
  return false;
#endif
}

inline bool processor_has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
  return false;
#endif
}

inline bool processor_has_ifma() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512ifma");
#else
  return false;
#endif
}

inline std::vector<const sha2::Sha256Code*> sha256_codes() {
  std::vector<const sha2::Sha256Code*> codes = {&sha2::sha256_portable()};
  if (sha2::sha256_sha_ni() != nullptr && processor_has_sha_ni()) codes.push_back(sha2::sha256_sha_ni());
  return codes;
}

inline std::vector<const sha2::Sha512Code*> sha512_codes() {
  std::vector<const sha2::Sha512Code*> codes = {&sha2::sha512_portable()};
  if (sha2::sha512_avx2() != nullptr && processor_has_avx2()) codes.push_back(sha2::sha512_avx2());
  if (sha2::sha512_avx512() != nullptr && processor_has_ifma()) codes.push_back(sha2::sha512_avx512());
  return codes;
}

}  // namespace assay::crypto::test
