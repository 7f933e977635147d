// The daemon's state on disk. docs/STATE.md has the format and the rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/files.h"
#include "store/records.h"

namespace assay::store {

// Loaded: what stood on disk.
struct Loaded {
  std::optional<Records> records;  // nothing: no usable state. Documents with their texts; the sources whose files are intact
  std::vector<std::shared_ptr<const SourceRecord>> orphan_sources;  // intact key files when there is no usable state: keys survive a lost state
  std::vector<std::string> damage;  // one line each for an operator: which file, what is wrong, where it was set aside. Empty: nothing
  std::vector<std::string> aside;   // names of NAME.damaged files, sorted: set aside before this load, and not removed by anybody yet
};

struct StateFile;

// Store: a resource; one thread.
class Store {
 public:
  explicit Store(std::unique_ptr<Files> files);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // load(): to be called once, before the first save. Damaged files are set aside as NAME.damaged. Failure: the folder cannot be listed.
  base::Result<Loaded> load();
  // set_state_aside(why): for a caller who cannot use the state that was loaded: it and its documents are set aside, as if it were damaged, and the next save
  // starts anew beside them. Lines as in Loaded::damage.
  std::vector<std::string> set_state_aside(std::string_view why);
  // save(records): brings the disk to exactly these records, or fails and says why. Whenever the process is killed or the power fails, before, during or after,
  // what is loaded next is whole: the records before or the records after. (If one save changes the content of several sources, or of sources and anything else,
  // any of those sources may be found as after while the rest is as before.) After a failure it may be tried again, with the same records or with others; until
  // one succeeds, the disk holds the records before or any of those tried. Records that could not be read back are refused: larger than their limits
  // (store/limits.h), a reference to a document that is not there, a name or number twice.
  base::Result<void> save(const Records& records);

 private:
  struct Document {
    std::shared_ptr<const DocumentRecord> record;
    std::string digest;
  };
  struct Plan;

  base::Result<Plan> plan(const Records& records);
  base::Result<void> write_whole(const std::string& name, std::string_view content);
  base::Result<void> write_documents(const Plan& plan);
  base::Result<void> write_sources(const Plan& plan);
  base::Result<void> write_state(Plan& plan);
  void remove_others(const Plan& plan);

  const std::unique_ptr<Files> files_;
  // What is known to be on disk, whole and durable. What is about to be touched is forgotten first, and known again only once the folder is synced.
  std::unique_ptr<const StateFile> state_;  // null: there is none, or nobody knows
  std::set<std::string> document_files_;
  std::map<std::string, std::shared_ptr<const SourceRecord>> sources_;  // by file
  // Of documents by number, on disk or not: so that none is hashed at every save.
  std::map<std::uint64_t, Document> digests_;
};

}  // namespace assay::store
