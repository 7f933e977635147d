// An issuer that changes its key, as seen by services that ask all the time: nobody with a good token is sent away, and nobody with a withdrawn key gets in.
#include <atomic>
#include <future>
#include <map>

#include "integration/keys_fixture.h"
#include "support/pipeline_client.h"

namespace assay::tests {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Step: of the rotation; each begins when what it says is true. Those who ask look at it before they ask and after they have heard.
enum class Step : int {
  old_alone,
  both,       // the issuer has published the new key, and signs with it; assayd has not been told
  new_alone,  // the issuer is about to withdraw the old key
  withdrawn,  // assayd has said that it took that up
  done,
};

// Tally: what one client has seen.
struct Tally {
  std::size_t old_accepted = 0;
  std::size_t new_accepted = 0;
  std::size_t new_refreshing = 0;
  std::size_t old_sent_away = 0;  // after the withdrawal
  std::optional<milliseconds> new_took;  // from the first token of the new key to the first that was accepted
  std::vector<std::string> wrong;
};

constexpr std::size_t kClients = 4;
constexpr std::size_t kUnderWay = 8;  // requests of each client

class KeysRotation : public KeysTest {
 protected:
  Step step() const { return step_.load(); }

  // judge(verdict, is_new, sent_in, tally): whether that may be, of a request that was sent in that step.
  void judge(const Verdict& verdict, bool is_new, Step sent_in, Tally& tally) const {
    const Step now = step();
    const auto wrong = [&](std::string_view why) {
      tally.wrong.push_back(fmt::format("{}: {} key, sent in step {}, heard in step {}: {}", why, is_new ? "new" : "old", static_cast<int>(sent_in), static_cast<int>(now),
                                        verdict.info().name));
    };
    if (is_new) {
      if (verdict.accepted()) ++tally.new_accepted;
      else if (verdict.code != Code::key_refreshing) wrong("refused a good token");
      else if (verdict.retry_after_ms == 0) wrong("said nothing of when to come again");
      else ++tally.new_refreshing;
      if (tally.new_took && !verdict.accepted()) wrong("took a key back");
    } else if (verdict.accepted()) {
      ++tally.old_accepted;
      if (sent_in >= Step::withdrawn) wrong("accepted a withdrawn key");
    } else if (now < Step::new_alone) {
      wrong("refused a good token");
    } else {
      ++tally.old_sent_away;
      if (verdict.code != Code::unknown_key && verdict.code != Code::key_refreshing) wrong("sent away for another reason");
    }
  }

  // ask(first_id, is_patient): one client, from the first step to the last: requests in a pipeline, of both keys in turn once there are two. Who is told to come again later
  // does so then, or, without patience, at once.
  Tally ask(std::uint64_t first_id, bool is_patient) {
    struct Sent {
      bool is_new;
      Step in;
    };
    Tally tally;
    PipelineClient client(daemon_->socket(), first_id);
    std::map<std::uint64_t, Sent> under_way;
    std::optional<Clock::time_point> new_since;
    Clock::time_point new_again{};
    bool is_turn_of_new = false;
    const auto send = [&] {
      const Step in = step();
      is_turn_of_new = !is_turn_of_new;
      const bool is_new = in >= Step::both && is_turn_of_new && Clock::now() >= new_again;
      if (is_new && !new_since) new_since = Clock::now();
      const std::string_view token = is_new ? next_token_ : token_;
      const auto id = client.core().validate({.api_service = "idp", .required_scopes = {}, .claims = {}}, std::span(&token, 1), 0);
      if (!id.ok()) return false;
      under_way.emplace(*id, Sent{is_new, in});
      return client.flush();
    };
    while (step() != Step::done || !under_way.empty()) {
      while (step() != Step::done && under_way.size() < kUnderWay) {
        if (!send()) return broken(tally, "cannot send");
      }
      if (under_way.empty()) break;
      const auto response = client.next();
      if (!response) return broken(tally, "no answer");
      const auto* verdicts = std::get_if<std::vector<Verdict>>(&response->answer);
      if (verdicts == nullptr) return broken(tally, std::get<Refusal>(response->answer).error.text);
      const Sent sent = under_way.extract(response->id).mapped();
      const Verdict& verdict = verdicts->at(0);
      judge(verdict, sent.is_new, sent.in, tally);
      if (!sent.is_new) continue;
      if (verdict.code == Code::key_refreshing && is_patient) new_again = Clock::now() + milliseconds(verdict.retry_after_ms);
      if (!verdict.accepted() || tally.new_took) continue;
      tally.new_took = std::chrono::duration_cast<milliseconds>(Clock::now() - *new_since);
      ++clients_with_new_;
    }
    return tally;
  }
  static Tally broken(Tally tally, std::string why) {
    tally.wrong.push_back(std::move(why));
    return tally;
  }

