// A target that is wrong on purpose: it believes that no NumericDate of 100 or more has a fraction. A harness that does not find out, or does not
// notice, finds nothing else either.
#include "fuzz/fuzz.h"
#include "jose/numeric_date.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto date = assay::jose::parse_numeric_date(assay::fuzz::text_of(data, size));
  CHECK(!date || !date->has_fraction || date->seconds < 100);
  return 0;
}
