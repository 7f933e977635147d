// One change at a time: check, keep, put in force. The order is what makes a crash harmless: a deployment is on disk before any verdict names it, so that a restart finds
// the state before or the state after. Only withdrawing a key does not wait for a disk that refuses.
#include "server/ledger.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/hex.h"
#include "base/limits.h"
#include "crypto/sha2.h"
#include "server/notes.h"
#include "server/source_lookup.h"

namespace assay::server {
namespace {

using snapshot::Fault;
using snapshot::SourceId;

Outcome refused(ErrorCode code, std::string text = {}) {
  Outcome outcome;
  outcome.error = code;
  outcome.error_text = std::move(text);
  return outcome;
}

Outcome refused(std::vector<Fault> faults) {
  Outcome outcome = refused(ErrorCode::bad_configuration);
  outcome.faults = std::move(faults);
  return outcome;
}

// time_text(seconds): for people.
std::string time_text(std::int64_t time_s) { return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(time_s))); }

std::vector<snapshot::Behind> all_behind(const snapshot::Deployment& deployment) {
  std::vector<snapshot::Behind> all;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    if (auto behind = snapshot::behind(deployment, service)) all.push_back(std::move(*behind));
  }
  return all;
}

}  // namespace

Ledger::Ledger(LedgerParts parts)
    : identities_(parts.identities),
      clock_(parts.clock),
      log_(parts.log),
      draw_instance_(std::move(parts.draw_instance)),
      store_(std::move(parts.store)),
      state_dir_(std::move(parts.state_dir)),
      compiler_(parts.identities, parts.workers) {
  state_.history = {std::make_shared<const snapshot::Deployment>(snapshot::nothing_deployed())};
}

Ledger::~Ledger() {
  if (is_kept()) return;
  log_.event(base::Event::state_lost, {{"REASON", trouble_}}, "what is in force since {} is not on disk and is lost with this process: {}", time_text(trouble_since_s_), trouble_);
}

base::Result<void, std::vector<Fault>> Ledger::start(const std::optional<ConfigurationFile>& file) {
  if (store_ != nullptr) {
    auto loaded = store_->load();
    if (!loaded) return std::unexpected(std::vector{Fault{"", "state directory " + state_dir_ + ": " + loaded.error().what, "a state directory that can be read"}});
    take_up(std::move(*loaded));
  }
  for (const std::string& loss : damage_) log_.event(base::Event::state_damaged, {{"REASON", loss}}, "stored state: {}", loss);
  if (state_.instance == 0 || !damage_.empty()) state_.instance = draw_instance_();
  published_generation_ = state_.generation;
  if (state_.generation == 0) state_.generation = 1;
  const bool has_state = state_.in_force().number != 0;
  if (has_state) {
    log_.info("state directory {}: deployment {}, generation {}", state_dir_, state_.in_force().number, state_.generation);
  } else {
    log_.info("{}", store_ == nullptr ? "no state directory: nothing is kept" : "state directory " + state_dir_ + ": nothing is deployed");
  }
  std::vector<Fault> faults;
  if (file) start_with(*file, has_state, faults);
  if (!faults.empty() && !has_state) return std::unexpected(std::move(faults));
  coming_ = {.materials = pool_.materials().made(), .key_sets = pool_.made()};
  if (trouble_.empty()) keep();  // what a deploy has not kept already: a new instance, or a first start without a file
  return {};
}

