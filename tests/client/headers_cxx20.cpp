// Compiled as C++20: a service need not be newer than that. Uses the interface as docs and header comments show it.
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
