// What PAM asks of passwords, and how they are kept.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/pam.h"
#include "collect/host/systemd.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// The stacks that stand for every kind of sign-in, of Debian or Red Hat or Alpine.
std::expected<std::vector<std::vector<PamStep>>, Finding> shared_stacks(const Machine& machine,
                                                                        std::string_view type) {
  std::vector<std::vector<PamStep>> stacks;
  const std::string common = "common-" + std::string(type);
  for (const std::string& name : {common, std::string("system-auth"), std::string("password-auth"),
                                  std::string("base-" + std::string(type))})
    if (auto stack = pam_stack(machine, name, type); stack && !stack->empty())
      stacks.push_back(std::move(*stack));
  if (!stacks.empty()) return stacks;
  if (!machine.list("/etc/pam.d") && !machine.exists("/etc/pam.conf"))
    return std::unexpected(
        unknown("PAM を使わないシステムが、パスワードをどう確かめるかは分かりません",
                "how a system without PAM checks passwords is not known"));
  return std::unexpected(
      unknown("PAM の共通の設定（common-auth、system-auth など）が見つかりません",
              "PAM's shared files (common-auth, system-auth …) were not found"));
}

/// "name = value", or "name value", of a file under /etc/security; its folder of additions is read
/// before it, so that the file itself has the last word (libpwquality's pwquality_read_config).
std::optional<Decided> security_value(const Machine& machine, const std::string& file,
                                      std::string_view key) {
  std::vector<std::string> paths = files_in(machine, file + ".d", ".conf");
  paths.push_back(file);
  std::optional<Decided> value;
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    for (std::string_view line : split(std::string_view(*text), '\n')) {
      line = trim(line.substr(0, line.find('#')));
      const std::string_view name = line.substr(0, line.find_first_of(" \t="));
      if (name != key) continue;
      // Blanks and '=' alike stand between the two: "minlen 13" is a setting.
      const std::size_t start = line.find_first_not_of(" \t=", name.size());
      value = Decided{start == std::string_view::npos ? "" : std::string(trim(line.substr(start))),
                      path};
    }
  }
  return value;
}

/// A setting of a module: of its arguments, else of its file.
Decided module_value(const Machine& machine, const PamStep& step, const std::string& file,
                     const std::string& key, std::string_view otherwise) {
  if (auto own = step.rule.argument(key)) return {*own, step.place};
  if (step.rule.has(key)) return {"", step.place};
  if (auto set = security_value(machine, file, key)) return *set;
  return {std::string(otherwise), ""};
}

/// A whole number with a sign.
std::optional<std::int64_t> signed_number(std::string_view text) {
  const bool minus = text.starts_with('-');
  const auto value = whole_number(minus ? text.substr(1) : text);
  if (value < 0) return std::nullopt;
  return minus ? -value : value;
}

/// The shortest password that a module lets through; a finding when that can't be told.
std::expected<Decided, Finding> shortest_password(const Machine& machine, const PamStep& step) {
  const PamRule& rule = step.rule;
  if (rule.module == "pam_passwdqc.so") {
    if (rule.argument("config")) machine.not_understood(step.place, "config=");
    std::int64_t least = 7;
    if (const auto list = rule.argument("min")) {
      least = 1000;
      for (const std::string_view one : split(std::string_view(*list), ','))
        if (const auto number = whole_number(one); number >= 0) least = std::min(least, number);
    }
    return Decided{std::to_string(least), step.place};
  }
  const bool cracklib = rule.module == "pam_cracklib.so";
  const std::string file = cracklib ? "/etc/security/none" : "/etc/security/pwquality.conf";
  const Decided decided = module_value(machine, step, file, "minlen", cracklib ? "9" : "8");
  const auto length = signed_number(decided.value);
  if (!length)
    return std::unexpected(
        unknown(fmt::format("minlen の値「{}」を読めません", printable(decided.value, 20)),
                fmt::format("minlen has an unreadable value, '{}'", printable(decided.value, 20))));
  // Kinds of characters may count for more than themselves.
  std::int64_t credit = 0;
  for (const char* name : {"dcredit", "ucredit", "lcredit", "ocredit"})
    if (const auto one =
            signed_number(module_value(machine, step, file, name, cracklib ? "1" : "0").value))
      credit += std::max<std::int64_t>(*one, 0);
  return Decided{std::to_string(*length - credit),
                 decided.place.empty() ? step.place : decided.place};
}

bool checks_quality(const PamRule& rule) {
  return rule.module == "pam_pwquality.so" || rule.module == "pam_passwdqc.so" ||
         rule.module == "pam_cracklib.so";
}

/// The check refuses what it finds weak.
bool enforced(const Machine& machine, const PamStep& step) {
  if (step.rule.module == "pam_passwdqc.so")
    return step.rule.argument("enforce").value_or("everyone") != "none";
  return module_value(machine, step, "/etc/security/pwquality.conf", "enforcing", "1").value != "0";
}

