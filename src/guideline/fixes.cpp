// SPDX-License-Identifier: Apache-2.0
// How to mend what was found: on which system which steps.
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "guideline/guideline.h"

namespace sekisho {

std::string_view linux_kind(std::string_view id, std::string_view id_like) {
  // The nearest relative counts: Ubuntu's own children say "ubuntu debian".
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kNames{
      {{"debian", "debian"},
       {"ubuntu", "debian"},
       {"raspbian", "debian"},
       {"fedora", "fedora"},
       {"rhel", "fedora"},
       {"centos", "fedora"},
       {"suse", "suse"},
       {"opensuse", "suse"},
       {"sles", "suse"},
       {"arch", "arch"},
       {"alpine", "alpine"}}};
  std::vector<std::string_view> own{id};
  std::ranges::copy(words(id_like), std::back_inserter(own));
  for (const std::string_view word : own)
    for (const auto& [name, kind] : kNames)
      if (word == name) return kind;
  return "other";
}

std::vector<Step> steps_on(const std::vector<Step>& steps, std::string_view kind) {
  std::vector<Step> chosen;
  bool own = false;
  std::optional<std::size_t> others;
  for (const Step& step : steps) {
    const bool mine = std::ranges::find(step.kinds, kind) != step.kinds.end();
    own = own || mine;
    if (mine || step.kinds.empty())
      chosen.push_back(step);
    else if (!others)
      others = chosen.size();
  }
  if (others && !own) {
    Step none;
    none.text = {
        "この OS でのコマンドは用意していません。OS の案内に従い、そのパッケージ管理と設定で同じ"
        "ことをしてください",
        "There are no commands for this system here: do the same by its own package manager "
        "and settings, as its documentation says"};
    chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(*others), std::move(none));
  }
  return chosen;
}

std::vector<Step> CheckSpec::fix_on(std::string_view platform) const {
  const bool windows = platform == "windows";
  if (!windows && platform != "darwin") return fix;
  if (const auto& own = windows ? fix_windows : fix_darwin; !own.empty()) return own;
  // Commands of Linux help nobody elsewhere.
  std::vector<Step> said;
  for (const Step& step : fix)
    if (step.command.empty()) said.push_back(step);
  return said;
}

namespace {

namespace json = boost::json;

/// Steps without the commands of Linux among them; references to a check's steps stay.
void leave_words(json::value* steps) {
  if (steps == nullptr || !steps->is_array()) return;
  json::array kept;
  for (const json::value& step : steps->as_array())
    if (!step.is_object() || !step.as_object().contains("run")) kept.push_back(step);
  *steps = std::move(kept);
}

/// The same content as Windows has it: what refers to a check's steps then means those.
Document for_windows(Document document) {
  const auto each = [&](const char* list, auto change) {
    json::value* found =
        document.root.is_object() ? document.root.as_object().if_contains(list) : nullptr;
    if (found == nullptr || !found->is_array()) return;
    for (json::value& one : found->as_array())
      if (one.is_object()) change(one.as_object());
  };
  each("checks", [](json::object& check) {
    if (const json::value* own = check.if_contains("fix_windows"))
      check["fix"] = json::value(*own);
    else
      leave_words(check.if_contains("fix"));
  });
  each("measures", [](json::object& measure) { leave_words(measure.if_contains("steps")); });
  return document;
}

}  // namespace

Result<Guideline> load_guideline(const Document& document, std::string_view kind) {
  std::vector<Error> problems;
  const bool windows = kind == "windows";
  Guideline guideline = read_guideline(windows ? for_windows(document) : document, problems);
  if (!problems.empty()) return std::unexpected(first_of(problems));
  if (windows) return guideline;
  for (CheckSpec& check : guideline.checks) check.fix = steps_on(check.fix, kind);
  for (Measure& measure : guideline.measures) measure.steps = steps_on(measure.steps, kind);
  return guideline;
}

}  // namespace sekisho
