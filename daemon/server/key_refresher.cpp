// Nothing here waits. An order goes out when the schedule says so; its answer comes whenever it comes; a set goes to the deployer like any other change, and what the schedule
// makes of it, it learns once every worker judges by it: so no token is refused for a kid that a set on its way has.
#include "server/key_refresher.h"

#include <algorithm>
#include <utility>

#include "loop/callback.h"

namespace assay::server {
namespace {

// The disk need not know each confirmation: after a restart keys may look older than they are by this part of the time that they serve.
constexpr std::int64_t kKeptPerLife = 24;

}  // namespace

KeyRefresher::KeyRefresher(loop::Loop& main, KeyRefresherParts parts)
    : clock_(parts.clock),
      log_(parts.log),
      deployer_(parts.deployer),
      schedule_(parts.jitter_seed),
      socket_(main, {.clock = clock_, .log = log_, .listener = *this}),
      timer_(main, loop::bind<&KeyRefresher::on_time>(this)) {
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
    if (const auto before = known_.find(id); before != known_.end() && before->second.signals == known.signals) known.answer_until_ms = before->second.answer_until_ms;
  }
  known_ = std::move(next);
  schedule_.set_sources(setups, now());
  for (auto asked = asked_.begin(); asked != asked_.end();) {
    if (known_.contains(asked->first)) {
      ++asked;
      continue;
    }
    const auto gone = asked_.extract(asked++);
    for (const Asked& one : gone.mapped()) {
      answer(one.ticket, {.failure = "no OAuth server in force has this source any more", .outcome = {}});
    }
  }
}

void KeyRefresher::on_publish(const snapshot::Snapshot& snapshot, const StateReport& report) noexcept {
  take_up(snapshot, report);
  proceed();
}

// proceed(): to be called after whatever has happened: gives the orders that are due, tells log and workers, and sets the timer for what comes next.
void KeyRefresher::proceed() {
  if (draining_) return;
  const sources::Moment at = now();
  const std::vector<sources::Order> orders = schedule_.take_orders(at);
  if (!orders.empty()) {
    last_order_ = orders.back().number;
    socket_.give(orders);
  }
  log_notes();
  std::uint64_t next_ms = schedule_.next_event(at);
  for (auto& [id, known] : known_) {
    known.signals->set_keys_stale(schedule_.is_stale(id, at));
    if (known.answer_until_ms == 0) continue;
    answer_unknown_kids(id, known, at);
    if (known.answer_until_ms != 0) next_ms = std::min(next_ms, known.answer_until_ms);
  }
  timer_.start(next_ms > at.boot_ms ? next_ms - at.boot_ms : 0);
}

void KeyRefresher::on_time() noexcept { proceed(); }

// What is said is good until then, or until something happens; after that the next such token asks again.
void KeyRefresher::answer_unknown_kids(const snapshot::SourceId& id, Known& known, const sources::Moment& now) {
  if (known.answer_until_ms <= now.boot_ms && known.answer_until_ms != 0) {
    known.answer_until_ms = 0;
    return known.signals->answer_by_asking();
  }
  const sources::UnknownKidAnswer answer = schedule_.answer_for_unknown_kid(id, now);
  const bool is_refused = answer.kind == sources::UnknownKidAnswer::Kind::refused;
  is_refused ? known.signals->answer_refused() : known.signals->answer_retry(answer.ms);
  known.answer_until_ms = now.boot_ms + std::max<std::uint64_t>(answer.ms, 1);
}

void KeyRefresher::on_unknown_kids() noexcept {
  if (draining_) return;
  const sources::Moment at = now();
  bool has_asked = false;
  for (auto& [id, known] : known_) {
    if (!known.signals->take_asked()) continue;
    has_asked = true;
    schedule_.unknown_kid(id, at);
    known.answer_until_ms = 0;
    answer_unknown_kids(id, known, at);
  }
  if (has_asked) proceed();
}

ErrorCode KeyRefresher::refresh(const snapshot::SourceId& source, std::uint64_t ticket) {
  if (draining_) return ErrorCode::shutting_down;
  if (!schedule_.has_fetcher()) return ErrorCode::no_fetcher;
  if (!schedule_.refresh(source, now())) return ErrorCode::bad_key_source;
  asked_[source].push_back({ticket, last_order_});
  proceed();
  return ErrorCode::unset;
}

void KeyRefresher::pushed(const snapshot::SourceId& source) {
  schedule_.pushed(source, now());
  proceed();
}

void KeyRefresher::drain() noexcept {
  draining_ = true;
  timer_.stop();
  asked_.clear();
  socket_.close();
}

void KeyRefresher::on_fetcher_connected() noexcept {
  schedule_.fetcher_connected(now());
  proceed();
}

void KeyRefresher::on_fetcher_gone() noexcept {
  schedule_.fetcher_gone(now());
  for (const auto& [source, all] : std::exchange(asked_, {})) {
    for (const Asked& one : all) {
      answer(one.ticket, {.failure = "assay-fetch is gone", .outcome = {}});
    }
  }
  proceed();
}

// must_keep(source, at_s): whether the disk is to know that the source's set was confirmed then.
bool KeyRefresher::must_keep(const snapshot::SourceId& source, std::int64_t at_s) const {
  const auto found = known_.find(source);
  return found != known_.end() && at_s - found->second.kept_at_s >= static_cast<std::int64_t>(found->second.rules.stale_max_s) / kKeptPerLife;
}

