// Everything that asks the operating system for something other than sockets and threads. The rest of the daemon takes these as arguments, so that tests
// can put others in their place.
#include "server/system.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "server/journal_log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASSAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ASSAY_SANITIZED 1
#endif
#endif

namespace assay::server {
namespace {

timespec read(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time;
}

// look_up(ask, bytes): one of the get..nam_r functions with a buffer that grows until its entry fits.
template <class Entry, class Ask>
bool look_up(Entry& entry, Ask ask) {
  for (std::vector<char> buffer(1024); buffer.size() <= std::size_t{1} << 20; buffer.resize(buffer.size() * 4)) {
    Entry* found = nullptr;
    const int outcome = ask(&entry, buffer.data(), buffer.size(), &found);
    if (outcome != ERANGE) return outcome == 0 && found != nullptr;
  }
  return false;
}

class StderrLog final : public base::Log {
 public:
  explicit StderrLog(base::LogLevel level) : level_(level), logger_("assayd", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger_.set_level(spdlog::level::trace);
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    logger_.flush_on(spdlog::level::trace);
  }
  bool enabled(base::LogLevel level) const noexcept override { return level >= level_; }
  void write(base::LogLevel level, base::Event, std::span<const base::LogField>, std::string_view line) noexcept override {
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  static spdlog::level::level_enum level_of(base::LogLevel level) noexcept {
    switch (level) {
      case base::LogLevel::debug: return spdlog::level::debug;
      case base::LogLevel::info: return spdlog::level::info;
      case base::LogLevel::warning: return spdlog::level::warn;
      case base::LogLevel::error: return spdlog::level::err;
      case base::LogLevel::alarm: return spdlog::level::critical;
    }
    return spdlog::level::critical;
  }
  const base::LogLevel level_;
  spdlog::logger logger_;
};

}  // namespace

std::int64_t SystemClock::realtime_s() const noexcept { return read(CLOCK_REALTIME).tv_sec; }

std::uint64_t SystemClock::boottime_us() const noexcept {
  const timespec time = read(CLOCK_BOOTTIME);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

std::optional<std::uint32_t> SystemIdentities::uid_of(const std::string& user) const {
  passwd entry{};
  const auto ask = [&user](passwd* to, char* buffer, std::size_t bytes, passwd** found) { return ::getpwnam_r(user.c_str(), to, buffer, bytes, found); };
  return look_up(entry, ask) ? std::optional<std::uint32_t>(entry.pw_uid) : std::nullopt;
}

std::optional<std::uint32_t> SystemIdentities::gid_of(const std::string& name) const {
  group entry{};
  const auto ask = [&name](group* to, char* buffer, std::size_t bytes, group** found) { return ::getgrnam_r(name.c_str(), to, buffer, bytes, found); };
  return look_up(entry, ask) ? std::optional<std::uint32_t>(entry.gr_gid) : std::nullopt;
}

std::unique_ptr<base::Log> make_stderr_log(base::LogLevel level) { return std::make_unique<StderrLog>(level); }

std::unique_ptr<base::Log> make_log(base::LogLevel level, std::string program) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  if (stream == nullptr || !is_journal_stream(stream, STDERR_FILENO)) return make_stderr_log(level);
  return std::make_unique<JournalLog>(level, std::move(program), kJournalSocket, STDERR_FILENO);
}

std::optional<base::LogLevel> parse_log_level(std::string_view name) {
  if (name == "debug") return base::LogLevel::debug;
  if (name == "info") return base::LogLevel::info;
  if (name == "warning") return base::LogLevel::warning;
  if (name == "error") return base::LogLevel::error;
  return std::nullopt;
}

base::Result<base::HashKey> draw_hash_key() {
  base::HashKey key;
  if (::getrandom(&key, sizeof key, 0) != static_cast<ssize_t>(sizeof key)) return base::fail(std::string("getrandom: ") + std::strerror(errno));
  return key;
}

std::uint64_t draw_instance() {
  std::uint64_t instance = 0;
  while (instance == 0) CHECK(::getrandom(&instance, sizeof instance, 0) == static_cast<ssize_t>(sizeof instance));
  return instance;
}

void harden_process(base::Log& log) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
#ifndef ASSAY_SANITIZED  // the leak checker attaches to its own process, and a sanitizer's report is worth a core
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) log.warning("RLIMIT_CORE: {}", std::strerror(errno));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) log.warning("PR_SET_DUMPABLE: {}", std::strerror(errno));
#else
  static_cast<void>(log);
#endif
}

void raise_descriptor_limit(base::Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log.warning("RLIMIT_NOFILE: {}", std::strerror(errno));
}

}  // namespace assay::server
