// Sources are independent of each other but for the places among the orders under way. Those are given to whoever is due longest; and sources that are failing, which is to say
// those whose orders may take their full time, never get all of them.
//
// take_orders() and next_event() look at every source, which for 1,024 takes 15 us, and are called about as often as something is fetched. Only unknown kids may come oftener, and
// they look at one.
#include "sources/schedule.h"

#include <algorithm>
#include <utility>

namespace assay::sources {

using snapshot::SourceId;

const Source* Schedule::find(const SourceId& id) const {
  const auto found = sources_.find(id);
  return found != sources_.end() ? &found->second : nullptr;
}

Source* Schedule::find(const SourceId& id) { return const_cast<Source*>(std::as_const(*this).find(id)); }

void Schedule::set_sources(const std::map<SourceId, SourceSetup>& sources, const Moment& now) {
  std::erase_if(sources_, [&](const auto& known) {
    const auto found = sources.find(known.first);
    // One that has lost its keys has left meanwhile, and come again.
    return found == sources.end() || (known.second.has_keys() && !found->second.stored);
  });
  const std::size_t count = sources.size() - sources_.size();
  for (const auto& [id, setup] : sources) {
    if (Source* const known = find(id)) known->set_rules(setup.rules, now);
    else sources_.try_emplace(id, id, setup, count, now, around_);
  }
}

void Schedule::fetcher_connected(const Moment& now) {
  if (has_fetcher_) fetcher_gone(now);
  has_fetcher_ = true;
  std::vector<Source*> due;
  for (auto& [id, source] : sources_) {
    if (source.due_ms() <= now.boot_ms && !orders_.contains(id)) due.push_back(&source);
  }
  for (Source* const source : due) source->spread(due.size(), now);
}

void Schedule::fetcher_gone(const Moment& now) {
  has_fetcher_ = false;
  std::erase_if(orders_, [&](const auto& order) {
    if (order.second.has_arrived) return false;
    if (Source* const source = find(order.first)) source->lost(now);
    return true;
  });
}

Schedule::Load Schedule::load() const noexcept {
  Load load;
  for (const auto& [id, order] : orders_) {
    if (order.has_arrived) ++load.arrived;
    else load.add(order.is_failing);
  }
  return load;
}

void Schedule::look(const Moment& now) {
  std::erase_if(orders_, [&](const auto& order) {
    if (order.second.has_arrived || order.second.give_up_ms > now.boot_ms) return false;
    if (Source* const source = find(order.first)) source->failed({"assay-fetch did not answer in time", std::nullopt}, now);
    given_up_.push_back({order.second.number, order.first});
    return true;
  });
  for (auto& [id, source] : sources_) source.look(sources_.size(), now);
}

Order Schedule::give(const SourceId& id, Source& source, const Moment& now) {
  Order order{++last_number_, id, source.take(now), source.rules().timeout_ms};
  orders_[id] = {order.number, now, order.etag, now.boot_ms + order.timeout_ms + limits::kAnswerGraceMs, source.is_failing(), false};
  return order;
}

std::vector<Order> Schedule::take_orders(const Moment& now) {
  look(now);
  Load busy = load();
  if (!has_fetcher_ || !busy.has_room(false)) return {};
  using Due = std::pair<const SourceId, Source>*;
  std::vector<Due> due;
  for (auto& entry : sources_) {
    if (entry.second.due_ms() <= now.boot_ms && !orders_.contains(entry.first)) due.push_back(&entry);
  }
  std::ranges::sort(due, [](Due a, Due b) {
    const std::uint64_t a_ms = a->second.due_ms(), b_ms = b->second.due_ms();
    return a_ms != b_ms ? a_ms < b_ms : a->first < b->first;
  });
  std::vector<Order> orders;
  for (const Due entry : due) {
    if (!busy.has_room(entry->second.is_failing())) continue;
    busy.add(entry->second.is_failing());
    orders.push_back(give(entry->first, entry->second, now));
  }
  return orders;
}

std::uint64_t Schedule::next_event(const Moment& now) const {
  std::uint64_t next_ms = now.boot_ms + limits::kLookAgainMs;
  for (const auto& [id, order] : orders_) {
    if (!order.has_arrived) next_ms = std::min(next_ms, order.give_up_ms);
  }
  const Load busy = load();
  for (const auto& [id, source] : sources_) {
    // One that is stale has been looked at, or is going to be with the next event.
    if (const auto stale_in_ms = source.stale_in_ms(now); stale_in_ms && *stale_in_ms > 0) next_ms = std::min(next_ms, now.boot_ms + *stale_in_ms);
    // For what waits for assay-fetch, or for a place, the event is its connection, or an answer.
    if (has_fetcher_ && source.due_ms() < next_ms && busy.has_room(source.is_failing()) && !orders_.contains(id)) next_ms = source.due_ms();
  }
  return std::max(next_ms, now.boot_ms);
}

std::map<SourceId, Schedule::UnderWay>::iterator Schedule::find_order(std::uint64_t number) {
  return std::ranges::find_if(orders_, [number](const auto& order) { return order.second.number == number; });
}

std::optional<Arrival> Schedule::arrived(std::uint64_t number) {
  const auto found = find_order(number);
  if (found == orders_.end() || found->second.has_arrived) return std::nullopt;
  found->second.has_arrived = true;
  return Arrival{found->first, found->second.ordered};
}

std::optional<Schedule::Ended> Schedule::end_order(std::uint64_t number) {
  const auto found = find_order(number);
  if (found == orders_.end()) return std::nullopt;
  const auto node = orders_.extract(found);
  return Ended{std::move(node.mapped()), find(node.key())};
}

bool Schedule::fetched(std::uint64_t number, const FetchedSet& set, const Moment& now) {
  const std::optional<Ended> ended = end_order(number);
  if (ended && ended->source != nullptr) ended->source->fetched(set, ended->order.ordered, now);
  return ended.has_value();
}

bool Schedule::not_modified(std::uint64_t number, std::optional<std::uint64_t> max_age_s, const Moment& now) {
  const std::optional<Ended> ended = end_order(number);
  if (ended && ended->source != nullptr) ended->source->not_modified(ended->order.etag, max_age_s, ended->order.ordered, now);
  return ended.has_value();
}

bool Schedule::failed(std::uint64_t number, const FetchFailure& failure, const Moment& now) {
  const std::optional<Ended> ended = end_order(number);
  if (ended && ended->source != nullptr) ended->source->failed(failure, now);
  return ended.has_value();
}

bool Schedule::unknown_kid(const SourceId& id, const Moment& now) {
  Source* const source = find(id);
  return source != nullptr && source->unknown_kid(now);
}

UnknownKidAnswer Schedule::answer_for_unknown_kid(const SourceId& id, const Moment& now) const {
  const Source* const source = find(id);
  if (source == nullptr) return {UnknownKidAnswer::Kind::refreshing, limits::kFetchUsuallyMs};
  return source->answer_for_unknown_kid(now, orders_.contains(id), has_fetcher_);
}

bool Schedule::refresh(const SourceId& id, const Moment& now) {
  Source* const source = find(id);
  if (source != nullptr) source->ask(now);
  return source != nullptr;
}

bool Schedule::pushed(const SourceId& id, const Moment& now) {
  Source* const source = find(id);
  if (source != nullptr) source->pushed(now);
  return source != nullptr;
}

bool Schedule::is_stale(const SourceId& id, const Moment& now) const {
  const Source* const source = find(id);
  return source != nullptr && source->is_stale(now);
}

std::optional<SourceReport> Schedule::report(const SourceId& id, const Moment& now) const {
  const Source* const source = find(id);
  return source != nullptr ? std::optional(source->report(now, orders_.contains(id))) : std::nullopt;
}

std::vector<GivenUp> Schedule::take_given_up() { return std::exchange(given_up_, {}); }

std::vector<Note> Schedule::take_notes() { return std::exchange(around_.notes, {}); }

}  // namespace assay::sources
