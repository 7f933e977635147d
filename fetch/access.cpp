// The files are read here and handed on as bytes, so that a failure can say which member is wrong, and so that nothing but a regular file of bounded size is ever read: a FIFO
// would hold up the loop, /dev/zero fill the memory.
#include "fetch/access.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "fetch/limits.h"
#include "server/fd.h"

namespace assay::fetch {
namespace {

base::Result<std::string> read_pem(std::string_view member, const std::string& path) {
  if (path.empty()) return std::string();
  const auto refuse = [&](std::string_view why) { return base::fail(fmt::format("{}: {}: {}", member, why, path)); };
  const server::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return refuse(std::strerror(errno));
  struct stat entry {};
  if (::fstat(file.get(), &entry) != 0) return refuse(std::strerror(errno));
  if (!S_ISREG(entry.st_mode)) return refuse("not a regular file");
  std::string content(limits::kPemBytesMax + 1, '\0');
  std::size_t bytes = 0;
  while (bytes < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + bytes, content.size() - bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(std::strerror(errno));
    if (got == 0) break;
    bytes += static_cast<std::size_t>(got);
  }
  if (bytes > limits::kPemBytesMax) return refuse(fmt::format("larger than {} bytes", limits::kPemBytesMax));
  if (bytes == 0) return refuse("an empty file");  // empty would mean none was asked for
  content.resize(bytes);
  content.shrink_to_fit();
  return content;
}

}  // namespace

base::Result<Access> read_access(const Order& order) {
  auto ca = read_pem("ca_file", order.ca_file);
  if (!ca) return std::unexpected(ca.error());
  auto certificate = read_pem("client_certificate", order.client_certificate);
  if (!certificate) return std::unexpected(certificate.error());
  auto key = read_pem("client_key", order.client_key);
  if (!key) return std::unexpected(key.error());
  return Access{.ca = std::move(*ca), .client_certificate = std::move(*certificate), .client_key = std::move(*key), .proxy = order.proxy};
}

}  // namespace assay::fetch
