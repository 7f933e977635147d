// Files that are read whole: a configuration, its key files, a JWK Set.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace assayctl {

// read_file(path, bytes_max): its content; a file with more is an error, so that the wrong file does not fill the memory.
assay::base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
// read_input(path, bytes_max): likewise of a FILE as named on the command line (kStandardInput).
assay::base::Result<std::string> read_input(const std::string& path, std::size_t bytes_max);

}  // namespace assayctl
