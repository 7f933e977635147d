// A folder in memory that forgets like a disk: what has not been synced may be lost, torn or reordered when the power fails; and any operation can be made to fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/files.h"

namespace assay::test {

// Fault: what becomes of the operation it strikes. half: of a write, the first half of its content; of anything else, nothing.
enum class Fault : std::uint8_t { before, half, after };

// FakeDisk: a value, so that one past can be given several futures.
class FakeDisk {
 public:
  // fail_at(k, fault): the k-th operation from now (0: the next one) reports a failure.
  void fail_at(std::size_t k, Fault fault) { plan_ = Plan{operations_ + k, fault, false}; }
  // crash_at(k, fault): likewise; and nothing that comes after it reaches the disk, until crash().
  void crash_at(std::size_t k, Fault fault) { plan_ = Plan{operations_ + k, fault, true}; }
  // set_full(full): while it is, every write fails after half of it.
  void set_full(bool full) { full_ = full; }
  // crash(seed): the power fails and comes back. 0: nothing is lost; 1: whatever was not synced is; others: by chance.
  void crash(std::uint64_t seed);

  // kill(): the process ends at once and another begins; the kernel goes on as if nothing had happened.
  void kill() {
    plan_.reset();
    off_ = false;
  }

  // operations(): how many were asked for so far; reached(): whether the planned fault was.
  std::size_t operations() const { return operations_; }
  bool reached() const { return plan_ && operations_ > plan_->at; }
  // trace(): what was asked for, such as "rename state.tmp state"; without read and list.
  const std::vector<std::string>& trace() const { return trace_; }
  void clear_trace() { trace_.clear(); }

  // What stands there now, and changes behind the store's back, durable at once.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& [name, inode] : now_) all.emplace(name, inodes_[inode].content);
    return all;
  }
  std::optional<std::string> content(const std::string& name) const {
    const auto found = now_.find(name);
    return found == now_.end() ? std::nullopt : std::optional(inodes_[found->second].content);
  }
  void put(const std::string& name, std::string content) {
    inodes_.push_back({.content = content, .durable = content});
    now_[name] = durable_[name] = inodes_.size() - 1;
  }
  void erase(const std::string& name) {
    now_.erase(name);
    durable_.erase(name);
  }

 private:
  friend class FakeFiles;
  using Outcome = base::Result<void>;

  struct Inode {
    std::string content;
    std::string durable;
    bool dirty = false;
    bool forgotten = false;  // a sync failed: the next one says that all is well, and keeps nothing (as Linux does once it has dropped the pages)
  };
  // Change: of the folder, not yet durable. A name set, a name erased, or both.
  struct Change {
    std::string erased;
    std::string set;
    std::size_t inode = 0;
    bool forgotten = false;  // a sync of the folder failed: likewise
  };
  struct Plan {
    std::size_t at;
    Fault fault;
    bool crash;
  };
  enum class Fate : std::uint8_t { done, half_and_failed, done_and_failed, failed };

  // next(): what becomes of the operation that is asked for now.
  Fate next(std::string text = {});
  static std::unexpected<base::Failure> fail(const std::string& name) { return base::fail(name + ": No space left on device"); }
  std::string torn(const Inode& inode, std::uint64_t seed, std::mt19937_64& random) const;

  std::vector<Inode> inodes_;
  std::map<std::string, std::size_t> now_;
  std::map<std::string, std::size_t> durable_;
  std::vector<Change> pending_;
  std::vector<std::string> trace_;
  std::size_t operations_ = 0;
  std::optional<Plan> plan_;
  bool off_ = false;
  bool full_ = false;
};

inline FakeDisk::Fate FakeDisk::next(std::string text) {
  const std::size_t number = operations_++;
  if (off_) return Fate::failed;
  const bool is_write = text.starts_with("write ");
  if (!text.empty()) trace_.push_back(std::move(text));
  if (plan_ && plan_->at == number) {
    off_ = plan_->crash;
    switch (plan_->fault) {
      case Fault::before: return Fate::failed;
      case Fault::half: return is_write ? Fate::half_and_failed : Fate::failed;
      case Fault::after: return Fate::done_and_failed;
    }
  }
  return full_ && is_write ? Fate::half_and_failed : Fate::done;
}

// What a file that was not synced holds after a crash: old content, a part of the new one, or what happened to stand in its blocks.
inline std::string FakeDisk::torn(const Inode& inode, std::uint64_t seed, std::mt19937_64& random) const {
  if (!inode.dirty || seed == 0) return inode.content;
  if (seed == 1) return inode.durable;
  std::string content = inode.content;
  const std::size_t keep = content.empty() ? 0 : random() % content.size();
  switch (random() % 5) {
    case 0: return inode.durable;
    case 1: return content;
    case 2: return content.substr(0, keep);
    case 3: return content.replace(keep, std::string::npos, content.size() - keep, '\0');
    default:
      for (std::size_t i = keep; i < content.size(); ++i) content[i] = static_cast<char>(random());
      return content;
  }
}

