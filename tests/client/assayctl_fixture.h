// assayctl as a process, with a fake daemon on each of its sockets.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "client/fake_daemon.h"
#include "client/process.h"

namespace assay::test {

class Assayctl : public testing::Test {
 protected:
  Assayctl() : data_(folder_.file("data.sock"), by_name(seen_)), control_(folder_.file("control.sock"), by_name(seen_)) {}

  Finished assayctl(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin(), {ASSAYCTL, "--socket", folder_.file("data.sock"), "--control", folder_.file("control.sock")});
    return run(arguments, input);
  }
  Finished validate(std::string_view input, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"validate", "--api-service", "orders"});
    return assayctl(more, input);
  }

  TemporaryFolder folder_;
  Seen seen_;
  FakeDaemon data_;
  FakeDaemon control_;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    out.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return out;
}

// parsed(line): one JSON object, by a parser that is not ours.
inline simdjson::dom::element parsed(simdjson::dom::parser& parser, const std::string& line) {
  simdjson::dom::element element;
  EXPECT_EQ(parser.parse(line).get(element), simdjson::SUCCESS) << line;
  EXPECT_TRUE(element.is_object()) << line;
  return element;
}

inline std::string text_at(const simdjson::dom::element& element, std::string_view pointer) {
  std::string_view text;
  EXPECT_EQ(element.at_pointer(pointer).get(text), simdjson::SUCCESS) << pointer;
  return std::string(text);
}

// on_terminal(arguments): what a run that ends well writes to a terminal.
inline std::string on_terminal(const std::vector<std::string>& arguments) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_TRUE(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  const int kept_open = open(ptsname(terminal), O_RDWR | O_NOCTTY);  // what was written goes with the last one to close
  EXPECT_EQ(run(arguments, {}, ptsname(terminal)).exit_code, 0);
  char text[4096];
  const ssize_t count = read(terminal, text, sizeof(text));
  close(kept_open);
  close(terminal);
  return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
}

}  // namespace assay::test
