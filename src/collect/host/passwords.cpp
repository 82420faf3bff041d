// SPDX-License-Identifier: Apache-2.0
// What PAM asks of passwords, and how they are kept.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "collect/host/people.h"
#include "collect/host/sign_in.h"
#include "collect/host/systemd.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// The stacks by which passwords of `type` are judged: those that services share, and each
/// service's own, in which the files it includes may stand among weaker rules.
std::vector<ServiceStack> stacks_of(const Machine& machine, std::string_view type) {
  std::vector<ServiceStack> stacks = shared_stacks(machine, type);
  for (ServiceStack& service : service_stacks(machine, type)) {
    bool asked = false;
    each_step(service.steps, [&](const PamStep& step) { asked = asked || asks(step.rule); });
    if (asked) stacks.push_back(std::move(service));
  }
  return stacks;
}

/// Without the shared files it isn't known what all other services do.
std::optional<Finding> no_shared_stack(const Machine& machine, std::string_view type) {
  if (!shared_stacks(machine, type).empty()) return std::nullopt;
  if (!machine.list("/etc/pam.d") && !machine.exists("/etc/pam.conf"))
    return unknown("PAM を使わないシステムが、パスワードをどう確かめるかは分かりません",
                   "how a system without PAM checks passwords is not known");
  return unknown("PAM の共通の設定（common-auth、system-auth など）が見つかりません",
                 "PAM's shared files (common-auth, system-auth …) were not found");
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
    if (checks_quality(one.rule) && !one.missing) step = one;
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
  if (!weak || (weak->passes && weak->refuses))
    return unknown(fmt::format("弱いパスワードが強さの確認（{}）を通り抜けることがあるか言い切れま"
                               "せん",
                               step->place),
                   fmt::format("whether weak passwords may get past the quality check ({}) can't "
                               "be told",
                               step->place));
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

/// From how many failures on, and for how long and for whom, a module locks.
Finding lock_settings_of(const Machine& machine, const PamStep& step) {
  const bool tally = step.rule.module == "pam_tally2.so";
  const std::string file = step.rule.argument("conf").value_or(
      tally ? "/etc/security/none" : "/etc/security/faillock.conf");
  const Decided decided = module_value(machine, step, file, "deny", tally ? "0" : "3");
  const auto tries = whole_number(decided.value);
  const std::string place = decided.place.empty() ? step.place : decided.place;
  machine.compared(place, "deny=" + decided.value, fmt::format("1 - {}", kMostPasswordTries));
  if (tries <= 0 || tries > kMostPasswordTries)
    return fail(fmt::format("ロックまでの回数が {} です（{} 回以下に、{}）",
                            printable(decided.value, 20), kMostPasswordTries, place),
                fmt::format("locks after {} failures (make it {} or fewer; {})",
                            printable(decided.value, 20), kMostPasswordTries, place));
  constexpr std::int64_t kShortestLock = 60;  // seconds
  for (const char* key : {"unlock_time", "fail_interval"}) {
    const Decided time = module_value(machine, step, file, key,
                                      tally           ? "0"
                                      : key[0] == 'u' ? "600"
                                                      : "900");
    const auto seconds = time.value == "never" ? 0 : whole_number(time.value);
    // No time at all in which failures are counted counts none; of a lock it is for ever.
    const bool never_counted = key[0] == 'f' && !tally && seconds == 0;
    machine.compared(
        time.place.empty() ? place : time.place,
        fmt::format("{}={}{}", key, time.value, time.place.empty() ? " (default)" : ""),
        fmt::format(">= {} s{}", kShortestLock, key[0] == 'u' ? ", 0, never" : ""));
    if (never_counted || (seconds != 0 && seconds < kShortestLock))
      return fail(fmt::format("ロックが {} 秒で解けます（{}={}）", printable(time.value, 20), key,
                              printable(time.value, 20)),
                  fmt::format("a lock is over after {} seconds ({}={})", printable(time.value, 20),
                              key, printable(time.value, 20)));
  }
  // Whom it spares as it spares root.
  const Decided spared = module_value(machine, step, file, "admin_group", "");
  if (!tally && !spared.value.empty() && someone_in(machine, spared.value) &&
      module_value(machine, step, file, "even_deny_root", "no").value == "no") {
    const std::string group = printable(spared.value, 40);
    machine.compared(spared.place, "admin_group=" + group, "even_deny_root");
    return fail(fmt::format("グループ {} の人は、何度間違えてもロックされません（{}）", group,
                            spared.place),
                fmt::format("nobody in the group {} is ever locked out ({})", group, spared.place));
  }
  return pass(fmt::format("{} 回間違えるとロックされます（{}）", tries, place),
              fmt::format("locks after {} failures ({})", tries, place));
}

Finding lockout_of(const Machine& machine, const std::vector<PamStep>& stack) {
  std::optional<PamStep> step;
  each_step(stack, [&](const PamStep& one) {
    if (locks(one.rule) && !one.missing) step = one;
  });
  if (!step) note_count(machine, "/etc/pam.d/", "auth pam_faillock|pam_tally2", 0, ">= 1");
  if (!step)
    return fail("続けて間違えてもロックされません", "repeated failures are not locked out");
  // A wrong password must be counted, and a right one refused once it is locked.
  const auto returns = [&](bool right, bool locked) {
    return [&, right, locked](const PamStep& one) -> std::optional<PamReturn> {
      const PamRule& rule = one.rule;
      if (locks(rule)) {
        if (rule.has("authfail")) return PamReturn::failure;
        return locked ? PamReturn::failure : PamReturn::success;
      }
      if (asks(rule)) return right ? PamReturn::success : PamReturn::failure;
      return of_a_stranger(machine, one);
    };
  };
  // Each way must come by what counts, but where one is refused before a password was tried.
  bool counted = true;
  const auto counts = [](const PamStep* one) {
    return one->rule.module == "pam_tally2.so" ||
           (one->rule.module == "pam_faillock.so" && one->rule.has("authfail"));
  };
  const bool wrong = each_way(stack, returns(false, false), [&](bool passed, const auto& come_by) {
    const bool tried =
        passed || std::ranges::any_of(come_by, [](const PamStep* one) { return asks(one->rule); });
    counted = counted && (!tried || std::ranges::any_of(come_by, counts));
  });
  const auto locked = outcomes(stack, returns(true, true));
  if (!wrong || !locked || (locked->passes && locked->refuses))
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
  // Linux-PAM took it out in 1.4 (2020): it counts only where its file was seen.
  if (step->rule.module == "pam_tally2.so")
    machine.gap(unknown(fmt::format("pam_tally2 は今の Linux-PAM にありません（{}）", step->place),
                        fmt::format("today's Linux-PAM has no pam_tally2 ({})", step->place)));
  // Each of them goes by its own settings: one counts, another refuses.
  std::optional<Finding> worst;
  each_step(stack, [&](const PamStep& one) {
    if (!locks(one.rule) || one.missing) return;
    Finding finding = lock_settings_of(machine, one);
    if (!worst || (worst->verdict == Verdict::pass && finding.verdict != Verdict::pass))
      worst = std::move(finding);
  });
  return *worst;
}

/// The worst of all stacks: what fails before what isn't known, the shared ones first.
Finding of_stacks(const Machine& machine, std::string_view type,
                  Finding (*judge)(const Machine&, const std::vector<PamStep>&)) {
  std::optional<Finding> worst = no_shared_stack(machine, type);
  const auto rank = [](const Finding& one) {
    return one.verdict == Verdict::fail ? 2 : one.verdict == Verdict::pass ? 0 : 1;
  };
  for (const ServiceStack& stack : stacks_of(machine, type)) {
    Finding finding = judge(machine, stack.steps);
    if (!worst || rank(finding) > rank(*worst)) worst = std::move(finding);
  }
  return *worst;
}

Finding password_quality(const Look& look) {
  return of_stacks(look.machine, "password", quality_of);
}

Finding password_lockout(const Look& look) { return of_stacks(look.machine, "auth", lockout_of); }

/// Where a password is kept so that whoever steals the file soon knows it: "hana (MD5)". What has
/// an unknown form is a gap.
void find_weak(const Machine& machine, std::string_view name, std::string_view stored,
               std::string_view file, std::vector<std::string>& weak) {
  const Hash hash = read_hash(stored);
  const auto too_cheap = [&](std::int64_t least) { return hash.cost.value_or(-1) < least; };
  const std::string cost = hash.cost ? fmt::format(" {}", *hash.cost) : std::string();
  const bool cheap = hash.strength == Hash::Strength::priced &&
                     too_cheap(hash.name == "bcrypt" ? kLeastBcryptCost : kLeastShaRounds);
  if (hash.strength == Hash::Strength::weak || cheap)
    weak.push_back(fmt::format("{} ({}{})", printable(name, 40), hash.name, cost));
  if (hash.strength == Hash::Strength::unknown)
    machine.not_understood(file, stored.substr(0, stored.find('$', 1) + 1));
}

/// Old passwords that pam_unix and pam_pwhistory keep: "hana:1000:2:$y$…,$y$…".
void find_weak_old(const Machine& machine, std::vector<std::string>& weak, std::size_t& seen) {
  constexpr const char* kFile = "/etc/security/opasswd";
  const auto text = machine.read(kFile);
  if (!text) return;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    const auto fields = split(trim(line), ':');
    if (fields.size() < 4) {
      if (!trim(line).empty()) machine.not_understood(kFile);
      continue;
    }
    for (const std::string_view stored : split(fields[3], ',')) {
      if (stored.empty()) continue;
      ++seen;
      find_weak(machine, fmt::format("{}, opasswd", fields[0]), stored, kFile, weak);
    }
  }
}

