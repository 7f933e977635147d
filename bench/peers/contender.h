// Contender: whoever validates tokens in a process of its own: a peer, or assayd.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay::peers {

// Contestant: what a contender says about itself.
struct Contestant {
  std::string peer;
  std::string version;
  std::vector<std::string> algorithms;
  bool cache = false;  // it keeps verdicts, so "cached" means something to it
};

// Counts: what became of the tokens of a run.
struct Counts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
};

// Contender: a resource. Everything that goes wrong is thrown.
class Contender {
 public:
  Contender() = default;
  virtual ~Contender() = default;
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;

  virtual const Contestant& about() const = 0;
  // pid(): of the process whose CPU time is what it costs.
  virtual pid_t pid() const = 0;
  // check(set): whether it accepts them, one by one. run(set, seconds): the tokens of a set in turn, for so long.
  virtual std::vector<bool> check(const std::string& set) = 0;
  virtual Counts run(const std::string& set, double seconds) = 0;
};

}  // namespace assay::peers
