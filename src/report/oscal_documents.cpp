// SPDX-License-Identifier: Apache-2.0
// OSCAL beside the assessment results: catalog, profile, plan of action and milestones.
#include "report/oscal_text.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "evidence/partly.h"
#include "report/json.h"
#include "report/organisation.h"

namespace sekisho {

namespace json = boost::json;

std::string uuid(const std::string& of) {
  constexpr std::array<unsigned char, 16> kNamespace{0x7d, 0x1c, 0x0b, 0x5e, 0x2f, 0x64,
                                                     0x4a, 0x53, 0x9a, 0x41, 0x5e, 0x8b,
                                                     0x6d, 0x27, 0xc0, 0x11};
  std::string input(kNamespace.begin(), kNamespace.end());
  input += of;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0FU) | 0x50U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3FU) | 0x80U);
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", digest.at(i));
  }
  return out;
}

std::string control_id(const Requirement& requirement) {
  const bool digit = requirement.ascii[0] >= '0' && requirement.ascii[0] <= '9';
  return (digit ? "handbook-" : "") + lower(requirement.ascii);
}

std::string both(const Text& text) { return text.ja + " / " + text.en; }

json::object oscal_property(std::string_view name, std::string_view value) {
  return {{"name", name}, {"ns", kOscalNamespace}, {"value", value}};
}

void add_parties(json::object& metadata, const std::string& firm) {
  const std::string tool = uuid("party|sekisho");
  metadata["roles"] = json::array{json::object{{"id", "creator"}, {"title", "Creator"}},
                                  json::object{{"id", "prepared-for"}, {"title", "Prepared for"}}};
  json::array parties{json::object{{"uuid", tool}, {"type", "organization"}, {"name", "Sekisho"}}};
  json::array responsible{json::object{{"role-id", "creator"}, {"party-uuids", json::array{tool}}}};
  if (!firm.empty()) {
    const std::string id = uuid("party|" + firm);
    parties.emplace_back(json::object{{"uuid", id}, {"type", "organization"}, {"name", firm}});
    responsible.emplace_back(
        json::object{{"role-id", "prepared-for"}, {"party-uuids", json::array{id}}});
  }
  metadata["parties"] = std::move(parties);
  metadata["responsible-parties"] = std::move(responsible);
}

void Observed::add(const CheckState& check) {
  const Evidence& evidence = *check.evidence;
  const std::string& on = evidence.subject.value;
  const std::string subject = uuid("subject|" + on);
  subjects_.emplace(subject, on);
  json::object out{
      {"uuid", id(*check.spec)},
      {"title", both(check.spec->title)},
      {"description", both(evidence.detail())},
      {"props",
       json::array{
           oscal_property("verdict", said_partly(evidence) ? kPartly : name(evidence.verdict())),
           oscal_property("source", evidence.source)}},
      {"methods", json::array{check.spec->asked ? "INTERVIEW" : "TEST"}},
      {"subjects", json::array{json::object{
                       {"subject-uuid", subject}, {"type", "inventory-item"}, {"title", on}}}},
      {"collected", format_time(evidence.observed_at)},
      {"expires", format_time(evidence.valid_until)}};
  json::array relevant;
  for (const Text& line : words(evidence.basis()))
    relevant.emplace_back(json::object{{"description", both(line)}});
  if (!relevant.empty()) out["relevant-evidence"] = std::move(relevant);
  observations_.emplace_back(std::move(out));
}

json::object Observed::subjects() const {
  json::array items;
  for (const auto& [id, name] : subjects_)
    items.emplace_back(json::object{{"uuid", id}, {"description", name}});
  return {{"inventory-items", std::move(items)}};
}

namespace {

json::object metadata(const OrganisationReport& report, std::string title) {
  json::object out{{"title", std::move(title)},
                   {"last-modified", format_time(report.assessment.scope.now)},
                   {"version", report.version},
                   {"oscal-version", kOscalVersion},
                   {"remarks", both(report.guideline.notice)}};
  add_parties(out, report.name);
  return out;
}

json::object control(const Requirement& r, std::string_view kind) {
  const std::string id = control_id(r);
  const auto prop = oscal_property;
  return {{"id", id},
          {"class", kind},
          {"title", r.id},
          {"props", json::array{prop("priority", name(r.priority())),
                                prop("priority-source", r.priority_stated ? "handbook" : "project"),
                                prop("level", name(r.level())), prop("source", name(r.from.source)),
                                prop("confidence", name(r.from.confidence))}},
          {"parts", json::array{json::object{
                        {"id", id + "_smt"}, {"name", "statement"}, {"prose", both(r.text)}}}}};
}

const std::string kCatalog = uuid("catalog");

/// How a check is put right, as its page says; empty where it says nothing.
json::object remediation(const std::string& base, const CheckSpec& spec) {
  std::string steps;
  for (const Step& step : spec.fix) {
    steps += (steps.empty() ? "" : "\n") + both(step.text);
    if (!step.command.empty()) steps += "\n  " + step.command;
  }
  if (steps.empty()) return {};
  return {{"uuid", uuid(base + "remediation" + spec.id)},
          {"lifecycle", "recommendation"},
          {"title", both({"直し方", "How to fix it"})},
          {"description", steps}};
}

}  // namespace

