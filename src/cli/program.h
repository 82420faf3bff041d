// SPDX-License-Identifier: Apache-2.0
// How the program begins on every system: its words, its language, its options, and what it says of
// words that it does not know.
#pragma once

#include <string>
#include <vector>

#include "cli/app.h"
#include "cli/manual.h"

namespace sekisho {

/// The language decides what --help says, so it is looked for before the arguments are read.
Lang language_of(const std::vector<std::string>& words);

/// Which program it is: there is a small one of the agent alone beside the whole.
struct Program {
  const char* name = "";  // as it is typed
  Text about;             // what it does, for --help
  ManualPage page = {};
};

/// Reads `words` and runs what they ask for; `add` adds the subcommands.
int run_program(App app, std::vector<std::string> words, const Program& program,
                const std::function<void(CLI::App&, const App&, Command&)>& add);

/// What stands in for a word that is none of `known`: "もしかして: check" where one of them is only
/// a slip away, else empty.
Text nearest(std::string_view word, const std::vector<std::string>& known);
/// No method has that name; with the one that was meant.
Error no_such_method(const Guideline& guideline, const std::string& name);

/// What is wrong with the arguments, naming the word that is: `error` is of `cli`.
Text words_of(const CLI::App& cli, const CLI::ParseError& error);

}  // namespace sekisho
