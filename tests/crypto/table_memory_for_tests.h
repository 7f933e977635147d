// Memory for the tables of a test program.
#pragma once

#include "crypto/table_memory.h"

namespace assay::crypto::test {

// table_memory(): one for all; the last table of the program goes before it does.
inline TableMemory& table_memory() {
  static TableMemory memory;
  return memory;
}

}  // namespace assay::crypto::test
