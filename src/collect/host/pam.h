// SPDX-License-Identifier: Apache-2.0
// Internal to the room: PAM's stacks, and what comes out of them.
#pragma once

#include <functional>

#include "collect/host/look.h"

namespace sekisho {

/// A line of PAM's configuration (pam.conf(5)).
struct PamRule {
  std::string type;     // auth, account, password, session
  std::string control;  // "required", "[success=1 default=ignore]", "include", in lower case
  std::string module;   // without its folder; of "include" and "substack" the file's name
  std::vector<std::string> arguments;
  std::size_t line = 0;
  bool quiet = false;  // "-auth": that its module isn't there goes unsaid
  std::string file;    // the module as it is written, with its folder

  /// The value of "name=value" among the arguments.
  std::optional<std::string> argument(std::string_view name) const;
  bool has(std::string_view flag) const;
};

struct PamFile {
  std::vector<PamRule> rules;
  std::vector<std::size_t> broken;  // lines that can't be read
};
PamFile parse_pam(std::string_view text);

/// A rule of a stack, or a stack within it ("substack").
struct PamStep {
  PamRule rule;
  std::string place;  // "path:line"
  std::vector<PamStep> inner;
  bool missing = false;  // its module isn't installed: libpam says PAM_MODULE_UNKNOWN
};

/// The steps that `service` takes for `type`, files that it includes put in; nothing where PAM has
/// no file for it. Modules are looked for where libpam loads them from; on a system that keeps none
/// there they are taken to be there, but for lines that say they may be missing ("-auth").
std::optional<std::vector<PamStep>> pam_stack(const Machine& machine, const std::string& service,
                                              std::string_view type);

/// What a module returns, as far as controls tell it apart.
enum class PamReturn : std::uint8_t { success, failure, ignore, missing };

/// Whether a stack lets the user through when its modules return what `returns` says of each that
/// is come by.
bool pam_passes(const std::vector<PamStep>& steps,
                const std::function<PamReturn(const PamStep&)>& returns);

/// Every outcome that can come about.
struct Outcomes {
  bool passes = false;
  bool refuses = false;
};

/// Modules whose return isn't known (nothing) are tried both ways: `way` is told of each whether
/// the stack lets through, and which steps were come by. False when there are too many.
using PamReturns = std::function<std::optional<PamReturn>(const PamStep&)>;
using PamWay = std::function<void(bool passed, const std::vector<const PamStep*>& steps)>;
bool each_way(const std::vector<PamStep>& steps, const PamReturns& returns, const PamWay& way);

/// The outcomes of all ways; nothing when there are too many.
std::optional<Outcomes> outcomes(const std::vector<PamStep>& steps, const PamReturns& returns);

/// Modules that set things up, and decide nothing.
bool bystander(const PamRule& rule);
/// Modules that ask for something that only the right person has.
bool asks(const PamRule& rule);
/// Somebody who isn't root is in the group, or may be.
bool someone_in(const Machine& machine, std::string_view name);
/// What a module says to somebody who knows no password and isn't root, but may be in any group of
/// the machine that has members; nothing when not known.
std::optional<PamReturn> of_a_stranger(const Machine& machine, const PamStep& step);

/// Calls `visit` for every step, those of stacks within too.
void each_step(const std::vector<PamStep>& steps, const std::function<void(const PamStep&)>& visit);

}  // namespace sekisho
