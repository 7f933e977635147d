// What status says about the state, beside the snapshot and the figures.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/state.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// Problem: one thing that an operator should know, in one line.
struct Problem {
  enum class Severity : std::uint8_t { unset = 0, notice, warning, alarm };
  Severity severity = Severity::unset;
  std::string text;
};

// ProblemNames: those that one line is about, each once, the first of them by name. A value.
class ProblemNames {
 public:
  void add(std::string_view name);
  // say(severity, text, problems): "text: a, b and 7 more", if there are any. Names are made safe for a terminal.
  void say(Problem::Severity severity, std::string_view text, std::vector<Problem>& problems) const;

 private:
  std::set<std::string> seen_;
  std::string text_;
};

// StateReport: immutable; made anew whenever something changed.
struct StateReport {
  State state;
  std::string state_dir;  // empty: nothing is kept
  bool kept = false;
  std::vector<Problem> problems;
};

// problems_of(state, snapshot): what can be told from what is in force: OAuth servers without keys, keys that are not used, API services that nobody may ask about or that
// run on older settings. Texts of others are made safe for a terminal.
std::vector<Problem> problems_of(const State& state, const snapshot::Snapshot& snapshot);

}  // namespace assay::server
