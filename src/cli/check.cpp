// sekisho check: looks at this machine, puts it beside the answers, and reports.
#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/app.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "collect/host/host.h"

namespace sekisho {
namespace {

constexpr std::string_view kAll = "all";

struct CheckOptions {
  std::string root = "/";
  std::string method;
  std::string role;
  std::string format = "text";
  std::string output;
  std::string html;
  unsigned bound_ms = 5000;
  std::string why;  // a check, or "all" that pass
};

/// What a person said before: evidence, the method, the situations.
struct Saved {
  std::vector<Evidence> evidence;
  std::string method;
  Situations situations;
};

Result<Saved> load_saved(const App& app, const Guideline& guideline) {
  Saved saved;
  // A check writes nothing: without a file there are no answers.
  if (!std::filesystem::exists(store_file(app))) return saved;
  const auto store = open_store(app);
  if (!store) return std::unexpected(store.error());
  auto evidence = all_evidence(**store);
  if (!evidence) return std::unexpected(evidence.error());
  const auto kept = settings(**store);
  if (!kept) return std::unexpected(kept.error());
  saved.evidence = std::move(*evidence);
  if (const auto found = kept->find(kMethodSetting); found != kept->end())
    saved.method = found->second;
  saved.situations = saved_situations(guideline, *kept);
  return saved;
}

std::vector<FeedDate> feed_dates(const Feeds& feeds, Time now) {
  const Day today = Calendar::here(now).day(now);
  return {{{"サポート期間のデータ", "Support dates"},
           feeds.support.as_of,
           date_of(feeds.support).stale_on(today)},
          {{"悪用された脆弱性の一覧（CISA KEV）", "Known exploited vulnerabilities (CISA KEV)"},
           feeds.exploited.as_of,
           date_of(feeds.exploited).stale_on(today)}};
}

CollectOptions collecting(const App& app, const CheckOptions& options) {
  CollectOptions collect;
  collect.bound = std::chrono::milliseconds(options.bound_ms);
  if (::isatty(STDERR_FILENO) == 1)
    collect.progress = [&app](std::size_t done, std::size_t all) {
      fmt::print(stderr, "\r{} {}/{}{}", app.tr("確かめています", "Checking"), done, all,
                 done == all ? "\r\x1b[K" : "");
      std::fflush(stderr);
    };
  return collect;
}

std::string render(const Report& report, const App& app, const std::string& format,
                   const CheckOptions& options, bool to_file) {
  std::optional<Role> role;
  if (!options.role.empty()) role = role_named(options.role);
  if (format == "json") return report_json(report);
  if (format == "html") return report_html(report, app.lang);
  if (format == "oscal") return report_oscal(report);
  TextStyle style = text_style(app);
  if (to_file) style.colour = false;
  if (!options.why.empty())
    return report_basis(report, style, options.why == kAll ? std::string_view() : options.why);
  return report_text(report, style, role);
}

/// Which steps of mending the machine can use; a folder that doesn't say is shown Debian's.
std::string_view kind_of(const Machine& machine) {
  auto text = machine.read("/etc/os-release");
  if (!text) text = machine.read("/usr/lib/os-release");
  if (!text) return "debian";
  auto release = parse_assignments(*text);
  return linux_kind(release["ID"], release["ID_LIKE"]);
}

int run(const App& app, const CheckOptions& options) {
  if (!std::filesystem::is_directory(options.root))
    return app.complain({{"フォルダーがありません。", "there is no such folder."}, options.root});
  const auto machine = std::make_shared<const Machine>(options.root);
  auto guideline = app.guideline(kind_of(*machine));
  if (!guideline) return app.complain(guideline.error());
  auto feeds = app.feeds();
  if (!feeds) return app.complain(feeds.error());
  if (!options.why.empty() && options.why != kAll && guideline->check(options.why) == nullptr)
    return app.complain({{"確認項目の名前が違います。--why all で「良い」ものを全部見られます。",
                          "there is no such check; --why all shows all that pass."},
                         printable(options.why, 80)});
  const auto saved = load_saved(app, *guideline);
  if (!saved) return app.complain(saved.error());

  const auto shared = std::make_shared<const Guideline>(std::move(*guideline));
  const std::string wanted = options.method.empty() ? saved->method : options.method;
  const Method* method = shared->method(wanted);
  if (method == nullptr && !options.method.empty())
    return app.complain({{"方式の名前が違います。sekisho guideline methods で見られます。",
                          "there is no such method; see sekisho guideline methods."},
                         printable(options.method, 80)});

  const SubjectId subject = host_subject(*machine);
  const Time moment = now();
  std::vector<Evidence> evidence = saved->evidence;
  std::ranges::copy(collect_host(machine, shared, *feeds, subject, moment, host_checks(),
                                 collecting(app, options)),
                    std::back_inserter(evidence));
  const Assessment assessment = assess(
      *shared, evidence,
      {subject, methods_of(*shared, wanted), saved->situations, moment, Calendar::here(moment)});
  const Report report{*shared, assessment, feed_dates(**feeds, moment), SEKISHO_VERSION};

  if (!options.html.empty()) {
    if (const auto written = write_file_atomically(options.html, report_html(report, app.lang));
        !written)
      return app.complain(written.error());
  }
  const int code = assessment.must_failing() ? kExitFailing : kExitGood;
  const std::string text = render(report, app, options.format, options, !options.output.empty());
  if (options.output.empty()) {
    const int said = App::say(text, code);
    if (!options.html.empty())
      fmt::print(stderr, "\n{}: {}\n", app.tr("ブラウザで見る報告", "The report for a browser"),
                 options.html);
    return said;
  }
  if (const auto written = write_file_atomically(options.output, text); !written)
    return app.complain(written.error());
  return code;
}

}  // namespace

void add_check(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = cli.add_subcommand(
      "check",
      tr("この端末を確かめ、まず直すことを示す", "check this machine and say what to fix first"));
  command->footer(
      tr("終了コード: 0 ◎ に要対応なし、1 ◎ に要対応あり、2 "
         "実行できなかった。端末は変えず、どこへも送りません。",
         "Exit status: 0 no ◎ item failing, 1 some ◎ item failing, 2 it could not run. It changes "
         "nothing and sends nothing."));
  command->add_option(
      "--method", options->method,
      tr("使っている方式に絞る（名前か番号）", "narrow to the method in use (name or number)"));
  command->add_option("--role", options->role, tr("役割の頁を出す", "show a role's page"))
      ->check(CLI::IsMember({"executive", "administrator", "teleworker"}));
  command
      ->add_option("--why", options->why,
                   tr("何を何と比べたか。確認項目の名前か all（良いもの全部）",
                      "what was compared with what: a check's name, or all that pass"))
      ->type_name("CHECK|all");
  command->add_option("--format", options->format, tr("形式", "form"))
      ->check(CLI::IsMember({"text", "json", "html", "oscal"}));
  command->add_option("--output", options->output, tr("ファイルへ書く", "write to a file"));
  command->add_option("--html", options->html,
                      tr("HTML の報告も書く", "also write the HTML report"));
  command->add_option("--root", options->root,
                      tr("別のシステムのフォルダーを確かめる", "check the system in a folder"));
  command
      ->add_option("--bound", options->bound_ms,
                   tr("一つの確認にかける上限（ミリ秒）", "bound for each check, in milliseconds"))
      ->check(CLI::Range(100, 60000));
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
