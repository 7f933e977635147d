// A service on libuv: the client's descriptor is watched by one uv_poll_t, for as long as the client lives.
//   example_libuv SOCKET API_SERVICE TOKEN...
#include <assay/async_client.h>
#include <assay/challenge.h>
#include <uv.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

// Validation: libassay in a loop.
class Validation {
 public:
  Validation(uv_loop_t* loop, std::string socket_path) : client_(std::move(socket_path)) {
    // The descriptor is the same for life, and readable whenever there is something to do, also when a time has passed: no timer, no watching for writing.
    ok_ = client_.fd() >= 0 && uv_poll_init(loop, &poll_, client_.fd()) == 0;
    if (!ok_) return;
    poll_.data = this;
    uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) { static_cast<Validation*>(poll->data)->client_.on_readable(); });
  }
  Validation(const Validation&) = delete;
  Validation& operator=(const Validation&) = delete;

  bool ok() const { return ok_; }
  assay::PollClient& client() { return client_; }
  // close(): lets the loop end. The object must live until the loop has run once more.
  void close() { uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr); }

 private:
  assay::PollClient client_;
  uv_poll_t poll_{};
  bool ok_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: %s SOCKET API_SERVICE TOKEN...\n", argv[0]), 2;
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0) return 2;
  int exit_code = 0;
  {
    Validation validation(&loop, argv[1]);
    if (!validation.ok()) return std::fprintf(stderr, "no descriptor left\n"), 2;
    const assay::ValidationRequest request{.api_service = argv[2], .required_scopes = {}, .claims = {}};
    int left = argc - 3;
    const auto respond = [&](int code, const std::string& text) {
      std::printf("%s\n", text.c_str());
      if (code > exit_code) exit_code = code;
      if (--left == 0) validation.close();  // a service would go on
    };
    for (int i = 3; i < argc; ++i) {
      const assay::Result<assay::Done> taken = validation.client().validate(request, argv[i], [&](assay::Result<assay::Verdict> verdict) {
        if (!verdict) return respond(2, "503 " + verdict.error().text);
        if (verdict->accepted()) return respond(0, "200 hello " + verdict->subject.value_or("somebody"));
        const std::string status = std::to_string(verdict->info().http_status) + " " + std::string(verdict->info().text);
        if (verdict->outcome() == assay::Outcome::unavailable) {
          const std::uint32_t retry_after_s = verdict->retry_after_s();
          return respond(2, status + (retry_after_s == 0 ? "" : "\nRetry-After: " + std::to_string(retry_after_s)));
        }
        respond(1, status + "\nWWW-Authenticate: " + assay::www_authenticate(*verdict, request.api_service));
      });
      if (!taken) respond(2, "503 " + taken.error().text);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&loop);
  return exit_code;
}
