// SPDX-License-Identifier: Apache-2.0
// Choosing a method: the flowchart is walked with a person's answers, and all seven methods are
// ranked by what the answers demand and prefer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "guideline/checklist.h"
#include "guideline/guideline.h"

namespace sekisho {

/// Option id by question id.
using Answers = std::map<std::string, std::string>;

/// One answer and what it did.
struct AnswerEffect {
  const Question* question = nullptr;
  const Option* option = nullptr;
  bool on_path = false;  // the flowchart asked it on the way to the leaf
};

/// A grade that counted for a method, and how much.
struct DecidingGrade {
  Trait trait = Trait::reproduction;
  Grade grade = Grade::D;
  int weight = 0;
};

struct Fit {
  const Method* method = nullptr;
  std::vector<AnswerEffect> ruled_out_by;  // empty: it fits
  std::vector<DecidingGrade> decided_by;
  int score = 0;  // Σ weight × grade, S 4 … D 0

  bool fits() const { return ruled_out_by.empty(); }
};

struct Choice {
  std::vector<AnswerEffect> effects;  // in the order of the questions
  const Method* leaf = nullptr;       // where the flowchart ends
  std::vector<Fit> ranking;           // the leaf first if it fits, then by score; ruled out last
  /// Where one method isn't enough: the methods to use side by side, and for which answer each.
  struct Part {
    const Method* method = nullptr;
    std::vector<AnswerEffect> serves;
  };
  std::vector<Part> mixed;
  Situations situations;

  /// The methods in use when the advice is followed.
  std::vector<const Method*> advised() const;
};

/// An answer is missing, or names no option: an error that says which are possible.
Result<Choice> choose(const Guideline& guideline, const Answers& answers);

/// Reads a document that maps question ids to option ids.
Result<Answers> read_answers(const Document& document);

/// The flowchart in Mermaid's syntax.
std::string flowchart_mermaid(const Guideline& guideline, Lang lang);

}  // namespace sekisho
