// Reading a folder back: what stands there, what is damaged, and what is left of the rest.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/files.h"
#include "store/format.h"
#include "store/store.h"

namespace assay::store {

// Loader: reads a folder once. The files outlive it.
class Loader {
 public:
  struct Document {
    std::shared_ptr<const DocumentRecord> record;
    std::string digest;
  };
  // Intact: what stands on disk and may stay as it is.
  struct Intact {
    std::unique_ptr<const StateFile> state;  // null: none, or lost
    std::vector<Document> documents;         // in the order of the state
    std::map<std::string, std::shared_ptr<const SourceRecord>> sources;  // by file
    bool durable = false;                                                // all of this
  };

  explicit Loader(Files& files) : files_(files) {}
  // run(): Failure only if the folder cannot be listed.
  base::Result<Loaded> run();
  // lose_state(why): sets the state and all documents aside. Lines as in Loaded::damage.
  std::vector<std::string> lose_state(std::string_view why);
  // intact(): after run().
  Intact intact() && { return std::move(intact_); }

 private:
  // read_state(): the reason for which the state is lost; empty if it is intact, or was never there.
  std::string read_state();
  std::string read_documents();
  base::Result<Document> read_document(const std::string& name, const StateFile::Document& named);
  void read_sources();
  void set_state_aside(std::string_view why);
  void keep_state();
  base::Result<void> set_aside(const std::string& name);
  // report(name, what, consequence): sets the file aside, if it is there, and says so.
  void report(const std::string& name, std::string_view what, std::string_view consequence = {});

  Files& files_;
  std::set<std::string> names_;  // of the folder, but for what has been set aside
  Loaded loaded_;
  Intact intact_;
  std::set<std::uint64_t> bad_documents_;
};

}  // namespace assay::store
