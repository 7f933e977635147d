// What all files have in common: a first line with kind, version and checksum, a line of JSON, and the rest.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace assay::store {

// Encoded: a whole file. digest: the checksum in its first line, SHA-256 of all that follows it, 64 hex digits.
struct Encoded {
  std::string content;
  std::string digest;
};

// seal(kind, line, rest): the file. The line has no line feed in it.
Encoded seal(std::string_view kind, std::string_view line, std::string_view rest);

// OpenedView: a file whose checksum is right. Borrows the content.
struct OpenedView {
  std::string_view line;
  std::string_view rest;
  std::string_view digest;
};

// open(kind, content). Failure: it is no file of that kind, has another version, or its checksum is wrong.
base::Result<OpenedView> open(std::string_view kind, std::string_view content);

}  // namespace assay::store
