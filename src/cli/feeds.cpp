// SPDX-License-Identifier: Apache-2.0
// sekisho feeds: shows how old the feeds are, and replaces them from files or addresses.
#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "cli/app.h"
#include "cli/records.h"
#include "collect/feeds/renewal.h"
#include "collect/lists.h"

namespace sekisho {
namespace {

Result<void> take_from(const std::string& from, FeedUpdate& update) {
  if (from.contains("://")) {
    auto fetched = fetch_feed({from, {}, kMostNvdBytes}, {});
    if (!fetched) return std::unexpected(fetched.error());
    return update.take(from, std::move(fetched->text));
  }
  std::vector<std::string> files{from};
  if (std::filesystem::is_directory(from)) {
    files.clear();
    for (const auto& entry : std::filesystem::directory_iterator(from))
      if (entry.path().extension() == ".json" || entry.path().extension() == ".rdf" ||
          entry.path().extension() == ".xml" || entry.path().extension() == ".zip" ||
          entry.path().string().ends_with(".json.gz"))
        files.push_back(entry.path().string());
    std::ranges::sort(files);
    if (files.empty())
      return failure("JSON・RDF・XML・zip のファイルがありません。",
                     "there is no JSON, RDF, XML or zip file.", from);
  }
  for (const std::string& file : files) {
    auto text = read_input_file(file, kMostNvdBytes);
    if (!text) return std::unexpected(text.error());
    if (auto taken = update.take(file, std::move(*text)); !taken) return taken;
  }
  return {};
}

/// One line of a list: its name, its day, and whether it still decides.
std::string line_of(const App& app, const std::string& name, const std::optional<ListDate>& date,
                    std::size_t entries, const std::filesystem::path& file) {
  const Day today = Calendar::here(now()).day(now());
  const bool stale = date && date->stale_on(today);
  const std::string day = date && date->as_of != Day{} ? format_day(date->as_of) : "";
  return fmt::format(
      "{}  {:10}  {}{}  ({})\n", pad_to(name, 40), day, entries,
      stale ? app.tr("  古くなっています", "  stale") : "",
      std::filesystem::exists(file) ? file.string() : app.tr("組み込み", "built in"));
}

/// What came of renewals by themselves, where there were any.
std::string renewals(const App& app) {
  const RenewalState state = read_renewal_state(FeedFiles{app.state});
  std::string out;
  for (const FeedSource& source : feed_sources()) {
    const auto one = state.sources.find(source.id);
    if (one == state.sources.end() || !one->second.tried) continue;
    const SourceState& was = one->second;
    out += fmt::format("{}: {}", source.title.in(app.lang),
                       was.succeeded ? format_minute(*was.succeeded) : app.tr("まだ", "never"));
    if (was.error)
      out += fmt::format(fmt::runtime(app.tr("（{} に失敗: {}）", " (failed at {}: {})")),
                         format_minute(*was.tried), was.error->in(app.lang));
    out += "\n";
  }
  return out.empty() ? out : app.tr("\n更新できた日時:\n", "\nLast renewed:\n") + out;
}

int show(const App& app) {
  const auto feeds = app.feeds();
  if (!feeds) return app.complain(feeds.error());
  const FeedFiles files = FeedFiles{app.state};
  std::string out =
      line_of(app, app.tr("サポート期間のデータ（製品数）", "Support dates (products)"),
              date_of((*feeds)->support), (*feeds)->support.products.size(), files.support());
  std::size_t entries = 0;
  for (const auto& [product, list] : (*feeds)->exploited.by_product) entries += list.size();
  out += line_of(app,
                 app.tr("悪用された脆弱性 CISA KEV（件数）", "Known exploited CISA KEV (entries)"),
                 date_of((*feeds)->exploited), entries, files.exploited());
  if ((*feeds)->weaknesses)
    out +=
        line_of(app,
                app.tr("バージョンごとの脆弱性 NVD・JVN（CVE の件数）",
                       "Vulnerabilities by version NVD, JVN (CVEs)"),
                date_of(*(*feeds)->weaknesses), (*feeds)->weaknesses->size(), files.weaknesses());
  else
    out += app.tr(
        "バージョンごとの脆弱性 NVD: まだありません（VPN "
        "装置などのバージョンを確かめるのに使います）\n",
        "Vulnerabilities by version NVD: none yet (used to judge versions of VPN devices and "
        "the like)\n");
  for (const EcosystemFacts& one : kEcosystemFacts)
    if (const OsvList* list = (*feeds)->osv_of(one.ecosystem))
      out += line_of(app,
                     fmt::format(fmt::runtime(app.tr("{} の脆弱性 OSV（記録の数）",
                                                     "Vulnerabilities of {} OSV (records)")),
                                 one.name),
                     date_of(*list), list->size(), files.osv(one.ecosystem));
  if ((*feeds)->names)
    out += line_of(app,
                   app.tr("脆弱性の名前 JVN iPedia（CVE の件数）",
                          "Names of vulnerabilities JVN iPedia (CVEs)"),
                   {}, (*feeds)->names->size(), files.jvn());
  out += renewals(app);
  out += app.tr("\n今すぐ更新する:\n  sekisho feeds update\n\nファイルや場所から取り込む例:\n",
                "\nTo renew them now:\n  sekisho feeds update\n\nTo take files or addresses, for "
                "example:\n");
  out +=
      "  sekisho feeds update --from "
      "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json\n"
      "  sekisho feeds update --from https://endoflife.date/api/debian.json --from "
      "https://endoflife.date/api/firefox.json\n"
      "  sekisho feeds update --from "
      "https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-modified.json.gz\n"
      "  sekisho feeds update --from "
      "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip\n"
      "  sekisho feeds update --from https://jvndb.jvn.jp/ja/rss/jvndb.rdf\n"
      "  sekisho feeds update --from "
      "'https://jvndb.jvn.jp/myjvn?method=getVulnDetailInfo&feed=hnd&vulnId=JVNDB-2025-001633'\n";
  return App::say(out);
}

int nothing_changed(const App& app, const Error& why) {
  app.complain(why);
  fmt::print(stderr, "{}\n", app.tr("何も変えていません。", "Nothing was changed."));
  return kExitError;
}

/// What was read of OSV, and what of it was left out.
std::string osv_words(const App& app, const OsvTally& tally) {
  if (tally.records == 0) return {};
  std::vector<std::string> kept;
  for (const EcosystemFacts& one : kEcosystemFacts)
    if (const std::size_t count = tally.kept.at(static_cast<std::size_t>(one.ecosystem)); count > 0)
      kept.push_back(fmt::format("{} {}", one.name, count));
  const Text left = tally.left_out();
  return fmt::format(fmt::runtime(app.tr("OSV の記録 {} 件を読みました。使うもの: {}{}\n",
                                         "{} records of OSV were read. Used: {}{}\n")),
                     tally.records,
                     kept.empty() ? app.tr("なし", "none") : join(kept, app.tr("、", ", ")),
                     left.empty() ? std::string()
                                  : app.tr("。使わないもの: ", ". Left out: ") + left.in(app.lang));
}

int take_in(const App& app, const std::vector<std::string>& sources) {
  FeedUpdate update(FeedFiles{app.state}, Calendar::utc().day(now()), Brought::by_person);
  for (const std::string& from : sources)
    if (const auto done = take_from(from, update); !done) return nothing_changed(app, done.error());
  if (const auto written = update.write(); !written) return nothing_changed(app, written.error());
  if (const auto& vuldef = update.vuldef(); vuldef.records > 0)
    if (const int said = App::say(fmt::format(
            fmt::runtime(app.tr(
                "JVN iPedia の記録 {} 件: バージョンの範囲が読めた製品 "
                "{}、版が文で書かれ照合できない製品 "
                "{}\n",
                "{} records of JVN iPedia: {} products with versions that were read, {} whose "
                "versions are prose that can't be matched\n")),
            vuldef.records, vuldef.products, vuldef.unread));
        said != 0)
      return said;
  if (const std::string osv = osv_words(app, update.osv()); !osv.empty())
    if (const int said = App::say(osv); said != 0) return said;
  return show(app);
}

/// The lists that are in use: attacks and support dates, and of the large ones those that were
/// taken before.
int renew_all(const App& app, const std::string& mirror) {
  const FeedFiles files = FeedFiles{app.state};
  FeedWay way;
  way.mirror = mirror;
  std::random_device entropy;
  FeedRenewal renewal(files, [&] { return entropy(); });
  int code = kExitGood;
  for (const FeedSource& source : feed_sources()) {
    const bool large = source.id != "exploited" && source.id != "support";
    if (large && !std::filesystem::exists(kept_file(files, source.id))) continue;
    const auto renewed = renewal.renew(
        source.id,
        [&](const FeedAddress& address, const std::string& tag) {
          return fetch_feed(address, way, tag);
        },
        now());
    if (renewed) continue;
    fmt::print(stderr, "sekisho: {}: {}\n", source.title.in(app.lang),
               renewed.error().describe(app.lang));
    code = kExitError;
  }
  const int shown = show(app);
  return code == kExitGood ? shown : code;
}

int update(const App& app, const std::vector<std::string>& sources, const std::string& mirror) {
  if (const auto may = may_write(); !may) return app.complain(may.error());
  return sources.empty() ? renew_all(app, mirror) : take_in(app, sources);
}

}  // namespace

void add_feeds(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto sources = std::make_shared<std::vector<std::string>>();
  auto mirror = std::make_shared<std::string>();
  CLI::App* command =
      cli.add_subcommand("feeds", tr("サポート期間・悪用された脆弱性のデータを見る・更新する",
                                     "show or renew support dates and exploited vulnerabilities"));
  command->callback([command, &chosen] {
    if (command->get_subcommands().empty()) chosen = show;
  });
  CLI::App* renew = command->add_subcommand(
      "update", tr("新しくする。--from でファイル・フォルダー・https の場所から",
                   "renew them; with --from from files, folders or https addresses"));
  renew
      ->add_option("--from", *sources,
                   tr("これらだけを取り込む: CISA KEV、endoflife.date の API（v0・v1）、NVD の "
                      "JSON 2.0（.gz も可）、OSV の "
                      "Debian・Ubuntu・AlmaLinux・npm・PyPI・Maven・Go（zip も可）、JVN iPedia の "
                      "RSS と VULDEF、Sekisho の束",
                      "take only these: CISA's KEV, endoflife.date's API (v0, v1), NVD's JSON 2.0 "
                      "(also .gz), OSV's "
                      "Debian, Ubuntu, AlmaLinux, npm, PyPI, Maven, Go (also as zip), JVN iPedia's "
                      "RSS and VULDEF or Sekisho's bundle"))
      ->excludes(renew->add_option(
          "--mirror", *mirror,
          tr("外へ出られない機械で、一覧を置いたフォルダー（docs/devices.ja.md）",
             "a folder with the lists, for a machine that may not go out (docs/devices.md)")));
  renew->callback([sources, mirror, &chosen] {
    chosen = [sources, mirror](const App& app) { return update(app, *sources, *mirror); };
  });
}

}  // namespace sekisho
