// Who verifies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/engine.h"
#include "crypto/kernels.h"
#include "crypto/table_builder.h"
#include "verify/signatures.h"

namespace assay::bench {

// Contender: verifies signatures, which outlive it.
class Contender {
 public:
  virtual ~Contender() = default;
  // verify(first, count): the signatures from there on, in one batch if it can; whether all were valid.
  virtual bool verify(std::size_t first, std::size_t count) = 0;
};

// Tables: what a set's keys took, for an engine of ours.
struct Tables {
  crypto::TableFigures figures;
  double seconds = 0;  // of CPU time
};

// make_engine_contender(level, sets, budget_bytes, tables): those of one set in its order, or of several in random order, by our engine with all tables made beforehand; tells what they took if tables is not null. Null if this processor has no
// such engine.
std::unique_ptr<Contender> make_engine_contender(crypto::EngineLevel level, std::span<const Signatures* const> sets, std::uint64_t budget_bytes, Tables* tables = nullptr);

// make_openssl_contender(signatures): EVP with one context a key, used again for every signature, and the signatures converted to DER beforehand; one at a time.
std::unique_ptr<Contender> make_openssl_contender(const Signatures& signatures);

// cpu_seconds(): of this thread.
double cpu_seconds();

}  // namespace assay::bench
