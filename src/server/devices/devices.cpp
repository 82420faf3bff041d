// SPDX-License-Identifier: Apache-2.0
#include "server/devices/devices.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <span>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "base/csv.h"
#include "collect/vuln/systems.h"
#include "server/api/fields.h"
#include "server/api/moments.h"
#include "server/api/view.h"
#include "server/devices/device_state.h"
#include "server/devices/handlers.h"
#include "server/devices/lists.h"
#include "server/http/secrets.h"
#include "store/columns.h"

namespace sekisho {

namespace json = boost::json;

namespace {

/// A device with who uses it, as lists and its page show it.
struct Device {
  DeviceId id;
  std::string subject;
  std::string name;
  std::string state;
  Time created_at;
  std::optional<PersonId> person;
  std::string person_name;
  std::string system_name;
  std::string system_version;
  std::optional<Time> seen_at;
  std::optional<Time> copied_at;
  std::string serial;
  std::optional<Time> listed_at;
  bool extended_support = false;
  std::string platform;
  std::optional<Time> certificate_ends;
  std::string appliance;
  std::string model;
  bool reused = false;
  std::optional<Time> confirmed_at;
  std::string team;
  bool own = false;
  std::optional<Time> wiped_at;
  std::string wiped_how;
  std::optional<Time> told_at;
  std::optional<Time> software_at;
  bool tpm = false;
  std::int64_t link = 0;        // by which it came; 0: none that is known
  std::optional<Time> anew_at;  // when it came again, and its key before ended

