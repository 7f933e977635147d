// One more byte than is allowed is as far as a file is read: devices and pipes have no size to ask for.
#include "client/assayctl/files.h"

#include <fmt/core.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "client/assayctl/text.h"

namespace assayctl {
namespace {

assay::base::Result<std::string> read_all(int fd, const std::string& name, std::size_t bytes_max) {
  std::string content;
  std::array<char, 64 * 1024> chunk;
  ssize_t count;
  while ((count = ::read(fd, chunk.data(), chunk.size())) != 0 && content.size() <= bytes_max) {
    if (count < 0 && errno != EINTR) break;
    if (count > 0) content.append(chunk.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) return assay::base::fail(fmt::format("cannot read {}: {}", name, strerrordesc_np(errno)));
  if (content.size() > bytes_max) return assay::base::fail(fmt::format("{} has more than {} bytes", name, bytes_max));
  return content;
}

}  // namespace

assay::base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return assay::base::fail(fmt::format("cannot open {}: {}", path, strerrordesc_np(errno)));
  assay::base::Result<std::string> content = read_all(fd, path, bytes_max);
  ::close(fd);
  return content;
}

assay::base::Result<std::string> read_input(const std::string& path, std::size_t bytes_max) {
  return path == kStandardInput ? read_all(STDIN_FILENO, input_name(path), bytes_max) : read_file(path, bytes_max);
}

}  // namespace assayctl
