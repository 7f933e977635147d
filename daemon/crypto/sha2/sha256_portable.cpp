// SHA-256 in C++ alone: what runs where the processor has no SHA extensions, and the code that the others are checked against.
#include "crypto/sha2/portable_rounds.h"
#include "crypto/sha2/round_constants.h"
#include "crypto/sha2/sha256.h"

namespace assay::crypto::sha2 {

namespace {

void compress_one(Sha256State* state, const std::byte* blocks, std::size_t count) noexcept {
  compress<Sha256Rounds>(state->words.data(), blocks, count, kSha256Constants.values);
}

constexpr Sha256Code kPortable = {"portable", compress_one, nullptr, 1};

}  // namespace

const Sha256Code& sha256_portable() noexcept { return kPortable; }

}  // namespace assay::crypto::sha2