  std::atomic<Step> step_ = Step::old_alone;
  std::atomic<std::size_t> clients_with_new_ = 0;
};

TEST_F(KeysRotation, SendsNobodyAwayWhoseTokenIsGood) {
  workers_ = 2;
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  std::vector<std::future<Tally>> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(std::async(std::launch::async, [this, i] { return ask(1'000'000 * (i + 1), i % 2 == 0); }));
  const auto verdicts = [this] {
    std::uint64_t tokens = 0;
    for (const WorkerStatus& worker : status().workers) tokens += worker.tokens;
    return tokens;
  };
  // Each step lasts for a few thousand tokens.
  const auto await_more = [&] { return eventually([&, before = verdicts()] { return verdicts() > before + 50 * kClients * kUnderWay; }); };
  EXPECT_TRUE(await_more());

  publish({key_, next_});
  step_ = Step::both;
  EXPECT_TRUE(eventually([&] { return clients_with_new_ == kClients; })) << daemon_->log();
  EXPECT_TRUE(await_more());

  step_ = Step::new_alone;
  publish({next_});
  EXPECT_EQ(refresh(), std::nullopt);
  step_ = Step::withdrawn;
  EXPECT_TRUE(await_more());
  step_ = Step::done;

  milliseconds longest{0};
  milliseconds shortest = milliseconds::max();
  Tally all;
  for (auto& client : clients) {
    const Tally tally = client.get();
    EXPECT_TRUE(tally.wrong.empty()) << tally.wrong.size() << " times, such as " << tally.wrong.front() << '\n' << daemon_->log();
    ASSERT_TRUE(tally.new_took.has_value());
    longest = std::max(longest, *tally.new_took);
    shortest = std::min(shortest, *tally.new_took);
    all.old_accepted += tally.old_accepted;
    all.new_accepted += tally.new_accepted;
    all.new_refreshing += tally.new_refreshing;
    all.old_sent_away += tally.old_sent_away;
  }
  EXPECT_LE(longest, std::chrono::seconds(30));
  EXPECT_GT(all.old_accepted, 0U);
  EXPECT_GT(all.old_sent_away, 0U);
  fmt::print("a new key was accepted {} to {} ms after its first token; of its tokens {} were told to come again and {} accepted; of the old key's {} accepted and {} sent away\n",
             shortest.count(), longest.count(), all.new_refreshing, all.new_accepted, all.old_accepted, all.old_sent_away);
  // All of the unknown kids together have cost the issuer no more than their tries.
  EXPECT_LE(issuer_->requests().size(), 6U);
  EXPECT_FALSE(verdict(token_).accepted());
  EXPECT_EQ(kids(), std::vector<std::string>{"second"});
}

// The tokens of a withdrawn key are remembered, and that helps them nothing.
TEST_F(KeysRotation, LeavesNoRememberedTokenOfAWithdrawnKey) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  EXPECT_EQ(code(token_), Code::accepted);
  ASSERT_TRUE(status().token_cache.has_value());
  EXPECT_GE(status().token_cache->hits, 1U);
  publish({next_});
  EXPECT_EQ(refresh(), std::nullopt);
  for (int i = 0; i < 100; ++i) {
    const Code now = code(token_);
    ASSERT_TRUE(now == Code::unknown_key || now == Code::key_refreshing) << schema::info(now).name;
  }
  EXPECT_GE(status().token_cache->keys_gone, 1U);
  // And as good as before when the key comes back.
  publish({key_, next_});
  EXPECT_EQ(refresh(), std::nullopt);
  EXPECT_EQ(code(token_), Code::accepted);
}

}  // namespace
}  // namespace assay::tests
