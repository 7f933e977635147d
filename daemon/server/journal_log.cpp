// An entry is one datagram, sent to the journal's path each time, so that a journal that was restarted is found again. Every send is told not to wait.
#include "server/journal_log.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace assay::server {
namespace {

// priority_of(level): syslog(3)'s.
int priority_of(base::LogLevel level) noexcept {
  switch (level) {
    case base::LogLevel::debug: return 7;
    case base::LogLevel::info: return 6;
    case base::LogLevel::warning: return 4;
    case base::LogLevel::error: return 3;
    case base::LogLevel::alarm: return 2;
  }
  return 2;
}

// append(entry, name, value): a value of several lines has its length before it, 64 bits, little-endian.
void append(std::string& entry, std::string_view name, std::string_view value) {
  entry += name;
  if (value.find('\n') == std::string_view::npos) {
    entry += '=';
  } else {
    entry += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) entry += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xFF);
  }
  entry += value;
  entry += '\n';
}

// take_number(text, number): a decimal number at the front of the text.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

}  // namespace

bool is_journal_stream(std::string_view named, int descriptor) {
  dev_t device = 0;
  ino_t inode = 0;
  if (!take_number(named, device) || !named.starts_with(':')) return false;
  named.remove_prefix(1);
  struct stat file {};
  return take_number(named, inode) && named.empty() && ::fstat(descriptor, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

std::string journal_entry(std::string_view program, base::LogLevel level, base::Event event, std::span<const base::LogField> fields, std::string_view line) {
  std::string entry;
  append(entry, "PRIORITY", fmt::format("{}", priority_of(level)));
  append(entry, "SYSLOG_IDENTIFIER", program);
  append(entry, "MESSAGE", line);
  if (event == base::Event::none) return entry;
  const base::EventInfo& info = base::info_of(event);
  append(entry, "MESSAGE_ID", info.message_id);
  append(entry, "ASSAY_EVENT", info.name);
  for (const base::LogField& field : fields) append(entry, fmt::format("ASSAY_{}", field.name()), field.value());
  return entry;
}

JournalLog::JournalLog(base::LogLevel level, std::string program, std::string_view path, int stream)
    : level_(level), program_(std::move(program)), stream_(stream), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  CHECK(path.size() < sizeof journal_.sun_path);
  journal_.sun_family = AF_UNIX;
  path.copy(journal_.sun_path, path.size());
}

bool JournalLog::send(std::string_view entry) const noexcept {
  return ::sendto(socket_.get(), entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&journal_), sizeof journal_) >= 0;
}

void JournalLog::say_what_was_lost() noexcept {
  const std::uint64_t lost = lost_.exchange(0);
  if (lost == 0) return;
  const base::LogField fields[] = {{"COUNT", lost}};
  const base::LogLevel level = base::info_of(base::Event::log_lines_lost).level;
  if (!send(journal_entry(program_, level, base::Event::log_lines_lost, fields, fmt::format("{} lines of this log are lost: the journal did not take them", lost)))) lost_ += lost;
}

void JournalLog::write(base::LogLevel level, base::Event event, std::span<const base::LogField> fields, std::string_view line) noexcept {
  if (lost_.load(std::memory_order_relaxed) != 0) say_what_was_lost();
  if (send(journal_entry(program_, level, event, fields, line))) return;
  const std::string plain = fmt::format("<{}>{}\n", priority_of(level), line);  // the stream takes a priority so (sd-daemon(3))
  if (::send(stream_, plain.data(), plain.size(), MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(plain.size())) ++lost_;
}

}  // namespace assay::server
