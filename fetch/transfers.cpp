// libcurl says which sockets to watch and when to wake it; the loop does so; what has ended is told from here, outside of libcurl's callbacks, so that a transfer may be
// destroyed and another one started there.
//
// No transfer shares a connection, a TLS session or an HTTP/2 stream with another. Libcurl would match them by host and TLS settings; but what one OAuth server's CA or client
// certificate has opened must never serve another's order, fetches are minutes apart, and a fresh handshake sees the certificate that is there now.
#include "fetch/transfers.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <uv.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "fetch/limits.h"

namespace assay::fetch {
namespace {

struct CleanEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct CleanMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
struct CleanList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

// make_multi(): after libcurl has been told once that this process uses it.
CURLM* make_multi() noexcept {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  return curl_multi_init();
}

// authority_of(url): host and port, as written.
std::string_view authority_of(std::string_view url) noexcept {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  return url.substr(0, url.find_first_of("/?#"));
}

// without_prefix(text, prefixes...): libcurl says "SSL" where people say TLS, and several times.
template <class... Prefixes>
std::string_view without_prefix(std::string_view text, Prefixes... prefixes) noexcept {
  const auto cut = [&text](std::string_view prefix) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  };
  (cut(prefixes), ...);
  return text;
}

}  // namespace

class Transfers::Multi {
 public:
  class Get;

  Multi(loop::Loop& loop, std::string user_agent)
      : loop_(loop), user_agent_(std::move(user_agent)), timer_(loop, loop::bind<&Multi::on_timer>(this)), multi_(make_multi()) {
    CHECK(multi_ != nullptr);
    set(CURLMOPT_SOCKETFUNCTION, loop::checked(+[](CURL*, curl_socket_t socket, int what, void* self, void* watch) noexcept {
          static_cast<Multi*>(self)->watch(socket, what, static_cast<Watch*>(watch));
          return 0;
        }));
    set(CURLMOPT_SOCKETDATA, this);
    set(CURLMOPT_TIMERFUNCTION, loop::checked(+[](CURLM*, long after_ms, void* self) noexcept {
          static_cast<Multi*>(self)->wake_after(after_ms);
          return 0;
        }));
    set(CURLMOPT_TIMERDATA, this);
    set(CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }

  CURLM* raw() const noexcept { return multi_.get(); }
  const char* user_agent() const noexcept { return user_agent_.c_str(); }

 private:
  // Watch: one of libcurl's sockets on the loop. Ends before libcurl closes the socket; its memory goes with the close callback.
  struct Watch {
    uv_poll_t poll{};
    Multi* multi = nullptr;
    curl_socket_t socket = -1;
  };

  template <class Value>
  void set(CURLMoption option, Value value) {
    CHECK(curl_multi_setopt(multi_.get(), option, value) == CURLM_OK);
  }

  void watch(curl_socket_t socket, int what, Watch* watch) noexcept {
    if (what == CURL_POLL_REMOVE) {
      if (watch == nullptr) return;
      curl_multi_assign(multi_.get(), socket, nullptr);
      uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll), loop::checked(+[](uv_handle_t* handle) noexcept { delete static_cast<Watch*>(handle->data); }));
      return;
    }
    if (watch == nullptr) {
      watch = new Watch{.multi = this, .socket = socket};
      watch->poll.data = watch;
      CHECK(uv_poll_init_socket(loop_.raw(), &watch->poll, socket) == 0);
      CHECK(curl_multi_assign(multi_.get(), socket, watch) == CURLM_OK);
    }
    const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    CHECK(uv_poll_start(&watch->poll, events, loop::checked(+[](uv_poll_t* handle, int status, int ready) noexcept {
            const auto* self = static_cast<const Watch*>(handle->data);
            self->multi->on_ready(self->socket, status, ready);
          })) == 0);
  }

  void wake_after(long after_ms) noexcept {
    if (after_ms < 0) timer_.stop();
    else timer_.start(static_cast<std::uint64_t>(after_ms));
  }

  void on_timer() noexcept { act(CURL_SOCKET_TIMEOUT, 0); }

  void on_ready(curl_socket_t socket, int status, int ready) noexcept {
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if ((ready & UV_READABLE) != 0) flags |= CURL_CSELECT_IN;
    if ((ready & UV_WRITABLE) != 0) flags |= CURL_CSELECT_OUT;
    act(socket, flags);
  }

  void act(curl_socket_t socket, int flags) noexcept;

  loop::Loop& loop_;
  const std::string user_agent_;
  loop::Timer timer_;
  const std::unique_ptr<CURLM, CleanMulti> multi_;
};