void Ledger::start_with(const ConfigurationFile& file, bool has_state, std::vector<Fault>& faults) {
  const std::uint64_t stored = state_.in_force().number;
  std::string trouble;
  if (!file.content) {
    faults = file.content.error();
  } else {
    const std::string digest = base::hex(crypto::sha256(base::as_bytes(*file.content)));
    if (has_state && (digest == state_.file_digest || recorder_.is_last_whole(state_, digest))) {
      return log_.info("{} has not changed since it was deployed: the stored deployment {} stays in force", file.path, stored);
    }
    // With nothing else to serve, a disk that refuses is no reason not to.
    Outcome outcome = deploy({.document = *file.content, .api_services = {}, .expected_deployment = {}, .allow_volatile = !has_state}, digest);
    faults = std::move(outcome.faults);
    trouble = std::move(outcome.error_text);
    if (outcome.changed && has_state) {
      log_.event(base::Event::file_deployed, {{"PATH", file.path}, {"DEPLOYMENT", outcome.deployment}}, "{} is not what was deployed last: deployed as {}, in place of deployment {}", file.path,
                 outcome.deployment, stored);
    }
  }
  if (!faults.empty()) {
    const Fault& first = faults.front();
    trouble = fmt::format("{} fault{}, the first at {}: found {}, allowed {}", faults.size(), faults.size() == 1 ? "" : "s",
                          first.pointer.empty() ? "(document)" : base::printable(first.pointer, 256), first.found, first.allowed);
  }
  if (trouble.empty() || !has_state) return;
  file_trouble_ = fmt::format("{} was not deployed at the start, the stored deployment {} serves; mend it and `assayctl deploy` it: {}", file.path, stored, trouble);
  log_.event(base::Event::file_refused, {{"PATH", file.path}, {"DEPLOYMENT", stored}, {"REASON", trouble}}, "{}", file_trouble_);
}

void Ledger::take_up(store::Loaded loaded) {
  damage_ = std::move(loaded.damage);
  aside_ = std::move(loaded.aside);
  if (loaded.records) {
    Restored restored = recorder_.restore(*loaded.records, pool_);
    damage_.insert(damage_.end(), restored.losses.begin(), restored.losses.end());
    if (restored.state) {
      state_ = std::move(*restored.state);
      // A push changes a key file and then the state, so that after a crash what is withdrawn may be one push behind what is in force.
      snapshot::update(state_.withdrawn, {state_.in_force(), state_.sources}, state_.history);
      return;
    }
    // Nothing of an operator's is overwritten because today's rules cannot read it.
    for (std::string& line : store_->set_state_aside("its deployment in force cannot be restored")) damage_.push_back(std::move(line));
    loaded.orphan_sources = loaded.records->sources;
  }
  for (const auto& record : loaded.orphan_sources) {
    store::SourceRecord orphan = *record;
    orphan.generation = 0;  // that was of another history
    if (auto source = restore_source(orphan, pool_)) state_.sources.insert(std::move(*source));
  }
}

Applied Ledger::apply(std::span<const ChangeRequest> requests) {
  Applied applied;
  for (const ChangeRequest& request : requests) {
    const std::uint64_t materials_before = pool_.materials().made();
    const std::uint64_t key_sets_before = pool_.made();
    const Outcome& outcome = applied.outcomes.emplace_back(apply_one(request));
    if (!outcome.changed) continue;
    coming_.materials += pool_.materials().made() - materials_before;
    coming_.key_sets += pool_.made() - key_sets_before;
  }
  applied.snapshot = publish();
  if (std::ranges::any_of(applied.outcomes, &Outcome::is_news)) pool_.prune();
  // Now it is known: a push that the disk refuses begins a new instance for all that came with it.
  for (Outcome& outcome : applied.outcomes) {
    outcome.instance = state_.instance;
    outcome.generation = state_.generation;
  }
  return applied;
}

Outcome Ledger::apply_one(const ChangeRequest& request) {
  return std::visit(
      [this](const auto& one) {
        using Request = std::remove_cvref_t<decltype(one)>;
        if constexpr (std::is_same_v<Request, DeployRequest>) return deploy(one, {});
        else if constexpr (std::is_same_v<Request, RollbackRequest>) return roll_back(one);
        else if constexpr (std::is_same_v<Request, PushRequest>) return push(one);
        else if constexpr (std::is_same_v<Request, FetchedRequest>) return take_fetched(one);
        else return take_confirmed(one);
      },
      request);
}

