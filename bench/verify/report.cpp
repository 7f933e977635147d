#include "verify/report.h"

#include <fmt/format.h>

namespace assay::bench {
namespace {

std::string thousands(double rate) { return rate == 0 ? "-" : fmt::format("{:.2f}", rate / 1000); }
std::string ratio(double rate, double of) { return rate == 0 || of == 0 ? "-" : fmt::format("{:.2f}x", rate / of); }

}  // namespace

std::string heading() {
  return fmt::format("{:<6} {:>5} {:>5} {:>5}  {:>9} {:>9} {:>9} {:>9}   {:>8} {:>8}\n", "", "bits", "keys", "batch", "ours k/s", "scalar", "reference", "OpenSSL", "ours/O", "scalar/O");
}

std::string text_of(const Row& row) {
  return fmt::format("{:<6} {:>5} {:>5} {:>5}  {:>9} {:>9} {:>9} {:>9}   {:>8} {:>8}\n", row.algorithm, row.key_bits, row.keys, row.batch, thousands(row.ours), thousands(row.scalar),
                     thousands(row.reference), thousands(row.openssl), ratio(row.ours, row.openssl), ratio(row.scalar, row.openssl));
}

std::string text_of(const TableRow& row) {
  const auto& figures = row.tables.figures;
  return fmt::format("{:<6} {:>5} keys: {} tables, {:.1f} MiB, {:.0f} ms of CPU time; {} keys without; {:.1f} MiB for the curve\n", row.algorithm, row.keys, figures.tables,
                     static_cast<double>(figures.bytes) / (1 << 20), row.tables.seconds * 1000, figures.keys_without, static_cast<double>(figures.curve_bytes) / (1 << 20));
}

std::string json_of(const std::vector<Row>& rows, const std::vector<TableRow>& tables) {
  std::string out = "{\"rows\":[";
  for (const Row& row : rows) {
    out += fmt::format("{}\n{{\"algorithm\":\"{}\",\"key_bits\":{},\"batch\":{},\"keys\":{},\"ours_per_s\":{:.0f},\"scalar_per_s\":{:.0f},\"reference_per_s\":{:.0f},\"openssl_per_s\":{:.0f}}}",
                       &row == rows.data() ? "" : ",", row.algorithm, row.key_bits, row.batch, row.keys, row.ours, row.scalar, row.reference, row.openssl);
  }
  out += "],\n\"tables\":[";
  for (const TableRow& row : tables) {
    out += fmt::format("{}\n{{\"algorithm\":\"{}\",\"keys\":{},\"tables\":{},\"bytes\":{},\"curve_bytes\":{},\"keys_without\":{},\"cpu_s\":{:.4f}}}", &row == tables.data() ? "" : ",", row.algorithm,
                       row.keys, row.tables.figures.tables, row.tables.figures.bytes, row.tables.figures.curve_bytes, row.tables.figures.keys_without, row.tables.seconds);
  }
  return out + "]}\n";
}

}  // namespace assay::bench
