// SPDX-License-Identifier: Apache-2.0
// The advice of `sekisho choose`, as text and JSON.
#include <algorithm>

#include <fmt/format.h>

#include "report/json.h"
#include "report/paper.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string grades_of(const Paper& paper, const Guideline& guideline, const Fit& fit) {
  std::string text;
  for (const DecidingGrade& grade : fit.decided_by) {
    const TraitInfo& trait = guideline.traits.at(static_cast<std::size_t>(grade.trait));
    text += fmt::format("{}{} {} ×{}", text.empty() ? "" : paper.tr("、", ", "),
                        paper.in(trait.name), name(grade.grade), grade.weight);
  }
  return text.empty() ? paper.tr("重みを付けた特性はありません", "no grade was given weight")
                      : text;
}

/// A situation may have been settled by the answers or by the method itself.
void say_checklist(Paper& paper, const Guideline& guideline, const Choice& choice,
                   const Method& method) {
  paper.heading(fmt::format("{}: {}", paper.tr("続くチェックリスト", "The checklist that follows"),
                            paper.in(method.name)));
  for (const ChecklistEntry& entry : handbook_checklist(guideline, &method, choice.situations)) {
    if (entry.applicability.applies) {
      paper.say(paper.in(entry.item->text), 2,
                fmt::format("{} {:<5}", symbol(entry.item->stated), entry.item->id));
      continue;
    }
    paper.say(
        fmt::format("{}（{}）", paper.in(entry.item->text), paper.in(entry.applicability.reason)),
        2, fmt::format("―  {:<5}", entry.item->id), Ink::dim);
  }
}

json::object effect_json(const AnswerEffect& answer) {
  return {{"question", answer.question->id},
          {"answer", answer.option->id},
          {"effect", to_json(answer.option->effect.reason)},
          {"on_path", answer.on_path}};
}

}  // namespace

std::string choice_text(const Guideline& guideline, const Choice& choice, const TextStyle& style) {
  Paper paper(style);
  paper.heading(paper.tr("合う方式", "What fits"));
  if (!choice.mixed.empty()) {
    paper.say(paper.tr("一つの方式では足りないため、組み合わせて使います。",
                       "One method is not enough; use these side by side."),
              2);
    for (const Choice::Part& part : choice.mixed) {
      std::string serves;
      for (const AnswerEffect& answer : part.serves)
        serves += (serves.empty() ? "" : paper.tr("、", ", ")) + paper.in(answer.option->label);
      paper.say(fmt::format("{}  ← {}", paper.in(part.method->name), serves), 2, paper.bullet(),
                Ink::bold);
    }
  }
  std::size_t place = 0;
  for (const Fit& fit : choice.ranking) {
    if (fit.fits()) {
      const bool chosen = fit.method == choice.leaf;
      paper.say(
          paper.in(fit.method->name) +
              (chosen ? paper.tr("  ← フローチャートの答え", "  ← the flowchart's answer") : ""),
          2, fmt::format("{}. ", ++place), chosen ? Ink::green : Ink::bold);
      paper.say(fmt::format("{}  ({} {})", grades_of(paper, guideline, fit),
                            paper.tr("合計", "total"), fit.score),
                5, "", Ink::dim);
      paper.say(paper.in(fit.method->intended_use), 5, paper.tr("想定: ", "For: "));
      continue;
    }
    // Side by side they serve what neither does alone: it was said above what each is for.
    if (std::ranges::find(choice.mixed, fit.method, &Choice::Part::method) != choice.mixed.end())
      continue;
    std::string reasons;
    for (const AnswerEffect& answer : fit.ruled_out_by)
      reasons +=
          (reasons.empty() ? "" : paper.tr("。", "; ")) + paper.in(answer.option->effect.reason);
    paper.say(fmt::format("{}: {}", paper.in(fit.method->name), reasons), 2, "× ", Ink::dim);
  }
  paper.heading(paper.tr("答えの効き方", "What each answer did"));
  for (const AnswerEffect& answer : choice.effects) {
    paper.say(
        fmt::format("{} → {}{}", paper.in(answer.question->text), paper.in(answer.option->label),
                    answer.on_path ? paper.tr("（道筋の上）", " (on the path)") : ""),
        2, paper.bullet());
    paper.say(paper.in(answer.option->effect.reason), 4, "", Ink::dim);
  }
  for (const Method* method : choice.advised()) say_checklist(paper, guideline, choice, *method);
  paper.blank();
  paper.say(paper.tr("このフローチャートは Sekisho "
                     "独自です。総務省の表にある特性の評価と合うように作りました。",
                     "This flowchart is Sekisho's own, made to agree with the grades in the "
                     "ministry's table."),
            0, "", Ink::dim);
  return paper.take();
}

std::string choice_json(const Guideline& guideline, const Choice& choice) {
  json::array ranking;
  for (const Fit& fit : choice.ranking) {
    json::array out;
    for (const AnswerEffect& answer : fit.ruled_out_by) out.emplace_back(effect_json(answer));
    json::array grades;
    for (const DecidingGrade& grade : fit.decided_by)
      grades.emplace_back(json::object{
          {"trait", name(grade.trait)}, {"grade", name(grade.grade)}, {"weight", grade.weight}});
    ranking.emplace_back(json::object{{"method", fit.method->id},
                                      {"name", to_json(fit.method->name)},
                                      {"fits", fit.fits()},
                                      {"score", fit.score},
                                      {"decided_by", std::move(grades)},
                                      {"ruled_out_by", std::move(out)}});
  }
  json::array effects;
  for (const AnswerEffect& answer : choice.effects) effects.emplace_back(effect_json(answer));
  json::array mixed;
  for (const Choice::Part& part : choice.mixed) {
    json::array serves;
    for (const AnswerEffect& answer : part.serves) serves.emplace_back(effect_json(answer));
    mixed.emplace_back(json::object{{"method", part.method->id}, {"serves", std::move(serves)}});
  }
  json::object situations;
  for (const auto& [id, value] : choice.situations) situations[id] = value;
  json::object checklists;
  for (const Method* method : choice.advised()) {
    json::array items;
    for (const ChecklistEntry& entry : handbook_checklist(guideline, method, choice.situations)) {
      json::object item{{"id", entry.item->id},
                        {"priority", name(entry.item->stated)},
                        {"applies", entry.applicability.applies}};
      if (!entry.applicability.reason.empty()) item["reason"] = to_json(entry.applicability.reason);
      items.emplace_back(std::move(item));
    }
    checklists[method->id] = std::move(items);
  }
  return pretty(json::object{
      {"leaf", choice.leaf == nullptr ? json::value(nullptr) : json::value(choice.leaf->id)},
      {"ranking", std::move(ranking)},
      {"mixed", std::move(mixed)},
      {"answers", std::move(effects)},
      {"situations", std::move(situations)},
      {"checklists", std::move(checklists)},
      {"flowchart_from", to_json(guideline.flowchart.from)}});
}

}  // namespace sekisho
