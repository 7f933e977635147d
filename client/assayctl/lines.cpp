// Lines are taken as they are: white space, NUL and broken UTF-8 belong to the token, and the daemon refuses it for them. A line without end takes no memory
// without end.
#include "client/assayctl/lines.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assayctl {

bool LineReader::read() {
  constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
  if (ended_) return false;
  buffer_.erase(0, start_);
  searched_ -= start_;
  start_ = 0;
  // Room for the \r of the line's end, which is not yet known to be one.
  if (buffer_.size() > line_bytes_max_ + 1) {
    too_long_ = true;
    buffer_.clear();
    searched_ = 0;
  }
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kReadBytes);
  ssize_t count;
  do count = ::read(fd_, buffer_.data() + had, kReadBytes);
  while (count < 0 && errno == EINTR);
  if (count < 0) errno_ = errno;
  buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  ended_ = count <= 0;
  return !ended_;
}

std::optional<Line> LineReader::next() {
  const std::size_t end = buffer_.find('\n', searched_);
  const bool whole = end != std::string::npos;
  if (!whole) {
    searched_ = buffer_.size();
    if (!ended_ || errno_ != 0 || (start_ == buffer_.size() && !too_long_)) return std::nullopt;
  }
  std::size_t stop = whole ? end : buffer_.size();
  if (whole && stop > start_ && buffer_[stop - 1] == '\r') --stop;
  Line line{++number_, {}, std::exchange(too_long_, false) || stop - start_ > line_bytes_max_};
  if (!line.too_long) line.text = buffer_.substr(start_, stop - start_);
  start_ = searched_ = whole ? end + 1 : buffer_.size();
  return line;
}

}  // namespace assayctl