  static std::span<const Column<Device>> columns() {
    static const std::array kColumns{
        Column<Device>{"d.id", &Device::id},
        Column<Device>{"d.subject", &Device::subject},
        Column<Device>{"d.name", &Device::name},
        Column<Device>{"d.state", &Device::state},
        Column<Device>{"d.created_at", &Device::created_at},
        Column<Device>{"p.id", &Device::person},
        Column<Device>{"p.name", &Device::person_name},
        Column<Device>{"d.system_name", &Device::system_name},
        Column<Device>{"d.system_version", &Device::system_version},
        Column<Device>{"d.seen_at", &Device::seen_at},
        Column<Device>{"d.copied_at", &Device::copied_at},
        Column<Device>{"d.serial", &Device::serial},
        Column<Device>{"d.listed_at", &Device::listed_at},
        Column<Device>{"d.extended_support", &Device::extended_support},
        Column<Device>{"d.platform", &Device::platform},
        Column<Device>{"(SELECT MAX(c.expires_at) FROM device_certificate c WHERE c.device_id = "
                       "d.id AND c.purpose = 'reports' AND c.revoked_at IS NULL)",
                       &Device::certificate_ends},
        Column<Device>{"d.appliance", &Device::appliance},
        Column<Device>{"d.model", &Device::model},
        Column<Device>{"d.reused", &Device::reused},
        Column<Device>{"d.confirmed_at", &Device::confirmed_at},
        Column<Device>{"d.team", &Device::team},
        Column<Device>{"d.own", &Device::own},
        Column<Device>{"d.wiped_at", &Device::wiped_at},
        Column<Device>{"d.wiped_how", &Device::wiped_how},
        Column<Device>{"d.told_at", &Device::told_at},
        Column<Device>{"d.software_at", &Device::software_at},
        Column<Device>{"d.tpm", &Device::tpm},
        Column<Device>{"COALESCE(d.link, 0)", &Device::link},
        Column<Device>{"d.anew_at", &Device::anew_at}};
    return kColumns;
  }
};

/// Calls `take` with each. `T` says which columns are read.
template <typename T, typename Take>
Result<void> each_device(Database& db, const std::string& condition, const Values& values,
                         Take take) {
  return db.each("SELECT " + columns_of<T>() +
                     " FROM device d LEFT JOIN person p ON p.id = d.person_id WHERE " + condition,
                 values, [&](const Row& row) {
                   take(read_as<T>(row));
                   return true;
                 });
}

Result<std::vector<Device>> devices_where(Database& db, const std::string& condition,
                                          const Values& values) {
  std::vector<Device> list;
  const auto read = each_device<Device>(db, condition, values,
                                        [&](Device device) { list.push_back(std::move(device)); });
  if (!read) return std::unexpected(read.error());
  return list;
}

/// How many checks of a device have each verdict, when it was last looked at, and which fail.
json::object device_json(const Fleet& fleet, const Device& device) {
  const Fleet::MachineSum sum = fleet.machine_sum({device.subject});
  json::array failing;
  for (const CheckSpec* spec : fleet.machine_fails({device.subject}))
    failing.emplace_back(spec->id);
  const auto person = device.person
                          ? json::value{{"id", *device.person}, {"name", device.person_name}}
                          : json::value(nullptr);
  return {{"id", device.id},
          {"subject", device.subject},
          {"name", device.name},
          {"state", device.state},
          {"created_at", json_time(device.created_at)},
          {"person", person},
          {"tally", json_tally(sum.tally)},
          {"failing", std::move(failing)},
          {"valid_until", json_time(sum.valid_until)},
          {"system", system_label(device.system_name, device.system_version)},
          {"windows", runs_windows(device.system_name)},
          {"seen_at", json_time(device.seen_at)},
          {"copied_at", json_time(device.copied_at)},
          {"serial", device.serial},
          {"listed_at", json_time(device.listed_at)},
          {"extended_support", device.extended_support},
          {"osquery", !device.platform.empty()},
          {"certificate_ends", json_time(device.certificate_ends)},
          {"version", device.system_version},
          {"appliance",
           device.appliance.empty() ? json::value(nullptr) : json::value(device.appliance)},
          {"reused", device.reused},
          {"confirmed_at", json_time(device.confirmed_at)},
          {"team", device.team},
          {"own", device.own},
          {"wiped_at", json_time(device.wiped_at)},
          {"wiped_how", device.wiped_how},
          {"told_at", json_time(device.told_at)},
          {"software_at", json_time(device.software_at)},
          {"tpm", device.tpm},
          {"link", device.link > 0 ? json::value(device.link) : json::value(nullptr)},
          {"anew_at", json_time(device.anew_at)},
          {"model", device.model}};
}

}  // namespace

bool runs_windows(std::string_view system) {
  return lower(system).find("windows") != std::string::npos;
}

std::string_view platform_of(std::string_view system) {
  if (runs_windows(system)) return "windows";
  const std::string name = lower(system);
  return name.contains("macos") || name.contains("mac os") || name.contains("darwin") ? "darwin"
                                                                                      : "linux";
}

Result<Registered> registered_devices(Database& db, const Fleet& fleet) {
  Registered all;
  const auto read =
      db.each("SELECT d.subject FROM device d WHERE d.erased = 0 AND d.state <> 'retired'", {},
              [&](const Row& row) {
                ++all.devices;
                if (!fleet.machine_sum({row.text(0)}).seen) ++all.silent;
                return true;
              });
  if (!read) return std::unexpected(read.error());
  return all;
}

Result<void> ensure_device(Database& db, const SubjectId& subject, Time now) {
  const std::string name = subject.value.substr(subject.value.find(':') + 1);
  return db.execute(
      "INSERT INTO device (subject, name, state, created_at) VALUES (?, ?, 'active', ?) ON "
      "CONFLICT (subject) DO NOTHING",
      {subject.value, name, value_of(now)});
}

Result<json::object> check_machines(Call& call, const Fleet& fleet, const CheckSpec& spec,
                                    const Page& page) {
  const std::size_t place = fleet.places().by_id.at(spec.id);
  json::array items;
  if (fleet.places().organisations[place]) return json::object{{"items", items}, {"next", nullptr}};
  // At most what a page needs, in the order in which one wants to see them.
  const std::size_t from = static_cast<std::size_t>(page.after);
  std::vector<SubjectId> subjects;
  for (const Verdict verdict :
       {Verdict::fail, Verdict::unknown, Verdict::pass, Verdict::not_applicable}) {
    if (subjects.size() > from + page.limit) break;
    const auto some = fleet.machines_with(place, verdict, from + page.limit + 1 - subjects.size());
    subjects.insert(subjects.end(), some.begin(), some.end());
  }
  std::vector<std::int64_t> ids;
  for (std::size_t i = from; i < subjects.size(); ++i)
    if (const auto id = fleet.standings(subjects[i])[place].id; id != 0) ids.push_back(id);
  const auto evidence = evidence_json(call.db, ids);
  if (!evidence) return std::unexpected(evidence.error());
  for (std::size_t i = from; i < subjects.size(); ++i) {
    const auto row =
        call.db.query("SELECT id, name FROM device WHERE subject = ?", {subjects[i].value});
    if (!row) return std::unexpected(row.error());
    const Fleet::CheckStanding standing = fleet.standings(subjects[i])[place];
    const auto found = evidence->find(standing.id);
    items.emplace_back(json::object{
        {"device", row->empty() ? json::value(nullptr) : person_json(row->front(), 0, 1)},
        {"verdict", name(standing.verdict)},
        {"evidence",
         found == evidence->end() ? json::value(nullptr) : json::value(found->second)}});
  }
  return paged(std::move(items), page, [&](const json::value&) {
    return page.after + static_cast<std::int64_t>(page.limit);
  });
}

Result<json::array> person_devices(Call& call, const Fleet& fleet, PersonId person) {
  const auto devices =
      devices_where(call.db, "d.person_id = ? AND d.state <> 'retired' ORDER BY d.id", {person});
  if (!devices) return std::unexpected(devices.error());
  json::array list;
  for (const Device& device : *devices) list.emplace_back(device_json(fleet, device));
  return list;
}

namespace {

/// The filters that the database knows, as the end of a query.
std::pair<std::string, Values> filtered(const Call& call) {
  std::string where = "d.erased = 0";
  Values values;
  const bool registered = call.query("state") == "registered";
  if (registered) where += " AND d.state <> 'retired'";
  for (const auto& [name, condition] :
       {std::pair(registered ? "" : "state", " AND d.state = ?"), {"team", " AND d.team = ?"}})
    if (const auto value = call.query(name)) {
      where += condition;
      values.emplace_back(*value);
    }
  if (const auto kind = call.query("kind"))
    where += *kind == "own"         ? " AND d.own = 1"
             : *kind == "appliance" ? " AND d.appliance <> ''"
                                    : " AND d.appliance = '' AND d.own = 0";
  if (const auto text = call.query("q")) {
    // Only what is typed counts: % and _ have no meaning of their own.
    std::string pattern = "%";
    for (const char c : lower(*text))
      pattern += (c == '%' || c == '_' || c == '!' ? std::string("!") : std::string()) + c;
    where += " AND (lower(d.name) LIKE ? ESCAPE '!' OR lower(p.name) LIKE ? ESCAPE '!')";
    values.emplace_back(pattern + "%");
    values.emplace_back(pattern + "%");
  }
  return {std::move(where), std::move(values)};
}

/// What is read of every device, whatever part of a list is shown.
struct Outline {
  DeviceId id;
  std::string subject;
  std::string name;
  std::string user;
  std::string state;
  std::optional<Time> seen;

