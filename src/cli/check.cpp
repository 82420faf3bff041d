// SPDX-License-Identifier: Apache-2.0
// sekisho check: looks at this machine, puts it beside the answers, and reports.
#include "cli/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "assess/clouds.h"
#include "cli/checked.h"
#include "cli/program.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "collect/lists.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

constexpr std::string_view kAll = "all";

struct CheckOptions {
  std::shared_ptr<Looking> looking = std::make_shared<Looking>();
  std::string method;
  std::string role;
  std::string format = "text";
  std::string output;
  std::string html;
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

/// How far it is, where somebody looks on.
std::function<void(std::size_t, std::size_t)> progress(const App& app) {
  if (!shows_progress()) return {};
  return [&app](std::size_t done, std::size_t all) {
    fmt::print(stderr, "\r{} {}/{}{}", app.tr("確かめています", "Checking"), done, all,
               done == all ? "\r\x1b[K" : "");
    std::fflush(stderr);
  };
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

/// Everything that a report is made of.
struct Looked {
  std::shared_ptr<const Guideline> guideline;
  CloudChecks clouds;
  Assessment assessment;
  std::vector<FeedDate> feeds;
  std::vector<Text> remarks;
  std::string_view kind;

  Report report() const { return {*guideline, assessment, feeds, SEKISHO_VERSION, remarks, kind}; }
};

Result<std::unique_ptr<Looked>> look_at(const App& app, const CheckOptions& options) {
  if (!options.why.empty() && options.why != kAll) {
    const auto known = app.guideline();
    if (known && known->check(options.why) == nullptr) {
      std::vector<std::string> ids;
      for (const CheckSpec& check : known->checks) ids.push_back(check.id);
      const Text near = nearest(options.why, ids);
      return failure(
          "確認項目の名前が違います。--why all で「問題なし」のものを全部見られます。" + near.ja,
          "there is no such check; --why all shows all that pass. " + near.en,
          printable(options.why, 80));
    }
  }
  auto feeds = app.feeds();
  if (!feeds) return std::unexpected(feeds.error());
  Looking looking = *options.looking;
  looking.progress = progress(app);
  const auto machine = machine_to_check(looking);
  if (!machine) return std::unexpected(machine.error());
  auto guideline = app.guideline((*machine)->kind());
  if (!guideline) return std::unexpected(guideline.error());
  const auto saved = load_saved(app, *guideline);
  if (!saved) return std::unexpected(saved.error());

  auto look = std::make_unique<Looked>();
  look->guideline = std::make_shared<const Guideline>(std::move(*guideline));
  auto clouds = load_cloud_checks(embedded_guideline());
  if (!clouds) return std::unexpected(clouds.error());
  look->clouds = std::move(*clouds);
  const std::string wanted = options.method.empty() ? saved->method : options.method;
  if (!options.method.empty() && look->guideline->method(wanted) == nullptr)
    return std::unexpected(no_such_method(*look->guideline, wanted));
  const SubjectId subject = (*machine)->subject();
  const Time moment = now();
  std::vector<Evidence> evidence = saved->evidence;
  auto seen = (*machine)->look(look->guideline, *feeds, moment);
  std::ranges::move(seen.evidence, std::back_inserter(evidence));
  look->assessment = assess(*look->guideline, look->clouds, evidence,
                            {subject, methods_of(*look->guideline, wanted), saved->situations,
                             moment, Calendar::here(moment)});
  look->feeds = feed_dates(**feeds, moment);
  look->remarks = std::move(seen.remarks);
  look->kind = (*machine)->kind();
  return look;
}

int run(const App& app, const CheckOptions& options) {
  const auto look = look_at(app, options);
  if (!look) return app.complain(look.error());
  const Report report = (*look)->report();
  if (!options.html.empty()) {
    if (const auto written = write_file_atomically(options.html, report_html(report, app.lang));
        !written)
      return app.complain(written.error());
  }
  const int code = report.assessment.must_failing() ? kExitFailing : kExitGood;
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

Result<CheckedBriefly> check_into(const App& app, const std::vector<std::filesystem::path>& files) {
  const auto look = look_at(app, {});
  if (!look) return std::unexpected(look.error());
  const Assessment& assessment = (*look)->assessment;
  const std::string page = report_html((*look)->report(), app.lang);
  Result<void> written;
  const auto file = std::ranges::find_if(files, [&](const std::filesystem::path& one) {
    written = write_file_atomically(one, page);
    return written.has_value();
  });
  if (file == files.end()) return std::unexpected(written.error());
  const StatusCounts must = count(assessment.handbook, Priority::must);
  const auto of = [&](Status status) { return must.contains(status) ? must.at(status) : 0; };
  const auto unknown = std::ranges::count_if(assessment.checks, [](const CheckState& check) {
    return !check.spec->asked && check.verdict() == Verdict::unknown;
  });
  return CheckedBriefly{assessment.to_fix.size(), of(Status::not_met) + of(Status::partly_met),
                        static_cast<std::size_t>(unknown), (*look)->remarks, *file};
}

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
      tr("採用している方式に絞る（名前か番号）", "narrow to the method in use (name or number)"));
  command->add_option("--role", options->role, tr("役割のページを出す", "show a role's page"))
      ->check(CLI::IsMember({"executive", "administrator", "teleworker"}));
  command
      ->add_option("--why", options->why,
                   tr("何を何と比べたか。確認項目の名前か all（問題なしのもの全部）",
                      "what was compared with what: a check's name, or all that pass"))
      ->type_name("CHECK|all");
  command->add_option("--format", options->format, tr("形式", "form"))
      ->check(CLI::IsMember({"text", "json", "html", "oscal"}));
  command->add_option("--output", options->output, tr("ファイルへ書く", "write to a file"));
  command->add_option("--html", options->html,
                      tr("HTML の報告も書く", "also write the HTML report"));
  add_looking(*command, lang, options->looking);
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
