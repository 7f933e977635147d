// What the tests of the cache share: tokens are any texts, and what they say comes from their text alone, so that whatever is found can be recognised.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/facts.h"
#include "verdict/token_cache.h"

namespace assay::verdict::test {

using crypto::Algorithm;
using Ways = TokenCache::Ways;

inline constexpr base::HashKey kHashKey{0x0123456789ABCDEF, 0xFEDCBA9876543210};
inline constexpr std::int64_t kNow = 1'700'000'000;
inline constexpr std::size_t kSetBytes = 64 + TokenCache::kWays * TokenCache::kSlotBytes;

// Token: a text and what a token of that text says. Stays where it is: its facts view its texts.
struct Token {
  explicit Token(std::string text_in, std::int64_t expires_at_s = kNow + 3600) : text(std::move(text_in)), digest(crypto::sha256(base::as_bytes(text))) {
    std::memcpy(key_id.data(), digest.data() + 8, key_id.size());
    const auto number = std::to_integer<std::size_t>(digest[0]);
    has_kid = number % 2 == 1;
    subject.assign(number, static_cast<char>('a' + number % 26));
    scopes.assign(number % 5, text);
    audience = text;
    facts.algorithm = Algorithm::es256;
    facts.type = jose::TypeClass::at_jwt;
    facts.issuer = "https://i";
    facts.subject = subject;
    facts.token_id = text;
    facts.expires_at = jose::NumericDate{expires_at_s, false};
    facts.audiences = std::span(&audience, 1);
    facts.scopes = scopes;
  }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  std::string text;
  crypto::Sha256Digest digest;
  jose::KeyId key_id{};
  bool has_kid = false;
  std::string subject;
  std::string_view audience;
  std::vector<std::string_view> scopes;
  jose::FactsView facts;
};

// is(entry, token): whether the entry says what the token says, and nothing else.
inline bool is(const TokenCache::EntryView& entry, const Token& token) {
  return tests::equal(entry.facts(), token.facts) && entry.key_id() == token.key_id && entry.has_kid() == token.has_kid;
}

// make(sets): a cache of so many sets, of one lane. Of one set, every token has the same.
inline std::unique_ptr<TokenCache> make(std::size_t sets, std::size_t lanes = 1) { return TokenCache::make(sets * kSetBytes, kHashKey, lanes); }

}  // namespace assay::verdict::test
