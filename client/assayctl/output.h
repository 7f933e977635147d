// How assayctl speaks: results on standard output, for people or as JSON; errors as one line on standard error; an exit code for scripts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/result.h"
#include "client/messages.h"

namespace assayctl {

// Exit: the exit codes. failed stands for everything that is no answer: bad usage, no daemon, a file that cannot be read.
// unwell: `status --check` has found something.
enum class Exit : std::uint8_t { done = 0, refused = 1, failed = 2, unavailable = 3, unwell = 3 };

// worst(a, b): of several results the one that a script must not miss: failed, then refused, then unavailable, then done.
Exit worst(Exit a, Exit b) noexcept;

enum class Colour : std::uint8_t { none = 0, good, bad, warning, dim, strong };

// Output: standard output and standard error.
class Output {
 public:
  explicit Output(bool json) noexcept;

  bool json() const noexcept { return json_; }
  // paint(colour, text): with colour if standard output is a terminal that wants it.
  std::string paint(Colour colour, std::string_view text) const;

  // line(text): one line of a result; everything from outside has been escaped.
  void line(std::string_view text) noexcept;
  void flush() noexcept;

  // error(name, text, advice, extra): `assayctl: text (advice)` on standard error and, with --json, {"error": name, "text": text, ...} on standard output. text is
  // escaped here. extra: more members of that object, "" for none.
  void error(std::string_view name, std::string_view text, std::string_view advice = {}, std::string_view extra = {}) noexcept;
  // faults(refusal, file): the error, then one fault a line, behind the name of the file as assayd --check writes it. file: as named on the command line; empty if
  // they are about none.
  void faults(const assay::Refusal& refusal, std::string_view file) noexcept;

  // finish(result): the exit code: result, or failed if standard output could not take everything.
  Exit finish(Exit result) noexcept;

 private:
  bool json_;
  bool colours_;
  bool broken_ = false;
};

// error_name(error): stable: the daemon's own name for its errors ("unknown_api_service"), else how the call ended ("cannot_connect").
std::string_view error_name(const assay::Error& error) noexcept;

enum class Asked : std::uint8_t { unset = 0, data_socket, control_socket };
// advice(error, asked): what to do about it; empty if there is nothing to say.
std::string advice(const assay::Error& error, Asked asked);

}  // namespace assayctl
