// sekisho feeds: shows how old the feeds are, and replaces them from files or addresses.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/gzip.h"
#include "cli/app.h"
#include "cli/records.h"
#include "collect/vuln/debian.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/vuldef.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What an update would write; nothing is written until all of it is good.
struct Update {
  json::object products;                                 // by name, as lists of v0 cycles
  std::string whole_support;                             // a bundle in our own shape
  std::string exploited;                                 // CISA's text, unchanged
  std::vector<std::pair<std::string, std::string>> nvd;  // names and texts of CVE records
  std::vector<std::pair<std::string, std::string>> jvn;  // names and texts of JVN iPedia's RSS
  std::vector<std::pair<std::string, std::string>> osv;  // of archives and single records
  std::vector<VuldefRecord> vuldef;
};

bool is_zip(std::string_view text) { return text.starts_with("PK\x03\x04"); }
/// NVD's records say so in their first words; they are too large for the tree of the others.
bool is_nvd(std::string_view text) { return text.substr(0, 400).contains("\"NVD_CVE\""); }

bool is_jvn(std::string_view text) { return text.substr(0, 1000).contains("<rdf:RDF"); }
/// MyJVN's records, and its answers that there are none.
bool is_vuldef(std::string_view text) {
  const std::string_view head = text.substr(0, 1000);
  return head.contains("<VULDEF-Document") || head.contains("http://jvndb.jvn.jp/myjvn/");
}

/// The error with the input that it is in.
Error in_input(const std::string& name, Error error) {
  error.where = printable(name, 200) + (error.where.empty() ? "" : ": " + error.where);
  return error;
}

