// What the C++ peers share: the workload that the driver wrote for all of them, and the loop that takes the driver's commands. A peer is one .cpp that derives
// from Peer and hands run_peer a way to make it. The Node peers (peers.mjs) read the same workload and speak the same lines:
//
//   peer PROGRAM WORKLOAD     -> {"peer":"...","version":"...","algorithms":["RS256"],"cache":false}
//   check SET                 -> {"accepted":[true,false,...]}        every token of the set, once, in order
//   run SET SECONDS           -> {"accepted":123,"refused":0}         its tokens in turn, from where the last run left off
//   end of input              -> it ends
//
// CPU time is no business of a peer: the driver reads the kernel's clock of the whole process, for all contenders alike.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::peers {

// Free: for owners of a C library's objects.
template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// KeyText: a public key as a user gets it.
struct KeyText {
  std::string kid;
  std::string algorithm;
  std::string jwk;
  std::string pem;
};

// Policy: what every contender checks: signature with the key named by kid, that key's algorithm, iss, aud, exp and nbf with skew, a scope; and it reads sub.
struct Policy {
  std::string issuer;
  std::string audience;
  std::string scope;
  std::string subject;  // of every good token; a peer that reads another one has not accepted it
  std::int64_t skew_s = 0;
};

// Workload: sets of tokens by name, such as "new/RS256".
struct Workload {
  Policy policy;
  std::vector<KeyText> keys;
  std::map<std::string, std::vector<std::string>, std::less<>> sets;

  // read(file): throws if it cannot be read.
  static Workload read(const std::string& file);
};

// Peer: validates tokens by somebody's library.
class Peer {
 public:
  virtual ~Peer() = default;
  // judge(token, now_s): the subject of a token that is good at that time; empty for one that is refused. Valid until the next call.
  virtual std::string_view judge(const std::string& token, std::int64_t now_s) = 0;
};

// About: what a peer is, and the algorithms that its library knows.
struct About {
  std::string peer;
  std::string version;
  std::vector<std::string> algorithms;
};

// run_peer(count, arguments, about, make): main() of a peer: an exit code.
int run_peer(int count, char** arguments, const About& about, std::unique_ptr<Peer> (*make)(const Workload&));

}  // namespace assay::peers
