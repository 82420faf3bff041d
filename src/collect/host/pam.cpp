// SPDX-License-Identifier: Apache-2.0
#include "collect/host/pam.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/people.h"

namespace sekisho {
namespace {

constexpr int kDeepestInPam = 16;
constexpr std::array<const char*, 4> kStackFolders{"/etc/pam.d/", "/usr/etc/pam.d/",
                                                   "/usr/lib/pam.d/", "/usr/share/pam.d/"};

/// The modules of a machine, where libpam of the distributions loads them from.
class Modules {
 public:
  explicit Modules(const Machine& machine) : machine_(machine) {
    for (const char* folder : {"/lib/security", "/lib64/security", "/usr/lib/security",
                               "/usr/lib64/security", "/run/current-system/sw/lib/security"})
      take(folder);
    for (const char* base : {"/lib", "/usr/lib"})
      for (const char* kind :
           {"x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "arm-linux-gnueabi",
            "i386-linux-gnu", "riscv64-linux-gnu", "powerpc64le-linux-gnu", "s390x-linux-gnu"})
        take(fmt::format("{}/{}/security", base, kind));
  }

  /// Whether the module of a rule isn't there.
  bool lack(const PamRule& rule, const std::string& place) const {
    if (rule.file.starts_with('/')) {
      if (machine_.exists(rule.file)) return false;
      // One by a path of its own isn't taken to be there as the usual ones are.
      if (!names_.empty()) return true;
    } else if (!names_.empty()) {
      return !names_.contains(rule.file);
    }
    // Whoever has no modules at all is a system in parts.
    if (rule.quiet && !bystander(rule)) machine_.not_understood(place, "-" + rule.type);
    return rule.quiet;
  }

 private:
  void take(const std::string& folder) {
    if (const auto names = machine_.list(folder))
      for (const std::string& name : *names)
        if (name.ends_with(".so")) names_.insert(name);
  }

  const Machine& machine_;
  std::set<std::string> names_;
};

/// Puts the rules of a file, and of those that it includes, into `steps`.
bool add_file(const Machine& machine, const Modules& modules, const std::string& name,
              std::string_view type, int depth, std::vector<PamStep>& steps) {
  std::string path;
  for (const char* folder : kStackFolders)
    if (path.empty() && machine.exists(folder + name)) path = folder + name;
  if (name.starts_with('/')) path = name;
  const auto text = path.empty() ? FileResult<std::string>(std::unexpected(FileProblem::missing))
                                 : machine.read(path);
  if (!text) {
    if (depth > 0) machine.not_understood(name, "include");
    return false;
  }
  if (depth > kDeepestInPam) {
    machine.not_understood(path, "include");
    return true;
  }
  const PamFile file = parse_pam(*text);
  for (const std::size_t line : file.broken)
    machine.not_understood(fmt::format("{}:{}", path, line));
  for (const PamRule& rule : file.rules) {
    if (rule.type == "@include") {
      add_file(machine, modules, rule.module, type, depth + 1, steps);
      continue;
    }
    if (rule.type != type) continue;
    if (rule.control == "include") {
      add_file(machine, modules, rule.module, type, depth + 1, steps);
      continue;
    }
    PamStep step{rule, fmt::format("{}:{}", path, rule.line), {}};
    if (rule.control != "substack") step.missing = modules.lack(rule, step.place);
    if (rule.control == "substack")
      add_file(machine, modules, rule.module, type, depth + 1, step.inner);
    steps.push_back(std::move(step));
  }
  return true;
}

/// What a control does with a return: "ok", "bad", "die", "done", "ignore", "reset", or a number
/// of rules to jump over.
std::string action(const PamRule& rule, PamReturn returned) {
  const std::string_view control = rule.control;
  const auto of = [&](const char* success, const char* failure) -> std::string {
    if (returned == PamReturn::ignore) return "ignore";
    return returned == PamReturn::success ? success : failure;  // what is missing fails
  };
  if (control == "required") return of("ok", "bad");
  if (control == "requisite") return of("ok", "die");
  if (control == "sufficient") return of("done", "ignore");
  if (control == "optional") return of("ok", "ignore");
  std::string otherwise = "bad";
  std::string own;
  const std::string_view inside = control.substr(1, control.size() - 2);
  for (const std::string_view pair : words(inside)) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    const std::string value(pair.substr(equals + 1));
    if (name == "default") otherwise = value;
    if ((name == "success" && returned == PamReturn::success) ||
        (name == "auth_err" && returned == PamReturn::failure) ||
        (name == "module_unknown" && returned == PamReturn::missing) ||
        (name == "ignore" && returned == PamReturn::ignore))
      own = value;
  }
  return own.empty() ? otherwise : own;
}

/// A stack on its way (libpam's _pam_dispatch_aux).
struct Progress {
  enum class State : std::uint8_t { undecided, good, bad } state = State::undecided;
  bool success = false;  // what the impression rests on was a success
};

/// The rules of one stack. What ends it ("done", "die") ends a stack within another alone, and what
/// resets it goes back to where that one began.
void run(const std::vector<PamStep>& steps, const std::function<PamReturn(const PamStep&)>& returns,
         Progress& progress) {
  using enum Progress::State;
  const Progress start = progress;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PamStep& step = steps[i];
    if (step.rule.control == "substack") {
      run(step.inner, returns, progress);
      continue;
    }
    const PamReturn returned = step.missing ? PamReturn::missing : returns(step);
    const std::string act = action(step.rule, returned);
    if (act == "ok" || act == "done") {
      const bool open = progress.state == undecided || (progress.state == good && progress.success);
      if (open) progress = {good, returned == PamReturn::success};
      if (act == "done" && progress.state == good) return;
    } else if (act == "bad" || act == "die") {
      progress = {bad, false};
      if (act == "die") return;
    } else if (act == "reset") {
      progress = start;
    } else if (const auto jump = whole_number(act); jump > 0) {
      i += static_cast<std::size_t>(jump);
      if (i >= steps.size()) progress = {bad, false};
    }
  }
}

}  // namespace

