// SPDX-License-Identifier: Apache-2.0
// The forms for people at a terminal and for programs.
#include "report/line/line.h"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cmath>
#include <iterator>

namespace sekisho {
namespace {

namespace json = boost::json;

double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::uint64_t nearest(double number) { return static_cast<std::uint64_t>(std::llround(number)); }

constexpr std::string_view kPurposeIds[kPurposes] = {
    "tcp_scan", "tcp_backscatter", "tcp_other", "udp", "icmp", "other"};

json::object summary_json(const LineSummary& summary, const LineNames& names) {
  json::object out{{"packets", summary.all.packets},
                   {"bytes", summary.all.bytes},
                   {"sources", nearest(summary.sources)},
                   {"targets", nearest(summary.targets)}};
  json::array top;
  for (const PortLine& port : summary.top)
    top.emplace_back(
        json::object{{"protocol", protocol_id(port.protocol)},
                     {"port", port.port},
                     {"service", names.service(port.protocol, port.port)},
                     {"packets", port.count.packets},
                     {"bytes", port.count.bytes},
                     {"sources", nearest(port.sources)},
                     {"targets", nearest(port.targets)},
                     {"before", port.before ? json::value(*port.before) : json::value(nullptr)}});
  out["top"] = std::move(top);
  out["other_ports"] = summary.other_ports;
  out["without_ports"] = summary.without_ports;
  json::object purposes;
  for (std::size_t i = 0; i < kPurposes; ++i) purposes[kPurposeIds[i]] = summary.purposes[i];
  out["purposes"] = std::move(purposes);
  json::object tools;
  for (std::size_t i = 1; i < kTools; ++i) tools[kToolIds[i]] = summary.tools[i];
  out["tools"] = std::move(tools);
  json::object groups;
  for (const GroupLine& group : summary.groups) groups[group.group->id] = group.packets;
  out["groups"] = std::move(groups);
  return out;
}

json::object source_json(const SourceLine& line, const Observation& seen) {
  const SourceRecord& one = line.record;
  json::array ports;
  for (std::size_t i = 0; i < one.ports_known; ++i) ports.emplace_back(one.ports[i]);
  return {
      {"address", seen.address(one.address)},
      {"packets", one.packets},
      {"first", format_time(Time(std::chrono::seconds(one.first)))},
      {"last", format_time(Time(std::chrono::seconds(one.last)))},
      {"tool", kToolIds[static_cast<std::size_t>(one.tool)]},
      {"scanner", line.scanner == nullptr ? json::value(nullptr) : json::value(line.scanner->name)},
      {"first_ports", std::move(ports)},
      {"different_ports", nearest(one.different_ports())},
      {"different_targets", nearest(one.different_targets())},
      {"in_order", one.in_order()},
      {"scans", one.scans > 0}};
}

json::value maybe(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

class Words {
 public:
  Words(const Observation& seen, const TextStyle& style) : seen_(seen), style_(style) {}

  std::string all() {
    head();
    ports();
    kinds();
    periods();
    risen();
    attacks();
    sources();
    frames();
    return std::move(out_);
  }

 private:
  std::string tr(std::string_view ja, std::string_view en) const {
    return std::string(style_.lang == Lang::ja ? ja : en);
  }
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }
  void title(const std::string& text) {
    add("\n{}\n", style_.colour ? "\x1b[1m" + text + "\x1b[0m" : text);
  }

  void head() {
    const LineSummary& all = seen_.all;
    if (all.all.packets == 0) {
      add("{}\n", tr("数えられるパケットはありませんでした。", "There was no packet to count."));
      return;
    }
    add("{} – {}\n", format_minute(seen_.first), format_minute(seen_.last));
    if (const std::string stray = stray_text(seen_, style_.lang); !stray.empty())
      add("{}\n", stray);
    add("{} {}  {} {}\n", tr("パケット", "packets"), grouped(static_cast<double>(all.all.packets)),
        tr("バイト", "bytes"), grouped(static_cast<double>(all.all.bytes)));
    const auto about = [&](double number) {
      return number > WholeSketch::kMostExact
                 ? fmt::format("{} (±{:.1f} %)", grouped(number), WholeSketch::error() * 100)
                 : grouped(number);
    };
    add("{} {}  {} {}\n", tr("送信元", "sources"), about(all.sources), tr("宛先", "targets"),
        about(all.targets));
    if (!seen_.pace) return;
    const Pace& pace = *seen_.pace;
    std::string from = extrapolated_from(pace, style_.lang);
    if (!from.empty()) from = tr("、" + from + "からの換算", ", extrapolated from " + from);
    add("{}\n",
        tr(fmt::format("1 アドレスあたり 1 年に {} パケット（{} 秒に 1 個{}）、{} アドレス{}",
                       grouped(pace.per_address_and_year), between_text(pace), from,
                       grouped(pace.addresses), pace.addresses_known ? "" : "（宛先になったもの）"),
           fmt::format("{} packets a year for each address (one every {} s{}), {} addresses{}",
                       grouped(pace.per_address_and_year), between_text(pace), from,
                       grouped(pace.addresses),
                       pace.addresses_known ? "" : " (those that were sent to)")));
  }

  void ports() {
    const LineSummary& all = seen_.all;
    if (all.top.empty()) return;
    title(tr("宛先ポート", "Destination ports"));
    const std::uint64_t packets = all.all.packets;
    for (std::size_t i = 0; i < all.top.size(); ++i) {
      const PortLine& port = all.top[i];
      add("{:>3} {} {:>15} {:5.1f} %  {} {}\n", i + 1,
          pad_to(port_name(port.protocol, port.port, seen_.names), 30),
          grouped(static_cast<double>(port.count.packets)),
          share(port.count.packets, packets) * 100, tr("送信元", "sources"), grouped(port.sources));
    }
    const auto rest = [&](const std::string& name, std::uint64_t count) {
      if (count > 0)
        add("    {} {:>15} {:5.1f} %\n", pad_to(name, 30), grouped(static_cast<double>(count)),
            share(count, packets) * 100);
    };
    rest(tr("その他のポート", "other ports"), all.other_ports);
    rest(tr("ポートなし（ICMP など）", "without ports (ICMP etc.)"), all.without_ports);
  }

  void kinds() {
    const LineSummary& all = seen_.all;
    if (all.all.packets == 0) return;
    title(tr("種類", "Kinds"));
    const auto row = [&](const std::string& name, std::uint64_t count) {
      if (count > 0)
        add("    {} {:>15} {:5.1f} %\n", pad_to(name, 30), grouped(static_cast<double>(count)),
            share(count, all.all.packets) * 100);
    };
    for (std::size_t i = 0; i < kPurposes; ++i)
      row(purpose_name(static_cast<Purpose>(i), style_.lang), all.purposes[i]);
    title(tr("目的別", "By group"));
    for (const GroupLine& group : all.groups) row(group.group->name.in(style_.lang), group.packets);
    if (std::ranges::all_of(std::span(all.tools).subspan(1), [](auto count) { return count == 0; }))
      return;
    title(tr("道具の印", "Marks of tools"));
    for (std::size_t i = 1; i < kTools; ++i)
      row(std::string(tool_name(static_cast<Tool>(i))), all.tools[i]);
  }

  void periods() {
    if (seen_.periods.size() < 2) return;
    title(tr("期間別", "By period"));
    const auto change = [](const std::optional<double>& number) {
      return number ? fmt::format("{:+8.1f} %", *number * 100) : std::string(10, ' ');
    };
    for (const PeriodLine& line : seen_.periods) {
      const PortLine* first = line.summary.top.empty() ? nullptr : line.summary.top.data();
      add("    {} {:>15} {} {}  {}\n", pad_to(period_name(seen_.by, line.start), 17),
          grouped(static_cast<double>(line.summary.all.packets)), change(line.against_before),
          change(line.against_year),
          first == nullptr ? std::string() : port_name(first->protocol, first->port, seen_.names));
    }
  }

  void risen() {
    const Risen risen = risen_in(seen_.periods);
    if (risen.ports.empty()) return;
    title(tr("増えたポート（", "Ports that rose (") + period_name(seen_.by, risen.period->start) +
          tr("、前の期間と比べて）", ", against the period before)"));
    for (const auto& [port, change] : risen.ports)
      add("    {} {:>15} {:>12}\n", pad_to(port_name(port->protocol, port->port, seen_.names), 30),
          grouped(static_cast<double>(port->count.packets)),
          change ? fmt::format("{:+.0f} %", *change * 100) : tr("新規", "new"));
  }

  void open_scanners() {
    const std::uint64_t all = seen_.all.all.packets;
    if (seen_.frames.scanners == 0 || all == 0) return;
    title(tr("公開の調査のための走査", "Scans of those who scan in the open"));
    const auto row = [&](const std::string& name, std::uint64_t count) {
      add("    {} {:>15} {:5.1f} %\n", pad_to(name, 30), grouped(static_cast<double>(count)),
          share(count, all) * 100);
    };
    row(tr("合計", "in all"), seen_.frames.scanners);
    row(tr("それを除いたパケット", "packets without them"),
        all - std::min(all, seen_.frames.scanners));
    for (const auto& [scanner, packets] : seen_.sources.scanners)
      row("  " + scanner->name, packets);
  }

  void sources() {
    if (!seen_.sources.ours.empty()) {
      title(tr("自社のアドレスから届いたもの（すぐ調べてください）",
               "Coming from your own addresses (look into it now)"));
      for (const SourceLine& line : seen_.sources.ours) source(line);
    }
    if (seen_.sources.top.empty()) return;
    title(tr("送信元", "Sources"));
    for (const SourceLine& line : seen_.sources.top) source(line);
    open_scanners();
    origins(tr("国（追っている送信元）", "Countries (of sources that are followed)"),
            seen_.sources.countries);
    origins(tr("AS（追っている送信元）", "Autonomous systems (of sources that are followed)"),
            seen_.sources.systems);
    if (!seen_.sources.campaigns.empty())
      title(tr("まとまって始まったもの", "What began together"));
    for (const Campaign& one : seen_.sources.campaigns)
      add("    {}  {} {}  {} {}  {}{}\n", format_minute(one.first), tr("送信元", "sources"),
          one.sources, tr("パケット", "packets"), grouped(static_cast<double>(one.packets)),
          port_list(one.ports),
          one.tool == Tool::none ? std::string() : fmt::format("  {}", tool_name(one.tool)));
  }

  void attacks() {
    if (seen_.one_direction) add("\n{}\n", one_direction_text().in(style_.lang));
    if (seen_.cut_short) add("\n{}\n", cut_short_text().in(style_.lang));
    if (seen_.attacks.empty()) return;
    title(tr("総当たり（パスワードを試している）", "Brute force (somebody tries passwords)"));
    for (const Attack& one : seen_.attacks) {
      add("    {} → {}  {} {}  {} – {}{}\n", seen_.names.logins[one.service].name.in(style_.lang),
          seen_.address(one.server), tr("試み", "attempts"),
          grouped(static_cast<double>(one.attempts)), format_minute(one.first),
          format_minute(one.last),
          one.distributed ? tr("  多くの送信元から", "  from many sources")
          : one.slow      ? tr("  ゆっくり", "  slowly")
                          : std::string());
      std::string clients;
      for (std::size_t i = 0; i < std::min<std::size_t>(one.clients.size(), 5); ++i)
        clients += (clients.empty() ? "" : ", ") + seen_.address(one.clients[i]);
      add("        {} {}: {}{}\n", tr("送信元", "sources"), one.clients.size(), clients,
          one.clients.size() > 5 ? ", …" : "");
    }
  }

  void origins(const std::string& name, const std::vector<OriginLine>& lines) {
    if (lines.empty()) return;
    title(name);
    for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 20); ++i)
      add("    {} {:>15}  {} {}\n",
          pad_to(lines[i].name.empty() ? tr("不明", "not known") : lines[i].name, 30),
          grouped(static_cast<double>(lines[i].packets)), tr("送信元", "sources"),
          lines[i].sources);
  }

