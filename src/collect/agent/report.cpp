// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/report.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr DocumentLimits kLimits{.bytes = kMostDeliveryBytes, .nodes = 50'000, .depth = 12};
constexpr std::size_t kLongestWord = 200;
constexpr std::size_t kLongestDetail = 1000;
constexpr std::size_t kLongestWhy = 4000;
/// A record that is none: it says with which readers the report was seen. Where it isn't known it
/// is left aside like a check of another version.
constexpr std::string_view kReadersRecord = "readers";

/// Text without controls, cut to `most` bytes: it comes from a machine and is shown to people.
std::string word(const Node& node, std::size_t most = kLongestWord, bool may_be_empty = false) {
  const auto* text = node.value().if_string();
  if (text == nullptr) {
    node.report("文字列ではありません。", "this is not text.");
    return {};
  }
  std::string clean = printable({text->data(), text->size()}, most);
  if (clean.empty() && !may_be_empty) node.report("空です。", "this is empty.");
  return clean;
}

/// Bytes that only pass through: certificates, signed bodies.
std::string whole(const Node& node, std::size_t most) {
  const auto* text = node.value().if_string();
  if (text == nullptr || text->size() > most) {
    node.report("文字列ではないか、長すぎます。", "this is not text, or too long.");
    return {};
  }
  return {text->data(), text->size()};
}

