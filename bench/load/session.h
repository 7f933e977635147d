// All that one call of assay-bench does between its options and its reports.
#pragma once

#include <atomic>

#include "load/options.h"
#include "load/report.h"

namespace assay::load {

// measure(options, stop): finds or starts the servers, runs every point, and reports. Writes a line of progress to standard error if that is a terminal. Throws Failure, Usage.
Report measure(const Options& options, const std::atomic<bool>& stop);

}  // namespace assay::load
