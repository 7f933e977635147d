// Counters are kept where things happen, by number and without names; here they get their names, once for each reading. Everything that is exposed is built as values of prometheus-cpp's and written by its
// serializer, which throws and catches inside; its headers stay in this file.
#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "base/log.h"
#include "jose/algorithm_names.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kMicro = 1e-6;
constexpr double kNano = 1e-9;

std::string label(std::string_view text) { return base::printable(text, limits::kMetricsLabelBytesMax, base::Blanks::kept); }

double number(std::uint64_t value) { return static_cast<double>(value); }

// Series: of one name, by the values of its labels.
using Labels = std::vector<std::string>;
class Series {
 public:
  void add(Labels labels, double value) { values_[std::move(labels)] += value; }
  // raise(labels, value): of several the largest counts.
  void raise(Labels labels, double value) {
    const auto [entry, is_new] = values_.try_emplace(std::move(labels), value);
    if (!is_new) entry->second = std::max(entry->second, value);
  }
  const std::map<Labels, double>& values() const noexcept { return values_; }

 private:
  std::map<Labels, double> values_;
};

class Families {
 public:
  void counter(std::string_view name, std::string_view help, double value) { add(name, help, MetricType::Counter).metric.emplace_back().counter.value = value; }
  void gauge(std::string_view name, std::string_view help, double value) { add(name, help, MetricType::Gauge).metric.emplace_back().gauge.value = value; }
  void counters(std::string_view name, std::string_view help, std::initializer_list<std::string_view> labels, const Series& series) {
    fill(add(name, help, MetricType::Counter), labels, series, [](ClientMetric& metric, double value) { metric.counter.value = value; });
  }
  void gauges(std::string_view name, std::string_view help, std::initializer_list<std::string_view> labels, const Series& series) {
    fill(add(name, help, MetricType::Gauge), labels, series, [](ClientMetric& metric, double value) { metric.gauge.value = value; });
  }
  // histogram(...): of buckets first to last; whatever lies beyond counts in the next or in +Inf. unit: of the figures.
  void histogram(std::string_view name, std::string_view help, const base::HistogramFigures& figures, double unit, std::size_t first, std::size_t last) {
    ClientMetric::Histogram& histogram = add(name, help, MetricType::Histogram).metric.emplace_back().histogram;
    histogram.sample_count = figures.count();
    histogram.sample_sum = number(figures.sum) * unit;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= last; ++i) {
      cumulative += figures.buckets[i];
      if (i >= first) histogram.bucket.push_back({cumulative, number(std::uint64_t{1} << i) * unit});
    }
  }
  void summary(std::string_view name, std::string_view help, std::uint64_t count, double sum) {
    ClientMetric::Summary& summary = add(name, help, MetricType::Summary).metric.emplace_back().summary;
    summary.sample_count = count;
    summary.sample_sum = sum;
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  MetricFamily& add(std::string_view name, std::string_view help, MetricType type) {
    MetricFamily& family = families_.emplace_back();
    family.name = "assay_" + std::string(name);
    family.help = help;
    family.type = type;
    return family;
  }
  template <class Set>
  static void fill(MetricFamily& family, std::initializer_list<std::string_view> names, const Series& series, Set set) {
    for (const auto& [values, value] : series.values()) {
      ClientMetric& metric = family.metric.emplace_back();
      std::size_t i = 0;
      for (const std::string_view name : names) metric.label.push_back({std::string(name), values.at(i++)});
      set(metric, value);
    }
  }
  std::vector<MetricFamily> families_;
};

void add_daemon(const MetricsFigures& figures, const StateReport& report, const snapshot::Snapshot& snapshot, Families& out) {
  const StatusFigures& status = figures.status;
  Series build, engines, problems;
  build.add({label(status.version)}, 1);
  out.gauges("build_info", "The version that runs.", {"version"}, build);
  out.gauge("start_time_seconds", "When the daemon started, in seconds since 1970.", static_cast<double>(status.started_at_s));
  out.gauge("deployment", "Number of the deployment in force.", number(snapshot.deployment()));
  out.gauge("generation", "Number of the snapshot that judges.", number(snapshot.generation()));
  out.gauge("state_kept", "1 if all that is in force is on disk.", report.kept ? 1 : 0);
  out.gauge("fetcher_connected", "1 if assay-fetch is connected.", status.fetcher_connected ? 1 : 0);
  for (const std::string_view severity : {"notice", "warning", "alarm"}) problems.add({std::string(severity)}, 0);
  for (const std::vector<Problem>* all : {&report.problems, &status.problems}) {
    for (const Problem& problem : *all) {
      switch (problem.severity) {
        case Problem::Severity::notice: problems.add({"notice"}, 1); break;
        case Problem::Severity::warning: problems.add({"warning"}, 1); break;
        case Problem::Severity::unset:  // not clearly mild
        case Problem::Severity::alarm: problems.add({"alarm"}, 1); break;
      }
    }
  }
  out.gauges("problems", "Problems that `assayctl status` shows.", {"severity"}, problems);
  for (const EngineUse& use : status.engines) engines.add({std::string(jose::name_of(use.algorithm)), std::string(crypto::name_of(use.engine))}, 1);
  out.gauges("engine_info", "Which engine verifies an algorithm's signatures.", {"algorithm", "engine"}, engines);
}

