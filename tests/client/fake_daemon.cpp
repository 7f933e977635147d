// The fake daemon blocks, reads and writes in the plainest way: nothing of it is shared with the client under test.
#include "client/fake_daemon.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "client/control_frames.h"

namespace assay::test {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-client-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view content) const {
  std::ofstream(file(name), std::ios::binary) << content;
  return file(name);
}

Peer::~Peer() { ::close(fd_); }

bool Peer::read_exactly(std::byte* to, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::recv(fd_, to, std::min(count, piece_bytes_), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    if (piece_bytes_ < 1024) std::this_thread::sleep_for(std::chrono::microseconds(20));
    to += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<Bytes> Peer::frame() {
  Bytes frame(4);
  if (!read_exactly(frame.data(), 4)) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, frame.data(), 4);
  frame.resize(4 + std::size_t{length});
  if (!read_exactly(frame.data() + 4, length)) return std::nullopt;
  return frame;
}

Bytes Peer::some() {
  Bytes bytes(std::size_t{1024} * 1024);
  ssize_t count;
  do count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  while (count < 0 && errno == EINTR);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

std::uint64_t Peer::next_id() {
  const std::optional<Bytes> request = frame();
  const wire::Envelope* envelope = request ? envelope_of(*request) : nullptr;
  return envelope == nullptr ? 0 : envelope->id();
}

bool Peer::send(const Bytes& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

void Peer::send_slowly(const Bytes& bytes, std::size_t piece_bytes) {
  for (std::size_t done = 0; done < bytes.size(); done += piece_bytes) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(done);
    if (!send(Bytes(begin, begin + static_cast<std::ptrdiff_t>(std::min(piece_bytes, bytes.size() - done))))) return;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

FakeDaemon::FakeDaemon(std::string path, Script script, Serve how) : path_(std::move(path)), script_(std::move(script)), how_(how) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), std::min(path_.size(), sizeof(address.sun_path) - 1));
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::unlink(path_.c_str());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || ::listen(listener_, 16) != 0) std::abort();
  if (::pipe(stop_) != 0) std::abort();
  thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon() {
  // No client finds the door open once the connections end.
  ::unlink(path_.c_str());
  ::close(stop_[1]);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  thread_.join();
  for (std::thread& serving : serving_) serving.join();
  ::close(stop_[0]);
  ::close(listener_);
}

void FakeDaemon::serve() {
  for (;;) {
    pollfd entries[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0) continue;
    if (entries[1].revents != 0) return;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::size_t index = connections_++;
    if (how_ == Serve::all_at_once) {
      serving_.emplace_back([this, fd, index] { serve_one(fd, index); });
    } else {
      serve_one(fd, index);
    }
  }
}

void FakeDaemon::serve_one(int fd, std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
  }
  // What connected just before the stop: the destructor may have looked already.
  pollfd stop{stop_[0], POLLIN, 0};
  if (::poll(&stop, 1, 0) > 0) ::shutdown(fd, SHUT_RDWR);
  Peer peer(fd, index);
  script_(peer);
  // Before the peer closes it: the number may be somebody else's then.
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
}

