// SPDX-License-Identifier: Apache-2.0
// Reads what an incident calls for: the steps, whom to call, the law's clocks; and the limits.
#include <fmt/format.h>

#include "guideline/guideline.h"
#include "guideline/names.h"
#include "guideline/read.h"

namespace sekisho {
namespace {

constexpr Names<DutyQuestion::Kind, 5> kDutyKinds{{{"leak", DutyQuestion::Kind::leak},
                                                   {"duty", DutyQuestion::Kind::duty},
                                                   {"ill", DutyQuestion::Kind::ill},
                                                   {"exempt", DutyQuestion::Kind::exempt},
                                                   {"entrusted", DutyQuestion::Kind::entrusted}}};

int days(const Node& node, std::string_view key) {
  return static_cast<int>(node.at(key).integer(1, 365));
}

}  // namespace

Response read_response(const Node& node) {
  node.only({"id", "title", "incident", "steps", "reporter", "hear", "from"});
  Response response{node.at("id").string(),
                    node.at("title").text(),
                    static_cast<int>(node.at("incident").integer(1, 99)),
                    {},
                    {},
                    {},
                    read_provenance(node.at("from"))};
  if (const auto reporter = node.find("reporter")) response.reporter = reporter->texts();
  if (const auto hear = node.find("hear")) response.hear = hear->text();
  for (const Node& step : node.at("steps").items()) {
    step.only({"number", "ja", "en"});
    const int number = static_cast<int>(step.at("number").integer(0, 99));
    for (const ResponseStep& other : response.steps)
      if (other.number == number)
        step.report(fmt::format("「{}」が二度書かれています。", number),
                    fmt::format("'{}' is given twice.", number));
    response.steps.push_back({number, {step.at("ja").string(), step.at("en").string()}});
  }
  if (response.steps.empty()) node.report("手順がありません。", "it has no steps.");
  return response;
}

Contact read_contact(const Node& node) {
  node.only({"id", "name", "when"});
  return {node.at("id").string(), node.at("name").text(), node.at("when").text()};
}

Duty read_duty(const Node& node) {
  node.only({"text", "persons", "entruster", "preliminary_from", "preliminary", "final",
             "final_ill", "questions", "basis"});
  Duty duty{node.at("text").text(),
            node.at("persons").text(),
            node.at("entruster").text(),
            days(node, "preliminary_from"),
            days(node, "preliminary"),
            days(node, "final"),
            days(node, "final_ill"),
            {},
            {}};
  for (const Node& one : node.at("questions").items()) {
    one.only({"id", "kind", "text", "help"});
    duty.questions.push_back({one.at("id").string(),
                              one.at("kind").one_of<DutyQuestion::Kind>(kDutyKinds),
                              one.at("text").text(), one.at("help").text()});
  }
  for (const Node& one : node.at("basis").items()) {
    one.only({"text", "url"});
    duty.basis.push_back({one.at("text").text(), one.at("url").string()});
  }
  return duty;
}

Limit read_limit(const Node& node) {
  node.only({"id", "value", "name", "basis", "url"});
  const auto url = node.find("url");
  return {node.at("id").string(), node.at("value").integer(0, 1'000'000'000),
          node.at("name").text(), node.at("basis").text(), url ? url->string() : std::string()};
}

}  // namespace sekisho
