// SPDX-License-Identifier: Apache-2.0
// An observation as one page that needs nothing else: to be opened, printed or handed on.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "report/html_text.h"
#include "report/line/line.h"
#include "report/style.h"

namespace sekisho {
namespace {

constexpr std::string_view kOwnStyle = R"css(
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem;margin:1rem 0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem 1rem}.figures strong{display:block;font-size:1.5rem;line-height:1.3}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--soft)}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.5rem 0;font-size:.875rem}.key i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;border-radius:.15rem;vertical-align:-.05rem}
)css";

/// As many ports are told apart by colour as eyes can; Okabe and Ito's set, then grey for the rest.
constexpr std::string_view kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                         "#56b4e9", "#d55e00", "#f0e442", "#8c6bb1"};
constexpr std::string_view kRestColour = "#9aa5ae";
constexpr std::size_t kMostBars = 60;

class Page : HtmlWriter {
 public:
  Page(const Observation& seen, Lang lang) : HtmlWriter(lang), seen_(seen) {}

  std::string all() {
    head();
    if (seen_.all.all.packets == 0) {
      add("<p>{}</p>",
          tr("数えられるパケットはありませんでした。", "There was no packet to count."));
    } else {
      ours();
      figures();
      attacks();
      chart();
      ports();
      kinds();
      periods();
      sources();
    }
    frames();
    add(R"(<footer class="small soft"><p>{}</p></footer></div></body></html>)",
        tr("関所 Sekisho。時刻は UTC。送信元・宛先の数は、多いときは HyperLogLog "
           "による推定（全体の標準誤差 "
           "0.8 %、ポートごとは 6.5 %）。ペイロードは保存していません。",
           "Sekisho. Times are UTC. Numbers of sources and targets are estimates by HyperLogLog "
           "where "
           "they are large (standard error 0.8 % of all, 6.5 % of a port). No payload was kept."));
    return std::move(out_);
  }

