// The long-lived handles: each is owned through a pointer whose deleter closes the handle and whose close callback frees its memory, so that the owner may
// go at any time on the loop's thread. After that the callback is never called again.
#pragma once

#include <cstdint>
#include <memory>

#include "loop/callback.h"
#include "loop/loop.h"

namespace assay::loop {

// Node: a handle with what it calls. Its address never changes: it lives until the close callback.
template <class Handle>
struct Node {
  Handle handle{};
  Callback callback;
};

template <class Handle>
struct CloseNode {
  void operator()(Node<Handle>* node) const noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&node->handle), checked(+[](uv_handle_t* handle) noexcept { delete static_cast<Node<Handle>*>(handle->data); }));
  }
};

template <class Handle>
using NodePtr = std::unique_ptr<Node<Handle>, CloseNode<Handle>>;

// Timer: calls after a while, once or again and again. Not a clock: uv's cached monotonic time.
class Timer {
 public:
  Timer(Loop& loop, Callback callback);
  // start(after_ms, every_ms): every_ms 0 is once. Starting a running timer sets it anew.
  void start(std::uint64_t after_ms, std::uint64_t every_ms = 0) noexcept;
  void stop() noexcept;
  bool running() const noexcept;

 private:
  NodePtr<uv_timer_t> node_;
};

// Signal: calls for every arrival of one signal.
class Signal {
 public:
  Signal(Loop& loop, int number, Callback callback);

 private:
  NodePtr<uv_signal_t> node_;
};

// Async: the one way into a loop from other threads. Several sends may become one call.
class Async {
 public:
  Async(Loop& loop, Callback callback);
  // send(): thread-safe, while this object lives.
  void send() noexcept;

 private:
  NodePtr<uv_async_t> node_;
};

// Poll: calls while a descriptor is readable, or writable, whichever was started last (or broken). The descriptor outlives this object.
class Poll {
 public:
  Poll(Loop& loop, int descriptor, Callback callback);
  void start() noexcept;  // readable
  void start_writable() noexcept;
  void stop() noexcept;

 private:
  void start(int event) noexcept;

  NodePtr<uv_poll_t> node_;
};

// Check: calls once a turn, after the loop has polled for I/O and run its callbacks.
class Check {
 public:
  Check(Loop& loop, Callback callback);

 private:
  NodePtr<uv_check_t> node_;
};

// Idle: while started, the loop's turns do not wait for I/O.
class Idle {
 public:
  explicit Idle(Loop& loop);
  void start() noexcept;
  void stop() noexcept;

 private:
  NodePtr<uv_idle_t> node_;
};

}  // namespace assay::loop
