// A call is in exactly one of the three lists, and moves: waiting -> open -> ended, or back to waiting, once, when its connection broke. Nothing else is kept of it,
// so no call is lost and none ends twice. While there is no connection, every waiting call can wait for the next try: those that cannot have ended.
#include "client/pipeline.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/session.h"

namespace assay {
namespace {

// What is handed to the connection before the socket takes it. Beyond it calls wait in their list, where one whose time passes costs the daemon nothing; it is about
// as much as a socket's buffer takes in one write.
constexpr std::size_t kBacklogBytes = std::size_t{256} * 1024;

Error error_of(CallStatus status, std::string text) {
  Error error;
  error.status = status;
  error.text = std::move(text);
  return error;
}

}  // namespace

Pipeline::Pipeline(std::string path, const ClientOptions& options, std::size_t late_max, int epoll_fd)
    : late_max_(late_max), link_(std::move(path), options, core::kDataLimits, epoll_fd) {}

void Pipeline::step(bool readable) {
  if (link_.core() != nullptr && readable) receive();
  expire();
  if (link_.core() == nullptr && !waiting_.empty()) connect();
  if (link_.core() != nullptr) send();
}

void Pipeline::end_all(const Error& error) {
  while (!open_.empty()) end(open_, open_.begin(), error);
  while (!waiting_.empty()) end(waiting_, waiting_.begin(), error);
  link_.close();
}

std::optional<Deadline> Pipeline::wake_at() const noexcept {
  std::optional<Deadline> first;
  for (const Calls* calls : {&open_, &waiting_}) {
    if (!calls->empty()) first = first ? first->earlier(calls->front().deadline) : calls->front().deadline;
  }
  // With a connection the set says when it takes more.
  if (!waiting_.empty() && link_.core() == nullptr) first = first->earlier(link_.next_try());
  return first;
}

void Pipeline::receive() {
  link_.receive();
  core::Core& core = *link_.core();
  bool stopping = false;
  while (std::optional<core::Response> response = core.take_any()) {
    const auto found = by_id_.find(response->id);
    if (found == by_id_.end()) continue;  // cannot be: the core drops what was abandoned
    const Calls::iterator call = found->second;
    const bool broke = connection_broke(response->answer);
    stopping = stopping || broke;
    if (broke && may_repeat(*call)) {
      by_id_.erase(found);
      call->id = 0;  // drop_connection() takes it from here
    } else {
      end(open_, call, core::value_of<std::vector<Verdict>>(std::move(response->answer)));
    }
  }
  if (core.answered()) link_.proven();
  if (stopping || core.failure() != nullptr) drop_connection();
}

// What is open has no answer, and will have none on this connection.
void Pipeline::drop_connection() {
  link_.end();
  put_bytes_ = 0;
  for (Calls::iterator next = open_.begin(); next != open_.end();) {
    const Calls::iterator call = next++;
    if (call->id != 0 && !may_repeat(*call)) {
      end(open_, call, error_of(CallStatus::connection_lost, "the connection was given up before the daemon answered"));
      continue;
    }
    call->id = 0;
    call->repeated = true;
    call->connect_until = Deadline::in_ms(link_.options().connect_timeout_ms).earlier(call->deadline);
  }
  by_id_.clear();
  waiting_.splice(waiting_.begin(), open_);
}

void Pipeline::expire() {
  core::Core* core = link_.core();
  bool stuck = false;
  bool expired = false;
  for (Calls* calls : {&open_, &waiting_}) {
    while (!calls->empty() && calls->front().deadline.passed()) {
      const Call& call = calls->front();
      if (call.id != 0) {
        core->abandon(call.id);
        // For the whole time of this call the peer has not taken it.
        stuck = stuck || call.sent_at > put_bytes_ - core->output().size();
      }
      expired = true;
      end(*calls, calls->begin(), error_of(CallStatus::timed_out, "no answer within " + std::to_string(link_.options().timeout_ms) + " ms"));
    }
  }
  // Or the peer takes nothing and does not close either.
  stuck = stuck || (core != nullptr && expired && link_.send_broken());
  if (core != nullptr && (stuck || core->open_count() > open_.size() + late_max_)) drop_connection();
}

void Pipeline::connect() {
  bool tried = false;
  if (link_.next_try().passed()) {
    const int why = link_.connect();
    if (why == 0) return;
    tried = true;
    if (!Link::may_pass(why)) {
      while (!waiting_.empty()) end(waiting_, waiting_.begin(), link_.cannot_connect(0));
      return;
    }
  }
  const Deadline next_try = link_.next_try();
  for (Calls::iterator next = waiting_.begin(); next != waiting_.end();) {
    const Calls::iterator call = next++;
    if (call->connect_until.before(next_try)) end(waiting_, call, link_.cannot_connect(tried ? 0 : next_try.left_ms()));
  }
}

void Pipeline::send() {
  core::Core& core = *link_.core();
  for (;;) {
    while (!waiting_.empty() && !link_.send_broken() && core.failure() == nullptr && core.output().size() < kBacklogBytes) {
      const Calls::iterator call = waiting_.begin();
      const Result<std::uint64_t> id = core.validate(call->frame, std::max(call->deadline.left_ms(), 1U));
      if (!id) {
        end(waiting_, call, id.error());
        continue;
      }
      put_bytes_ += call->frame.bytes.size();
      call->id = *id;
      call->sent_at = put_bytes_;
      by_id_.emplace(*id, call);
      open_.splice(open_.end(), waiting_, call);
    }
    const std::size_t before = core.output().size();
    link_.send();
    if (core.output().size() == before || waiting_.empty()) return;
  }
}

void Pipeline::end(Calls& from, Calls::iterator call, Result<std::vector<Verdict>> answer) {
  if (call->id != 0) by_id_.erase(call->id);
  call->id = 0;
  call->answer = std::move(answer);
  ended_.splice(ended_.end(), from, call);
}

}  // namespace assay
