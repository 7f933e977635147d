// What a figure depends on and a reader needs to know.
#pragma once

#include <string>

#include "load/options.h"
#include "load/report.h"
#include "load/server.h"
#include "load/workload.h"

namespace assay::load {

// machine_conditions(): the host and this program, now.
Conditions::Pairs machine_conditions();
// daemon_conditions(options, daemon): whom the load was put on.
Conditions::Pairs daemon_conditions(const Options& options, const Server& daemon);
// load_conditions(options, workload): what was sent, in words.
Conditions::Pairs load_conditions(const Options& options, const Workload& workload);

}  // namespace assay::load