  static std::span<const Column<Outline>> columns() {
    static const std::array kColumns{Column<Outline>{"d.id", &Outline::id},
                                     Column<Outline>{"d.subject", &Outline::subject},
                                     Column<Outline>{"d.name", &Outline::name},
                                     Column<Outline>{"p.name", &Outline::user},
                                     Column<Outline>{"d.state", &Outline::state},
                                     Column<Outline>{"d.seen_at", &Outline::seen}};
    return kColumns;
  }
};

/// What a file of them says besides.
struct FiledDevice : Outline {
  std::string team;
  std::string system_name;
  std::string system_version;

  static std::span<const Column<FiledDevice>> columns() {
    static const std::array kColumns{
        Column<FiledDevice>{"d.id", &FiledDevice::id},
        Column<FiledDevice>{"d.subject", &FiledDevice::subject},
        Column<FiledDevice>{"d.name", &FiledDevice::name},
        Column<FiledDevice>{"p.name", &FiledDevice::user},
        Column<FiledDevice>{"d.state", &FiledDevice::state},
        Column<FiledDevice>{"d.seen_at", &FiledDevice::seen},
        Column<FiledDevice>{"d.team", &FiledDevice::team},
        Column<FiledDevice>{"d.system_name", &FiledDevice::system_name},
        Column<FiledDevice>{"d.system_version", &FiledDevice::system_version}};
    return kColumns;
  }
};

/// What a list is narrowed down, put in order and counted by, before any of it is read whole.
struct Listed {
  Listed(const Outline& device, const Fleet& fleet, Time now)
      : id(device.id),
        name(lower(device.name)),
        user(lower(device.user)),
        seen(device.seen),
        retired(device.state == "retired") {
    const Fleet::MachineSum sum = fleet.machine_sum({device.subject});
    failing = sum.tally.of(Verdict::fail);
    passing = sum.tally.of(Verdict::pass);
    unknown = sum.tally.of(Verdict::unknown);
    fresh = sum.valid_until && *sum.valid_until > now;
  }

