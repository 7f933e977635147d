// Key sources as records and back.
#include "server/recorder.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "ledger_fixture.h"
#include "store/format.h"

namespace assay::test {
namespace {

using server::Recorder;
using server::State;
using snapshot::HeldKeys;
using snapshot::KeySource;
using snapshot::SourceAccess;
using snapshot::SourceId;

const SourceAccess kAccess{.ca_file = "/etc/ca.pem", .client_certificate = "/etc/fetch.pem", .client_key = "/etc/fetch.key", .proxy = "http://proxy.example:3128", .allow_http = true};

class RecorderTest : public testing::Test {
 protected:
  std::shared_ptr<const HeldKeys> held(int number, std::string etag = {}) {
    const std::string text = jwks({number});
    HeldKeys keys{.keys = pool.intern(*jose::parse_jwks(text, pool.materials())),
                  .jwks = text,
                  .generation = 7,
                  .changed_at_s = 1000,
                  .checked_at_s = 2000,
                  .etag = std::move(etag),
                  .since_s = {}};
    keys.since_s[keys.keys->keys()[0].id] = 500;
    return std::make_shared<const HeldKeys>(std::move(keys));
  }
  // back(state): by way of records and the bytes of their files.
  snapshot::KeySources back(const State& state) {
    Recorder recorder;
    snapshot::KeySources sources;
    for (const auto& record : recorder.records_of(state).sources) {
      const auto encoded = store::encode_keys(*record);
      EXPECT_TRUE(encoded) << encoded.error().what;
      if (!encoded) continue;
      auto source = server::restore_source(store::decode_keys(encoded->content)->record, pool);
      EXPECT_TRUE(source);
      if (source) sources.insert(std::move(*source));
    }
    return sources;
  }

  snapshot::KeySetPool pool;
};

TEST_F(RecorderTest, GivesBackWhatASourceHolds) {
  const SourceId id{.kind = KeySource::Kind::discovery, .url = "https://id.example.com", .access = kAccess};
  State state;
  state.history = {std::make_shared<const snapshot::Deployment>(snapshot::nothing_deployed())};
  state.sources[id] = held(1, "W/\"5\"");
  const snapshot::KeySources sources = back(state);
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources.begin()->first, id);
  const HeldKeys& before = *state.sources[id];
  const HeldKeys& after = *sources.begin()->second;
  EXPECT_EQ(after.keys, before.keys);
  EXPECT_EQ(after.jwks, before.jwks);
  EXPECT_EQ(after.generation, before.generation);
  EXPECT_EQ(after.changed_at_s, before.changed_at_s);
  EXPECT_EQ(after.checked_at_s, before.checked_at_s);
  EXPECT_EQ(after.etag, before.etag);
  EXPECT_EQ(after.since_s, before.since_s);
}

// Sources of one URL that differ in one thing each stay apart, with the keys that each of them has.
TEST_F(RecorderTest, KeepsSourcesApartThatDifferInAccessOnly) {
  State state;
  state.history = {std::make_shared<const snapshot::Deployment>(snapshot::nothing_deployed())};
  std::vector<SourceAccess> accesses(5);
  accesses[1].ca_file = kAccess.ca_file;
  accesses[2].client_certificate = kAccess.client_certificate;
  accesses[2].client_key = kAccess.client_key;
  accesses[3].proxy = kAccess.proxy;
  accesses[4].allow_http = true;
  for (std::size_t i = 0; i < accesses.size(); ++i) state.sources[{KeySource::Kind::jwks_url, "https://id.example.com/jwks", accesses[i]}] = held(static_cast<int>(i) + 1);
  const snapshot::KeySources sources = back(state);
  EXPECT_EQ(sources.size(), accesses.size());
  for (const auto& [id, keys] : state.sources) {
    const auto found = sources.find(id);
    ASSERT_NE(found, sources.end());
    EXPECT_EQ(found->second->keys, keys->keys);
  }
}

// RFC 9110 section 8.8.3: an entity tag may have octets that JSON cannot hold. It is not kept then; the keys are.
TEST_F(RecorderTest, KeepsTheKeysWhateverTheEntityTag) {
  const SourceId id{.kind = KeySource::Kind::jwks_url, .url = "https://id.example.com/jwks", .access = {}};
  const auto kept = [&](const std::string& etag) {
    State state;
    state.history = {std::make_shared<const snapshot::Deployment>(snapshot::nothing_deployed())};
    state.sources[id] = held(1, etag);
    const snapshot::KeySources sources = back(state);
    return sources.contains(id) ? sources.at(id)->etag : "no source";
  };
  const std::string longest = '"' + std::string(base::limits::kEtagBytesMax - 2, 'x') + '"';
  for (const std::string& good : {std::string(), std::string("\"\""), std::string("W/\"\\,:{}~!\""), longest}) EXPECT_EQ(kept(good), good);
  for (const std::string& bad : {longest + "x", std::string("\"\xff\""), std::string("\"\xc3\xa9\""), std::string("\"\0\"", 3), std::string("\"\n\""), std::string("\"\x7f\"")}) {
    EXPECT_EQ(kept(bad), "");
  }
}

}  // namespace
}  // namespace assay::test