/// How pam_unix keeps a new password: the last of the methods among its arguments, else what
/// login.defs says, and what that costs.
struct Method {
  std::string name;
  std::string cost;  // "rounds" as it is set; empty for the default
  std::string place;
};
Method method_of(const Machine& machine, const PamStep& step, std::string_view defs) {
  Method method;
  for (const char* name :
       {"yescrypt", "gost_yescrypt", "blowfish", "sha512", "sha256", "md5", "bigcrypt"})
    if (step.rule.has(name)) method = {name, {}, step.place};
  if (method.name.empty())
    method = {
        lower(login_defs_value(defs, "ENCRYPT_METHOD").value_or("des")), {}, "/etc/login.defs"};
  if (const auto rounds = step.rule.argument("rounds"))
    method.cost = *rounds;
  else if (method.name.starts_with("sha"))
    method.cost = login_defs_value(defs, "SHA_CRYPT_MAX_ROUNDS").value_or("");
  machine.compared(method.place,
                   fmt::format("{}{}{}", method.place == "/etc/login.defs" ? "ENCRYPT_METHOD " : "",
                               method.name, method.cost.empty() ? "" : " rounds=" + method.cost),
                   fmt::format("yescrypt, gost_yescrypt, blowfish (rounds >= {}), sha512, sha256 "
                               "(rounds >= {})",
                               kLeastBcryptCost, kLeastShaRounds));
  return method;
}

