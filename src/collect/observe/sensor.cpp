// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/sensor.h"

#include <algorithm>
#include <cstring>

#include <boost/json.hpp>

#include "base/crypto.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr DocumentLimits kLimits{.bytes = kMostPieceBytes, .nodes = 50'000, .depth = 8};

json::object attack_json(const SeenAttack& one) {
  json::array from;
  for (const Address& client : one.from) from.emplace_back(address_text(client));
  return {{"service", one.service},
          {"server", address_text(one.server)},
          {"clients", one.clients},
          {"attempts", one.attempts},
          {"first", format_time(one.first)},
          {"last", format_time(one.last)},
          {"peak", format_time(one.peak)},
          {"distributed", one.distributed},
          {"slow", one.slow},
          {"from", std::move(from)}};
}

json::array ports_json(const std::vector<std::uint16_t>& ports) {
  json::array list;
  for (const std::uint16_t port : ports) list.emplace_back(port);
  return list;
}

json::object source_json(const SeenSource& one) {
  return {{"address", address_text(one.address)},
          {"packets", one.packets},
          {"first", format_time(one.first)},
          {"last", format_time(one.last)},
          {"tool", one.tool},
          {"scanner", one.scanner},
          {"country", one.country},
          {"ports", ports_json(one.ports)}};
}

json::object origin_json(const OriginLine& one) {
  return {{"name", one.name}, {"sources", one.sources}, {"packets", one.packets}};
}

json::object campaign_json(const SeenCampaign& one) {
  return {{"ports", ports_json(one.ports)}, {"first", format_time(one.first)},
          {"last", format_time(one.last)},  {"sources", one.sources},
          {"packets", one.packets},         {"tool", one.tool}};
}

template <typename T>
json::array list_json(const std::vector<T>& list, json::object (*write)(const T&)) {
  json::array out;
  for (const T& one : list) out.push_back(write(one));
  return out;
}

json::object found_json(const LineFound& found) {
  return {{"attacks", list_json(found.attacks, attack_json)},
          {"ours", list_json(found.ours, source_json)},
          {"busiest", list_json(found.busiest, source_json)},
          {"countries", list_json(found.countries, origin_json)},
          {"systems", list_json(found.systems, origin_json)},
          {"campaigns", list_json(found.campaigns, campaign_json)},
          {"pseudonyms", found.pseudonyms}};
}

Time moment(const Node& node) {
  const auto at = parse_time(node.string());
  if (!at) node.report("時刻ではありません。", "this is no time.");
  return at.value_or(Time());
}

Address address(const Node& node) {
  const auto read = read_address(node.string());
  if (!read) node.report("アドレスではありません。", "this is no address.");
  return read.value_or(Address());
}

std::int64_t count(const Node& node) { return node.integer(0, std::int64_t{1} << 53U); }

/// May be empty.
std::string word(const Node& node) {
  const auto* text = node.value().if_string();
  if (text == nullptr) node.report("文字列ではありません。", "this is not text.");
  return text == nullptr ? std::string() : printable(std::string_view(*text), 100);
}

