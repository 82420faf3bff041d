// SPDX-License-Identifier: Apache-2.0
// OSCAL assessment results (NIST OSCAL 1.2.1): an observation for each piece of evidence, a finding
// for each requirement that applies, a risk for each that fails.
#include "base/crypto.h"
#include "report/json.h"
#include "report/oscal_text.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kPlan = "Every check of Sekisho that applies to the subject, at once.";

class Results {
 public:
  explicit Results(const Report& report)
      : report_(report),
        a_(report.assessment),
        base_(a_.scope.subject.value + "|" + format_time(a_.scope.now) + "|"),
        observed_(base_) {}

  json::object document() {
    for (const CheckState& check : a_.checks)
      if (check.evidence) observed_.add(check);
    for (const auto* list : {&a_.handbook, &a_.measures})
      for (const Assessed& assessed : *list)
        if (assessed.applicability.applies && assessed.status != Status::not_applicable)
          add_finding(assessed);
    json::object result{
        {"uuid", uuid(base_ + "result")},
        {"title", "Telework security of " + a_.scope.subject.value},
        {"description",
         both({"テレワークの安全点検の結果", "Result of the telework security check"})},
        {"start", format_time(a_.scope.now)},
        {"end", format_time(a_.scope.now)},
        {"reviewed-controls",
         json::object{{"control-selections",
                       json::array{json::object{{"include-controls", std::move(controls_)}}}}}}};
    if (!observed_.empty()) {
      result["local-definitions"] = observed_.subjects();
      result["observations"] = observed_.take();
    }
    if (!risks_.empty()) result["risks"] = std::move(risks_);
    if (!findings_.empty()) result["findings"] = std::move(findings_);
    json::object metadata{{"title", "Sekisho telework security check"},
                          {"last-modified", format_time(a_.scope.now)},
                          {"version", report_.version},
                          {"oscal-version", kOscalVersion},
                          {"remarks", both(report_.guideline.notice)}};
    add_parties(metadata, "");
    return {
        {"assessment-results",
         json::object{{"uuid", uuid(base_ + "document")},
                      {"metadata", std::move(metadata)},
                      {"import-ap", json::object{{"href", "#" + uuid(base_ + "plan")}}},
                      {"results", json::array{std::move(result)}},
                      {"back-matter",
                       json::object{{"resources",
                                     json::array{json::object{
                                         {"uuid", uuid(base_ + "plan")},
                                         {"title", "Plan"},
                                         {"description", kPlan},
                                         {"base64", json::object{{"filename", "plan.txt"},
                                                                 {"media-type", "text/plain"},
                                                                 {"value", base64(kPlan)}}}}}}}}}}};
  }

 private:
  void add_finding(const Assessed& assessed) {
    const Requirement& requirement = *assessed.requirement;
    const std::string id = control_id(requirement);
    controls_.emplace_back(json::object{{"control-id", id}});
    json::array related;
    for (const CheckState* check : assessed.checks)
      if (check->evidence)
        related.emplace_back(json::object{{"observation-uuid", observed_.id(*check->spec)}});
    const bool met = assessed.status == Status::met;
    json::object status{{"state", met ? "satisfied" : "not-satisfied"},
                        {"reason", met                                  ? "pass"
                                   : assessed.status == Status::unknown ? "other"
                                                                        : "fail"},
                        {"remarks", both(label(assessed.status))}};
    json::object finding{{"uuid", uuid(base_ + "finding|" + id)},
                         {"title", requirement.id},
                         {"description", both(requirement.text)},
                         {"target", json::object{{"type", "statement-id"},
                                                 {"target-id", id + "_smt"},
                                                 {"status", std::move(status)}}}};
    if (!related.empty()) finding["related-observations"] = related;
    if (assessed.failing()) {
      const std::string risk = uuid(base_ + "risk|" + id);
      std::string threats;
      for (const std::string& threat : requirement.threats)
        threats += (threats.empty() ? "" : "; ") + both(report_.guideline.threat(threat)->name);
      json::object entry{{"uuid", risk},
                         {"title", requirement.id},
                         {"description", both(requirement.text)},
                         {"statement", threats},
                         {"status", "open"}};
      if (!related.empty()) entry["related-observations"] = std::move(related);
      risks_.emplace_back(std::move(entry));
      finding["related-risks"] = json::array{json::object{{"risk-uuid", risk}}};
    }
    findings_.emplace_back(std::move(finding));
  }

  const Report& report_;
  const Assessment& a_;
  std::string base_;
  Observed observed_;
  json::array findings_;
  json::array risks_;
  json::array controls_;
};

}  // namespace

std::string report_oscal(const Report& report) { return pretty(Results(report).document()); }

}  // namespace sekisho