/// New passwords by this method are soon guessed, or nothing is known of it.
std::optional<Finding> weak_method(const Method& method) {
  const bool sha = method.name == "sha512" || method.name == "sha256";
  const bool blowfish = method.name == "blowfish";
  // pam_unix' own costs: 5,000 rounds of SHA, and 2^5 of bcrypt.
  const auto cost =
      method.cost.empty() ? (blowfish ? 5 : kLeastShaRounds) : whole_number(method.cost);
  const std::string shown = method.name + (method.cost.empty() ? "" : " rounds=" + method.cost);
  if (method.name == "md5" || method.name == "bigcrypt" || method.name == "des" ||
      (sha && cost < kLeastShaRounds) || (blowfish && cost < kLeastBcryptCost))
    return fail(fmt::format("パスワードを古い方式か弱い設定（{}）で保存します", printable(shown)),
                fmt::format("passwords are stored the old way ({})", printable(shown)));
  if (!sha && !blowfish && method.name != "yescrypt" && method.name != "gost_yescrypt")
    return unknown(fmt::format("保存方式「{}」を知りません", printable(shown)),
                   fmt::format("the method '{}' is not known", printable(shown)));
  return std::nullopt;
}

/// Of all stacks that set passwords.
std::expected<std::string, Finding> new_passwords(const Machine& machine) {
  const std::string defs = machine.read("/etc/login.defs").value_or(std::string());
  std::set<std::string> names;
  std::optional<Finding> worst = no_shared_stack(machine, "password");
  for (const ServiceStack& stack : stacks_of(machine, "password"))
    each_step(stack.steps, [&](const PamStep& step) {
      if (step.rule.module != "pam_unix.so") return;
      const Method method = method_of(machine, step, defs);
      names.insert(method.name);
      auto found = weak_method(method);
      if (found && (!worst || found->verdict == Verdict::fail)) worst = std::move(found);
    });
  if (worst) return std::unexpected(*worst);
  if (names.empty())
    return std::unexpected(
        unknown("PAM の共通の設定に pam_unix がなく、新しいパスワードの保存方式が"
                "分かりません",
                "PAM's shared files have no pam_unix, so how new passwords are "
                "stored is not known"));
  return listed(std::vector<std::string>(names.begin(), names.end()));
}

Finding password_hashing(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<Stored> all;
  const auto shadow = stored_passwords(machine, true, all);
  std::vector<std::string> weak;
  std::map<std::string, std::size_t> kinds;
  for (const Stored& one : all) {
    find_weak(machine, one.name, one.stored, one.file, weak);
    const Hash hash = read_hash(one.stored);
    if (hash.strength != Hash::Strength::none) ++kinds[hash.name];
  }
  std::size_t old = 0;
  find_weak_old(machine, weak, old);
  std::vector<std::string> seen;
  for (const auto& [name, count] : kinds) seen.push_back(fmt::format("{}: {}", name, count));
  if (old > 0) seen.push_back(fmt::format("opasswd: {}", old));
  const std::string kept = seen.empty() ? "-" : join(seen, ", ");
  note_count(machine, "/etc/shadow", fmt::format("weak ({})", kept), weak.size(), "0");
  if (!weak.empty())
    return fail(fmt::format("古い方式か弱い設定で保存されたパスワード: {}", listed(weak)),
                fmt::format("passwords stored the old way: {}", listed(weak)));
  const auto method = new_passwords(machine);
  if (!method) return method.error();
  if (!shadow) return unreadable("/etc/shadow", shadow.error());
  note_other_sources(machine, "passwd");
  return pass(fmt::format("新しいパスワードは {} で保存されます（今あるもの: {}）",
                          printable(*method, 60), kept),
              fmt::format("new passwords are stored with {} (those there: {})",
                          printable(*method, 60), kept));
}

constexpr std::array kPasswordChecks{
    HostCheck{"password-quality", password_quality, {"/etc/pam.d/"}},
    HostCheck{"password-lockout", password_lockout, {"/etc/pam.d/"}},
    HostCheck{"password-hashing", password_hashing, {"/etc/shadow"}},
};

}  // namespace

std::span<const HostCheck> password_checks() { return kPasswordChecks; }

}  // namespace sekisho
