// PeerProcess: a peer as a child process, by the lines that peer.h tells of.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "peers/contender.h"

namespace assay::peers {

class PeerProcess final : public Contender {
 public:
  // PeerProcess(name, command): starts it (found as a shell would find it) and waits for its first line. The name is for errors.
  PeerProcess(std::string name, std::vector<std::string> command);
  ~PeerProcess() override;

  const Contestant& about() const override { return about_; }
  pid_t pid() const override { return pid_; }
  std::vector<bool> check(const std::string& set) override;
  Counts run(const std::string& set, double seconds) override;

 private:
  void tell(const std::string& line);
  std::string answer(double seconds_max);
  void end();

  std::string name_;
  Contestant about_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string rest_;
};

}  // namespace assay::peers
