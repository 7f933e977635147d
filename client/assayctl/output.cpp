// Output keeps what comes from elsewhere apart from what we print: texts of the daemon and of files are escaped on their way to either stream.
#include "client/assayctl/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "client/assayctl/text.h"

namespace assayctl {
namespace {

// https://no-color.org: any value that is not empty.
bool wants_colours() noexcept {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

void to_stderr(std::string text) noexcept {
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string fault_json(const assay::Fault& fault) {
  return JsonObject().text("pointer", fault.pointer).text("found", fault.found).text("allowed", fault.allowed).str();
}

std::string advice(assay::DaemonError error) {
  if (error == assay::DaemonError::no_such_deployment) return "`assayctl deployments` lists those that are kept";
  if (error == assay::DaemonError::not_kept) return "see to the disk, or use --allow-volatile: it is then in force, and a restart undoes it";
  if (error == assay::DaemonError::bad_key_source) return "`assayctl status --all` lists the OAuth servers and the URLs of their keys";
  if (error == assay::DaemonError::no_fetcher) return "start assay-fetch; `assayctl push-keys` gives keys without it";
  if (error == assay::DaemonError::forbidden) {
    return "root and the daemon's user always may; others need an entry of `clients` with \"control\": \"read\" or \"write\"";
  }
  return {};
}

}  // namespace

Exit worst(Exit a, Exit b) noexcept {
  for (const Exit candidate : {Exit::failed, Exit::refused, Exit::unavailable}) {
    if (a == candidate || b == candidate) return candidate;
  }
  return Exit::done;
}

Output::Output(bool json) noexcept : json_(json), colours_(!json && wants_colours()) {}

std::string Output::paint(Colour colour, std::string_view text) const {
  if (!colours_) return std::string(text);
  const char* code = "0";
  switch (colour) {
    case Colour::none: return std::string(text);
    case Colour::good: code = "32"; break;
    case Colour::bad: code = "31"; break;
    case Colour::warning: code = "33"; break;
    case Colour::dim: code = "2"; break;
    case Colour::strong: code = "1"; break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Output::line(std::string_view text) noexcept {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fputc('\n', stdout) == EOF) broken_ = true;
}

void Output::flush() noexcept {
  if (std::fflush(stdout) != 0) broken_ = true;
}

void Output::error(std::string_view name, std::string_view text, std::string_view advice, std::string_view extra) noexcept {
  flush();  // in the order in which things happened, should both streams be one
  if (json_) {
    std::string object = JsonObject().text("error", name).text("text", text).str();
    if (!extra.empty()) object.insert(object.size() - 1, fmt::format(",{}", extra));
    line(object);
    flush();
  }
  to_stderr(fmt::format("assayctl: {}{}{}", for_terminal(text), advice.empty() ? "" : "; ", advice));
}

void Output::faults(const assay::Refusal& refusal, std::string_view file) noexcept {
  const std::string file_member = file.empty() ? std::string() : fmt::format("\"file\":{},", json_string(file));
  error(error_name(refusal.error), refusal.error.text, {}, fmt::format("{}\"faults\":{}", file_member, json_list(refusal.faults, fault_json)));
  const std::string place = file.empty() ? "  " : for_terminal(input_name(file)) + ": ";
  for (const assay::Fault& fault : refusal.faults) {
    to_stderr(fmt::format("{}{}: found {}, allowed {}", place, fault.pointer.empty() ? "(document)" : for_terminal(fault.pointer), for_terminal(fault.found),
                          for_terminal(fault.allowed)));
  }
}

Exit Output::finish(Exit result) noexcept {
  flush();
  if (!broken_) return result;
  to_stderr("assayctl: standard output could not take everything");
  return Exit::failed;
}

std::string_view error_name(const assay::Error& error) noexcept {
  if (error.daemon_error != assay::DaemonError::unset) return assay::name(error.daemon_error);
  return assay::name(error.status);
}

std::string advice(const assay::Error& error, Asked asked) {
  const bool control = asked == Asked::control_socket;
  if (error.status == assay::CallStatus::cannot_connect) {
    switch (error.system_errno) {
      case ENOENT: return fmt::format("is assayd running? If its socket is elsewhere, name it with {}", control ? "--control" : "--socket");
      case ECONNREFUSED: return "nobody listens there: start assayd (a stale socket file does no harm)";
      case EACCES:
      case EPERM: return control ? "the control socket is for the daemon's operators: try it as root" : "the data socket is for members of its group";
      case EAGAIN: return "the daemon has too many connections waiting";
      default: return {};
    }
  }
  if (error.status == assay::CallStatus::timed_out) return "--timeout MS sets another time";
  return advice(error.daemon_error);
}

}  // namespace assayctl
