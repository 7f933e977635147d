// The seams to the host: clock, users, log, randomness, limits of the process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/result.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// SystemClock: clock_gettime(2).
class SystemClock final : public base::Clock {
 public:
  std::int64_t realtime_s() const noexcept override;
  std::uint64_t boottime_us() const noexcept override;
};

// SystemIdentities: getpwnam_r(3), getgrnam_r(3). Thread-safe.
class SystemIdentities final : public snapshot::Identities {
 public:
  std::optional<std::uint32_t> uid_of(const std::string& user) const override;
  std::optional<std::uint32_t> gid_of(const std::string& group) const override;
};

// make_stderr_log(level): one line an event, with time and level, to standard error.
std::unique_ptr<base::Log> make_stderr_log(base::LogLevel level);

// make_log(level, program): to the journal, if that is where standard error goes; else to standard error.
std::unique_ptr<base::Log> make_log(base::LogLevel level, std::string program);

// parse_log_level(name): debug, info, warning, error; alarms are always shown.
std::optional<base::LogLevel> parse_log_level(std::string_view name);

// draw_hash_key(): from getrandom(2).
base::Result<base::HashKey> draw_hash_key();

// draw_instance(): 64 random bits, never 0. Ends the process should the system have none.
std::uint64_t draw_instance();

// harden_process(): no core files, not dumpable (so that no other process of the same user reads its memory), SIGPIPE and SIGHUP ignored: writes report EPIPE, and a
// configuration is replaced by a deploy, not by a signal. Failures are reported and do not stop the daemon.
void harden_process(base::Log& log);

// raise_descriptor_limit(): to the hard limit, since connections are descriptors.
void raise_descriptor_limit(base::Log& log);

}  // namespace assay::server
