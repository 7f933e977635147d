// The schedule of key sources: which are to be fetched when. A pure state machine: time is an argument, and so is everything that happened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/key_source.h"
#include "sources/moment.h"
#include "sources/report.h"
#include "sources/source.h"

namespace assay::sources {

// Order: what assay-fetch is to do.
struct Order {
  std::uint64_t number = 0;  // from 1, never twice
  snapshot::SourceId source;
  std::string etag;          // to ask with; empty: none
  std::uint64_t timeout_ms = 0;
};

// GivenUp: an order that was not answered in time.
struct GivenUp {
  std::uint64_t number = 0;
  snapshot::SourceId source;
};

// Arrival: which source an answer is about, and when it was asked: so old it may be.
struct Arrival {
  snapshot::SourceId source;
  Moment ordered;
};

// Schedule: has identity; one thread. Moments must not step back by their boot_ms. After any event ask for next_event() again; when its time has come, for take_orders().
class Schedule {
 public:
  // Schedule(seed): of the jitter alone; any.
  explicit Schedule(std::uint64_t seed) : around_{Jitter(seed), {}} {}
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  // set_sources(sources, now): those in force. What is known of one that stays is kept, and its `stored` ignored, unless it has keys that `stored` does not know of: then it begins anew. An order for one that has left stays under way.
  void set_sources(const std::map<snapshot::SourceId, SourceSetup>& sources, const Moment& now);

  // Of the program that fetches: there is one at the most. Its orders end with its connection.
  void fetcher_connected(const Moment& now);
  void fetcher_gone(const Moment& now);

  // take_orders(now): time has passed. The orders that are to be given now, the longest due first; none while nobody is connected.
  std::vector<Order> take_orders(const Moment& now);
  // next_event(now): by CLOCK_BOOTTIME, when to call take_orders() if nothing else happens before: now, if some are due.
  std::uint64_t next_event(const Moment& now) const;

  // arrived(number): assay-fetch has answered, and what it brought is being looked at: nothing but fetched(), not_modified() or failed() ends this order now. Nothing: the
  // order is not under way any more, or has been answered before: the answer does not count.
  std::optional<Arrival> arrived(std::uint64_t number);
  // What an order came to, whether it arrived() before or not. False: it is not under way any more; nothing has happened.
  bool fetched(std::uint64_t number, const FetchedSet& set, const Moment& now);
  bool not_modified(std::uint64_t number, std::optional<std::uint64_t> max_age_s, const Moment& now);
  bool failed(std::uint64_t number, const FetchFailure& failure, const Moment& now);

  // Of sources that are not in force the following say false, or what nobody takes for good.
  // unknown_kid(id, now): a token came whose kid no key of the source has. True: it makes a try due; otherwise the schedule is what it was. However often it is called, its
  // cost is one look-up.
  bool unknown_kid(const snapshot::SourceId& id, const Moment& now);
  // answer_for_unknown_kid(id, now): what to say of that token, before or after.
  UnknownKidAnswer answer_for_unknown_kid(const snapshot::SourceId& id, const Moment& now) const;
  // refresh(id, now): an operator asks for a fetch now. One under way does not count, for it may have been answered already.
  bool refresh(const snapshot::SourceId& id, const Moment& now);
  // pushed(id, now): an operator has replaced the set.
  bool pushed(const snapshot::SourceId& id, const Moment& now);

  // is_stale(id, now): it has keys, and they serve no more.
  bool is_stale(const snapshot::SourceId& id, const Moment& now) const;
  std::optional<SourceReport> report(const snapshot::SourceId& id, const Moment& now) const;
  // take_given_up(): since the last call.
  std::vector<GivenUp> take_given_up();
  // take_notes(): what has changed since the last call, in order. A stale source is noted by take_orders().
  std::vector<Note> take_notes();
  bool has_fetcher() const noexcept { return has_fetcher_; }

 private:
  struct UnderWay {
    std::uint64_t number = 0;
    Moment ordered;
    std::string etag;
    std::uint64_t give_up_ms = 0;
    bool is_failing = false;  // its source was, when it was ordered
    bool has_arrived = false;
  };
  // Load: orders that assay-fetch is busy with; and those whose answers have come.
  struct Load {
    std::size_t arrived = 0;
    std::size_t all = 0;
    std::size_t failing = 0;
    void add(bool is_failing) noexcept {
      ++all;
      if (is_failing) ++failing;
    }
    bool has_room(bool is_failing) const noexcept { return all < limits::kOrdersMax && arrived < limits::kArrivedMax && (!is_failing || failing < limits::kFailingOrdersMax); }
  };
  struct Ended {
    UnderWay order;
    Source* source;  // null: it is not in force any more
  };

  const Source* find(const snapshot::SourceId& id) const;
  Source* find(const snapshot::SourceId& id);
  Load load() const noexcept;
  std::map<snapshot::SourceId, UnderWay>::iterator find_order(std::uint64_t number);
  std::optional<Ended> end_order(std::uint64_t number);
  void look(const Moment& now);
  Order give(const snapshot::SourceId& id, Source& source, const Moment& now);

  Source::Surroundings around_;
  std::map<snapshot::SourceId, Source> sources_;
  std::map<snapshot::SourceId, UnderWay> orders_;  // so there is never more than one for a source
  std::vector<GivenUp> given_up_;
  std::uint64_t last_number_ = 0;
  bool has_fetcher_ = false;
};

}  // namespace assay::sources
