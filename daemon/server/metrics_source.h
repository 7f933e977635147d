// Where the text of the metrics comes from.
#pragma once

#include <string>

namespace assay::server {

// MetricsSource: whoever can render the metrics. On the main loop's thread.
class MetricsSource {
 public:
  virtual ~MetricsSource() = default;
  // metrics_text(): in Prometheus' text format, version 0.0.4.
  virtual std::string metrics_text() const = 0;
};

}  // namespace assay::server