  std::string port_list(std::span<const std::uint16_t> ports) const {
    if (ports.empty()) return tr("多くのポート", "many ports");
    std::string list;
    for (const std::uint16_t port : ports) list += (list.empty() ? "" : ",") + std::to_string(port);
    return list;
  }

  void source(const SourceLine& line) {
    const SourceRecord& one = line.record;
    std::string what = port_list({one.ports.data(), one.ports_known});
    if (one.different_ports() > one.ports_known + 0.5) what += ",…";
    if (one.tool != Tool::none) what += fmt::format("  {}", tool_name(one.tool));
    if (line.scanner != nullptr) what += "  " + line.scanner->name;
    if (!line.place.country.empty()) what += "  " + line.place.country;
    if (one.in_order()) what += tr("  順に走査", "  in order");
    add("    {} {:>12}  {}\n", pad_to(seen_.address(one.address), 30),
        grouped(static_cast<double>(one.packets)), what);
  }

  void frames() {
    const FrameCounts& frames = seen_.frames;
    std::vector<std::string> left;
    const auto note = [&](std::uint64_t count, std::string_view ja, std::string_view en) {
      if (count > 0)
        left.push_back(fmt::format("{} {}", tr(ja, en), grouped(static_cast<double>(count))));
    };
    note(frames.elsewhere, "対象のネットワーク宛てでない", "not to the observed networks");
    note(frames.filtered, "指定に当てはまらない", "not asked for");
    note(frames.not_ip, "IP でない", "not IP");
    note(frames.cut_short, "途中で切れている", "cut short");
    note(frames.malformed, "矛盾している", "malformed");
    note(frames.unknown_link, fmt::format("知らない形式（{}）のリンク", frames.unknown_type),
         fmt::format("of an unknown link type ({})", frames.unknown_type));
    note(seen_.corrupt, "壊れた記録", "corrupt records");
    note(seen_.dropped, "受け取りきれなかった", "dropped by the kernel");
    note(static_cast<std::uint64_t>(seen_.dark_seconds), "通信が途絶えていた秒数",
         "seconds in which the line was down");
    if (!left.empty()) {
      title(tr("数えなかったもの", "Not counted"));
      for (const std::string& line : left) add("    {}\n", line);
    }
  }

