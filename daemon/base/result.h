// The result of an operation that can fail for reasons its caller must handle.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace assay::base {

// Failure: what went wrong, in one line for an operator. Never holds token bytes.
struct Failure {
  std::string what;
};

// Result<T, E>: a value, or the documented reason why there is none. It is std::expected with [[nodiscard]] on the type, which g++ 12's lacks.
template <class T, class E = Failure>
class [[nodiscard]] Result : public std::expected<T, E> {
 public:
  using std::expected<T, E>::expected;
};

// fail(what): shorthand for a Result's error of type Failure.
inline std::unexpected<Failure> fail(std::string what) { return std::unexpected(Failure{std::move(what)}); }

}  // namespace assay::base
