// assay.h: the same answers as in C++, and that nothing absent reads as success.
#include "assay/assay.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cstring>
#include <future>

#include "assay/challenge.h"
#include "client/async_fixture.h"

namespace assay {
namespace {

using test::FakeDaemon;
using test::Peer;

std::string_view view(assay_string text) { return {text.data, text.size}; }

class CApiTest : public test::AsyncTest {
 protected:
  ~CApiTest() override { assay_request_destroy(orders_); }
  static assay_options patient() {
    assay_options options = ASSAY_OPTIONS_INIT;
    options.timeout_ms = 60'000;
    options.connect_timeout_ms = 10'000;
    return options;
  }
  assay_request* orders_ = assay_request_create("orders");
  assay_options options_ = patient();
};

TEST_F(CApiTest, HasItsVersion) {
  EXPECT_STREQ(assay_version(), ASSAY_VERSION);
  EXPECT_EQ(std::string(ASSAY_VERSION),
            std::to_string(ASSAY_VERSION_MAJOR) + "." + std::to_string(ASSAY_VERSION_MINOR) + "." + std::to_string(ASSAY_VERSION_PATCH));
}

TEST_F(CApiTest, HasTheDefaultsOfTheCppInterface) {
  const assay_options c = ASSAY_OPTIONS_INIT;
  const AsyncOptions cpp;
  EXPECT_EQ(c.size, sizeof(assay_options));
  EXPECT_EQ(c.timeout_ms, cpp.client.timeout_ms);
  EXPECT_EQ(c.connect_timeout_ms, cpp.client.connect_timeout_ms);
  EXPECT_EQ(c.backoff_ms_min, cpp.client.backoff_ms_min);
  EXPECT_EQ(c.backoff_ms_max, cpp.client.backoff_ms_max);
  EXPECT_EQ(c.requests_max, cpp.requests_max);
  EXPECT_EQ(c.bytes_max, cpp.bytes_max);
  EXPECT_EQ(c.connections, cpp.connections);
}

TEST_F(CApiTest, NamesEveryStatus) {
  for (int i = 0; i <= ASSAY_CANCELLED; ++i) EXPECT_EQ(assay_status_name(static_cast<assay_status>(i)), name(static_cast<CallStatus>(i)));
  EXPECT_STREQ(assay_status_name(static_cast<assay_status>(ASSAY_CANCELLED + 1)), "unset");
}

// A verdict that is not there is a refusal.
TEST_F(CApiTest, TakesNoVerdictForARefusal) {
  EXPECT_FALSE(assay_verdict_accepted(nullptr));
  EXPECT_EQ(assay_verdict_outcome(nullptr), ASSAY_REFUSED);
  EXPECT_EQ(assay_verdict_code(nullptr), 0);
  EXPECT_STREQ(assay_verdict_code_name(nullptr), "unset");
  EXPECT_STREQ(assay_verdict_text(nullptr), "no verdict");
  EXPECT_STREQ(assay_verdict_error(nullptr), "invalid_token");
  EXPECT_EQ(assay_verdict_http_status(nullptr), 401);
  EXPECT_FALSE(assay_verdict_signature_verified(nullptr));
  EXPECT_EQ(assay_verdict_generation(nullptr), 0U);
  EXPECT_EQ(assay_verdict_instance(nullptr), 0U);
  EXPECT_EQ(assay_verdict_retry_after_ms(nullptr), 0U);
  EXPECT_EQ(assay_verdict_retry_after_s(nullptr), 0U);
  EXPECT_EQ(assay_verdict_valid_until(nullptr), 0);
  EXPECT_EQ(assay_verdict_expires_at(nullptr), 0);
  for (const assay_string absent : {assay_verdict_oauth_server(nullptr), assay_verdict_kid(nullptr), assay_verdict_subject(nullptr), assay_verdict_client_id(nullptr),
                                    assay_verdict_scope(nullptr, 0), assay_verdict_claim_pointer(nullptr, 0), assay_verdict_claim_json(nullptr, 0),
                                    assay_verdict_claim(nullptr, "/tenant"), assay_verdict_claim(nullptr, nullptr)}) {
    EXPECT_EQ(absent.data, nullptr);
    EXPECT_EQ(absent.size, 0U);
  }
  EXPECT_EQ(assay_verdict_scope_count(nullptr), 0U);
  EXPECT_EQ(assay_verdict_claim_count(nullptr), 0U);
  assay_verdict_destroy(nullptr);
}

TEST_F(CApiTest, TakesNullForNothing) {
  assay_verdict* verdict = reinterpret_cast<assay_verdict*>(this);
  EXPECT_EQ(assay_client_validate(nullptr, orders_, "a", 1, &verdict), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(verdict, nullptr);
  assay_client* client = assay_client_create(path().c_str(), nullptr);
  EXPECT_EQ(assay_client_result(client)->status, ASSAY_UNSET);
  verdict = reinterpret_cast<assay_verdict*>(this);
  EXPECT_EQ(assay_client_validate(client, nullptr, "a", 1, &verdict), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(verdict, nullptr);
  EXPECT_EQ(assay_client_result(client)->status, ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_client_validate(client, orders_, "a", 1, nullptr), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_client_validate(client, orders_, nullptr, 1, &verdict), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_client_validate_many(client, orders_, nullptr, 1, &verdict), ASSAY_BAD_ARGUMENT);
  assay_string token{"a", 1};
  EXPECT_EQ(assay_client_validate_many(client, orders_, &token, 0, &verdict), ASSAY_BAD_ARGUMENT);
  std::vector<assay_string> tokens(kTokensPerRequestMax + 1, token);
  std::vector<assay_verdict*> verdicts(tokens.size(), reinterpret_cast<assay_verdict*>(this));
  EXPECT_EQ(assay_client_validate_many(client, orders_, tokens.data(), tokens.size(), verdicts.data()), ASSAY_BAD_ARGUMENT);
  for (const assay_verdict* none : verdicts) EXPECT_EQ(none, nullptr);
  EXPECT_EQ(assay_client_connect(nullptr), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_client_ping(nullptr, nullptr, nullptr), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_client_result(nullptr)->status, ASSAY_BAD_ARGUMENT);
  assay_client_destroy(client);
  assay_client_destroy(nullptr);
  EXPECT_EQ(assay_request_create(nullptr), nullptr);
  assay_request_destroy(nullptr);
  assay_request_require_scope(nullptr, "x");
  assay_request_want_claim(nullptr, "/x");
  const auto callback = [](void*, const assay_result*, const assay_verdict* const*, size_t) { ADD_FAILURE(); };
  EXPECT_EQ(assay_poll_client_validate(nullptr, orders_, &token, 1, callback, nullptr), ASSAY_BAD_ARGUMENT);
  assay_poll_client* poll_client = assay_poll_client_create(path().c_str(), nullptr);
  EXPECT_EQ(assay_poll_client_validate(poll_client, nullptr, &token, 1, callback, nullptr), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_poll_client_validate(poll_client, orders_, nullptr, 1, callback, nullptr), ASSAY_BAD_ARGUMENT);
  EXPECT_EQ(assay_poll_client_validate(poll_client, orders_, &token, 1, nullptr, nullptr), ASSAY_BAD_ARGUMENT);
  assay_poll_client_destroy(poll_client);
  assay_poll_client_destroy(nullptr);
  assay_poll_client_on_readable(nullptr);
  EXPECT_EQ(assay_poll_client_fd(nullptr), -1);
  EXPECT_EQ(assay_async_client_validate(nullptr, orders_, &token, 1, callback, nullptr), ASSAY_BAD_ARGUMENT);
  assay_async_client_destroy(nullptr);
}

// Options that this library cannot know all of it would silently not obey.
TEST_F(CApiTest, RefusesOptionsOfAnotherSize) {
  for (const size_t size : {size_t{0}, sizeof(assay_options) - 1, sizeof(assay_options) + 8}) {
    assay_options options = ASSAY_OPTIONS_INIT;
    options.size = size;
    EXPECT_EQ(assay_client_create(path().c_str(), &options), nullptr);
    EXPECT_EQ(assay_poll_client_create(path().c_str(), &options), nullptr);
    EXPECT_EQ(assay_async_client_create(path().c_str(), &options), nullptr);
  }
}

TEST_F(CApiTest, ValidatesOneAndMany) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  assay_client* client = assay_client_create(path().c_str(), &options_);
  ASSERT_EQ(assay_client_connect(client), ASSAY_OK);
  assay_request_require_scope(orders_, "orders.read");
  assay_request_require_scope(orders_, nullptr);  // not left out, for that would ask for less
  assay_request_want_claim(orders_, "/tenant");
  assay_verdict* verdict = nullptr;
  ASSERT_EQ(assay_client_validate(client, orders_, "accepted", 8, &verdict), ASSAY_OK) << assay_client_result(client)->text;
  EXPECT_EQ(assay_client_result(client)->status, ASSAY_OK);
  EXPECT_STREQ(assay_client_result(client)->text, "");
  EXPECT_TRUE(assay_verdict_accepted(verdict));
  EXPECT_EQ(assay_verdict_outcome(verdict), ASSAY_ACCEPTED);
  EXPECT_EQ(assay_verdict_code(verdict), 1);
  EXPECT_STREQ(assay_verdict_code_name(verdict), "accepted");
  EXPECT_STREQ(assay_verdict_error(verdict), "");
  EXPECT_EQ(assay_verdict_http_status(verdict), 200);
  EXPECT_TRUE(assay_verdict_signature_verified(verdict));
  EXPECT_EQ(assay_verdict_generation(verdict), 7U);
  EXPECT_EQ(assay_verdict_instance(verdict), test::kInstance);
  EXPECT_EQ(assay_verdict_valid_until(verdict), 2'000'000'000);
  EXPECT_EQ(assay_verdict_expires_at(verdict), 2'000'000'030);
  EXPECT_EQ(view(assay_verdict_oauth_server(verdict)), "corp");
  EXPECT_EQ(view(assay_verdict_kid(verdict)), "key-1");
  EXPECT_EQ(view(assay_verdict_subject(verdict)), "alice");
  EXPECT_EQ(view(assay_verdict_client_id(verdict)), "app");
  ASSERT_EQ(assay_verdict_scope_count(verdict), 2U);
  EXPECT_EQ(view(assay_verdict_scope(verdict, 1)), "orders.write");
  EXPECT_EQ(assay_verdict_scope(verdict, 2).data, nullptr);
  ASSERT_EQ(assay_verdict_claim_count(verdict), 1U);
  EXPECT_EQ(view(assay_verdict_claim_pointer(verdict, 0)), "/tenant");
  EXPECT_EQ(view(assay_verdict_claim_json(verdict, 0)), "\"a\"");
  EXPECT_EQ(view(assay_verdict_claim(verdict, "/tenant")), "\"a\"");
  EXPECT_EQ(assay_verdict_claim(verdict, "/other").data, nullptr);
  EXPECT_EQ(assay_www_authenticate(verdict, "orders", nullptr, nullptr, 0), 0U);
  assay_verdict_destroy(verdict);
  const assay_string tokens[] = {{"expired", 7}, {"accepted", 8}, {nullptr, 0}, {"key_refreshing", 14}};
  assay_verdict* verdicts[4];
  ASSERT_EQ(assay_client_validate_many(client, orders_, tokens, 4, verdicts), ASSAY_OK);
  EXPECT_STREQ(assay_verdict_code_name(verdicts[0]), "expired");
  EXPECT_TRUE(assay_verdict_accepted(verdicts[1]));
  EXPECT_FALSE(assay_verdict_accepted(verdicts[2]));
  EXPECT_EQ(assay_verdict_outcome(verdicts[3]), ASSAY_UNAVAILABLE);
  EXPECT_EQ(assay_verdict_retry_after_ms(verdicts[3]), 1'500U);
  EXPECT_EQ(assay_verdict_retry_after_s(verdicts[3]), 2U);
  EXPECT_EQ(assay_verdict_retry_after_ms(verdicts[1]), 0U);
  for (assay_verdict* each : verdicts) assay_verdict_destroy(each);
  uint64_t generation = 0;
  uint64_t instance = 0;
  EXPECT_EQ(assay_client_ping(client, &generation, &instance), ASSAY_OK);
  EXPECT_EQ(generation, 7U);
  EXPECT_EQ(instance, test::kInstance);
  assay_client_destroy(client);
  EXPECT_EQ(seen_.now().scopes, (std::vector<std::string>{"orders.read", ""}));
  EXPECT_EQ(seen_.now().claims, std::vector<std::string>{"/tenant"});
}

TEST_F(CApiTest, SaysWhatWentWrong) {
  options_.connect_timeout_ms = 0;
  assay_client* client = assay_client_create(path().c_str(), &options_);
  assay_verdict* verdict = reinterpret_cast<assay_verdict*>(this);
  EXPECT_EQ(assay_client_validate(client, orders_, "a", 1, &verdict), ASSAY_CANNOT_CONNECT);
  EXPECT_EQ(verdict, nullptr);
  EXPECT_EQ(assay_client_result(client)->system_errno, ENOENT);
  EXPECT_NE(std::string(assay_client_result(client)->text).find(path()), std::string::npos);
  assay_client_destroy(client);
  FakeDaemon daemon(path(), test::by_name(seen_));
  client = assay_client_create(path().c_str(), &options_);
  assay_request* other = assay_request_create("other");
  EXPECT_EQ(assay_client_validate(client, other, "accepted", 8, &verdict), ASSAY_DAEMON_ERROR);
  EXPECT_EQ(verdict, nullptr);
  EXPECT_EQ(assay_client_result(client)->daemon_error, static_cast<int>(DaemonError::unknown_api_service));
  uint64_t generation = 1;
  EXPECT_EQ(assay_client_ping(client, &generation, nullptr), ASSAY_OK);
  EXPECT_EQ(assay_client_result(client)->daemon_error, 0);
  assay_request_destroy(other);
  assay_client_destroy(client);
}

TEST_F(CApiTest, WritesAChallengeThatFitsOrNone) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  assay_client* client = assay_client_create(path().c_str(), &options_);
  assay_verdict* verdict = nullptr;
  ASSERT_EQ(assay_client_validate(client, orders_, "insufficient_scope", 18, &verdict), ASSAY_OK);
  Verdict same;
  same.code = Code::insufficient_scope;
  const std::string wanted = www_authenticate(same, "orders", "orders.read");
  char buffer[500];
  EXPECT_EQ(assay_www_authenticate(verdict, "orders", "orders.read", buffer, sizeof(buffer)), wanted.size());
  EXPECT_EQ(buffer, wanted);
  EXPECT_EQ(assay_www_authenticate(verdict, "orders", "orders.read", buffer, wanted.size() + 1), wanted.size());
  EXPECT_EQ(buffer, wanted);
  EXPECT_EQ(assay_www_authenticate(verdict, "orders", "orders.read", buffer, wanted.size()), wanted.size());
  EXPECT_STREQ(buffer, "");  // half a header is none
  EXPECT_EQ(assay_www_authenticate(verdict, "orders", "orders.read", nullptr, 0), wanted.size());
  assay_www_authenticate_no_token("orders", nullptr, buffer, sizeof(buffer));
  EXPECT_STREQ(buffer, "Bearer realm=\"orders\"");
  assay_verdict_destroy(verdict);
  assay_client_destroy(client);
}

// Told: what a callback was told, and that it was once.
struct Told {
  int times = 0;
  assay_status status = ASSAY_UNSET;
  std::vector<std::string> names;
  std::promise<void> done;

  static void callback(void* user, const assay_result* result, const assay_verdict* const* verdicts, size_t count) {
    Told& told = *static_cast<Told*>(user);
    ++told.times;
    told.status = result->status;
    for (size_t i = 0; i < count; ++i) told.names.emplace_back(assay_verdict_code_name(verdicts[i]));
    told.done.set_value();
  }
};

TEST_F(CApiTest, ValidatesInAnEventLoop) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  assay_poll_client* client = assay_poll_client_create(path().c_str(), &options_);
  Told told;
  const assay_string tokens[] = {{"expired", 7}, {"accepted", 8}};
  ASSERT_EQ(assay_poll_client_validate(client, orders_, tokens, 2, Told::callback, &told), ASSAY_OK);
  while (told.times == 0) {
    pollfd entry{assay_poll_client_fd(client), POLLIN, 0};
    ::poll(&entry, 1, 1000);
    assay_poll_client_on_readable(client);
  }
  EXPECT_EQ(told.status, ASSAY_OK);
  EXPECT_EQ(told.names, (std::vector<std::string>{"expired", "accepted"}));
  Told cancelled;
  ASSERT_EQ(assay_poll_client_validate(client, orders_, tokens, 1, Told::callback, &cancelled), ASSAY_OK);
  assay_poll_client_destroy(client);
  EXPECT_EQ(cancelled.times, 1);
  EXPECT_EQ(cancelled.status, ASSAY_CANCELLED);
  EXPECT_TRUE(cancelled.names.empty());
}

TEST_F(CApiTest, ValidatesOnAThread) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  assay_async_client* client = assay_async_client_create(path().c_str(), &options_);
  Told told;
  std::future<void> done = told.done.get_future();
  const assay_string token{"accepted", 8};
  ASSERT_EQ(assay_async_client_validate(client, orders_, &token, 1, Told::callback, &told), ASSAY_OK);
  ASSERT_EQ(done.wait_for(test::kPatience), std::future_status::ready);
  EXPECT_EQ(told.status, ASSAY_OK);
  EXPECT_EQ(told.names, std::vector<std::string>{"accepted"});
  assay_async_client_destroy(client);
}

}  // namespace
}  // namespace assay