std::vector<std::uint16_t> read_ports(const Node& node) {
  std::vector<std::uint16_t> ports;
  for (const Node& port : node.items())
    ports.push_back(static_cast<std::uint16_t>(port.integer(0, 65'535)));
  return ports;
}

SeenSource read_source(const Node& node) {
  node.only({"address", "packets", "first", "last", "tool", "scanner", "country", "ports"});
  return {address(node.at("address")), count(node.at("packets")),   moment(node.at("first")),
          moment(node.at("last")),     word(node.at("tool")),       word(node.at("scanner")),
          word(node.at("country")),    read_ports(node.at("ports"))};
}

OriginLine read_origin(const Node& node) {
  node.only({"name", "sources", "packets"});
  return {word(node.at("name")), static_cast<std::size_t>(count(node.at("sources"))),
          static_cast<std::uint64_t>(count(node.at("packets")))};
}

SeenCampaign read_campaign(const Node& node) {
  node.only({"ports", "first", "last", "sources", "packets", "tool"});
  return {read_ports(node.at("ports")), moment(node.at("first")),  moment(node.at("last")),
          count(node.at("sources")),    count(node.at("packets")), word(node.at("tool"))};
}

std::vector<Node> at_most(const Node& node, std::size_t most) {
  auto items = node.items();
  if (items.size() <= most) return items;
  node.report("多すぎます。", "these are too many.");
  return {};
}

template <typename T>
std::vector<T> read_list(const Node& node, T (*read)(const Node&), std::size_t most = kMostFound) {
  std::vector<T> list;
  for (const Node& one : at_most(node, most)) list.push_back(read(one));
  return list;
}

SeenAttack read_attack(const Node& node) {
  node.only({"service", "server", "clients", "attempts", "first", "last", "peak", "distributed",
             "slow", "from"});
  SeenAttack one{word(node.at("service")),  address(node.at("server")),
                 count(node.at("clients")), count(node.at("attempts")),
                 moment(node.at("first")),  moment(node.at("last")),
                 moment(node.at("peak")),   node.at("distributed").boolean(),
                 node.at("slow").boolean(), {}};
  // Sensors before it was told of don't have it.
  if (const auto from = node.find("from")) one.from = read_list(*from, address, kMostClients);
  return one;
}

LineFound read_found(const Node& node) {
  node.only({"attacks", "ours", "busiest", "countries", "systems", "campaigns", "pseudonyms"});
  LineFound found;
  found.attacks = read_list(node.at("attacks"), read_attack);
  found.ours = read_list(node.at("ours"), read_source);
  found.busiest = read_list(node.at("busiest"), read_source);
  // Sensors before these were told of don't have them.
  if (const auto list = node.find("countries"))
    found.countries = read_list(*list, read_origin, kMostCountries);
  if (const auto list = node.find("systems")) found.systems = read_list(*list, read_origin);
  if (const auto list = node.find("campaigns")) found.campaigns = read_list(*list, read_campaign);
  if (const auto pseudonyms = node.find("pseudonyms")) found.pseudonyms = pseudonyms->boolean();
  return found;
}

/// The start of a period between 2000 and 2100: what a clock that was never set says is refused.
Time start(const Node& node, Period period) {
  static const Time kFirst = *parse_time("2000-01-01T00:00:00Z");
  static const Time kLast = *parse_time("2100-01-01T00:00:00Z");
  const Time at = moment(node);
  if (at < kFirst || at >= kLast || start_of(period, at) != at)
    node.report("期間の始まりではありません。", "no period begins then.");
  return at;
}

SeenSource seen(const SourceLine& line) {
  const SourceRecord& one = line.record;
  return {one.address,
          one.packets,
          Time(std::chrono::seconds(one.first)),
          Time(std::chrono::seconds(one.last)),
          std::string(tool_name(one.tool)),
          line.scanner == nullptr ? std::string() : line.scanner->name,
          line.place.country,
          {one.ports.begin(), one.ports.begin() + one.ports_known}};
}

}  // namespace

std::string write_task(const SensorTask& task) {
  std::string key(16, '\0');
  std::memcpy(key.data(), &task.key.first, 8);
  std::memcpy(key.data() + 8, &task.key.second, 8);
  json::array ours;
  for (const Network& network : task.ours) ours.emplace_back(network_text(network));
  json::array portals;
  for (const Portal& portal : task.portals) portals.emplace_back(portal_text(portal));
  return json::serialize(json::object{
      {"key", base64url(key)}, {"ours", std::move(ours)}, {"portals", std::move(portals)}});
}

Result<SensorTask> read_task(std::string_view text) {
  return read_json<SensorTask>(text, kLimits, [](const Node& node) {
    node.only({"key", "ours", "portals"});
    SensorTask task;
    const auto key = from_base64url(node.at("key").string());
    if (key && key->size() == 16)
      task.key = hash_key(*key);
    else
      node.at("key").report("鍵ではありません。", "this is no key.");
    for (const Node& one : at_most(node.at("ours"), 1000)) {
      if (const auto network = read_network(one.string()))
        task.ours.push_back(*network);
      else
        one.report("ネットワークではありません。", "this is no network.");
    }
    if (const auto portals = node.find("portals"))
      for (const Node& one : at_most(*portals, kMostPortals)) {
        if (const auto portal = read_portal(one.string()))
          task.portals.push_back(*portal);
        else
          one.report("アドレスではありません。", "this is no address.");
      }
    return task;
  });
}

std::string write_piece(const LinePiece& piece) {
  json::array minutes;
  for (const auto& [start, tally] : piece.minutes)
    minutes.push_back(json::object{{"start", format_time(start)}, {"tally", base64url(tally)}});
  json::array logins;
  for (const LoginCount& one : piece.logins)
    logins.push_back(json::object{
        {"service", one.service}, {"hour", format_time(one.hour)}, {"attempts", one.attempts}});
  return json::serialize(json::object{
      {"sequence", piece.sequence},
      {"seconds", piece.seconds},
      {"dropped", piece.dropped},
      {"minutes", std::move(minutes)},
      {"logins", std::move(logins)},
      {"found", piece.found ? json::value(found_json(*piece.found)) : json::value(nullptr)}});
}

Result<LinePiece> read_piece(std::string_view text) {
  return read_json<LinePiece>(text, kLimits, [](const Node& node) {
    node.only({"sequence", "seconds", "dropped", "minutes", "logins", "found"});
    LinePiece piece;
    piece.sequence = node.at("sequence").integer(1, INT64_MAX - 1);
    piece.seconds = node.at("seconds").integer(0, 1'000'000'000);
    piece.dropped = count(node.at("dropped"));
    for (const Node& one : at_most(node.at("minutes"), kMostMinutes)) {
      one.only({"start", "tally"});
      auto tally = from_base64url(one.at("tally").string());
      if (!tally) one.at("tally").report("base64url ではありません。", "this is no base64url.");
      piece.minutes.push_back(
          {start(one.at("start"), Period::minute), std::move(tally).value_or("")});
    }
    for (const Node& one : at_most(node.at("logins"), kMostLogins)) {
      one.only({"service", "hour", "attempts"});
      piece.logins.push_back({word(one.at("service")), start(one.at("hour"), Period::hour),
                              count(one.at("attempts"))});
    }
    if (const auto found = node.find("found")) piece.found = read_found(*found);
    return piece;
  });
}

std::string write_found(const LineFound& found) { return json::serialize(found_json(found)); }

Result<LineFound> read_found(std::string_view text) {
  return read_json<LineFound>(text, kLimits, [](const Node& node) { return read_found(node); });
}

LineFound found_of(const SourcesSummary& sources, const std::vector<Attack>& attacks,
                   const LineNames& names) {
  LineFound found;
  for (const Attack& one : attacks) {
    if (found.attacks.size() == kMostFound) break;
    found.attacks.push_back(
        {names.logins[one.service].id,
         one.server,
         static_cast<std::int64_t>(one.clients.size()),
         static_cast<std::int64_t>(one.attempts),
         one.first,
         one.last,
         one.peak,
         one.distributed,
         one.slow,
         {one.clients.begin(), one.clients.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                         one.clients.size(), kMostClients))}});
  }
  const auto take = [](const std::vector<SourceLine>& from, std::vector<SeenSource>& to) {
    for (const SourceLine& line : from)
      if (to.size() < kMostFound) to.push_back(seen(line));
  };
  take(sources.ours, found.ours);
  take(sources.top, found.busiest);
  const auto first = [](const std::vector<OriginLine>& from, std::size_t most) {
    return std::vector<OriginLine>(
        from.begin(), from.begin() + static_cast<std::ptrdiff_t>(std::min(most, from.size())));
  };
  found.countries = first(sources.countries, kMostCountries);
  found.systems = first(sources.systems, kMostFound);
  for (const Campaign& one : sources.campaigns) {
    if (found.campaigns.size() == kMostFound) break;
    found.campaigns.push_back(
        {one.ports, one.first, one.last, static_cast<std::int64_t>(one.sources),
         static_cast<std::int64_t>(one.packets), std::string(tool_name(one.tool))});
  }
  return found;
}

std::string_view tool_name(Tool tool) {
  constexpr std::string_view kNames[kTools] = {"", "Mirai", "ZMap", "Masscan", "Nmap"};
  return kNames[static_cast<std::size_t>(tool)];
}

}  // namespace sekisho