inline void FakeDisk::crash(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (const Change& change : pending_) {
    const std::uint64_t chance = seed == 0 ? 0 : seed == 1 ? 3 : random() % 4;
    if (chance == 3) continue;                                                  // it never happened
    if (!change.set.empty()) durable_[change.set] = change.inode;
    if (!change.erased.empty() && (chance != 2 || change.set.empty())) durable_.erase(change.erased);  // 2: of a rename, the new name alone
  }
  for (Inode& inode : inodes_) {
    inode.content = torn(inode, seed, random);
    inode = {.content = inode.content, .durable = inode.content};
  }
  pending_.clear();
  now_ = durable_;
  plan_.reset();
  off_ = full_ = false;
}

// FakeFiles: the disk as a store sees it. The disk outlives it.
class FakeFiles final : public store::Files {
 public:
  explicit FakeFiles(FakeDisk& disk) : disk_(disk) {}

  base::Result<std::optional<std::string>> read(const std::string& name, std::size_t bytes_max) override {
    if (disk_.next() != FakeDisk::Fate::done) return base::fail(name + ": Input/output error");
    auto content = disk_.content(name);
    if (content && content->size() > bytes_max) return base::fail(name + ": is larger than " + std::to_string(bytes_max) + " bytes");
    return content;
  }

  base::Result<void> write(const std::string& name, std::string_view content) override {
    return act("write " + name, name, [&](bool whole) {
      if (!disk_.now_.contains(name)) {
        disk_.inodes_.emplace_back();
        disk_.now_[name] = disk_.inodes_.size() - 1;
        disk_.pending_.push_back({.erased = {}, .set = name, .inode = disk_.inodes_.size() - 1});
      }
      FakeDisk::Inode& inode = disk_.inodes_[disk_.now_[name]];
      inode.content = content.substr(0, whole ? content.size() : content.size() / 2);
      inode.dirty = true;
      inode.forgotten = false;
      return true;
    });
  }

  base::Result<void> sync(const std::string& name) override {
    const auto found = disk_.now_.find(name);
    if (found == disk_.now_.end()) return base::fail(name + ": No such file or directory");
    FakeDisk::Inode& inode = disk_.inodes_[found->second];
    auto done = act("sync " + name, name, [&](bool) {
      if (inode.forgotten) return true;
      inode.durable = inode.content;
      inode.dirty = false;
      return true;
    });
    if (!done && inode.dirty && !disk_.off_) inode.forgotten = true;
    return done;
  }

  base::Result<void> rename(const std::string& from, const std::string& to) override {
    return act("rename " + from + " " + to, from, [&](bool) {
      const auto found = disk_.now_.find(from);
      if (found == disk_.now_.end()) return false;
      disk_.pending_.push_back({.erased = from, .set = to, .inode = found->second});
      disk_.now_[to] = found->second;
      disk_.now_.erase(from);
      return true;
    });
  }

  base::Result<void> sync_folder() override {
    auto done = act("sync", "the folder", [&](bool) {
      std::vector<FakeDisk::Change> rest;
      for (FakeDisk::Change& change : disk_.pending_) {
        if (change.forgotten && disk_.now_.contains(change.set) && disk_.now_[change.set] == change.inode) rest.push_back(std::move(change));
      }
      const auto before = std::exchange(disk_.durable_, disk_.now_);
      // What was forgotten is durable only as far as it was before, until the name is set once more.
      for (const FakeDisk::Change& change : rest) {
        const auto old = before.find(change.set);
        if (old == before.end()) disk_.durable_.erase(change.set);
        else disk_.durable_[change.set] = old->second;
      }
      disk_.pending_ = std::move(rest);
      return true;
    });
    if (!done && !disk_.off_) {
      for (FakeDisk::Change& change : disk_.pending_) change.forgotten = true;
    }
    return done;
  }

  base::Result<void> remove(const std::string& name) override {
    return act("remove " + name, name, [&](bool) {
      if (disk_.now_.erase(name) == 0) return true;
      disk_.pending_.push_back({.erased = name, .set = {}});
      return true;
    });
  }

  base::Result<std::vector<std::string>> list() override {
    if (disk_.next() != FakeDisk::Fate::done) return base::fail("the folder: Input/output error");
    std::vector<std::string> names;
    for (const auto& [name, inode] : disk_.now_) names.push_back(name);
    return names;
  }

 private:
  // act(text, name, doing): the operation with its fate. `doing` is told whether it is done whole (only a write may not be), and says whether it could be.
  template <class Doing>
  base::Result<void> act(std::string text, const std::string& name, Doing doing) {
    const FakeDisk::Fate fate = disk_.next(std::move(text));
    if (fate == FakeDisk::Fate::failed) return FakeDisk::fail(name);
    if (!doing(fate != FakeDisk::Fate::half_and_failed)) return base::fail(name + ": No such file or directory");
    if (fate == FakeDisk::Fate::done) return {};
    return FakeDisk::fail(name);
  }

  FakeDisk& disk_;
};

}  // namespace assay::test
