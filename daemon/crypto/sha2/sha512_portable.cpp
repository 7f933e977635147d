// SHA-512 in C++ alone: what runs where the processor has no AVX2, and the code that the others are checked against.
#include "crypto/sha2/portable_rounds.h"
#include "crypto/sha2/round_constants.h"
#include "crypto/sha2/sha512.h"

namespace assay::crypto::sha2 {

namespace {

void compress_one(Sha512State* state, const std::byte* const* blocks, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) compress<Sha512Rounds>(state->words.data(), blocks[i], 1, kSha512Constants);
}

constexpr Sha512Code kPortable = {"portable", compress_one, nullptr, 1};

}  // namespace

const Sha512Code& sha512_portable() noexcept { return kPortable; }

}  // namespace assay::crypto::sha2
