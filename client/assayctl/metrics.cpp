// metrics: for whoever has no Prometheus at hand, and for its node exporter's text files.
#include <string>
#include <string_view>

#include "client/assayctl/asking.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

constexpr std::uint32_t kMetricsTimeoutMs = 10'000;

}  // namespace

Exit run_metrics(const Options& options, Output& out) {
  assay::ControlClient client(options.control_path, control_client_options(options, kMetricsTimeoutMs));
  const assay::Result<assay::MetricsText> metrics = client.metrics();
  if (!metrics) {
    out.error(error_name(metrics.error()), metrics.error().text, advice(metrics.error(), Asked::control_socket));
    return Exit::failed;
  }
  // As it is: the daemon has made every name in it printable. line() ends it with the newline that it has already.
  std::string_view text = metrics->text;
  if (text.ends_with('\n')) text.remove_suffix(1);
  out.line(out.json() ? JsonObject().text("metrics", metrics->text).str() : text);
  return Exit::done;
}

}  // namespace assayctl
