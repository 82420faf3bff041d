// SPDX-License-Identifier: Apache-2.0
// The guideline itself, as JSON and as text.
#include <algorithm>

#include <fmt/format.h>

#include "report/json.h"
#include "report/marks.h"
#include "report/paper.h"

namespace sekisho {
namespace {

namespace json = boost::json;

bool wanted(const Requirement& r, const GuidelineFilter& filter) {
  return (!filter.category || r.category == *filter.category) &&
         (!filter.level || r.level() == *filter.level) &&
         (!filter.priority || r.priority() == *filter.priority);
}

std::vector<const Measure*> measures(const Guideline& guideline, const GuidelineFilter& filter) {
  if (filter.measure != nullptr) return {filter.measure};
  std::vector<const Measure*> list;
  for (const Measure& measure : guideline.measures)
    if (wanted(measure, filter) && (!filter.role || measure.role == *filter.role) &&
        applicability(guideline, measure, filter.method, filter.situations).applies)
      list.push_back(&measure);
  return list;
}

/// The handbook speaks to administrators; for another role an item is kept when a measure of that
/// role carries it out.
std::vector<ChecklistEntry> checklist(const Guideline& guideline, const GuidelineFilter& filter) {
  auto list = handbook_checklist(guideline, filter.method, filter.situations);
  std::erase_if(list, [&](const ChecklistEntry& entry) {
    const bool of_role =
        !filter.role || std::ranges::any_of(entry.item->measures, [&](const std::string& id) {
          return guideline.measure(id)->role == *filter.role;
        });
    return !wanted(*entry.item, filter) || !of_role;
  });
  return list;
}

json::array points_json(const std::vector<Point>& points) {
  json::array list;
  for (const Point& point : points)
    list.emplace_back(json::object{{"id", point.id},
                                   {"title", to_json(point.title)},
                                   {"text", to_json(point.text)},
                                   {"from", to_json(point.from)}});
  return list;
}

json::array texts_json(const std::vector<Text>& texts) {
  json::array list;
  for (const Text& text : texts) list.emplace_back(to_json(text));
  return list;
}

json::array methods_json(const Guideline& guideline, const GuidelineFilter& filter) {
  json::array list;
  for (const Method& method : guideline.methods) {
    if (filter.method != nullptr && filter.method != &method) continue;
    json::object grades;
    for (const TraitInfo& trait : guideline.traits) {
      const GradeReason& grade = method.grade(trait.trait);
      grades[name(trait.trait)] =
          json::object{{"grade", name(grade.grade)}, {"reason", to_json(grade.reason)}};
    }
    list.emplace_back(json::object{{"id", method.id},
                                   {"number", method.number},
                                   {"name", to_json(method.name)},
                                   {"definition", to_json(method.definition)},
                                   {"intended_use", to_json(method.intended_use)},
                                   {"typical", texts_json(method.typical)},
                                   {"derived", points_json(method.derived)},
                                   {"cautions", points_json(method.cautions)},
                                   {"grades", std::move(grades)}});
  }
  return list;
}

json::object requirement_json(const Requirement& r) {
  return {{"id", r.id},
          {"ascii_id", r.ascii},
          {"category", std::string(1, r.category)},
          {"text", to_json(r.text)},
          {"priority", name(r.priority())},
          {"priority_from", r.priority_stated ? "handbook" : "project"},
          {"level", name(r.level())},
          {"importance", name(r.importance)},
          {"difficulty", name(r.difficulty)},
          {"threats", strings(r.threats)},
          {"checks", strings(r.checks)},
          {"from", to_json(r.from)}};
}

json::array measures_json(const Guideline& guideline, const GuidelineFilter& filter) {
  json::array list;
  for (const Measure* measure : measures(guideline, filter)) {
    json::object out = requirement_json(*measure);
    out["role"] = name(measure->role);
    out["pillar"] = name(measure->pillar);
    out["methods"] = strings(measure->methods);
    out["steps"] = to_json(measure->steps);
    out["handbook"] = strings(measure->handbook);
    out["former"] = strings(measure->former);
    list.emplace_back(std::move(out));
  }
  return list;
}

json::array checklist_json(const Guideline& guideline, const GuidelineFilter& filter) {
  json::array list;
  for (const ChecklistEntry& entry : checklist(guideline, filter)) {
    json::object out = requirement_json(*entry.item);
    out["applies"] = entry.applicability.applies;
    if (!entry.applicability.reason.empty()) out["reason"] = to_json(entry.applicability.reason);
    out["why"] = to_json(entry.item->why);
    out["measures"] = strings(entry.item->measures);
    list.emplace_back(std::move(out));
  }
  return list;
}

json::array incidents_json(const Guideline& guideline) {
  json::array list;
  for (const Incident& incident : guideline.incidents)
    list.emplace_back(json::object{{"number", incident.number},
                                   {"title", to_json(incident.title)},
                                   {"happened", to_json(incident.happened)},
                                   {"lesson", to_json(incident.lesson)},
                                   {"threats", strings(incident.threats)},
                                   {"measures", strings(incident.measures)},
                                   {"from", to_json(incident.from)},
                                   {"measures_from", to_json(incident.mapping)}});
  return list;
}

// Text.

void say_points(Paper& paper, std::string_view title, const std::vector<Point>& points) {
  paper.heading(title);
  for (const Point& point : points) {
    paper.say(paper.in(point.title) + paper.in(source_mark(point.from)), 2, paper.bullet(),
              Ink::bold);
    paper.say(paper.in(point.text), 4);
  }
}

void say_methods(Paper& paper, const Guideline& guideline, const GuidelineFilter& filter) {
  for (const Method& method : guideline.methods) {
    if (filter.method != nullptr && filter.method != &method) continue;
    paper.heading(fmt::format("{}. {}  ({})", method.number, paper.in(method.name), method.id));
    paper.say(paper.in(method.definition), 2);
    for (const TraitInfo& trait : guideline.traits) {
      const GradeReason& grade = method.grade(trait.trait);
      const std::string lead =
          pad_to(paper.in(trait.name), 28) + std::string(name(grade.grade)) + "  ";
      paper.say(paper.in(grade.reason), 2, lead);
    }
    paper.say(paper.in(method.intended_use), 2, paper.tr("想定: ", "For: "));
    if (filter.method == nullptr) continue;
    paper.line("  " + paper.tr("典型的な構成", "Typical configurations"));
    for (const Text& text : method.typical) paper.say(paper.in(text), 4, paper.bullet());
    if (!method.derived.empty())
      say_points(paper, "  " + paper.tr("派生の構成", "Derived configurations"), method.derived);
    say_points(paper, "  " + paper.tr("この方式での注意", "Cautions of this method"),
               method.cautions);
  }
}

void say_measures(Paper& paper, const Guideline& guideline, const GuidelineFilter& filter) {
  const auto list = measures(guideline, filter);
  for (const Measure* measure : list) {
    const std::string lead =
        fmt::format("{} {} ", symbol(measure->priority()),
                    paper.style().lang == Lang::ja ? measure->id : measure->ascii);
    paper.say(paper.in(measure->text) + paper.in(marks(*measure)), 0, lead);
    paper.say(
        fmt::format("{} · {} · {} {} · {} {}", paper.in(guideline.category(measure->category).name),
                    paper.in(label(measure->level())), paper.tr("重要度", "importance"),
                    paper.in(label(measure->importance)), paper.tr("難易度", "difficulty"),
                    paper.in(label(measure->difficulty))),
        4, "", Ink::dim);
    for (const Step& step : measure->steps) {
      if (step.command.empty())
        paper.say(paper.in(step.text), 4, paper.bullet());
      else
        paper.line("      $ " + step.command);
    }
  }
  paper.line(fmt::format("{} {}", list.size(), paper.tr("件", "measures")));
}

void say_checklist(Paper& paper, const Guideline& guideline, const GuidelineFilter& filter) {
  for (const ChecklistEntry& entry : checklist(guideline, filter)) {
    const std::string lead = fmt::format(
        "{} {:<5}", entry.applicability.applies ? symbol(entry.item->stated) : "―", entry.item->id);
    paper.say(paper.in(entry.item->text), 0, lead,
              entry.applicability.applies ? Ink::plain : Ink::dim);
    if (!entry.applicability.reason.empty())
      paper.say(paper.in(entry.applicability.reason), 8, "", Ink::dim);
    else
      paper.say(paper.in(entry.item->why), 8, paper.tr("なぜ: ", "Why: "), Ink::dim);
  }
}

void say_incidents(Paper& paper, const Guideline& guideline) {
  for (const Incident& incident : guideline.incidents) {
    paper.heading(fmt::format("{}. {}", incident.number, paper.in(incident.title)));
    paper.say(paper.in(incident.happened) + paper.in(source_mark(incident.from)), 2);
    paper.say(paper.in(incident.lesson), 2, "→ ");
    std::string names;
    for (const std::string& id : incident.measures) {
      const Measure* measure = guideline.measure(id);
      names += (names.empty() ? "" : paper.tr("・", ", ")) +
               (paper.style().lang == Lang::ja ? measure->id : measure->ascii);
    }
    paper.say(names + paper.in(source_mark(incident.mapping)), 2,
              paper.tr("有効な対策: ", "Countered by: "), Ink::dim);
  }
}

constexpr std::string_view kParts =
    "methods, measures, checklist, incidents, threats, cloud, zero-trust, wifi, glossary, limits";

std::unexpected<Error> no_such_part(std::string_view part) {
  return failure(fmt::format("「{}」という部分はありません（{}）。", printable(part, 80), kParts),
                 fmt::format("there is no part '{}' ({}).", printable(part, 80), kParts));
}

}  // namespace

Result<std::string> guideline_json(const Guideline& g, std::string_view part,
                                   const GuidelineFilter& filter) {
  json::object out{{"notice", to_json(part == "wifi" ? g.wifi_notice : g.notice)}};
  if (part == "methods")
    out["methods"] = methods_json(g, filter);
  else if (part == "measures")
    out["measures"] = measures_json(g, filter);
  else if (part == "checklist")
    out["checklist"] = checklist_json(g, filter);
  else if (part == "incidents")
    out["incidents"] = incidents_json(g);
  else if (part == "threats") {
    json::array list;
    for (const Threat& threat : g.threats)
      list.emplace_back(json::object{{"id", threat.id},
                                     {"name", to_json(threat.name)},
                                     {"text", to_json(threat.text)},
                                     {"from", to_json(threat.from)}});
    out["threats"] = std::move(list);
  } else if (part == "cloud") {
    out["benefits"] = points_json(g.cloud_benefits);
    out["cautions"] = points_json(g.cloud_cautions);
  } else if (part == "zero-trust") {
    out["perimeter"] = points_json(g.perimeter);
    out["zero_trust"] = points_json(g.zero_trust);
  } else if (part == "wifi") {
    out["users"] = points_json(g.wifi_users);
    out["providers"] = points_json(g.wifi_providers);
  } else if (part == "glossary") {
    json::array list;
    for (const Term& term : g.glossary)
      list.emplace_back(json::object{{"id", term.id},
                                     {"term", to_json(term.term)},
                                     {"text", to_json(term.text)},
                                     {"also", strings(term.also)}});
    out["glossary"] = std::move(list);
  } else if (part == "limits") {
    json::array list;
    for (const Limit& limit : g.limits)
      list.emplace_back(json::object{{"id", limit.id},
                                     {"value", limit.value},
                                     {"name", to_json(limit.name)},
                                     {"basis", to_json(limit.basis)},
                                     {"url", limit.url}});
    out["limits"] = std::move(list);
  } else {
    return no_such_part(part);
  }
  return pretty(out);
}

namespace {

json::array options_json(const Question& question) {
  json::array list;
  for (const Option& option : question.options)
    list.emplace_back(json::object{{"id", option.id}, {"label", to_json(option.label)}});
  return list;
}

json::object flowchart_json(const Flowchart& flowchart) {
  json::array questions;
  for (const Question& question : flowchart.questions)
    questions.emplace_back(json::object{{"id", question.id},
                                        {"text", to_json(question.text)},
                                        {"help", to_json(question.help)},
                                        {"options", options_json(question)}});
  json::array nodes;
  for (const FlowNode& node : flowchart.nodes) {
    json::object next;
    for (const auto& [option, to] : node.next) next[option] = to;
    nodes.emplace_back(json::object{{"id", node.id},
                                    {"question", node.question},
                                    {"method", node.method},
                                    {"next", std::move(next)}});
  }
  return {{"questions", std::move(questions)},
          {"nodes", std::move(nodes)},
          {"from", to_json(flowchart.from)}};
}

json::object survey_json(const SurveyClass& one) {
  return {{"id", one.id},
          {"name", to_json(one.name)},
          {"n", one.n},
          {"out_of_support", one.out_of_support}};
}

template <typename T, typename One>
json::array each(const std::vector<T>& list, One one) {
  json::array out;
  for (const T& entry : list) out.emplace_back(one(entry));
  return out;
}

json::object duty_json(const Duty& duty) {
  return {{"text", to_json(duty.text)},
          {"persons", to_json(duty.persons)},
          {"entruster", to_json(duty.entruster)},
          {"questions", each(duty.questions,
                             [](const DutyQuestion& question) {
                               return json::object{{"id", question.id},
                                                   {"text", to_json(question.text)},
                                                   {"help", to_json(question.help)}};
                             })},
          {"basis", each(duty.basis, [](const Reference& one) {
             return json::object{{"text", to_json(one.text)}, {"url", one.url}};
           })}};
}

}  // namespace

namespace {

/// What a check of clouds is evidence for.
json::array serves_json(const Guideline& g, const CloudChecks& clouds, const std::string& check) {
  json::array ids;
  const auto take = [&](const Requirement& requirement) {
    if (std::ranges::find(clouds.of(requirement), check) != clouds.of(requirement).end())
      ids.emplace_back(requirement.ascii);
  };
  for (const HandbookItem& item : g.handbook) take(item);
  for (const Measure& measure : g.measures) take(measure);
  return ids;
}

}  // namespace

std::string guideline_whole(const Guideline& g, const CloudChecks& clouds) {
  json::object out;
  for (const char* part : {"methods", "measures", "checklist", "incidents", "threats", "cloud",
                           "zero-trust", "wifi", "glossary", "limits"}) {
    const auto text = guideline_json(g, part, {});
    if (!text) continue;
    const json::value sections = json::parse(*text);
    for (const auto& section : sections.as_object()) out[section.key()] = section.value();
  }
  out["traits"] = each(g.traits, [](const TraitInfo& trait) {
    return json::object{{"id", name(trait.trait)}, {"name", to_json(trait.name)}};
  });
  out["categories"] = each(g.categories, [](const Category& category) {
    return json::object{{"letter", std::string(1, category.letter)},
                        {"name", to_json(category.name)},
                        {"description", to_json(category.description)}};
  });
  out["roles"] = each(g.roles, [](const RoleInfo& role) {
    return json::object{
        {"id", name(role.role)}, {"name", to_json(role.name)}, {"duties", texts_json(role.duties)}};
  });
  out["pillars"] = each(g.pillars, [](const PillarInfo& pillar) {
    return json::object{{"id", name(pillar.pillar)},
                        {"name", to_json(pillar.name)},
                        {"points", texts_json(pillar.points)}};
  });
  const auto check_json = [](const CheckSpec& check, bool of_clouds) {
    return json::object{{"id", check.id},
                        {"of_clouds", of_clouds},
                        {"asked", check.asked},
                        {"title", to_json(check.title)},
                        {"parts", texts_json(check.parts)},
                        {"why", to_json(check.why)},
                        {"fix", to_json(check.fix)},
                        {"fix_windows", to_json(check.fix_windows)},
                        {"fix_darwin", to_json(check.fix_darwin)},
                        {"threats", strings(check.threats)},
                        {"valid_days", check.valid_for.count()}};
  };
  json::array checks = each(g.checks, [&](const CheckSpec& one) { return check_json(one, false); });
  for (const CheckSpec& one : clouds.checks) {
    json::object check = check_json(one, true);
    check["serves"] = serves_json(g, clouds, one.id);
    checks.emplace_back(std::move(check));
  }
  out["checks"] = std::move(checks);
  out["situations"] = each(g.situations, [](const Situation& situation) {
    return json::object{{"id", situation.id}, {"question", to_json(situation.question)}};
  });
  out["appliances"] = each(g.appliances, [](const Appliance& appliance) {
    return json::object{{"id", appliance.id},
                        {"name", to_json(appliance.name)},
                        {"vpn", appliance.vpn},
                        {"model", appliance.models ? appliance.models->example : ""}};
  });
  out["own_devices"] = texts_json(g.own_devices);
  out["responses"] = each(g.responses, [](const Response& response) {
    return json::object{{"id", response.id},
                        {"title", to_json(response.title)},
                        {"incident", response.incident},
                        {"steps", each(response.steps,
                                       [](const ResponseStep& step) {
                                         return json::object{{"number", step.number},
                                                             {"text", to_json(step.text)}};
                                       })},
                        {"reporter", texts_json(response.reporter)},
                        {"hear", to_json(response.hear)},
                        {"from", to_json(response.from)}};
  });
  out["survey"] = json::object{{"from", to_json(g.survey.from)},
                               {"all", survey_json(g.survey.all)},
                               {"industries", each(g.survey.industries, survey_json)},
                               {"sizes", each(g.survey.sizes, survey_json)}};
  out["flowchart"] = flowchart_json(g.flowchart);
  out["contacts"] = each(g.contacts, [](const Contact& contact) {
    return json::object{
        {"id", contact.id}, {"name", to_json(contact.name)}, {"when", to_json(contact.when)}};
  });
  out["duty"] = duty_json(g.duty);
  out["wifi_notice"] = to_json(g.wifi_notice);
  out["overlay"] = to_json(g.overlay);
  return json::serialize(out);
}

Result<std::string> guideline_text(const Guideline& g, std::string_view part,
                                   const GuidelineFilter& filter, const TextStyle& style) {
  Paper paper(style);
  if (part == "methods")
    say_methods(paper, g, filter);
  else if (part == "measures")
    say_measures(paper, g, filter);
  else if (part == "checklist")
    say_checklist(paper, g, filter);
  else if (part == "incidents")
    say_incidents(paper, g);
  else if (part == "threats") {
    for (const Threat& threat : g.threats) {
      paper.say(paper.in(threat.name) + paper.in(source_mark(threat.from)), 0, paper.bullet(),
                Ink::bold);
      paper.say(paper.in(threat.text), 2);
    }
  } else if (part == "cloud") {
    say_points(paper, paper.tr("クラウドサービスの有効性", "Benefits of cloud services"),
               g.cloud_benefits);
    say_points(paper, paper.tr("クラウドサービスの留意事項", "Cautions of cloud services"),
               g.cloud_cautions);
  } else if (part == "zero-trust") {
    say_points(paper, paper.tr("境界型セキュリティ", "Perimeter security"), g.perimeter);
    say_points(paper, paper.tr("ゼロトラストセキュリティ", "Zero-trust security"), g.zero_trust);
  } else if (part == "wifi") {
    say_points(paper, paper.tr("Wi-Fi を使う人へ", "For users of Wi-Fi"), g.wifi_users);
    say_points(paper, paper.tr("Wi-Fi を提供する人へ", "For providers of Wi-Fi"), g.wifi_providers);
  } else if (part == "glossary") {
    for (const Term& term : g.glossary)
      paper.say(paper.in(term.text), 0, paper.in(term.term) + paper.tr("：", ": "));
  } else if (part == "limits") {
    for (const Limit& limit : g.limits) {
      paper.say(fmt::format("{}: {}", paper.in(limit.name), limit.value), 0, paper.bullet(),
                Ink::bold);
      paper.say(paper.in(limit.basis), 2);
      if (!limit.url.empty()) paper.line("  " + limit.url);
    }
  } else {
    return no_such_part(part);
  }
  paper.blank();
  paper.say(paper.in(part == "wifi" ? g.wifi_notice : g.notice), 0, "", Ink::dim);
  return paper.take();
}

}  // namespace sekisho
