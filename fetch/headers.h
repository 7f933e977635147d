// What the head of an answer says that a fetch needs to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::fetch {

// AnswerHeaders: made of header lines, one by one. A value.
class AnswerHeaders {
 public:
  // add_line(line): of a head, with or without its line break. A status line begins anew: interim answers (RFC 9110 section 15.2) have heads, too. What follows the empty
  // line that ends a head is left alone until then.
  void add_line(std::string_view line);

  // etag(): is_etag(), or empty: there is none that can be kept.
  const std::string& etag() const noexcept { return etag_; }
  // is_encoded(): whether the body is compressed or otherwise coded, by Content-Encoding or by Transfer-Encoding.
  bool is_encoded() const noexcept { return is_encoded_; }
  // max_age_s(): how long the answer is fresh by Cache-Control, less its age (RFC 9111 section 4.2); 0 if it is not to be kept at all; nothing if it does not say.
  std::optional<std::uint64_t> max_age_s() const noexcept;
  // retry_after_s(now_s): RFC 9110 section 10.2.3; now_s in seconds since 1970. Nothing if it does not say, or not so that it can be read.
  std::optional<std::uint64_t> retry_after_s(std::int64_t now_s) const;

 private:
  void add(std::string_view name, std::string_view value);
  void add_cache_control(std::string_view value);

  bool ended_ = false;
  std::string etag_;
  bool is_encoded_ = false;
  bool is_not_kept_ = false;                       // no-store, no-cache
  std::optional<std::uint64_t> cache_max_age_s_;
  std::optional<std::uint64_t> age_s_;
  std::string retry_after_;
};

}  // namespace assay::fetch
