// Who is in, and what was decided: as administrators and auditors see it.
#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "server/access/handlers.h"
#include "server/access/live_desk.h"
#include "server/api/fields.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// {"id", "name"} of a row that may be gone; each is asked for once.
class Named {
 public:
  explicit Named(Database& db, const char* table)
      : db_(db), sql_(std::string("SELECT name FROM ") + table + " WHERE id = ?") {}

  Result<json::value> of(std::int64_t id) {
    if (id == 0) return json::value(nullptr);
    auto known = names_.find(id);
    if (known == names_.end()) {
      const auto rows = db_.query(sql_, {id});
      if (!rows) return std::unexpected(rows.error());
      known = names_.emplace(id, rows->empty() ? "" : rows->front().text(0)).first;
    }
    return json::object{{"id", id}, {"name", known->second}};
  }

 private:
  Database& db_;
  std::string sql_;
  std::map<std::int64_t, std::string> names_;
};

std::int64_t wanted_id(const Call& call, std::string_view name) {
  const auto text = call.query(name);
  return text ? std::max<std::int64_t>(whole_number(*text), 0) : 0;
}

std::int64_t device_number(const LiveEntry& entry) {
  return entry.device ? static_cast<std::int64_t>(*entry.device) : 0;
}

/// Who came first stands first. `after` is a place in the list.
Outcome list_live(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  std::vector<LiveSession> all =
      call.shop.desk == nullptr ? std::vector<LiveSession>() : call.shop.desk->live();
  const std::int64_t person = wanted_id(call, "person");
  const std::int64_t device = wanted_id(call, "device");
  const auto resource = call.query("resource");
  std::erase_if(all, [&](const LiveSession& one) {
    return (person != 0 && static_cast<std::int64_t>(one.entry.person) != person) ||
           (device != 0 && device_number(one.entry) != device) ||
           (resource && !resource->empty() && one.entry.resource.text() != *resource);
  });
  std::ranges::stable_sort(all, {}, &LiveSession::since);
  Named people(call.db, "person");
  Named devices(call.db, "device");
  json::array items;
  const auto first = std::min(static_cast<std::size_t>(page->after), all.size());
  const std::size_t last = std::min(first + page->limit, all.size());
  for (std::size_t i = first; i < last; ++i) {
    const LiveEntry& entry = all[i].entry;
    const auto who = people.of(static_cast<std::int64_t>(entry.person));
    const auto with = devices.of(device_number(entry));
    if (!who || !with) return broken(who ? with.error() : who.error());
    items.emplace_back(json::object{
        {"person", *who},
        {"device", *with},
        {"resource", entry.resource.text()},
        {"enforcer", entry.enforcer},
        {"from", entry.from ? json::value(entry.from->text()) : json::value(nullptr)},
        {"since", json_time(all[i].since)},
        {"until", entry.until == Time::max() ? json::value(nullptr) : json_time(entry.until)}});
  }
  return reply_json(
      json::object{{"items", std::move(items)},
                   {"next", last < all.size() ? json::value(last) : json::value(nullptr)},
                   {"total", all.size()}});
}

struct KeptEvent {
  std::int64_t id = 0;
  std::string kind;
  Time first_at{};
  Time last_at{};
  std::int64_t count = 0;
  PersonId person;  // none: of many, for which there was no room
  DeviceId device;  // none: without one
  std::string resource;
  std::string enforcer;
  std::string origin;
  std::string codes;

  static std::span<const Column<KeptEvent>> columns() {
    using Of = Column<KeptEvent>;
    static const std::array kColumns{Of{"id", &KeptEvent::id},
                                     Of{"kind", &KeptEvent::kind},
                                     Of{"first_at", &KeptEvent::first_at},
                                     Of{"last_at", &KeptEvent::last_at},
                                     Of{"count", &KeptEvent::count},
                                     Of{"person_id", &KeptEvent::person},
                                     Of{"device_id", &KeptEvent::device},
                                     Of{"resource", &KeptEvent::resource},
                                     Of{"enforcer", &KeptEvent::enforcer},
                                     Of{"origin", &KeptEvent::origin},
                                     Of{"codes", &KeptEvent::codes}};
    return kColumns;
  }
};

/// The newest first.
Outcome list_access_events(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  std::string where = "id < ?";
  Values values{page->after == 0 ? INT64_MAX : page->after};
  for (const auto& [name, column] :
       {std::pair("person", "person_id"), std::pair("device", "device_id")})
    if (const std::int64_t id = wanted_id(call, name); id != 0) {
      where += std::string(" AND ") + column + " = ?";
      values.emplace_back(id);
    }
  for (const char* name : {"resource", "kind"})
    if (const auto text = call.query(name); text && !text->empty()) {
      where += std::string(" AND ") + name + " = ?";
      values.emplace_back(*text);
    }
  values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  const auto rows =
      call.db.query("SELECT " + columns_of<KeptEvent>() + " FROM access_event WHERE " + where +
                        " ORDER BY id DESC LIMIT ?",
                    values);
  if (!rows) return broken(rows.error());
  Named people(call.db, "person");
  Named devices(call.db, "device");
  json::array items;
  for (const Row& row : *rows) {
    const auto kept = read_as<KeptEvent>(row);
    const auto who = people.of(kept.person.number());
    const auto with = devices.of(kept.device.number());
    if (!who || !with) return broken(who ? with.error() : who.error());
    json::array codes;
    for (const std::string_view code : words(kept.codes)) codes.emplace_back(code);
    items.emplace_back(json::object{{"id", kept.id},
                                    {"kind", kept.kind},
                                    {"first_at", json_time(kept.first_at)},
                                    {"last_at", json_time(kept.last_at)},
                                    {"count", kept.count},
                                    {"person", *who},
                                    {"device", *with},
                                    {"resource", kept.resource},
                                    {"enforcer", kept.enforcer},
                                    {"from", kept.origin},
                                    {"codes", std::move(codes)}});
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

}  // namespace

void add_access_list(Handlers& handlers) {
  handlers.insert({{"listAccessSessions", list_live}, {"listAccessEvents", list_access_events}});
}

}  // namespace sekisho
