// The byte examples of docs/PROTOCOL.md are what this code sends and reads. A hex dump follows a line `<!-- bytes: NAME -->`; in each of its lines the octets stand
// before the bar, what they mean after it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "client/core.h"
#include "client/frames.h"

namespace assay::core {
namespace {

using test::Bytes;

Bytes documented(const std::string& name) {
  std::ifstream file(ASSAY_PROTOCOL_DOC);
  Bytes out;
  bool in_section = false;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "<!-- bytes: " + name + " -->") {
      in_section = true;
    } else if (in_section && line.starts_with("```")) {
      if (in_block) return out;
      in_block = true;
    } else if (in_block) {
      std::istringstream octets(line.substr(0, line.find('|')));
      std::string offset;
      octets >> offset;
      EXPECT_EQ(std::stoul(offset, nullptr, 16), out.size()) << line;
      for (unsigned octet; octets >> std::hex >> octet;) out.push_back(static_cast<std::byte>(octet));
    }
  }
  ADD_FAILURE() << "no such example: " << name;
  return out;
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::ostringstream out;
  for (std::size_t i = 0; i < bytes.size(); ++i) out << (i % 8 == 0 ? "\n" : " ") << std::hex << (std::to_integer<unsigned>(bytes[i]) | 0x100U);
  return out.str();
}

TEST(ProtocolDocument, ShowsARequestAsItIsSent) {
  Core core(kDataLimits, 7);
  const std::string_view tokens[] = {"a.b.c"};
  ASSERT_TRUE(core.validate({"orders", {}, {}}, tokens, 500).ok());
  EXPECT_EQ(hex_of(core.output()), hex_of(documented("validate")));
}

TEST(ProtocolDocument, ShowsAResponseAsItIsRead) {
  Core core(kDataLimits, 7);
  const std::string_view tokens[] = {"a.b.c"};
  ASSERT_TRUE(core.validate({"orders", {}, {}}, tokens, 500).ok());
  const Bytes response = documented("verdicts");
  EXPECT_EQ(hex_of(response), hex_of(test::verdicts_frame(7, {Code::expired}, 3)));
  core.received(response);
  const std::optional<Response> taken = core.take(7);
  ASSERT_TRUE(taken.has_value());
  const std::vector<Verdict>& verdicts = std::get<std::vector<Verdict>>(taken->answer);
  EXPECT_EQ(verdicts.at(0).code, Code::expired);
  EXPECT_EQ(verdicts.at(0).generation, 3U);
  EXPECT_EQ(verdicts.at(0).instance, test::kInstance);
}

}  // namespace
}  // namespace assay::core
