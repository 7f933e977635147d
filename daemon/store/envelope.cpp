// The checksum finds what a disk or a hand has changed; it is no protection against who can write the folder. The first line is compared as a whole with the one
// that we would have written, so it has no spelling but one.
#include "store/envelope.h"

#include "base/check.h"
#include "base/hex.h"
#include "crypto/sha2.h"

namespace assay::store {
namespace {

constexpr std::size_t kDigestDigits = 64;

// version_of(kind): counts what the members of its JSON have been.
std::string_view version_of(std::string_view kind) { return kind == "document" ? "1" : "2"; }

// "assay-KIND VERSION ": the first line but for the digest.
std::string opening(std::string_view kind) { return std::string("assay-").append(kind).append(" ").append(version_of(kind)).append(" "); }

// other_version(kind, content): the version of a file like ours; empty if it is not like ours.
std::string_view other_version(std::string_view kind, std::string_view content) {
  const std::string start = std::string("assay-").append(kind).append(" ");
  if (!content.starts_with(start)) return {};
  const std::string_view version = content.substr(start.size(), content.find(' ', start.size()) - start.size());
  return version.size() <= 6 && version != version_of(kind) && version.find_first_not_of("0123456789") == std::string_view::npos ? version : std::string_view();
}

}  // namespace

Encoded seal(std::string_view kind, std::string_view line, std::string_view rest) {
  DCHECK(line.find('\n') == std::string_view::npos);
  Encoded file;
  file.content = opening(kind);
  const std::size_t digest_at = file.content.size();
  const std::size_t body_at = digest_at + kDigestDigits + 1;
  file.content.reserve(body_at + line.size() + 1 + rest.size());
  file.content.append(kDigestDigits, '0').append("\n").append(line).append("\n").append(rest);
  file.digest = base::hex(crypto::sha256(base::as_bytes(std::string_view(file.content).substr(body_at))));
  file.content.replace(digest_at, kDigestDigits, file.digest);
  return file;
}

base::Result<OpenedView> open(std::string_view kind, std::string_view content) {
  const std::string start = opening(kind);
  const std::size_t body_at = start.size() + kDigestDigits + 1;
  if (const std::string_view version = other_version(kind, content); !version.empty()) {
    return base::fail(std::string("it has version ").append(version).append(", which this daemon does not know"));
  }
  if (!content.starts_with(start) || content.size() < body_at || content[body_at - 1] != '\n') {
    return base::fail(std::string("it is no ").append(kind).append(" file"));
  }
  const std::string_view body = content.substr(body_at);
  const std::string_view digest = content.substr(start.size(), kDigestDigits);
  if (digest != base::hex(crypto::sha256(base::as_bytes(body)))) return base::fail("its checksum is wrong");
  const std::size_t line_end = body.find('\n');
  if (line_end == std::string_view::npos) return base::fail("it ends within its second line");
  return OpenedView{.line = body.substr(0, line_end), .rest = body.substr(line_end + 1), .digest = digest};
}

}  // namespace assay::store
