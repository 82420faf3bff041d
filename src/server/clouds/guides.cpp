// SPDX-License-Identifier: Apache-2.0
// Setting guides, with what the last reading says of each setting.
#include "server/clouds/guides.h"

#include <map>

#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/setting_guide.h"
#include "server/clouds/reading.h"
#include "server/clouds/register.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct SaidOf {
  Verdict verdict = Verdict::unknown;
  Time made_at{};
};

Outcome show_guides(Call& call) {
  const auto kept = kept_reading(call.db);
  if (!kept) return broken(kept.error());
  const auto entries = cloud_register(call.db);
  if (!entries) return broken(entries.error());
  std::map<std::string_view, SaidOf> said;
  if (*kept)
    for (const KeptRow& row : kept_rows_of(**kept)) {
      const bool holds = call.now < row.made_at + kCloudReadingHolds;
      said.emplace(row.item->id, SaidOf{holds ? row.verdict : Verdict::unknown, row.made_at});
    }
  const std::set<CloudService> in_use = read_in_use(*entries);
  json::array guides = setting_guides_json(
      call.shop.board.clouds(), [&](std::string_view item) -> std::optional<Verdict> {
        const auto found = said.find(item);
        return found == said.end() ? std::nullopt : std::optional(found->second.verdict);
      });
  for (json::value& guide : guides) {
    const auto service = cloud_service_named(guide.at("service").as_string());
    guide.as_object()["in_use"] = service && in_use.contains(*service);
    std::optional<Time> oldest;
    for (const json::value& line : guide.at("lines").as_array())
      if (const auto found = said.find(line.at("item").as_string()); found != said.end())
        oldest = std::min(oldest.value_or(found->second.made_at), found->second.made_at);
    guide.as_object()["made_at"] = json_time(oldest);
  }
  return reply_json(json::object{{"items", std::move(guides)}});
}

}  // namespace

void add_cloud_guides(Handlers& handlers) { handlers.insert({{"listCloudGuides", show_guides}}); }

}  // namespace sekisho
