// SPDX-License-Identifier: Apache-2.0
// The questions of `sekisho choose`, the situations and the flowchart, read from data/.
#include "guideline/guideline.h"

#include <algorithm>
#include "guideline/names.h"
#include "guideline/read.h"

namespace sekisho {
namespace {

Situation read_situation(const Node& node) {
  node.only({"id", "question", "when_true", "when_false", "by_method"});
  Situation situation{node.at("id").string(),
                      node.at("question").text(),
                      node.at("when_true").text(),
                      node.at("when_false").text(),
                      {}};
  if (const auto by_method = node.find("by_method"))
    for (const auto& [method, value] : by_method->entries())
      situation.by_method[method] = value.boolean();
  return situation;
}

Effect read_effect(const Node& node) {
  node.only({"at_least", "rules_out", "weights", "situation", "reason"});
  Effect effect;
  effect.reason = node.at("reason").text();
  if (const auto least = node.find("at_least")) {
    least->only({"trait", "grade"});
    effect.at_least = {least->at("trait").one_of<Trait>(kTraitNames),
                       least->at("grade").one_of<Grade>(kGrades)};
  }
  if (const auto out = node.find("rules_out")) effect.rules_out = out->strings();
  if (const auto weights = node.find("weights"))
    for (const auto& [name, weight] : weights->entries()) {
      const auto* const found =
          std::ranges::find(kTraitNames, name, &std::pair<std::string_view, Trait>::first);
      if (found == kTraitNames.end())
        weight.report_unknown(name, "reproduction, congestion, cost, effort, control");
      else
        effect.weights.emplace_back(found->second, static_cast<int>(weight.integer(1, 5)));
    }
  if (const auto situation = node.find("situation")) effect.situation = read_condition(*situation);
  return effect;
}

Question read_question(const Node& node) {
  node.only({"id", "text", "help", "options"});
  Question question{node.at("id").string(), node.at("text").text(), node.at("help").text(), {}};
  for (const Node& item : node.at("options").items()) {
    item.only({"id", "label", "effect", "splits"});
    Option option{
        item.at("id").string(), item.at("label").text(), read_effect(item.at("effect")), {}};
    if (const auto splits = item.find("splits")) option.splits = splits->strings();
    question.options.push_back(std::move(option));
  }
  return question;
}

FlowNode read_flow_node(const Node& node) {
  node.only({"id", "question", "next", "method"});
  FlowNode flow;
  flow.id = node.at("id").string();
  if (const auto method = node.find("method")) {
    flow.method = method->string();
    return flow;
  }
  flow.question = node.at("question").string();
  for (const auto& [option, target] : node.at("next").entries())
    flow.next[option] = target.string();
  return flow;
}

}  // namespace

void read_flowchart(const Node& top, Guideline& guideline) {
  for (const Node& item : top.at("situations").items())
    guideline.situations.push_back(read_situation(item));
  for (const Node& item : top.at("questions").items())
    guideline.flowchart.questions.push_back(read_question(item));
  for (const Node& item : top.at("flow").items())
    guideline.flowchart.nodes.push_back(read_flow_node(item));
  guideline.flowchart.from = read_provenance(top.at("flow_from"));
}

const Option* Question::option(std::string_view option_id) const {
  const auto found = std::ranges::find(options, option_id, &Option::id);
  return found == options.end() ? nullptr : &*found;
}

const Question* Flowchart::question(std::string_view id) const {
  const auto found = std::ranges::find(questions, id, &Question::id);
  return found == questions.end() ? nullptr : &*found;
}

const FlowNode* Flowchart::node(std::string_view id) const {
  const auto found = std::ranges::find(nodes, id, &FlowNode::id);
  return found == nodes.end() ? nullptr : &*found;
}

}  // namespace sekisho
