// Configurations on disk: --config and --check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "snapshot/config.h"

namespace assay::server {

// read_configuration(path): the document in the file, with every jwks_file put in by value; paths in it are relative to the file's folder. Faults: files that cannot
// be read, or are too large.
base::Result<std::string, std::vector<snapshot::Fault>> read_configuration(const std::string& path);

// describe(fault): "POINTER: found ..., allowed ...", one line.
std::string describe(const snapshot::Fault& fault);

}  // namespace assay::server
