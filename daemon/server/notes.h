// What an operator may want to know of a change besides what it changes.
#pragma once

#include <string>
#include <vector>

#include "server/state.h"
#include "snapshot/config.h"

namespace assay::server {

// notes_on(state): of a state that is, or would be, in force: OAuth servers without keys or without use, API services that `clients` opens to nobody, `clients` that a staged
// deploy leaves. Names are made safe for a terminal.
std::vector<std::string> notes_on(const State& state);

// check_withheld(deployment, notes): of a rollback: notes on the keys that it does not bring back. Faults: OAuth servers that would be left without any.
std::vector<snapshot::Fault> check_withheld(const snapshot::Deployment& deployment, std::vector<std::string>& notes);

}  // namespace assay::server