void add_requests(const MetricsFigures& figures, const snapshot::CountNames& names, Families& out) {
  Series verdicts, errors;
  for (const auto& [kind, count] : figures.verdicts) {
    verdicts.add({label(names.api_services.name_of(kind.api_service)), label(names.oauth_servers.name_of(kind.oauth_server)), std::string(schema::info(kind.code).name),
                  kind.signature_verified ? "true" : "false"},
                 number(count));
  }
  out.counters("verdicts_total", "Tokens judged; oauth_server is empty if the token's issuer is none that the API service takes.", {"api_service", "oauth_server", "code", "verified"}, verdicts);
  for (std::size_t i = 1; i < figures.status.errors.size(); ++i) errors.add({std::string(name_of(static_cast<ErrorCode>(i)))}, number(figures.status.errors[i]));
  out.counters("errors_total", "Requests that were answered with an error, on the data and the control socket.", {"error"}, errors);
  out.histogram("request_duration_seconds", "From a request's last byte to its answer, on the data socket.", figures.request_us, kMicro, 2, 24);
  out.histogram("batch_duration_seconds", "How long a worker takes for a batch of tokens, its answers included.", figures.batch_us, kMicro, 2, 20);
  out.histogram("batch_tokens", "Tokens of a batch.", figures.batch_tokens, 1, 0, 8);
}

void add_connections(const MetricsFigures& figures, Families& out) {
  std::uint64_t open = 0;
  for (const WorkerFigures& worker : figures.status.workers) open += worker.connections;
  out.gauge("connections", "Connections of the data socket that are open.", number(open));
  out.counter("connections_opened_total", "Connections opened on the data socket.", number(figures.connections_opened));
  out.counter("connections_refused_total", "Connections that a limit forbade, of any socket.", number(figures.status.connections_refused));
  out.counter("connections_dropped_total", "Connections dropped because they were slow, idle or did not speak the protocol, of the data and the control socket.", number(figures.status.connections_dropped));
  out.counter("received_bytes_total", "Bytes received on the data socket.", number(figures.received_bytes));
  out.counter("sent_bytes_total", "Bytes of answers on the data socket.", number(figures.sent_bytes));
  Series cpu;
  for (std::size_t i = 0; i < figures.worker_cpu_ns.size(); ++i) {
    if (const auto& ns = figures.worker_cpu_ns[i]) cpu.add({std::to_string(i)}, number(*ns) * kNano);
  }
  out.counters("worker_cpu_seconds_total", "Processor time of a worker thread: its rate is the share of the time that the worker is busy.", {"worker"}, cpu);
}

void add_changes(const MetricsFigures& figures, Families& out) {
  Series changes;
  for (const auto& [what, count] : figures.changes) changes.add({std::string(what.first), std::string(what.second)}, number(count));
  out.counters("changes_total", "Deploys, rollbacks, pushes of keys and fetched key sets, by what came of them.", {"kind", "outcome"}, changes);
  out.summary("snapshot_build_seconds", "From taking up changes to the snapshot that has them, with the disk; the first, of the start, left out.", figures.builds.count,
              number(figures.builds.sum_us) * kMicro);
  out.gauge("snapshot_last_build_seconds", "How long the last build of a snapshot took; 0: none since the start.", number(figures.builds.last_us) * kMicro);
}

// A URL's query may hold what is nobody else's business, and is left out as in the log.
void add_sources(const MetricsFigures& figures, Families& out) {
  Series fetches, age, stale, failures;
  std::size_t shown = 0;
  for (const auto& [id, report] : figures.status.sources) {
    const std::string source = ++shown > limits::kMetricsSourcesMax ? "other" : label(std::string_view(id.url).substr(0, id.url.find('?')));
    fetches.add({source, "changed"}, number(report.fetches_changed));
    fetches.add({source, "unchanged"}, number(report.fetches_unchanged));
    fetches.add({source, "failed"}, number(report.fetches_failed));
    if (report.fetched_at_s) age.raise({source}, static_cast<double>(figures.now_s - *report.fetched_at_s));
    stale.raise({source}, report.state == sources::SourceState::stale ? 1 : 0);
    failures.raise({source}, number(report.consecutive_failures));
  }
  out.counters("source_fetches_total", "Fetches of a key source, by what came of them.", {"source", "result"}, fetches);
  out.gauges("source_keys_age_seconds", "Seconds since a source's keys were fetched, confirmed or pushed; absent: it has none.", {"source"}, age);
  out.gauges("source_keys_stale", "1 if a source's keys are too old to serve: its tokens are unavailable.", {"source"}, stale);
  out.gauges("source_consecutive_failures", "Fetches of a source that have failed since the last that did not.", {"source"}, failures);
}