std::pair<bool, std::shared_ptr<const snapshot::Snapshot>> Ledger::try_again() {
  const bool was_kept = is_kept();
  if (!was_kept) keep();
  std::shared_ptr<const snapshot::Snapshot> next;
  if (compiler_.look_up_again()) {
    has_changed_ = true;
    state_.generation = state_.deployed_generation = next_generation();
    keep();
    if (!is_kept()) state_.instance = draw_instance_();
    next = publish();
  }
  return {was_kept != is_kept() || next != nullptr, next};
}

std::optional<Outcome> Ledger::unexpected(const std::optional<std::uint64_t>& expected) const {
  const std::uint64_t number = state_.in_force().number;
  if (!expected || *expected == number) return std::nullopt;
  Outcome outcome = refused(ErrorCode::conflict, fmt::format("deployment {} is in force, where {} was expected; nothing has changed", number, *expected));
  outcome.in_force = number;
  return outcome;
}

Outcome Ledger::deploy(const DeployRequest& request, std::string_view file_digest) {
  if (auto conflict = unexpected(request.expected_deployment)) return *std::move(conflict);
  auto config = snapshot::parse_config(request.document, pool_);
  if (!config) return refused(std::move(config.error()));
  const bool is_staged = !request.api_services.empty();
  if (!is_staged) {
    if (auto faults = snapshot::check_accounts(config->clients, identities_); !faults.empty()) return refused(std::move(faults));
  }
  const snapshot::DocumentPointer document =
      snapshot::make_document(std::move(*config), state_.in_force().number + 1, clock_.realtime_s(), request.document.size(), state_.in_force().documents);
  auto deployment = is_staged ? snapshot::deploy(state_.in_force(), document, request.api_services)
                              : base::Result<snapshot::Deployment, std::vector<Fault>>(snapshot::deploy(document));
  if (!deployment) return refused(std::move(deployment.error()));
  if (store_ != nullptr && !request.dry_run) recorder_.add_document(*document, request.document);
  return put_in_force(std::move(*deployment), {.dry_run = request.dry_run, .allow_volatile = request.allow_volatile, .file_digest = file_digest});
}

Outcome Ledger::roll_back(const RollbackRequest& request) {
  if (auto conflict = unexpected(request.expected_deployment)) return *std::move(conflict);
  const auto& history = state_.history;
  std::size_t target = history.size() - 1;
  if (request.deployment == 0) {
    if (target == 0) return refused(ErrorCode::no_such_deployment, "no deployment before the one in force is kept");
    --target;
  } else {
    const auto found = std::ranges::find_if(history, [&](const auto& deployment) { return deployment->number == request.deployment; });
    if (found == history.end()) {
      return refused(ErrorCode::no_such_deployment,
                     fmt::format("deployment {} is not kept; those from {} to {} may be", request.deployment, history.front()->number, history.back()->number));
    }
    target = static_cast<std::size_t>(found - history.begin());
    if (target == history.size() - 1) return refused(ErrorCode::no_such_deployment, fmt::format("deployment {} is in force already", request.deployment));
  }
  const std::uint64_t history_number = history[target]->number;
  if (auto faults = snapshot::check_accounts(history[target]->base->clients, identities_); !faults.empty()) return refused(std::move(faults));
  const snapshot::IsWithdrawn is_withdrawn = [this](const snapshot::OAuthServerSettings& server, const jose::VerificationKey& key) {
    return std::ranges::any_of(server.issuers, [&](const std::string& issuer) { return state_.withdrawn.contains({issuer, key.material->fingerprint()}); });
  };
  snapshot::Deployment deployment = snapshot::roll_back(*history[target], state_.in_force().number + 1, clock_.realtime_s(), is_withdrawn, pool_);
  std::vector<std::string> notes;
  if (auto faults = check_withheld(deployment, notes); !faults.empty()) return refused(std::move(faults));
  Outcome outcome = put_in_force(std::move(deployment), {.dry_run = request.dry_run, .allow_volatile = request.allow_volatile});
  outcome.restores = history_number;
  outcome.notes.insert(outcome.notes.begin(), notes.begin(), notes.end());
  return outcome;
}

