#include "server/clouds/reading.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& row, std::string_view key) {
  const json::value* found = row.as_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::optional<Verdict> verdict_at(const json::value& row, std::string_view key) {
  return verdict_named(text_at(row, key));
}

}  // namespace

Result<std::optional<KeptReading>> kept_reading(Database& db) {
  const auto found = db.query(
      "SELECT r.id, r.taken_at, r.made_at, p.name, r.emergency, r.result FROM cloud_reading r LEFT "
      "JOIN person p ON p.id = r.person_id ORDER BY r.id DESC LIMIT 1");
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  const Row& row = found->front();
  return KeptReading{row.integer(0),
                     row.time(1),
                     row.time(2),
                     row.text(3),
                     json::parse(row.text(4)).as_array(),
                     json::parse(row.text(5)).as_array()};
}

std::vector<KeptRow> kept_rows_of(const KeptReading& reading) {
  std::vector<KeptRow> rows;
  for (const json::value& one : reading.rows) {
    const CloudItem* item = cloud_item(text_at(one, "id"));
    if (item == nullptr) continue;
    rows.push_back({item, verdict_at(one, "verdict").value_or(Verdict::unknown),
                    verdict_at(one, "before"), one.at("people").as_array().size(),
                    text_at(one, "seen"), text_at(one, "limit"),
                    parse_time(text_at(one, "made_at")).value_or(reading.made_at)});
  }
  return rows;
}

std::set<CloudService> services_of(const std::vector<KeptRow>& rows) {
  std::set<CloudService> all;
  for (const KeptRow& row : rows) all.insert(row.item->service);
  return all;
}

}  // namespace sekisho
