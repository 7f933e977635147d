// JOSE's names of the signature algorithms.
#pragma once

#include <string_view>

#include "crypto/algorithm.h"

namespace assay::jose {

// algorithm_of(name): RFC 7518 section 3.1, RFC 8037 section 3.1 and RFC 9864 (`Ed25519`), compared byte for byte; unset for anything else.
// `EdDSA` and `Ed25519` name one algorithm here.
crypto::Algorithm algorithm_of(std::string_view name) noexcept;

// name_of(algorithm): "RS256", ..., "EdDSA"; "unset" for unset.
std::string_view name_of(crypto::Algorithm algorithm) noexcept;

}  // namespace assay::jose
