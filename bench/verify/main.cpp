// Verifications a second of CPU time: our engines and OpenSSL in one process, on the same signatures, in turns of a few hundredths of a second, so that whatever disturbs the machine
// disturbs all alike; medians of the rounds. Not Google Benchmark, which runs one contender after the other. A signature that is not found valid ends the program.
#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verify/contenders.h"
#include "verify/report.h"
#include "verify/signatures.h"

namespace {

using namespace assay;
using namespace assay::bench;
using crypto::Algorithm;
using crypto::EngineLevel;

struct Options {
  double seconds = 0.03;
  unsigned rounds = 5;
  std::vector<std::size_t> keys{1, 25, 200};
  std::vector<std::size_t> batches{1, 4, 16, 64};
  std::vector<std::string> algorithms;
  EngineLevel engine = crypto::best_level();
  std::size_t message_bytes = 700;
  std::size_t signatures = 1024;
  std::uint64_t budget_bytes = std::uint64_t{256} << 20;
  std::string json;
  bool no_tables = false;
  bool small = false;
};

const std::vector<Kind> kKinds{{Algorithm::es256, 256},  {Algorithm::es384, 384},  {Algorithm::es512, 521},  {Algorithm::eddsa, 255}, {Algorithm::rs256, 2048},
                               {Algorithm::rs256, 3072}, {Algorithm::rs256, 4096}, {Algorithm::ps256, 2048}, {Algorithm::rs384, 2048}, {Algorithm::rs512, 2048}};

constexpr std::size_t kPerReading = 16;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// rate(contender, batch, signatures, seconds): verifications a second, over at least so many seconds. The clock of a thread is read by a system call, which would be a twentieth of a fast
// verification: it is read once for at least kPerReading of them.
double rate(Contender& contender, std::size_t batch, std::size_t signatures, double seconds) {
  std::size_t verified = 0;
  std::size_t next = 0;
  const double begin = cpu_seconds();
  double now = begin;
  do {
    for (std::size_t since = 0; since < kPerReading; since += batch) {
      if (!contender.verify(next, batch)) {
        fmt::print(stderr, "assay-bench-verify: a good signature was not found valid\n");
        std::exit(1);
      }
      verified += batch;
      next += batch;
      if (next + batch > signatures) next = 0;
    }
    now = cpu_seconds();
  } while (now - begin < seconds);
  return static_cast<double>(verified) / (now - begin);
}

// measure(...): the contenders in turn, five rounds for each size of batch. The reference engine and OpenSSL take signatures one by one, whatever the batch.
void measure(const Options& options, const Signatures& signatures, std::vector<Row>& rows) {
  const Signatures* const set[] = {&signatures};
  const auto ours = make_engine_contender(options.engine, set, options.budget_bytes);
  const auto scalar = make_engine_contender(EngineLevel::scalar, set, options.budget_bytes);
  const auto reference = make_engine_contender(EngineLevel::reference, set, options.budget_bytes);
  const auto openssl = make_openssl_contender(signatures);
  for (const std::size_t batch : options.batches) {
    std::vector<double> rates[4];
    for (unsigned round = 0; round < options.rounds; ++round) {
      const std::size_t count = signatures.all.size();
      rates[0].push_back(rate(*ours, batch, count, options.seconds));
      rates[3].push_back(rate(*openssl, 1, count, options.seconds));
      rates[1].push_back(rate(*scalar, batch, count, options.seconds));
      rates[2].push_back(rate(*reference, 1, count, options.seconds / 3));
    }
    rows.push_back({std::string(crypto::test::name(signatures.kind.algorithm)), signatures.kind.key_bits, batch, signatures.keys.size(), median(rates[0]), median(rates[1]),
                    median(rates[2]), median(rates[3])});
    fmt::print("{}", text_of(rows.back()));
    std::fflush(stdout);
  }
}

void measure_tables(const Options& options, std::vector<TableRow>& rows) {
  fmt::print("\nTables within {} MiB:\n", options.budget_bytes >> 20);
  for (const Kind kind : kKinds) {
    if (kind.key_bits > 600) continue;  // RSA keys have none
    for (const std::size_t count : options.small ? std::vector<std::size_t>{1} : std::vector<std::size_t>{1, 25, 200, 1024}) {
      const Signatures signatures = sign(kind, make_keys(kind, count), 1, 1);
      TableRow row{std::string(crypto::test::name(kind.algorithm)), count, {}};
      const Signatures* const set[] = {&signatures};
      make_engine_contender(options.engine, set, options.budget_bytes, &row.tables);
      rows.push_back(row);
      fmt::print("{}", text_of(row));
      std::fflush(stdout);
    }
  }
}

// measure_mixture(options): half ES256, a quarter RS256, a quarter EdDSA over 25 keys in random order, against what each of them by itself would give.
void measure_mixture(const Options& options) {
  constexpr std::size_t kBatch = 64;
  const std::size_t quarter = std::max<std::size_t>(options.signatures / 4, kBatch);
  const Signatures parts[] = {sign({Algorithm::es256, 256}, make_keys({Algorithm::es256, 256}, 13), 2 * quarter, options.message_bytes),
                              sign({Algorithm::rs256, 2048}, make_keys({Algorithm::rs256, 2048}, 6), quarter, options.message_bytes),
                              sign({Algorithm::eddsa, 255}, make_keys({Algorithm::eddsa, 255}, 6), quarter, options.message_bytes)};
  const Signatures* const sets[] = {&parts[0], &parts[1], &parts[2]};
  const auto mixture = make_engine_contender(options.engine, sets, options.budget_bytes);
  std::unique_ptr<Contender> alone[3];
  for (std::size_t i = 0; i < 3; ++i) alone[i] = make_engine_contender(options.engine, std::span(sets).subspan(i, 1), options.budget_bytes);
  std::vector<double> rates, shares;
  for (unsigned round = 0; round < options.rounds; ++round) {
    rates.push_back(rate(*mixture, kBatch, 4 * quarter, options.seconds));
    double seconds = 0;  // for one signature, on average
    for (std::size_t i = 0; i < 3; ++i) seconds += static_cast<double>(parts[i].all.size()) / static_cast<double>(4 * quarter) / rate(*alone[i], kBatch, parts[i].all.size(), options.seconds);
    shares.push_back(rates.back() * seconds);
  }
  fmt::print("\nES256, ES256, RS256, EdDSA in random order, 25 keys, batch {}: {:.2f} k/s, {:.0f} % of what its parts give\n", kBatch, median(rates) / 1000, 100 * median(shares));
}

int run(const Options& options) {
  std::vector<Row> rows;
  std::vector<TableRow> tables;
  fmt::print("{}, {}, {}, engine {}\n{}", OpenSSL_version(OPENSSL_VERSION), ASSAY_COMPILER, ASSAY_BUILD_TYPE, name_of(options.engine), heading());
  for (const Kind kind : kKinds) {
    const auto name = crypto::test::name(kind.algorithm);
    if (!options.algorithms.empty() && std::ranges::find(options.algorithms, name) == options.algorithms.end()) continue;
    for (const std::size_t keys : options.keys) measure(options, sign(kind, make_keys(kind, keys), std::max(options.signatures, keys), options.message_bytes), rows);
  }
  if (options.algorithms.empty()) measure_mixture(options);
  if (!options.no_tables) measure_tables(options, tables);
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    file << json_of(rows, tables);
    if (!file.flush()) {
      fmt::print(stderr, "assay-bench-verify: {} cannot be written\n", options.json);
      return 1;
    }
  }
  return 0;
}