// Get: one transfer. Its address is libcurl's, so it never moves.
class Transfers::Multi::Get final : public Transfers::Transfer {
 public:
  Get(Multi& multi, Request request, loop::Callback done)
      : multi_(multi),
        url_(std::move(request.url)),
        connect_timeout_ms_(request.connect_timeout_ms),
        body_bytes_max_(request.body_bytes_max),
        done_(done),
        easy_(curl_easy_init()) {
    CHECK(easy_ != nullptr);
    set_rules();
    set_access(request.access);
    add_header("Accept: application/jwk-set+json, application/json");
    if (!request.etag.empty()) add_header("If-None-Match: " + request.etag);
    set(CURLOPT_HTTPHEADER, lines_.get());
    CHECK(curl_multi_add_handle(multi_.raw(), easy_.get()) == CURLM_OK);
  }
  ~Get() override { CHECK(curl_multi_remove_handle(multi_.raw(), easy_.get()) == CURLM_OK); }

  Answer& answer() noexcept override { return answer_; }

  std::string_view phase() const noexcept override {
    if (head_bytes_ != 0) return "reading";
    if (took(CURLINFO_PRETRANSFER_TIME_T)) return "waiting for the answer";
    return took(CURLINFO_NAMELOOKUP_TIME_T) ? "connecting" : "resolving";
  }

