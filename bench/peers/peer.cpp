// The loop is deliberately dull: no allocation and no output between two tokens, so that what is measured is the peer.
#include "peers/peer.h"

#include <simdjson.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace assay::peers {
namespace {

using Clock = std::chrono::steady_clock;

// Between two looks at the clock: some ms of the slowest peer.
constexpr int kTokensPerLook = 64;

class Loop {
 public:
  Loop(const Workload& workload, Peer& peer) : workload_(workload), peer_(peer) {}

  void answer(const std::string& command) {
    std::istringstream words(command);
    std::string verb;
    std::string set;
    double seconds = 0;
    words >> verb >> set >> seconds;
    const auto found = workload_.sets.find(set);
    if (found == workload_.sets.end()) throw std::runtime_error("no such set: " + command);
    if (verb == "check") {
      check(found->second);
    } else if (verb == "run" && seconds > 0) {
      run(found->second, next_[set], seconds);
    } else {
      throw std::runtime_error("no such command: " + command);
    }
  }

 private:
  bool accepts(const std::string& token) { return peer_.judge(token, std::time(nullptr)) == workload_.policy.subject; }

  void check(const std::vector<std::string>& tokens) {
    std::string line;
    for (const std::string& token : tokens) line += std::string(line.empty() ? "" : ",") + (accepts(token) ? "true" : "false");
    std::cout << R"({"accepted":[)" << line << "]}" << std::endl;
  }

  void run(const std::vector<std::string>& tokens, std::size_t& next, double seconds) {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    do {
      for (int i = 0; i < kTokensPerLook; ++i) {
        ++(accepts(tokens[next]) ? accepted : refused);
        if (++next == tokens.size()) next = 0;
      }
    } while (Clock::now() < end);
    std::cout << R"({"accepted":)" << accepted << R"(,"refused":)" << refused << "}" << std::endl;
  }

  const Workload& workload_;
  Peer& peer_;
  std::map<std::string, std::size_t> next_;
};

std::string text_of(simdjson::dom::element element) { return std::string(std::string_view(element)); }

}  // namespace

Workload Workload::read(const std::string& file) {
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.load(file);
  const simdjson::dom::element policy = document["policy"];
  Workload out;
  out.policy = {text_of(policy["issuer"]), text_of(policy["audience"]), text_of(policy["scope"]), text_of(policy["subject"]), std::int64_t(policy["skew_s"])};
  for (const simdjson::dom::element key : document["keys"].get_array()) {
    out.keys.push_back({text_of(key["kid"]), text_of(key["algorithm"]), simdjson::minify(key["jwk"]), text_of(key["pem"])});
  }
  for (const auto [name, tokens] : document["sets"].get_object()) {
    std::vector<std::string>& set = out.sets[std::string(name)];
    for (const simdjson::dom::element token : tokens.get_array()) set.push_back(text_of(token));
  }
  return out;
}

int run_peer(int count, char** arguments, const About& about, std::unique_ptr<Peer> (*make)(const Workload&)) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s WORKLOAD (assay-bench-peers starts this program)\n", arguments[0]);
    return 2;
  }
  try {
    const Workload workload = Workload::read(arguments[1]);
    const std::unique_ptr<Peer> peer = make(workload);
    std::string algorithms;
    for (const std::string& algorithm : about.algorithms) algorithms += (algorithms.empty() ? "\"" : ",\"") + algorithm + '"';
    std::cout << R"({"peer":")" << about.peer << R"(","version":")" << about.version << R"(","algorithms":[)" << algorithms << R"(],"cache":false})" << std::endl;
    Loop loop(workload, *peer);
    for (std::string command; std::getline(std::cin, command);) loop.answer(command);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
    return 1;
  }
  return 0;
}

}  // namespace assay::peers
