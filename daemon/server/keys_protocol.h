// What assayd and assay-fetch say to each other on the keys socket: orders one way, answers the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "sources/schedule.h"

namespace assay::server {

// FetchAnswerView: what became of an order. Borrows from the frame.
struct FetchAnswerView {
  enum class Kind : std::uint8_t { unset = 0, fetched, not_modified, failed };
  Kind kind = Kind::unset;
  std::uint64_t number = 0;  // of the order
  // fetched:
  std::string_view jwks;  // at most kJwksBytesMax; whatever it is
  std::string_view etag;
  // fetched and not_modified:
  std::optional<std::uint64_t> max_age_s;
  // failed:
  std::string_view reason;  // any bytes
  std::optional<std::uint64_t> retry_after_s;
};

// decode_answer(frame): verifies a whole frame (prefix included, at an address that is a multiple of 8) and decodes it. Failure: it is no answer.
base::Result<FetchAnswerView> decode_answer(base::Bytes frame);

// OrderEncoder: makes one frame at a time, borrowed until the next. Not for threads to share.
class OrderEncoder {
 public:
  OrderEncoder();
  ~OrderEncoder();
  OrderEncoder(const OrderEncoder&) = delete;
  OrderEncoder& operator=(const OrderEncoder&) = delete;
  base::Bytes fetch(const sources::Order& order) ASSAY_LIFETIMEBOUND;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::server
