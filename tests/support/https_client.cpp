// libcurl, as in assay-fetch, but with nothing of ours on top: what a test asks an issuer for is not what it tests.
#include "support/https_client.h"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>

namespace assay::tests {

std::string body_of(const std::string& url, const std::string& ca_file, const std::string& form) {
  constexpr long kLimitS = 120;  // a busy machine takes its time
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  std::string body;
  const auto take = +[](char* octets, std::size_t size, std::size_t count, void* to) -> std::size_t {
    static_cast<std::string*>(to)->append(octets, size * count);
    return size * count;
  };
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // none, whatever the environment says
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kLimitS);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  if (!form.empty()) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, form.c_str());
  const CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK) throw std::runtime_error(url + ": " + curl_easy_strerror(result));
  return body;
}

}  // namespace assay::tests