void add_keys(const MetricsFigures& figures, const snapshot::Snapshot& snapshot, Families& out) {
  Series verified, last_used;
  std::set<const snapshot::KeyUse*> seen;  // versions of an OAuth server share them
  for (const auto& server : snapshot.oauth_servers()) {
    if (server->keys == nullptr) continue;
    for (const jose::VerificationKey& key : server->keys->keys()) {
      const snapshot::KeyUse* use = server->use_of(key);
      if (use == nullptr || !seen.insert(use).second) continue;
      const Labels labels = seen.size() > limits::kMetricsKeysMax ? Labels{"other", "other"} : Labels{label(server->name), label(key.kid.value_or(""))};
      verified.add(labels, number(use->count()));
      last_used.raise(labels, static_cast<double>(use->last_used_s()));
    }
  }
  out.counters("key_verified_tokens_total", "Tokens that a key has verified, those from the cache included; kid is empty if it has none.", {"oauth_server", "kid"}, verified);
  out.gauges("key_last_used_timestamp_seconds", "When a key last verified a token, in seconds since 1970; 0: not since the start, nor since the key came (back).", {"oauth_server", "kid"}, last_used);
  if (const auto& tables = figures.status.tables) {
    out.gauge("key_tables", "Keys that have a table, computed once so that they verify faster.", number(tables->tables));
    out.gauge("keys_without_table", "Keys without a table, which verify more slowly.", number(tables->keys_without));
    out.gauge("key_table_bytes", "Memory of keys' tables.", number(tables->bytes));
    out.gauge("curve_table_bytes", "Memory of the curves' own tables.", number(tables->curve_bytes));
    out.gauge("key_table_budget_bytes", "Memory that keys' tables may take (daemon.key_table_budget).", number(snapshot.daemon().key_table_budget_bytes));
  }
}

void add_token_cache(const verdict::TokenCacheFigures& cache, Families& out) {
  out.counter("token_cache_hits_total", "Tokens judged without verifying their signatures again.", number(cache.hits));
  out.counter("token_cache_misses_total", "Tokens whose signatures had to be verified.", number(cache.misses));
  out.counter("token_cache_keys_gone_total", "Times that a token was there and did not count, for its key does not serve where it was presented.", number(cache.keys_gone));
  out.counter("token_cache_evicted_total", "Remembered tokens that made room for others before they expired.", number(cache.evicted));
  out.counter("token_cache_expired_total", "Remembered tokens that had expired when they made room for others.", number(cache.expired));
  out.counter("token_cache_oversized_total", "Verified tokens that say too much to be kept.", number(cache.oversized));
  out.counter("token_cache_busy_total", "Verified tokens that were not kept because two workers met.", number(cache.busy));
  out.counter("token_cache_passed_total", "Verified tokens that were let pass, for they would have displaced others and had not come before.", number(cache.passed));
  out.gauge("token_cache_entries", "Tokens that are remembered, expired ones included.", number(cache.entries));
  out.gauge("token_cache_capacity", "Tokens that the cache has room for.", number(cache.capacity));
  out.gauge("token_cache_bytes", "Memory of the token cache.", number(cache.bytes));
}

}  // namespace

void MetricsFigures::add_worker(const WorkerCounters& counters, const Traffic& traffic, std::optional<std::uint64_t> cpu_ns) {
  counters.request_us.add_to(request_us);
  counters.batch_us.add_to(batch_us);
  counters.batch_tokens.add_to(batch_tokens);
  received_bytes += traffic.received_bytes.value();
  sent_bytes += traffic.sent_bytes.value();
  connections_opened += counters.connections_opened.value();
  worker_cpu_ns.push_back(cpu_ns);
}

std::string metrics_text(const MetricsFigures& figures, const StateReport& report, const snapshot::Snapshot& snapshot) {
  Families out;
  add_daemon(figures, report, snapshot, out);
  add_requests(figures, snapshot.count_names(), out);
  add_connections(figures, out);
  add_changes(figures, out);
  add_sources(figures, out);
  add_keys(figures, snapshot, out);
  if (figures.status.token_cache) add_token_cache(*figures.status.token_cache, out);
  return out.text();
}

}  // namespace assay::server
