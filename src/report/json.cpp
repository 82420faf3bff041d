// SPDX-License-Identifier: Apache-2.0
// The report as JSON, in both languages at once.
#include "report/json.h"
#include "evidence/partly.h"

namespace sekisho {

namespace json = boost::json;

json::object to_json(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

json::object to_json(const Provenance& from) {
  return {{"source", name(from.source)}, {"confidence", name(from.confidence)}};
}

json::array to_json(const std::vector<Step>& steps) {
  json::array list;
  for (const Step& step : steps) {
    if (step.command.empty())
      list.emplace_back(to_json(step.text));
    else
      list.emplace_back(json::object{{"run", step.command}});
  }
  return list;
}

namespace {

void write_pretty(const json::value& value, std::size_t depth, std::string& out) {
  const std::string indent(2 * (depth + 1), ' ');
  const auto close = [&](char bracket) { out.append("\n").append(2 * depth, ' ') += bracket; };
  if (const json::object* map = value.if_object(); map != nullptr && !map->empty()) {
    out += '{';
    bool first = true;
    for (const auto& member : *map) {
      out.append(first ? "\n" : ",\n")
          .append(indent)
          .append(json::serialize(json::string(member.key())))
          .append(": ");
      write_pretty(member.value(), depth + 1, out);
      first = false;
    }
    close('}');
  } else if (const json::array* list = value.if_array(); list != nullptr && !list->empty()) {
    out += '[';
    bool first = true;
    for (const json::value& item : *list) {
      out.append(first ? "\n" : ",\n").append(indent);
      write_pretty(item, depth + 1, out);
      first = false;
    }
    close(']');
  } else {
    out += json::serialize(value);
  }
}

json::object check_json(const CheckState& check) {
  json::object out{{"id", check.spec->id},
                   {"asked", check.spec->asked},
                   {"title", to_json(check.spec->title)},
                   {"verdict", name(check.verdict())},
                   {"partly", said_partly(check.evidence)},
                   {"why", to_json(check.spec->why)},
                   {"fix", to_json(check.spec->fix)},
                   {"threats", strings(check.spec->threats)},
                   {"expired", check.expired}};
  if (check.evidence) {
    out["fact"] = to_json(check.evidence->detail());
    out["basis"] = to_json(check.evidence->basis());
    json::array lines;
    for (const Text& line : words(check.evidence->basis())) lines.emplace_back(to_json(line));
    out["basis_words"] = std::move(lines);
    out["observed_at"] = format_time(check.evidence->observed_at);
    out["valid_until"] = format_time(check.evidence->valid_until);
    out["source"] = check.evidence->source;
  }
  return out;
}

json::object assessed_json(const Assessed& assessed) {
  const Requirement& r = *assessed.requirement;
  json::object out{{"id", r.id},
                   {"ascii_id", r.ascii},
                   {"category", std::string(1, r.category)},
                   {"text", to_json(r.text)},
                   {"priority", name(r.priority())},
                   {"priority_from", r.priority_stated ? "handbook" : "project"},
                   {"importance", name(r.importance)},
                   {"difficulty", name(r.difficulty)},
                   {"status", name(assessed.status)},
                   {"applies", assessed.applicability.applies},
                   {"threats", strings(r.threats)},
                   {"checks", strings(r.checks)},
                   {"from", to_json(r.from)}};
  if (!assessed.applicability.reason.empty())
    out["reason"] = to_json(assessed.applicability.reason);
  return out;
}

json::object counts_json(const StatusCounts& counts) {
  json::object out;
  for (const Status status : {Status::met, Status::partly_met, Status::not_met,
                              Status::not_applicable, Status::unknown}) {
    const auto found = counts.find(status);
    out[name(status)] = found == counts.end() ? 0 : found->second;
  }
  return out;
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  write_pretty(value, 0, out);
  return out + "\n";
}

std::string report_json(const Report& report) {
  const Assessment& a = report.assessment;
  json::array first;
  for (std::size_t i = 0; i < std::min(a.to_fix.size(), kFirstActions); ++i) {
    const Action& action = a.to_fix[i];
    json::array serves;
    for (const Requirement* requirement : action.serves) serves.emplace_back(requirement->id);
    first.emplace_back(json::object{{"check", action.check->spec->id},
                                    {"priority", name(action.priority)},
                                    {"importance", name(action.importance)},
                                    {"difficulty", name(action.difficulty)},
                                    {"serves", std::move(serves)}});
  }
  json::array checks;
  for (const CheckState& check : a.checks) checks.emplace_back(check_json(check));
  json::array handbook;
  for (const Assessed& assessed : a.handbook) handbook.emplace_back(assessed_json(assessed));
  json::array measures;
  for (std::size_t i = 0; i < a.measures.size(); ++i) {
    const Measure& measure = report.guideline.measures[i];
    json::object out = assessed_json(a.measures[i]);
    out["role"] = name(measure.role);
    out["level"] = name(measure.level());
    out["pillar"] = name(measure.pillar);
    measures.emplace_back(std::move(out));
  }
  json::array feeds;
  for (const FeedDate& feed : report.feeds)
    feeds.emplace_back(json::object{
        {"name", to_json(feed.name)}, {"as_of", format_day(feed.as_of)}, {"stale", feed.stale}});
  json::object situations;
  for (const auto& [id, value] : a.scope.situations) situations[id] = value;
  return pretty(json::object{
      {"format", "sekisho-report-1"},
      {"version", report.version},
      {"subject", a.scope.subject.value},
      {"assessed_at", format_time(a.scope.now)},
      {"method",
       a.scope.method() == nullptr ? json::value(nullptr) : json::value(a.scope.method()->id)},
      {"situations", std::move(situations)},
      {"must_failing", a.must_failing()},
      {"summary",
       json::object{{"handbook_must", counts_json(count(a.handbook, Priority::must))},
                    {"handbook_should", counts_json(count(a.handbook, Priority::should))},
                    {"measures", counts_json(count(a.measures))}}},
      {"fix_first", std::move(first)},
      {"checks", std::move(checks)},
      {"handbook", std::move(handbook)},
      {"measures", std::move(measures)},
      {"feeds", std::move(feeds)},
      {"notice", to_json(report.guideline.notice)}});
}

}  // namespace sekisho
