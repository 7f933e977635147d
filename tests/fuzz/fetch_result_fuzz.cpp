// assayd's end of the keys socket: a stream of frames. Whatever is taken for an answer of assay-fetch is within the limits that what comes behind it relies on.
#include <cstring>
#include <span>
#include <vector>

#include "fuzz/fuzz.h"
#include "server/frame.h"
#include "server/keys_protocol.h"
#include "server/limits.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  base::Bytes stream = base::as_bytes(fuzz::text_of(data, size));
  for (;;) {
    const server::FrameScan scan = server::scan_frame(stream, server::limits::kKeysFrameBytesMax);
    if (scan.state != server::FrameScan::State::whole) return 0;
    // A frame begins at a multiple of 8, in a block of its exact size.
    std::vector<std::uint64_t> aligned(scan.bytes / 8);
    std::memcpy(aligned.data(), stream.data(), scan.bytes);
    const auto answer = server::decode_answer(std::as_bytes(std::span(aligned)));
    if (answer) {
      CHECK(answer->kind != server::FetchAnswerView::Kind::unset && answer->jwks.size() <= server::limits::kJwksBytesMax);
      // Every octet is there to be read.
      std::string copy(answer->jwks);
      copy += answer->etag;
      copy += answer->reason;
      CHECK(copy.size() == answer->jwks.size() + answer->etag.size() + answer->reason.size());
    } else {
      CHECK(!answer.error().what.empty());
    }
    stream = stream.subspan(scan.bytes);
  }
}
