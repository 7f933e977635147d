// A service with a thread for each request: the client blocks. One Client a thread.
//   example_blocking SOCKET API_SERVICE TOKEN...
#include <assay/challenge.h>
#include <assay/client.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

// What a web framework would give and take.
struct Request {
  std::string_view authorization;  // the header's value; empty if there is none
};
struct Response {
  int status = 500;
  std::string www_authenticate;
  std::uint32_t retry_after_s = 0;  // 0: no such header
  std::string body;
};

// handle(client, orders, request): the whole of it, from the header to the response.
Response handle(assay::Client& client, const assay::ValidationRequest& orders, const Request& request) {
  constexpr std::string_view bearer = "Bearer ";
  if (!request.authorization.starts_with(bearer)) return {401, assay::www_authenticate(orders.api_service, {}), 0, "there is no token"};
  const assay::Result<assay::Verdict> verdict = client.validate(orders, request.authorization.substr(bearer.size()));
  if (!verdict) {
    // No answer is no permission, and it is no fault of the token's: neither 200 nor 401. The text is for the log, not for the peer.
    std::fprintf(stderr, "assay: %s\n", verdict.error().text.c_str());
    return {503, {}, 0, "try again later"};
  }
  // Refused: 401 or 403 with a challenge. Unavailable: 503 without one, and when to ask again if that is known; waiting here would only hold the thread.
  if (!verdict->accepted()) {
    return {verdict->info().http_status, assay::www_authenticate(*verdict, orders.api_service), verdict->retry_after_s(), std::string(verdict->info().text)};
  }
  return {200, {}, 0, "hello " + verdict->subject.value_or("somebody")};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: %s SOCKET API_SERVICE TOKEN...\n", argv[0]), 2;
  assay::Client client(argv[1]);
  const assay::ValidationRequest orders{.api_service = argv[2], .required_scopes = {}, .claims = {}};

  int exit_code = 0;
  for (int i = 3; i < argc; ++i) {
    const std::string authorization = std::string("Bearer ") + argv[i];
    const Response response = handle(client, orders, {authorization});
    std::printf("%d %s\n", response.status, response.body.c_str());
    if (!response.www_authenticate.empty()) std::printf("WWW-Authenticate: %s\n", response.www_authenticate.c_str());
    if (response.retry_after_s != 0) std::printf("Retry-After: %u\n", static_cast<unsigned>(response.retry_after_s));
    const int code = response.status == 200 ? 0 : response.status == 503 ? 2 : 1;
    if (code > exit_code) exit_code = code;
  }
  return exit_code;
}
