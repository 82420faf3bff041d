// SPDX-License-Identifier: Apache-2.0
// Who is in: as administrators, executives and auditors see it.
#include <algorithm>
#include <map>

#include "base/csv.h"
#include "server/access/handlers.h"
#include "server/access/live_desk.h"
#include "server/access/names.h"
#include "server/api/fields.h"
#include "server/api/moments.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::int64_t person_number(const LiveEntry& entry) {
  return static_cast<std::int64_t>(entry.person);
}
std::int64_t device_number(const LiveEntry& entry) {
  return entry.device ? static_cast<std::int64_t>(*entry.device) : 0;
}

/// Those that are asked for: who came by a code for emergencies, then who came first.
Result<std::vector<WhoIsIn>> asked_for(Call& call) {
  if (call.shop.desk == nullptr) return std::vector<WhoIsIn>();
  auto asked = call.shop.desk->who_is_in(call.db);
  if (!asked) return asked;
  std::vector<WhoIsIn> all = std::move(*asked);
  const std::int64_t person = wanted_id(call, "person");
  const std::int64_t device = wanted_id(call, "device");
  const auto resource = call.query("resource");
  std::erase_if(all, [&](const WhoIsIn& one) {
    return (person != 0 && person_number(one.entry) != person) ||
           (device != 0 && device_number(one.entry) != device) ||
           (resource && !resource->empty() && one.entry.resource.text() != *resource);
  });
  if (const auto q = call.query("q"); q && !q->empty()) {
    const auto meant = meant_by(call.db, *q);
    if (!meant) return std::unexpected(meant.error());
    std::erase_if(all, [&](const WhoIsIn& one) {
      return !meant->people.contains(person_number(one.entry)) &&
             !meant->devices.contains(device_number(one.entry)) &&
             !one.entry.resource.text().contains(lower(*q)) &&
             !(one.entry.from && one.entry.from->text().starts_with(*q));
    });
  }
  std::ranges::stable_sort(
      all, {}, [](const WhoIsIn& one) { return std::pair(!one.entry.unsealed, one.since); });
  return all;
}

/// What a session rests on at this moment: each measure that its rule asks for, and until when what
/// is known of it holds.
json::array rests_on(const LiveView& view, const AccessRule& rule, const LiveEntry& entry,
                     Time now) {
  json::array list;
  const DeviceSlot device = view.at(entry.device);
  if (!device) return list;
  const Policy& policy = view.snapshot->policy();
  for (const Demanded& demanded : rule.measures) {
    const Requirement& measure = *policy.measures().at(demanded.measure);
    const MeasureState& state = view.snapshot->state(device, demanded.measure);
    const Time until = state.met_until(rule.evidence_age);
    const bool excused = state.is_excused();
    list.emplace_back(json::object{{"measure", measure.ascii},
                                   {"text", json_text({measure.id + " " + measure.text.ja,
                                                       measure.id + " " + measure.text.en})},
                                   {"state", excused       ? "not_applicable"
                                             : now < until ? "met"
                                                           : "in_grace"},
                                   {"until", excused       ? json::value(nullptr)
                                             : now < until ? json_time(until)
                                                           : json_time(until + demanded.grace)}});
  }
  return list;
}

Result<json::object> shown(const LiveView* view, const WhoIsIn& session, Named& people,
                           Named& devices, Time now) {
  const LiveEntry& entry = session.entry;
  const auto who = people.of(person_number(entry));
  if (!who) return std::unexpected(who.error());
  const auto with = devices.of(device_number(entry));
  if (!with) return std::unexpected(with.error());
  const AccessRule* rule =
      view == nullptr ? nullptr : view->snapshot->policy().rule(entry.resource.text());
  const Text name =
      rule == nullptr ? Text{entry.resource.text(), entry.resource.text()} : rule->name;
  return json::object{
      {"person", *who},
      {"device", *with},
      {"resource", entry.resource.text()},
      {"resource_name", json_text(name)},
      {"enforcer", entry.enforcer},
      {"from", entry.from ? json::value(entry.from->text()) : json::value(nullptr)},
      {"since", json_time(session.since)},
      {"until", entry.until == Time::max() ? json::value(nullptr) : json_time(entry.until)},
      {"emergency", entry.unsealed},
      // By a code for emergencies they are in past the policy.
      {"rests_on",
       rule == nullptr || entry.unsealed ? json::array() : rests_on(*view, *rule, entry, now)}};
}

