// SPDX-License-Identifier: Apache-2.0
#include "guideline/choose.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

int points(Grade grade) { return static_cast<int>(Grade::D) - static_cast<int>(grade); }

bool rules_out(const Effect& effect, const Method& method) {
  if (std::ranges::find(effect.rules_out, method.id) != effect.rules_out.end()) return true;
  return effect.at_least && method.grade(effect.at_least->first).grade > effect.at_least->second;
}

Fit judge(const Method& method, const std::vector<AnswerEffect>& effects) {
  Fit fit{&method, {}, {}, 0};
  std::map<Trait, int> weights;
  for (const AnswerEffect& answer : effects) {
    if (rules_out(answer.option->effect, method)) fit.ruled_out_by.push_back(answer);
    for (const auto& [trait, weight] : answer.option->effect.weights) weights[trait] += weight;
  }
  for (const auto& [trait, weight] : weights) {
    const Grade grade = method.grade(trait).grade;
    fit.decided_by.push_back({trait, grade, weight});
    fit.score += weight * points(grade);
  }
  return fit;
}

const Method* walk(const Guideline& guideline, const Answers& answers,
                   std::vector<AnswerEffect>& effects) {
  const FlowNode* node = &guideline.flowchart.nodes.front();
  while (node != nullptr && node->method.empty()) {
    for (AnswerEffect& effect : effects)
      if (effect.question->id == node->question) effect.on_path = true;
    const auto next = node->next.find(answers.at(node->question));
    node = next == node->next.end() ? nullptr : guideline.flowchart.node(next->second);
  }
  return node == nullptr ? nullptr : guideline.method(node->method);
}

/// Two methods that between them meet every answer, best scores first, where no single one does.
std::vector<Choice::Part> combine(const Choice& choice, const std::vector<AnswerEffect>& effects) {
  const auto blocked = [](const Fit& fit, const AnswerEffect& effect) {
    return std::ranges::any_of(fit.ruled_out_by,
                               [&](const AnswerEffect& e) { return e.option == effect.option; });
  };
  for (const Fit& first : choice.ranking)
    for (const Fit& second : choice.ranking) {
      if (&first == &second || first.ruled_out_by.size() > second.ruled_out_by.size()) continue;
      const bool covered = std::ranges::none_of(effects, [&](const AnswerEffect& effect) {
        return blocked(first, effect) && blocked(second, effect);
      });
      if (covered)
        return {{first.method, second.ruled_out_by}, {second.method, first.ruled_out_by}};
    }
  return {};
}

Choice decide(const Guideline& guideline, const Answers& answers) {
  Choice choice;
  for (const Question& question : guideline.flowchart.questions)
    choice.effects.push_back({&question, question.option(answers.at(question.id)), false});
  choice.leaf = walk(guideline, answers, choice.effects);
  for (const AnswerEffect& answer : choice.effects)
    if (const auto& situation = answer.option->effect.situation)
      choice.situations[situation->situation] = situation->value;
  for (const Method& method : guideline.methods)
    choice.ranking.push_back(judge(method, choice.effects));
  std::ranges::stable_sort(choice.ranking, [&](const Fit& a, const Fit& b) {
    const auto order = [&](const Fit& fit) {
      return std::tuple(!fit.fits(), fit.method != choice.leaf, fit.ruled_out_by.size(),
                        -fit.score);
    };
    return order(a) < order(b);
  });
  if (!choice.ranking.front().fits()) choice.mixed = combine(choice, choice.effects);
  return choice;
}

/// The question that was answered with an option that stands for several, if any.
const Option* split_option(const Guideline& guideline, const Answers& answers,
                           const Question*& asked) {
  for (const Question& question : guideline.flowchart.questions) {
    const Option* option = question.option(answers.at(question.id));
    if (option == nullptr || option->splits.empty()) continue;
    asked = &question;
    return option;
  }
  return nullptr;
}

/// Each kind of work is decided by itself; the ranking shown is that of the first.
Choice decide_mixed(const Guideline& guideline, const Answers& answers, const Question& question,
                    const Option& option) {
  std::vector<Choice> parts;
  std::vector<Choice::Part> mixed;
  for (const std::string& part : option.splits) {
    Answers single = answers;
    single[question.id] = part;
    parts.push_back(decide(guideline, single));
    const AnswerEffect served{&question, question.option(part), true};
    for (const Method* method : parts.back().advised()) {
      const auto there = std::ranges::find(mixed, method, &Choice::Part::method);
      if (there == mixed.end())
        mixed.push_back({method, {served}});
      else
        there->serves.push_back(served);
    }
  }
  Choice choice = std::move(parts.front());
  choice.effects.at(static_cast<std::size_t>(&question - guideline.flowchart.questions.data()))
      .option = &option;
  choice.mixed = std::move(mixed);
  return choice;
}

}  // namespace

std::vector<const Method*> Choice::advised() const {
  std::vector<const Method*> methods;
  for (const Part& part : mixed) methods.push_back(part.method);
  if (methods.empty()) methods.push_back(ranking.front().method);
  return methods;
}

Result<Choice> choose(const Guideline& guideline, const Answers& answers) {
  for (const auto& [id, option] : answers)
    if (guideline.flowchart.question(id) == nullptr)
      return failure(fmt::format("「{}」という質問はありません。", printable(id, 80)),
                     fmt::format("there is no question '{}'.", printable(id, 80)));
  for (const Question& question : guideline.flowchart.questions) {
    std::string known;
    for (const Option& option : question.options) known += (known.empty() ? "" : ", ") + option.id;
    const auto answer = answers.find(question.id);
    if (answer == answers.end())
      return failure(
          fmt::format("「{}」の答えがありません（選べるもの: {}）。", question.id, known),
          fmt::format("'{}' is not answered (one of: {}).", question.id, known));
    if (question.option(answer->second) == nullptr)
      return failure(fmt::format("「{}」に「{}」という答えはありません（選べるもの: {}）。",
                                 question.id, printable(answer->second, 80), known),
                     fmt::format("'{}' cannot be answered with '{}' (one of: {}).", question.id,
                                 printable(answer->second, 80), known));
  }
  const Question* question = nullptr;
  if (const Option* option = split_option(guideline, answers, question))
    return decide_mixed(guideline, answers, *question, *option);
  return decide(guideline, answers);
}

Result<Answers> read_answers(const Document& document) {
  std::vector<Error> problems;
  Answers answers;
  for (const auto& [question, option] : Node(document, problems).entries())
    answers[question] = option.string();
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return answers;
}

std::string flowchart_mermaid(const Guideline& guideline, Lang lang) {
  // Mermaid ends a quoted label at '"' and reads '#' as an entity.
  const auto quoted = [](std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"')
        out += "#quot;";
      else if (c == '#')
        out += "#35;";
      else
        out += c;
    }
    return out + "\"";
  };
  std::string out = "flowchart TD\n";
  for (const FlowNode& node : guideline.flowchart.nodes) {
    if (!node.method.empty()) {
      out += fmt::format("  {}([{}])\n", node.id,
                         quoted(guideline.method(node.method)->name.in(lang)));
      continue;
    }
    const Question& question = *guideline.flowchart.question(node.question);
    out += fmt::format("  {}{{{}}}\n", node.id, quoted(question.text.in(lang)));
    for (const Option& option : question.options)
      if (const auto next = node.next.find(option.id); next != node.next.end())
        out +=
            fmt::format("  {} -->|{}| {}\n", node.id, quoted(option.label.in(lang)), next->second);
  }
  return out;
}

}  // namespace sekisho
