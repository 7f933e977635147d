// Compiled with exceptions, alone in the library: a callback that throws ends the process here, at tell(), instead of unwinding through code that is compiled to
// know of none and would leave things half done.
#include "client/call.h"

#include <algorithm>
#include <string>

namespace assay {
namespace {

constexpr std::uint32_t kConnectionsMax = 64;

}  // namespace

AsyncOptions checked(AsyncOptions options) noexcept {
  options.client = checked(options.client);
  options.connections = std::clamp(options.connections, 1U, kConnectionsMax);
  return options;
}

bool Budget::take(std::size_t bytes) noexcept {
  // Taken first and looked at then: of several threads that reach for the last place one gets it. The first call fits whatever its size.
  const std::size_t requests = requests_.fetch_add(1, std::memory_order_relaxed);
  const std::size_t before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (requests == 0 || (requests < requests_max_ && before + bytes <= bytes_max_)) return true;
  give_back(bytes);
  return false;
}

void Budget::give_back(std::size_t bytes) noexcept {
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  requests_.fetch_sub(1, std::memory_order_relaxed);
}

Result<Calls> make_call(const ValidationRequest& request, std::span<const std::string_view> tokens, Callback callback, Budget& budget,
                        const ClientOptions& options) noexcept {
  Error error;
  if (!std::visit([](const auto& to_tell) { return static_cast<bool>(to_tell); }, callback)) {
    error.status = CallStatus::bad_argument;
    error.text = "the call has no callback";
    return error;
  }
  Result<core::ValidationFrame> frame = core::frame_of(request, tokens, core::kDataLimits);
  if (!frame) return frame.error();
  const std::size_t bytes = frame->bytes.size();
  if (!budget.take(bytes)) {
    error.status = CallStatus::too_many_requests;
    error.text = "the client has as many calls under way as it may, or as many bytes";
    return error;
  }
  Calls calls;
  Call& call = calls.emplace_back(std::move(*frame), std::move(callback), Charge(budget, bytes));
  call.deadline = Deadline::in_ms(options.timeout_ms);
  call.connect_until = Deadline::in_ms(options.connect_timeout_ms).earlier(call.deadline);
  return calls;
}

void tell(Call& call) noexcept {
  call.charge.release();
  if (VerdictsCallback* several = std::get_if<VerdictsCallback>(&call.callback)) return (*several)(std::move(call.answer));
  const VerdictCallback& one = *std::get_if<VerdictCallback>(&call.callback);
  if (!call.answer) return one(call.answer.error());
  one(std::move(call.answer->front()));  // the core has counted them
}

}  // namespace assay