namespace {

std::vector<std::string> strings_of(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* from) {
  std::vector<std::string> out;
  if (from != nullptr) {
    for (const flatbuffers::String* item : *from) out.push_back(item->str());
  }
  return out;
}

Bytes answer_validate(std::uint64_t id, const wire::Validate& request, Seen& seen) {
  const std::vector<std::string> tokens = strings_of(request.tokens());
  seen.change([&](Seen::Record& record) {
    record.frames.push_back(tokens);
    record.scopes = strings_of(request.required_scopes());
    record.claims = strings_of(request.claims());
  });
  if (request.api_service() == nullptr || request.api_service()->str() != "orders") return error_frame(id, wire::ErrorCode::unknown_api_service, "there is no such API service");
  std::vector<schema::Code> codes;
  for (const std::string& token : tokens) {
    const auto found = std::find_if(schema::kCodes.begin(), schema::kCodes.end(), [&](const schema::CodeInfo& info) { return info.name == token; });
    codes.push_back(found == schema::kCodes.end() ? schema::Code::not_compact : found->code);
  }
  return verdicts_frame(id, codes);
}

// The error whose name stands in a text; no name is part of another.
std::optional<wire::ErrorCode> error_named_in(const std::string& text) {
  for (const wire::ErrorCode code : wire::EnumValuesErrorCode()) {
    if (code != wire::ErrorCode::unset && text.find(wire::EnumNameErrorCode(code)) != std::string::npos) return code;
  }
  return std::nullopt;
}

Bytes refusal_frame(std::uint64_t id, wire::ErrorCode code) {
  if (code == wire::ErrorCode::conflict) return conflict_frame(id, 7);
  if (code != wire::ErrorCode::bad_configuration) return error_frame(id, code);
  return faults_frame(id, code, "the configuration has 2 faults; nothing has changed",
                      {{"/oauth_servers/0/name", "\"\x1b[31m\"", "1 to 256 code points"}, {"", "an array", "an object"}});
}

// What a Deploy and a Rollback have in common.
template <class Request>
void note_conditions(Seen::Record& record, const Request& request) {
  record.dry_run = request.dry_run();
  record.allow_volatile = request.allow_volatile();
  record.expected_deployment = request.expected_deployment() ? std::optional<std::uint64_t>(*request.expected_deployment()) : std::nullopt;
}

Bytes answer_deploy(std::uint64_t id, const wire::Deploy& request, Seen& seen) {
  const std::string configuration = request.configuration()->str();
  seen.change([&](Seen::Record& record) {
    record.configurations.push_back(configuration);
    record.api_services = strings_of(request.api_services());
    note_conditions(record, request);
  });
  if (const std::optional<wire::ErrorCode> code = error_named_in(configuration)) return refusal_frame(id, *code);
  return full_deployed_frame(id, request.dry_run() ? 0 : 4, !request.allow_volatile());
}

Bytes answer_rollback(std::uint64_t id, const wire::Rollback& request, Seen& seen) {
  seen.change([&](Seen::Record& record) {
    record.rollbacks.push_back(request.deployment());
    note_conditions(record, request);
  });
  if (request.deployment() > 100) return refusal_frame(id, static_cast<wire::ErrorCode>(request.deployment() - 100));
  return rolled_back_frame(id, request.dry_run() ? 0 : 5, request.deployment() == 0 ? 3 : request.deployment());
}

Bytes answer_push_keys(std::uint64_t id, const wire::PushKeys& request, Seen& seen) {
  const std::string jwks = request.jwks()->str();
  seen.change([&](Seen::Record& record) {
    record.pushed = {request.oauth_server()->str(), jwks, request.url() == nullptr ? "(absent)" : request.url()->str()};
  });
  if (jwks.find("private") != std::string::npos) {
    return faults_frame(id, wire::ErrorCode::bad_keys, "none of its 2 keys is usable; to withdraw all keys, push a set without any",
                        {{"/keys/0", "a symmetric key (kty oct) was published", "a public key that can be used"},
                         {"/keys/1", "\x1b", "a public key that can be used"}});
  }
  if (const std::optional<wire::ErrorCode> code = error_named_in(jwks)) return refusal_frame(id, *code);
  return pushed_frame(id, jwks.find("same") == std::string::npos, jwks.find("volatile") == std::string::npos);
}

Bytes answer_refresh(std::uint64_t id, const wire::Refresh& request, Seen& seen) {
  const std::string name = request.oauth_server()->str();
  seen.change([&](Seen::Record& record) { record.refreshed = {name, request.url() == nullptr ? "(absent)" : request.url()->str()}; });
  if (const std::optional<wire::ErrorCode> code = error_named_in(name)) return refusal_frame(id, *code);
  if (name.find("failing") != std::string::npos) return refreshed_frame(id, false, "the issuer answered 500\x1b");
  return refreshed_frame(id, name.find("same") == std::string::npos, nullptr);
}

Bytes answer_to(const Bytes& frame, Seen& seen) {
  const wire::Envelope* envelope = envelope_of(frame);
  if (envelope == nullptr) return error_frame(0, wire::ErrorCode::bad_frame);
  const std::uint64_t id = envelope->id();
  if (const wire::Validate* request = envelope->body_as_Validate()) return answer_validate(id, *request, seen);
  if (const wire::Deploy* request = envelope->body_as_Deploy()) return answer_deploy(id, *request, seen);
  if (const wire::Rollback* request = envelope->body_as_Rollback()) return answer_rollback(id, *request, seen);
  if (const wire::PushKeys* request = envelope->body_as_PushKeys()) return answer_push_keys(id, *request, seen);
  if (const wire::Refresh* request = envelope->body_as_Refresh()) return answer_refresh(id, *request, seen);
  if (envelope->body_type() == wire::Body::Status) return status_frame(id);
  if (envelope->body_type() == wire::Body::Ping) return pong_frame(id);
  return error_frame(id, wire::ErrorCode::unknown_request);
}

}  // namespace

FakeDaemon::Script by_name(Seen& seen) {
  return [&seen](Peer& peer) {
    while (const std::optional<Bytes> frame = peer.frame()) peer.send(answer_to(*frame, seen));
  };
}

FakeDaemon::Script answering(std::function<Bytes(std::uint64_t id)> answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (const std::uint64_t id = peer.next_id()) peer.send(answer(id));
  };
}

}  // namespace assay::test
