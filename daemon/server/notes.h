// What an operator may want to know of a change besides what it changes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "server/state.h"
#include "snapshot/changes.h"
#include "snapshot/config.h"

namespace assay::server {

// notes_on(state, changes): of a state that is, or would be, in force, and of what leads to it: OAuth servers without keys or without use, API services that `clients` opens to
// nobody, `clients` and `daemon` that a staged deploy leaves, members of `daemon` that count from the next start. Names are made safe for a terminal.
std::vector<std::string> notes_on(const State& state, std::span<const snapshot::Change> changes);

// check_withheld(deployment, notes): of a rollback: notes on the keys that it does not bring back. Faults: OAuth servers that would be left without any.
std::vector<snapshot::Fault> check_withheld(const snapshot::Deployment& deployment, std::vector<std::string>& notes);

}  // namespace assay::server
