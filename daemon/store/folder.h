// Files on a real file system.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "store/files.h"

namespace assay::store {

// Folder: a resource; one thread. Whatever it does is relative to the directory it opened, follows no symbolic link and leaves files with mode 0600.
class Folder final : public Files {
 public:
  // open(path): makes the folder if it is missing (mode 0700; its parent must exist), and locks it until the end. Failure: it is a symbolic link or no directory,
  // belongs to another user than ours, another daemon has locked it, or what the system says. Wider modes become 0700.
  static base::Result<std::unique_ptr<Folder>> open(const std::string& path);
  ~Folder() override;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  base::Result<std::optional<std::string>> read(const std::string& name, std::size_t bytes_max) override;
  base::Result<void> write(const std::string& name, std::string_view content) override;
  base::Result<void> sync(const std::string& name) override;
  base::Result<void> rename(const std::string& from, const std::string& to) override;
  base::Result<void> sync_folder() override;
  base::Result<void> remove(const std::string& name) override;
  base::Result<std::vector<std::string>> list() override;

 private:
  // Descriptor: closes itself.
  class Descriptor {
   public:
    Descriptor() noexcept = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    explicit operator bool() const noexcept { return number_ >= 0; }
    int get() const noexcept { return number_; }

   private:
    int number_ = -1;
  };

  Folder(std::string path, Descriptor directory) noexcept;
  base::Result<void> make_private();
  base::Result<void> lock();
  Descriptor open_file(const std::string& name, int flags) const;
  std::unexpected<base::Failure> fail(const std::string& name, std::string_view what, int error = 0) const;

  const std::string path_;
  const Descriptor directory_;
  Descriptor lock_;
  // The file written last stays open until its sync: the kernel reports a page it could not write to the descriptors that were open then, and need not remember
  // it longer.
  std::string written_name_;
  Descriptor written_;
};

}  // namespace assay::store
