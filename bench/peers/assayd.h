// Assayd: the daemon as a contender: the real program with one worker, asked over its socket by this process, one token a frame, 64 frames under way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "peers/contender.h"
#include "peers/minted.h"
#include "support/daemon_process.h"

namespace assay::peers {

class Assayd final : public Contender {
 public:
  // Assayd(minted): starts it. The workload outlives this.
  explicit Assayd(const Minted& minted);

  const Contestant& about() const override { return about_; }
  pid_t pid() const override { return daemon_.pid(); }
  std::vector<bool> check(const std::string& set) override;
  Counts run(const std::string& set, double seconds) override;

 private:
  // Frame: a whole request, made once; only its id is written anew.
  struct Frame {
    std::string bytes;
    std::size_t id_at = 0;
  };
  struct Set {
    std::vector<Frame> frames;
    std::size_t next = 0;
  };

  Set& set(const std::string& name);
  Frame frame(const std::string& token) const;
  // ask(set, more, take): sends the next tokens of the set while more() says so, and hands each verdict to take(index of its token, accepted).
  template <class More, class Take>
  void ask(Set& set, More more, Take take);
  // receive(take): what is there, at least one frame.
  template <class Take>
  void receive(Take take);

  const Minted& minted_;
  Contestant about_;
  tests::DaemonProcess daemon_;
  tests::RawConnection connection_;
  std::map<std::string, Set> sets_;
  // A request under way has a slot, whose number + 1 is its id.
  std::vector<std::size_t> token_of_slot_;
  std::vector<std::size_t> free_slots_;
  std::string output_;
  std::vector<std::uint64_t> input_;  // 8-byte units: frames begin at multiples of 8, so they can be read in place
  std::size_t input_bytes_ = 0;
};

}  // namespace assay::peers
