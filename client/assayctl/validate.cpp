// validate: tokens from a file or standard input, a line each, in frames as full as the limits and the arrival of lines allow. Tokens never stand on the
// command line, and never in what is printed.
#include <fmt/core.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/client.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/lines.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

constexpr std::uint32_t kValidateTimeoutMs = 5'000;
// A token in a frame: its text, a length, an offset, a NUL and up to 3 bytes of padding; the same for what is not a token. See docs/PROTOCOL.md.
constexpr std::size_t kStringBytes = 12;
constexpr std::size_t kEnvelopeBytes = 256;

std::size_t bytes_beside_tokens(const assay::ValidationRequest& request) {
  std::size_t bytes = kEnvelopeBytes + request.api_service.size() + kStringBytes;
  for (const auto* list : {&request.required_scopes, &request.claims}) {
    for (const std::string& item : *list) bytes += item.size() + kStringBytes;
  }
  return bytes;
}

std::string verdict_json(std::uint64_t line, const assay::Verdict& verdict) {
  const assay::CodeInfo& info = verdict.info();
  JsonObject object;
  object.number("line", line).text("verdict", assay::name(verdict.outcome())).text("code", info.name).number("http_status", info.http_status);
  object.boolean("signature_verified", verdict.signature_verified).number("generation", verdict.generation).text("instance", hex(verdict.instance));
  object.text("text", info.text);
  if (!info.rfc6750_error.empty()) object.text("rfc6750_error", info.rfc6750_error);
  if (verdict.retry_after_ms != 0) object.number("retry_after_ms", verdict.retry_after_ms);
  if (!verdict.accepted()) return object.str();
  object.text("oauth_server", verdict.oauth_server);
  if (verdict.kid) object.text("kid", *verdict.kid);
  object.integer("valid_until", verdict.valid_until).integer("expires_at", verdict.expires_at);
  if (verdict.subject) object.text("subject", *verdict.subject);
  if (verdict.client_id) object.text("client_id", *verdict.client_id);
  object.raw("scopes", json_array(verdict.scopes));
  // A claim's value is text here: the JSON as it stands in the token may span lines, which this object may not.
  object.raw("claims", json_list(verdict.claims, [](const assay::Claim& claim) {
    return JsonObject().text("pointer", claim.pointer).text("json", claim.json).str();
  }));
  return object.str();
}

std::string accepted_text(const assay::Verdict& verdict) {
  std::string text = for_terminal(verdict.oauth_server);
  if (verdict.kid) text += fmt::format(", kid {}", for_terminal(*verdict.kid));
  if (verdict.subject) text += fmt::format(", subject {}", for_terminal(*verdict.subject));
  if (verdict.client_id) text += fmt::format(", client {}", for_terminal(*verdict.client_id));
  if (!verdict.scopes.empty()) text += fmt::format(", scopes {}", joined(verdict.scopes));
  const std::int64_t left = verdict.expires_at - std::time(nullptr);
  text += left >= 0 ? fmt::format("; expires in {}", duration(static_cast<std::uint64_t>(left))) : std::string("; expired, within the tolerance");
  for (const assay::Claim& claim : verdict.claims) text += fmt::format("\n{:21}{} = {}", "", for_terminal(claim.pointer), for_terminal(claim.json));
  return text;
}

class Validation {
 public:
  Validation(const Options& options, Output& out)
      : out_(out), request_{options.api_service, options.scopes, options.claims}, tokens_bytes_max_(room_for_tokens(request_)),
        client_(options.socket_path, client_options(options)) {}

  std::size_t tokens_bytes_max() const noexcept { return tokens_bytes_max_; }

  // add(line): takes it into the batch, which is sent first if it would grow too large. False after an error that ends it all.
  bool add(Line line) {
    if (line.too_long || line.text.size() + kStringBytes > tokens_bytes_max_) {
      if (!flush()) return false;
      ++count_;
      failed("bad_argument", fmt::format("line {} does not fit into a request; it was not validated", line.number), {}, line.number);
      return true;
    }
    const std::size_t bytes = line.text.size() + kStringBytes;
    if ((batch_.size() == assay::kTokensPerRequestMax || batch_bytes_ + bytes > tokens_bytes_max_) && !flush()) return false;
    batch_bytes_ += bytes;
    batch_.push_back(std::move(line));
    return true;
  }

  bool flush() {
    const bool good = batch_.empty() || ask(batch_);
    batch_.clear();
    batch_bytes_ = 0;
    out_.flush();
    return good;
  }

  Exit finish() {
    if (count_ == 0) {
      failed("bad_argument", "there was no token in the input", {}, 0);
    } else if (!out_.json() && count_ > 1) {
      out_.line(out_.paint(Colour::dim, fmt::format("{} tokens: {} accepted, {} refused, {} unavailable", grouped(count_), grouped(accepted_), grouped(refused_),
                                                    grouped(unavailable_))));
    }
    return result_;
  }