Outcome Ledger::put_in_force(snapshot::Deployment deployment, const How& how) {
  State next = state_;
  next.history.push_back(std::make_shared<const snapshot::Deployment>(std::move(deployment)));
  if (next.history.front()->number == 0 || next.history.size() > base::limits::kDeploymentsKept + 1) next.history.erase(next.history.begin());
  // A key source exists as long as the deployment in force names it: no rollback brings the keys of an earlier one back.
  const std::set<SourceId> in_use = sources_in_use(next.in_force());
  std::erase_if(next.sources, [&in_use](const auto& source) { return !in_use.contains(source.first); });
  snapshot::update(next.withdrawn, {next.in_force(), next.sources}, next.history);

  Outcome outcome;
  outcome.changes = snapshot::changes({state_.in_force(), state_.sources}, {next.in_force(), next.sources});
  outcome.behind = all_behind(next.in_force());
  outcome.notes = notes_on(next, outcome.changes);
  if (how.dry_run) return outcome;

  outcome.changed = true;
  outcome.deployment = next.in_force().number;
  next.generation = next_generation();
  next.deployed_generation = next.generation;
  if (!how.file_digest.empty()) next.file_digest = how.file_digest;
  if (auto kept = save(next); kept) {
    outcome.kept = store_ != nullptr;
    saved();
  } else if (how.allow_volatile) {
    in_trouble(kept.error().what);
    next.instance = draw_instance_();
  } else {
    // What the disk has now is not known: it gets back what is in force.
    if (auto restored = save(state_); !restored) in_trouble(restored.error().what);
    refusal_ = fmt::format("the disk refused a deploy or rollback at {}, and may refuse the next: {}", time_text(clock_.realtime_s()), kept.error().what);
    return refused(ErrorCode::not_kept, "the disk refuses to keep it, so nothing has changed: " + kept.error().what);
  }
  if (next.in_force().kind == snapshot::DeploymentKind::full) file_trouble_.clear();
  state_ = std::move(next);
  recorder_.forget_others(state_);
  has_changed_ = true;
  return outcome;
}

Outcome Ledger::push(const PushRequest& request) {
  const auto target = find_source(state_.in_force(), request.oauth_server, request.url);
  if (!target) return refused(ErrorCode::bad_key_source, target.error().what);
  if (request.jwks.size() > base::limits::kJwksBytesMax) {
    return refused(ErrorCode::bad_keys, fmt::format("a JWK Set of {} bytes; {} are taken", request.jwks.size(), base::limits::kJwksBytesMax));
  }
  auto jwks = jose::parse_jwks(request.jwks, pool_.materials());
  if (!jwks) return refused(ErrorCode::bad_keys, jwks.error().what);
  if (jwks->keys.empty() && !jwks->skipped.empty()) {
    Outcome outcome = refused(ErrorCode::bad_keys, fmt::format("no usable key among its {}; to withdraw all keys, push a set without any", jwks->skipped.size()));
    for (const jose::SkippedKey& key : jwks->skipped) outcome.faults.push_back({fmt::format("/keys/{}", key.index), key.reason, "a public key that can be used"});
    return outcome;
  }
  Outcome outcome = hold(*target, {.jwks = std::move(*jwks), .text = request.jwks, .etag = {}, .at_s = clock_.realtime_s()});
  outcome.source = *target;
  return outcome;
}

