// The workload of a run, made by the tests' mint: what all contenders are given.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mint/fixture.h"
#include "peers/peer.h"

namespace assay::peers {

// kAlgorithms: those that are compared.
inline constexpr std::string_view kAlgorithms[] = {"RS256", "ES256", "EdDSA"};

// Sizes: how many tokens a set has for each algorithm. Tokens that are new or refused are presented in turn: a cache that forgets the oldest has forgotten each before it
// returns, if it has room for fewer (cache_room is what each gets, assayd included).
struct Sizes {
  std::size_t fresh = 4096;
  std::size_t refused = 2048;
  std::size_t cached = 64;
  std::size_t cache_room = 1000;
};

// Expected: of a token of a set "check/ALGORITHM"; the same for every algorithm.
struct Expected {
  std::string what;
  bool accepted = false;
};

// Minted: sets "new/...", "cached/...", "refused/..." and "check/..." for each algorithm, and the API service that takes their tokens.
struct Minted {
  Workload workload;
  mint::Service service;
  std::vector<Expected> checks;
  Sizes sizes;

  static Minted make(const Sizes& sizes);
  // json(): the workload as the peers read it. token_bytes(algorithm): how long its tokens are, on average.
  std::string json() const;
  std::size_t token_bytes(std::string_view algorithm) const;
};

}  // namespace assay::peers
