// All that is known of systemd. libsystemd looks at the environment each time, so there is nothing to keep but whether a failure was logged. A socket that was handed over and is not
// what it should be ends the start: a daemon that bound its own in its place would serve where nobody looks, or with a mode that nobody has meant.
#include "server/service_manager.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace assay::server {
namespace {

class Systemd final : public ServiceManager {
 public:
  explicit Systemd(base::Log& log) : log_(log), watchdog_ms_(read_watchdog_ms()) {}
  std::uint64_t watchdog_ms() const noexcept override { return watchdog_ms_; }
  void alive() noexcept override { notify("WATCHDOG=1"); }
  void ready(const std::string& line) noexcept override { notify(fmt::format("READY=1\nSTATUS={}", line)); }
  void reloading() noexcept override { notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us())); }
  void stopping() noexcept override { notify("STOPPING=1"); }
  void status(const std::string& line) noexcept override { notify(fmt::format("STATUS={}", line)); }

 private:
  std::uint64_t read_watchdog_ms() const {
    std::uint64_t us = 0;
    const int watches = ::sd_watchdog_enabled(0, &us);
    if (watches < 0) log_.warning("WATCHDOG_USEC: {}; nobody is told that all is well", std::strerror(-watches));
    return watches > 0 ? us / 1000 : 0;
  }
  // monotonic_us(): which systemd compares with the moment at which it asked for a reload.
  static std::uint64_t monotonic_us() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1000;
  }
  void notify(const std::string& state) noexcept {
    const int outcome = ::sd_notify(0, state.c_str());
    if (outcome < 0 && !std::exchange(failed_, true)) log_.warning("the service manager cannot be told how the service stands: {}", std::strerror(-outcome));
  }

  base::Log& log_;
  const std::uint64_t watchdog_ms_;
  bool failed_ = false;
};

// Names: those of sd_listen_fds_with_names(3), each and the array from malloc.
struct Names {
  char** all = nullptr;
  int count = 0;
  ~Names() {
    for (int i = 0; i < count; ++i) std::free(all[i]);
    std::free(all);
  }
};

// place_of(sockets, name): null if no socket of ours is called that.
std::optional<ListeningSocket>* place_of(ListeningSockets& sockets, std::string_view name) {
  if (name == "data") return &sockets.data;
  if (name == "control") return &sockets.control;
  if (name == "keys") return &sockets.keys;
  if (name == "metrics") return &sockets.metrics;
  return nullptr;
}

}  // namespace

std::unique_ptr<ServiceManager> make_service_manager(base::Log& log) { return std::getenv("NOTIFY_SOCKET") == nullptr ? nullptr : std::make_unique<Systemd>(log); }

base::Result<ListeningSockets> take_listening_sockets() {
  Names names;
  const int count = ::sd_listen_fds_with_names(/*unset_environment=*/1, &names.all);
  if (count < 0) return base::fail(fmt::format("the sockets that were handed over: {}", std::strerror(-count)));
  names.count = count;
  ListeningSockets sockets;
  for (int i = 0; i < count; ++i) {
    const std::string name = base::printable(names.all[i]);
    Fd descriptor(SD_LISTEN_FDS_START + i);
    std::optional<ListeningSocket>* place = place_of(sockets, names.all[i]);
    if (place == nullptr) return base::fail(fmt::format("a socket named {} was handed over; the names are data, control, keys and metrics", name));
    if (place->has_value()) return base::fail(fmt::format("two sockets named {} were handed over", name));
    auto socket = ListeningSocket::inherit(std::move(descriptor));
    if (!socket) return base::fail(fmt::format("the socket named {} that was handed over: {}", name, socket.error().what));
    place->emplace(std::move(*socket));
  }
  return sockets;
}

}  // namespace assay::server
