// Nothing here waits. An order goes out when the schedule says so; its answer comes whenever it comes; a set goes to the deployer like any other change, and what the schedule
// makes of it, it learns once every worker judges by it: so no token is refused for a kid that a set on its way has.
#include "server/key_refresher.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "loop/callback.h"

namespace assay::server {
namespace {

// The disk need not know each confirmation: after a restart keys may look older than they are by this part of the time that they serve.
constexpr std::int64_t kKeptPerLife = 24;

// While there are sources, the schedule is looked at so often at the least.
constexpr std::uint64_t kLookMs = 5'000;

// without_query(url): for the log; a query may hold what only the issuer is to know.
std::string_view without_query(std::string_view url) { return url.substr(0, url.find('?')); }

}  // namespace

KeyRefresher::KeyRefresher(loop::Loop& main, KeyRefresherParts parts)
    : clock_(parts.clock),
      log_(parts.log),
      deployer_(parts.deployer),
      schedule_(parts.jitter_seed),
      socket_(main, {.clock = clock_, .log = log_, .listener = *this}),
      timer_(main, loop::bind<&KeyRefresher::look>(this)) {
  take_up(parts.snapshot, parts.report);
  proceed();
  deployer_.set_publish_listener(this);
}

KeyRefresher::~KeyRefresher() {
  deployer_.set_publish_listener(nullptr);
  deployer_.forget(*this);
}

void KeyRefresher::take_up(const snapshot::Snapshot& snapshot, const StateReport& report) {
  std::map<snapshot::SourceId, Known> next;
  std::map<snapshot::SourceId, sources::SourceSetup> setups;
  for (const auto& server : snapshot.oauth_servers()) {
    if (!server->settings->key_source.is_url()) continue;
    snapshot::SourceId id = snapshot::source_id(server->settings->key_source);
    const auto [entry, is_new] = next.try_emplace(std::move(id));
    Known& known = entry->second;
    known.rules = is_new ? server->settings->fetch_rules : snapshot::merge(known.rules, server->settings->fetch_rules);
    known.signals = server->signals;
    if (std::ranges::find(known.oauth_servers, server->name) == known.oauth_servers.end()) known.oauth_servers.push_back(server->name);
  }
  for (auto& [id, known] : next) {
    sources::SourceSetup& setup = setups[id];
    setup.rules = known.rules;
    if (const auto held = report.state.sources.find(id); held != report.state.sources.end()) {
      known.kept_at_s = held->second->checked_at_s;
      setup.stored = sources::StoredKeys{held->second->checked_at_s, held->second->etag};
    }
    const auto before = known_.find(id);
    if (before != known_.end() && before->second.signals == known.signals) known.answer_until_ms = before->second.answer_until_ms;
    else known.signals->answer_by_asking();  // a source that was away for a moment finds what it said before
  }
  known_ = std::move(next);
  const sources::Moment at = now();
  schedule_.set_sources(setups, at);
  for (auto& [id, known] : known_) known.signals->set_keys_stale(schedule_.is_stale(id, at));
  std::vector<std::uint64_t> tickets;
  std::erase_if(waiting_, [&](const auto& waiting) {
    if (known_.contains(waiting.first)) return false;
    for (const Waiting& one : waiting.second) tickets.push_back(one.ticket);
    return true;
  });
  answer(tickets, {.failure = "no OAuth server in force has this source any more", .outcome = {}});
}

void KeyRefresher::on_publish(const snapshot::Snapshot& snapshot, const StateReport& report) noexcept {
  take_up(snapshot, report);
  proceed();
}

// proceed(): to be called after whatever has happened, as the last act: gives the orders that are due, tells log, workers and operators, and sets the timer for what comes next.
void KeyRefresher::proceed() {
  if (draining_) return;
  const sources::Moment at = now();
  const std::vector<sources::Order> orders = schedule_.take_orders(at);
  if (!orders.empty()) last_order_ = orders.back().number;
  take_notes();
  std::uint64_t next_ms = schedule_.next_event(at);
  for (auto& entry : known_) {
    Known& known = entry.second;
    if (known.answer_until_ms == 0) continue;
    if (known.answer_until_ms <= at.boot_ms) {
      known.answer_until_ms = 0;
      known.signals->answer_by_asking();
    } else {
      next_ms = std::min(next_ms, known.answer_until_ms);
    }
  }
  // The timer's clock stands still while the host sleeps, and a step of the other one tells nobody.
  if (!known_.empty()) next_ms = std::min(next_ms, at.boot_ms + kLookMs);
  timer_.start(next_ms > at.boot_ms ? next_ms - at.boot_ms : 0);
  // From here on others are called, who may call back.
  for (const sources::GivenUp& order : schedule_.take_given_up()) answer(take_waiting(order.source, order.number), without_set(order.source));
  if (!orders.empty()) socket_.give(orders);
}

// What is said is good until then, or until something happens to the source; after that the next such token asks again.
void KeyRefresher::answer_unknown_kids(const snapshot::SourceId& id, Known& known, const sources::Moment& now) {
  const sources::UnknownKidAnswer answer = schedule_.answer_for_unknown_kid(id, now);
  const bool is_refused = answer.kind == sources::UnknownKidAnswer::Kind::refused;
  is_refused ? known.signals->answer_refused() : known.signals->answer_retry(answer.ms);
  known.answer_until_ms = now.boot_ms + std::max<std::uint64_t>(answer.ms, 1);
}

// answer_unknown_kids_again(id, now): something has happened to the source.
void KeyRefresher::answer_unknown_kids_again(const snapshot::SourceId& id, const sources::Moment& now) {
  if (const auto found = known_.find(id); found != known_.end() && found->second.answer_until_ms != 0) answer_unknown_kids(id, found->second, now);
}

void KeyRefresher::on_unknown_kids() noexcept {
  if (draining_) return;
  const sources::Moment at = now();
  bool has_asked = false;
  for (auto& [id, known] : known_) {
    if (!known.signals->take_asked()) continue;
    has_asked = true;
    schedule_.unknown_kid(id, at);
    answer_unknown_kids(id, known, at);
  }
  if (has_asked) proceed();
}

ErrorCode KeyRefresher::refresh(const snapshot::SourceId& source, std::uint64_t ticket) {
  if (draining_) return ErrorCode::shutting_down;
  if (!schedule_.has_fetcher()) return ErrorCode::no_fetcher;
  if (!schedule_.refresh(source, now())) return ErrorCode::bad_key_source;
  waiting_[source].push_back({ticket, last_order_});
  proceed();
  return ErrorCode::unset;
}

void KeyRefresher::pushed(const snapshot::SourceId& source) {
  const sources::Moment at = now();
  if (is_held(source)) schedule_.pushed(source, at);
  answer_unknown_kids_again(source, at);
  proceed();
}

// is_held(source): whether the ledger still has a set of it: it may have left, and come again, since.
bool KeyRefresher::is_held(const snapshot::SourceId& source) const { return deployer_.report().state.sources.contains(source); }

void KeyRefresher::drain() noexcept {
  draining_ = true;
  timer_.stop();
  waiting_.clear();
  socket_.close();
}

void KeyRefresher::on_fetcher_connected() noexcept {
  schedule_.fetcher_connected(now());
  proceed();
}

void KeyRefresher::on_fetcher_gone() noexcept {
  schedule_.fetcher_gone(now());
  // Whose answer has come is told what becomes of it.
  std::vector<std::uint64_t> tickets;
  for (auto& waiting : waiting_) {
    std::erase_if(waiting.second, [&](const Waiting& one) {
      const bool has_come = std::ranges::any_of(arrived_, [&](const auto& arrived) { return arrived.second.source == waiting.first && arrived.first > one.after_order; });
      if (!has_come) tickets.push_back(one.ticket);
      return !has_come;
    });
  }
  std::erase_if(waiting_, [](const auto& waiting) { return waiting.second.empty(); });
  proceed();
  answer(tickets, {.failure = "assay-fetch is gone", .outcome = {}});
}

// must_keep(source, at_s): whether the disk is to know that the source's set was confirmed then. It counts as told.
bool KeyRefresher::must_keep(const snapshot::SourceId& source, std::int64_t at_s) {
  const auto found = known_.find(source);
  if (found == known_.end()) return false;
  const std::int64_t since_s = at_s - found->second.kept_at_s;
  const bool must = since_s < 0 || since_s >= static_cast<std::int64_t>(found->second.rules.stale_max_s) / kKeptPerLife;
  if (must) found->second.kept_at_s = at_s;
  return must;
}

void KeyRefresher::on_answer(const FetchAnswerView& answer) noexcept {
  const auto arrival = schedule_.arrived(answer.number);
  if (!arrival) return;  // late: the schedule has given it up, or the daemon never asked
  const sources::Moment at = now();
  switch (answer.kind) {
    case FetchAnswerView::Kind::unset:
    case FetchAnswerView::Kind::failed:
      schedule_.failed(answer.number, {answer.reason.empty() ? "assay-fetch gives no reason" : std::string(answer.reason), answer.retry_after_s}, at);
      break;
    case FetchAnswerView::Kind::not_modified:
      schedule_.not_modified(answer.number, answer.max_age_s, at);
      if (const auto report = schedule_.report(arrival->source, at); report && report->consecutive_failures == 0 && must_keep(arrival->source, arrival->ordered.real_s)) {
        deployer_.change(*this, 0, ConfirmedRequest{.source = arrival->source, .asked_at_s = arrival->ordered.real_s});
      }
      break;
    case FetchAnswerView::Kind::fetched: {
      const std::string etag(answer.etag.size() <= limits::kEtagBytesMax ? answer.etag : std::string_view());
      arrived_[answer.number] = {.source = arrival->source, .etag = etag, .max_age_s = answer.max_age_s};
      deployer_.change(*this, answer.number,
                       FetchedRequest{.source = arrival->source,
                                      .jwks = std::string(answer.jwks),
                                      .etag = etag,
                                      .asked_at_s = arrival->ordered.real_s,
                                      .keep = must_keep(arrival->source, arrival->ordered.real_s)});
      return;
    }
  }
  answer_unknown_kids_again(arrival->source, at);
  const std::vector<std::uint64_t> tickets = take_waiting(arrival->source, answer.number);
  const Refreshed refreshed = without_set(arrival->source);
  proceed();
  this->answer(tickets, refreshed);
}

void KeyRefresher::on_change_done(std::uint64_t number, const Outcome& outcome) noexcept {
  const auto arrived = arrived_.extract(number);
  if (arrived.empty()) return;
  const auto& [source, etag, max_age_s] = arrived.mapped();
  const sources::Moment at = now();
  std::string failure;
  if (outcome.error != ErrorCode::unset) {
    failure = outcome.error_text;
    std::string reason = failure;
    for (const jose::SkippedKey& key : outcome.skipped) reason += fmt::format("; keys/{}: {}", key.index, key.reason);
    schedule_.failed(number, {std::move(reason), std::nullopt}, at);
  } else if (!is_held(source)) {
    failure = "the source was replaced meanwhile";
    schedule_.failed(number, {failure, std::nullopt}, at);
  } else {
    schedule_.fetched(number, {.etag = etag, .max_age_s = max_age_s, .usable = true, .changed = outcome.changed}, at);
  }
  answer_unknown_kids_again(source, at);
  const std::vector<std::uint64_t> tickets = take_waiting(source, number);
  take_notes();
  log_changes(outcome, log_);
  proceed();
  answer(tickets, {.failure = std::move(failure), .outcome = outcome});
}

void KeyRefresher::on_change_dropped(std::uint64_t number) noexcept { arrived_.erase(number); }

// without_set(source): what a fetch came to that brought no set, or none that anybody needs to look at: the schedule knows.
Refreshed KeyRefresher::without_set(const snapshot::SourceId& source) const {
  const auto report = schedule_.report(source, now());
  Refreshed refreshed;
  if (!report) refreshed.failure = "no OAuth server in force has this source any more";
  else if (report->consecutive_failures > 0) refreshed.failure = report->last_error;
  return refreshed;
}

// take_waiting(source, number): the tickets of those whom the end of this order answers.
std::vector<std::uint64_t> KeyRefresher::take_waiting(const snapshot::SourceId& source, std::uint64_t number) {
  std::vector<std::uint64_t> tickets;
  const auto waiting = waiting_.find(source);
  if (waiting == waiting_.end()) return tickets;
  std::erase_if(waiting->second, [&](const Waiting& one) {
    if (one.after_order >= number) return false;
    tickets.push_back(one.ticket);
    return true;
  });
  if (waiting->second.empty()) waiting_.erase(waiting);
  return tickets;
}

// answer(tickets, refreshed): names what is in force, unless a change has. Whoever is told may ask again within the call.
void KeyRefresher::answer(const std::vector<std::uint64_t>& tickets, Refreshed refreshed) const {
  if (refreshed.outcome.instance == 0) {
    refreshed.outcome.instance = deployer_.current().instance();
    refreshed.outcome.generation = deployer_.current().generation();
  }
  for (const std::uint64_t ticket : tickets) {
    if (refresh_listener_ != nullptr) refresh_listener_->on_refreshed(ticket, refreshed);
  }
}

std::string KeyRefresher::describe(const snapshot::SourceId& id) const {
  std::string names;
  if (const auto known = known_.find(id); known != known_.end()) {
    const auto& all = known->second.oauth_servers;
    for (const std::string& name : all | std::views::take(limits::kNamesLoggedMax)) names += (names.empty() ? "" : ", ") + base::printable(name);
    if (all.size() > limits::kNamesLoggedMax) names += fmt::format(" and {} more", all.size() - limits::kNamesLoggedMax);
  }
  return fmt::format("OAuth server {} ({})", names.empty() ? "-" : names, base::printable(without_query(id.url), 256));
}

// fields_of(id): a source may be that of many OAuth servers, and an entry of the journal has at most a thousand fields.
std::vector<base::LogField> KeyRefresher::fields_of(const snapshot::SourceId& id) const {
  std::vector<base::LogField> fields{{"URL", without_query(id.url)}};
  if (const auto known = known_.find(id); known != known_.end()) {
    for (const std::string& name : known->second.oauth_servers | std::views::take(limits::kNamesLoggedMax)) fields.emplace_back("OAUTH_SERVER", name);
  }
  return fields;
}

bool KeyRefresher::has_serving_keys(const snapshot::SourceId& id) const {
  const auto report = schedule_.report(id, now());
  return report && report->fetched_at_s && report->state != sources::SourceState::stale;
}

// take_notes(): for the log, and for the workers what they say of keys that serve or do so no more.
void KeyRefresher::take_notes() {
  for (const sources::Note& note : schedule_.take_notes()) {
    if (const auto known = known_.find(note.source); known != known_.end()) known->second.signals->set_keys_stale(schedule_.is_stale(note.source, now()));
    switch (note.kind) {
      case sources::Note::Kind::unset: break;
      case sources::Note::Kind::fetched: log_.event(base::Event::keys_fetched, fields_of(note.source), "keys fetched: {}", describe(note.source)); break;
      case sources::Note::Kind::failed: {
        std::vector<base::LogField> fields = fields_of(note.source);
        fields.emplace_back("REASON", note.reason);
        log_.event(base::Event::fetch_failed, fields, "fetch failed: {}: {}; {}", describe(note.source), note.reason,
                   has_serving_keys(note.source) ? "keys in hand serve on" : "no keys are in hand that serve");
        break;
      }
      case sources::Note::Kind::stale:
        log_.event(base::Event::keys_stale, fields_of(note.source), "keys too old: {}: tokens are unavailable until a fetch succeeds or keys are pushed", describe(note.source));
        break;
      case sources::Note::Kind::recovered: log_.event(base::Event::keys_recovered, fields_of(note.source), "keys recovered: {}", describe(note.source)); break;
    }
  }
}

void KeyRefresher::add_figures(StatusFigures& figures) const {
  const sources::Moment at = now();
  figures.fetcher_connected = schedule_.has_fetcher();
  ProblemNames failing, stale;
  for (const auto& [id, known] : known_) {
    auto report = schedule_.report(id, at);
    if (!report) continue;
    for (const std::string& name : known.oauth_servers) {
      if (report->state == sources::SourceState::stale) stale.add(name);
      else if (report->consecutive_failures > 0) failing.add(name);
    }
    figures.sources.emplace(id, *std::move(report));
  }
  stale.say(Problem::Severity::alarm, "keys are too old, tokens are unavailable, of OAuth servers", figures.problems);
  failing.say(Problem::Severity::warning, "the last fetch of keys failed, of OAuth servers", figures.problems);
  if (!known_.empty() && !schedule_.has_fetcher()) {
    figures.problems.push_back({Problem::Severity::warning, "assay-fetch is not connected: no keys are fetched"});
  }
}

}  // namespace assay::server
