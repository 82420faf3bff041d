// OSCAL beside the assessment results: catalog, profile, plan of action and milestones.
#include "report/oscal_text.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

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

namespace {

json::object metadata(const OrganisationReport& report, std::string title) {
  return {{"title", std::move(title)},
          {"last-modified", format_time(report.assessment.scope.now)},
          {"version", report.version},
          {"oscal-version", kOscalVersion},
          {"remarks", both(report.guideline.notice)}};
}

json::object control(const Requirement& r, std::string_view kind) {
  const std::string id = control_id(r);
  const auto prop = [](std::string_view name, std::string_view value) {
    return json::object{{"name", name}, {"ns", "urn:sekisho:oscal"}, {"value", value}};
  };
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

}  // namespace

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
                {"resources", json::array{json::object{
                                  {"uuid", resource},
                                  {"title", "Catalog"},
                                  {"rlinks", json::array{json::object{
                                                 {"href", "sekisho-catalog.json"}}}}}}}}}}}});
}

std::string oscal_poam(const OrganisationReport& report) {
  const std::string base = "poam|" + report.name + format_time(report.assessment.scope.now);
  json::array items;
  json::array risks;
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
    json::object item{
        {"uuid", uuid(base + "item" + spec.id)},
        {"title", both(spec.title)},
        {"description",
         action.check->evidence ? both(action.check->evidence->detail()) : both(spec.why)},
        {"related-risks", json::array{json::object{{"risk-uuid", risk}}}}};
    if (const auto owner = report.owners.find(spec.id); owner != report.owners.end()) {
      if (!owner->second.due.empty()) entry["deadline"] = owner->second.due + "T23:59:59Z";
      if (!owner->second.person.empty())
        item["props"] = json::array{json::object{
            {"name", "owner"}, {"ns", "urn:sekisho:oscal"}, {"value", owner->second.person}}};
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
  if (!risks.empty()) plan["risks"] = std::move(risks);
  return pretty(json::object{{"plan-of-action-and-milestones", std::move(plan)}});
}

}  // namespace sekisho
