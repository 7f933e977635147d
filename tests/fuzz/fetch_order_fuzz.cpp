// assay-fetch's end of the keys socket: a stream of frames. Whatever is taken for an order keeps every rule that what comes behind it relies on.
#include <cstring>
#include <span>
#include <vector>

#include "fetch/limits.h"
#include "fetch/order.h"
#include "fuzz/fuzz.h"
#include "server/frame.h"
#include "snapshot/key_url.h"

namespace {

using namespace assay;

// C strings: what follows a NUL would be lost on the way to libcurl and open(2).
bool is_c_string(const std::string& text) { return std::strlen(text.c_str()) == text.size(); }

bool is_path(const std::string& text) { return text.empty() || (text[0] == '/' && text.size() <= fetch::limits::kPathBytesMax && is_c_string(text)); }

void check_order(const fetch::Order& order) {
  CHECK(order.number != 0 && order.kind != fetch::Order::Kind::unset);
  CHECK(is_c_string(order.url) && snapshot::is_key_url(order.url, order.allow_http));
  CHECK(order.kind != fetch::Order::Kind::discovery || order.url.find('?') == std::string::npos);
  CHECK(order.timeout_ms >= 1 && order.timeout_ms <= 60'000);
  CHECK(order.etag.size() <= fetch::limits::kEtagBytesMax);
  for (const char c : order.etag) CHECK(c > ' ' && c <= '~');
  CHECK(is_path(order.ca_file) && is_path(order.client_certificate) && is_path(order.client_key));
  CHECK(order.client_certificate.empty() == order.client_key.empty());
  CHECK(order.proxy.empty() || (is_c_string(order.proxy) && snapshot::is_proxy_url(order.proxy)));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::Bytes stream = base::as_bytes(fuzz::text_of(data, size));
  for (;;) {
    const server::FrameScan scan = server::scan_frame(stream, fetch::limits::kKeysFrameBytesMax);
    if (scan.state != server::FrameScan::State::whole) return 0;
    // A frame begins at a multiple of 8, in a block of its exact size.
    std::vector<std::uint64_t> aligned(scan.bytes / 8);
    std::memcpy(aligned.data(), stream.data(), scan.bytes);
    const auto message = fetch::decode_message(std::as_bytes(std::span(aligned)));
    if (!message) CHECK(!message.error().what.empty());
    else if (const auto* order = std::get_if<fetch::Order>(&*message)) check_order(*order);
    else if (const auto* bad = std::get_if<fetch::BadOrder>(&*message)) CHECK(bad->number != 0 && !bad->reason.empty());
    stream = stream.subspan(scan.bytes);
  }
}
