// SPDX-License-Identifier: Apache-2.0
// Internal to `sekisho access`: what its commands share.
#pragma once

#include "access/risk.h"
#include "cli/app.h"
#include "server/access/records.h"

namespace sekisho {

struct AccessOptions {
  std::string database;
  std::string
      policy;  // a file, or a method whose built-in one is meant; empty: that of the method in use
  std::string against;
  std::string person;
  std::string device;
  std::string resource;
  std::string at;
  std::string from;
  std::string country;
  std::string risk;  // empty: as the history of sign-ins has it
  std::vector<std::string> places;
  std::string factor = "none";
  std::string reason;
  std::string until;
  bool json = false;
  bool yaml = false;
};

/// A policy, and what it is called: its file, or the method's id.
struct NamedPolicy {
  std::string source;
  bool built_in = false;
  std::string text;
  std::shared_ptr<const Policy> policy;
};

/// By a file's path or a method's id. Each slip in it is printed with its line; then there is none.
std::optional<NamedPolicy> load_policy(const App& app, const Guideline& guideline,
                                       const std::string& name);
/// Where `name` is empty, what was saved last, else that of the one method in use; where there is
/// none it is told with which `option` it is named.
std::optional<NamedPolicy> policy_in_force(const App& app, const Guideline& guideline,
                                           const AccessRecords& records, const std::string& name,
                                           std::string_view option);

Result<AccessRecords> records_of(const App& app, const AccessOptions& options,
                                 const Guideline& guideline);

/// It stops nobody: whoever reads an answer should know.
Text not_enforced();

/// By an address or a name; the one device of a name, or of a subject.
Result<const AccessPerson*> person_named(const AccessRecords& records, const std::string& name);
Result<const AccessDevice*> device_named(const AccessRecords& records, const std::string& name);

/// As --at says it, else now.
Result<Time> access_time(const std::string& text, const Calendar& calendar);

/// The commands of a server that people log in to.
void add_access_guard(CLI::App& access, Lang lang, Command& chosen);
/// Who is in now.
void add_access_live(CLI::App& access, Lang lang, Command& chosen);

/// How it is called.
Text label(ImpersonationRisk risk);
/// Of a person with a device (none: null), from --from or from where they signed in last.
Result<AssessedRisk> risk_now(const App& app, const AccessOptions& options,
                              const Guideline& guideline, const AccessPerson& person,
                              const AccessDevice* device, Time at);

int access_risk(const App& app, const AccessOptions& options);
/// Who may enforce from other machines.
void add_access_enforcer(CLI::App& access, Lang lang, Command& chosen);
/// Codes for emergencies.
void add_access_emergency(CLI::App& access, Lang lang, Command& chosen);

int access_explain(const App& app, const AccessOptions& options);
int access_what_if(const App& app, const AccessOptions& options);
int access_suspend(const App& app, const AccessOptions& options);
int access_restore(const App& app, const AccessOptions& options);

}  // namespace sekisho
