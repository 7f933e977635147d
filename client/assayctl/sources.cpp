// ETags and reasons of failures come from the network: both are escaped before anything else is done with them.
#include "client/assayctl/sources.h"

#include <fmt/core.h>

#include <string_view>

#include "client/assayctl/table.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

std::string_view state_text(assay::SourceState state) noexcept {
  switch (state) {
    case assay::SourceState::unset: return "in a state that this assayctl does not know";
    case assay::SourceState::never_fetched: return "never fetched";
    case assay::SourceState::fresh: return "fresh";
    case assay::SourceState::due: return "due";
    case assay::SourceState::fetching: return "being fetched";
    case assay::SourceState::failing: return "failing";
    case assay::SourceState::stale: return "stale";
  }
  return "in a state that this assayctl does not know";
}

std::string next_try_text(const assay::SourceStatus& source) {
  if (!source.next_try_in_ms) return "a fetch is under way";
  if (*source.next_try_in_ms == 0) return "next try at the next occasion";
  // Rounded up: "in 0 s" would be now.
  return fmt::format("next try in {}", duration(*source.next_try_in_ms / 1000 + (*source.next_try_in_ms % 1000 != 0 ? 1 : 0)));
}

}  // namespace

bool is_wrong(const assay::SourceStatus& source) noexcept {
  switch (source.state) {
    case assay::SourceState::unset:
    case assay::SourceState::failing:
    case assay::SourceState::stale: return true;
    case assay::SourceState::never_fetched:
    case assay::SourceState::fresh:
    case assay::SourceState::due:
    case assay::SourceState::fetching: return source.failures > 0;
  }
  return true;
}

std::string source_state(const assay::SourceStatus& source, std::size_t columns_max) {
  std::string text(state_text(source.state));
  if (source.failures == 0) return text;
  text += fmt::format(", {} failure{}", grouped(source.failures), source.failures == 1 ? "" : "s");
  return source.last_error ? fmt::format("{}: {}", text, shortened(for_terminal(*source.last_error), columns_max)) : text;
}

std::vector<std::string> source_lines(const assay::SourceStatus& source, std::int64_t now) {
  std::string first(state_text(source.state));
  if (source.fetched_at != 0) first += fmt::format(", fetched {} ({})", utc(source.fetched_at), ago(now, source.fetched_at));
  if (source.fresh_until != 0) first += fmt::format(", fresh until {}", utc(source.fresh_until));
  if (source.stale_until != 0) first += fmt::format(", serves until {}", utc(source.stale_until));
  first += "; " + next_try_text(source);
  if (source.etag) first += fmt::format("; ETag {}", for_terminal(*source.etag));
  std::vector<std::string> lines{std::move(first)};
  if (source.last_error) {
    const std::string since = source.failures == 0 ? "recovered since" : fmt::format("{} since the last success", grouped(source.failures));
    lines.push_back(fmt::format("last failure {} ({}), {}: {}", source.failed_at == 0 ? "-" : utc(source.failed_at), ago(now, source.failed_at), since,
                                for_terminal(*source.last_error)));
  }
  return lines;
}

std::string source_json(const assay::SourceStatus& source) {
  JsonObject object;
  object.text("state", assay::name(source.state))
      .integer("fetched_at", source.fetched_at)
      .integer("fresh_until", source.fresh_until)
      .integer("stale_until", source.stale_until);
  if (source.next_try_in_ms) object.number("next_try_in_ms", *source.next_try_in_ms);
  if (source.etag) object.text("etag", *source.etag);
  if (source.last_error) object.text("last_error", *source.last_error);
  return object.integer("failed_at", source.failed_at).number("failures", source.failures).str();
}

}  // namespace assayctl
