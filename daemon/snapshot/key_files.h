// jwks_file: whoever reads a configuration from disk (assayctl, assayd --config) puts the key files in by value, for the wire takes no paths.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "snapshot/config.h"

namespace assay::snapshot {

// ReadFile: the content of a file, or why there is none.
using ReadFile = std::function<base::Result<std::string>(const std::string& path)>;

// inline_key_files(document, read_file): the document with every `"jwks_file": "path"` of an OAuth server replaced by `"jwks": <content>`. Everything else stays as
// written. Faults: a file that cannot be read, or whose content is no JSON object. A document that is no JSON, or not of the expected shape, is returned
// unchanged: parse_config says what is wrong with it.
base::Result<std::string, std::vector<Fault>> inline_key_files(std::string_view document, const ReadFile& read_file);

}  // namespace assay::snapshot
