#include "collect/host/pam.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr int kDeepest = 16;
constexpr std::array<const char*, 4> kFolders{"/etc/pam.d/", "/usr/etc/pam.d/", "/usr/lib/pam.d/",
                                              "/usr/share/pam.d/"};

/// Puts the rules of a file, and of those that it includes, into `steps`.
bool add_file(const Machine& machine, const std::string& name, std::string_view type, int depth,
              std::vector<PamStep>& steps) {
  std::string path;
  for (const char* folder : kFolders)
    if (path.empty() && machine.exists(folder + name)) path = folder + name;
  if (name.starts_with('/')) path = name;
  const auto text = path.empty() ? FileResult<std::string>(std::unexpected(FileProblem::missing))
                                 : machine.read(path);
  if (!text) {
    if (depth > 0) machine.not_understood(name, "include");
    return false;
  }
  if (depth > kDeepest) {
    machine.not_understood(path, "include");
    return true;
  }
  const PamFile file = parse_pam(*text);
  for (const std::size_t line : file.broken)
    machine.not_understood(fmt::format("{}:{}", path, line));
  for (const PamRule& rule : file.rules) {
    if (rule.type == "@include") {
      add_file(machine, rule.module, type, depth + 1, steps);
      continue;
    }
    if (rule.type != type) continue;
    if (rule.control == "include") {
      add_file(machine, rule.module, type, depth + 1, steps);
      continue;
    }
    PamStep step{rule, fmt::format("{}:{}", path, rule.line), {}};
    if (rule.control == "substack") add_file(machine, rule.module, type, depth + 1, step.inner);
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
    return returned == PamReturn::success ? success : failure;
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
    const PamReturn returned = returns(step);
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
      if (rule.type.starts_with('-')) rule.type.erase(0, 1);
      rule.module = word();
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
  if (!add_file(machine, service, type, 0, steps)) return std::nullopt;
  return steps;
}

bool pam_passes(const std::vector<PamStep>& steps,
                const std::function<PamReturn(const PamStep&)>& returns) {
  Progress progress;
  run(steps, returns, progress);
  return progress.state == Progress::State::good && progress.success;
}

std::optional<Outcomes> outcomes(
    const std::vector<PamStep>& steps,
    const std::function<std::optional<PamReturn>(const PamStep&)>& returns) {
  constexpr std::size_t kMostOpen = 10;
  std::vector<const PamStep*> open;
  Outcomes found;
  for (std::size_t way = 0; way < (std::size_t{1} << open.size()); ++way) {
    const bool passed = pam_passes(steps, [&](const PamStep& step) {
      if (const auto known = returns(step)) return *known;
      auto at = std::ranges::find(open, &step);
      if (at == open.end()) {
        open.push_back(&step);
        at = std::prev(open.end());
      }
      const auto bit = static_cast<std::size_t>(at - open.begin());
      return ((way >> bit) & 1U) == 0 ? PamReturn::failure : PamReturn::success;
    });
    (passed ? found.passes : found.refuses) = true;
    if (open.size() > kMostOpen) return std::nullopt;
  }
  return found;
}

namespace {

constexpr std::array<std::string_view, 33> kBystanders{
    "pam_env.so",       "pam_cap.so",           "pam_group.so",    "pam_faildelay.so",
    "pam_limits.so",    "pam_mail.so",          "pam_motd.so",     "pam_lastlog.so",
    "pam_loginuid.so",  "pam_keyinit.so",       "pam_systemd.so",  "pam_umask.so",
    "pam_warn.so",      "pam_echo.so",          "pam_selinux.so",  "pam_xauth.so",
    "pam_issue.so",     "pam_gnome_keyring.so", "pam_kwallet5.so", "pam_kwallet.so",
    "pam_mount.so",     "pam_ecryptfs.so",      "pam_nologin.so",  "pam_shells.so",
    "pam_time.so",      "pam_securetty.so",     "pam_access.so",   "pam_namespace.so",
    "pam_mkhomedir.so", "pam_tty_audit.so",     "pam_ftp.so",      "pam_lastlog2.so",
    "pam_setquota.so"};
}  // namespace

bool bystander(const PamRule& rule) {
  return std::ranges::find(kBystanders, rule.module) != kBystanders.end();
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

bool asks(const PamRule& rule) { return std::ranges::find(kAsking, rule.module) != kAsking.end(); }

std::optional<PamReturn> of_a_stranger(const PamStep& step) {
  const PamRule& rule = step.rule;
  if (rule.module == "pam_permit.so") return PamReturn::success;
  if (asks(rule) && !rule.has("nullok_secure")) return PamReturn::failure;
  if (rule.module == "pam_unix.so" || rule.module == "pam_deny.so" ||
      rule.module == "pam_rootok.so" || rule.module == "pam_timestamp.so")
    return PamReturn::failure;
  if (rule.module == "pam_faillock.so" || rule.module == "pam_tally2.so")
    return rule.has("authfail") ? PamReturn::failure : PamReturn::ignore;
  if (bystander(rule)) return PamReturn::ignore;
  return std::nullopt;
}

void each_step(const std::vector<PamStep>& steps,
               const std::function<void(const PamStep&)>& visit) {
  for (const PamStep& step : steps) {
    visit(step);
    each_step(step.inner, visit);
  }
}

}  // namespace sekisho
