// Keys that come from the network: what their tokens get while there are none, while they are too old, and while a kid that nobody knows may be on its way. Every verdict is that of a validator
// with a cache and of one without.
#include <gmock/gmock.h>

#include "jose/jwk.h"
#include "snapshot/compiler.h"
#include "support/compiled.h"
#include "verdict/validator_cache_fixture.h"

namespace assay::verdict::test {
namespace {

class ValidatorSources : public ValidatorCache {
 protected:
  // with(keys): a snapshot whose source holds these.
  SnapshotPointer with(const std::vector<Key>& keys) {
    snapshot::HeldKeys set{.keys = std::make_shared<const snapshot::KeySet>(*jose::parse_jwks(mint::jwks(keys)))};
    const snapshot::SourceId id = snapshot::source_id(deployment_.api_services.front().oauth_servers.front()->key_source);
    return compiler_.compile(deployment_, {{id, std::make_shared<const snapshot::HeldKeys>(std::move(set))}}, 1, ++generation_);
  }
  SnapshotPointer without_any() { return compiler_.compile(deployment_, {}, 1, ++generation_); }
  static snapshot::SourceSignals& signals(const SnapshotPointer& snapshot) { return *snapshot->oauth_servers().front()->signals; }
  // asks(snapshot, token): whether a batch of this token wants the schedule to be told.
  static bool asks(const SnapshotPointer& snapshot, std::string_view token) {
    tests::CountingEngine engine;
    Validator validator(engine, base::HashKey{1, 2}, 0);
    validator.begin(*snapshot, kNow);
    validator.add({.token = token, .api_service = snapshot->api_service("a"), .required_scopes = {}, .claims = {}});
    validator.finish();
    return validator.must_wake_schedule();
  }

  const snapshot::Deployment deployment_ = [] {
    auto config = snapshot::parse_config(R"({"oauth_servers":[{"name":"s","issuers":["https://i"],"jwks_url":"https://i/jwks"}],"api_services":[)" + service("a", "s") + "]}");
    return snapshot::deploy(snapshot::make_document(*std::move(config), 1, 1000, 0, {}));
  }();
  const tests::NoIdentities nobody_;
  snapshot::Compiler compiler_{nobody_, 1};
  std::uint64_t generation_ = 1;
};

// A set from the network may be gone altogether: its tokens are unavailable then, never refused, remembered or not.
TEST_F(ValidatorSources, IsUnavailableWithoutKeys) {
  const std::string token = good(es256());
  EXPECT_EQ(judged(without_any(), "a", token), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_EQ(judged(with({es256()}), "a", token), kVerified);
  EXPECT_EQ(judged(with({eddsa(), es256()}), "a", token), kRecalled);
  const SnapshotPointer empty = with({});
  signals(empty).answer_refused();
  EXPECT_EQ(judged(empty, "a", token), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judged(without_any(), "a", token), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_EQ(judged(with({es256()}), "a", token), kRecalled);
}

// design: past their time the keys serve no more; unavailable, never refused. It holds at once and for remembered tokens, too, and ends as it began.
TEST_F(ValidatorSources, IsUnavailableWhileItsKeysAreTooOld) {
  const SnapshotPointer snapshot = with({es256()});
  const std::string token = good(es256());
  const std::string unknown = good(eddsa());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  signals(snapshot).set_keys_stale(true);
  EXPECT_EQ(judged(snapshot, "a", token), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_EQ(judged(snapshot, "a", unknown), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_FALSE(asks(snapshot, unknown));  // the schedule knows
  // What is wrong with a token whatever its key is says so.
  EXPECT_EQ(judged(snapshot, "a", token, kNow + 600).code, Code::expired);
  // Another snapshot of the source is no younger by itself.
  const SnapshotPointer next = with({es256(), eddsa()});
  EXPECT_EQ(judged(next, "a", token).code, Code::keys_unavailable);
  signals(snapshot).set_keys_stale(false);
  EXPECT_EQ(judged(next, "a", token), kRecalled);
}

// design: no kid leaves the worker, and the schedule is woken by the first such token alone.
TEST_F(ValidatorSources, SaysWhenToComeAgainWithAKidThatNobodyKnows) {
  const SnapshotPointer snapshot = with({es256()});
  const std::string unknown = good(eddsa());
  EXPECT_TRUE(asks(snapshot, unknown));
  EXPECT_FALSE(asks(snapshot, unknown));
  EXPECT_EQ(judged(snapshot, "a", unknown), (Judged{Code::key_refreshing, How::screened}));
  signals(snapshot).answer_retry(1'700);
  EXPECT_EQ(judge_.verdict(*snapshot, "a", unknown, kNow).retry_after_ms, 1'700U);
  EXPECT_FALSE(judge_.verdict(*snapshot, "a", unknown, kNow).signature_verified);
  signals(snapshot).answer_refused();
  EXPECT_EQ(judged(snapshot, "a", unknown), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judge_.verdict(*snapshot, "a", unknown, kNow).retry_after_ms, 0U);
  EXPECT_FALSE(asks(snapshot, unknown));
  EXPECT_TRUE(signals(snapshot).take_asked());
  signals(snapshot).answer_by_asking();
  EXPECT_TRUE(asks(snapshot, unknown));
  // A token of a known key neither asks nor waits.
  EXPECT_TRUE(signals(snapshot).take_asked());
  EXPECT_FALSE(asks(snapshot, good(es256())));
  EXPECT_EQ(judged(snapshot, "a", good(es256())), kVerified);
}

// A token must be worth the question: its form, issuer, times and audience come first.
TEST_F(ValidatorSources, DoesNotAskForTokensThatAreRefusedAnyway) {
  const SnapshotPointer snapshot = with({es256()});
  EXPECT_FALSE(asks(snapshot, mint::token(eddsa(), mint::claims("https://i", "other", kNow, 600))));
  EXPECT_FALSE(asks(snapshot, mint::token(eddsa(), mint::claims("https://i", "x", kNow - 900, 600))));
  EXPECT_FALSE(asks(snapshot, mint::token(eddsa(), mint::claims("https://j", "x", kNow, 600))));
}

// Keys that stand in the configuration are all there are.
TEST_F(ValidatorSources, RefusesUnknownKidsOfInlineKeysAtOnce) {
  const SnapshotPointer snapshot = simple({es256()});
  EXPECT_EQ(snapshot->oauth_servers().front()->signals, nullptr);
  EXPECT_EQ(judged(snapshot, "a", good(eddsa())), (Judged{Code::unknown_key, How::screened}));
  EXPECT_FALSE(asks(snapshot, good(eddsa())));
}

// What is shared by the source lives as long as some snapshot has the source.
TEST_F(ValidatorSources, KeepsItsSignalsFromSnapshotToSnapshot) {
  const SnapshotPointer first = with({es256()});
  const SnapshotPointer second = without_any();
  EXPECT_EQ(&signals(first), &signals(second));
}

}  // namespace
}  // namespace assay::verdict::test
