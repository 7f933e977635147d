// assayd's end of the keys socket, for tests of assay-fetch: orders out, answers in, and whatever else a test wants to send.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/daemon_process.h"

namespace assay::tests {

// OrderFields: what a Fetch says. Empty texts are left out.
struct OrderFields {
  bool discovery = false;
  std::string url;
  std::string etag;
  std::uint32_t timeout_ms = 5'000;
  std::string ca_file;
  std::string client_certificate;
  std::string client_key;
  std::string proxy;
  bool allow_http = false;
};

// order_frame(number, order): the whole frame.
std::string order_frame(std::uint64_t number, const OrderFields& order);
// error_frame(id, code): an Error with that code of the wire.
std::string error_frame(std::uint64_t id, std::uint8_t code);
// ping_frame(id): a kind that does not belong on this socket.
std::string ping_frame(std::uint64_t id);

// FetchAnswer: what assay-fetch has answered.
struct FetchAnswer {
  enum class Kind : std::uint8_t { unset = 0, fetched, not_modified, failed };
  Kind kind = Kind::unset;
  std::uint64_t number = 0;
  std::string jwks;
  std::string etag;
  std::optional<std::uint64_t> max_age;
  std::string reason;
  std::optional<std::uint64_t> retry_after;
};

// read_answer(frame): nothing if it is no answer of this protocol.
std::optional<FetchAnswer> read_answer(const std::string& frame);

// KeysPeer: listens from its constructor to its destructor.
class KeysPeer {
 public:
  explicit KeysPeer(const std::string& path);
  ~KeysPeer();
  KeysPeer(const KeysPeer&) = delete;
  KeysPeer& operator=(const KeysPeer&) = delete;

  // accept(limit): the next connection; not connected() if none came in time.
  RawConnection accept(std::chrono::milliseconds limit = std::chrono::seconds(30)) const;

 private:
  int listener_ = -1;
};

// next_answer(connection, limit): nothing if none came in time, or none that is one.
std::optional<FetchAnswer> next_answer(RawConnection& connection, std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace assay::tests