// An issuer that withdraws all its keys at once is more likely to have made a mistake, so that a set without any that can be used never replaces what is held.
Outcome Ledger::take_fetched(const FetchedRequest& request) {
  if (!sources_in_use(state_.in_force()).contains(request.source)) return refused(ErrorCode::bad_key_source, "no OAuth server in force has this source any more");
  auto jwks = jose::parse_jwks(request.jwks, pool_.materials());
  if (!jwks) return refused(ErrorCode::bad_keys, jwks.error().what);
  if (jwks->keys.empty()) {
    Outcome outcome = refused(ErrorCode::bad_keys, jwks->skipped.empty() ? "a set without any key" : fmt::format("no usable key among its {}", jwks->skipped.size()));
    outcome.skipped = std::move(jwks->skipped);
    return outcome;
  }
  return hold(request.source, {.jwks = std::move(*jwks), .text = request.jwks, .etag = request.etag, .at_s = request.asked_at_s, .keep = request.keep});
}

Outcome Ledger::take_confirmed(const ConfirmedRequest& request) {
  const auto held = state_.sources.find(request.source);
  if (held == state_.sources.end()) return refused(ErrorCode::bad_key_source, "no OAuth server in force has this source any more");
  snapshot::HeldKeys after = *held->second;
  after.checked_at_s = request.asked_at_s;
  state_.sources[request.source] = std::make_shared<const snapshot::HeldKeys>(std::move(after));
  keep();
  return {.kept = is_kept()};
}

// hold(source, given): from here on the source holds this set.
Outcome Ledger::hold(const SourceId& source, Given given) {
  const auto held = state_.sources.find(source);
  const snapshot::HeldKeys* before = held == state_.sources.end() ? nullptr : held->second.get();
  snapshot::HeldKeys after{.keys = pool_.intern(std::move(given.jwks)),
                           .jwks = std::move(given.text),
                           .generation = next_generation(),
                           .changed_at_s = given.at_s,
                           .checked_at_s = given.at_s,
                           .etag = given.etag,
                           .since_s = {}};
  for (const jose::VerificationKey& key : after.keys->keys()) {
    const auto known = before == nullptr ? after.since_s.end() : before->since_s.find(key.id);
    after.since_s[key.id] = before != nullptr && known != before->since_s.end() ? known->second : given.at_s;
  }
  Outcome outcome;
  outcome.skipped = {after.keys->skipped().begin(), after.keys->skipped().end()};
  outcome.changed = before == nullptr || before->keys != after.keys;
  if (!outcome.changed) {
    if (!given.keep) {
      outcome.is_news = false;
      return outcome;
    }
    // The same set, however it is written: that it was confirmed is state of the source, and publishes nothing.
    after = *before;
    after.checked_at_s = given.at_s;
    after.etag = std::move(given.etag);
  }
  if (after.keys->keys().empty()) outcome.notes.push_back("no key is left: no token of OAuth servers with this source is accepted until a push or a fetch, which a token may cause, brings keys");
  State next = state_;
  next.sources[source] = std::make_shared<const snapshot::HeldKeys>(std::move(after));
  if (outcome.changed) next.generation = next_generation();
  snapshot::update(next.withdrawn, {next.in_force(), next.sources}, next.history);
  outcome.changes = snapshot::changes({state_.in_force(), state_.sources}, {next.in_force(), next.sources});
  if (auto kept = save(next); kept) {
    outcome.kept = store_ != nullptr;
    saved();
  } else {
    // A key that is withdrawn is withdrawn, whatever the disk says.
    in_trouble(kept.error().what);
    if (outcome.changed) next.instance = draw_instance_();
  }
  state_ = std::move(next);
  has_changed_ = has_changed_ || outcome.changed;
  return outcome;
}

base::Result<void> Ledger::save(const State& state) { return store_ == nullptr ? base::Result<void>() : store_->save(recorder_.records_of(state)); }

void Ledger::saved() {
  if (!trouble_.empty()) log_.event(base::Event::disk_recovered, {}, "the disk keeps the state again");
  trouble_.clear();
  refusal_.clear();
}

