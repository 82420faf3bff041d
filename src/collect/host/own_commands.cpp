// SPDX-License-Identifier: Apache-2.0
#include "collect/host/own_commands.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/systemd.h"

namespace sekisho {
namespace {

constexpr std::array kUnitFolders{"/etc/systemd/system", "/run/systemd/system",
                                  "/usr/local/lib/systemd/system"};
constexpr std::array kScripts{
    "/etc/rc.local",           "/etc/rc.d/rc.local",   "/etc/crontab",          "/etc/anacrontab",
    "/etc/network/interfaces", "/etc/rc.d/boot.local", "/etc/init.d/boot.local"};
constexpr std::array kCronFolders{"/etc/cron.d",
                                  "/etc/cron.hourly",
                                  "/etc/cron.daily",
                                  "/etc/cron.weekly",
                                  "/etc/cron.monthly",
                                  "/var/spool/cron",
                                  "/var/spool/cron/crontabs",
                                  "/var/spool/cron/tabs",
                                  "/etc/network/interfaces.d",
                                  "/etc/network/if-pre-up.d",
                                  "/etc/network/if-up.d",
                                  "/etc/NetworkManager/dispatcher.d",
                                  "/etc/NetworkManager/dispatcher.d/pre-up.d",
                                  "/etc/networkd-dispatcher/routable.d",
                                  "/etc/networkd-dispatcher/configured.d",
                                  "/etc/ppp/ip-up.d",
                                  "/etc/local.d"};
/// ufw runs these where they may be run (ufw-framework(8)).
constexpr std::array kOfUfw{"/etc/ufw/before.init", "/etc/ufw/after.init"};

class CrontabReader {
 public:
  explicit CrontabReader(const Machine& machine) : machine_(machine) {}

  void units(const std::string& folder) {
    const auto names = machine_.list(folder);
    if (!names) return;
    for (const std::string& name : *names) {
      const std::string path = folder + "/" + name;
      if (name.ends_with(".service")) unit(path, name);
      if (name.ends_with(".service.d"))
        for (const std::string& drop_in : files_in(machine_, path, ".conf"))
          unit(drop_in, name.substr(0, name.size() - 2));
    }
  }

  void script(const std::string& path) {
    const auto facts = machine_.facts(path);
    if (!facts || !S_ISREG(facts->mode)) return;
    const auto text = machine_.read(path);
    if (!text) return;
    std::size_t number = 0;
    for (const std::string_view line : split(std::string_view(*text), '\n')) {
      ++number;
      const std::string_view command = trim(line);
      if (!command.empty() && !command.starts_with('#'))
        found_.push_back({fmt::format("{}:{}", path, number), std::string(command), {}});
    }
  }

  std::vector<OwnCommand> take() { return std::move(found_); }

 private:
  void unit(const std::string& path, const std::string& name) {
    // A unit that a package brings under another name; a mask.
    if (!machine_.link_target(path).empty()) return;
    const auto text = machine_.read(path);
    if (!text) return;
    for (const SystemdLine& line : parse_systemd(*text))
      if (line.key.starts_with("Exec") && !line.value.empty())
        found_.push_back({fmt::format("{}:{}", path, line.number), line.value, name});
  }

  const Machine& machine_;
  std::vector<OwnCommand> found_;
};

}  // namespace

std::vector<OwnCommand> own_commands(const Machine& machine) {
  CrontabReader reader(machine);
  for (const char* folder : kUnitFolders) reader.units(folder);
  for (const char* path : kScripts) reader.script(path);
  for (const char* folder : kCronFolders)
    for (const std::string& path : files_in(machine, folder, "")) reader.script(path);
  for (const char* path : kOfUfw)
    if (const auto facts = machine.facts(path); facts && (facts->mode & 0111U) != 0)
      reader.script(path);
  return reader.take();
}

std::size_t word_at(std::string_view line, std::string_view program) {
  for (std::size_t at = 0; (at = line.find(program, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + program.size();
    const bool begins = at == 0 || std::string_view(" \t/;|&(\"'`=-+!@:").contains(line[at - 1]);
    const bool ends = end == line.size() || std::string_view(" \t;|&)\"'`").contains(line[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

}  // namespace sekisho
