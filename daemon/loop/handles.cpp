// Thin wrappers: each starts its handle with a callback that recovers its node from `data` and calls what is bound there. Failures to start can only
// come from running out of memory or descriptors at start-up, or from a bug, and end the process.
#include "loop/handles.h"

#include "base/check.h"

namespace assay::loop {
namespace {

template <class Handle>
NodePtr<Handle> make_node(Callback callback) {
  auto* node = new Node<Handle>{{}, callback};
  node->handle.data = node;
  return NodePtr<Handle>(node);
}

template <class Handle>
void call(Handle* handle) noexcept {
  static_cast<Node<Handle>*>(handle->data)->callback();
}

}  // namespace

Timer::Timer(Loop& loop, Callback callback) : node_(make_node<uv_timer_t>(callback)) { CHECK(uv_timer_init(loop.raw(), &node_->handle) == 0); }

void Timer::start(std::uint64_t after_ms, std::uint64_t every_ms) noexcept {
  uv_update_time(node_->handle.loop);
  CHECK(uv_timer_start(&node_->handle, checked(+[](uv_timer_t* handle) noexcept { call(handle); }), after_ms, every_ms) == 0);
}

void Timer::stop() noexcept { CHECK(uv_timer_stop(&node_->handle) == 0); }

bool Timer::running() const noexcept { return uv_is_active(reinterpret_cast<const uv_handle_t*>(&node_->handle)) != 0; }

Signal::Signal(Loop& loop, int number, Callback callback) : node_(make_node<uv_signal_t>(callback)) {
  CHECK(uv_signal_init(loop.raw(), &node_->handle) == 0);
  CHECK(uv_signal_start(&node_->handle, checked(+[](uv_signal_t* handle, int) noexcept { call(handle); }), number) == 0);
}

Async::Async(Loop& loop, Callback callback) : node_(make_node<uv_async_t>(callback)) {
  CHECK(uv_async_init(loop.raw(), &node_->handle, checked(+[](uv_async_t* handle) noexcept { call(handle); })) == 0);
}

void Async::send() noexcept { CHECK(uv_async_send(&node_->handle) == 0); }

Poll::Poll(Loop& loop, int descriptor, Callback callback) : node_(make_node<uv_poll_t>(callback)) {
  CHECK(uv_poll_init(loop.raw(), &node_->handle, descriptor) == 0);
}

void Poll::start() noexcept { start(UV_READABLE); }

void Poll::start_writable() noexcept { start(UV_WRITABLE); }

void Poll::start(int event) noexcept {
  CHECK(uv_poll_start(&node_->handle, event, checked(+[](uv_poll_t* handle, int, int) noexcept { call(handle); })) == 0);
}

void Poll::stop() noexcept { CHECK(uv_poll_stop(&node_->handle) == 0); }

Check::Check(Loop& loop, Callback callback) : node_(make_node<uv_check_t>(callback)) {
  CHECK(uv_check_init(loop.raw(), &node_->handle) == 0);
  CHECK(uv_check_start(&node_->handle, checked(+[](uv_check_t* handle) noexcept { call(handle); })) == 0);
}

Idle::Idle(Loop& loop) : node_(make_node<uv_idle_t>({})) { CHECK(uv_idle_init(loop.raw(), &node_->handle) == 0); }

void Idle::start() noexcept { CHECK(uv_idle_start(&node_->handle, checked(+[](uv_idle_t*) noexcept {})) == 0); }

void Idle::stop() noexcept { CHECK(uv_idle_stop(&node_->handle) == 0); }

}  // namespace assay::loop
