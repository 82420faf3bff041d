// SPDX-License-Identifier: Apache-2.0
#include "collect/host/sign_in.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Consoles and networks, display managers, programs that unlock the screen.
constexpr std::array kSignIns{"login",
                              "remote",
                              "sshd",
                              "cockpit",
                              "xrdp-sesman",
                              "gdm",
                              "gdm3",
                              "gdm-password",
                              "lightdm",
                              "sddm",
                              "plasmalogin",
                              "kde",
                              "kdm",
                              "xdm",
                              "lxdm",
                              "greetd",
                              "slim",
                              "ly",
                              "emptty",
                              "cosmic-greeter",
                              "xscreensaver",
                              "gnome-screensaver",
                              "xfce4-screensaver",
                              "mate-screensaver",
                              "cinnamon-screensaver",
                              "light-locker",
                              "i3lock",
                              "swaylock",
                              "hyprlock",
                              "vlock",
                              "physlock"};
/// Becoming another, and setting one's password.
constexpr std::array kBecoming{"su", "su-l", "sudo", "sudo-i", "doas", "polkit-1", "passwd"};

std::string file_of(const Machine& machine, const std::string& service) {
  for (const char* folder : {"/etc/pam.d/", "/usr/etc/pam.d/", "/usr/lib/pam.d/"})
    if (machine.exists(folder + service)) return folder + service;
  return "/etc/pam.d/" + service;
}

void add(const Machine& machine, const std::string& service, std::string_view type,
         std::vector<ServiceStack>& into) {
  if (auto steps = pam_stack(machine, service, type); steps && !steps->empty())
    into.push_back({service, std::move(*steps)});
}

}  // namespace

std::vector<ServiceStack> shared_stacks(const Machine& machine, std::string_view type) {
  std::vector<ServiceStack> stacks;
  for (const std::string& name : {"common-" + std::string(type), std::string("system-auth"),
                                  std::string("password-auth"), "base-" + std::string(type)})
    add(machine, name, type, stacks);
  return stacks;
}

std::vector<ServiceStack> service_stacks(const Machine& machine, std::string_view type) {
  std::vector<ServiceStack> stacks;
  for (const char* service : kSignIns) add(machine, service, type, stacks);
  for (const char* service : kBecoming) add(machine, service, type, stacks);
  return stacks;
}

std::optional<Finding> without_asking(const Machine& machine, const std::string& service) {
  const auto steps = pam_stack(machine, service, "auth");
  if (!steps || steps->empty()) return std::nullopt;
  const auto found =
      outcomes(*steps, [&](const PamStep& step) { return of_a_stranger(machine, step); });
  const std::string file = file_of(machine, service);
  machine.compared(file,
                   fmt::format("auth without a password: {}", !found          ? "?"
                                                              : found->passes ? "lets through"
                                                                              : "refuses"),
                   "refuses");
  if (found && !found->passes) return std::nullopt;
  // Whoever is in the groups that it trusts gets by, though not everybody does.
  const auto trusted = outcomes(*steps, [&](const PamStep& step) -> std::optional<PamReturn> {
    const PamRule& rule = step.rule;
    const bool trusts = rule.module == "pam_wheel.so" && rule.has("trust") && !rule.has("deny");
    const auto said = of_a_stranger(machine, step);
    return trusts && !said ? PamReturn::success : said;
  });
  if ((found && !found->refuses) || (trusted && trusted->passes && !trusted->refuses))
    return fail(
        fmt::format("PAM がパスワードを尋ねずに {} を許します（{}）", service, file),
        fmt::format("PAM lets {} through without asking for a password ({})", service, file));
  return unknown(
      fmt::format("{} が、パスワードを尋ねずに通すことがあるか言い切れません", file),
      fmt::format("whether {} may let somebody through without a password can't be told", file));
}

std::optional<Finding> signs_in_without_asking(const Machine& machine) {
  std::optional<Finding> worst;
  const auto take = [&](const std::string& service) {
    auto found = without_asking(machine, service);
    if (found && (!worst || worst->verdict != Verdict::fail)) worst = std::move(found);
  };
  for (const char* shared : {"common-auth", "system-auth", "password-auth", "base-auth"})
    take(shared);
  for (const char* service : kSignIns) take(service);
  return worst;
}

}  // namespace sekisho
