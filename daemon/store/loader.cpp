// What is damaged takes with it only what cannot do without: a key set its source, a document the older deployments that need it; one that the deployment in
// force needs, the state. Nothing is deleted here: it is set aside, for somebody may still make something of it. Documents go before the state does, so that a
// crash in between finds the same damage again instead of a folder without a state, whose documents are leftovers.
#include "store/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "store/limits.h"
#include "store/names.h"

namespace assay::store {
namespace {

bool is_whole(const std::string& name, FileName::Kind kind) {
  const FileName parts = parse_name(name);
  return parts.kind == kind && parts.stage == FileName::Stage::whole;
}

bool is_aside(const std::string& name) {
  const FileName parts = parse_name(name);
  return parts.kind != FileName::Kind::other && parts.stage == FileName::Stage::aside;
}

std::string keys_of(std::string_view kind, std::string_view url) { return fmt::format("the keys of {} {} are lost", kind, base::printable(url, 256)); }

}  // namespace

base::Result<Loaded> Loader::run() {
  auto names = files_.list();
  if (!names) return std::unexpected(names.error());
  names_.insert(names->begin(), names->end());
  std::ranges::copy_if(names_, std::back_inserter(loaded_.aside), is_aside);
  std::string lost = read_state();
  if (intact_.state != nullptr) lost = read_documents();
  if (!lost.empty()) set_state_aside(lost);
  read_sources();
  if (intact_.state != nullptr) keep_state();
  else for (const auto& [name, source] : intact_.sources) loaded_.orphan_sources.push_back(source);
  // What was read may have been renamed by a daemon that was killed before it could sync: it is there, but the power may still take it. (What was set aside and
  // comes back is found again.)
  intact_.durable = files_.sync_folder().has_value();
  return std::move(loaded_);
}

std::vector<std::string> Loader::lose_state(std::string_view why) {
  const auto names = files_.list();
  if (!names) return {fmt::format("{}: {}; it cannot be set aside: {}", kStateName, why, names.error().what)};
  names_.insert(names->begin(), names->end());
  set_state_aside(why);
  static_cast<void>(files_.sync_folder());
  return std::move(loaded_.damage);
}

std::string Loader::read_state() {
  const auto content = files_.read(std::string(kStateName), limits::kStateFileBytesMax);
  if (!content) return content.error().what;
  if (!*content) return {};
  auto decoded = decode_state(**content);
  if (!decoded) return decoded.error().what;
  intact_.state = std::make_unique<const StateFile>(std::move(decoded->record));
  return {};
}

std::string Loader::read_documents() {
  const auto& deployments = intact_.state->state.deployments;
  for (const StateFile::Document& named : intact_.state->documents) {
    const std::string name = document_name(named.number, named.digest);
    if (auto document = read_document(name, named)) {
      intact_.documents.push_back(std::move(*document));
    } else {
      bad_documents_.insert(named.number);
      report(name, document.error().what);
    }
  }
  if (deployments.empty()) return {};
  for (const std::uint64_t number : needs(deployments.back())) {
    if (bad_documents_.contains(number)) return fmt::format("the deployment in force needs document {}", number);
  }
  return {};
}

base::Result<Loader::Document> Loader::read_document(const std::string& name, const StateFile::Document& named) {
  const auto content = files_.read(name, limits::kDocumentFileBytesMax);
  if (!content) return std::unexpected(content.error());
  if (!*content) return base::fail("it is missing");
  auto decoded = decode_document(**content);
  if (!decoded) return std::unexpected(decoded.error());
  if (decoded->digest != named.digest || decoded->record.number != named.number) return base::fail("it is another document than the state names");
  return Document{.record = std::make_shared<const DocumentRecord>(std::move(decoded->record)), .digest = std::move(decoded->digest)};
}

void Loader::read_sources() {
  std::map<std::string, std::string> wanted;  // by file: what is lost with it
  if (intact_.state != nullptr) {
    for (const StateFile::Source& source : intact_.state->sources) wanted.emplace(source.file, keys_of(source.kind, source.url));
  }
  for (const std::string& name : std::set(names_)) {
    if (!is_whole(name, FileName::Kind::keys)) continue;
    const auto consequence = wanted.extract(name);
    const auto fault = [&](std::string_view what) { report(name, what, consequence.empty() ? std::string_view() : consequence.mapped()); };
    const auto content = files_.read(name, limits::kKeysFileBytesMax);
    auto decoded = !content ? std::unexpected(content.error()) : !*content ? base::fail("it is missing") : decode_keys(**content);
    if (!decoded) {
      fault(decoded.error().what);
    } else if (keys_name(decoded->record) != name) {
      fault("it has the keys of another source");
    } else {
      intact_.sources.emplace(name, std::make_shared<const SourceRecord>(std::move(decoded->record)));
    }
  }
  for (const auto& [name, consequence] : wanted) report(name, "it is missing", consequence);
}

void Loader::set_state_aside(std::string_view why) {
  intact_.state.reset();
  intact_.documents.clear();
  std::size_t aside = 0;
  for (const std::string& name : std::set(names_)) {
    if (!is_whole(name, FileName::Kind::document)) continue;
    if (const auto done = set_aside(name); done) ++aside;
    else loaded_.damage.push_back(fmt::format("{}: it cannot be set aside: {}", name, done.error().what));
  }
  static_cast<void>(files_.sync_folder());
  report(std::string(kStateName), why, aside == 0 ? "the state is lost" : fmt::format("the state is lost; so are {} intact documents, set aside with it", aside));
}

void Loader::keep_state() {
  Records records{.state = intact_.state->state, .documents = {}, .sources = {}};
  std::set<std::uint64_t> needed;
  std::vector<std::uint64_t> dropped;
  std::erase_if(records.state.deployments, [&](const DeploymentRecord& deployment) {
    const std::vector<std::uint64_t> numbers = needs(deployment);
    const bool drop = std::ranges::any_of(numbers, [this](std::uint64_t number) { return bad_documents_.contains(number); });
    if (drop) dropped.push_back(deployment.number);
    else needed.insert(numbers.begin(), numbers.end());
    return drop;
  });
  if (!dropped.empty()) loaded_.damage.push_back(fmt::format("deployments that need damaged documents are dropped: {}", fmt::join(dropped, ", ")));
  for (const Document& document : intact_.documents) {
    if (dropped.empty() || needed.contains(document.record->number)) records.documents.push_back(document.record);
  }
  for (const StateFile::Source& source : intact_.state->sources) {
    const auto found = intact_.sources.find(source.file);
    if (found != intact_.sources.end()) records.sources.push_back(found->second);
  }
  loaded_.records = std::move(records);
}

base::Result<void> Loader::set_aside(const std::string& name) {
  auto done = files_.rename(name, aside_name(name));
  if (!done) return done;
  names_.erase(name);
  std::erase(loaded_.aside, aside_name(name));  // what stood there before is written over
  return done;
}

void Loader::report(const std::string& name, std::string_view what, std::string_view consequence) {
  std::string line = fmt::format("{}: {}", name, what);
  if (names_.contains(name)) {
    const auto done = set_aside(name);
    line += done ? fmt::format("; set aside as {}", aside_name(name)) : fmt::format("; it cannot be set aside: {}", done.error().what);
  }
  if (!consequence.empty()) line.append("; ").append(consequence);
  loaded_.damage.push_back(std::move(line));
}

}  // namespace assay::store
