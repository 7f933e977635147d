// make_seeds OUT [VECTORS]: writes seeds that are better made than kept: frames, which follow the schema, heads of the largest size, and keys and tokens of the Wycheproof
// vectors if they are there. One folder for each target.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "jose/json_document.h"
#include "schema/protocol_generated.h"
#include "server/limits.h"

namespace {

namespace fs = std::filesystem;
using assay::jose::JsonDocument;
using assay::jose::JsonValue;
namespace wire = assay::wire;

// Named by content, so that running twice changes nothing.
void write(const fs::path& folder, std::string_view content) {
  fs::create_directories(folder);
  char name[17];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(assay::base::keyed_hash({1, 2}, 0, content)));
  std::ofstream(folder / name, std::ios::binary) << content;
}

// The frame of an envelope, filled up to a multiple of 8 together with its prefix.
template <class Table>
std::string frame(std::uint64_t id, wire::Body kind, flatbuffers::Offset<Table> body, flatbuffers::FlatBufferBuilder& builder) {
  const auto envelope = wire::CreateEnvelope(builder, id, kind, body.Union());
  builder.FinishSizePrefixed(envelope, wire::EnvelopeIdentifier());
  std::string out(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  while (out.size() % 8 != 0) out += '\0';
  const auto length = static_cast<std::uint32_t>(out.size() - 4);
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(length >> (8 * i) & 0xFF);
  return out;
}

// A seed of its own, and part of a stream of several. make(builder) returns the body's offset.
template <class Make>
void add_frame(const fs::path& folder, std::string& stream, std::uint64_t id, wire::Body kind, Make make) {
  flatbuffers::FlatBufferBuilder builder;
  const std::string one = frame(id, kind, make(builder), builder);
  write(folder, one);
  stream += one;
}

void write_frames(const fs::path& folder) {
  std::string stream;
  const auto add = [&](std::uint64_t id, wire::Body kind, auto make) { add_frame(folder, stream, id, kind, make); };
  add(1, wire::Body::Ping, [](auto& builder) { return wire::CreatePing(builder); });
  add(2, wire::Body::Status, [](auto& builder) { return wire::CreateStatus(builder); });
  add(3, wire::Body::Deploy, [](auto& builder) { return wire::CreateDeploy(builder, builder.CreateString("{}"), true); });
  add(4, wire::Body::Validate, [](auto& builder) {
    const auto service = builder.CreateString("orders");
    const auto tokens = builder.CreateVectorOfStrings({"a.b.c", "", "eyJhbGciOiJub25lIn0.e30."});
    const auto scopes = builder.CreateVectorOfStrings({"orders.read", "x"});
    const auto claims = builder.CreateVectorOfStrings({"/tenant", "/a~1b/0"});
    return wire::CreateValidate(builder, service, tokens, scopes, claims, 50);
  });
  add(5, wire::Body::Refresh, [](auto& builder) {
    const auto server = builder.CreateString("corp");
    const auto url = builder.CreateString("https://id.example.com/jwks");
    return wire::CreateRefresh(builder, server, url);
  });
  add(6, wire::Body::Metrics, [](auto& builder) { return wire::CreateMetrics(builder); });
  add(0xFFFFFFFFFFFFFFFF, wire::Body::Validate, [](auto& builder) { return wire::CreateValidate(builder); });
  write(folder, stream);
  write(folder, stream.substr(0, stream.size() - 9));
}

void write_orders(const fs::path& folder) {
  std::string stream;
  const auto add = [&](std::uint64_t id, wire::Body kind, auto make) { add_frame(folder, stream, id, kind, make); };
  add(1, wire::Body::Fetch, [](auto& builder) { return wire::CreateFetch(builder, wire::SourceKind::discovery, builder.CreateString("https://id.example/am"), 0, 5000); });
  add(2, wire::Body::Fetch, [](auto& builder) {
    const auto url = builder.CreateString("http://id.example/jwks?a=b");
    const auto etag = builder.CreateString("W/\"v1\"");
    const auto ca_file = builder.CreateString("/etc/ca.pem");
    const auto certificate = builder.CreateString("/etc/client.pem");
    const auto key = builder.CreateString("/etc/client.key");
    const auto proxy = builder.CreateString("http://proxy.example:3128");
    return wire::CreateFetch(builder, wire::SourceKind::jwks_url, url, etag, 60000, ca_file, certificate, key, proxy, true);
  });
  add(3, wire::Body::Fetch, [](auto& builder) { return wire::CreateFetch(builder); });
  add(0, wire::Body::Error, [](auto& builder) { return wire::CreateError(builder, wire::ErrorCode::too_many_connections, builder.CreateString("no")); });
  write(folder, stream);
}

void write_results(const fs::path& folder) {
  std::string stream;
  const auto add = [&](std::uint64_t id, wire::Body kind, auto make) { add_frame(folder, stream, id, kind, make); };
  add(1, wire::Body::Fetched, [](auto& builder) {
    const auto jwks = builder.CreateString("{\"keys\":[]}");
    return wire::CreateFetched(builder, jwks, builder.CreateString("W/\"v1\""), 600);
  });
  add(2, wire::Body::Fetched, [](auto& builder) { return wire::CreateFetched(builder); });
  add(3, wire::Body::NotModified, [](auto& builder) { return wire::CreateNotModified(builder, 0); });
  add(4, wire::Body::FetchFailed, [](auto& builder) { return wire::CreateFetchFailed(builder, builder.CreateString("HTTP 503"), 120); });
  write(folder, stream);
}

// Heads of about the largest size.
void write_requests(const fs::path& folder) {
  for (const std::size_t bytes : {assay::server::limits::kHttpHeadBytesMax, assay::server::limits::kHttpHeadBytesMax + 1}) {
    std::string head = "GET /metrics HTTP/1.1\r\n";
    while (head.size() + 64 < bytes) head += "X-A: some octets\r\n";
    head += "Y: ";
    head.append(bytes - head.size() - 4, 'y');
    write(folder, head + "\r\n\r\n");
  }
}

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_vectors(const fs::path& vectors, const fs::path& out) {
  for (const fs::directory_entry& entry : fs::directory_iterator(vectors)) {
    if (entry.path().extension() != ".json") continue;
    const auto document = JsonDocument::parse(read(entry.path()));
    const JsonValue* groups = document ? document->root().find("testGroups") : nullptr;
    if (groups == nullptr) continue;
    for (const JsonValue& group : groups->elements) {
      for (const std::string_view set : {"public", "private"}) {
        if (const JsonValue* value = group.find(set)) write(out / "jwks", value->raw);
      }
      if (const JsonValue* jwk = group.find("publicKeyJwk")) write(out / "jwks", "{\"keys\":[" + std::string(jwk->raw) + "]}");
      const JsonValue* tests = group.find("tests");
      for (std::size_t i = 0; tests != nullptr && i < tests->elements.size(); ++i) {
        if (const JsonValue* jws = tests->elements[i].find("jws")) write(out / "compact_jws", jws->string);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: make_seeds OUT [VECTORS]\n");
    return 2;
  }
  const fs::path out(argv[1]);
  for (const char* target : {"base64url", "compact_jws", "claims", "jwks", "configuration", "frame", "fetch_order", "fetch_answer", "fetch_result", "http_request", "cache", "rs256", "rs384", "rs512", "ps256", "ps384", "ps512", "es256", "es384", "es512", "eddsa"}) {
    fs::create_directories(out / target);
  }
  write_frames(out / "frame");
  write_orders(out / "fetch_order");
  write_results(out / "fetch_result");
  write_requests(out / "http_request");
  const fs::path vectors = argc == 3 ? fs::path(argv[2]) / "wycheproof" : fs::path();
  if (argc == 3 && fs::is_directory(vectors)) write_vectors(vectors, out);
  else std::printf("skipped: no vectors\n");
  return 0;
}