  void failed(std::string_view name, std::string_view text, std::string_view what_to_do, std::uint64_t line) {
    out_.error(name, text, what_to_do, line == 0 ? std::string() : fmt::format("\"line\":{}", line));
    result_ = worst(result_, Exit::failed);
  }

 private:
  static std::size_t room_for_tokens(const assay::ValidationRequest& request) {
    const std::size_t others = bytes_beside_tokens(request);
    return others < assay::kRequestBytesMax ? assay::kRequestBytesMax - others : 0;
  }

  static assay::ClientOptions client_options(const Options& options) {
    assay::ClientOptions out;
    out.timeout_ms = options.timeout_ms != 0 ? options.timeout_ms : kValidateTimeoutMs;
    // A daemon that is not there is said soon; one that restarts under a long input is waited for this long.
    out.connect_timeout_ms = 200;
    return out;
  }

  // Only the request knows which API service it was about.
  std::string advice_on(const assay::Error& error) const {
    if (error.daemon_error != assay::DaemonError::unknown_api_service) return advice(error, Asked::data_socket);
    return fmt::format("{} is not there, or `clients` does not open it to this user: `assayctl status` lists those that are there; a file that was edited counts after a deploy",
                       for_terminal(request_.api_service));
  }

  bool ask(std::span<const Line> lines) {
    std::vector<std::string_view> tokens;
    for (const Line& line : lines) tokens.push_back(line.text);
    const assay::Result<std::vector<assay::Verdict>> verdicts = client_.validate(request_, tokens);
    if (!verdicts) {
      const assay::Error& error = verdicts.error();
      // Verdicts and claims that are too many for one response are asked for in two.
      if (error.daemon_error == assay::DaemonError::response_too_large && lines.size() > 1) {
        return ask(lines.first(lines.size() / 2)) && ask(lines.subspan(lines.size() / 2));
      }
      count_ += lines.size();
      failed(error_name(error), error.text, advice_on(error), lines.front().number);
      return false;
    }
    count_ += lines.size();
    for (std::size_t i = 0; i < lines.size(); ++i) show(lines[i].number, (*verdicts)[i]);
    return true;
  }

  void show(std::uint64_t line, const assay::Verdict& verdict) {
    const assay::CodeInfo& info = verdict.info();
    Colour colour = Colour::bad;
    std::string detail;
    if (verdict.outcome() == assay::Outcome::accepted) {
      ++accepted_;
      colour = Colour::good;
      if (!out_.json()) detail = accepted_text(verdict);
    } else {
      const bool unavailable = verdict.outcome() == assay::Outcome::unavailable;
      ++(unavailable ? unavailable_ : refused_);
      colour = unavailable ? Colour::warning : Colour::bad;
      result_ = worst(result_, unavailable ? Exit::unavailable : Exit::refused);
      detail = fmt::format("{}: {} ({}; signature {})", info.name, info.text, info.http_status, verdict.signature_verified ? "good" : "not verified");
      if (verdict.retry_after_ms != 0) detail += fmt::format("; ask again in {} ms", grouped(verdict.retry_after_ms));
    }
    if (out_.json()) return out_.line(verdict_json(line, verdict));
    out_.line(fmt::format("{:>6}  {}  {}", line, out_.paint(colour, fmt::format("{:<11}", assay::name(verdict.outcome()))), detail));
  }

  Output& out_;
  assay::ValidationRequest request_;
  std::size_t tokens_bytes_max_;
  assay::Client client_;
  std::vector<Line> batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t unavailable_ = 0;
  Exit result_ = Exit::done;
};

Exit validate_lines(Validation& validation, int fd, const std::string& source) {
  LineReader reader(fd, validation.tokens_bytes_max());
  // What one read brought goes out before the next one waits: tokens that come slowly get their verdicts at once.
  for (bool more = true; more;) {
    more = reader.read();
    while (std::optional<Line> line = reader.next()) {
      if (!validation.add(std::move(*line))) return Exit::failed;
    }
    if (!validation.flush()) return Exit::failed;
  }
  if (reader.system_errno() != 0) {
    validation.failed("cannot_read_file", fmt::format("cannot read {}: {}", source, strerrordesc_np(reader.system_errno())), {}, 0);
    return Exit::failed;
  }
  return validation.finish();
}

}  // namespace

Exit run_validate(const Options& options, Output& out) {
  Validation validation(options, out);
  if (options.file.empty() || options.file == kStandardInput) return validate_lines(validation, STDIN_FILENO, input_name(kStandardInput));
  const int fd = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    validation.failed("cannot_read_file", fmt::format("cannot open {}: {}", options.file, strerrordesc_np(errno)), {}, 0);
    return Exit::failed;
  }
  const Exit result = validate_lines(validation, fd, options.file);
  ::close(fd);
  return result;
}

}  // namespace assayctl
