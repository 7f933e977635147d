// assay-bench: wiring. Exit status: 0 done, 1 a failed run or an answer that was not as expected, 2 options that cannot be followed.
#include <fmt/core.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include "load/failure.h"
#include "load/options.h"
#include "load/report.h"
#include "load/session.h"

namespace {

using namespace assay;

// Written by a signal handler, hence here.
std::atomic<bool> stop = false;

int fail(const char* what, int status) {
  fmt::print(stderr, "assay-bench: {}\n", what);
  return status;
}

void write(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return;
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw load::Failure("cannot write " + path);
}

int run(const load::Options& options) {
  const load::Report report = load::measure(options, stop);
  if (options.json != "-" && options.html != "-") fmt::print("{}", load::text_report(report));
  std::fflush(stdout);
  if (!options.json.empty()) write(options.json, load::json_report(report));
  if (!options.html.empty()) write(options.html, load::html_report(report));
  if (report.unexpected() == 0) return 0;
  return fail(fmt::format("{} answers were not as expected", report.unexpected()).c_str(), 1);
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGINT, [](int) { stop = true; });
  std::signal(SIGTERM, [](int) { stop = true; });
  const load::Parsed parsed = load::parse_options(count, arguments);
  if (!parsed.options) {
    fmt::print(parsed.status == 0 ? stdout : stderr, "{}", parsed.text);
    return parsed.status;
  }
  try {
    return run(*parsed.options);
  } catch (const load::Usage& error) {
    return fail(error.what(), 2);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}