// pin(): to the processor that the thread runs on.
void pin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(std::max(0, ::sched_getcpu())), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How fast signatures are verified: assay's engines and OpenSSL, side by side.", "assay-bench-verify");
  Options options;
  app.add_option("--algorithms", options.algorithms, "such as ES256,RS256; default: all")->delimiter(',');
  std::vector<std::string> engines;
  for (const EngineLevel level : crypto::kKernelLevels) {
    if (crypto::Kernels::of(level)) engines.emplace_back(name_of(level));
  }
  std::string engine(name_of(options.engine));
  app.add_option("--engine", engine, "which of ours")->check(CLI::IsMember(engines))->capture_default_str();
  app.add_option("--keys", options.keys, "numbers of keys")->delimiter(',')->check(CLI::Range(1, 2000))->capture_default_str();
  app.add_option("--batch", options.batches, "sizes of batches")->delimiter(',')->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--seconds", options.seconds, "of each turn")->check(CLI::Range(0.001, 60.0))->capture_default_str();
  app.add_option("--rounds", options.rounds, "turns of each contender")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--message-bytes", options.message_bytes, "of what is signed")->check(CLI::Range(0, 16384))->capture_default_str();
  app.add_option("--key-table-budget", options.budget_bytes, "bytes for tables of keys")->capture_default_str();
  app.add_option("--json", options.json, "write all figures to this file")->type_name("FILE");
  app.add_flag("--no-tables", options.no_tables, "leave out what tables take");
  app.add_flag("--small", options.small, "a fraction of a second, to see that all works");
  CLI11_PARSE(app, argc, argv);
  options.engine = *std::ranges::find(crypto::kKernelLevels, engine, crypto::name_of);
  if (options.small) {
    options.seconds = 0.001;
    options.rounds = 1;
    options.keys = {2};
    options.batches = {1, 5};
    options.signatures = 8;
  }
  options.signatures = std::max(options.signatures, *std::ranges::max_element(options.batches));
  pin();
  return run(options);
}
