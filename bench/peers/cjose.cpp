// cjose as its headers say: JWKs imported once; a token is imported, its key chosen by the header that cjose has parsed, verified, and only then read. cjose stops
// at the payload's octets, so the claims are checked with simdjson, which costs less than the jansson that cjose itself uses. It knows no EdDSA: no such row.
#include <cjose/cjose.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "peers/by_hand.h"
#include "peers/peer.h"

namespace assay::peers {
namespace {

using Jwk = std::unique_ptr<cjose_jwk_t, Free<cjose_jwk_release>>;
using Jws = std::unique_ptr<cjose_jws_t, Free<cjose_jws_release>>;

struct Key {
  std::string kid;
  std::string algorithm;
  Jwk jwk;
};

class CjosePeer final : public Peer {
 public:
  explicit CjosePeer(const Workload& workload) : claims_(workload.policy) {
    for (const KeyText& text : workload.keys) {
      if (text.algorithm == "EdDSA") continue;
      keys_.push_back({text.kid, text.algorithm, Jwk(cjose_jwk_import(text.jwk.data(), text.jwk.size(), nullptr))});
      if (!keys_.back().jwk) throw std::runtime_error("cjose cannot take a key");
    }
  }

  std::string_view judge(const std::string& token, std::int64_t now_s) override {
    const Jws jws(cjose_jws_import(token.data(), token.size(), nullptr));
    if (!jws) return {};
    cjose_header_t* header = cjose_jws_get_protected(jws.get());
    const char* kid = cjose_header_get(header, CJOSE_HDR_KID, nullptr);
    const char* algorithm = cjose_header_get(header, CJOSE_HDR_ALG, nullptr);
    if (kid == nullptr || algorithm == nullptr) return {};
    const auto key = std::ranges::find_if(keys_, [&](const Key& k) { return k.kid == kid && k.algorithm == algorithm; });
    if (key == keys_.end() || !cjose_jws_verify(jws.get(), key->jwk.get(), nullptr)) return {};
    std::uint8_t* payload = nullptr;
    std::size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &payload, &size, nullptr)) return {};
    return claims_.check_json({reinterpret_cast<const char*>(payload), size}, now_s);
  }

 private:
  ClaimsChecker claims_;
  std::vector<Key> keys_;
};

}  // namespace
}  // namespace assay::peers

int main(int count, char** arguments) {
  using namespace assay::peers;
  const About about{"cjose", cjose_version(), {"RS256", "ES256"}};
  return run_peer(count, arguments, about, [](const Workload& workload) -> std::unique_ptr<Peer> { return std::make_unique<CjosePeer>(workload); });
}
