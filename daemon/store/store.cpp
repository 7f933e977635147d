// The order of a save: documents, key sets, the state, then what nobody refers to any more. The state names its documents by digest and its sources by their files, so
// until its rename is done the new files do not count, and from then on the old ones do not. A document's file is never written over by another document, because
// its name has part of its digest. The one file that changes while the state refers to it is a key set: that is how a push of keys costs one small file and never
// touches the deployments.
#include "store/store.h"

#include <fmt/core.h>

#include <utility>

#include "base/log.h"
#include "store/format.h"
#include "store/loader.h"
#include "store/names.h"

namespace assay::store {

// Plan: what a save has to bring about. Made without touching the disk, so that records that must be refused change nothing.
struct Store::Plan {
  struct NewDocument {
    std::string name;
    std::string content;
  };
  struct NewSource {
    std::string name;
    std::string content;
    std::shared_ptr<const SourceRecord> record;
  };
  std::vector<NewDocument> documents;
  std::vector<NewSource> sources;
  std::unique_ptr<const StateFile> state;
  std::string state_content;  // empty: it is on disk
  std::set<std::string> names;  // of all files that belong to the records
};

Store::Store(std::unique_ptr<Files> files) : files_(std::move(files)) {}

Store::~Store() = default;

base::Result<Loaded> Store::load() {
  Loader loader(*files_);
  auto loaded = loader.run();
  if (!loaded) return loaded;
  Loader::Intact intact = std::move(loader).intact();
  if (!intact.durable) return loaded;  // nothing is known, and the next save writes all of it
  state_ = std::move(intact.state);
  sources_ = std::move(intact.sources);
  for (auto& document : intact.documents) {
    const std::uint64_t number = document.record->number;
    document_files_.insert(document_name(number, document.digest));
    digests_.insert_or_assign(number, Document{.record = std::move(document.record), .digest = std::move(document.digest)});
  }
  return loaded;
}

std::vector<std::string> Store::set_state_aside(std::string_view why) {
  state_.reset();
  document_files_.clear();
  digests_.clear();
  return Loader(*files_).lose_state(why);
}

base::Result<void> Store::save(const Records& records) {
  auto made = plan(records);
  if (!made) return std::unexpected(made.error());
  if (auto done = write_documents(*made); !done) return done;
  if (auto done = write_sources(*made); !done) return done;
  if (auto done = write_state(*made); !done) return done;
  remove_others(*made);
  return {};
}

base::Result<Store::Plan> Store::plan(const Records& records) {
  Plan plan;
  StateFile state{.state = records.state, .documents = {}, .sources = {}};
  std::map<std::uint64_t, Document> digests;
  for (const auto& record : records.documents) {
    if (record == nullptr) return base::fail("a document is not there");
    Document document{.record = record, .digest = {}};
    std::string content;
    if (const auto known = digests_.find(record->number); known != digests_.end() && known->second.record == record) document.digest = known->second.digest;
    if (document.digest.empty() || !document_files_.contains(document_name(record->number, document.digest))) {
      auto encoded = encode_document(*record);
      if (!encoded) return base::fail(fmt::format("document {} {}", record->number, encoded.error().what));
      document.digest = std::move(encoded->digest);
      content = std::move(encoded->content);
    }
    std::string name = document_name(record->number, document.digest);
    state.documents.push_back({.number = record->number, .digest = document.digest});
    digests.insert_or_assign(record->number, std::move(document));
    plan.names.insert(name);
    if (!document_files_.contains(name)) plan.documents.push_back({.name = std::move(name), .content = std::move(content)});
  }
  for (const auto& record : records.sources) {
    if (record == nullptr) return base::fail("a key source is not there");
    std::string name = keys_name(*record);
    state.sources.push_back({.kind = record->kind, .url = record->url, .file = name});
    plan.names.insert(name);
    if (const auto known = sources_.find(name); known != sources_.end() && (known->second == record || *known->second == *record)) continue;
    auto encoded = encode_keys(*record);
    if (!encoded) return base::fail(fmt::format("the key set of {} {}", base::printable(record->url, 256), encoded.error().what));
    plan.sources.push_back({.name = std::move(name), .content = std::move(encoded->content), .record = record});
  }
  if (state_ == nullptr || *state_ != state) {
    auto encoded = encode_state(state);
    if (!encoded) return base::fail(fmt::format("the state {}", encoded.error().what));
    plan.state_content = std::move(encoded->content);
    plan.state = std::make_unique<const StateFile>(std::move(state));
  }
  digests_ = std::move(digests);
  return plan;
}

// write_whole(name, content): under another name first, so that there is no moment at which the file has a part of it. Durable only after sync_folder.
base::Result<void> Store::write_whole(const std::string& name, std::string_view content) {
  const std::string temporary = temporary_name(name);
  if (auto done = files_->write(temporary, content); !done) return done;
  if (auto done = files_->sync(temporary); !done) return done;
  return files_->rename(temporary, name);
}

base::Result<void> Store::write_documents(const Plan& plan) {
  if (plan.documents.empty()) return {};
  for (const Plan::NewDocument& document : plan.documents) {
    if (auto done = write_whole(document.name, document.content); !done) return done;
  }
  if (auto done = files_->sync_folder(); !done) return done;
  for (const Plan::NewDocument& document : plan.documents) document_files_.insert(document.name);
  return {};
}

base::Result<void> Store::write_sources(const Plan& plan) {
  if (plan.sources.empty()) return {};
  for (const Plan::NewSource& source : plan.sources) {
    sources_.erase(source.name);
    if (auto done = write_whole(source.name, source.content); !done) return done;
  }
  if (auto done = files_->sync_folder(); !done) return done;
  for (const Plan::NewSource& source : plan.sources) sources_.insert_or_assign(source.name, source.record);
  return {};
}

base::Result<void> Store::write_state(Plan& plan) {
  if (plan.state == nullptr) return {};
  state_.reset();
  if (auto done = write_whole(std::string(kStateName), plan.state_content); !done) return done;
  if (auto done = files_->sync_folder(); !done) return done;
  state_ = std::move(plan.state);
  return {};
}

// remove_others(plan): what the committed state does not name, and temporary files. What cannot be removed, or comes back after a crash, counts for nothing; the
// next save tries again.
void Store::remove_others(const Plan& plan) {
  const auto names = files_->list();
  if (!names) return;
  for (const std::string& name : *names) {
    const FileName parts = parse_name(name);
    if (parts.kind == FileName::Kind::other || parts.stage == FileName::Stage::aside) continue;
    if (parts.stage == FileName::Stage::whole && (parts.kind == FileName::Kind::state || plan.names.contains(name))) continue;
    document_files_.erase(name);
    sources_.erase(name);
    if (const auto removed = files_->remove(name); !removed) continue;
  }
}

}  // namespace assay::store
