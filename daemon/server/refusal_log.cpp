// A flood of bad tokens must not become a flood of lines, and yet nobody should have to turn on a debug log to see that there is one.
#include "server/refusal_log.h"

#include <algorithm>
#include <string>
#include <vector>

#include "server/limits.h"

namespace assay::server {

void RefusalLog::tell(std::span<const VerdictCount> counts, const snapshot::CountNames& names, base::Log& log) {
  std::vector<VerdictCount> news;
  for (const auto& [kind, count] : counts) {
    if (kind.code == schema::Code::accepted) continue;
    std::uint64_t& told = told_[kind];
    if (count > told) news.push_back({kind, count - told});
    told = std::max(told, count);
  }
  std::ranges::sort(news, [](const VerdictCount& a, const VerdictCount& b) { return a.count != b.count ? a.count > b.count : a.kind < b.kind; });
  const std::size_t shown = std::min(news.size(), limits::kRefusalKindsLoggedMax);
  for (const auto& [kind, count] : std::span(news).first(shown)) {
    const std::string service = names.api_services.name_of(kind.api_service);
    const std::string server = names.oauth_servers.name_of(kind.oauth_server);
    const std::string_view code = schema::info(kind.code).name;
    std::vector<base::LogField> fields{{"API_SERVICE", service}, {"CODE", code}, {"COUNT", count}};
    if (!server.empty()) fields.emplace_back("OAUTH_SERVER", server);
    log.event(base::Event::refusals, fields, "tokens not accepted, in the last minute: {}: {}, API service {}, OAuth server {}", count, code, base::printable(service),
              server.empty() ? "-" : base::printable(server));
  }
  if (shown == news.size()) return;
  std::uint64_t rest = 0;
  for (const VerdictCount& more : std::span(news).subspan(shown)) rest += more.count;
  log.info("tokens not accepted, in the last minute: {} of {} more kinds", rest, news.size() - shown);
}

}  // namespace assay::server
