// The log in systemd's journal, with the fields of its events. It speaks the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) itself: sd_journal_sendv(3) waits where the journal does not
// read, and a worker must not.
#pragma once

#include <sys/un.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "server/fd.h"

namespace assay::server {

// kJournalSocket: where systemd-journald takes entries.
inline constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

// is_journal_stream(named, descriptor): whether the descriptor is the stream that $JOURNAL_STREAM names by "device:inode" (systemd.exec(5)).
bool is_journal_stream(std::string_view named, int descriptor);

// journal_entry(program, level, event, fields, line): one datagram: PRIORITY, SYSLOG_IDENTIFIER, MESSAGE; of an event also MESSAGE_ID, ASSAY_EVENT, and its fields, each with ASSAY_ before its name.
std::string journal_entry(std::string_view program, base::LogLevel level, base::Event event, std::span<const base::LogField> fields, std::string_view line);

// JournalLog: never waits. What the journal does not take goes to the stream; what that does not take is lost, and counted, and said (Event::log_lines_lost) once the journal takes entries again.
class JournalLog final : public base::Log {
 public:
  // program: as SYSLOG_IDENTIFIER. path: of the journal's socket. stream: standard error, a socket; it outlives the log.
  JournalLog(base::LogLevel level, std::string program, std::string_view path, int stream);
  bool enabled(base::LogLevel level) const noexcept override { return level >= level_; }
  void write(base::LogLevel level, base::Event event, std::span<const base::LogField> fields, std::string_view line) noexcept override;

 private:
  bool send(std::string_view entry) const noexcept;
  void say_what_was_lost() noexcept;

  const base::LogLevel level_;
  const std::string program_;
  const int stream_;
  const Fd socket_;
  sockaddr_un journal_{};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace assay::server
