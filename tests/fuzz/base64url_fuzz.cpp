// The decoder against the slow reference, and round trips both ways.
#include "jose/base64url.h"

#include "fuzz/fuzz.h"
#include "jose/slow_base64url.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const std::string_view text = fuzz::text_of(data, size);
  const auto octets = jose::base64url_decode(text);
  const auto expected = slow::base64url_decode(text);
  CHECK(octets.has_value() == expected.has_value());
  if (octets) {
    CHECK(base::as_text(*octets) == *expected);
    CHECK(jose::base64url_encode(*octets) == text);
  }
  // Any octets at all have one text, and it leads back to them.
  const std::string encoded = jose::base64url_encode(base::as_bytes(text));
  const auto back = jose::base64url_decode(encoded);
  CHECK(back.has_value() && base::as_text(*back) == text);
  return 0;
}
