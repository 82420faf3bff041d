// SPDX-License-Identifier: Apache-2.0
// collect/windows: looks at one Windows machine and emits what it found. The facts are read in one
// place (live/, which only Windows has) and judged in another, so that a recorded machine is judged
// as the real one is. The checks and their words are those of data/checks/.
//
// May enter: facts of a Windows machine, and judging one at a time.
// May not enter: scores, measures, pages, the network; anything that changes the machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/vuln.h"
#include "collect/windows/facts.h"
#include "evidence/finding.h"
#include "guideline/guideline.h"

namespace sekisho {

struct WindowsFinding {
  std::string_view check;
  Finding finding;
  bool unread = false;  // unknown, where something that it asked for could not be read
};

/// All checks, in the order of the lists. What Windows has no such thing for is not among them.
std::vector<WindowsFinding> judge_windows(const WindowsFacts& facts, const Guideline& guideline,
                                          const Feeds& feeds, Time now);

/// One of them; nothing where Windows has no such thing. `asked`: what it asked of the registry.
std::optional<Finding> judge_windows_check(std::string_view check, const WindowsFacts& facts,
                                           const Guideline& guideline, const Feeds& feeds, Time now,
                                           AskedPaths* asked = nullptr);

/// All checks of the guideline on one machine, as evidence: what it has no such thing for does not
/// concern it, and what nobody looks at here is unknown. `unread` are those of WindowsFinding.
struct WindowsLook {
  std::vector<Evidence> evidence;
  std::vector<std::string> unread;
};
WindowsLook collect_windows(const WindowsFacts& facts, const Guideline& guideline,
                            const Feeds& feeds, const SubjectId& subject, Time now);

/// The same of a recording, whose results hold from when it was made, as any do: where it doesn't
/// say when, or says a time that lies ahead, nothing passes.
WindowsLook collect_recorded_windows(const WindowsFacts& facts, const Guideline& guideline,
                                     const Feeds& feeds, const SubjectId& subject, Time now);

/// "host:NAME" of the machine.
SubjectId windows_subject(const WindowsFacts& facts);

/// "Windows 11 Pro 23H2" and "10.0.22631.4317": the registry goes on saying "Windows 10" on
/// Windows 11, which only its build tells apart.
struct WindowsName {
  std::string name;
  std::string version;
};
WindowsName windows_name(const WindowsFacts& facts);

/// Reads this machine; on Windows alone. Each fact that can't be had is absent.
WindowsFacts windows_facts();
/// Its name and registry alone, which say which machine it is: nothing else is asked, or waited
/// for.
WindowsFacts windows_identity();
/// The installed programs of the machine and of the people who are signed in, each once.
std::optional<std::vector<WindowsFacts::Program>> windows_programs();
/// What tells this installation from others (MachineGuid); empty where it can't be read.
std::string windows_machine();
/// Whether whoever runs the program may read what only administrators may.
bool windows_administrator();

}  // namespace sekisho
