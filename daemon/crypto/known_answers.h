// Private to crypto: signatures whose answers are known, for asking an implementation whether it works on this processor.
#pragma once

#include <span>
#include <string_view>

#include "crypto/algorithm.h"
#include "crypto/key_material.h"
#include "crypto/kernels.h"

namespace assay::crypto {

// KnownAnswer: a valid signature, all of it in hexadecimal but the message.
struct KnownAnswer {
  Algorithm algorithm = Algorithm::unset;
  KeyType type = KeyType::unset;
  std::string_view first;
  std::string_view second;
  std::string_view message;
  std::string_view signature;
};

// known_answers(): one for each algorithm, and of RSA some of each size for which there are kernels.
std::span<const KnownAnswer> known_answers() noexcept;

// failed_known_answers(kernels, algorithms): those of the algorithms for which the engine of these kernels (null: the reference engine) does not answer its known signature with valid or, with one bit of it or of the
// message changed, with invalid: alone and side by side, without a table of the key and with one. The processor can run them.
AlgorithmSet failed_known_answers(const Kernels* kernels, AlgorithmSet algorithms);

}  // namespace assay::crypto