void KeyRefresher::on_answer(const FetchAnswerView& answer) noexcept {
  const auto arrival = schedule_.arrived(answer.number);
  if (!arrival) return;  // late: the schedule has given it up, or the daemon never asked
  const sources::Moment at = now();
  switch (answer.kind) {
    case FetchAnswerView::Kind::unset:
    case FetchAnswerView::Kind::failed:
      schedule_.failed(answer.number, {std::string(answer.reason), answer.retry_after_s}, at);
      ended_without_set(arrival->source, answer.number);
      break;
    case FetchAnswerView::Kind::not_modified:
      schedule_.not_modified(answer.number, answer.max_age_s, at);
      if (const auto report = schedule_.report(arrival->source, at); report && report->consecutive_failures == 0 && must_keep(arrival->source, arrival->ordered.real_s)) {
        deployer_.change(*this, 0, ConfirmedRequest{.source = arrival->source, .asked_at_s = arrival->ordered.real_s});
      }
      ended_without_set(arrival->source, answer.number);
      break;
    case FetchAnswerView::Kind::fetched:
      arrived_[answer.number] = {.source = arrival->source, .etag = std::string(answer.etag.substr(0, limits::kEtagBytesMax + 1)), .max_age_s = answer.max_age_s};
      deployer_.change(*this, answer.number,
                       FetchedRequest{.source = arrival->source,
                                      .jwks = std::string(answer.jwks),
                                      .etag = answer.etag.size() <= limits::kEtagBytesMax ? std::string(answer.etag) : std::string(),
                                      .asked_at_s = arrival->ordered.real_s,
                                      .keep = must_keep(arrival->source, arrival->ordered.real_s)});
      return;
  }
  proceed();
}

void KeyRefresher::on_change_done(std::uint64_t number, const Outcome& outcome) noexcept {
  const auto arrived = arrived_.extract(number);
  if (arrived.empty()) return;
  const auto& [source, etag, max_age_s] = arrived.mapped();
  if (outcome.error != ErrorCode::unset) {
    schedule_.failed(number, {outcome.error_text, std::nullopt}, now());
  } else {
    schedule_.fetched(number, {.etag = etag, .max_age_s = max_age_s, .usable = true, .changed = outcome.changed}, now());
  }
  log_notes();
  log_changes(outcome, log_);
  ended(source, number, {.failure = outcome.error != ErrorCode::unset ? outcome.error_text : std::string(), .outcome = outcome});
  proceed();
}

void KeyRefresher::on_change_dropped(std::uint64_t number) noexcept { arrived_.erase(number); }

// ended_without_set(source, number): what it came to, the schedule knows.
void KeyRefresher::ended_without_set(const snapshot::SourceId& source, std::uint64_t number) {
  if (!asked_.contains(source)) return;
  Refreshed refreshed;
  if (const auto report = schedule_.report(source, now()); !report || report->consecutive_failures > 0) refreshed.failure = report ? report->last_error : "the source is gone";
  ended(source, number, refreshed);
}

void KeyRefresher::ended(const snapshot::SourceId& source, std::uint64_t number, const Refreshed& refreshed) {
  const auto asked = asked_.find(source);
  if (asked == asked_.end()) return;
  std::vector<Asked> answered;
  std::erase_if(asked->second, [&](const Asked& one) {
    const bool is_answered = one.after_order < number;
    if (is_answered) answered.push_back(one);
    return is_answered;
  });
  if (asked->second.empty()) asked_.erase(asked);
  for (const Asked& one : answered) answer(one.ticket, refreshed);
}

// answer(ticket, refreshed): names what is in force, unless a change has.
void KeyRefresher::answer(std::uint64_t ticket, Refreshed refreshed) const {
  if (refreshed.outcome.instance == 0) {
    refreshed.outcome.instance = deployer_.current().instance();
    refreshed.outcome.generation = deployer_.current().generation();
  }
  if (refresh_listener_ != nullptr) refresh_listener_->on_refreshed(ticket, refreshed);
}

std::string KeyRefresher::describe(const snapshot::SourceId& id) const {
  std::string names;
  if (const auto known = known_.find(id); known != known_.end()) {
    for (const std::string& name : known->second.oauth_servers) names += (names.empty() ? "" : ", ") + base::printable(name);
  }
  return fmt::format("OAuth server {} ({})", names.empty() ? "-" : names, base::printable(id.url.substr(0, id.url.find('?')), 256));
}

bool KeyRefresher::has_serving_keys(const snapshot::SourceId& id) const {
  const auto report = schedule_.report(id, now());
  return report && report->fetched_at_s && report->state != sources::SourceState::stale;
}

void KeyRefresher::log_notes() {
  for (const sources::Note& note : schedule_.take_notes()) {
    switch (note.kind) {
      case sources::Note::Kind::unset: break;
      case sources::Note::Kind::fetched: log_.info("keys fetched: {}", describe(note.source)); break;
      case sources::Note::Kind::failed:
        log_.warning("fetch failed: {}: {}; {}", describe(note.source), note.reason, has_serving_keys(note.source) ? "keys in hand serve on" : "no keys are in hand that serve");
        break;
      case sources::Note::Kind::stale: log_.alarm("keys too old: {}: tokens are unavailable until a fetch succeeds or keys are pushed", describe(note.source)); break;
      case sources::Note::Kind::recovered: log_.info("keys recovered: {}", describe(note.source)); break;
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