  DeviceId id;
  std::string name;  // in small letters
  std::string user;  // likewise
  std::optional<Time> seen;
  bool retired = false;
  std::uint32_t failing = 0;
  std::uint32_t passing = 0;
  std::uint32_t unknown = 0;
  bool fresh = false;  // something of it is known that still holds

  bool good() const { return failing == 0 && unknown == 0 && passing > 0; }
  bool is(std::string_view only) const { return only == "failing" ? failing > 0 : !fresh; }
};

/// By what a list is sorted; of what is alike, by name and then by when it came.
bool comes_before(std::string_view sort, const Listed& a, const Listed& b) {
  const auto rest = [](const Listed& one) {
    return std::pair(std::string_view(one.name), one.id.number());
  };
  if (sort == "worst") {
    const auto badness = [](const Listed& one) {
      return std::tuple(one.retired, -static_cast<std::int64_t>(one.failing), one.good(),
                        -static_cast<std::int64_t>(one.unknown));
    };
    return std::tuple(badness(a), rest(a)) < std::tuple(badness(b), rest(b));
  }
  if (sort == "user")
    return std::tuple(a.user.empty(), a.user, rest(a)) <
           std::tuple(b.user.empty(), b.user, rest(b));
  if (sort == "seen") return std::tuple(a.seen, rest(a)) < std::tuple(b.seen, rest(b));
  return rest(a) < rest(b);
}

/// Calls `take` with each device that the reader asks for, by when it came, and what a list goes by
/// of it.
template <typename T, typename Take>
Result<void> each_listed(Call& call, const Fleet& fleet, Take take) {
  const auto [where, values] = filtered(call);
  const auto only = call.query("only");
  return each_device<T>(call.db, where + " ORDER BY d.id", values, [&](const T& device) {
    Listed one(device, fleet, call.now);
    if (!only || one.is(*only)) take(device, std::move(one));
  });
}

/// Puts the first `wanted` in the order that the reader asks for, if in any; the others stand
/// behind them as they come.
template <std::derived_from<Listed> T>
void put_in_order(const Call& call, std::vector<T>& list, std::size_t wanted) {
  const auto sort = call.query("sort");
  if (!sort) return;
  const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(wanted, list.size()));
  std::ranges::partial_sort(
      list, end, [&](const Listed& a, const Listed& b) { return comes_before(*sort, a, b); });
}

/// Some of a list, read whole, in its order.
Result<std::vector<Device>> read_whole(Database& db, std::span<const Listed> list) {
  if (list.empty()) return std::vector<Device>();
  std::vector<std::string> ids;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (const Listed& one : list) {
    places.emplace(one.id.number(), ids.size());
    ids.push_back(std::to_string(one.id.number()));
  }
  // Ids are our own numbers, so that they can stand in the text.
  auto devices = devices_where(db, "d.id IN (" + join(ids, ",") + ")", {});
  if (!devices) return devices;
  std::ranges::sort(*devices, {}, [&](const Device& one) { return places.at(one.id.number()); });
  return devices;
}

/// All of a list as a file, in its order.
Outcome take_devices(Call& call, const Fleet& fleet) {
  const Lang lang = call.who.lang;
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  struct Line : Listed {
    std::string text;
  };
  std::vector<Line> lines;
  const auto read =
      each_listed<FiledDevice>(call, fleet, [&](const FiledDevice& device, Listed listed) {
        std::vector<std::string> failing;
        for (const CheckSpec* spec : fleet.machine_fails({device.subject}))
          failing.push_back(spec->title.in(lang));
        std::string text =
            csv_row({device.name, device.user, device.team,
                     system_label(device.system_name, device.system_version), device.state,
                     device.seen ? moment_there(*calendar, *device.seen) : "",
                     std::to_string(listed.failing), std::to_string(listed.passing),
                     std::to_string(listed.unknown), join(failing, "; ")});
        lines.push_back({std::move(listed), std::move(text)});
      });
  if (!read) return broken(read.error());
  put_in_order(call, lines, lines.size());
  std::string csv =
      kCsvStart + csv_row({tr("端末名", "device"), tr("使用者", "user"), tr("グループ", "group"),
                           "OS", tr("状態", "state"), tr("最後の報告", "last report"),
                           tr("要対応", "to fix"), tr("問題なし", "good"), tr("不明", "unknown"),
                           tr("要対応の項目", "what is to fix")});
  std::size_t size = csv.size();
  for (const Line& line : lines) size += line.text.size();
  csv.reserve(size);
  for (const Line& line : lines) csv += line.text;
  return Reply{200,
               "text/csv; charset=utf-8",
               std::move(csv),
               {{"content-disposition", "attachment; filename=\"sekisho-devices.csv\""}}};
}

Result<json::array> team_names(Database& db) {
  const auto rows = db.query("SELECT DISTINCT team FROM device WHERE team <> '' ORDER BY team");
  if (!rows) return std::unexpected(rows.error());
  json::array teams;
  for (const Row& row : *rows) teams.emplace_back(row.text(0));
  return teams;
}

/// How many of a list have something to fix, are good, or are known too little of for either.
json::object totals(std::span<const Listed> list) {
  const auto count = [&](auto is) { return std::ranges::count_if(list, is); };
  const auto failing = count([](const Listed& one) { return one.failing > 0; });
  const auto good = count(&Listed::good);
  return {{"all", list.size()},
          {"failing", failing},
          {"good", good},
          {"unknown", static_cast<std::int64_t>(list.size()) - failing - good}};
}

Outcome list_devices(Call& call) {
  const auto page = page_of(call, 50);
  if (!page) return std::unexpected(page.error());
  const auto standing = call.shop.board.look(call.db);
  if (!standing) return broken(standing.error());
  const Fleet& fleet = (*standing)->fleet();
  if (call.query("format") == "csv") return take_devices(call, fleet);
  std::vector<Listed> all;
  const auto read = each_listed<Outline>(
      call, fleet, [&](const Outline&, Listed one) { all.push_back(std::move(one)); });
  if (!read) return broken(read.error());
  const auto after = static_cast<std::size_t>(page->after);
  put_in_order(call, all, after + page->limit + 1);
  auto teams = team_names(call.db);
  if (!teams) return broken(teams.error());
  // A list in an order of its own goes on from a place in it, else from an id.
  const bool sorted = call.query("sort").has_value();
  const auto from = sorted ? all.begin() + static_cast<std::ptrdiff_t>(std::min(after, all.size()))
                           : std::ranges::upper_bound(all, page->after, {}, [](const Listed& one) {
                               return one.id.number();
                             });
  const auto left = static_cast<std::size_t>(all.end() - from);
  // One more tells whether there is another page.
  const auto devices = read_whole(call.db, std::span(from, std::min(left, page->limit + 1)));
  if (!devices) return broken(devices.error());
  json::array items;
  for (const Device& device : *devices) items.emplace_back(device_json(fleet, device));
  json::object reply = paged(std::move(items), *page, [&](const json::value& last) {
    return sorted ? json::value(after + page->limit) : last.at("id");
  });
  reply["totals"] = totals(all);
  reply["teams"] = std::move(*teams);
  return reply_json(reply);
}

Outcome show_device(Call& call) {
  const auto devices = devices_where(call.db, "d.id = ?", {call.id<DeviceId>(0)});
  if (!devices) return broken(devices.error());
  if (devices->empty()) return not_found();
  const Device& device = devices->front();
  if (!sees_device(call, device.person)) return not_found();
  return with_view(call, [&](const View& view) -> Outcome {
    json::object out = device_json(view.board().fleet(), device);
    const auto all = view.board().fleet().machine_checks({device.subject});
    std::vector<std::int64_t> ids;
    for (const auto& [spec, now] : all)
      if (now.id != 0) ids.push_back(now.id);
    const auto evidence = evidence_json(call.db, ids);
    if (!evidence) return broken(evidence.error());
    json::array checks;
    for (const auto& [spec, now] : all) {
      const auto found = evidence->find(now.id);
      checks.emplace_back(
          json::object{{"id", spec->id},
                       {"verdict", name(now.verdict)},
                       {"evidence", found == evidence->end() ? json::value(nullptr)
                                                             : json::value(found->second)}});
    }
    out["checks"] = std::move(checks);
    return reply_json(out);
  });
}

/// How many devices run which system, and on how many its support is known to be over.
Outcome survey(Call& call) {
  const CheckSpec* spec = call.guideline().check("os-support");
  if (spec == nullptr) return not_found();
  const auto standing = call.shop.board.look(call.db);
  if (!standing) return broken(standing.error());
  const Fleet& fleet = (*standing)->fleet();
  const std::size_t place = place_of(call.guideline(), *spec);
  using System = std::tuple<std::string, std::string, std::string>;
  std::map<System, Tally> lines;
  Tally all;
  std::int64_t stale = 0;  // not known, though something came once
  const auto looked = call.db.each(
      "SELECT subject, system_id, system_version, system_name, COALESCE(seen_at, listed_at) FROM "
      "device WHERE state <> 'retired' AND appliance = ''",
      {}, [&](const Row& row) {
        const Verdict verdict = fleet.machine_verdict({row.text(0)}, place);
        ++lines[{row.text(1), row.text(2), row.text(3)}].of(verdict);
        ++all.of(verdict);
        if (verdict == Verdict::unknown && !row.null(4)) ++stale;
        return true;
      });
  if (!looked) return broken(looked.error());
  json::array systems;
  for (const auto& [system, tally] : lines)
    systems.emplace_back(
        json::object{{"id", std::get<0>(system)},
                     {"version", std::get<1>(system)},
                     {"name", system_label(std::get<2>(system), std::get<1>(system))},
                     {"tally", json_tally(tally)}});
  return reply_json(
      json::object{{"tally", json_tally(all)}, {"stale", stale}, {"systems", std::move(systems)}});
}

struct DeviceChange {
  std::string name;
  std::optional<PersonId> person;
  DeviceState state = DeviceState::active;
  std::optional<bool> extended_support;
  std::optional<std::string> team;
  std::optional<bool> own;
  std::string wiped;  // how, when it is given up
};

constexpr std::array<std::pair<std::string_view, DeviceState>, 3> kStates{
    {{"active", DeviceState::active},
     {"lost", DeviceState::lost},
     {"retired", DeviceState::retired}}};

DeviceChange read_change(const Node& node) {
  node.only({"name", "person", "state", "extended_support", "team", "own", "wiped"});
  DeviceChange one;
  one.name = read_name(node.at("name"));
  if (const auto paid = node.find("extended_support")) one.extended_support = paid->boolean();
  if (const auto team = node.find("team")) one.team = read_name(*team, kLongestName, true);
  if (const auto own = node.find("own")) one.own = own->boolean();
  if (const auto wiped = node.find("wiped")) one.wiped = clean_text(*wiped, 500, true);
  if (const auto person = node.find("person")) one.person = read_id<PersonId>(*person);
  one.state = node.at("state").one_of<DeviceState>(kStates);
  return one;
}

Outcome change_device(Call& call) {
  const auto change = read_body<DeviceChange>(call, read_change);
  if (!change) return std::unexpected(change.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto there = must_be_person(call, change->person, why); !there) return there;
    const auto before =
        call.db.query("SELECT subject FROM device WHERE id = ?", {call.id<DeviceId>(0)});
    if (!before) return std::unexpected(before.error());
    if (before->empty()) return stop(why, not_found().error());
    if (auto moved = move_device(call, call.id<DeviceId>(0), change->state, change->wiped, why);
        !moved)
      return moved;
    if (auto kept = call.db.execute(
            "UPDATE device SET name = ?, person_id = ?, team = COALESCE(?, team), own = "
            "COALESCE(?, own) WHERE id = ?",
            {change->name, value_of(change->person), change->team ? Value(*change->team) : Value(),
             change->own ? Value(std::int64_t{*change->own}) : Value(), call.id<DeviceId>(0)});
        !kept)
      return kept;
    if (change->extended_support) {
      if (auto set = call.db.execute(
              "UPDATE device SET extended_support = ? WHERE id = ?",
              {std::int64_t{*change->extended_support ? 1 : 0}, call.id<DeviceId>(0)});
          !set)
        return set;
      if (auto judged = judge_lists(call.shop, call.db, call.now); !judged) return judged;
    }
    return audit(call, "device-changed", before->front().text(0),
                 {{"name", change->name},
                  {"state", kStates.at(static_cast<std::size_t>(change->state)).first},
                  {"wiped", change->wiped}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

struct Sent {
  SubjectId subject;
  std::vector<Evidence> records;
};

Evidence read_record(const Node& node) {
  constexpr std::array<std::pair<std::string_view, Verdict>, 4> kVerdicts{
      {{"pass", Verdict::pass},
       {"fail", Verdict::fail},
       {"not_applicable", Verdict::not_applicable},
       {"unknown", Verdict::unknown}}};
  node.only({"check", "verdict", "observed_at", "detail", "basis"});
  Evidence evidence;
  evidence.check = clean_text(node.at("check"), 100);
  const auto verdict = node.at("verdict").one_of<Verdict>(kVerdicts);
  const auto at = parse_moment(clean_text(node.at("observed_at"), 40));
  if (!at)
    node.at("observed_at")
        .report("2026-11-24T09:00:00Z の形の時刻ではありません。",
                "this is no time like 2026-11-24T09:00:00Z.");
  evidence.observed_at = at.value_or(Time());
  const Node detail = node.at("detail");
  detail.only({"ja", "en"});
  const auto basis = node.find("basis");
  evidence.judgement = {
      verdict,
      {clean_text(detail.at("ja"), 1000, true), clean_text(detail.at("en"), 1000, true)},
      basis ? read_basis(*basis)
            : Basis(Compared{.source = Compared::Source::report, .place = "API"})};
  return evidence;
}

/// Evidence of a machine, sent by a program with a token of scope `evidence`.
Outcome send_evidence(Call& call) {
  constexpr std::size_t kMostRecords = 1000;
  auto sent = read_body<Sent>(call, [](const Node& node) {
    node.only({"machine", "records"});
    Sent one{{"host:" + read_name(node.at("machine"), 200)}, {}};
    const auto items = node.at("records").items();
    if (items.size() > kMostRecords)
      node.at("records").report("一度に 1000 件までです。", "send at most 1000 at a time.");
    else
      for (const Node& item : items) one.records.push_back(read_record(item));
    return one;
  });
  if (!sent) return std::unexpected(sent.error());
  for (Evidence& record : sent->records) {
    const CheckSpec* spec = call.guideline().check(record.check);
    if (spec == nullptr || spec->asked)
      return problem(
          422, fmt::format("「{}」は機械の確認項目ではありません。", printable(record.check, 80)),
          fmt::format("'{}' is no check of a machine.", printable(record.check, 80)));
    // A clock that is ahead would make evidence last longer than it may, one far behind is of no
    // use.
    if (record.observed_at > call.now + std::chrono::minutes(5) ||
        record.observed_at < call.now - std::chrono::days(31))
      return problem(422, "観測時刻がずれています。機械の時計を合わせてください。",
                     "the time of observation is off; set the machine's clock.");
    record.observed_at = std::min(record.observed_at, call.now);
    record.subject = sent->subject;
    record.source = "collector:api";
    record.valid_until = record.observed_at + spec->valid_for;
  }
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto made = ensure_device(call.db, sent->subject, call.now); !made) return made;
    const auto kept = append_evidence(call.db, sent->records);
    if (!kept) return std::unexpected(kept.error());
    return {};
  });
  return written(done, reply_json(json::object{{"accepted", sent->records.size()}}, 202));
}

}  // namespace

void add_devices(Handlers& handlers) {
  handlers.insert({{"listDevices", list_devices},
                   {"getDevice", show_device},
                   {"changeDevice", change_device},
                   {"getSurvey", survey},
                   {"sendEvidence", send_evidence}});
}

}  // namespace sekisho
