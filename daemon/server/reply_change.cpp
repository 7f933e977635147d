// Deployed, Pushed and Refreshed: what came of a change.
#include <fmt/core.h>

#include "server/change_request.h"
#include "server/key_refresher.h"
#include "server/reply.h"
#include "server/reply_builder.h"

namespace assay::server {
namespace {

using ChangesOffset = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Change>>>;

wire::Subject subject_of(snapshot::Change::Subject subject) {
  switch (subject) {
    case snapshot::Change::Subject::unset: return wire::Subject::unset;
    case snapshot::Change::Subject::api_service: return wire::Subject::api_service;
    case snapshot::Change::Subject::oauth_server: return wire::Subject::oauth_server;
    case snapshot::Change::Subject::key: return wire::Subject::key;
    case snapshot::Change::Subject::clients: return wire::Subject::clients;
    case snapshot::Change::Subject::daemon: return wire::Subject::daemon;
  }
  return wire::Subject::unset;
}

wire::ChangeKind kind_of(snapshot::Change::Kind kind) {
  switch (kind) {
    case snapshot::Change::Kind::unset: return wire::ChangeKind::unset;
    case snapshot::Change::Kind::added: return wire::ChangeKind::added;
    case snapshot::Change::Kind::removed: return wire::ChangeKind::removed;
    case snapshot::Change::Kind::altered: return wire::ChangeKind::altered;
  }
  return wire::ChangeKind::unset;
}

// What is in force cannot be answered with an error: a list that would not fit is cut, and a note says so.
template <class State>
ChangesOffset write_changes(State& state, const std::vector<snapshot::Change>& changes, std::vector<std::string>& notes) {
  std::vector<flatbuffers::Offset<wire::Change>> offsets;
  for (const snapshot::Change& change : changes) {
    if (state.builder.GetSize() > state.frame_bytes_max / 2) {
      notes.push_back(fmt::format("{} of {} changes are listed: all do not fit into an answer", offsets.size(), changes.size()));
      break;
    }
    const auto name = state.string(change.name);
    const auto kid = change.kid ? state.string(*change.kid) : StringOffset();
    const auto details = change.details.empty() ? StringsOffset() : state.strings(std::span<const std::string>(change.details));
    offsets.push_back(wire::CreateChange(state.builder, subject_of(change.subject), kind_of(change.kind), name, kid, details));
  }
  return state.builder.CreateVector(offsets);
}

}  // namespace

base::Bytes ReplyEncoder::deployed(std::uint64_t id, const Outcome& outcome) {
  if (outcome.error != ErrorCode::unset) return error(id, outcome.error, outcome.error_text, outcome.faults, outcome.in_force);
  State& state = *state_;
  state.builder.Clear();
  std::vector<std::string> all_notes = outcome.notes;
  const auto changes = write_changes(state, outcome.changes, all_notes);
  std::vector<flatbuffers::Offset<wire::Behind>> behind;
  for (const snapshot::Behind& one : outcome.behind) {
    if (state.builder.GetSize() > state.frame_bytes_max / 4 * 3) {
      all_notes.push_back(fmt::format("{} of {} API services that run behind are listed", behind.size(), outcome.behind.size()));
      break;
    }
    const auto servers = state.strings(std::span<const std::string>(one.oauth_servers));
    behind.push_back(wire::CreateBehind(state.builder, state.string(one.api_service), one.own_settings, servers));
  }
  const auto behind_list = state.builder.CreateVector(behind);
  const auto notes = state.strings(std::span<const std::string>(all_notes));
  return state.finish_within(*this, id, wire::Body::Deployed,
                             wire::CreateDeployed(state.builder, outcome.deployment, outcome.generation, outcome.instance, outcome.kept, changes, behind_list, notes, outcome.restores));
}

base::Bytes ReplyEncoder::pushed(std::uint64_t id, const Outcome& outcome) {
  if (outcome.error != ErrorCode::unset) return error(id, outcome.error, outcome.error_text, outcome.faults);
  State& state = *state_;
  state.builder.Clear();
  std::vector<std::string> all_notes = outcome.notes;
  const auto changes = write_changes(state, outcome.changes, all_notes);
  const auto notes = state.strings(std::span<const std::string>(all_notes));
  const auto skipped = state.skipped_keys(outcome.skipped);
  return state.finish_within(*this, id, wire::Body::Pushed, wire::CreatePushed(state.builder, outcome.generation, outcome.instance, outcome.changed, outcome.kept, changes, skipped, notes));
}

base::Bytes ReplyEncoder::refreshed(std::uint64_t id, const Refreshed& refreshed) {
  State& state = *state_;
  state.builder.Clear();
  std::vector<std::string> notes;
  const auto failure = refreshed.failure.empty() ? StringOffset() : state.string(refreshed.failure);
  const auto changes = write_changes(state, refreshed.outcome.changes, notes);
  const auto skipped = state.skipped_keys(refreshed.outcome.skipped);
  return state.finish_within(*this, id, wire::Body::Refreshed,
                             wire::CreateRefreshed(state.builder, refreshed.outcome.generation, refreshed.outcome.instance, refreshed.outcome.changed, failure, changes, skipped));
}

}  // namespace assay::server
