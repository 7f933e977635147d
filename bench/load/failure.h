// Failures of assay-bench travel as exceptions up to main(), which makes one line of each: nothing here outlives a run.
#pragma once

#include <stdexcept>

namespace assay::load {

// Failure: a run that cannot begin or go on; its text is one line for whoever started it. Exit status 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Usage: options that cannot be followed. Exit status 2.
struct Usage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace assay::load
