// A source has one regular try, whose time follows from the last answer: ahead of the end of freshness after a good one, by growing pauses after a bad one. Beside it stand the
// tries that unknown kids cause and those that an operator asks for. What is due first is done first, and any answer counts, whoever caused it.
//
// Nothing here depends on the real-time clock but the age of the keys, and the age causes at most one try: when it ends the keys' time.
#include "sources/source.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace assay::sources {
namespace {

// RFC 9110 section 8.8.3: entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE, here in ASCII. It is going to stand in the header of a request, so nothing else may; "" is no tag.
std::string usable_etag(std::string_view etag) {
  std::string_view quoted = etag;
  if (quoted.starts_with("W/")) quoted.remove_prefix(2);
  const bool is_quoted = quoted.size() >= 2 && quoted.front() == '"' && quoted.back() == '"';
  if (!is_quoted || etag.size() > limits::kEtagBytesMax) return {};
  quoted = quoted.substr(1, quoted.size() - 2);
  return std::ranges::all_of(quoted, [](char c) { return c > 0x20 && c < 0x7F && c != '"'; }) ? std::string(etag) : std::string();
}

}  // namespace

Source::Source(snapshot::SourceId id, const SourceSetup& setup, std::size_t count, const Moment& now, Surroundings& around)
    : id_(std::move(id)), around_(around), rules_(setup.rules) {
  if (setup.stored) {
    const std::int64_t checked_at_s = setup.stored->checked_at_s;
    held_ = Held{now, real_elapsed_ms(checked_at_s, now.real_s), checked_at_s, std::nullopt, usable_etag(setup.stored->etag)};
  }
  regular_ms_ = std::max(regular_ms(now), spread_ms(count, now));
}

// Freshness ends before the keys' time does, whatever the rules are.
std::uint64_t Source::fresh_ms() const noexcept {
  const std::uint64_t said_s = held_->max_age_s.value_or(limits::kFreshS);
  return std::min({std::max(said_s, rules_.refresh_min_s), rules_.refresh_max_s, rules_.stale_max_s}) * 1000;
}

// regular_ms(now): of a source that is not failing.
std::uint64_t Source::regular_ms(const Moment& now) {
  if (!held_) return now.boot_ms;
  const std::uint64_t percent = limits::kRefreshPercentMin * 1000 + around_.jitter.up_to((limits::kRefreshPercentMax - limits::kRefreshPercentMin) * 1000);
  const std::uint64_t due_at_age_ms = fresh_ms() / 1000 * percent / 100;
  const std::uint64_t age_ms = held_->age_ms(now);
  return now.boot_ms + (due_at_age_ms > age_ms ? due_at_age_ms - age_ms : 0);
}

std::uint64_t Source::spread_ms(std::size_t count, const Moment& now) {
  const bool serves = held_ && !is_stale(now);
  return now.boot_ms + around_.jitter.up_to((count - 1) * (serves ? limits::kSpreadServedMs : limits::kSpreadWantedMs));
}

std::uint64_t Source::backoff_ms() {
  const std::uint64_t doublings = std::min<std::uint64_t>(failures_ + losses_ - 1, 32);
  const std::uint64_t whole_ms = std::min(limits::kBackoffMs << doublings, limits::kBackoffMaxMs);
  return whole_ms / 2 + around_.jitter.up_to(whole_ms / 2);
}

void Source::note(Note::Kind kind, std::string reason) { around_.notes.push_back({kind, id_, std::move(reason)}); }

void Source::set_rules(const FetchRules& rules, const Moment& now) {
  if (rules == rules_) return;
  rules_ = rules;
  if (held_ && !is_failing()) regular_ms_ = regular_ms(now);
}

void Source::spread(std::size_t count, const Moment& now) {
  if (due_ms() == regular_ms_) regular_ms_ = spread_ms(count, now);
}

void Source::look(std::size_t count, const Moment& now) {
  const bool stale = is_stale(now);
  if (stale == stale_noted_) return;
  stale_noted_ = stale;
  note(stale ? Note::Kind::stale : Note::Kind::recovered);
  // It may be the clock that stepped: then the regular try, which runs by the other one, is far away.
  if (stale && !is_failing()) regular_ms_ = std::min(regular_ms_, spread_ms(count, now));
}

std::string Source::take(const Moment& now) {
  asked_ms_.reset();
  kid_tries_.took(now.boot_ms);
  return held_ ? held_->etag : std::string();
}

void Source::confirm(Held held, const Moment& now) {
  held_ = std::move(held);
  if (failures_ > 0 || stale_noted_) note(Note::Kind::recovered);
  failures_ = 0;
  losses_ = 0;
  held_back_until_ms_ = 0;
  stale_noted_ = false;
  regular_ms_ = std::max(regular_ms(now), now.boot_ms + limits::kRegularPauseMs);
}

void Source::fetched(const FetchedSet& set, const Moment& ordered, const Moment& now) {
  if (!set.usable) return failed({"the set has no key that can be used", std::nullopt}, now);
  const bool differs = !held_ || set.changed;
  ++(differs ? fetches_changed_ : fetches_unchanged_);
  if (differs) {
    kid_tries_.end();
    note(Note::Kind::fetched);
  }
  confirm(Held{ordered, 0, ordered.real_s, set.max_age_s, usable_etag(set.etag)}, now);
}