Result<void> take(const std::string& name, std::string text, Update& update) {
  if (text.starts_with("\x1f\x8b")) {
    auto plain = gunzip(text, kMostNvdBytes);
    if (!plain)
      return failure("gzip として開けません。", "this can't be unpacked as gzip.",
                     printable(name, 200));
    text = std::move(*plain);
  }
  if (is_nvd(text)) {
    update.nvd.emplace_back(name, std::move(text));
    return {};
  }
  if (is_jvn(text)) {
    update.jvn.emplace_back(name, std::move(text));
    return {};
  }
  if (is_vuldef(text)) {
    auto records = read_vuldef(text);
    if (!records) return std::unexpected(in_input(name, records.error()));
    std::ranges::move(*records, std::back_inserter(update.vuldef));
    return {};
  }
  if (is_zip(text)) {
    update.osv.emplace_back(name, std::move(text));
    return {};
  }
  const auto document = parse_json(name, text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  const json::object* top = document->root.if_object();
  // endoflife.date's answers have a schema_version too, but no id.
  if (top != nullptr && top->contains("schema_version") && top->contains("id")) {
    update.osv.emplace_back(name, std::move(text));
    return {};
  }
  if (top != nullptr && top->contains("vulnerabilities")) {
    if (const auto feed = read_exploited(*document); !feed) return std::unexpected(feed.error());
    update.exploited = text;
    return {};
  }
  if (top != nullptr && top->contains("products")) {
    if (const auto feed = read_support(*document); !feed) return std::unexpected(feed.error());
    update.whole_support = text;
    return {};
  }
  const std::string file = name.substr(name.rfind('/') + 1);
  auto product = read_product(*document, file.substr(0, file.find('.')));
  if (!product) return std::unexpected(product.error());
  update.products[product->first] = std::move(product->second);
  return {};
}

Result<void> take_from(const std::string& from, Update& update) {
  if (from.contains("://")) {
    auto text = download(from, kMostNvdBytes);
    if (!text) return std::unexpected(text.error());
    return take(from, std::move(*text), update);
  }
  std::vector<std::string> files{from};
  if (std::filesystem::is_directory(from)) {
    files.clear();
    for (const auto& entry : std::filesystem::directory_iterator(from))
      if (entry.path().extension() == ".json" || entry.path().extension() == ".rdf" ||
          entry.path().extension() == ".xml" || entry.path().string().ends_with(".json.gz"))
        files.push_back(entry.path().string());
    std::ranges::sort(files);
    if (files.empty())
      return failure("JSON・RDF・XML のファイルがありません。",
                     "there is no JSON, RDF or XML file.", from);
  }
  for (const std::string& file : files) {
    auto text = read_input_file(file, kMostNvdBytes);
    if (!text) return std::unexpected(text.error());
    if (auto taken = take(file, std::move(*text), update); !taken) return taken;
  }
  return {};
}

/// The support bundle with single products replaced, dated today.
Result<std::string> merged_support(const App& app, const Update& update) {
  std::string text = update.whole_support;
  if (text.empty()) {
    text = std::string(embedded_support());
    if (std::filesystem::exists(app.support_file())) {
      auto kept = read_input_file(app.support_file(), kFeedLimits.bytes);
      if (!kept) return kept;
      text = std::move(*kept);
    }
  }
  if (update.products.empty()) return text;
  auto document = parse_json(app.support_file().string(), text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  json::object& top = document->root.as_object();
  for (const auto& product : update.products)
    top["products"].as_object()[product.key()] = product.value();
  // The bundle is as old as its oldest part, unless every product in it is new.
  const bool all = std::ranges::all_of(top["products"].as_object(), [&](const auto& product) {
    return update.products.contains(product.key());
  });
  if (all) top["as_of"] = format_day(Calendar::utc().day(now()));
  return json::serialize(document->root);
}

/// What was kept before (`kept`), with the new `texts` and `records` in the place of the old.
template <typename T, typename Add>
Result<std::string> merged(const std::filesystem::path& kept,
                           std::vector<std::pair<std::string, std::string>>& texts, Add add,
                           const std::vector<VuldefRecord>& records = {}) {
  T all;
  std::error_code missing;
  if (std::filesystem::exists(kept, missing)) {
    const auto before = read_input_file(kept, kMostWeaknessBytes);
    if (!before) return std::unexpected(before.error());
    if (auto read = all.add_serialised(*before); !read) return std::unexpected(read.error());
  }
  for (auto& [name, text] : texts) {
    if (auto added = add(all, text); !added) return std::unexpected(in_input(name, added.error()));
    text = {};  // a year of them is large
  }
  if constexpr (requires(const VuldefRecord& record) { all.add_vuldef(record); })
    for (const VuldefRecord& record : records) all.add_vuldef(record);
  return all.serialised();
}

int show(const App& app) {
  const auto feeds = app.feeds();
  if (!feeds) return app.complain(feeds.error());
  const Day today = Calendar::here(now()).day(now());
  std::string out;
  const auto line = [&](const std::string& name, Day as_of, std::chrono::days limit,
                        std::size_t entries, const std::filesystem::path& file) {
    out +=
        fmt::format("{}  {}  {}{}  ({})\n", pad_to(name, 40), format_day(as_of), entries,
                    today - as_of > limit ? app.tr("  古くなっています", "  stale") : "",
                    std::filesystem::exists(file) ? file.string() : app.tr("組み込み", "built in"));
  };
  line(app.tr("サポート期間のデータ（製品数）", "Support dates (products)"),
       (*feeds)->support.as_of, kSupportStaleAfter, (*feeds)->support.products.size(),
       app.support_file());
  std::size_t entries = 0;
  for (const auto& [product, list] : (*feeds)->exploited.by_product) entries += list.size();
  line(app.tr("悪用された脆弱性 CISA KEV（件数）", "Known exploited CISA KEV (entries)"),
       (*feeds)->exploited.as_of, kExploitedStaleAfter, entries, app.exploited_file());
  if ((*feeds)->weaknesses)
    out += fmt::format("{}  {:10}  {}  ({})\n",
                       pad_to(app.tr("バージョンごとの脆弱性 NVD・JVN（CVE の件数）",
                                     "Vulnerabilities by version NVD, JVN (CVEs)"),
                              40),
                       "", (*feeds)->weaknesses->size(), app.weaknesses_file().string());
  else
    out += app.tr(
        "バージョンごとの脆弱性 NVD: まだありません（VPN "
        "装置などのバージョンを確かめるのに使います）\n",
        "Vulnerabilities by version NVD: none yet (used to judge versions of VPN devices and "
        "the like)\n");
  if ((*feeds)->debian)
    out += fmt::format(
        "{}  {:10}  {}  ({})\n",
        pad_to(app.tr("Debian の脆弱性 OSV（記録の数）", "Vulnerabilities of Debian OSV (records)"),
               40),
        "", (*feeds)->debian->size(), app.debian_file().string());
  if ((*feeds)->names)
    out += fmt::format("{}  {:10}  {}  ({})\n",
                       pad_to(app.tr("脆弱性の名前 JVN iPedia（CVE の件数）",
                                     "Names of vulnerabilities JVN iPedia (CVEs)"),
                              40),
                       "", (*feeds)->names->size(), app.jvn_file().string());
  out += app.tr("\n更新の例:\n", "\nTo renew them, for example:\n");
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

int update(const App& app, const std::vector<std::string>& sources) {
  if (const auto may = may_write(); !may) return app.complain(may.error());
  Update taken;
  for (const std::string& from : sources)
    if (const auto done = take_from(from, taken); !done) {
      app.complain(done.error());
      fmt::print(stderr, "{}\n", app.tr("何も変えていません。", "Nothing was changed."));
      return kExitError;
    }
  // All of it is read before any of it is written.
  std::vector<std::pair<std::filesystem::path, std::string>> files;
  const auto prepare = [&](const std::filesystem::path& file, Result<std::string> text) {
    if (!text) {
      app.complain(text.error());
      fmt::print(stderr, "{}\n", app.tr("何も変えていません。", "Nothing was changed."));
      return false;
    }
    files.emplace_back(file, std::move(*text));
    return true;
  };
  if ((!taken.nvd.empty() || !taken.vuldef.empty()) &&
      !prepare(app.weaknesses_file(),
               merged<Weaknesses>(
                   app.weaknesses_file(), taken.nvd,
                   [](auto& all, const auto& text) { return all.add_nvd(text); }, taken.vuldef)))
    return kExitError;
  if (!taken.osv.empty() &&
      !prepare(
          app.debian_file(),
          merged<DebianWeaknesses>(app.debian_file(), taken.osv, [](auto& all, const auto& text) {
            return is_zip(text) ? all.add_osv_archive(text) : all.add_osv(text);
          })))
    return kExitError;
  if ((!taken.jvn.empty() || !taken.vuldef.empty()) &&
      !prepare(app.jvn_file(),
               merged<JvnNames>(
                   app.jvn_file(), taken.jvn,
                   [](auto& all, const auto& text) { return all.add_rss(text); }, taken.vuldef)))
    return kExitError;
  std::error_code error;
  std::filesystem::create_directories(app.state, error);
  for (const auto& [file, text] : files)
    if (const auto written = write_file_atomically(file, text); !written)
      return app.complain(written.error());
  if (!taken.exploited.empty())
    if (const auto written = write_file_atomically(app.exploited_file(), taken.exploited); !written)
      return app.complain(written.error());
  if (!taken.products.empty() || !taken.whole_support.empty()) {
    const auto text = merged_support(app, taken);
    if (!text) return app.complain(text.error());
    if (const auto written = write_file_atomically(app.support_file(), *text); !written)
      return app.complain(written.error());
  }
  if (!taken.vuldef.empty()) {
    std::size_t products = 0;
    std::size_t unread = 0;
    for (const VuldefRecord& record : taken.vuldef) {
      products += record.products.size();
      unread += record.unread;
    }
    if (const int said = App::say(fmt::format(
            fmt::runtime(app.tr(
                "JVN iPedia の記録 {} 件: バージョンの範囲が読めた製品 "
                "{}、版が文で書かれ照合できない製品 "
                "{}\n",
                "{} records of JVN iPedia: {} products with versions that were read, {} whose "
                "versions are prose that can't be matched\n")),
            taken.vuldef.size(), products, unread));
        said != 0)
      return said;
  }
  return show(app);
}

}  // namespace

void add_feeds(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto sources = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      cli.add_subcommand("feeds", tr("サポート期間・悪用された脆弱性のデータを見る・更新する",
                                     "show or renew support dates and exploited vulnerabilities"));
  command->callback([command, &chosen] {
    if (command->get_subcommands().empty()) chosen = show;
  });
  CLI::App* renew =
      command->add_subcommand("update", tr("ファイル・フォルダー・https の場所から取り替える",
                                           "replace them from files, folders or https addresses"));
  renew
      ->add_option(
          "--from", *sources,
          tr("CISA KEV、endoflife.date の API（v0・v1）、NVD の JSON 2.0（.gz も可）、OSV の "
             "Debian（zip も可）、JVN iPedia の RSS と VULDEF、Sekisho の束",
             "CISA's KEV, endoflife.date's API (v0, v1), NVD's JSON 2.0 (also .gz), OSV's "
             "Debian (also as zip), JVN iPedia's RSS and VULDEF or Sekisho's bundle"))
      ->required();
  renew->callback(
      [sources, &chosen] { chosen = [sources](const App& app) { return update(app, *sources); }; });
}

}  // namespace sekisho
