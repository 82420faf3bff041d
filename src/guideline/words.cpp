// SPDX-License-Identifier: Apache-2.0
// The names of the guideline's enumerations in data, on pages and in programs, and the deck's two
// matrices.
#include "guideline/guideline.h"
#include "guideline/names.h"

namespace sekisho {

Level level_of(Degree /*importance*/, Degree difficulty) {
  return difficulty == Degree::high ? Level::advanced : Level::basic;
}

Priority priority_of(Degree importance, Degree difficulty) {
  if (difficulty == Degree::high || importance == Degree::low) return Priority::none;
  return importance == Degree::high && difficulty == Degree::low ? Priority::must
                                                                 : Priority::should;
}

std::string_view symbol(Priority priority) {
  switch (priority) {
    case Priority::must: return "◎";
    case Priority::should: return "○";
    case Priority::none: break;
  }
  return "―";
}

namespace {

template <typename T, typename Table>
std::string_view name_in(const Table& table, T value) {
  for (const auto& [name, entry] : table)
    if (entry == value) return name;
  return {};
}

template <typename T, typename Table>
std::optional<T> named_in(const Table& table, std::string_view wanted) {
  for (const auto& [name, entry] : table)
    if (name == wanted) return entry;
  return std::nullopt;
}

}  // namespace

std::string_view name(Priority priority) { return name_in(kPriorities, priority); }
std::string_view name(Level level) { return name_in(kLevels, level); }
std::string_view name(Role role) { return name_in(kRoles, role); }
std::string_view name(Pillar pillar) { return name_in(kPillars, pillar); }
std::string_view name(Trait trait) { return name_in(kTraitNames, trait); }
std::string_view name(Grade grade) { return name_in(kGrades, grade); }
std::string_view name(Degree degree) { return name_in(kDegrees, degree); }
std::string_view name(Source source) { return name_in(kSources, source); }
std::string_view name(Confidence confidence) { return name_in(kConfidences, confidence); }

std::optional<Role> role_named(std::string_view name) { return named_in<Role>(kRoles, name); }
std::optional<Level> level_named(std::string_view name) { return named_in<Level>(kLevels, name); }
std::optional<Priority> priority_named(std::string_view name) {
  return named_in<Priority>(kPriorities, name);
}

Text label(Level level) {
  return level == Level::basic ? Text{"基本対策", "basic"} : Text{"発展対策", "advanced"};
}

Text label(Degree degree) {
  switch (degree) {
    case Degree::low: return {"低", "low"};
    case Degree::middle: return {"中", "middle"};
    case Degree::high: break;
  }
  return {"高", "high"};
}

Text label(Source source) {
  switch (source) {
    case Source::deck: return {"総務省の説明資料", "the ministry's deck"};
    case Source::guideline:
      return {"総務省のガイドライン（第三者の書き起こしによる）",
              "the ministry's guideline (as others transcribed it)"};
    case Source::handbook: return {"総務省の手引き", "the ministry's handbook"};
    case Source::project: break;
  }
  return {"Sekisho 独自", "Sekisho's own"};
}

}  // namespace sekisho