void Source::not_modified(std::string_view asked_etag, std::optional<std::uint64_t> max_age_s, const Moment& ordered, const Moment& now) {
  // What was confirmed is the set with the tag that was sent, and a push may have replaced that meanwhile.
  if (!held_ || asked_etag.empty() || held_->etag != asked_etag) return failed({"not modified (304), but the set that was asked about is not in hand", std::nullopt}, now);
  ++fetches_unchanged_;
  confirm(Held{ordered, 0, ordered.real_s, max_age_s, std::move(held_->etag)}, now);
}

void Source::failed(const FetchFailure& failure, const Moment& now) {
  ++failures_;
  ++fetches_failed_;
  last_error_ = base::printable(failure.reason, limits::kFetchReasonBytesMax, base::Blanks::kept);
  failed_at_s_ = now.real_s;
  if (failures_ == 1) note(Note::Kind::failed, last_error_);
  regular_ms_ = now.boot_ms + backoff_ms();
  if (failure.retry_after_s) {
    held_back_until_ms_ = now.boot_ms + std::min(*failure.retry_after_s, rules_.refresh_max_s) * 1000;
    kid_tries_.end();
  }
  regular_ms_ = std::max(regular_ms_, held_back_until_ms_);
}

// It may have been this source's answer that assay-fetch died of. So the next try comes soon, but the more often it happens the later.
void Source::lost(const Moment& now) {
  ++losses_;
  regular_ms_ = std::max(now.boot_ms + backoff_ms(), held_back_until_ms_);
}

// can_try_kid_ms(): from when on an unknown kid makes a try due; never, as long as some are planned.
std::uint64_t Source::can_try_kid_ms() const noexcept {
  return kid_tries_.next_ms() == KidTries::kNever ? std::max(kid_tries_.token_ms(), held_back_until_ms_) : KidTries::kNever;
}

bool Source::unknown_kid(const Moment& now) {
  // Without keys every kid is unknown, and the regular try is on its way.
  return held_ && can_try_kid_ms() <= now.boot_ms && kid_tries_.begin(now.boot_ms);
}

void Source::ask(const Moment& now) {
  if (!asked_ms_) asked_ms_ = now.boot_ms;
}

void Source::pushed(const Moment& now) {
  held_ = Held{now, 0, now.real_s, std::nullopt, {}};
  kid_tries_.end();
  if (!is_failing()) regular_ms_ = regular_ms(now);
}

std::uint64_t Source::due_ms() const noexcept { return std::min({regular_ms_, kid_tries_.next_ms(), asked_ms_.value_or(KidTries::kNever)}); }

std::optional<std::uint64_t> Source::stale_in_ms(const Moment& now) const noexcept {
  if (!held_) return std::nullopt;
  const std::uint64_t age_ms = held_->age_ms(now);
  return age_ms < stale_ms() ? stale_ms() - age_ms : 0;
}

UnknownKidAnswer Source::answer_for_unknown_kid(const Moment& now, bool is_fetching, bool has_fetcher) const noexcept {
  const std::uint64_t now_ms = now.boot_ms;
  const std::uint64_t age_ms = held_ ? held_->age_ms(now) : limits::kYoungMs;
  const bool is_planned = kid_tries_.next_ms() != KidTries::kNever;
  // The kid that is answered makes a try due itself, as soon as one can be had.
  const std::uint64_t next_ms = is_fetching ? now_ms : held_ ? std::min(due_ms(), can_try_kid_ms()) : due_ms();
  const std::uint64_t wait_ms = next_ms > now_ms ? next_ms - now_ms : 0;
  if (age_ms < limits::kYoungMs && !is_stale(now) && !is_planned && wait_ms > 0) {
    return {UnknownKidAnswer::Kind::refused, std::min(limits::kYoungMs - age_ms, wait_ms)};
  }
  const std::uint64_t takes_ms = has_fetcher ? limits::kFetchUsuallyMs : limits::kNoFetcherHintMs;
  return {UnknownKidAnswer::Kind::refreshing, std::min(wait_ms + takes_ms, limits::kRetryHintMaxMs)};
}

// By the clock of now, wherever it has stepped meanwhile: as long as it has not, this is the same at each call.
std::int64_t Source::until_s(std::uint64_t lifetime_ms, const Moment& now) const noexcept {
  const std::uint64_t age_ms = held_->age_ms(now);
  const std::uint64_t left_s = age_ms < lifetime_ms ? (lifetime_ms - age_ms + 999) / 1000 : 0;
  return std::min(held_->fetched_at_s + static_cast<std::int64_t>(lifetime_ms / 1000), now.real_s + static_cast<std::int64_t>(left_s));
}

SourceReport Source::report(const Moment& now, bool is_fetching) const {
  SourceReport report;
  report.state = is_stale(now)               ? SourceState::stale
                 : failures_ > 0             ? SourceState::failing
                 : is_fetching               ? SourceState::fetching
                 : !held_                    ? SourceState::never_fetched
                 : due_ms() <= now.boot_ms   ? SourceState::due
                                             : SourceState::fresh;
  if (held_) {
    report.fetched_at_s = std::min(held_->fetched_at_s, now.real_s);
    report.fresh_until_s = until_s(fresh_ms(), now);
    report.stale_until_s = until_s(stale_ms(), now);
    report.etag = held_->etag;
  }
  if (!is_fetching) report.next_try_in_ms = due_ms() > now.boot_ms ? due_ms() - now.boot_ms : 0;
  report.last_error = last_error_;
  report.failed_at_s = failed_at_s_;
  report.consecutive_failures = failures_;
  report.fetches_changed = fetches_changed_;
  report.fetches_unchanged = fetches_unchanged_;
  report.fetches_failed = fetches_failed_;
  return report;
}

}  // namespace assay::sources
