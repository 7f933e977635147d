// status: what is in force and what has been answered, for an operator's eyes or as one JSON object.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"
#include "client/control.h"

namespace assayctl {
namespace {

constexpr std::uint32_t kStatusTimeoutMs = 10'000;

std::string key_json(const assay::KeyStatus& key) {
  JsonObject object;
  if (key.kid) object.text("kid", *key.kid);
  return object.text("type", key.type).raw("algorithms", json_array(key.algorithms)).text("thumbprint", key.thumbprint).str();
}

std::string skipped_json(const assay::SkippedKeyStatus& key) {
  JsonObject object;
  object.number("index", key.index);
  if (key.kid) object.text("kid", *key.kid);
  return object.text("reason", key.reason).boolean("alarm", key.alarm).str();
}

std::string server_json(const assay::OAuthServerStatus& server) {
  return JsonObject()
      .text("name", server.name)
      .raw("issuers", json_array(server.issuers))
      .text("key_source", server.key_source)
      .boolean("available", server.available)
      .raw("keys", json_list(server.keys, key_json))
      .raw("skipped", json_list(server.skipped, skipped_json))
      .str();
}

std::string service_json(const assay::ApiServiceStatus& service) {
  return JsonObject().text("name", service.name).raw("oauth_servers", json_array(service.oauth_servers)).number("deployment", service.deployment).str();
}

std::string worker_json(const assay::WorkerStatus& worker) {
  return JsonObject()
      .number("generation", worker.generation)
      .number("connections", worker.connections)
      .number("requests", worker.requests)
      .number("tokens", worker.tokens)
      .number("batches", worker.batches)
      .str();
}

std::string counts_json(const std::vector<assay::Count>& counts) {
  JsonObject object;
  for (const assay::Count& count : counts) object.number(count.name, count.count);
  return object.str();
}

std::string report_json(const assay::StatusReport& report) {
  return JsonObject()
      .text("version", report.version)
      .integer("started_at", report.started_at)
      .number("generation", report.generation)
      .number("deployment", report.deployment)
      .text("engine", report.engine)
      .raw("api_services", json_list(report.api_services, service_json))
      .raw("oauth_servers", json_list(report.oauth_servers, server_json))
      .raw("workers", json_list(report.workers, worker_json))
      .raw("verdicts", counts_json(report.verdicts))
      .raw("errors", counts_json(report.errors))
      .number("connections_refused", report.connections_refused)
      .number("connections_dropped", report.connections_dropped)
      .str();
}

std::string counts_text(const std::vector<assay::Count>& counts) {
  std::string out;
  for (const assay::Count& count : counts) {
    if (count.count == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", for_terminal(count.name), grouped(count.count));
  }
  return out.empty() ? "none" : out;
}

// padded(text, width): by characters as a terminal shows them, near enough: one column for each code point.
std::string padded(const std::string& text, std::size_t width) {
  std::string out = for_terminal(text);
  const auto columns = static_cast<std::size_t>(std::count_if(out.begin(), out.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  if (columns < width) out.append(width - columns, ' ');
  return out;
}

template <class Items>
std::size_t name_width(const Items& items) {
  std::size_t width = 8;
  for (const auto& item : items) width = std::max(width, std::min<std::size_t>(item.name.size(), 32));
  return width;
}

void show_workers(const assay::StatusReport& report, Output& out) {
  assay::WorkerStatus sum;
  std::size_t behind = 0;
  for (const assay::WorkerStatus& worker : report.workers) {
    sum.connections += worker.connections;
    sum.requests += worker.requests;
    sum.tokens += worker.tokens;
    sum.batches += worker.batches;
    behind += worker.generation < report.generation ? 1 : 0;
  }
  out.line(fmt::format("workers      {}: {} connections, {} requests, {} tokens in {} batches", report.workers.size(), grouped(sum.connections),
                       grouped(sum.requests), grouped(sum.tokens), grouped(sum.batches)));
  if (behind > 0) out.line(out.paint(Colour::warning, fmt::format("             {} of them still judge by an older generation", behind)));
}

void show_servers(const assay::StatusReport& report, Output& out) {
  out.line(out.paint(Colour::strong, fmt::format("OAuth servers ({})", report.oauth_servers.size())));
  const std::size_t width = name_width(report.oauth_servers);
  for (const assay::OAuthServerStatus& server : report.oauth_servers) {
    const std::string keys = server.available ? fmt::format("{} key{}", server.keys.size(), server.keys.size() == 1 ? "" : "s")
                                              : out.paint(Colour::warning, "keys not available");
    out.line(fmt::format("  {}  {}, {}; {}", padded(server.name, width), for_terminal(server.key_source), keys, joined(server.issuers)));
    for (const assay::KeyStatus& key : server.keys) {
      out.line(out.paint(Colour::dim, fmt::format("      {}  {}  {}", key.kid ? for_terminal(*key.kid) : "(no kid)", for_terminal(key.type), joined(key.algorithms))));
    }
    for (const assay::SkippedKeyStatus& key : server.skipped) {
      out.line(out.paint(key.alarm ? Colour::bad : Colour::warning,
                         fmt::format("      {} key {}{}: {}", key.alarm ? "ALARM, skipped" : "skipped", key.index,
                                     key.kid ? fmt::format(" ({})", for_terminal(*key.kid)) : "", for_terminal(key.reason))));
    }
  }
}

void show(const assay::StatusReport& report, Output& out) {
  const std::int64_t up = std::time(nullptr) - report.started_at;
  out.line(fmt::format("{} {}  up {} since {}", out.paint(Colour::strong, "assayd"), for_terminal(report.version),
                       duration(static_cast<std::uint64_t>(std::max<std::int64_t>(up, 0))), utc(report.started_at)));
  out.line(fmt::format("in force     deployment {}, generation {}, engine {}", report.deployment, report.generation, for_terminal(report.engine)));
  show_workers(report, out);
  out.line(fmt::format("verdicts     {}", counts_text(report.verdicts)));
  out.line(fmt::format("errors       {}", counts_text(report.errors)));
  out.line(fmt::format("connections  {} refused, {} dropped", grouped(report.connections_refused), grouped(report.connections_dropped)));
  out.line("");
  out.line(out.paint(Colour::strong, fmt::format("API services ({})", report.api_services.size())));
  const std::size_t width = name_width(report.api_services);
  for (const assay::ApiServiceStatus& service : report.api_services) {
    out.line(fmt::format("  {}  deployment {}; {}", padded(service.name, width), service.deployment, joined(service.oauth_servers)));
  }
  show_servers(report, out);
}

}  // namespace

Exit run_status(const Options& options, Output& out) {
  assay::ClientOptions client_options;
  client_options.connect_timeout_ms = 0;
  client_options.timeout_ms = options.timeout_ms != 0 ? options.timeout_ms : kStatusTimeoutMs;
  assay::ControlClient client(options.control_path, client_options);
  const assay::Result<assay::StatusReport> report = client.status();
  if (!report) {
    out.error(error_name(report.error()), report.error().text, advice(report.error(), Asked::control_socket));
    return Exit::failed;
  }
  if (out.json()) {
    out.line(report_json(*report));
  } else {
    show(*report, out);
  }
  return Exit::done;
}

}  // namespace assayctl
