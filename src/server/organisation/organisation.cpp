// SPDX-License-Identifier: Apache-2.0
// The organisation: its name and class, the methods in use, and the choice of a method.
#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "report/report.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/organisation/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

json::object organisation_json(const Organisation& organisation) {
  json::array methods;
  for (const Method* method : organisation.methods) methods.emplace_back(method->id);
  json::object situations;
  for (const auto& [id, value] : organisation.situations) situations[id] = value;
  return {{"name", organisation.name},           {"industry", organisation.industry},
          {"size", organisation.size},           {"methods", std::move(methods)},
          {"situations", std::move(situations)}, {"zone", organisation.calendar.name()},
          {"ready", organisation.ready}};
}

Outcome show(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  return reply_json(organisation_json(organisation_of(call.guideline(), *kept)));
}

struct Change {
  std::string name;
  std::string industry;
  std::string size;
  std::vector<std::string> methods;
  std::map<std::string, bool> situations;
  bool ready = false;
  std::optional<Calendar> calendar;  // none: as it is
};

/// What the guideline doesn't know: an error that names it.
std::optional<Problem> unknown_in(const Guideline& guideline, const Change& change) {
  const auto refuse = [](const char* pointer, const std::string& what) {
    return wrong_at(pointer, fmt::format("「{}」というものはありません。", printable(what, 80)),
                    fmt::format("there is no '{}'.", printable(what, 80)))
        .error();
  };
  const auto in = [](const std::vector<SurveyClass>& list, const std::string& id) {
    return id.empty() ||
           std::ranges::any_of(list, [&](const SurveyClass& one) { return one.id == id; });
  };
  if (!in(guideline.survey.industries, change.industry))
    return refuse("/industry", change.industry);
  if (!in(guideline.survey.sizes, change.size)) return refuse("/size", change.size);
  for (const std::string& id : change.methods)
    if (const Method* method = guideline.method(id); method == nullptr || method->id != id)
      return refuse("/methods", id);
  for (const auto& [id, value] : change.situations)
    if (guideline.situation(id) == nullptr) return refuse("/situations", id);
  return std::nullopt;
}

Outcome replace(Call& call) {
  const auto given = read_body<Change>(call, [](const Node& node) {
    node.only({"name", "industry", "size", "methods", "situations", "zone", "ready"});
    Change change{read_name(node.at("name"), 200),
                  clean_text(node.at("industry"), 40, true),
                  clean_text(node.at("size"), 40, true),
                  node.at("methods").strings(),
                  {},
                  node.at("ready").boolean(),
                  {}};
    if (const auto zone = node.find("zone")) {
      change.calendar = Calendar::parse(clean_text(*zone, 10));
      if (!change.calendar) zone->report("+09:00 の形です。", "it looks like +09:00.");
    }
    for (const auto& [id, value] : node.at("situations").entries())
      change.situations[id] = value.boolean();
    return change;
  });
  if (!given) return std::unexpected(given.error());
  if (auto unknown = unknown_in(call.guideline(), *given))
    return std::unexpected(std::move(*unknown));
  const auto done = call.db.write([&]() -> Result<void> {
    std::vector<std::pair<std::string, std::string>> values{
        {"organisation.name", given->name},
        {"organisation.industry", given->industry},
        {"organisation.size", given->size},
        {"organisation.ready", given->ready ? "yes" : "no"},
        {"methods", join(given->methods, " ")},
        {"method", given->methods.empty() ? "" : given->methods.front()}};
    if (auto cleared = call.db.execute("DELETE FROM setting WHERE name LIKE 'situation.%'");
        !cleared)
      return cleared;
    for (const auto& [id, value] : given->situations)
      values.emplace_back("situation." + id, value ? "yes" : "no");
    if (given->calendar) values.emplace_back(kZoneSetting, given->calendar->name());
    for (const auto& [name, value] : values)
      if (auto set = set_setting(call.db, name, value); !set) return set;
    return audit(call, "organisation-changed", given->name,
                 {{"methods", join(given->methods, " ")}});
  });
  return written(done, reply_nothing());
}

Outcome choose_method(Call& call) {
  const auto answers = read_body<Answers>(call, [](const Node& node) {
    Answers map;
    for (const auto& [question, option] : node.entries()) map[question] = clean_text(option, 60);
    return map;
  });
  if (!answers) return std::unexpected(answers.error());
  const auto choice = choose(call.guideline(), *answers);
  if (!choice) return invalid(choice.error());
  return Reply{200, "application/json", choice_json(call.guideline(), *choice), {}};
}

/// What would begin and what would end if this were the only method.
Outcome difference(Call& call) {
  const Method* method = call.guideline().method(call.parameter(0));
  if (method == nullptr) return not_found();
  return with_view(call, [&](const View& view) -> Outcome {
    json::array begins;
    json::array ends;
    const auto compare = [&](const auto& requirement) {
      const bool now = view.applies(requirement).applies;
      const bool then =
          applicability(call.guideline(), requirement, method, view.organisation().situations)
              .applies;
      if (then && !now) begins.emplace_back(requirement.ascii);
      if (now && !then) ends.emplace_back(requirement.ascii);
    };
    for (const HandbookItem& item : call.guideline().handbook) compare(item);
    for (const Measure& measure : call.guideline().measures) compare(measure);
    return reply_json(json::object{
        {"method", method->id}, {"begins", std::move(begins)}, {"ends", std::move(ends)}});
  });
}

/// What each guideline in use looks like as a whole: written once, for it is long.
class WrittenGuidelines {
 public:
  std::string of(const Guideline& guideline, const CloudChecks& clouds) {
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = written_.try_emplace(&guideline);
    if (is_new) found->second = guideline_whole(guideline, clouds);
    return found->second;
  }
  void forget(const Guideline& guideline) {
    const std::lock_guard lock(mutex_);
    written_.erase(&guideline);
  }

 private:
  std::mutex mutex_;
  std::map<const Guideline*, std::string> written_;
};
const std::shared_ptr<WrittenGuidelines>& written_guidelines() {
  static const auto all = std::make_shared<WrittenGuidelines>();
  return all;
}

Outcome guideline(Call& call) {
  return Reply{200,
               "application/json",
               written_guidelines()->of(call.guideline(), call.shop.board.clouds()),
               {}};
}

}  // namespace

std::shared_ptr<void> keep_written(const Guideline& guideline) {
  // It holds them all: a server may outlive what is made once for the program.
  return {nullptr, [all = written_guidelines(), &guideline](void*) { all->forget(guideline); }};
}

void add_organisation(Handlers& handlers) {
  handlers.insert({{"getOrganisation", show},
                   {"replaceOrganisation", replace},
                   {"chooseMethod", choose_method},
                   {"getMethodDifference", difference},
                   {"getGuideline", guideline}});
}

}  // namespace sekisho
