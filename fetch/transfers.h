// HTTP requests on the loop, by libcurl: one GET each, under the rules that hold for every fetch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fetch/access.h"
#include "fetch/headers.h"
#include "loop/callback.h"
#include "loop/handles.h"
#include "loop/loop.h"

namespace assay::fetch {

// Request: one GET. Borrows nothing after the start but `access`, which outlives the transfer.
struct Request {
  std::string url;   // checked: http or https, no user information, no fragment
  std::string etag;  // for If-None-Match; empty: none
  const Access& access;
  std::uint32_t connect_timeout_ms = 0;
  std::size_t body_bytes_max = 0;
};

// Answer: what came of it.
struct Answer {
  std::string failure;       // why there is no answer; empty: there is one
  unsigned status = 0;       // RFC 9110 section 15
  AnswerHeaders headers;
  std::string body;          // of a 200; of other answers it is not read
};

// Transfers: libcurl's multi interface, driven by the loop. No name resolution, connection or file blocks it. Outlives its transfers.
class Transfers {
 public:
  // Transfer: one request under way. Its destruction ends it, at any time, also in its own callback.
  class Transfer {
   public:
    virtual ~Transfer() = default;
    // answer(): once `done` has been called.
    virtual Answer& answer() noexcept = 0;
    // phase(): what it is about now, to be read behind "while".
    virtual std::string_view phase() const noexcept = 0;
  };

  // user_agent: as it is sent.
  Transfers(loop::Loop& loop, std::string user_agent);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // start(request, done): done is called once, later, from the loop, unless the transfer is destroyed before. There is no time limit but that of the connect.
  std::unique_ptr<Transfer> start(Request request, loop::Callback done);

 private:
  class Multi;
  std::unique_ptr<Multi> multi_;
};

}  // namespace assay::fetch
