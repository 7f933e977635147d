// The state as records for the store, and back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/state.h"
#include "snapshot/key_set_pool.h"
#include "store/records.h"

namespace assay::server {

// Restored: a state from records, and what of it could not be had any more, a line each.
struct Restored {
  std::optional<State> state;  // nothing: not even the deployment in force
  std::vector<std::string> losses;
};

// Recorder: remembers the texts of documents, and the records that it made, so that what has not changed is the same object. A resource of one thread.
class Recorder {
 public:
  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // add_document(document, text): the text that a document was read from; to be told before a state that uses it is recorded.
  void add_document(const snapshot::Document& document, std::string text);
  // is_last_whole(state, digest): whether this is the digest (SHA-256, hex) of the document that was last deployed whole, from wherever, as far as the history goes.
  bool is_last_whole(const State& state, std::string_view digest) const;

  store::Records records_of(const State& state);
  // forget_others(state): texts and records that this state does not use.
  void forget_others(const State& state);
  // restore(records, pool): documents are read anew, by today's rules.
  Restored restore(const store::Records& records, snapshot::KeySetPool& pool);

 private:
  std::map<std::uint64_t, std::shared_ptr<const store::DocumentRecord>> documents_;
  std::map<snapshot::SourceId, std::pair<std::shared_ptr<const snapshot::HeldKeys>, std::shared_ptr<const store::SourceRecord>>> sources_;
};

// restore_source(record, pool): a URL source and what it holds; nothing if the set is none by today's rules.
std::optional<std::pair<snapshot::SourceId, std::shared_ptr<const snapshot::HeldKeys>>> restore_source(const store::SourceRecord& record, snapshot::KeySetPool& pool);

}  // namespace assay::server
