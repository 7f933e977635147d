// The events of the log: what operators look for, count, or are woken by. Names, ids and fields are an interface: docs/OPERATING.md lists them (a test compares), an id never changes, and that of an
// event that is no more is not used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::base {

// LogLevel: alarm: what an operator must see (a private key in a JWKS, an engine that fails its self-test).
enum class LogLevel : std::uint8_t { debug = 1, info, warning, error, alarm };

// ASSAY_EVENTS(X): X(name, level, id, fields). id: MESSAGE_ID of the journal, 128 random bits (`systemd-id128 new`). fields: the names, parted by blanks, that a line of it may have.
#define ASSAY_EVENTS(X)                                                                                            \
  /* the process */                                                                                                \
  X(ready, info, "ef4b29993e724b67bd91e7e7ee8e6fec", "VERSION DEPLOYMENT GENERATION WORKERS ENGINE")               \
  X(stopping, info, "5660a196142f417fada1f0fd604b893a", "")                                                        \
  X(stopped, info, "22ab6f0e6f8a4322aeac031d9b7f3a5f", "")                                                         \
  X(log_lines_lost, warning, "eb3ad1951dd24cfdad916ae192753a3c", "COUNT")                                          \
  /* changes */                                                                                                    \
  X(change_asked, info, "2c835f742d274b4394823febf493241a", "CHANGE DRY_RUN UID OAUTH_SERVER")                     \
  X(change_refused, warning, "4ab22564d7374adfb4d874d9d2367682", "CHANGE REASON")                                  \
  X(change_in_force, info, "534fc6f1bce84e34a848ce663372a625", "DEPLOYMENT GENERATION")                            \
  X(file_deployed, warning, "c2554287527a4abb83311c7e984d81f8", "PATH DEPLOYMENT")                                 \
  X(file_refused, error, "39680c93198b4f52bd35e2f68a85dfd0", "PATH DEPLOYMENT REASON")                             \
  X(worker_late, warning, "fff592c7c79d4b41a63c6b6d2e5fe536", "WORKER GENERATION")                                 \
  /* the state on disk */                                                                                          \
  X(disk_trouble, alarm, "863a8fd59f9a40f1b626a6f2beece206", "REASON")                                             \
  X(disk_recovered, info, "cd53775abd9642059b2b4d53d4e9f00e", "")                                                  \
  X(state_lost, alarm, "0196e22a0b744bfaa980deaf75f66d87", "REASON")                                               \
  X(state_damaged, alarm, "cefdb83944aa4ed3bf781c1260bb5478", "REASON")                                            \
  /* keys */                                                                                                       \
  X(fetcher_connected, info, "e83312bebea04410be41847ba288839c", "UID")                                            \
  X(fetcher_gone, warning, "1a49c15e651b4ef6ba8a4e6139c5260b", "")                                                 \
  X(keys_fetched, info, "97d740825eda4d79940212c4e8435df1", "OAUTH_SERVER URL")                                    \
  X(fetch_failed, warning, "fc1ab21fc4494467864b7d96f7031c6c", "OAUTH_SERVER URL REASON")                          \
  X(keys_stale, alarm, "5a6a6f344a8b4e77a584009b917ed060", "OAUTH_SERVER URL")                                     \
  X(keys_recovered, info, "2fa8b5a6d2b04cabb6c53900a38e88e4", "OAUTH_SERVER URL")                                  \
  X(key_unusable, warning, "cd3adc799d5a448bb9c2723da9c257a9", "OAUTH_SERVER KID REASON")                          \
  X(secret_published, alarm, "16580e7260df413ba24cceb704843101", "OAUTH_SERVER KID REASON")                        \
  /* engines and memory */                                                                                         \
  X(engine_unsupported, warning, "2e49753c4d2243459f290783b151a880", "ENGINE")                                     \
  X(engine_wrong, alarm, "ac145bb9a41549a893420898840e40fc", "ENGINE ALGORITHM")                                   \
  X(engine_disagreement, alarm, "34926da64aae460abcaaf0c4a93c0670", "ALGORITHM")                                   \
  X(token_cache_missing, error, "f6830616de78466dbd2d74f68091b919", "")                                            \
  /* peers */                                                                                                      \
  X(connections_refused, warning, "fba2fbacf8c94fd09e5892fc76667366", "SOCKET COUNT UID REASON")                   \
  X(connections_dropped, info, "129100daf2bd40bb819c1b817258ff66", "COUNT UID REASON")                             \
  X(accept_failed, warning, "76c281c0e9794c7c9c3e02eb570fa493", "SOCKET REASON")                                   \
  X(control_forbidden, warning, "e8058eab1ac94198805cf6423341cf3b", "COUNT UID")                                   \
  /* tokens */                                                                                                     \
  X(token_refused, info, "e2ef8ad756214f909f27ec378a2c1d4c", "API_SERVICE OAUTH_SERVER CODE KID")                  \
  X(refusals, info, "fb9f7b94dece4df4b282a72402b7c9ef", "API_SERVICE OAUTH_SERVER CODE COUNT")                     \
  /* assay-fetch's own log */                                                                                      \
  X(assayd_connected, info, "08d7bd6cc7314cc0941a4ee889088ae6", "SOCKET")                                          \
  X(assayd_lost, warning, "164fc4f8d9634a7d839b32c69328bf97", "SOCKET REASON")

// Event: none: a line that nobody looks for.
enum class Event : std::uint8_t {
  none = 0,
#define ASSAY_EVENT_ENUMERATOR(name, level, id, fields) name,
  ASSAY_EVENTS(ASSAY_EVENT_ENUMERATOR)
#undef ASSAY_EVENT_ENUMERATOR
};

// EventInfo: what is fixed about an event.
struct EventInfo {
  Event event;
  LogLevel level;
  std::string_view name;
  std::string_view message_id;
  std::string_view fields;
};

// kEvents: all but none, in the order of Event.
inline constexpr EventInfo kEvents[] = {
#define ASSAY_EVENT_INFO(name, level, id, fields) {Event::name, LogLevel::level, #name, id, fields},
    ASSAY_EVENTS(ASSAY_EVENT_INFO)
#undef ASSAY_EVENT_INFO
};

// info_of(event): of any but none.
constexpr const EventInfo& info_of(Event event) noexcept { return kEvents[static_cast<std::size_t>(event) - 1]; }

}  // namespace assay::base
