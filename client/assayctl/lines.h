// Lines of a file or of standard input, as they are: only \n or \r\n ends one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace assayctl {

struct Line {
  std::uint64_t number = 0;  // from 1
  std::string text;
  bool too_long = false;     // longer than the limit: its text is gone
};

// LineReader: reads a descriptor that it does not own.
class LineReader {
 public:
  LineReader(int fd, std::size_t line_bytes_max) : fd_(fd), line_bytes_max_(line_bytes_max) {}

  // read(): waits for more bytes, once. False at the end of the input and after an error (system_errno() is then not 0).
  bool read();
  // next(): the next line that is there. At the end of the input the rest is a line, if there is any.
  std::optional<Line> next();
  int system_errno() const noexcept { return errno_; }

 private:
  int fd_;
  std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t start_ = 0;      // of the line to come, in buffer_
  std::size_t searched_ = 0;   // no line end before here
  std::uint64_t number_ = 0;
  bool too_long_ = false;      // the line to come has outgrown the limit
  bool ended_ = false;
  int errno_ = 0;
};

}  // namespace assayctl