  // finish(code): tells the owner, which may destroy this object: nothing comes after.
  void finish(CURLcode code) noexcept {
    answer_.failure = failure_of(code);
    done_();
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    CHECK(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
  }

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines_.get(), line.c_str());
    CHECK(longer != nullptr);
    static_cast<void>(lines_.release());
    lines_.reset(longer);
  }

  // What holds for every request. The environment has no say, and nothing is followed, kept or reused.
  void set_rules() {
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_USERAGENT, multi_.user_agent());
    set(CURLOPT_PROTOCOLS_STR, url_.starts_with("https:") ? "https" : "http");
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // otherwise the end of a transfer waits for its name to be resolved, and the loop with it
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout_ms_));
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_WRITEFUNCTION, loop::checked(+[](const char* data, std::size_t, std::size_t bytes, void* self) noexcept {
          return static_cast<Get*>(self)->on_body({data, bytes});
        }));
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, loop::checked(+[](const char* data, std::size_t, std::size_t bytes, void* self) noexcept {
          return static_cast<Get*>(self)->on_head({data, bytes});
        }));
    set(CURLOPT_HEADERDATA, this);
  }

  void set_access(const Access& access) {
    proxy_ = access.proxy;
    set(CURLOPT_PROXY, access.proxy.c_str());  // an empty one is none; without this option the environment's would be taken
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    set(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!access.ca.empty()) {
      set_blob(CURLOPT_CAINFO_BLOB, access.ca);
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // or the folder of the host's CAs would count as well
    }
    if (!access.client_certificate.empty()) {
      set_blob(CURLOPT_SSLCERT_BLOB, access.client_certificate);
      set_blob(CURLOPT_SSLKEY_BLOB, access.client_key);
      set(CURLOPT_KEYPASSWD, "");  // or a key with a password would be asked for on the terminal
    }
  }

  // Not copied: access outlives the transfer.
  void set_blob(CURLoption option, const std::string& content) {
    curl_blob blob{.data = const_cast<char*>(content.data()), .len = content.size(), .flags = CURL_BLOB_NOCOPY};
    set(option, &blob);
  }

  std::size_t on_head(std::string_view line) noexcept {
    head_bytes_ += line.size();
    if (head_bytes_ > limits::kHeadBytesMax) {
      own_failure_ = fmt::format("headers larger than {} bytes", limits::kHeadBytesMax);
      return 0;
    }
    if (!has_body_) answer_.headers.add_line(line);  // what comes behind a body are trailers, and none of ours
    return line.size();
  }

  std::size_t on_body(std::string_view part) noexcept {
    has_body_ = true;
    if (status() != 200) {
      is_enough_ = true;
      return 0;
    }
    if (part.size() > body_bytes_max_ - answer_.body.size()) {
      own_failure_ = fmt::format("body larger than {} bytes", body_bytes_max_);
      return 0;
    }
    answer_.body += part;
    return part.size();
  }

  unsigned status() const noexcept {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<unsigned>(status);
  }

  bool took(CURLINFO what) const noexcept {
    curl_off_t us = 0;
    return curl_easy_getinfo(easy_.get(), what, &us) == CURLE_OK && us != 0;
  }

  // failure_of(code): why there is no answer; empty: there is one. Only of connections and TLS are libcurl's own words taken: those about an answer may quote it.
  std::string failure_of(CURLcode code) {
    answer_.status = status();
    if (!own_failure_.empty()) return std::move(own_failure_);
    if (code == CURLE_OK || is_enough_) return {};
    const std::string_view host = authority_of(url_);
    const std::string_view words = error_[0] != '\0' ? std::string_view(error_) : std::string_view(curl_easy_strerror(code));
    // Almost every code of libcurl is for protocols or phases that cannot occur here.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST: return fmt::format("{}: the host's name cannot be resolved", host);
      case CURLE_COULDNT_RESOLVE_PROXY: return "the proxy's name cannot be resolved";
      case CURLE_COULDNT_CONNECT: {
        long error = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
        const std::string to = proxy_.empty() ? std::string(host) : fmt::format("the proxy {}", authority_of(proxy_));
        return fmt::format("connect to {}: {}", to, error != 0 ? std::string_view(uv_strerror(uv_translate_sys_error(static_cast<int>(error)))) : words);
      }
      case CURLE_OPERATION_TIMEDOUT: return fmt::format("{}: timeout after {} ms while {}", host, connect_timeout_ms_, phase());
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CONNECT_ERROR: return fmt::format("{}: TLS: {}", host, without_prefix(words, "SSL certificate problem: ", "SSL: "));
      case CURLE_SSL_CACERT_BADFILE: return "ca_file: holds no certificate that can be read";
      case CURLE_SSL_CERTPROBLEM: return "client_certificate, client_key: cannot be read, or do not belong together";
      case CURLE_PARTIAL_FILE: return fmt::format("{}: the answer ended early", host);
      case CURLE_GOT_NOTHING: return fmt::format("{}: no answer before the connection ended", host);
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR: return fmt::format("{}: {}", host, head_bytes_ == 0 ? words : "the connection broke within the answer");
      default: return fmt::format("{}: {}", host, curl_easy_strerror(code));
    }
#pragma GCC diagnostic pop
  }

  Multi& multi_;
  const std::string url_;
  std::string proxy_;  // URL; empty: none
  const std::uint32_t connect_timeout_ms_;
  const std::size_t body_bytes_max_;
  const loop::Callback done_;
  Answer answer_;
  std::size_t head_bytes_ = 0;
  bool has_body_ = false;
  bool is_enough_ = false;   // the status has said it all
  std::string own_failure_;  // a rule of ours that the answer breaks
  char error_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, CleanList> lines_;
  const std::unique_ptr<CURL, CleanEasy> easy_;
};

void Transfers::Multi::act(curl_socket_t socket, int flags) noexcept {
  int running = 0;
  CHECK(curl_multi_socket_action(multi_.get(), socket, flags, &running) == CURLM_OK);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message ends with its transfer.
    const CURLcode code = message->data.result;
    Get* get = nullptr;
    CHECK(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &get) == CURLE_OK);
    get->finish(code);
  }
}

Transfers::Transfers(loop::Loop& loop, std::string user_agent) : multi_(std::make_unique<Multi>(loop, std::move(user_agent))) {}
Transfers::~Transfers() = default;

std::unique_ptr<Transfers::Transfer> Transfers::start(Request request, loop::Callback done) { return std::make_unique<Multi::Get>(*multi_, std::move(request), done); }

}  // namespace assay::fetch
