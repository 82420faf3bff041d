// SPDX-License-Identifier: Apache-2.0
// sekisho weaknesses: which installed packages of a Debian system have open weaknesses.
#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/app.h"
#include "collect/host/parse.h"
#include "collect/lists.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/osv_list.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct WeaknessOptions {
  std::string root = "/";
  std::string release;
  std::string format = "text";
  bool fixable = false;
};

struct OpenWeakness {
  std::string id;
  std::string fixed;
  const Package* package = nullptr;
};

int run(const App& app, const WeaknessOptions& options) {
  const std::filesystem::path root(options.root);
  std::string release = options.release;
  if (release.empty()) {
    const auto text = read_input_file(root / "etc/os-release", std::size_t{1} << 20U);
    if (!text) return app.complain(text.error());
    const auto names = parse_assignments(*text);
    const auto id = names.find("ID");
    const auto version = names.find("VERSION_ID");
    if (id == names.end() || id->second != "debian" || version == names.end())
      return app.complain({{"Debian のバージョンが分かりません。--release で書いてください。",
                            "the release of Debian can't be told; say it with --release."},
                           (root / "etc/os-release").string()});
    release = version->second;
  }
  const auto status = read_input_file(root / "var/lib/dpkg/status", std::size_t{256} << 20U);
  if (!status) return app.complain(status.error());
  const auto feeds = app.feeds();
  if (!feeds) return app.complain(feeds.error());
  const OsvList* debian = (*feeds)->osv_of(Ecosystem::debian);
  if (debian == nullptr || !debian->covers(release))
    return app.complain(
        {{fmt::format("Debian {} の脆弱性のデータがありません。sekisho feeds update --from "
                      "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip "
                      "で取り込んでください。",
                      printable(release, 20)),
          fmt::format(
              "there is no data of the vulnerabilities of Debian {}; take it with sekisho feeds "
              "update --from "
              "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip",
              printable(release, 20))},
         {}});
  const PackageList packages = parse_dpkg_status(*status);
  std::vector<OpenWeakness> open;
  for (const auto& [name, package] : packages.by_name)
    for (auto& found : debian->of(release, package.source, package.source_version))
      if (!options.fixable || !found.fixed.empty())
        open.push_back({std::move(found.id), std::move(found.fixed), &package});
  std::ranges::sort(open, {}, [](const OpenWeakness& one) {
    return std::tuple(one.package->name, std::string_view(one.id));
  });
  std::size_t fixable = 0;
  for (const OpenWeakness& one : open) fixable += one.fixed.empty() ? 0U : 1U;
  const ListDate date = date_of(*debian);
  const Day today = Calendar::here(now()).day(now());
  // That nothing is open is not known by a list that is too old.
  const bool stale = date.stale_on(today);
  const int code = fixable > 0 ? kExitFailing : stale ? kExitError : kExitGood;
  if (stale) app.complain({stale_words(date, today), {}});
  if (options.format == "json") {
    json::array list;
    for (const OpenWeakness& one : open)
      list.emplace_back(json::object{
          {"id", one.id},
          {"package", one.package->name},
          {"version", one.package->version},
          {"fixed", one.fixed.empty() ? json::value(nullptr) : json::value(one.fixed)}});
    return App::say(json::serialize(json::object{{"release", release},
                                                 {"as_of", format_day(date.as_of)},
                                                 {"stale", stale},
                                                 {"packages", packages.by_name.size()},
                                                 {"weaknesses", std::move(list)}}) +
                        "\n",
                    code);
  }
  std::string out;
  for (const OpenWeakness& one : open) {
    const auto name = (*feeds)->names ? (*feeds)->names->of(one.id) : std::nullopt;
    out += fmt::format(
        "{} {} {}{}{}\n", one.id, one.package->name, one.package->version,
        one.fixed.empty() ? app.tr("（修正はまだありません）", " (no fix yet)") : " → " + one.fixed,
        name ? "  " + name->title_in_both().in(app.lang) : std::string());
  }
  out += fmt::format(fmt::runtime(app.tr(
                         "パッケージ {}、直っていない脆弱性 {}、うち更新で直るもの {}\n",
                         "{} packages, {} open vulnerabilities, {} of them mended by an update\n")),
                     packages.by_name.size(), open.size(), fixable);
  return App::say(out, code);
}

}  // namespace

void add_weaknesses(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<WeaknessOptions>();
  CLI::App* command = cli.add_subcommand(
      "weaknesses", tr("Debian のパッケージの、まだ直っていない脆弱性を挙げる",
                       "list open vulnerabilities of installed Debian packages"));
  command->add_option("--root", options->root,
                      tr("調べるシステムの場所（/）", "where the system is (/)"));
  command->add_option("--release", options->release,
                      tr("Debian のバージョン（12 など。なければ os-release から）",
                         "Debian's release (12; else as os-release says)"));
  command->add_option("--format", options->format, tr("text か json", "text or json"))
      ->check(CLI::IsMember({"text", "json"}));
  command->add_flag("--fixable", options->fixable,
                    tr("更新で直るものだけ", "only what an update mends"));
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
