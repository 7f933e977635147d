// Records to keep, and a life of a daemon in which everything that changes them happens.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/fake_files.h"
#include "store/store.h"

namespace assay::test {

std::shared_ptr<const store::DocumentRecord> document(std::uint64_t number, std::string text);
// source(url, generation, jwks): of kind jwks_url, with two keys.
std::shared_ptr<const store::SourceRecord> source(std::string url, std::uint64_t generation, std::string jwks = "{\"keys\": [ ]}\n");
// source_by_way(of, ca_file): another source with the URL and the keys of this one, reached by this CA file, with a client certificate, through a proxy.
std::shared_ptr<const store::SourceRecord> source_by_way(const store::SourceRecord& of, std::string ca_file);
// deployment(number, kind, services): its document is the newest of the services', its base the oldest.
store::DeploymentRecord deployment(std::uint64_t number, store::DeploymentKind kind, std::vector<store::DeploymentRecord::Service> services);

// small_records(): two deployments, two documents, one source.
store::Records small_records();

// Step: one change, and what it is.
struct Step {
  std::string_view what;
  store::Records records;
};
// life(): each step shares what it does not change with the one before.
std::vector<Step> life();

// Opened: a store on a disk, after load().
struct Opened {
  explicit Opened(FakeDisk& disk) : store(std::make_unique<FakeFiles>(disk)), loaded(store.load()) {}
  store::Store store;
  base::Result<store::Loaded> loaded;
};

// holds(disk, records): empty if a store finds exactly these records (null: none), undamaged; else how that is not so. Works on a copy.
std::string holds(FakeDisk disk, const store::Records* records);
// nothing_else(disk, records): empty if there is no file but those of the records; else which.
std::string nothing_else(const FakeDisk& disk, const store::Records& records);

}  // namespace assay::test
