// The program: orders from assayd, fetches, answers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "fetch/keys_link.h"
#include "fetch/transfers.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/service_manager.h"
#include "server/watchdog.h"

namespace assay::fetch {

// Fetcher: keeps what is under way, and nothing else. All on one thread.
class Fetcher final : public FetchOwner, public LinkOwner {
 public:
  // keys_path: of the keys socket. version: as issuers are told. manager: null: there is none.
  Fetcher(const base::Clock& clock, base::Log& log, std::string keys_path, const std::string& version, server::ServiceManager* manager);
  // run(): tells the service manager that it is ready, whether assayd is there or not, and works until SIGTERM or SIGINT.
  void run() noexcept;

 private:
  void on_outcome(std::uint64_t number, Outcome outcome) noexcept override;
  base::Result<void> on_frame(base::Bytes frame) noexcept override;
  void on_up() noexcept override;
  void on_down() noexcept override;
  base::Result<void> take(Order order);
  void stop() noexcept;
  std::string line() const;
  void report();

  const base::Clock& clock_;
  base::Log& log_;
  server::ServiceManager* const manager_;
  bool connected_ = false;
  std::string told_;  // to the manager
  loop::Loop loop_;
  loop::Signal terminate_;
  loop::Signal interrupt_;
  server::Watchdog watchdog_;
  Transfers transfers_;
  KeysLink link_;
  std::map<std::uint64_t, std::unique_ptr<Fetch>> fetches_;  // by their orders' numbers
};

}  // namespace assay::fetch
