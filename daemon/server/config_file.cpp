// The daemon reads files only here, at start-up and for --check; what comes over the control socket never names one.
#include "server/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "server/fd.h"
#include "server/limits.h"
#include "snapshot/key_files.h"

namespace assay::server {
namespace {

base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));  // O_NONBLOCK: a pipe does not hang the start
  if (!file) return base::fail(std::strerror(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return base::fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return base::fail("not a regular file");
  std::string content;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t bytes = ::read(file.get(), piece, sizeof piece);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return base::fail(std::strerror(errno));
    if (bytes == 0) return content;
    if (content.size() + static_cast<std::size_t>(bytes) > bytes_max) return base::fail("larger than " + std::to_string(bytes_max) + " bytes");
    content.append(piece, static_cast<std::size_t>(bytes));
  }
}

}  // namespace

base::Result<std::string, std::vector<snapshot::Fault>> read_configuration(const std::string& path) {
  const auto document = read_file(path, limits::kConfigBytesMax);
  if (!document) return std::unexpected(std::vector<snapshot::Fault>{{.pointer = "", .found = document.error().what, .allowed = "a readable file"}});
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return snapshot::inline_key_files(*document, [&folder](const std::string& name) { return read_file((folder / name).string(), limits::kConfigBytesMax); });
}

std::string describe(const snapshot::Fault& fault) {
  return fmt::format("{}: found {}, allowed {}", fault.pointer.empty() ? "(document)" : base::printable(fault.pointer, 512), fault.found, fault.allowed);
}

}  // namespace assay::server
