// Compiled as C++20: a service need not be newer than that. Uses the interface as docs and header comments show it.
#include <assay/assay.h>
#include <assay/async_client.h>
#include <assay/challenge.h>
#include <assay/client.h>

#include <string>

#if __cplusplus >= 202302L
#error "this file is to be compiled as C++20"
#endif

int handle(assay::Client& client, std::string_view token, std::string& header) {
  const assay::ValidationRequest orders{.api_service = "orders", .required_scopes = {"orders.read"}, .claims = {}};
  const auto verdict = client.validate(orders, token);
  if (!verdict) return 503;
  if (!verdict->accepted()) header = assay::www_authenticate(*verdict, "orders", "orders.read");
  return verdict->info().http_status;
}

assay::Result<assay::Done> ask(assay::AsyncClient& client, std::string_view token) {
  return client.validate({.api_service = "orders", .required_scopes = {}, .claims = {}}, token, [](assay::Result<assay::Verdict> verdict) { (void)verdict; });
}

int descriptor(assay::PollClient& client) { return client.fd(); }

assay_options options() {
  assay_options options = ASSAY_OPTIONS_INIT;
  options.timeout_ms = 100;
  return options;
}
