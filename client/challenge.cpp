// WWW-Authenticate from a verdict. The text comes from the closed list of schema/codes.h, the realm and scope from the service: nothing of a token gets in.
// All three are still checked character by character, for a line break in a header is an injection whoever wrote it.
#include "assay/challenge.h"

namespace assay {
namespace {

// RFC 9110 section 5.6.4: quoted-string = qdtext and quoted-pairs; control characters but the tab cannot stand in one.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    out += (octet < 0x20 && c != '\t') || octet == 0x7F ? ' ' : c;
  }
  out += '"';
}

// RFC 6750 section 3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). A name with any other character is left out, not mended: mended it names another scope.
std::string scope_names(std::string_view scope) {
  std::string out;
  while (!scope.empty()) {
    const std::string_view word = scope.substr(0, scope.find(' '));
    scope.remove_prefix(word.size() < scope.size() ? word.size() + 1 : word.size());
    bool good = !word.empty();
    for (const char c : word) good = good && c > 0x20 && c < 0x7F && c != '"' && c != '\\';
    if (!good) continue;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

std::string begin_challenge(std::string_view realm) {
  std::string out = "Bearer realm=";
  append_quoted(out, realm);
  return out;
}

void append_scope(std::string& out, std::string_view scope) {
  const std::string names = scope_names(scope);
  if (names.empty()) return;
  out += ", scope=";
  append_quoted(out, names);
}

}  // namespace

std::string www_authenticate(const Verdict& verdict, std::string_view realm, std::string_view scope) {
  const CodeInfo& info = verdict.info();
  if (verdict.outcome() != Outcome::refused || info.rfc6750_error.empty()) return {};
  std::string out = begin_challenge(realm);
  out += ", error=";
  append_quoted(out, info.rfc6750_error);
  out += ", error_description=";
  append_quoted(out, info.text);
  // A claim rule is an `insufficient_scope` as well (RFC 6750 has no nearer error), but asking for the named scopes would not help.
  if (info.code == Code::insufficient_scope) append_scope(out, scope);
  return out;
}

std::string www_authenticate(std::string_view realm, std::string_view scope) {
  std::string out = begin_challenge(realm);
  append_scope(out, scope);
  return out;
}

}  // namespace assay
