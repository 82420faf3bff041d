// SPDX-License-Identifier: Apache-2.0
// Internal to the room: names and values of the enumerations, as data/ writes them.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "guideline/guideline.h"

namespace sekisho {

template <typename T, std::size_t N>
using Names = std::array<std::pair<std::string_view, T>, N>;

inline constexpr Names<Role, 3> kRoles{{{"executive", Role::executive},
                                        {"administrator", Role::administrator},
                                        {"teleworker", Role::teleworker}}};
inline constexpr Names<Pillar, 3> kPillars{
    {{"rules", Pillar::rules}, {"people", Pillar::people}, {"technology", Pillar::technology}}};
inline constexpr Names<Trait, kTraits> kTraitNames{{{"reproduction", Trait::reproduction},
                                                    {"congestion", Trait::congestion},
                                                    {"cost", Trait::cost},
                                                    {"effort", Trait::effort},
                                                    {"control", Trait::control}}};
inline constexpr Names<Grade, 5> kGrades{
    {{"S", Grade::S}, {"A", Grade::A}, {"B", Grade::B}, {"C", Grade::C}, {"D", Grade::D}}};
inline constexpr Names<Degree, 3> kDegrees{
    {{"low", Degree::low}, {"middle", Degree::middle}, {"high", Degree::high}}};
inline constexpr Names<Level, 2> kLevels{{{"basic", Level::basic}, {"advanced", Level::advanced}}};
inline constexpr Names<Priority, 3> kPriorities{
    {{"must", Priority::must}, {"should", Priority::should}, {"none", Priority::none}}};
inline constexpr Names<Source, 4> kSources{{{"deck", Source::deck},
                                            {"guideline", Source::guideline},
                                            {"handbook", Source::handbook},
                                            {"project", Source::project}}};
inline constexpr Names<Confidence, 5> kConfidences{{{"SEEN", Confidence::seen},
                                                    {"SEEN-v4", Confidence::seen_v4},
                                                    {"INF", Confidence::inferred},
                                                    {"GK", Confidence::general},
                                                    {"own", Confidence::own}}};

}  // namespace sekisho
