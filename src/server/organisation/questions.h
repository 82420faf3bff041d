// SPDX-License-Identifier: Apache-2.0
// The questions that people answer: which there are, whose they are, and by when.
#pragma once

#include <vector>

#include "server/api/view.h"

namespace sekisho {

/// A question that applies, with whose subject it is and its section.
struct AskedQuestion {
  const CheckSpec* spec = nullptr;
  Role role = Role::administrator;
  char category = 'A';
  Priority priority = Priority::none;
};

/// Each that applies, once: by role, by section, the most important first.
std::vector<AskedQuestion> questions_that_apply(const Guideline& guideline,
                                                const std::vector<const Method*>& methods,
                                                const Situations& situations);

/// Who is asked: whom it was handed to, else everyone in its role. What concerns teleworkers as a
/// whole is the administrators' to say.
bool is_asked(const AskedQuestion& question, std::optional<PersonId> owner, PersonId person,
              const std::set<std::string, std::less<>>& roles);

/// How many are somebody's to answer, how many of those nobody has answered, and until when.
boost::json::object my_questions(const View& view, const Identity& who, Day due);

/// Until when a person is to answer what their role is asked.
Result<Day> questions_due(Database& db, PersonId person);

/// Gives who manages the questions of their role when they come, with a day, and reminds them:
/// three days ahead, the day after, then every week while one is open.
Result<void> remind_of_questions(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