std::string oscal_file_name(const OrganisationReport& report, std::string_view format) {
  return fmt::format("sekisho-oscal-{}.{}.json",
                     format_day(report.assessment.scope.calendar.day(report.assessment.scope.now)),
                     format);
}

std::string oscal_catalog(const OrganisationReport& report) {
  const Guideline& g = report.guideline;
  json::array groups;
  for (const Category& category : g.categories) {
    json::array controls;
    for (const Measure& measure : g.measures)
      if (measure.category == category.letter) controls.emplace_back(control(measure, "measure"));
    groups.emplace_back(json::object{{"id", fmt::format("category-{}", category.letter)},
                                     {"class", "category"},
                                     {"title", both(category.name)},
                                     {"controls", std::move(controls)}});
  }
  json::array items;
  for (const HandbookItem& item : g.handbook) items.emplace_back(control(item, "handbook"));
  groups.emplace_back(
      json::object{{"id", "handbook"},
                   {"class", "checklist"},
                   {"title", both({"手引きのチェックリスト", "The handbook's checklist"})},
                   {"controls", std::move(items)}});
  return pretty(json::object{
      {"catalog",
       json::object{
           {"uuid", kCatalog},
           {"metadata", metadata(report, both({"テレワークの対策（関所による言い換え）",
                                               "Telework measures, as restated by Sekisho"}))},
           {"groups", std::move(groups)}}}});
}

std::string oscal_profile(const OrganisationReport& report) {
  json::array ids;
  for (const auto* list : {&report.assessment.handbook, &report.assessment.measures})
    for (const Assessed& assessed : *list)
      if (assessed.applicability.applies) ids.emplace_back(control_id(*assessed.requirement));
  const std::string resource = uuid("catalog-resource");
  return pretty(json::object{
      {"profile",
       json::object{
           {"uuid", uuid("profile|" + report.name + format_time(report.assessment.scope.now))},
           {"metadata",
            metadata(report, report.name + ": " + both({"当てはまる対策", "what applies"}))},
           {"imports",
            json::array{json::object{
                {"href", "#" + resource},
                {"include-controls", json::array{json::object{{"with-ids", std::move(ids)}}}}}}},
           {"merge", json::object{{"as-is", true}}},
           {"back-matter",
            json::object{
                {"resources",
                 json::array{json::object{
                     {"uuid", resource},
                     {"title", "Catalog"},
                     {"rlinks", json::array{json::object{
                                    {"href", oscal_file_name(report, "catalog")}}}}}}}}}}}});
}

std::string oscal_poam(const OrganisationReport& report) {
  const std::string base = "poam|" + report.name + format_time(report.assessment.scope.now);
  json::array items;
  json::array risks;
  Observed observed(base);
  for (const Action& action : report.assessment.to_fix) {
    const CheckSpec& spec = *action.check->spec;
    const std::string risk = uuid(base + "risk" + spec.id);
    std::string threats;
    for (const std::string& threat : spec.threats)
      threats += (threats.empty() ? "" : "; ") + both(report.guideline.threat(threat)->name);
    json::object entry{{"uuid", risk},
                       {"title", both(spec.title)},
                       {"description", both(spec.why)},
                       {"statement", threats.empty() ? both(spec.why) : threats},
                       {"status", "open"}};
    if (auto steps = remediation(base, spec); !steps.empty())
      entry["remediations"] = json::array{std::move(steps)};
    json::object item{
        {"uuid", uuid(base + "item" + spec.id)},
        {"title", both(spec.title)},
        {"description",
         action.check->evidence ? both(action.check->evidence->detail()) : both(spec.why)},
        {"related-risks", json::array{json::object{{"risk-uuid", risk}}}}};
    if (action.check->evidence) {
      observed.add(*action.check);
      const json::array related{json::object{{"observation-uuid", observed.id(spec)}}};
      item["related-observations"] = related;
      entry["related-observations"] = related;
    }
    if (const auto owner = report.owners.find(spec.id); owner != report.owners.end()) {
      if (!owner->second.due.empty()) entry["deadline"] = owner->second.due + "T23:59:59Z";
      if (!owner->second.person.empty())
        item["props"] = json::array{oscal_property("owner", owner->second.person)};
    }
    risks.emplace_back(std::move(entry));
    items.emplace_back(std::move(item));
  }
  // A plan has at least one item, even when nothing needs fixing.
  if (items.empty())
    items.emplace_back(json::object{
        {"uuid", uuid(base + "none")},
        {"title", both({"要対応なし", "Nothing to fix"})},
        {"description", both({"要対応の項目はありません。", "Nothing needs fixing."})}});
  json::object plan{
      {"uuid", uuid(base)},
      {"metadata", metadata(report, report.name + ": " + both({"直す計画", "plan of action"}))},
      {"system-id", json::object{{"identifier-type", "https://ietf.org/rfc/rfc4122"},
                                 {"id", uuid("system|" + report.name)}}},
      {"poam-items", std::move(items)}};
  if (!observed.empty()) {
    plan["local-definitions"] = observed.subjects();
    plan["observations"] = observed.take();
  }
  if (!risks.empty()) plan["risks"] = std::move(risks);
  return pretty(json::object{{"plan-of-action-and-milestones", std::move(plan)}});
}

}  // namespace sekisho