  const Observation& seen_;
  const TextStyle& style_;
  std::string out_;
};

}  // namespace

std::string purpose_name(Purpose purpose, Lang lang) {
  static const Text kNames[kPurposes] = {
      {"TCP 接続の試み（走査）", "TCP connection attempts (scans)"},
      {"TCP 跳ね返り", "TCP backscatter"},
      {"TCP その他", "TCP, other"},
      {"UDP", "UDP"},
      {"ICMP", "ICMP"},
      {"その他のプロトコル", "other protocols"}};
  return kNames[static_cast<std::size_t>(purpose)].in(lang);
}

std::string period_name(Period period, Time start) {
  const std::string text = format_time(start);  // 2026-11-25T04:30:00Z
  if (period == Period::year) return text.substr(0, 4);
  if (period == Period::month) return text.substr(0, 7);
  if (period == Period::day) return text.substr(0, 10);
  return text.substr(0, 10) + " " + text.substr(11, 5);
}

std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string stray_text(const Observation& seen, Lang lang) {
  if (seen.stray.packets == 0) return {};
  const auto minute = [](std::int64_t ns) {
    return format_minute(Time(std::chrono::seconds(ns / 1'000'000'000)));
  };
  const std::string first = minute(seen.stray.first_ns);
  const std::string last = minute(seen.stray.last_ns);
  const std::string when = first == last ? first : first + " – " + last;
  return lang == Lang::ja
             ? fmt::format(
                   "日時がほかと大きく離れたパケットが {} 個あります（{}）。期間と 1 "
                   "年あたりの数には含めていません。",
                   seen.stray.packets, when)
             : fmt::format(
                   "{} packets are dated far from all others ({}): they are left out of "
                   "the time span and of figures by the year.",
                   seen.stray.packets, when);
}

Text cut_short_text() {
  return {
      "フレームが途中までしか取られていません。パスワードを試されているかどうかは分かりません（tcpd"
      "ump "
      "なら -s を付けないか、-s 600 以上で取ってください）。",
      "Frames were captured too short: whether somebody tries passwords cannot be told (with "
      "tcpdump, leave out -s or give 600 or more)."};
}

Text one_direction_text() {
  return {
      "片方向の通信しか見えていません。パスワードを試されているかどうかは分かりません（両方向が"
      "見えるミラーポート、またはそのサーバーやゲートウェイで見てください）。",
      "Only one direction is seen: whether somebody tries passwords cannot be told (watch a "
      "mirror port that has both, or on the server or gateway itself)."};
}

std::string extrapolated_from(const Pace& pace, Lang lang) {
  constexpr double kDay = 86'400;
  if (pace.seconds >= 365 * kDay) return {};
  const auto say = [&](double number, const char* ja, const char* en) {
    return fmt::format("{:.3g} {}", number, lang == Lang::ja ? ja : en);
  };
  if (pace.seconds < 120) return say(pace.seconds, "秒", "s");
  if (pace.seconds < 7'200) return say(pace.seconds / 60, "分", "minutes");
  if (pace.seconds < 2 * kDay) return say(pace.seconds / 3'600, "時間", "hours");
  return say(pace.seconds / kDay, "日", "days");
}

std::string between_text(const Pace& pace) {
  return pace.seconds_between < 0.95 ? fmt::format("{:.2g}", pace.seconds_between)
                                     : fmt::format("{:.1f}", pace.seconds_between);
}

std::string observation_text(const Observation& seen, const TextStyle& style) {
  return Words(seen, style).all();
}

std::string observation_json(const Observation& seen) {
  json::object out{{"version", 1},
                   {"first", seen.all.all.packets == 0 ? json::value(nullptr)
                                                       : json::value(format_time(seen.first))},
                   {"last", seen.all.all.packets == 0 ? json::value(nullptr)
                                                      : json::value(format_time(seen.last))}};
  out["stray"] = nullptr;
  if (seen.stray.packets > 0)
    out["stray"] = json::object{
        {"packets", seen.stray.packets},
        {"first", format_time(Time(std::chrono::seconds(seen.stray.first_ns / 1'000'000'000)))},
        {"last", format_time(Time(std::chrono::seconds(seen.stray.last_ns / 1'000'000'000)))}};
  out["all"] = summary_json(seen.all, seen.names);
  out["pace"] = nullptr;
  if (seen.pace)
    out["pace"] = json::object{{"seconds", seen.pace->seconds},
                               {"addresses", seen.pace->addresses},
                               {"addresses_known", seen.pace->addresses_known},
                               {"packets_per_address_and_year", seen.pace->per_address_and_year},
                               {"seconds_between_packets", seen.pace->seconds_between}};
  out["by"] = kPeriodNames[static_cast<std::size_t>(seen.by)].first;
  json::array periods;
  for (const PeriodLine& line : seen.periods) {
    json::object one = summary_json(line.summary, seen.names);
    one["start"] = format_time(line.start);
    one["against_before"] = maybe(line.against_before);
    one["against_year"] = maybe(line.against_year);
    periods.emplace_back(std::move(one));
  }
  out["periods"] = std::move(periods);
  json::array rose;
  const Risen risen = risen_in(seen.periods);
  for (const auto& [port, change] : risen.ports)
    rose.emplace_back(json::object{{"protocol", protocol_id(port->protocol)},
                                   {"port", port->port},
                                   {"packets", port->count.packets},
                                   {"growth", maybe(change)}});
  out["rose"] = json::object{
      {"start", risen.period == nullptr ? json::value(nullptr)
                                        : json::value(format_time(risen.period->start))},
      {"ports", std::move(rose)}};
  json::array top;
  for (const SourceLine& line : seen.sources.top) top.emplace_back(source_json(line, seen));
  json::array ours;
  for (const SourceLine& line : seen.sources.ours) ours.emplace_back(source_json(line, seen));
  json::array campaigns;
  for (const Campaign& one : seen.sources.campaigns) {
    json::array ports;
    for (const std::uint16_t port : one.ports) ports.emplace_back(port);
    campaigns.emplace_back(json::object{{"first", format_time(one.first)},
                                        {"last", format_time(one.last)},
                                        {"sources", one.sources},
                                        {"packets", one.packets},
                                        {"ports", std::move(ports)},
                                        {"tool", kToolIds[static_cast<std::size_t>(one.tool)]}});
  }
  const auto origins = [](const std::vector<OriginLine>& lines) {
    json::array list;
    for (const OriginLine& line : lines)
      list.emplace_back(
          json::object{{"name", line.name.empty() ? json::value(nullptr) : json::value(line.name)},
                       {"sources", line.sources},
                       {"packets", line.packets}});
    return list;
  };
  json::object scanners;
  for (const auto& [scanner, packets] : seen.sources.scanners) scanners[scanner->name] = packets;
  out["sources"] = json::object{{"followed", seen.sources.followed},
                                {"packets_of_followed", seen.sources.packets},
                                {"top", std::move(top)},
                                {"scanners", std::move(scanners)},
                                {"packets_of_scanners", seen.frames.scanners},
                                {"campaigns", std::move(campaigns)},
                                {"ours", std::move(ours)},
                                {"countries", origins(seen.sources.countries)},
                                {"systems", origins(seen.sources.systems)}};
  json::array attacks;
  for (const Attack& one : seen.attacks) {
    json::array clients;
    for (const Address& client : one.clients) clients.emplace_back(seen.address(client));
    attacks.emplace_back(json::object{{"service", seen.names.logins[one.service].id},
                                      {"server", seen.address(one.server)},
                                      {"sources", std::move(clients)},
                                      {"attempts", one.attempts},
                                      {"first", format_time(one.first)},
                                      {"last", format_time(one.last)},
                                      {"peak", format_time(one.peak)},
                                      {"at_peak", one.at_peak},
                                      {"distributed", one.distributed},
                                      {"slow", one.slow}});
  }
  out["attacks"] = std::move(attacks);
  json::array attempts;
  for (const auto& [at, count] : seen.attempts)
    attempts.emplace_back(json::object{{"service", seen.names.logins[at.first].id},
                                       {"hour", format_time(at.second)},
                                       {"attempts", count}});
  out["login_attempts"] = std::move(attempts);
  out["frames"] = json::object{
      {"seen", seen.frames.frames},
      {"counted", seen.frames.counted},
      {"elsewhere", seen.frames.elsewhere},
      {"filtered", seen.frames.filtered},
      {"not_ip", seen.frames.not_ip},
      {"cut_short", seen.frames.cut_short},
      {"malformed", seen.frames.malformed},
      {"unknown_link", seen.frames.unknown_link},
      {"unknown_link_type", seen.frames.unknown_link == 0 ? json::value(nullptr)
                                                          : json::value(seen.frames.unknown_type)},
      {"corrupt_records", seen.corrupt},
      {"dropped", seen.dropped},
      {"outgoing", seen.frames.outgoing},
      {"dark_seconds", seen.dark_seconds}};
  out["one_direction"] = seen.one_direction;
  out["cut_short"] = seen.cut_short;
  return json::serialize(out) + "\n";
}

std::string observation_csv(const Observation& seen) {
  std::string out = "period,start,protocol,port,service,packets,bytes,sources,targets\r\n";
  for (const PeriodLine& line : seen.periods) {
    const auto row = [&](std::string_view protocol, std::string_view port, std::string_view service,
                         const LineTally::Count& count, double sources, double targets) {
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{:.0f},{:.0f}\r\n",
                     kPeriodNames[static_cast<std::size_t>(seen.by)].first, format_time(line.start),
                     protocol, port, service, count.packets, count.bytes, sources, targets);
    };
    for (const PortLine& port : line.summary.top)
      row(protocol_id(port.protocol), std::to_string(port.port),
          seen.names.service(port.protocol, port.port), port.count, port.sources, port.targets);
    row("all", "", "", line.summary.all, line.summary.sources, line.summary.targets);
  }
  return out;
}

std::string observation_prometheus(const Observation& seen) {
  std::string out;
  const auto metric = [&](std::string_view name, std::string_view kind, std::string_view help) {
    fmt::format_to(std::back_inserter(out),
                   "# HELP sekisho_line_{0} {1}\n# TYPE sekisho_line_{0} {2}\n", name, help, kind);
  };
  const auto value = [&](std::string_view name, std::string_view labels, double number) {
    fmt::format_to(std::back_inserter(out), "sekisho_line_{}{} {}\n", name, labels, number);
  };
  const auto whole = [](std::uint64_t number) { return static_cast<double>(number); };
  metric("packets_total", "counter", "Packets counted.");
  value("packets_total", "", whole(seen.all.all.packets));
  metric("bytes_total", "counter", "Bytes of the packets counted.");
  value("bytes_total", "", whole(seen.all.all.bytes));
  metric("sources", "gauge", "Different sources (HyperLogLog).");
  value("sources", "", std::round(seen.all.sources));
  metric("targets", "gauge", "Different targets (HyperLogLog).");
  value("targets", "", std::round(seen.all.targets));
  metric("port_packets_total", "counter", "Packets to the busiest ports, and to all others.");
  for (const PortLine& port : seen.all.top)
    value("port_packets_total",
          fmt::format("{{protocol=\"{}\",port=\"{}\"}}", protocol_id(port.protocol), port.port),
          whole(port.count.packets));
  value("port_packets_total", "{protocol=\"any\",port=\"other\"}", whole(seen.all.other_ports));
  value("port_packets_total", "{protocol=\"any\",port=\"none\"}", whole(seen.all.without_ports));
  metric("kind_packets_total", "counter", "Packets by what they are for.");
  for (std::size_t i = 0; i < kPurposes; ++i)
    value("kind_packets_total", fmt::format("{{kind=\"{}\"}}", kPurposeIds[i]),
          whole(seen.all.purposes[i]));
  metric("tool_packets_total", "counter", "Packets that bear a scanning program's mark.");
  for (std::size_t i = 1; i < kTools; ++i)
    value("tool_packets_total", fmt::format("{{tool=\"{}\"}}", kToolIds[i]),
          whole(seen.all.tools[i]));
  metric("login_attempts_total", "counter", "Attempts to sign in, by service.");
  std::map<std::uint8_t, std::uint64_t> logins;
  for (const auto& [at, count] : seen.attempts) logins[at.first] += count;
  for (const auto& [service, count] : logins)
    value("login_attempts_total", fmt::format("{{service=\"{}\"}}", seen.names.logins[service].id),
          whole(count));
  metric("uncounted_frames_total", "counter", "Frames that were not counted, by reason.");
  const FrameCounts& frames = seen.frames;
  for (const auto& [reason, count] : {std::pair("elsewhere", frames.elsewhere),
                                      {"not_ip", frames.not_ip},
                                      {"cut_short", frames.cut_short},
                                      {"malformed", frames.malformed},
                                      {"unknown_link", frames.unknown_link},
                                      {"corrupt", seen.corrupt},
                                      {"dropped", seen.dropped}})
    value("uncounted_frames_total", fmt::format("{{reason=\"{}\"}}", reason), whole(count));
  return out;
}

}  // namespace sekisho