PamFile parse_pam(std::string_view text) {
  PamFile file;
  std::string whole;
  std::size_t number = 0;
  std::size_t first = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (whole.empty()) first = number;
    line = line.substr(0, line.find('#'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.ends_with('\\')) {
      whole += std::string(line.substr(0, line.size() - 1)) + " ";
      continue;
    }
    whole += line;
    std::string_view rest = trim(std::string_view(whole));
    PamRule rule;
    rule.line = first;
    const auto word = [&rest] {
      const std::size_t end = rest.starts_with('[')
                                  ? std::min(rest.find(']'), rest.size() - 1) + 1
                                  : std::min(rest.find_first_of(" \t"), rest.size());
      std::string taken(rest.substr(0, end));
      rest = trim(rest.substr(end));
      return taken;
    };
    if (!rest.empty()) {
      rule.type = lower(word());
      if (rule.type != "@include") rule.control = lower(word());
      rule.quiet = rule.type.starts_with('-');
      if (rule.quiet) rule.type.erase(0, 1);
      rule.module = word();
      rule.file = rule.module;
      if (const auto slash = rule.module.rfind('/');
          slash != std::string::npos && rule.control != "include" && rule.control != "substack" &&
          rule.type != "@include")
        rule.module.erase(0, slash + 1);
      while (!rest.empty()) {
        std::string argument = word();
        if (argument.starts_with('[') && argument.ends_with(']'))
          argument = argument.substr(1, argument.size() - 2);
        rule.arguments.push_back(std::move(argument));
      }
      static constexpr std::array<std::string_view, 6> kControls{
          "required", "requisite", "sufficient", "optional", "include", "substack"};
      const bool control = rule.type == "@include" ||
                           std::ranges::find(kControls, rule.control) != kControls.end() ||
                           (rule.control.starts_with('[') && rule.control.ends_with(']'));
      if (rule.module.empty() || !control)
        file.broken.push_back(first);
      else
        file.rules.push_back(std::move(rule));
    }
    whole.clear();
  }
  return file;
}

std::optional<std::string> PamRule::argument(std::string_view name) const {
  std::optional<std::string> value;
  for (const std::string& argument : arguments)
    if (argument.starts_with(name) && argument.size() > name.size() && argument[name.size()] == '=')
      value = argument.substr(name.size() + 1);
  return value;
}

bool PamRule::has(std::string_view flag) const {
  return std::ranges::find(arguments, flag) != arguments.end();
}

std::optional<std::vector<PamStep>> pam_stack(const Machine& machine, const std::string& service,
                                              std::string_view type) {
  std::vector<PamStep> steps;
  if (!add_file(machine, Modules(machine), service, type, 0, steps)) return std::nullopt;
  return steps;
}

bool pam_passes(const std::vector<PamStep>& steps,
                const std::function<PamReturn(const PamStep&)>& returns) {
  Progress progress;
  run(steps, returns, progress);
  return progress.state == Progress::State::good && progress.success;
}

bool each_way(const std::vector<PamStep>& steps, const PamReturns& returns, const PamWay& way) {
  constexpr std::size_t kMostOpen = 10;
  std::vector<const PamStep*> open;
  for (std::size_t number = 0; number < (std::size_t{1} << open.size()); ++number) {
    std::vector<const PamStep*> come_by;
    const bool passed = pam_passes(steps, [&](const PamStep& step) {
      come_by.push_back(&step);
      if (const auto known = returns(step)) return *known;
      auto at = std::ranges::find(open, &step);
      if (at == open.end()) {
        open.push_back(&step);
        at = std::prev(open.end());
      }
      const auto bit = static_cast<std::size_t>(at - open.begin());
      return ((number >> bit) & 1U) == 0 ? PamReturn::failure : PamReturn::success;
    });
    way(passed, come_by);
    if (open.size() > kMostOpen) return false;
  }
  return true;
}

