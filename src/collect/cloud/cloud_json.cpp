// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/cloud_json.h"

#include "collect/cloud/setting_guide.h"

namespace sekisho {
namespace {

namespace json = boost::json;

json::object cloud_text_json(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

}  // namespace

json::object to_json(const CloudRow& row) {
  json::array people;
  for (const PersonLeftOut& one : row.people) {
    json::array reasons;
    for (const Text& reason : one.reasons) reasons.emplace_back(cloud_text_json(reason));
    people.emplace_back(json::object{{"name", printable(one.name, 200)},
                                     {"sign_in", printable(one.sign_in, 200)},
                                     {"guest", one.guest},
                                     {"sure", one.sure},
                                     {"emergency", one.emergency},
                                     {"reasons", std::move(reasons)}});
  }
  return {{"id", row.item->id},
          {"service", name(row.item->service)},
          {"check", row.item->check},
          {"severe", row.item->severe},
          {"title", cloud_text_json(row.item->title)},
          {"where", cloud_text_json(row.item->where)},
          {"verdict", name(row.finding.verdict)},
          {"fact", cloud_text_json(row.finding.fact)},
          {"people", std::move(people)}};
}

std::string cloud_json(const CloudChecks& clouds, const CloudReading& reading,
                       const std::vector<JudgedCheck>& checks) {
  json::array services, rows, judged;
  for (const CloudService service : reading.read) services.emplace_back(name(service));
  for (const CloudRow& row : reading.rows) rows.emplace_back(to_json(row));
  for (const JudgedCheck& check : checks)
    judged.emplace_back(json::object{{"id", check.spec->id},
                                     {"title", cloud_text_json(check.spec->title)},
                                     {"verdict", name(check.finding.verdict)},
                                     {"fact", cloud_text_json(check.finding.fact)},
                                     {"basis", to_json(check.finding.basis)}});
  const auto verdict = [&](std::string_view item) -> std::optional<Verdict> {
    for (const CloudRow& row : reading.rows)
      if (row.item->id == item) return row.finding.verdict;
    return std::nullopt;
  };
  return json::serialize(json::object{{"services", std::move(services)},
                                      {"guides", setting_guides_json(clouds, verdict)},
                                      {"checks", std::move(judged)},
                                      {"rows", std::move(rows)}}) +
         "\n";
}

}  // namespace sekisho
