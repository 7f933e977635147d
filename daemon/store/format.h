// The bytes of the files: records to content and back. Pure; what it cannot read back it does not write. docs/STATE.md has the format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/envelope.h"
#include "store/records.h"

namespace assay::store {

// StateFile: the state, and which documents and sources belong to it. What else lies in the folder does not count.
struct StateFile {
  struct Document {
    std::uint64_t number = 0;
    std::string digest;  // of its file

    bool operator==(const Document&) const = default;
  };
  struct Source {
    std::string kind;  // this and the URL are for people: who reads of lost keys wants to know whose they were
    std::string url;
    std::string file;  // its name, which tells the source from every other

    bool operator==(const Source&) const = default;
  };

  StateRecord state;
  std::vector<Document> documents;
  std::vector<Source> sources;

  bool operator==(const StateFile&) const = default;
};

// needs(deployment): the numbers of the documents without which it cannot be compiled, ascending.
std::vector<std::uint64_t> needs(const DeploymentRecord& deployment);

// encode_*: a file. Failure, in words that may follow a name: too large, or the decoder would not give the same back.
base::Result<Encoded> encode_state(const StateFile& file);
base::Result<Encoded> encode_document(const DocumentRecord& document);
base::Result<Encoded> encode_keys(const SourceRecord& source);

// Decoded: a record, and the digest of its file.
template <class Record>
struct Decoded {
  Record record;
  std::string digest;
};

// decode_*(content): strict. Failure: what is wrong, in words that may follow a name.
base::Result<Decoded<StateFile>> decode_state(std::string_view content);
base::Result<Decoded<DocumentRecord>> decode_document(std::string_view content);
base::Result<Decoded<SourceRecord>> decode_keys(std::string_view content);

}  // namespace assay::store
