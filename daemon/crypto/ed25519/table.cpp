// Tables: memory, filled by an implementation.
#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ed25519.h"

namespace assay::crypto::ed25519 {

namespace {

unsigned checked(unsigned width) {
  CHECK(width >= kWidthMin && width <= kWidthMax);
  return width;
}

}  // namespace

Table::Table(TableMemory& memory, const Code& code, const AffinePoint& point, unsigned width)
    : memory_(memory), entries_(reinterpret_cast<TableEntry*>(memory.take(bytes_of(checked(width))))), view_{windows_of(width), entries_} {
  code.fill_table(point, view_.windows, entries_);
}

std::unique_ptr<const Table> Table::make_base(TableMemory& memory, const Code& code, unsigned width) {
  return std::unique_ptr<const Table>(new Table(memory, code, base_point(), width));
}

std::unique_ptr<const Table> Table::make(TableMemory& memory, const Code& code, const PublicKey& key, unsigned width) {
  return std::unique_ptr<const Table>(new Table(memory, code, key.negated(), width));
}

}  // namespace assay::crypto::ed25519
