// load_check KIND COMMAND ...: runs the command (assay-bench with its options) with --json and --html to temporary files, and insists on exit status 0 and figures that can be:
// the right number of points, every verdict as expected, quantiles in order, tokens where there was load. KIND: closed or open.
#include <fmt/core.h>
#include <simdjson.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using simdjson::dom::element;

void check(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print(stderr, "load_check: {}\n", what);
  std::exit(1);
}

double number(const element& from, std::string_view pointer) {
  double value = 0;
  check(from.at_pointer(pointer).get(value) == simdjson::SUCCESS, fmt::format("no number at {}", pointer));
  return value;
}

void check_figures(const element& figures, bool answers) {
  check(number(figures, "/tokens_per_s") > 1 && number(figures, "/frames") > 1, "no tokens");
  double last = 0;
  for (const char* name : {"p50", "p90", "p99", "p99.9", "max"}) {
    const double value = number(figures, fmt::format("/latency_us/{}", name));
    check(value >= last && value > 0.1 && value < 60e6, fmt::format("{} is {} after {}", name, value, last));
    last = value;
  }
  if (answers) check(number(figures, "/server_cpu_us_per_token") > 1 && number(figures, "/server_cpu_us_per_token") < 1e5, "CPU time of the daemon");
  check(number(figures, "/generator_cpu_us_per_token") > 0.01, "CPU time of the generator");
}

void check_point(const element& point, bool closed) {
  check_figures(point.at_pointer("/median"), true);
  check(number(point, "/verdicts/accepted") > 0, "no token was accepted");
  // A few dozen tokens of a very busy host may lack a kind that is one in twenty.
  const bool all = closed && number(point, "/median/frames") > 200;
  for (const char* code : {"expired", "wrong_audience", "bad_signature"}) check(!all || number(point, fmt::format("/verdicts/{}", code)) > 0, fmt::format("no verdict {}", code));
  check(number(point, "/unexpected") == 0, "unexpected verdicts");
  if (closed) {
    check_figures(point.at_pointer("/echo_median"), false);
    check(number(point, "/echo_ratio/p50") > 0.1, "ratio to the echo server");
  } else {
    // A loaded host may be late; one that offers far more or far less than asked for is broken.
    const double offered = number(point, "/tokens_per_s_offered"), taken = number(point, "/median/tokens_per_s");
    check(taken > offered * 0.1 && taken < offered * 3, fmt::format("{} tokens/s were offered and {} taken", offered, taken));
  }
}

}  // namespace

int main(int count, char** arguments) {
  check(count > 2, "usage: load_check closed|open COMMAND ...");
  const bool closed = std::string_view(arguments[1]) == "closed";
  std::string folder = (std::filesystem::temp_directory_path() / "load-check-XXXXXX").string();
  check(::mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  const std::string json = folder + "/report.json", html = folder + "/report.html";
  std::vector<std::string> more{"--json", json, "--html", html};
  std::vector<char*> command(arguments + 2, arguments + count);
  for (std::string& argument : more) command.push_back(argument.data());
  command.push_back(nullptr);
  pid_t pid = -1;
  check(::posix_spawn(&pid, command[0], nullptr, nullptr, command.data(), environ) == 0, "cannot start the command");
  int status = -1;
  ::waitpid(pid, &status, 0);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the command has failed");

  simdjson::dom::parser parser;
  element root;
  check(parser.load(json).get(root) == simdjson::SUCCESS, "no JSON");
  check(number(root, "/unexpected") == 0, "unexpected verdicts");
  simdjson::dom::array points;
  check(root.at_pointer("/series/0/points").get(points) == simdjson::SUCCESS && points.size() == 2, "not two points");
  for (const element point : points) check_point(point, closed);
  std::ostringstream page;
  page << std::ifstream(html).rdbuf();
  check(page.str().starts_with("<!doctype html>") && page.str().ends_with("</html>\n") && page.str().contains("<polyline"), "no page with curves");
  check(!page.str().contains("http"), "the page names an address");
  std::filesystem::remove_all(folder);
}