/// A password comes through this stack: a weak one, or one that the check is content with.
std::optional<Outcomes> comes_through(const Machine& machine, const std::vector<PamStep>& stack,
                                      bool strong) {
  return outcomes(stack, [&](const PamStep& step) -> std::optional<PamReturn> {
    const PamRule& rule = step.rule;
    if (checks_quality(rule))
      return strong || !enforced(machine, step) ? PamReturn::success : PamReturn::failure;
    if (rule.module == "pam_deny.so") return PamReturn::failure;
    if (rule.module == "pam_permit.so" || asks(rule)) return PamReturn::success;
    if (bystander(rule) || rule.module == "pam_pwhistory.so") return PamReturn::ignore;
    return std::nullopt;
  });
}

Finding quality_of(const Machine& machine, const std::vector<PamStep>& stack) {
  std::optional<PamStep> step;
  each_step(stack, [&](const PamStep& one) {
    if (checks_quality(one.rule)) step = one;
  });
  if (!step)
    note_count(machine, "/etc/pam.d/", "password pam_pwquality|pam_passwdqc|pam_cracklib", 0,
               ">= 1");
  if (!step) return fail("弱いパスワードを拒む設定がありません", "weak passwords are not refused");
  const auto weak = comes_through(machine, stack, false);
  const bool refused = weak && !weak->passes && enforced(machine, *step);
  machine.compared(step->place,
                   fmt::format("{}: a weak password {}", step->rule.module,
                               refused ? "is refused" : "gets through"),
                   "is refused");
  if (!refused)
    return fail(fmt::format("強さの確認（{}）を、弱いパスワードでも通り抜けます", step->place),
                fmt::format("weak passwords get past the quality check ({})", step->place));
  const auto shortest = shortest_password(machine, *step);
  if (!shortest) return shortest.error();
  machine.compared(shortest->place, "minlen=" + shortest->value,
                   fmt::format(">= {}", kShortestPassword));
  if (signed_number(shortest->value).value_or(0) < static_cast<std::int64_t>(kShortestPassword))
    return fail(fmt::format("{} 文字のパスワードが使えます（{} 文字以上を、{}）", shortest->value,
                            kShortestPassword, shortest->place),
                fmt::format("passwords of {} characters are possible (require {} or more; {})",
                            shortest->value, kShortestPassword, shortest->place));
  const auto strong = comes_through(machine, stack, true);
  if (!strong || !strong->passes)
    return unknown(fmt::format("PAM の設定（{} の前後）では、どのパスワードも付けられないようです",
                               step->place),
                   fmt::format("PAM's stack (around {}) seems to let no password through at all",
                               step->place));
  return pass(
      fmt::format("{} 文字以上で、強さを確かめます（{}）", shortest->value, shortest->place),
      fmt::format("{} characters or more, checked for strength ({})", shortest->value,
                  shortest->place));
}

bool locks(const PamRule& rule) {
  return rule.module == "pam_faillock.so" || rule.module == "pam_tally2.so";
}

Finding lockout_of(const Machine& machine, const std::vector<PamStep>& stack) {
  std::optional<PamStep> step;
  each_step(stack, [&](const PamStep& one) {
    if (locks(one.rule)) step = one;
  });
  if (!step) note_count(machine, "/etc/pam.d/", "auth pam_faillock|pam_tally2", 0, ">= 1");
  if (!step)
    return fail("続けて間違えてもロックされません", "repeated failures are not locked out");
  // A wrong password must be counted, and a right one refused once it is locked.
  bool counted = false;
  const auto returns = [&](bool right, bool locked) {
    return [&, right, locked](const PamStep& one) -> std::optional<PamReturn> {
      const PamRule& rule = one.rule;
      if (locks(rule)) {
        const bool tally = rule.module == "pam_tally2.so";
        if (tally || rule.has("authfail")) counted = counted || !right;
        if (rule.has("authfail")) return PamReturn::failure;
        return locked ? PamReturn::failure : PamReturn::success;
      }
      if (asks(rule)) return right ? PamReturn::success : PamReturn::failure;
      return of_a_stranger(one);
    };
  };
  const auto wrong = outcomes(stack, returns(false, false));
  const auto locked = outcomes(stack, returns(true, true));
  if (!wrong || !locked)
    return unknown("PAM の設定が込み入っていて、ロックが効くか言い切れません",
                   "PAM's stack has too many conditions to tell whether locking works");
  machine.compared(
      step->place,
      fmt::format("{}: failures are {}, a locked account {}", step->rule.module,
                  counted ? "counted" : "not counted", locked->passes ? "gets in" : "is refused"),
      "counted, refused");
  if (!counted || locked->passes)
    return fail(
        fmt::format("{} はありますが、間違いを数えないか、ロックしても通します", step->place),
        fmt::format("{} is there, but failures are not counted or a locked account gets in",
                    step->place));
  const bool tally = step->rule.module == "pam_tally2.so";
  const std::string file = step->rule.argument("conf").value_or(
      tally ? "/etc/security/none" : "/etc/security/faillock.conf");
  const Decided decided = module_value(machine, *step, file, "deny", tally ? "0" : "3");
  const auto tries = whole_number(decided.value);
  const std::string place = decided.place.empty() ? step->place : decided.place;
  machine.compared(place, "deny=" + decided.value, fmt::format("1 - {}", kMostPasswordTries));
  if (tries <= 0 || tries > kMostPasswordTries)
    return fail(fmt::format("ロックまでの回数が {} です（{} 回以下に、{}）",
                            printable(decided.value, 20), kMostPasswordTries, place),
                fmt::format("locks after {} failures (make it {} or fewer; {})",
                            printable(decided.value, 20), kMostPasswordTries, place));
  constexpr std::int64_t kShortestLock = 60;  // seconds
  for (const char* key : {"unlock_time", "fail_interval"}) {
    const Decided time = module_value(machine, *step, file, key,
                                      tally           ? "0"
                                      : key[0] == 'u' ? "600"
                                                      : "900");
    const auto seconds = time.value == "never" ? 0 : whole_number(time.value);
    machine.compared(
        time.place.empty() ? place : time.place,
        fmt::format("{}={}{}", key, time.value, time.place.empty() ? " (default)" : ""),
        fmt::format(">= {} s, 0, never", kShortestLock));
    if (seconds != 0 && seconds < kShortestLock)
      return fail(fmt::format("ロックが {} 秒で解けます（{}={}）", printable(time.value, 20), key,
                              printable(time.value, 20)),
                  fmt::format("a lock is over after {} seconds ({}={})", printable(time.value, 20),
                              key, printable(time.value, 20)));
  }
  return pass(fmt::format("{} 回間違えるとロックされます（{}）", tries, place),
              fmt::format("locks after {} failures ({})", tries, place));
}

