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

namespace assay::fetch {

// Fetcher: keeps what is under way, and nothing else. All on one thread.
class Fetcher final : public FetchOwner, public LinkOwner {
 public:
  // keys_path: of the keys socket. version: as issuers are told.
  Fetcher(const base::Clock& clock, base::Log& log, std::string keys_path, const std::string& version);
  // run(): until SIGTERM or SIGINT.
  void run() noexcept { loop_.run(); }

 private:
  void on_outcome(std::uint64_t number, Outcome outcome) noexcept override;
  base::Result<void> on_frame(base::Bytes frame) noexcept override;
  void on_down() noexcept override;
  base::Result<void> take(Order order);
  void stop() noexcept { loop_.stop(); }

  const base::Clock& clock_;
  base::Log& log_;
  loop::Loop loop_;
  loop::Signal terminate_;
  loop::Signal interrupt_;
  Transfers transfers_;
  KeysLink link_;
  std::map<std::uint64_t, std::unique_ptr<Fetch>> fetches_;  // by their orders' numbers
};

}  // namespace assay::fetch