std::optional<Outcomes> outcomes(const std::vector<PamStep>& steps, const PamReturns& returns) {
  Outcomes found;
  const bool all = each_way(steps, returns, [&](bool passed, const auto&) {
    (passed ? found.passes : found.refuses) = true;
  });
  return all ? std::optional(found) : std::nullopt;
}

namespace {

/// Those that say nothing when somebody signs in: PAM_IGNORE, or they have nothing of the kind.
constexpr auto kSilent = std::to_array<std::string_view>(
    {"pam_env.so",  "pam_group.so",     "pam_faildelay.so", "pam_limits.so",    "pam_mail.so",
     "pam_motd.so", "pam_loginuid.so",  "pam_keyinit.so",   "pam_systemd.so",   "pam_umask.so",
     "pam_warn.so", "pam_echo.so",      "pam_selinux.so",   "pam_xauth.so",     "pam_issue.so",
     "pam_time.so", "pam_namespace.so", "pam_mkhomedir.so", "pam_tty_audit.so", "pam_setquota.so"});
/// Those that look at something else than whether it is the right person, and say what they found.
constexpr auto kLooking = std::to_array<std::string_view>(
    {"pam_cap.so", "pam_lastlog.so", "pam_lastlog2.so", "pam_gnome_keyring.so", "pam_kwallet5.so",
     "pam_kwallet.so", "pam_mount.so", "pam_ecryptfs.so", "pam_nologin.so", "pam_shells.so",
     "pam_securetty.so", "pam_access.so", "pam_ftp.so"});
}  // namespace

bool bystander(const PamRule& rule) {
  return among(kSilent, rule.module) || among(kLooking, rule.module);
}

namespace {

constexpr std::array<std::string_view, 17> kAsking{"pam_unix.so",
                                                   "pam_sss.so",
                                                   "pam_ldap.so",
                                                   "pam_krb5.so",
                                                   "pam_winbind.so",
                                                   "pam_fprintd.so",
                                                   "pam_u2f.so",
                                                   "pam_google_authenticator.so",
                                                   "pam_oath.so",
                                                   "pam_yubico.so",
                                                   "pam_ssh_agent_auth.so",
                                                   "pam_userdb.so",
                                                   "pam_pkcs11.so",
                                                   "pam_radius_auth.so",
                                                   "pam_tacplus.so",
                                                   "pam_himmelblau.so",
                                                   "pam_duo.so"};
}  // namespace

bool asks(const PamRule& rule) { return among(kAsking, rule.module); }

bool someone_in(const Machine& machine, std::string_view name) {
  const auto groups = machine.groups();
  const auto accounts = machine.accounts();
  if (!groups || !accounts || !other_sources(machine, "group").empty()) return true;
  for (const Group& group : *groups)
    if (group.name == name)
      return std::ranges::any_of(members_by_number(group, *groups, *accounts),
                                 [](const std::string& member) { return member != "root"; });
  return false;
}

namespace {

/// pam_wheel(8) by the groups of whoever asks, which may be those that let him by.
std::optional<PamReturn> of_wheel(const Machine& machine, const PamRule& rule) {
  const auto group = rule.argument("group");
  const bool members = group ? someone_in(machine, *group)
                             : someone_in(machine, "wheel") || someone_in(machine, "root");
  if (members || !rule.has("trust")) return std::nullopt;
  return rule.has("deny") ? PamReturn::success : PamReturn::failure;
}

}  // namespace

std::optional<PamReturn> of_a_stranger(const Machine& machine, const PamStep& step) {
  const PamRule& rule = step.rule;
  if (rule.module == "pam_permit.so") return PamReturn::success;
  if (asks(rule) && !rule.has("nullok_secure")) return PamReturn::failure;
  if (rule.module == "pam_unix.so" || rule.module == "pam_deny.so" ||
      rule.module == "pam_rootok.so" || rule.module == "pam_timestamp.so")
    return PamReturn::failure;
  if (rule.module == "pam_wheel.so") return of_wheel(machine, rule);
  // "user ingroup nopasswdlogin" of the display managers.
  if (rule.module == "pam_succeed_if.so" && rule.arguments.size() >= 3) {
    const auto& given = rule.arguments;
    const auto at = std::ranges::find(given, "ingroup");
    if (at != given.begin() && at != given.end() && std::next(at) != given.end() &&
        *std::prev(at) == "user" && !someone_in(machine, *std::next(at)))
      return PamReturn::failure;
  }
  if (rule.module == "pam_faillock.so" && rule.has("authfail")) return PamReturn::failure;
  // What else there is may let somebody by who isn't locked, has a shell or is on a list.
  return among(kSilent, rule.module) ? std::optional(PamReturn::ignore) : std::nullopt;
}

void each_step(const std::vector<PamStep>& steps,
               const std::function<void(const PamStep&)>& visit) {
  for (const PamStep& step : steps) {
    visit(step);
    each_step(step.inner, visit);
  }
}

}  // namespace sekisho