std::string hexadecimal(const Node& node) {
  std::string text = whole(node, 64);
  const bool good = text.size() == 64 && std::ranges::all_of(text, [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (!good) node.report("16 進 64 文字ではありません。", "this is not 64 hexadecimal digits.");
  return text;
}

Time moment(const Node& node) {
  const auto at = parse_time(word(node, 40));
  if (!at) node.report("時刻ではありません。", "this is no time.");
  return at.value_or(Time());
}

json::object system_json(const AgentSystem& system) {
  return {{"id", system.id}, {"version", system.version}, {"name", system.name}};
}

AgentSystem read_system(const Node& node) {
  node.only({"id", "version", "name"});
  return {word(node.at("id"), 40, true), word(node.at("version"), 40, true),
          word(node.at("name"), kLongestWord, true)};
}

Verdict read_verdict(const Node& node) {
  const auto verdict = verdict_named(word(node, 20));
  if (!verdict) node.report("結果の名前が違います。", "there is no such verdict.");
  return verdict.value_or(Verdict::unknown);
}

json::object signed_json(const SignedReport& report) {
  return {{"body", report.body}, {"signature", report.signature}};
}

SignedReport read_signed_report(const Node& node) {
  node.only({"body", "signature"});
  return {whole(node.at("body"), kMostDeliveryBytes), whole(node.at("signature"), 200)};
}

std::vector<Node> at_most(const Node& node, std::size_t most) {
  auto items = node.items();
  if (items.size() <= most) return items;
  node.report("多すぎます。", "these are too many.");
  return {};
}

/// Why the server refused, from an application/problem+json body with `reason`.
Text reason_of(const std::string& body) {
  const auto document = parse_json("", body, {65'536, 100, 6});
  if (!document) return {};
  std::vector<Error> ignored;
  const auto reason = Node(*document, ignored).find("reason");
  const Text text = reason ? reason->text() : Text();
  return {printable(text.ja), printable(text.en)};
}

}  // namespace

std::string write_protocol() { return json::serialize(json::object{{"version", kProtocol}}); }

std::int64_t read_protocol(std::string_view text) {
  return read_json<std::int64_t>(
             text, {1000, 20, 4},
             [](const Node& node) { return node.at("version").integer(1, INT32_MAX); })
      .value_or(1);
}

std::string write_report(const AgentReport& report) {
  json::array records;
  for (const AgentRecord& record : report.records) {
    json::object one{{"check", record.check},
                     {"verdict", name(record.verdict)},
                     {"detail", {{"ja", record.detail.ja}, {"en", record.detail.en}}}};
    if (!record.basis.empty()) one["basis"] = to_json(record.basis);
    records.push_back(std::move(one));
  }
  if (report.readers > 0) {
    const std::string number = std::to_string(report.readers);
    records.emplace_back(json::object{{"check", kReadersRecord},
                                      {"verdict", name(Verdict::unknown)},
                                      {"detail", {{"ja", number}, {"en", number}}}});
  }
  return json::serialize(json::object{{"device", report.device},
                                      {"sequence", report.sequence},
                                      {"observed_at", format_time(report.observed_at)},
                                      {"host", report.host},
                                      {"machine", report.machine},
                                      {"system", system_json(report.system)},
                                      {"records", std::move(records)}});
}

Result<AgentReport> read_report(std::string_view text) {
  return read_json<AgentReport>(text, kLimits, [](const Node& node) {
    node.only({"device", "sequence", "observed_at", "host", "machine", "system", "records"});
    AgentReport report;
    report.readers = 0;
    report.device = word(node.at("device"));
    report.sequence = node.at("sequence").integer(1, INT64_MAX - 1);
    report.observed_at = moment(node.at("observed_at"));
    report.host = word(node.at("host"));
    report.machine = hexadecimal(node.at("machine"));
    report.system = read_system(node.at("system"));
    for (const Node& item : at_most(node.at("records"), kMostRecords)) {
      item.only({"check", "verdict", "detail", "basis"});
      const Node detail = item.at("detail");
      detail.only({"ja", "en"});
      if (word(item.at("check"), 100) == kReadersRecord) {
        report.readers = std::max<std::int64_t>(0, whole_number(word(detail.at("en"), 20)));
        continue;
      }
      const auto basis = item.find("basis");
      report.records.push_back({word(item.at("check"), 100),
                                read_verdict(item.at("verdict")),
                                {word(detail.at("ja"), kLongestDetail, true),
                                 word(detail.at("en"), kLongestDetail, true)},
                                basis ? read_basis(*basis) : Basis()});
    }
    return report;
  });
}

std::string write_delivery(const Delivery& delivery) {
  json::array reports;
  for (const SignedReport& report : delivery.reports) reports.emplace_back(signed_json(report));
  return json::serialize(json::object{{"sent_at", format_time(delivery.sent_at)},
                                      {"turn", delivery.turn},
                                      {"reports", std::move(reports)},
                                      {"tpm", delivery.tpm}});
}

Result<Delivery> read_delivery(std::string_view text) {
  return read_json<Delivery>(text, kLimits, [](const Node& node) {
    node.only({"sent_at", "turn", "reports", "tpm"});
    const auto tpm = node.find("tpm");
    Delivery delivery{moment(node.at("sent_at")), word(node.at("turn")), {}, tpm && tpm->boolean()};
    for (const Node& item : at_most(node.at("reports"), kMostReports))
      delivery.reports.push_back(read_signed_report(item));
    return delivery;
  });
}

std::string write_receipt(const Receipt& receipt) {
  json::array refused;
  for (const Receipt::Refused& one : receipt.refused)
    refused.emplace_back(json::object{{"sequence", one.sequence},
                                      {"reason", {{"ja", one.reason.ja}, {"en", one.reason.en}}}});
  return json::serialize(json::object{{"turn", receipt.turn},
                                      {"up_to", receipt.up_to},
                                      {"refused", std::move(refused)},
                                      {"content", receipt.content},
                                      {"software", receipt.software}});
}

Result<Receipt> read_receipt(std::string_view text) {
  return read_json<Receipt>(text, kLimits, [](const Node& node) {
    node.only({"turn", "up_to", "refused", "content", "software"});
    Receipt receipt{word(node.at("turn")),
                    node.at("up_to").integer(0, INT64_MAX - 1),
                    {},
                    word(node.at("content"), 64, true),
                    word(node.at("software"), 64, true)};
    for (const Node& item : at_most(node.at("refused"), kMostReports)) {
      const Node reason = item.at("reason");
      receipt.refused.push_back(
          {item.at("sequence").integer(0, INT64_MAX - 1),
           {word(reason.at("ja"), kLongestDetail), word(reason.at("en"), kLongestDetail)}});
    }
    return receipt;
  });
}

std::string write_told(Told told) {
  json::array closed;
  for (const ClosedHere& one : told.closed)
    closed.emplace_back(json::object{{"name", {{"ja", one.name.ja}, {"en", one.name.en}}},
                                     {"why", {{"ja", one.why.ja}, {"en", one.why.en}}}});
  json::object all{
      {"looks", told.looks}, {"closed", std::move(closed)}, {"more_closed", told.more_closed}};
  all.emplace("word", content_version(json::serialize(all)).substr(0, 32));
  return json::serialize(all);
}

Result<Told> read_told(std::string_view text) {
  const auto words = [](const Node& node) {
    return Text{word(node.at("ja"), kLongestWhy), word(node.at("en"), kLongestWhy)};
  };
  return read_json<Told>(text, kLimits, [&](const Node& node) {
    Told told{word(node.at("word"), 64),
              node.at("looks").integer(0, INT64_MAX - 1),
              {},
              node.at("more_closed").integer(0, INT64_MAX - 1)};
    for (const Node& item : at_most(node.at("closed"), kMostClosed))
      told.closed.push_back({words(item.at("name")), words(item.at("why"))});
    return told;
  });
}

std::string write_signed(const SignedReport& report) {
  return json::serialize(signed_json(report));
}

Result<SignedReport> read_signed(std::string_view text) {
  return read_json<SignedReport>(text, kLimits, read_signed_report);
}

std::string write_software_list(const SoftwareList& list) {
  return json::serialize(json::object{{"device", list.device},
                                      {"observed_at", format_time(list.observed_at)},
                                      {"sbom", list.sbom}});
}

Result<SoftwareList> read_software_list(std::string_view text) {
  return read_json<SoftwareList>(text, kLimits, [](const Node& node) {
    node.only({"device", "observed_at", "sbom"});
    return SoftwareList{word(node.at("device")), moment(node.at("observed_at")),
                        whole(node.at("sbom"), kMostDeliveryBytes)};
  });
}

std::string write_sbom(std::vector<InstalledSoftware> software) {
  std::erase_if(software, [](const InstalledSoftware& one) { return one.name.empty(); });
  std::ranges::sort(software, {}, [](const InstalledSoftware& one) {
    return std::tie(one.name, one.version, one.purl);
  });
  if (software.size() > kMostSoftware) software.resize(kMostSoftware);
  if (software.empty()) return {};
  json::array components;
  for (const InstalledSoftware& one : software) {
    json::object component{{"type", "application"},
                           {"name", printable(one.name, 200)},
                           {"version", printable(one.version, 100)}};
    if (!one.purl.empty()) component["purl"] = one.purl;
    components.push_back(std::move(component));
  }
  return json::serialize(json::object{{"bomFormat", "CycloneDX"},
                                      {"specVersion", "1.5"},
                                      {"version", 1},
                                      {"components", std::move(components)}});
}

std::string write_enrolment(const Enrolment& enrolment) {
  return json::serialize(json::object{{"code", enrolment.code},
                                      {"request", enrolment.request},
                                      {"host", enrolment.host},
                                      {"machine", enrolment.machine},
                                      {"system", system_json(enrolment.system)}});
}

Result<Enrolment> read_enrolment(std::string_view text) {
  return read_json<Enrolment>(text, kLimits, [](const Node& node) {
    node.only({"code", "request", "host", "machine", "system"});
    return Enrolment{word(node.at("code")), whole(node.at("request"), 8192),
                     word(node.at("host"), 100), hexadecimal(node.at("machine")),
                     read_system(node.at("system"))};
  });
}

std::string write_enrolled(const Enrolled& enrolled) {
  return json::serialize(json::object{{"device", enrolled.device},
                                      {"certificate", enrolled.certificate},
                                      {"turn", enrolled.turn},
                                      {"content_key", enrolled.content_key}});
}

Result<Enrolled> read_enrolled(std::string_view text) {
  return read_json<Enrolled>(text, kLimits, [](const Node& node) {
    node.only({"device", "certificate", "turn", "content_key"});
    return Enrolled{word(node.at("device")), whole(node.at("certificate"), 16'384),
                    word(node.at("turn")), word(node.at("content_key"))};
  });
}

std::string write_renewal(const std::string& request) {
  return json::serialize(json::object{{"request", request}});
}

Result<std::string> read_renewal(std::string_view text) {
  return read_json<std::string>(text, kLimits, [](const Node& node) {
    node.only({"request"});
    return whole(node.at("request"), 8192);
  });
}

std::string content_version(std::string_view body) { return secret_hash(body); }

std::string write_content_files(const std::vector<ContentFile>& files) {
  json::object out;
  for (const ContentFile& file : files) out[file.name] = file.text;
  return json::serialize(out);
}

namespace {
constexpr DocumentLimits kContentLimits{.bytes = 2 * kMostContentBytes, .nodes = 100, .depth = 4};
}

Result<std::vector<ContentFile>> read_content_files(std::string_view body) {
  return read_json<std::vector<ContentFile>>(body, kContentLimits, [](const Node& node) {
    std::vector<ContentFile> files;
    for (const auto& [name, text] : node.entries()) {
      const bool plain = !name.empty() && name.size() <= 60 && name.front() != '.' &&
                         std::ranges::all_of(name, [](char c) {
                           return (c >= 'a' && c <= 'z') || c == '-' || c == '.';
                         });
      if (!plain) text.report("ファイル名が正しくありません。", "a file's name is not allowed.");
      files.push_back({name, whole(text, kMostContentBytes)});
    }
    return files;
  });
}

std::string write_content(const Content& content) {
  return json::serialize(json::object{{"body", content.body}, {"signature", content.signature}});
}

Result<Content> read_content(std::string_view text) {
  return read_json<Content>(text, kContentLimits, [](const Node& node) {
    node.only({"body", "signature"});
    return Content{whole(node.at("body"), kMostContentBytes), whole(node.at("signature"), 200)};
  });
}

std::string write_link(const EnrolmentLink& link) {
  return link.server + "/#" + link.code + "." + link.authority;
}

Result<EnrolmentLink> read_link(std::string_view text) {
  const std::size_t mark = text.find("/#");
  const std::size_t dot = text.rfind('.');
  const std::string_view server = text.substr(0, mark);
  const bool shaped = text.size() < 1000 && mark != std::string_view::npos &&
                      dot != std::string_view::npos && dot > mark + 2 &&
                      server.starts_with("https://") && server.size() > 8 &&
                      text.size() - dot - 1 == 64;
  const auto clean = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.' || c == ':' || c == '[' || c == ']';
    });
  };
  if (!shaped || !clean(server.substr(8)) || !clean(text.substr(mark + 2)))
    return failure("登録用のリンクではありません。コンソールに出たものをそのまま使ってください。",
                   "this is no enrolment link; use it just as the console shows it.");
  return EnrolmentLink{std::string(server), std::string(text.substr(mark + 2, dot - mark - 2)),
                       std::string(text.substr(dot + 1))};
}

Error ServerReply::refusal(const std::string& server) const {
  const Text reason = reason_of(body);
  return {{fmt::format("サーバーが断りました（{}）: {}", status, reason.ja),
           fmt::format("the server refused ({}): {}", status, reason.en)},
          server};
}

}  // namespace sekisho
