// SPDX-License-Identifier: Apache-2.0
// What entries say of each other: every id that is named must exist, and rules that span entries.
#include <set>

#include <fmt/format.h>

#include "guideline/guideline.h"
#include "guideline/read.h"

namespace sekisho {
namespace {

class ReferenceCheck {
 public:
  ReferenceCheck(const Document& document, const Guideline& guideline, std::vector<Error>& problems)
      : top_(document, problems), g_(guideline) {}

  void run() {
    counts();
    each("measures", [this](const Node& node, std::size_t i) { measure(node, g_.measures[i]); });
    each("handbook",
         [this](const Node& node, std::size_t i) { requirement(node, g_.handbook[i]); });
    each("incidents", [this](const Node& node, std::size_t i) { incident(node, g_.incidents[i]); });
    each("responses", [this](const Node& node, std::size_t i) {
      need(node, g_.incident(g_.responses[i].incident) != nullptr,
           std::to_string(g_.responses[i].incident));
    });
    each("checks", [this](const Node& node, std::size_t) {
      for (const Node& threat : node.at("threats").items()) known_threat(threat);
    });
    each("situations", [this](const Node& node, std::size_t i) {
      for (const auto& [method, value] : g_.situations[i].by_method) known_method(node, method);
    });
    each("questions",
         [this](const Node& node, std::size_t i) { question(node, g_.flowchart.questions[i]); });
    each("flow",
         [this](const Node& node, std::size_t i) { flow_node(node, g_.flowchart.nodes[i]); });
    unique_measures();
    reachable();
    used_checks();
  }

 private:
  template <typename Visit>
  void each(std::string_view section, Visit visit) {
    std::size_t i = 0;
    for (const Node& node : top_.at(section).items()) visit(node, i++);
  }

  static void need(const Node& node, bool known, const std::string& what) {
    if (!known)
      node.report(fmt::format("「{}」というものはありません。", printable(what, 80)),
                  fmt::format("there is no '{}'.", printable(what, 80)));
  }
  void known_threat(const Node& node) {
    need(node, g_.threat(node.string()) != nullptr, node.string());
  }
  void known_method(const Node& node, const std::string& id) {
    const Method* found = g_.method(id);
    need(node, found != nullptr && found->id == id, id);
  }

  void counts() {
    const auto exactly = [this](std::string_view section, std::size_t have, std::size_t want) {
      if (have != want)
        top_.at(section).report(
            fmt::format("{} 件でなければなりません（今は {} 件）。", want, have),
            fmt::format("there must be {} entries, not {}.", want, have));
    };
    exactly("methods", g_.methods.size(), 7);
    exactly("traits", g_.traits.size(), kTraits);
    exactly("categories", g_.categories.size(), 13);
    exactly("roles", g_.roles.size(), 3);
    exactly("pillars", g_.pillars.size(), 3);
    for (std::size_t i = 0; i < g_.categories.size(); ++i)
      if (g_.categories[i].letter != static_cast<char>('A' + i))
        top_.at("categories")
            .report("A から M の順でなければなりません。", "they must be in the order A to M.");
    for (std::size_t i = 0; i < g_.roles.size(); ++i)
      if (g_.roles[i].role != static_cast<Role>(i))
        top_.at("roles").report("順番が違います。", "they are out of order.");
  }

  /// No two measures go by one name: the ministry's number belongs to one.
  void unique_measures() {
    std::set<std::string> names;
    each("measures", [&](const Node& node, std::size_t i) {
      const Measure& m = g_.measures[i];
      const bool fresh =
          names.insert(m.id).second && (m.ascii == m.id || names.insert(m.ascii).second);
      if (!fresh)
        node.report(fmt::format("「{}」が二度書かれています。", printable(m.id, 80)),
                    fmt::format("'{}' is given twice.", printable(m.id, 80)));
    });
  }

  void requirement(const Node& node, const Requirement& requirement) {
    for (const Node& threat : node.at("threats").items()) known_threat(threat);
    if (const auto checks = node.find("checks"))
      for (const Node& check : checks->items())
        need(check, g_.check(check.string()) != nullptr, check.string());
    if (requirement.condition)
      need(node, g_.situation(requirement.condition->situation) != nullptr,
           requirement.condition->situation);
  }

  void measure(const Node& node, const Measure& measure) {
    requirement(node, measure);
    for (const std::string& method : measure.methods) known_method(node, method);
    for (const std::string& item : measure.handbook)
      need(node, g_.handbook_item(item) != nullptr, item);
  }

  void incident(const Node& node, const Incident& incident) {
    for (const Node& threat : node.at("threats").items()) known_threat(threat);
    for (const std::string& id : incident.measures) {
      const Measure* found = g_.measure(id);
      need(node, found != nullptr && (found->id == id || found->ascii == id), id);
    }
    if (incident.measures.empty())
      node.report("有効な対策がありません。", "it names no measure that counters it.");
  }

  void question(const Node& node, const Question& question) {
    for (const Option& option : question.options) {
      for (const std::string& method : option.effect.rules_out) known_method(node, method);
      if (option.effect.situation)
        need(node, g_.situation(option.effect.situation->situation) != nullptr,
             option.effect.situation->situation);
      for (const std::string& other : option.splits)
        need(node, question.option(other) != nullptr, other);
    }
  }

  void flow_node(const Node& node, const FlowNode& flow) {
    if (!flow.method.empty()) {
      known_method(node, flow.method);
      return;
    }
    const Question* question = g_.flowchart.question(flow.question);
    need(node, question != nullptr, flow.question);
    if (question == nullptr) return;
    for (const auto& [option, target] : flow.next) {
      need(node, question->option(option) != nullptr, option);
      need(node, g_.flowchart.node(target) != nullptr, target);
    }
    for (const Option& option : question->options)
      if (option.splits.empty() && !flow.next.contains(option.id))
        node.report(fmt::format("「{}」の先がありません。", option.id),
                    fmt::format("the answer '{}' leads nowhere.", option.id));
  }

  /// Every node is reached from the root, and no way goes round in a circle.
  void reachable() {
    if (g_.flowchart.nodes.empty()) return;
    std::set<std::string> reached;
    walk(g_.flowchart.nodes.front().id, {}, reached);
    each("flow", [&](const Node& node, std::size_t i) {
      if (!reached.contains(g_.flowchart.nodes[i].id))
        node.report("どの答えからも届きません。", "no answers lead here.");
    });
  }

  void walk(const std::string& id, std::set<std::string> above, std::set<std::string>& reached) {
    const FlowNode* node = g_.flowchart.node(id);
    if (node == nullptr) return;
    if (!above.insert(id).second) {
      top_.at("flow").report(fmt::format("「{}」で堂々巡りします。", id),
                             fmt::format("the chart goes round in a circle at '{}'.", id));
      return;
    }
    if (!reached.insert(id).second) return;
    for (const auto& [option, target] : node->next) walk(target, above, reached);
  }

  void used_checks() {
    std::set<std::string> used;
    for (const Measure& m : g_.measures) used.insert(m.checks.begin(), m.checks.end());
    each("checks", [&](const Node& node, std::size_t) {
      if (!used.contains(node.at("id").string()))
        node.report("この確認を使う対策がありません。", "no measure uses this check.");
    });
  }

  Node top_;
  const Guideline& g_;
};

}  // namespace

void check_references(const Document& document, const Guideline& guideline,
                      std::vector<Error>& problems) {
  ReferenceCheck(document, guideline, problems).run();
}

}  // namespace sekisho
