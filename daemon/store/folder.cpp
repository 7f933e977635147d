// Whoever can write the folder's parent can swap paths under us; so the folder is opened once, looked at through its descriptor, and everything else is relative
// to that. The lock is a file of its own, which stays: a lock on a file that is replaced would be a lock on nothing.
#include "store/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace assay::store {
namespace {

constexpr const char* kLockName = "lock";
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
// O_NONBLOCK: a pipe in place of a file does not hang us.
constexpr int kFileFlags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

// again(call): the call's result once no signal interrupts it.
template <class Call>
auto again(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// The names are our own: one that leads out of the folder is a bug.
bool is_plain(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

}  // namespace

Folder::Descriptor& Folder::Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Folder::Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Folder::Folder(std::string path, Descriptor directory) noexcept : path_(std::move(path)), directory_(std::move(directory)) {}

Folder::~Folder() = default;

std::unexpected<base::Failure> Folder::fail(const std::string& name, std::string_view what, int error) const {
  std::string text = path_;
  if (!name.empty()) text.append("/").append(name);
  text.append(": ").append(what);
  if (error != 0) text.append(": ").append(std::strerror(error));
  return base::fail(std::move(text));
}

base::Result<std::unique_ptr<Folder>> Folder::open(const std::string& given) {
  const std::string path = without_slashes(given);  // with one at its end, a symbolic link would be followed
  const auto refuse = [&path](std::string_view what, int error) { return base::fail(path + ": " + std::string(what) + ": " + std::strerror(error)); };
  if (::mkdir(path.c_str(), kFolderMode) == 0) {
    const Descriptor parent(again([&path] { return ::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!parent || again([&parent] { return ::fsync(parent.get()); }) != 0) return refuse("cannot sync the folder it was made in", errno);
  } else if (errno != EEXIST) {
    return refuse("cannot make the folder", errno);
  }
  Descriptor directory(again([&path] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!directory) return refuse(errno == ELOOP || errno == ENOTDIR ? "is no folder, or a symbolic link" : "cannot open the folder", errno);
  std::unique_ptr<Folder> folder(new Folder(path, std::move(directory)));
  if (const auto done = folder->make_private(); !done) return std::unexpected(done.error());
  if (const auto done = folder->lock(); !done) return std::unexpected(done.error());
  return folder;
}

base::Result<void> Folder::make_private() {
  struct stat status {};
  if (::fstat(directory_.get(), &status) != 0) return fail({}, "cannot look at it", errno);
  if (status.st_uid != ::geteuid()) {
    return fail({}, "belongs to user " + std::to_string(status.st_uid) + ", not to user " + std::to_string(::geteuid()) + ", who runs the daemon");
  }
  if ((status.st_mode & 07777 & ~kFolderMode) != 0 && ::fchmod(directory_.get(), kFolderMode) != 0) return fail({}, "cannot make it private", errno);
  return {};
}

base::Result<void> Folder::lock() {
  Descriptor file(again([this] { return ::openat(directory_.get(), kLockName, O_RDWR | O_CREAT | kFileFlags, kFileMode); }));
  if (!file) return fail(kLockName, "cannot open it", errno);
  if (again([&file] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    return errno == EWOULDBLOCK ? fail({}, "another daemon uses it") : fail(kLockName, "cannot lock it", errno);
  }
  lock_ = std::move(file);
  return {};
}

Folder::Descriptor Folder::open_file(const std::string& name, int flags) const {
  CHECK(is_plain(name));
  return Descriptor(again([&] { return ::openat(directory_.get(), name.c_str(), flags | kFileFlags, kFileMode); }));
}

base::Result<std::optional<std::string>> Folder::read(const std::string& name, std::size_t bytes_max) {
  const Descriptor file = open_file(name, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) return errno == ELOOP ? fail(name, "is a symbolic link") : fail(name, "cannot open it", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(name, "cannot look at it", errno);
  if (!S_ISREG(status.st_mode)) return fail(name, "is no regular file");
  const auto too_large = [&] { return fail(name, "is larger than " + std::to_string(bytes_max) + " bytes"); };
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) return too_large();
  std::string content;
  content.reserve(static_cast<std::size_t>(status.st_size));
  char piece[64 * 1024];
  for (;;) {
    const ssize_t bytes = again([&] { return ::read(file.get(), piece, sizeof piece); });
    if (bytes < 0) return fail(name, "cannot read it", errno);
    if (bytes == 0) return content;
    if (content.size() + static_cast<std::size_t>(bytes) > bytes_max) return too_large();
    content.append(piece, static_cast<std::size_t>(bytes));
  }
}

base::Result<void> Folder::write(const std::string& name, std::string_view content) {
  written_ = Descriptor();
  Descriptor file = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return fail(name, "cannot open it to write", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(name, "cannot look at it", errno);
  if (!S_ISREG(status.st_mode)) return fail(name, "is no regular file");
  if (::fchmod(file.get(), kFileMode) != 0) return fail(name, "cannot set its mode", errno);  // whatever the umask, and whoever made it
  while (!content.empty()) {
    const ssize_t bytes = again([&] { return ::write(file.get(), content.data(), content.size()); });
    if (bytes < 0) return fail(name, "cannot write it", errno);
    content.remove_prefix(static_cast<std::size_t>(bytes));
  }
  written_name_ = name;
  written_ = std::move(file);
  return {};
}

base::Result<void> Folder::sync(const std::string& name) {
  Descriptor file = std::exchange(written_, Descriptor());
  if (!file || written_name_ != name) file = open_file(name, O_RDONLY);
  if (!file) return fail(name, "cannot open it to sync", errno);
  if (again([&file] { return ::fsync(file.get()); }) != 0) return fail(name, "cannot sync it", errno);
  return {};
}

base::Result<void> Folder::rename(const std::string& from, const std::string& to) {
  CHECK(is_plain(from) && is_plain(to));
  if (again([&] { return ::renameat(directory_.get(), from.c_str(), directory_.get(), to.c_str()); }) != 0) return fail(from, "cannot rename it to " + to, errno);
  return {};
}

base::Result<void> Folder::sync_folder() {
  if (again([this] { return ::fsync(directory_.get()); }) != 0) return fail({}, "cannot sync the folder", errno);
  return {};
}

base::Result<void> Folder::remove(const std::string& name) {
  CHECK(is_plain(name));
  if (again([&] { return ::unlinkat(directory_.get(), name.c_str(), 0); }) != 0 && errno != ENOENT) return fail(name, "cannot remove it", errno);
  return {};
}

base::Result<std::vector<std::string>> Folder::list() {
  const int number = again([this] { return ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  DIR* const stream = number < 0 ? nullptr : ::fdopendir(number);
  if (stream == nullptr) {
    const int error = errno;
    if (number >= 0) ::close(number);
    return fail({}, "cannot list it", error);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream)) {
    if (is_plain(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return fail({}, "cannot list it", error);
  std::ranges::sort(names);
  return names;
}

}  // namespace assay::store
