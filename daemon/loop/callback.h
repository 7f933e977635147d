// What a libuv callback may call: one noexcept method of one object.
#pragma once

#include <type_traits>
#include <utility>

namespace assay::loop {

// checked(function): the function itself. Does not compile for one that may throw, so nothing can unwind through libuv's C frames.
template <class R, class... Args>
consteval auto checked(R (*function)(Args...) noexcept) noexcept {
  return function;
}

// Callback: an object and one of its methods. A value; the object outlives whatever calls it.
class Callback {
 public:
  constexpr Callback() noexcept = default;
  void operator()() const noexcept {
    if (call_ != nullptr) call_(object_);
  }

 private:
  template <auto Method, class T>
  friend Callback bind(T* object) noexcept;
  constexpr Callback(void* object, void (*call)(void*) noexcept) noexcept : object_(object), call_(call) {}

  void* object_ = nullptr;
  void (*call_)(void*) noexcept = nullptr;
};

// bind<&T::method>(object): a Callback to that method, which takes nothing and is noexcept.
template <auto Method, class T>
Callback bind(T* object) noexcept {
  static_assert(noexcept((std::declval<T&>().*Method)()), "a callback is noexcept");
  return Callback(object, [](void* self) noexcept { (static_cast<T*>(self)->*Method)(); });
}

}  // namespace assay::loop