/// The worst of all stacks.
Finding of_stacks(const Machine& machine, std::string_view type,
                  Finding (*judge)(const Machine&, const std::vector<PamStep>&)) {
  const auto stacks = shared_stacks(machine, type);
  if (!stacks) return stacks.error();
  std::optional<Finding> worst;
  for (const auto& stack : *stacks) {
    Finding finding = judge(machine, stack);
    if (!worst || (worst->verdict == Verdict::pass && finding.verdict != Verdict::pass))
      worst = std::move(finding);
  }
  return *worst;
}

Finding password_quality(const Look& look) {
  return of_stacks(look.machine, "password", quality_of);
}

Finding password_lockout(const Look& look) { return of_stacks(look.machine, "auth", lockout_of); }

/// A stored password in a form that is quickly guessed: traditional crypt, or MD5 ("$1$").
bool weak_hash(std::string_view stored) {
  if (stored.starts_with("!")) stored.remove_prefix(1);
  if (stored.empty() || stored.starts_with("*") || stored.starts_with("!")) return false;
  return !stored.starts_with("$") || stored.starts_with("$1$");
}

Finding password_hashing(const Look& look) {
  const auto shadow = look.machine.read("/etc/shadow");
  if (shadow) {
    std::vector<std::string> weak;
    for (const auto& [name, stored] : parse_shadow(*shadow))
      if (weak_hash(stored)) weak.push_back(name);
    note_count(look.machine, "/etc/shadow", "DES|MD5", weak.size(), "0");
    if (!weak.empty())
      return fail(fmt::format("古い方式で保存されたパスワード: {}", listed(weak)),
                  fmt::format("passwords stored the old way: {}", listed(weak)));
  }
  const auto stacks = shared_stacks(look.machine, "password");
  if (!stacks) return stacks.error();
  std::string method;
  std::string place = "/etc/login.defs";
  for (const auto& stack : *stacks)
    each_step(stack, [&](const PamStep& step) {
      if (step.rule.module != "pam_unix.so") return;
      for (const char* name :
           {"yescrypt", "gost_yescrypt", "blowfish", "sha512", "sha256", "md5", "bigcrypt"})
        if (step.rule.has(name)) {
          method = name;
          place = step.place;
        }
    });
  if (method.empty())
    if (const auto text = look.machine.read("/etc/login.defs"))
      method = lower(login_defs_value(*text, "ENCRYPT_METHOD").value_or("des"));
  look.machine.compared(place,
                        fmt::format("{}{}", place == "/etc/login.defs" ? "ENCRYPT_METHOD " : "",
                                    method.empty() ? "des (default)" : method),
                        "yescrypt, gost_yescrypt, blowfish, sha512, sha256");
  if (method.empty() || method == "md5" || method == "bigcrypt" || method == "des")
    return fail(
        fmt::format("パスワードを古い方式（{}）で保存します", method.empty() ? "des" : method),
        fmt::format("passwords are stored the old way ({})", method.empty() ? "des" : method));
  if (!shadow) return unreadable("/etc/shadow", shadow.error());
  return pass(fmt::format("パスワードは {} で保存されます", printable(method, 20)),
              fmt::format("passwords are stored with {}", printable(method, 20)));
}

constexpr std::array kChecks{
    HostCheck{"password-quality", password_quality, {"/etc/pam.d/"}},
    HostCheck{"password-lockout", password_lockout, {"/etc/pam.d/"}},
    HostCheck{"password-hashing", password_hashing, {"/etc/shadow"}},
};

}  // namespace

std::span<const HostCheck> password_checks() { return kChecks; }

}  // namespace sekisho