void Ledger::in_trouble(std::string why) {
  if (trouble_.empty()) {
    trouble_since_s_ = clock_.realtime_s();
    log_.event(base::Event::disk_trouble, {{"REASON", why}}, "the disk does not keep what is in force: {}", why);
  }
  trouble_ = std::move(why);
}

void Ledger::keep() {
  if (auto kept = save(state_); !kept) {
    in_trouble(kept.error().what);
  } else {
    saved();
  }
}

std::shared_ptr<const snapshot::Snapshot> Ledger::first_snapshot() {
  CHECK(snapshot_ == nullptr);
  return publish();
}

std::shared_ptr<const snapshot::Snapshot> Ledger::publish() {
  if (!std::exchange(has_changed_, false)) return nullptr;
  const std::shared_ptr<const snapshot::Snapshot> before = std::exchange(snapshot_, compiler_.compile(state_.in_force(), state_.sources, state_.instance, state_.generation));
  published_generation_ = state_.generation;
  published_ = std::exchange(coming_, {});
  published_.oauth_servers = compiler_.compiled().oauth_servers;
  published_.api_services = compiler_.compiled().api_services;
  log_skipped_keys(before.get());
  log_.info("generation {} compiled: {} keys, {} key sets, {} OAuth servers and {} API services are new", state_.generation, published_.materials, published_.key_sets,
            published_.oauth_servers, published_.api_services);
  return snapshot_;
}

// A line for each key of a new set that is not used; an alarm for those that should never have been published.
void Ledger::log_skipped_keys(const snapshot::Snapshot* before) const {
  std::set<const snapshot::KeySet*> known;
  if (before != nullptr) {
    for (const auto& server : before->oauth_servers()) known.insert(server->keys.get());
  }
  for (const auto& server : snapshot_->oauth_servers()) {
    if (server->keys == nullptr || known.contains(server->keys.get())) continue;
    for (const jose::SkippedKey& key : server->keys->skipped()) {
      std::vector<base::LogField> fields{{"OAUTH_SERVER", server->name}, {"REASON", key.reason}};
      if (key.kid) fields.emplace_back("KID", *key.kid);
      log_.event(key.alarm ? base::Event::secret_published : base::Event::key_unusable, fields, "OAuth server {}: key {} (kid {}) is not used: {}", base::printable(server->name), key.index,
                 key.kid ? base::printable(*key.kid) : "-", key.reason);
    }
  }
}

std::shared_ptr<const StateReport> Ledger::report() const {
  auto report = std::make_shared<StateReport>(StateReport{.state = state_, .state_dir = state_dir_, .kept = store_ != nullptr && is_kept(), .problems = {}});
  const auto add = [&report](Problem::Severity severity, std::string text) { report->problems.push_back({severity, std::move(text)}); };
  for (const std::string& loss : damage_) add(Problem::Severity::alarm, "stored state: " + loss);
  if (!is_kept()) add(Problem::Severity::alarm, fmt::format("not all that is in force is on disk since {}, a restart would undo it: {}", time_text(trouble_since_s_), trouble_));
  if (!refusal_.empty()) add(Problem::Severity::warning, refusal_);
  if (!aside_.empty()) {
    std::string files;
    for (const std::string& name : aside_) files += (files.empty() ? "" : ", ") + name;
    add(Problem::Severity::warning, fmt::format("damage was set aside at an earlier start; look at it and remove it from {}: {}", state_dir_, files));
  }
  if (!file_trouble_.empty()) add(Problem::Severity::warning, file_trouble_);
  for (const Fault& fault : compiler_.unknown_accounts()) {
    add(Problem::Severity::warning, fmt::format("clients: this host does not know {}, so that it opens nothing ({})", fault.found, base::printable(fault.pointer)));
  }
  if (store_ == nullptr) add(Problem::Severity::notice, "nothing is kept on disk: there is no state directory");
  if (snapshot_ != nullptr) {
    for (Problem& problem : problems_of(state_, *snapshot_)) report->problems.push_back(std::move(problem));
  }
  return report;
}

}  // namespace assay::server
