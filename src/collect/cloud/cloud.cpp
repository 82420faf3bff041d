// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/cloud.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/document.h"
#include "base/nearest.h"
#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/google.h"
#include "collect/cloud/judge.h"
#include "collect/cloud/meetings.h"
#include "collect/cloud/services.h"
#include "collect/cloud/table_exports.h"
#include "collect/cloud/zip_files.h"

namespace sekisho {
namespace {

constexpr DocumentLimits kExportLimits{kMostExportBytes, 6'000'000, 64};

Error of_file(const std::string& name, Text message) { return {std::move(message), name}; }

Result<Document> document_of(const CloudFile& file) {
  if (file.bytes.size() > kMostExportBytes)
    return std::unexpected(of_file(file.name, {"ファイルが大きすぎます（64 MB まで）。",
                                               "the file is too large (64 MB at most)."}));
  const auto text = export_text(file.bytes);
  if (!text)
    return std::unexpected(of_file(file.name, {"文字コードが UTF-8 でも UTF-16 でもありません。",
                                               "the file is neither UTF-8 nor UTF-16."}));
  return parse_json(file.name, *text, kExportLimits);
}

/// All that was read, a format each.
struct Exports {
  std::optional<Microsoft365> microsoft;
  std::optional<GoogleWorkspace> google;
  std::optional<ZoomSettings> zoom;
  std::optional<WebexSettings> webex;
  std::map<CloudService, JudgedService> others;
};

Error two_of_one(const std::string& name) {
  return of_file(name,
                 {"同じサービスのファイルが二つあります。", "there are two files of one service."});
}

/// Of a service that was given before, which of the two holds can't be said.
template <typename T>
Result<void> take_once(std::optional<T>& into, T settings, const std::string& name) {
  if (into) return std::unexpected(two_of_one(name));
  into = std::move(settings);
  return {};
}

Result<void> take_service(Exports& exports, JudgedService service, const std::string& name) {
  const CloudService of = service.service;
  if (!exports.others.emplace(of, std::move(service)).second)
    return std::unexpected(two_of_one(name));
  return {};
}

/// Exports that aren't tables are JSON, which begins with one of these; UTF-16 has zeros beside it.
bool may_be_json(std::string_view bytes) {
  const std::size_t at =
      bytes.find_first_not_of(std::string_view("\xEF\xBB\xBF\xFF\xFE \t\r\n\0", 10));
  return at == std::string_view::npos || bytes[at] == '{' || bytes[at] == '[';
}

Error of_no_kind(const CloudFile& file) {
  const std::string_view text = trim(std::string_view(file.bytes).substr(0, 200));
  const std::string start = lower(text);
  if (start.starts_with("<!doctype html") || start.starts_with("<html"))
    return of_file(file.name,
                   {"これはウェブページです。サインインし直して、設定を保存し直してください。",
                    "this is a web page: sign in again and save the settings anew."});
  if (start.starts_with("%pdf"))
    return of_file(file.name, {"これは PDF です。設定を JSON か CSV で書き出してください。",
                               "this is a PDF: export the settings as JSON or CSV."});
  // Excel's newer files are zips, its older ones what all of Office wrote.
  const bool sheet = is_zip(file.bytes) && file.bytes.contains("xl/workbook");
  if (sheet || file.bytes.starts_with("\xD0\xCF\x11\xE0"))
    return of_file(file.name, {"これは Excel のファイルです。CSV で保存し直してください。",
                               "this is a file of Excel: save it as CSV."});
  if (file.bytes.starts_with("\x1F\x8B"))
    return of_file(file.name, {"gzip で圧縮されています。展開してから渡してください。",
                               "this is packed with gzip: unpack it first."});
  if (!may_be_json(file.bytes) && !is_zip(file.bytes))
    return of_file(file.name,
                   {"知っている表（cybozu.com の監査ログ、Chatwork の二段階認証の一覧）では"
                    "ありません。",
                    "this is none of the tables that are known (the audit log of cybozu.com, "
                    "Chatwork's list of second factors)."});
  return of_file(
      file.name,
      {"どのクラウドの設定か分かりません。読めるのは、書き出しのスクリプトと ScubaGear の "
       "JSON、sekisho cloud read が書いたファイル、cybozu.com と Chatwork の一覧です。",
       "this is no export of a cloud's settings that is known: those of the export script "
       "and of ScubaGear, of sekisho cloud read, and the lists of cybozu.com and Chatwork "
       "can be read."});
}

/// A file that says it is of ours, but not of a kind that there is.
Error of_unknown_name(const std::string& file, std::string_view name) {
  static const std::vector<std::string> kNames{"entra-people", "google",  "zoom", "webex", "github",
                                               "aws",          "dropbox", "box",  "slack"};
  const std::string said = printable(name, 60);
  const std::string_view meant = nearest_word(said, kNames);
  if (meant.empty())
    return of_file(file,
                   {fmt::format("\"sekisho\" が「{}」ですが、その名前はありません。", said),
                    fmt::format("its \"sekisho\" is '{}', and there is no such name.", said)});
  return of_file(
      file, {fmt::format("\"sekisho\" が「{}」です。「{}」の間違いではありませんか。", said, meant),
             fmt::format("its \"sekisho\" is '{}'; did you mean '{}'?", said, meant)});
}

/// `known` becomes false for a document of no kind that is known.
Result<void> take_document(Exports& exports, const Document& document, const CloudFile& file,
                           bool& known) {
  known = true;
  if (is_scubagear(document) || is_entra_people(document)) {
    Microsoft365 tenant =
        is_scubagear(document) ? read_scubagear(document) : read_entra_people(document);
    if (!exports.microsoft) {
      exports.microsoft = std::move(tenant);
      return {};
    }
    auto both = joined(std::move(*exports.microsoft), std::move(tenant));
    if (!both) return std::unexpected(of_file(file.name, both.error().message));
    exports.microsoft = std::move(*both);
    return {};
  }
  if (is_google(document)) return take_once(exports.google, read_google(document), file.name);
  if (is_zoom(document)) return take_once(exports.zoom, read_zoom(document), file.name);
  if (is_webex(document)) return take_once(exports.webex, read_webex(document), file.name);
  if (auto other = judge_service(document))
    return take_service(exports, std::move(*other), file.name);
  known = false;
  return {};
}

Result<bool> take(Exports& exports, const CloudFile& file) {
  if (!may_be_json(file.bytes)) {
    auto table = judge_table(file.bytes);
    if (!table) return false;
    const auto taken = take_service(exports, std::move(*table), file.name);
    return taken ? Result<bool>(true) : std::unexpected(taken.error());
  }
  const auto document = document_of(file);
  if (!document) return std::unexpected(document.error());
  bool known = false;
  const auto taken = take_document(exports, *document, file, known);
  if (!taken) return std::unexpected(taken.error());
  const auto named = ExportPlace(document->root).at("sekisho").text();
  if (!known && named.value() != nullptr)
    return std::unexpected(of_unknown_name(file.name, *named.value()));
  return known;
}

/// What a zip holds beside exports (reports of ScubaGear's, for example) is passed over.
Result<void> take_zip(Exports& exports, const CloudFile& file) {
  const auto inside = unzipped(file);
  if (!inside) return std::unexpected(inside.error());
  bool any = false;
  for (const CloudFile& one : *inside) {
    const auto taken = take(exports, one);
    if (!taken) return std::unexpected(taken.error());
    any = any || *taken;
  }
  return any ? Result<void>() : std::unexpected(of_no_kind(file));
}

Result<void> take_file(Exports& exports, const CloudFile& file) {
  if (file.bytes.size() <= kMostExportBytes && is_zip(file.bytes)) return take_zip(exports, file);
  const auto taken = take(exports, file);
  if (!taken) return std::unexpected(taken.error());
  return *taken ? Result<void>() : std::unexpected(of_no_kind(file));
}

/// What is too old says nothing any more, and what doesn't say of when it is proves nothing.
void hold_to_time(std::vector<CloudRow>& rows, std::optional<Time> made_at, Time now) {
  const bool dated = made_at && *made_at <= now + kClocksDiffer;
  const bool stale = dated && *made_at + kCloudReadingHolds <= now;
  for (CloudRow& row : rows) {
    if (dated) row.finding.holds_until = *made_at + kCloudReadingHolds;
    const bool proves =
        row.finding.verdict == Verdict::pass || row.finding.verdict == Verdict::not_applicable;
    if (stale)
      row.finding = unknown("ファイルが古いので、今のことは分かりません。書き出し直してください",
                            "the file is too old to tell; export it again");
    else if (!dated && proves)
      row.finding = unknown(
          "いつ書き出したファイルか分かりません（日時には Z か +09:00 のような時差が必要です）",
          "when the file was made isn't known (a time needs Z or an offset like +09:00)");
  }
}

/// Of what a reading is: when it was made, of which services, and whose.
struct Made {
  std::optional<Time> at;
  std::set<CloudService> of;
  std::string account;
};

void add(CloudReading& reading, std::vector<CloudRow> rows, const Made& made, Time now) {
  hold_to_time(rows, made.at, now);
  std::ranges::move(rows, std::back_inserter(reading.rows));
  reading.read.insert(made.of.begin(), made.of.end());
  reading.made_at = std::min(reading.made_at, made.at.value_or(now));
  if (!made.account.empty() && !made.of.empty())
    reading.accounts[account_holder(*made.of.begin())] = made.account;
}

void judge_microsoft365(const Microsoft365& tenant, const CloudDeclared& declared,
                        CloudRows& rows) {
  if (tenant.held.contains(CloudService::entra)) judge_entra(tenant, declared, rows);
  if (tenant.held.contains(CloudService::exchange)) judge_mail(tenant, rows);
  if (tenant.held.contains(CloudService::sharepoint)) judge_sharepoint(tenant, rows);
  if (tenant.held.contains(CloudService::teams)) judge_teams(tenant, rows);
  if (tenant.held.contains(CloudService::intune)) judge_intune(tenant, rows);
  if (tenant.held.contains(CloudService::entra)) judge_rights(tenant, declared, rows);
  for (const CloudService service : tenant.held) judge_plain(tenant, service, rows);
}

bool looks_at(CloudService service, std::string_view check) {
  return std::ranges::any_of(cloud_items(), [&](const CloudItem& item) {
    return item.service == service && item.check == check;
  });
}

bool is_of_settings(std::string_view check) {
  return std::ranges::any_of(kCloudServices,
                             [&](CloudService one) { return looks_at(one, check); });
}

Text with_name(CloudService service, const Text& fact) {
  const Text name = label(service);
  return {name.ja + ": " + fact.ja, name.en + ": " + fact.en};
}

/// The worst of the rows; those that fail are told together.
Finding together(const std::vector<std::pair<CloudService, Finding>>& found) {
  constexpr std::size_t kTold = 3;
  std::vector<Finding> findings;
  Basis basis;
  Time until = Time::max();
  for (const auto& [service, one] : found) {
    Finding named = one;
    named.fact = with_name(service, one.fact);
    basis.add(one.basis);
    until = std::min(until, one.holds_until);
    findings.push_back(std::move(named));
  }
  std::vector<Finding> failing;
  for (const Finding& one : findings)
    if (one.verdict == Verdict::fail) failing.push_back(one);
  Finding worst = worst_of(std::move(findings));
  for (std::size_t i = 1; i < std::min(failing.size(), kTold); ++i) {
    worst.fact.ja += "／" + failing[i].fact.ja;
    worst.fact.en += "; " + failing[i].fact.en;
  }
  worst.basis = std::move(basis);
  worst.holds_until = until;
  return worst;
}

}  // namespace

Result<CloudReading> read_clouds(const std::vector<CloudFile>& files, const CloudDeclared& declared,
                                 Time now) {
  Exports exports;
  for (const CloudFile& file : files)
    if (const auto taken = take_file(exports, file); !taken) return std::unexpected(taken.error());
  CloudReading reading;
  if (const auto& tenant = exports.microsoft) {
    CloudRows rows("Microsoft 365");
    judge_microsoft365(*tenant, declared, rows);
    add(reading, rows.take(), {tenant->read_at, tenant->held, tenant->tenant}, now);
  }
  if (const auto& google = exports.google) {
    CloudRows rows("Google Workspace");
    judge_google(*google, declared, now, rows);
    add(reading, rows.take(), {google->read_at, {CloudService::google}, google->customer}, now);
  }
  if (const auto& zoom = exports.zoom) {
    CloudRows rows("Zoom");
    judge_zoom(*zoom, rows);
    add(reading, rows.take(), {zoom->read_at, {CloudService::zoom}, zoom->account}, now);
  }
  if (const auto& webex = exports.webex) {
    CloudRows rows("Webex");
    judge_webex(*webex, rows);
    add(reading, rows.take(), {webex->read_at, {CloudService::webex}, webex->account}, now);
  }
  for (auto& [service, other] : exports.others)
    add(reading, std::move(other.rows), {other.read_at, {service}, other.account}, now);
  return reading;
}

std::vector<JudgedCheck> judged_checks(const CloudChecks& clouds, const CloudReading& reading,
                                       const CloudDeclared& declared) {
  std::vector<JudgedCheck> checks;
  for (const CheckSpec& spec : clouds.checks) {
    if (!is_of_settings(spec.id)) continue;  // of a register
    std::vector<std::pair<CloudService, Finding>> found;
    for (const CloudService service : kCloudServices) {
      if (!looks_at(service, spec.id)) continue;
      if (!reading.read.contains(service)) {
        if (declared.in_use.contains(service))
          found.emplace_back(service, unknown("使われていますが、設定はまだ読んでいません",
                                              "in use, and its settings were never read"));
        continue;
      }
      for (const CloudRow& row : reading.rows)
        if (row.item->service == service && row.item->check == spec.id)
          found.emplace_back(service, row.finding);
    }
    checks.push_back({&spec, found.empty()
                                 ? not_applicable("これに関わるサービスは使われていません",
                                                  "no service that it concerns is in use")
                                 : together(found)});
  }
  return checks;
}

std::vector<Evidence> cloud_evidence(const std::vector<JudgedCheck>& checks,
                                     const CloudReading& reading, Time now) {
  std::vector<Evidence> list;
  const Time seen = std::min(reading.made_at, now);
  for (const JudgedCheck& check : checks)
    list.push_back({kOrganisation, check.spec->id, judgement_of(check.finding), seen,
                    std::min(seen + kCloudReadingHolds, check.finding.holds_until),
                    "collector:cloud"});
  return list;
}

}  // namespace sekisho