 private:
  static std::string whole(std::uint64_t number) { return grouped(static_cast<double>(number)); }
  std::string percent(std::uint64_t part) const {
    return fmt::format(
        "{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(seen_.all.all.packets));
  }
  std::string port(const PortLine& line) const {
    return escaped(port_name(line.protocol, line.port, seen_.names));
  }

  void head() {
    const std::string title = tr("外部から届いた通信", "What arrived at the line");
    add(R"(<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">)",
        lang_ == Lang::ja ? "ja" : "en");
    add(R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{}</title><style>{}{}</style></head><body><div class="page"><header class="top"><h1>{}</h1>)",
        title, kStyleSheet, kOwnStyle, title);
    if (seen_.all.all.packets > 0)
      add(R"(<p class="meta">{} – {}</p>)", format_minute(seen_.first), format_minute(seen_.last));
    if (const std::string stray = stray_text(seen_, lang_); !stray.empty())
      add(R"(<p class="meta">{}</p>)", stray);
    out_ += "</header>";
  }

  void ours() {
    if (seen_.sources.ours.empty()) return;
    add(R"(<div class="verdict bad"><div><strong>{}</strong><p>{}</p><ul>)",
        tr("自社のアドレスが送信元に現れました", "Your own addresses show up as sources"),
        tr("その端末をネットワークから外し、マルウェアを調べてください。",
           "Take these machines off the line and look for malware."));
    for (const SourceLine& line : seen_.sources.ours)
      add("<li>{} ({})</li>", escaped(seen_.address(line.record.address)),
          whole(line.record.packets));
    out_ += "</ul></div></div>";
  }

  void figure(const std::string& value, const std::string& name) {
    add("<div><strong>{}</strong>{}</div>", value, name);
  }
  void figures() {
    out_ += R"(<div class="figures">)";
    figure(whole(seen_.all.all.packets), tr("パケット", "packets"));
    if (seen_.pace) {
      const std::string from = extrapolated_from(*seen_.pace, lang_);
      figure(grouped(seen_.pace->per_address_and_year),
             tr("1 アドレスあたり 1 年のパケット", "packets a year for each address") +
                 (from.empty()
                      ? ""
                      : tr("（" + from + "からの換算）", " (extrapolated from " + from + ")")));
      figure(fmt::format("{} {}", between_text(*seen_.pace), tr("秒", "s")),
             tr("に 1 個、1 アドレスに届く", "between packets to one address"));
    }
    figure(grouped(seen_.all.sources), tr("送信元", "sources"));
    figure(grouped(seen_.all.targets), tr("宛先", "targets"));
    out_ += "</div>";
  }

  /// The busiest ports of all, in the order of their colours.
  std::vector<PortLine> coloured() const {
    return {seen_.all.top.begin(),
            seen_.all.top.begin() +
                static_cast<std::ptrdiff_t>(std::min(std::size(kColours), seen_.all.top.size()))};
  }

  void chart() {
    if (seen_.periods.size() < 2) return;
    const std::size_t from =
        seen_.periods.size() > kMostBars ? seen_.periods.size() - kMostBars : 0;
    const std::span<const PeriodLine> lines = std::span(seen_.periods).subspan(from);
    std::uint64_t most = 1;
    for (const PeriodLine& line : lines) most = std::max(most, line.summary.all.packets);
    const auto ports = coloured();
    constexpr double kWidth = 900;
    constexpr double kHeight = 260;
    const double step = kWidth / static_cast<double>(lines.size());
    add(R"(<h2>{}</h2><svg viewBox="0 0 960 300" role="img" aria-label="{}">)",
        tr("期間ごとのパケット", "Packets by period"),
        tr("期間ごとのパケットを、多いポートで色分けした棒グラフ。数値は下の表にあります。",
           "Bars of packets by period, coloured by the busiest ports. The table below has the "
           "numbers."));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      double y = kHeight + 10;
      const auto bar = [&](std::uint64_t packets, std::string_view colour) {
        const double height = kHeight * static_cast<double>(packets) / static_cast<double>(most);
        y -= height;
        if (packets > 0)
          add(R"(<rect x="{:.1f}" y="{:.2f}" width="{:.1f}" height="{:.2f}" fill="{}"/>)",
              50 + step * static_cast<double>(i), y, std::max(step - 2, 0.5), height, colour);
      };
      std::uint64_t rest = lines[i].summary.all.packets;
      for (std::size_t p = 0; p < ports.size(); ++p) {
        const auto found = std::ranges::find_if(lines[i].summary.top, [&](const PortLine& one) {
          return one.protocol == ports[p].protocol && one.port == ports[p].port;
        });
        if (found == lines[i].summary.top.end()) continue;
        bar(found->count.packets, kColours[p]);
        rest -= found->count.packets;
      }
      bar(rest, kRestColour);
    }
    add(R"(<text x="46" y="18" text-anchor="end">{}</text><text x="46" y="270" text-anchor="end">0</text><text x="50" y="288">{}</text><text x="950" y="288" text-anchor="end">{}</text></svg><ul class="key">)",
        whole(most), period_name(seen_.by, lines.front().start),
        period_name(seen_.by, lines.back().start));
    for (std::size_t p = 0; p < ports.size(); ++p)
      add(R"(<li><i style="background:{}"></i>{}</li>)", kColours[p], port(ports[p]));
    add(R"(<li><i style="background:{}"></i>{}</li></ul>)", kRestColour, tr("その他", "other"));
  }

  void ports() {
    add(R"(<h2>{}</h2><div class="scroll"><table><tr><th class="n">#</th><th>{}</th><th class="n">{}</th><th class="n">{}</th><th class="n">{}</th><th class="n">{}</th></tr>)",
        tr("宛先ポート", "Destination ports"), tr("ポート", "Port"), tr("パケット", "Packets"),
        tr("割合", "Share"), tr("送信元", "Sources"), tr("宛先", "Targets"));
    for (std::size_t i = 0; i < seen_.all.top.size(); ++i) {
      const PortLine& line = seen_.all.top[i];
      add(R"(<tr><td class="n">{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td></tr>)",
          i + 1, port(line), whole(line.count.packets), percent(line.count.packets),
          grouped(line.sources), grouped(line.targets));
    }
    rest(tr("その他のポート", "Other ports"), seen_.all.other_ports);
    rest(tr("ポートなし（ICMP など）", "Without ports (ICMP etc.)"), seen_.all.without_ports);
    out_ += "</table></div>";
  }
  void rest(const std::string& name, std::uint64_t packets) {
    if (packets > 0)
      add(R"(<tr><td></td><td>{}</td><td class="n">{}</td><td class="n">{}</td><td></td><td></td></tr>)",
          name, whole(packets), percent(packets));
  }

  void kinds() {
    const auto table = [&](const std::string& title) {
      add(R"(<h2>{}</h2><div class="scroll"><table><tr><th>{}</th><th class="n">{}</th><th class="n">{}</th></tr>)",
          title, tr("種類", "Kind"), tr("パケット", "Packets"), tr("割合", "Share"));
    };
    const auto row = [&](const std::string& name, std::uint64_t packets) {
      if (packets > 0)
        add(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td></tr>)", escaped(name),
            whole(packets), percent(packets));
    };
    table(tr("何のためのものか", "What they are for"));
    for (std::size_t i = 0; i < kPurposes; ++i)
      row(purpose_name(static_cast<Purpose>(i), lang_), seen_.all.purposes[i]);
    for (std::size_t i = 1; i < kTools; ++i)
      row(tr("印: ", "mark of ") + std::string(tool_name(static_cast<Tool>(i))),
          seen_.all.tools[i]);
    out_ += "</table></div>";
    table(tr("狙われているもの", "What is aimed at"));
    for (const GroupLine& group : seen_.all.groups) row(group.group->name.in(lang_), group.packets);
    out_ += "</table></div>";
  }

  void periods() {
    if (seen_.periods.size() < 2) return;
    const auto change = [](const std::optional<double>& number) {
      return number ? fmt::format("{:+.1f} %", *number * 100) : std::string("–");
    };
    add(R"(<h2>{}</h2><div class="scroll"><table><tr><th>{}</th><th class="n">{}</th><th class="n">{}</th><th class="n">{}</th><th>{}</th></tr>)",
        tr("期間別", "By period"), tr("期間", "Period"), tr("パケット", "Packets"),
        tr("前の期間比", "Against the one before"), tr("前年比", "Against the year before"),
        tr("最も多いポート", "Busiest port"));
    for (const PeriodLine& line : seen_.periods)
      add(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>)",
          period_name(seen_.by, line.start), whole(line.summary.all.packets),
          change(line.against_before), change(line.against_year),
          line.summary.top.empty() ? std::string() : port(line.summary.top.front()));
    out_ += "</table></div>";
  }

  void sources() {
    if (seen_.sources.top.empty()) return;
    add(R"(<h2>{}</h2><div class="scroll"><table><tr><th>{}</th><th class="n">{}</th><th>{}</th><th>{}</th></tr>)",
        tr("送信元", "Sources"), tr("アドレス", "Address"), tr("パケット", "Packets"),
        tr("ポート", "Ports"), tr("特徴", "Marks"));
    for (const SourceLine& line : seen_.sources.top) {
      const SourceRecord& one = line.record;
      std::string ports;
      for (std::size_t i = 0; i < one.ports_known; ++i)
        ports += (ports.empty() ? "" : ", ") + std::to_string(one.ports[i]);
      if (one.different_ports() > one.ports_known + 0.5) ports += ", …";
      std::vector<std::string> marks;
      if (one.tool != Tool::none) marks.emplace_back(tool_name(one.tool));
      if (line.scanner != nullptr) marks.push_back(line.scanner->name);
      if (one.in_order()) marks.push_back(tr("順に走査", "in order"));
      if (!line.place.country.empty()) marks.push_back(line.place.country);
      add(R"(<tr><td>{}</td><td class="n">{}</td><td>{}</td><td>{}</td></tr>)",
          escaped(seen_.address(one.address)), whole(one.packets), ports,
          escaped(join(marks, ", ")));
    }
    out_ += "</table></div>";
    origins(tr("国", "Countries"), seen_.sources.countries);
    origins(tr("AS", "Autonomous systems"), seen_.sources.systems);
    if (seen_.sources.campaigns.empty()) return;
    add(R"(<h2>{}</h2><div class="scroll"><table><tr><th>{}</th><th class="n">{}</th><th class="n">{}</th><th>{}</th></tr>)",
        tr("まとまって始まったもの", "What began together"), tr("始まり", "Began"),
        tr("送信元", "Sources"), tr("パケット", "Packets"), tr("ポート", "Ports"));
    for (const Campaign& one : seen_.sources.campaigns) {
      std::string ports;
      for (const std::uint16_t number : one.ports)
        ports += (ports.empty() ? "" : ", ") + std::to_string(number);
      add(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td><td>{}</td></tr>)",
          format_minute(one.first), one.sources, whole(one.packets),
          ports.empty() ? tr("多くのポート", "many") : ports);
    }
    out_ += "</table></div>";
  }

  void attacks() {
    if (seen_.one_direction) add("<p>{}</p>", in(one_direction_text()));
    if (seen_.cut_short) add("<p>{}</p>", in(cut_short_text()));
    if (seen_.attacks.empty()) return;
    add(R"(<h2>{}</h2><p>{}</p><div class="scroll"><table><tr><th>{}</th><th>{}</th><th class="n">{}</th><th class="n">{}</th><th>{}</th><th>{}</th></tr>)",
        tr("総当たり", "Brute force"),
        tr("パスワードを試している者がいます。この入口をインターネットから閉じ、VPN "
           "と多要素認証の内側に移してください。",
           "Somebody tries passwords. Close this entrance to the internet and move it behind a VPN "
           "and a second factor."),
        tr("サービス", "Service"), tr("サーバー", "Server"), tr("試み", "Attempts"),
        tr("送信元", "Sources"), tr("期間", "From – to"), tr("特徴", "Marks"));
    for (const Attack& one : seen_.attacks)
      add(R"(<tr><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td><td>{} – {}</td><td>{}</td></tr>)",
          in(seen_.names.logins[one.service].name), escaped(seen_.address(one.server)),
          whole(one.attempts), one.clients.size(), format_minute(one.first),
          format_minute(one.last),
          one.distributed ? tr("多くの送信元から", "from many sources")
          : one.slow      ? tr("ゆっくり", "slow")
                          : std::string());
    out_ += "</table></div>";
  }

  void origins(const std::string& name, const std::vector<OriginLine>& lines) {
    if (lines.empty()) return;
    add(R"(<h2>{}</h2><p class="soft">{}</p><div class="scroll"><table><tr><th>{}</th><th class="n">{}</th><th class="n">{}</th></tr>)",
        name, tr("追っている送信元だけを数えています。", "Of the sources that are followed alone."),
        name, tr("送信元", "Sources"), tr("パケット", "Packets"));
    for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 30); ++i)
      add(R"(<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td></tr>)",
          lines[i].name.empty() ? tr("不明", "not known") : escaped(lines[i].name),
          lines[i].sources, whole(lines[i].packets));
    out_ += "</table></div>";
  }

  void frames() {
    const FrameCounts& frames = seen_.frames;
    const std::uint64_t left = frames.elsewhere + frames.not_ip + frames.cut_short +
                               frames.malformed + frames.unknown_link + seen_.corrupt +
                               seen_.dropped;
    if (left == 0) return;
    add(R"(<h2>{}</h2><p>{}</p>)", tr("数えなかったもの", "Not counted"),
        tr(fmt::format(
               "対象外 {}、IP でない {}、途中で切れている {}、矛盾している {}、知らない形式 "
               "{}、壊れた記録 {}、取りこぼし {}",
               whole(frames.elsewhere), whole(frames.not_ip), whole(frames.cut_short),
               whole(frames.malformed), whole(frames.unknown_link), whole(seen_.corrupt),
               whole(seen_.dropped)),
           fmt::format("not to the observed networks {}, not IP {}, cut short {}, malformed {}, "
                       "unknown link {}, corrupt records {}, dropped {}",
                       whole(frames.elsewhere), whole(frames.not_ip), whole(frames.cut_short),
                       whole(frames.malformed), whole(frames.unknown_link), whole(seen_.corrupt),
                       whole(seen_.dropped))));
  }

  const Observation& seen_;
};

}  // namespace

std::string observation_html(const Observation& seen, Lang lang) { return Page(seen, lang).all(); }

}  // namespace sekisho
