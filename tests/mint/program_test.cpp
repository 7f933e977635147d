// The program, run as a person runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mint/json.h"
#include "mint/key.h"
#include "mint/token.h"
#include "support/https_client.h"

namespace assay::mint {
namespace {

struct Outcome {
  int status = -1;
  std::string out;
  std::vector<std::string> lines() const {
    std::istringstream in(out);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
};

class MintProgram : public testing::Test {
 protected:
  MintProgram() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-mint-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~MintProgram() override { std::filesystem::remove_all(directory_); }

  // run(arguments): by the shell, standard error together with standard output.
  static Outcome run(const std::string& arguments) {
    Outcome outcome;
    std::FILE* const pipe = ::popen((std::string(ASSAY_MINT_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
    std::array<char, 65536> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) outcome.out.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string dir() const { return " --dir " + directory_.string(); }

  std::filesystem::path directory_;
};

TEST_F(MintProgram, KeysMakeTokensThatVerify) {
  ASSERT_EQ(run("keys --algorithm ES256 --algorithm PS256" + dir()).status, 0);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "jwks.json"));
  const std::string key = (directory_ / "PS256.pem").string();
  const Outcome made = run("token --key " + key + " --iss https://i --aud https://a --scope 'x y' --claim 'n=[1]' --count 3 --type '' --lifetime 60");
  ASSERT_EQ(made.status, 0) << made.out;
  ASSERT_EQ(made.lines().size(), 3U);
  EXPECT_NE(made.lines()[0], made.lines()[1]);
  const auto parts = decode(made.lines()[2]);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->header, R"({"alg":"PS256","kid":"ps256"})");
  EXPECT_THAT(parts->payload, testing::HasSubstr(R"("scope":"x y","n":[1]})"));
  EXPECT_TRUE(Key::load(key).verify(parts->signing_input, parts->signature));
}

TEST_F(MintProgram, DecodeShowsHeaderAndPayload) {
  ASSERT_EQ(run("keys --algorithm ES256" + dir()).status, 0);
  const std::string token = "token --iss i --aud a --key " + (directory_ / "ES256.pem").string();
  const Outcome shown = run(token + " | " + std::string(ASSAY_MINT_PROGRAM) + " decode");
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out, testing::HasSubstr(R"("alg": "ES256")"));
  EXPECT_THAT(shown.out, testing::HasSubstr(R"("iss": "i")"));
  EXPECT_EQ(run("decode </dev/null").status, 0);
}

TEST_F(MintProgram, ConfigurationAndBadTokensShareKeys) {
  const Outcome first = run("configuration" + dir());
  ASSERT_EQ(first.status, 0) << first.out;
  EXPECT_EQ(first.lines().at(0), (directory_ / "configuration.json").string());
  const auto read = [&] { return content(directory_ / "configuration.json"); };
  const std::string before = read();
  EXPECT_TRUE(is_json(before));
  // Run again it uses the same keys.
  ASSERT_EQ(run("configuration" + dir()).status, 0);
  EXPECT_EQ(read(), before);
  ASSERT_EQ(run("configuration --without es256 --skew 5" + dir()).status, 0);
  EXPECT_NE(read(), before);
  const Outcome bad = run("bad expired good-es256 --long" + dir());
  ASSERT_EQ(bad.status, 0) << bad.out;
  ASSERT_EQ(bad.lines().size(), 2U);
  EXPECT_THAT(bad.lines()[0], testing::StartsWith("expired\texpired\torders\tey"));
  const std::string good = bad.lines()[1].substr(bad.lines()[1].rfind('\t') + 1);
  const auto parts = decode(good);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(Key::load(directory_ / "corp-workforce" / "ES256.pem").verify(parts->signing_input, parts->signature));
}

TEST_F(MintProgram, MakesAKeyOfThatKid) {
  ASSERT_EQ(run("keys --algorithm ES256 --kid june" + dir()).status, 0);
  EXPECT_EQ(Key::load(directory_ / "ES256.pem").kid(), "june");
  EXPECT_THAT(content(directory_ / "jwks.json"), testing::HasSubstr(R"("kid": "june")"));
  EXPECT_EQ(run("keys --kid june" + dir()).status, 2);  // whose would it be?
}

// Serving: the program as an issuer; it ends with this object.
class Serving {
 public:
  Serving(const std::string& jwks, const std::string& ca) : pipe_(::popen(("echo $$; exec " ASSAY_MINT_PROGRAM " serve --jwks " + jwks + " --ca " + ca).c_str(), "r")) {
    std::array<char, 100> url{};
    if (std::fscanf(pipe_, "%d %99s", &pid_, url.data()) == 2) url_ = url.data();
  }
  ~Serving() {
    if (pipe_ != nullptr) stop();
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  const std::string& url() const { return url_; }
  // stop(): its status, as wait(2) gives it.
  int stop() {
    if (pid_ > 0) ::kill(pid_, SIGTERM);
    return ::pclose(std::exchange(pipe_, nullptr));
  }

 private:
  std::FILE* pipe_;
  int pid_ = 0;
  std::string url_;
};

TEST_F(MintProgram, ServesKeysAsAnIssuerThatRotatesThem) {
  const std::string jwks = (directory_ / "jwks").string();
  const std::string ca = (directory_ / "ca.pem").string();
  std::ofstream(jwks) << R"({"keys":[]})";
  Serving serving(jwks, ca);
  const std::string url = serving.url();
  ASSERT_THAT(url, testing::StartsWith("https://127.0.0.1:"));
  EXPECT_EQ(tests::body_of(url + "/.well-known/openid-configuration", ca), R"({"issuer":")" + url + R"(","jwks_uri":")" + url + R"(/jwks"})");
  EXPECT_EQ(tests::body_of(url + "/jwks", ca), R"({"keys":[]})");
  std::ofstream(jwks) << R"({"keys":[{}]})";
  EXPECT_EQ(tests::body_of(url + "/jwks", ca), R"({"keys":[{}]})");
  EXPECT_EQ(tests::body_of(url + "/ca.pem", ca), "");  // nothing else, whatever lies beside it
  EXPECT_EQ(serving.stop(), 0);
}

TEST_F(MintProgram, ListsBadTokensOneALine) {
  const Outcome list = run("bad --list");
  ASSERT_EQ(list.status, 0);
  EXPECT_GT(list.lines().size(), 500U);
  for (const std::string& line : list.lines()) EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 4) << line;
}

TEST_F(MintProgram, ExitsWithTwoOnBadUse) {
  for (const char* arguments : {"", "frobnicate", "keys", "keys --dir /proc/none", "token --iss i", "token --key /nowhere --iss i --aud a", "bad",
                                "bad expired", "bad no-such-name --list", "keys --dir /tmp --algorithm HS256", "serve", "serve --jwks /nowhere --ca /dev/null",
                                "serve --jwks /proc/version --ca /proc/none"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments << "\n" << outcome.out;
    EXPECT_FALSE(outcome.out.empty()) << arguments;
  }
  std::ofstream(directory_ / "no-token") << "no token\n";
  EXPECT_EQ(run("decode <" + (directory_ / "no-token").string()).status, 2);
  EXPECT_EQ(run("--help").status, 0);
  EXPECT_EQ(run("token --help").status, 0);
}

}  // namespace
}  // namespace assay::mint
