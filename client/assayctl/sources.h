// How the URL sources of keys stand, for people and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/messages.h"

namespace assayctl {

// is_wrong(source): whether an operator must know: it is failing, stale, or in a state that this assayctl does not know.
bool is_wrong(const assay::SourceStatus& source) noexcept;

// source_state(source, columns_max): in a few words: "fresh"; while fetches fail how many have, and why, in at most so many columns.
std::string source_state(const assay::SourceStatus& source, std::size_t columns_max);

// source_lines(source, now): all of it: the state, the times and the ETag; then, if there was one, the last failure.
std::vector<std::string> source_lines(const assay::SourceStatus& source, std::int64_t now);

std::string source_json(const assay::SourceStatus& source);

}  // namespace assayctl
