// A daemon for the client's tests: a real listener on a real Unix socket, which does on each connection what the test's script says.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/frames.h"

namespace assay::test {

// TemporaryFolder: removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  // write(name, content): the path of a new file.
  std::string write(const std::string& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// Peer: the daemon's end of one connection.
class Peer {
 public:
  Peer(int fd, std::size_t index) : fd_(fd), index_(index) {}
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::size_t index() const { return index_; }  // of the connection, from 0
  // frame(): the next whole frame; nothing once the client has closed.
  std::optional<Bytes> frame();
  // id(): of the next request; 0 once the client has closed.
  std::uint64_t next_id();
  // some(): what one read brings; empty once the client has closed.
  Bytes some();
  // send(bytes): false once the client has closed.
  bool send(const Bytes& bytes);
  void send_slowly(const Bytes& bytes, std::size_t piece_bytes);
  // read_slowly(): fills the socket's buffers, so that the client has to write in pieces.
  void read_slowly() { piece_bytes_ = 512; }

 private:
  bool read_exactly(std::byte* to, std::size_t count);
  int fd_;
  std::size_t index_;
  std::size_t piece_bytes_ = 65536;
};

class FakeDaemon {
 public:
  using Script = std::function<void(Peer&)>;
  enum class Serve { one_by_one, all_at_once };
  // Listens at once. Each connection is closed when the script returns.
  FakeDaemon(std::string path, Script script, Serve how = Serve::one_by_one);
  // Ends the connections that there are.
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  std::size_t connection_count() const { return connections_; }

 private:
  void serve();
  void serve_one(int fd, std::size_t index);
  std::string path_;
  Script script_;
  Serve how_;
  std::mutex mutex_;
  std::vector<int> open_;              // under the mutex
  std::vector<std::thread> serving_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::atomic<std::size_t> connections_ = 0;
  std::thread thread_;
};

// Seen: what a validating script was asked, across connections. Thread-safe; what is asked of it is a copy.
class Seen {
 public:
  struct Record {
    std::vector<std::vector<std::string>> frames;  // the tokens of each Validate
    std::vector<std::string> scopes;               // of the last
    std::vector<std::string> claims;               // of the last
    std::vector<std::string> configurations;       // of each Deploy
    std::vector<std::string> api_services;         // of the last Deploy
    std::vector<std::uint64_t> rollbacks;          // the deployment of each Rollback
    std::vector<std::string> pushed;               // of the last PushKeys: OAuth server, JWK Set, URL
    std::vector<std::string> refreshed;            // of the last Refresh: OAuth server, URL
    // Of the last Deploy or Rollback.
    bool dry_run = false;
    bool allow_volatile = false;
    std::optional<std::uint64_t> expected_deployment;
  };
  Record now() const {
    const std::lock_guard lock(mutex_);
    return record_;
  }
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(record_);
  }

 private:
  mutable std::mutex mutex_;
  Record record_;
};

// by_name(seen): answers every request until the client closes. A token that is the name of a code gets that code, any other not_compact. An API service that is
// not "orders" is an Error. A configuration or a JWK Set that contains the name of an error gets that error: bad_configuration has two faults, conflict deployment
// 7; a rollback to 100 and the number of an error likewise, any other is done (0: to 3). A JWK Set that contains "private" is bad_keys with two faults. What allows to
// be volatile is not kept, and a JWK Set that contains "volatile"; one that contains "same" changes nothing. An OAuth server to refresh whose name contains that of an
// error gets that error; "failing": a failure; "same": nothing has changed.
FakeDaemon::Script by_name(Seen& seen);

// answering(answer): what `answer` makes of the id of each request.
FakeDaemon::Script answering(std::function<Bytes(std::uint64_t id)> answer);

}  // namespace assay::test
