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
};

/// The steps that `service` takes for `type`, files that it includes put in; nothing where PAM has
/// no file for it.
std::optional<std::vector<PamStep>> pam_stack(const Machine& machine, const std::string& service,
                                              std::string_view type);

/// What a module returns, as far as controls tell it apart.
enum class PamReturn : std::uint8_t { success, failure, ignore };

/// Whether a stack lets the user through when its modules return what `returns` says of each that
/// is come by.
bool pam_passes(const std::vector<PamStep>& steps,
                const std::function<PamReturn(const PamStep&)>& returns);

/// Every outcome that can come about.
struct Outcomes {
  bool passes = false;
  bool refuses = false;
};

/// Modules whose return isn't known (nothing) are tried both ways. Nothing when there are too many.
std::optional<Outcomes> outcomes(
    const std::vector<PamStep>& steps,
    const std::function<std::optional<PamReturn>(const PamStep&)>& returns);

/// Modules that set things up, and decide nothing.
bool bystander(const PamRule& rule);
/// Modules that ask for something that only the right person has.
bool asks(const PamRule& rule);
/// What a module says to somebody who knows no password and isn't root; nothing when not known.
std::optional<PamReturn> of_a_stranger(const PamStep& step);

/// Calls `visit` for every step, those of stacks within too.
void each_step(const std::vector<PamStep>& steps, const std::function<void(const PamStep&)>& visit);

}  // namespace sekisho
