// ping: whether the daemon answers on the data socket.
#include <fmt/core.h>

#include "assay/client.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"

namespace assayctl {

Exit run_ping(const Options& options, Output& out) {
  assay::ClientOptions client_options;
  client_options.connect_timeout_ms = 0;
  if (options.timeout_ms != 0) client_options.timeout_ms = options.timeout_ms;
  assay::Client client(options.socket_path, client_options);
  const assay::Result<assay::DaemonInfo> info = client.ping();
  if (!info) {
    out.error(error_name(info.error()), info.error().text, advice(info.error(), Asked::data_socket));
    return Exit::failed;
  }
  if (out.json()) {
    JsonObject object;
    object.boolean("alive", true).text("version", info->version).number("generation", info->generation).text("instance", hex(info->instance));
    out.line(object.str());
  } else {
    out.line(fmt::format("{}: assayd {}, generation {}, instance {}", out.paint(Colour::good, "alive"), for_terminal(info->version), info->generation,
                         hex(info->instance)));
  }
  return Exit::done;
}

}  // namespace assayctl
