// The seam between the store and a file system: one flat folder of our own. Faults and crashes are injected here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace assay::store {

// Files: a folder that nobody else writes to. Names have no slash. What has been done is not durable before sync (a file's content) or sync_folder (which names
// there are, and what they stand for). After a failure the operation may have happened, in part or not at all. Failure texts are one line that names the file.
class Files {
 public:
  virtual ~Files() = default;
  // read(name, bytes_max): the whole content; nothing if there is no such file. Failure: it is larger, is no regular file, or cannot be read.
  virtual base::Result<std::optional<std::string>> read(const std::string& name, std::size_t bytes_max) = 0;
  // write(name, content): creates or truncates it.
  virtual base::Result<void> write(const std::string& name, std::string_view content) = 0;
  // sync(name): makes the content written last durable. After a failure only writing it again helps: what could not be kept may be forgotten.
  virtual base::Result<void> sync(const std::string& name) = 0;
  // rename(from, to): replaces what stands at `to`.
  virtual base::Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual base::Result<void> sync_folder() = 0;
  // remove(name): what is not there is no failure.
  virtual base::Result<void> remove(const std::string& name) = 0;
  // list(): all names, files of others included.
  virtual base::Result<std::vector<std::string>> list() = 0;
};

}  // namespace assay::store
