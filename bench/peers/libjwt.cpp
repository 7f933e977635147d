// libjwt of Debian 12 (1.10): jwt_decode takes the key as PEM and parses it for each token; its API has no other way, and no callback that chooses a key either. So the
// header is read by hand first, which is cheaper than decoding the token twice. That also keeps HS256 with a public key as its secret away from jwt_decode, which
// would take it. EdDSA came with a later version: no such row. Claims are read by libjwt's own getters. It refuses the type of RFC 9068, at+jwt.
#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>

#include "peers/by_hand.h"
#include "peers/peer.h"

namespace assay::peers {
namespace {

using Jwt = std::unique_ptr<jwt_t, Free<jwt_free>>;

std::string_view text_of(jwt_t* jwt, const char* name) {
  const char* text = jwt_get_grant(jwt, name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// RFC 7519 section 4.1.3: one string or an array of them. Of an array libjwt gives the JSON text, in which no string can hold a bare quote.
bool is_for(jwt_t* jwt, const std::string& audience) {
  if (const char* one = jwt_get_grant(jwt, "aud")) return one == audience;
  const std::unique_ptr<char, Free<std::free>> list(jwt_get_grants_json(jwt, "aud"));
  return list && std::string_view(list.get()).find('"' + audience + '"') != std::string_view::npos;
}

class LibjwtPeer final : public Peer {
 public:
  explicit LibjwtPeer(const Workload& workload) : policy_(workload.policy) {
    std::ranges::copy_if(workload.keys, std::back_inserter(keys_), [](const KeyText& key) { return key.algorithm != "EdDSA"; });
  }

  std::string_view judge(const std::string& token, std::int64_t now_s) override {
    if (!header_.read(std::string_view(token).substr(0, token.find('.')))) return {};
    const auto key = std::ranges::find_if(keys_, [&](const KeyText& k) { return k.kid == header_.kid() && k.algorithm == header_.algorithm(); });
    if (key == keys_.end()) return {};
    jwt_t* decoded = nullptr;
    if (jwt_decode(&decoded, token.c_str(), reinterpret_cast<const unsigned char*>(key->pem.data()), static_cast<int>(key->pem.size())) != 0) return {};
    jwt_.reset(decoded);  // freed with the next token: the subject is a view of it
    // A getter of integers says 0 for what is absent, which is long past for exp and fine for nbf.
    const bool good = text_of(decoded, "iss") == policy_.issuer && is_for(decoded, policy_.audience) &&
                      now_s < jwt_get_grant_int(decoded, "exp") + policy_.skew_s && now_s >= jwt_get_grant_int(decoded, "nbf") - policy_.skew_s &&
                      has_scope(text_of(decoded, "scope"), policy_.scope);
    return good ? text_of(decoded, "sub") : std::string_view();
  }

 private:
  Policy policy_;
  HeaderReader header_;
  std::vector<KeyText> keys_;
  Jwt jwt_;
};

}  // namespace
}  // namespace assay::peers

int main(int count, char** arguments) {
  using namespace assay::peers;
  const About about{"libjwt", ASSAY_LIBJWT_VERSION, {"RS256", "ES256"}};
  return run_peer(count, arguments, about, [](const Workload& workload) -> std::unique_ptr<Peer> { return std::make_unique<LibjwtPeer>(workload); });
}
