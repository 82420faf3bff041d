// SPDX-License-Identifier: Apache-2.0
// A recording of a machine, as JSON.
#include <array>
#include <utility>

#include <boost/json.hpp>

#include "collect/windows/facts.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// Of a recording: a machine has some thousand listeners and saved networks at most.
constexpr DocumentLimits kRecordingLimits{
    .bytes = std::size_t{4} << 20U, .nodes = 100'000, .depth = 6};

using Protection = WindowsFacts::DriveProtection;
constexpr std::array<std::pair<std::string_view, Protection>, 5> kDrives{
    {{"off", Protection::off},
     {"on", Protection::on},
     {"changing", Protection::changing},
     {"suspended", Protection::suspended},
     {"locked", Protection::locked}}};

using Member = WindowsFacts::Member;
constexpr std::array<std::pair<std::string_view, Member::Kind>, 4> kKinds{
    {{"person", Member::Kind::person},
     {"group", Member::Kind::group},
     {"wide", Member::Kind::wide},
     {"staff", Member::Kind::staff}}};

template <typename Names, typename Kind>
std::string_view name_of(const Names& names, Kind kind) {
  for (const auto& [name, known] : names)
    if (known == kind) return name;
  return {};
}

/// Of a recording that has names alone.
Member member_by_name(std::string name) {
  const std::string known = lower(name);
  const std::size_t at = known.rfind('\\');
  const std::string_view last =
      at == std::string::npos ? std::string_view(known) : std::string_view(known).substr(at + 1);
  Member::Kind kind = Member::Kind::person;
  for (const std::string_view wide : {"everyone", "authenticated users", "domain users", "users",
                                      "interactive", "domain computers", "domain guests", "guests"})
    if (last == wide) kind = Member::Kind::wide;
  if (last == "domain admins" || last == "enterprise admins" || known.starts_with("s-1-12-1-"))
    kind = Member::Kind::staff;
  return {std::move(name), kind};
}

json::array strings(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

template <typename T>
std::optional<T> read(const Node& node, std::string_view key, T (*how)(const Node&)) {
  const auto found = node.find(key);
  if (!found) return std::nullopt;
  return how(*found);
}

std::vector<std::string> read_strings(const Node& node) {
  std::vector<std::string> list;
  for (const Node& one : node.items()) list.push_back(printable(one.string(), 400));
  return list;
}

std::int64_t read_count(const Node& node) { return node.integer(0, 1'000'000); }
std::int64_t read_seconds(const Node& node) { return node.integer(0, UINT32_MAX); }

std::vector<WindowsFacts::FirewallProfile> read_firewall(const Node& node) {
  std::vector<WindowsFacts::FirewallProfile> list;
  for (const Node& one : node.items()) {
    one.only({"name", "enabled", "active"});
    list.push_back({printable(one.at("name").string(), 40), one.at("enabled").boolean(),
                    one.at("active").boolean()});
  }
  return list;
}

WindowsFacts::Antivirus read_product(const Node& node) {
  node.only({"name", "on", "up_to_date"});
  return {printable(node.at("name").string(), 200), node.at("on").boolean(),
          node.at("up_to_date").boolean()};
}

std::vector<WindowsFacts::Antivirus> read_products(const Node& node) {
  std::vector<WindowsFacts::Antivirus> list;
  for (const Node& one : node.items()) list.push_back(read_product(one));
  return list;
}

/// Text that may be blank: what could not be told.
std::string read_text(const Node& node, std::size_t most) {
  const auto* text = node.value().if_string();
  if (text == nullptr) return node.string();
  return printable(std::string_view(*text), most);
}

std::vector<WindowsFacts::Listener> read_listening(const Node& node) {
  std::vector<WindowsFacts::Listener> list;
  for (const Node& one : node.items()) {
    one.only({"port", "udp", "loopback", "owner"});
    const auto owner = one.find("owner");
    list.push_back({static_cast<std::uint16_t>(one.at("port").integer(0, 65'535)),
                    one.at("udp").boolean(), one.at("loopback").boolean(),
                    owner ? read_text(*owner, 200) : std::string()});
  }
  return list;
}

std::vector<WindowsFacts::Drive> read_drives(const Node& node) {
  std::vector<WindowsFacts::Drive> list;
  for (const Node& one : node.items()) {
    one.only({"name", "protection"});
    WindowsFacts::Drive drive{printable(one.at("name").string(), 40), {}};
    if (const auto protection = one.find("protection"))
      drive.protection = protection->one_of<Protection>(kDrives);
    list.push_back(std::move(drive));
  }
  return list;
}

/// A name alone, or with what kind it is of.
std::vector<Member> read_members(const Node& node) {
  std::vector<Member> list;
  for (const Node& one : node.items()) {
    if (one.value().is_string()) {
      list.push_back(member_by_name(printable(one.string(), 400)));
      continue;
    }
    one.only({"name", "kind"});
    list.push_back(
        {printable(one.at("name").string(), 400), one.at("kind").one_of<Member::Kind>(kKinds)});
  }
  return list;
}

WindowsFacts::Sleep read_sleep(const Node& node) {
  node.only({"plugged_in", "on_battery", "locks"});
  return {read_seconds(node.at("plugged_in")), read_seconds(node.at("on_battery")),
          node.at("locks").boolean()};
}

Time read_time(const Node& node) {
  const auto time = parse_time(node.string());
  if (!time) node.report("日時ではありません。", "is not a time.");
  return time.value_or(Time());
}

bool read_bool(const Node& node) { return node.boolean(); }

std::vector<WindowsFacts::Wifi> read_wifi(const Node& node) {
  std::vector<WindowsFacts::Wifi> list;
  for (const Node& one : node.items()) {
    one.only({"name", "authentication", "in_use"});
    list.push_back({printable(one.at("name").string(), 200),
                    read_text(one.at("authentication"), 40), one.at("in_use").boolean()});
  }
  return list;
}

std::vector<WindowsFacts::Program> read_programs(const Node& node) {
  std::vector<WindowsFacts::Program> list;
  for (const Node& one : node.items()) {
    one.only({"name", "version"});
    const auto version = one.find("version");
    list.push_back({printable(one.at("name").string(), 200),
                    version ? printable(version->string(), 100) : std::string()});
  }
  return list;
}

Protection read_drive(const Node& node) { return node.one_of<Protection>(kDrives); }

}  // namespace

namespace {

json::array products_of(const std::vector<WindowsFacts::Antivirus>& products) {
  json::array list;
  for (const auto& one : products)
    list.push_back({{"name", one.name}, {"on", one.on}, {"up_to_date", one.up_to_date}});
  return list;
}

void write_registry(const WindowsFacts& facts, json::object& out) {
  json::object registry;
  for (const auto& [path, value] : facts.registry)
    std::visit([&](const auto& v) { registry[path] = v; }, value);
  out["registry"] = std::move(registry);
  if (!facts.unread.empty()) out["unread"] = json::array(facts.unread.begin(), facts.unread.end());
}

void write_protection(const WindowsFacts& facts, json::object& out) {
  if (facts.antivirus) out["antivirus"] = products_of(*facts.antivirus);
  if (facts.firewall_products) out["firewall_products"] = products_of(*facts.firewall_products);
  if (facts.defender) out["defender"] = products_of({*facts.defender}).front();
  if (facts.system_drive) out["system_drive"] = name_of(kDrives, *facts.system_drive);
  if (facts.drives) {
    json::array list;
    for (const auto& one : *facts.drives) {
      json::object drive{{"name", one.name}};
      if (one.protection) drive["protection"] = name_of(kDrives, *one.protection);
      list.push_back(std::move(drive));
    }
    out["drives"] = std::move(list);
  }
  if (facts.firewall) {
    json::array list;
    for (const auto& one : *facts.firewall)
      list.push_back({{"name", one.name}, {"enabled", one.enabled}, {"active", one.active}});
    out["firewall"] = std::move(list);
  }
  if (facts.open_rules) out["open_rules"] = strings(*facts.open_rules);
}

void write_accounts(const WindowsFacts& facts, json::object& out) {
  if (facts.administrators) {
    json::array list;
    for (const auto& one : *facts.administrators)
      list.push_back({{"name", one.name}, {"kind", name_of(kKinds, one.kind)}});
    out["administrators"] = std::move(list);
  }
  if (facts.without_password) out["without_password"] = strings(*facts.without_password);
  if (facts.guest) out["guest"] = *facts.guest;
  if (facts.shortest_password) out["shortest_password"] = *facts.shortest_password;
  if (facts.tries) out["tries"] = *facts.tries;
  if (facts.lockout) out["lockout"] = *facts.lockout;
  if (facts.sleep)
    out["sleep"] = {{"plugged_in", facts.sleep->plugged_in},
                    {"on_battery", facts.sleep->on_battery},
                    {"locks", facts.sleep->locks}};
  if (facts.audited) out["audited"] = strings(*facts.audited);
}

void write_network(const WindowsFacts& facts, json::object& out) {
  if (facts.listening) {
    json::array list;
    for (const auto& one : *facts.listening) {
      json::object listener{{"port", one.port}, {"udp", one.udp}, {"loopback", one.loopback}};
      if (!one.owner.empty()) listener["owner"] = one.owner;
      list.push_back(std::move(listener));
    }
    out["listening"] = std::move(list);
  }
  if (facts.shares) out["shares"] = strings(*facts.shares);
  if (facts.winhttp_proxy) out["winhttp_proxy"] = strings(*facts.winhttp_proxy);
  if (facts.wifi) {
    json::array list;
    for (const auto& one : *facts.wifi)
      list.push_back(
          {{"name", one.name}, {"authentication", one.authentication}, {"in_use", one.in_use}});
    out["wifi"] = std::move(list);
  }
  out["wifi_device"] = facts.wifi_device;
  if (facts.wifi_connected) out["wifi_connected"] = *facts.wifi_connected;
}

void write_software(const WindowsFacts& facts, json::object& out) {
  if (facts.missing_updates) out["missing_updates"] = strings(*facts.missing_updates);
  if (facts.hidden_updates) out["hidden_updates"] = strings(*facts.hidden_updates);
  if (facts.searched_at) out["searched_at"] = format_time(*facts.searched_at);
  if (facts.patched_at) out["patched_at"] = format_time(*facts.patched_at);
  if (facts.programs) {
    json::array list;
    for (const auto& one : *facts.programs) {
      json::object program{{"name", one.name}};
      if (!one.version.empty()) program["version"] = one.version;
      list.push_back(std::move(program));
    }
    out["programs"] = std::move(list);
  }
  if (facts.running) out["running"] = strings(*facts.running);
}

void read_registry(const Node& node, WindowsFacts& facts) {
  for (const auto& [path, value] : node.at("registry").entries()) {
    if (const auto* number = value.value().if_int64())
      facts.registry[path] = *number;
    else if (const auto* words = value.value().if_string())
      facts.registry[path] = printable(std::string_view(*words), 1000);
    else
      value.report("数か文字列ではありません。", "is neither a number nor a text.");
  }
  if (const auto unread = node.find("unread"))
    for (const Node& one : unread->items()) facts.unread.insert(printable(one.string(), 1000));
}

}  // namespace

std::string write_windows_facts(const WindowsFacts& facts) {
  json::object out{{"computer", facts.computer}, {"people", facts.people}};
  if (facts.recorded_at) out["recorded_at"] = format_time(*facts.recorded_at);
  write_registry(facts, out);
  write_protection(facts, out);
  write_accounts(facts, out);
  write_network(facts, out);
  write_software(facts, out);
  return json::serialize(out);
}

Result<WindowsFacts> read_windows_facts(std::string_view text) {
  const auto document = parse_json("(facts)", text, kRecordingLimits);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  const Node node(*document, problems);
  node.only({"computer",
             "recorded_at",
             "people",
             "registry",
             "unread",
             "antivirus",
             "firewall_products",
             "defender",
             "system_drive",
             "drives",
             "firewall",
             "open_rules",
             "administrators",
             "without_password",
             "guest",
             "shortest_password",
             "tries",
             "lockout",
             "sleep",
             "audited",
             "listening",
             "shares",
             "winhttp_proxy",
             "wifi",
             "wifi_device",
             "wifi_connected",
             "missing_updates",
             "hidden_updates",
             "searched_at",
             "patched_at",
             "programs",
             "running"});
  WindowsFacts facts;
  facts.computer = printable(node.at("computer").string(), 100);
  facts.recorded_at = read(node, "recorded_at", read_time);
  facts.people = read_count(node.at("people"));
  read_registry(node, facts);
  facts.antivirus = read(node, "antivirus", read_products);
  facts.firewall_products = read(node, "firewall_products", read_products);
  facts.defender = read(node, "defender", read_product);
  facts.system_drive = read(node, "system_drive", read_drive);
  facts.drives = read(node, "drives", read_drives);
  facts.firewall = read(node, "firewall", read_firewall);
  facts.open_rules = read(node, "open_rules", read_strings);
  facts.administrators = read(node, "administrators", read_members);
  facts.without_password = read(node, "without_password", read_strings);
  facts.guest = read(node, "guest", read_bool);
  facts.shortest_password = read(node, "shortest_password", read_count);
  facts.tries = read(node, "tries", read_count);
  facts.lockout = read(node, "lockout", read_seconds);
  facts.sleep = read(node, "sleep", read_sleep);
  facts.audited = read(node, "audited", read_strings);
  facts.listening = read(node, "listening", read_listening);
  facts.shares = read(node, "shares", read_strings);
  facts.winhttp_proxy = read(node, "winhttp_proxy", read_strings);
  facts.wifi = read(node, "wifi", read_wifi);
  facts.wifi_device = node.at("wifi_device").boolean();
  facts.wifi_connected = read(node, "wifi_connected", read_bool);
  facts.missing_updates = read(node, "missing_updates", read_strings);
  facts.hidden_updates = read(node, "hidden_updates", read_strings);
  facts.searched_at = read(node, "searched_at", read_time);
  facts.patched_at = read(node, "patched_at", read_time);
  facts.programs = read(node, "programs", read_programs);
  facts.running = read(node, "running", read_strings);
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return facts;
}

}  // namespace sekisho