/// How many, of how many people and devices, and at which resources.
json::object totals(const LiveView* view, const std::vector<WhoIsIn>& all) {
  std::set<std::int64_t> people;
  std::set<std::int64_t> devices;
  std::map<std::string, std::int64_t> resources;
  for (const WhoIsIn& one : all) {
    people.insert(person_number(one.entry));
    if (one.entry.device) devices.insert(device_number(one.entry));
    ++resources[one.entry.resource.text()];
  }
  json::array by_resource;
  for (const auto& [id, count] : resources) {
    const AccessRule* rule = view == nullptr ? nullptr : view->snapshot->policy().rule(id);
    by_resource.emplace_back(
        json::object{{"resource", id},
                     {"name", json_text(rule == nullptr ? Text{id, id} : rule->name)},
                     {"count", count}});
  }
  return {{"all", all.size()},
          {"people", people.size()},
          {"devices", devices.size()},
          {"emergencies",
           std::ranges::count_if(all, [](const WhoIsIn& one) { return one.entry.unsealed; })},
          {"resources", std::move(by_resource)}};
}

Outcome take_live(Call& call, const std::vector<WhoIsIn>& all) {
  const Lang lang = call.who.lang;
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  Named people(call.db, "person");
  Named devices(call.db, "device");
  std::string csv =
      kCsvStart + csv_row({tr("利用者", "person"), tr("端末", "device"), tr("対象", "resource"),
                           tr("連携", "adapter"), tr("接続元", "from"), tr("開始", "since"),
                           tr("期限", "until"), tr("緊急アクセス", "emergency access")});
  for (const WhoIsIn& one : all) {
    const auto who = people.name(person_number(one.entry));
    const auto with = devices.name(device_number(one.entry));
    if (!who || !with) return broken(who ? with.error() : who.error());
    csv +=
        csv_row({*who, *with, one.entry.resource.text(), one.entry.enforcer,
                 one.entry.from ? one.entry.from->text() : "", moment_there(*calendar, one.since),
                 one.entry.until == Time::max() ? "" : moment_there(*calendar, one.entry.until),
                 one.entry.unsealed ? tr("はい", "yes") : ""});
  }
  return Reply{200,
               "text/csv; charset=utf-8",
               std::move(csv),
               {{"content-disposition", "attachment; filename=\"sekisho-live.csv\""}}};
}

/// `after` is a place in the list.
Outcome list_live(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  const auto all = asked_for(call);
  if (!all) return broken(all.error());
  if (call.query("format") == "csv") return take_live(call, *all);
  const auto view = call.shop.desk == nullptr ? nullptr : call.shop.desk->view();
  Named people(call.db, "person");
  Named devices(call.db, "device");
  json::array items;
  const auto first = std::min(static_cast<std::size_t>(page->after), all->size());
  const std::size_t last = std::min(first + page->limit, all->size());
  for (std::size_t i = first; i < last; ++i) {
    auto one = shown(view.get(), (*all)[i], people, devices, call.now);
    if (!one) return broken(one.error());
    items.emplace_back(std::move(*one));
  }
  return reply_json(
      json::object{{"items", std::move(items)},
                   {"next", last < all->size() ? json::value(last) : json::value(nullptr)},
                   {"total", all->size()},
                   {"totals", totals(view.get(), *all)}});
}

}  // namespace

void add_live_list(Handlers& handlers) { handlers.insert({{"listAccessSessions", list_live}}); }

}  // namespace sekisho
