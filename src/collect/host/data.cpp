// SPDX-License-Identifier: Apache-2.0
// Data at rest.
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "collect/host/people.h"
#include "collect/host/umask.h"
#include "collect/host/units.h"

namespace sekisho {
namespace {

constexpr int kDeepestStack = 8;

/// A block device, or one that it is built on, is encrypted by dm-crypt.
bool encrypted_device(const Machine& machine, unsigned major, unsigned minor, int depth = 0) {
  const std::string base = fmt::format("/sys/dev/block/{}:{}", major, minor);
  if (const auto uuid = machine.read(base + "/dm/uuid", 256); uuid && uuid->starts_with("CRYPT-"))
    return true;
  if (depth >= kDeepestStack) return false;
  const auto slaves = machine.list(base + "/slaves");
  if (!slaves || slaves->empty()) return false;
  return std::ranges::all_of(*slaves, [&](const std::string& slave) {
    const auto number = machine.read(base + "/slaves/" + slave + "/dev", 32);
    if (!number) return false;
    const auto parts = split(trim(*number), ':');
    if (parts.size() != 2 || whole_number(parts[0]) < 0 || whole_number(parts[1]) < 0) return false;
    return encrypted_device(machine, static_cast<unsigned>(whole_number(parts[0])),
                            static_cast<unsigned>(whole_number(parts[1])), depth + 1);
  });
}

/// btrfs and the like have numbers of their own; the device file they name has the real ones.
bool encrypted_mount(const Machine& machine, const Mount& mount) {
  if (mount.type == "fuse.gocryptfs" || mount.type == "ecryptfs" || mount.type == "fuse.cryfs")
    return true;
  if (mount.major != 0) return encrypted_device(machine, mount.major, mount.minor);
  const auto device = machine.facts(mount.source);
  return device && S_ISBLK(device->mode) &&
         encrypted_device(machine, major(device->special), minor(device->special));
}

/// A line of crypttab(5).
struct CryptLine {
  std::string name;
  std::string key;  // "none" for what a person types
  std::string options;
  std::string place;
};

std::vector<CryptLine> crypttab(const Machine& machine) {
  constexpr const char* kFile = "/etc/crypttab";
  std::vector<CryptLine> lines;
  const auto text = machine.read(kFile);
  if (!text) return lines;
  std::size_t number = 0;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    ++number;
    const auto parts = words(line);
    if (parts.size() < 2 || parts[0].starts_with('#')) continue;
    const std::string_view key = parts.size() > 2 ? parts[2] : "none";
    lines.push_back({std::string(parts[0]), std::string(key == "-" ? "none" : key),
                     std::string(parts.size() > 3 ? parts[3] : ""),
                     fmt::format("{}:{}", kFile, number)});
  }
  return lines;
}

/// The mount that a file lies on: the deepest that holds its path.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* deepest = nullptr;
  for (const Mount& mount : mounts) {
    const std::string folder = mount.point == "/" ? "/" : mount.point + "/";
    if (path.starts_with(folder) &&
        (deepest == nullptr || mount.point.size() >= deepest->point.size()))
      deepest = &mount;
  }
  return deepest;
}

/// Why a disk that is encrypted opens without a secret: its key lies in the clear, or it has no
/// cipher. What unlocks by a chip or a token is as good as a passphrase.
std::optional<Finding> key_in_the_clear(const Machine& machine, const std::vector<Mount>& mounts) {
  std::optional<Finding> open;
  for (const CryptLine& line : crypttab(machine)) {
    const std::string options = "," + lower(line.options) + ",";
    const bool random = line.key == "/dev/urandom" || line.key == "/dev/random";
    machine.compared(line.place,
                     fmt::format("{}: {}", printable(line.name, 40),
                                 line.key == "none" ? "passphrase, TPM, token"
                                 : random           ? "random"
                                                    : printable(line.key, 60)),
                     "no key in the clear");
    if (options.contains("cipher_null") || options.contains("cipher=null"))
      return fail(
          fmt::format("{} は暗号を使わない指定です（cipher_null、{}）", line.name, line.place),
          fmt::format("{} is set to use no cipher (cipher_null; {})", line.name, line.place));
    if (line.key == "none" || random) continue;
    if (options.contains(",keyscript=") || !line.key.starts_with('/') || line.key.contains(':')) {
      open = unknown(
          fmt::format("{} の鍵がどこから来るか分かりません（{}）", line.name, line.place),
          fmt::format("where the key of {} comes from is not known ({})", line.name, line.place));
      continue;
    }
    const Mount* mount = mount_of(mounts, line.key);
    const auto facts = machine.facts(line.key);
    if (line.key == "/dev/zero" || line.key == "/dev/null" ||
        (mount != nullptr && !encrypted_mount(machine, *mount)))
      return fail(
          fmt::format("{} の鍵 {} が暗号化されていない所にあります（{}）", line.name, line.key,
                      line.place),
          fmt::format("the key of {}, {}, lies unencrypted ({})", line.name, line.key, line.place));
    if (facts && (facts->mode & 077U) != 0)
      return fail(fmt::format("{} の鍵 {} をほかの利用者が読めます（{:04o}）", line.name, line.key,
                              facts->mode & 07777U),
                  fmt::format("others can read the key of {}, {} ({:04o})", line.name, line.key,
                              facts->mode & 07777U));
    // The disk that the key itself lies on: then a copy is in what starts the system.
    const bool own = mount != nullptr && mount->source == "/dev/mapper/" + line.name;
    const bool boots =
        own || options.contains(",initramfs,") || options.contains(",x-initrd.attach,");
    const Mount* boot = mount_of(mounts, "/boot/initrd");
    if (boots && (boot == nullptr || !encrypted_mount(machine, *boot)))
      return fail(fmt::format("{} の鍵の写しが、暗号化されていない /boot にあります（{}）",
                              line.name, line.place),
                  fmt::format("a copy of the key of {} lies on the unencrypted /boot ({})",
                              line.name, line.place));
    if (mount == nullptr || boots)
      open = unknown(fmt::format("{} の鍵 {} が守られているか分かりません（{}）", line.name,
                                 line.key, line.place),
                     fmt::format("whether the key of {}, {}, is guarded is not known ({})",
                                 line.name, line.key, line.place));
  }
  return open;
}

Finding disk_encryption(const Look& look) {
  const auto text = look.machine.read("/proc/self/mountinfo");
  if (!text) return unreadable("/proc/self/mountinfo", text.error());
  std::vector<std::string> open;
  std::vector<std::string> closed;
  const std::vector<Mount> mounts = parse_mountinfo(*text);
  for (const Mount& mount : mounts) {
    if (mount.point != "/" && mount.point != "/home" && !mount.point.starts_with("/home/"))
      continue;
    if (mount.type == "overlay" || mount.type == "tmpfs")
      return not_applicable("コンテナのため、ディスクは親のマシンのものです",
                            "a container; its disk is its host's");
    if (mount.type == "zfs")
      return unknown("ZFS の暗号化は zfs get encryption で確かめてください",
                     "see zfs get encryption for ZFS");
    const bool encrypted = encrypted_mount(look.machine, mount);
    (encrypted ? closed : open).push_back(mount.point);
    look.machine.compared(
        "/proc/self/mountinfo",
        fmt::format("{} ({}, {}:{}): {}",
                    mount.point.starts_with("/home/") ? "/home/*" : mount.point, mount.type,
                    mount.major, mount.minor, encrypted ? "dm-crypt" : "plain"),
        "dm-crypt");
  }
  if (!open.empty())
    return fail(fmt::format("暗号化されていません: {}", listed(open)),
                fmt::format("not encrypted: {}", listed(open)));
  if (closed.empty())
    return unknown("/ がどこにあるか分かりません", "it cannot be told where / is");
  if (auto clear = key_in_the_clear(look.machine, mounts)) return *clear;
  return pass(fmt::format("暗号化されています: {}", listed(closed)),
              fmt::format("encrypted: {}", listed(closed)));
}

Finding swap_encryption(const Look& look) {
  const auto text = look.machine.read("/proc/swaps");
  if (!text) return unreadable("/proc/swaps", text.error());
  std::vector<std::string> open;
  bool any = false;
  for (const std::string_view line : split(*text, '\n')) {
    const auto fields = words(line);
    if (fields.size() < 5 || fields[0] == "Filename") continue;
    any = true;
    const std::string path(fields[0]);
    const auto note = [&](std::string_view kind) {
      look.machine.compared("/proc/swaps", fmt::format("{}: {}", path, kind), "dm-crypt, zram");
    };
    if (path.starts_with("/dev/zram")) {
      note("zram");
      continue;
    }
    const auto facts = look.machine.facts(path);
    const dev_t device = !facts ? 0 : S_ISBLK(facts->mode) ? facts->special : facts->device;
    const bool encrypted = facts && encrypted_device(look.machine, major(device), minor(device));
    note(encrypted ? "dm-crypt" : "plain");
    if (!encrypted) open.push_back(path);
  }
  if (!any) return not_applicable("スワップを使っていません", "no swap is used");
  if (!open.empty())
    return fail(fmt::format("暗号化されていないスワップ: {}", listed(open)),
                fmt::format("unencrypted swap: {}", listed(open)));
  return pass("スワップは暗号化されているか、メモリ上にあります", "swap is encrypted or in memory");
}

/// An entry of a file's access list (acl(5)), in the kernel's form: four bytes of version, then
/// eight of each.
struct AclEntry {
  unsigned tag;
  unsigned rights;
  std::uint32_t id;
};
std::vector<AclEntry> entries_of(std::string_view acl) {
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(acl[at + i])) << (8 * i);
    return value;
  };
  std::vector<AclEntry> entries;
  for (std::size_t at = 4; at + 8 <= acl.size(); at += 8)
    entries.push_back({number(at, 2), number(at + 2, 2), number(at + 4, 4)});
  return entries;
}

/// Who besides its owner and root gets into a home folder: "others", "group staff", "user taro".
class Guests {
 public:
  Guests(const Machine& machine, const std::vector<Account>& people)
      : machine_(machine),
        people_(people),
        accounts_(machine.accounts().value_or(std::vector<Account>())),
        groups_(machine.groups().value_or(std::vector<Group>())) {}

  std::vector<std::string> of(const Account& person, const FileFacts& home) const {
    std::vector<std::string> found;
    if (home.others_may(07)) found.emplace_back("others");
    if (home.owner != person.uid)
      for (const Account& other : people_)
        if (other.uid == home.owner && other.uid != 0) found.push_back("owner " + other.name);
    const std::vector<AclEntry> acl = entries_of(machine_.acl(person.home));
    unsigned mask = 07;
    for (const AclEntry& entry : acl)
      if (entry.tag == kMask) mask = entry.rights;
    unsigned group_rights = (home.mode >> 3U) & 07U;
    for (const AclEntry& entry : acl) {
      if (entry.tag == kGroupItself) group_rights = entry.rights & mask;
      if ((entry.rights & mask) == 0) continue;
      if (entry.tag == kUser && entry.id != person.uid && entry.id != 0)
        found.push_back(fmt::format("ACL user {}", entry.id));
      if (entry.tag == kGroup && shared(entry.id, person))
        found.push_back(fmt::format("ACL group {}", entry.id));
    }
    if (group_rights != 0 && shared(home.group, person))
      found.push_back(fmt::format("group {}", home.group));
    return found;
  }

 private:
  static constexpr unsigned kUser = 0x02;
  static constexpr unsigned kGroupItself = 0x04;
  static constexpr unsigned kGroup = 0x08;
  static constexpr unsigned kMask = 0x10;

  /// Somebody else than the person and root is in the group.
  bool shared(std::uint32_t gid, const Account& person) const {
    const auto another = [&](const std::string& name) {
      return name != person.name && name != "root";
    };
    for (const Group& group : groups_)
      if (group.gid == gid && std::ranges::any_of(members(group, accounts_), another)) return true;
    // A group without a line of its own has those whose own it is.
    return std::ranges::any_of(accounts_, [&](const Account& account) {
      return account.gid == gid && another(account.name);
    });
  }

  const Machine& machine_;
  const std::vector<Account>& people_;
  std::vector<Account> accounts_;
  std::vector<Group> groups_;
};

Finding home_permissions(const Look& look) {
  const auto people = look.machine.people();
  if (!people) return unreadable("/etc/passwd", people.error());
  note_other_sources(look.machine, "group");
  const Guests guests(look.machine, *people);
  std::vector<std::string> open;
  std::size_t seen = 0;
  for (const Account& person : *people) {
    const auto home = look.machine.facts(person.home);
    if (!home || !S_ISDIR(home->mode)) continue;
    ++seen;
    const std::string mode = fmt::format("{:04o}", home->mode & 07777U);
    const auto who = guests.of(person, *home);
    look.machine.compared("~", who.empty() ? mode : fmt::format("{}, {}", mode, listed(who)),
                          "o-rwx, no other user by group or ACL");
    const bool others_alone = who.size() == 1 && who.front() == "others";
    if (!who.empty())
      open.push_back(others_alone ? fmt::format("{} ({})", person.home, mode)
                                  : fmt::format("{} ({}, {})", person.home, mode, listed(who)));
  }
  // Of people whom this machine doesn't list: a domain's.
  const auto folders = look.machine.list("/home");
  for (const std::string& name : folders ? *folders : std::vector<std::string>()) {
    const std::string path = "/home/" + name;
    const auto home = look.machine.facts(path);
    if (!home || !S_ISDIR(home->mode) || home->owner == 0 || name == "lost+found" ||
        std::ranges::any_of(*people, [&](const Account& one) {
          return std::filesystem::path(one.home).lexically_normal() ==
                     std::filesystem::path(path) ||
                 one.uid == home->owner;
        }))
      continue;
    ++seen;
    look.machine.compared(path, fmt::format("{:04o}", home->mode & 07777U), "o-rwx");
    if (home->others_may(07)) open.push_back(fmt::format("{} ({:04o})", path, home->mode & 07777U));
  }
  if (seen == 0) return not_applicable("個人フォルダーがありません", "there are no home folders");
  if (!open.empty())
    return fail(fmt::format("ほかの利用者が開ける個人フォルダー: {}", listed(open)),
                fmt::format("home folders that other users can open: {}", listed(open)));
  return pass(fmt::format("個人フォルダー {} 個は本人だけが開けます", seen),
              fmt::format("{} home folders open to their owners only", seen));
}

/// A rule that lets in a device that isn't named: neither by its vendor and product, nor by what is
/// told of it (usbguard-rules.conf(5)). One that names interfaces other than storage alone is
/// narrow.
bool lets_in_any(std::string_view rule) {
  const auto parts = words(rule);
  if (parts.empty() || parts[0] != "allow") return false;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const bool device = part.size() == 9 && part[4] == ':' && !part.contains('*');
    if (device || part == "hash" || part == "serial" || part == "parent-hash") return false;
    if (part == "with-interface") {
      const std::string_view rest = rule.substr(rule.find("with-interface"));
      return rest.contains("one-of") || rest.contains("any-of") || rest.contains("none-of") ||
             rest.contains(" 08:") || rest.contains("{08:") || rest.contains("*:");
    }
  }
  return true;
}

/// USBGuard keeps out what no rule lets in, where it is set to, and where the rules name devices.
Finding by_usbguard(const Machine& machine) {
  const std::string daemon = "/etc/usbguard/usbguard-daemon.conf";
  const auto text = machine.read(daemon);
  if (!text) return unreadable(daemon, text.error());
  auto settings = parse_assignments(*text);
  const auto set = [&](const std::string& key, const std::string& otherwise) {
    const std::string value = settings[key].empty() ? otherwise : settings[key];
    machine.compared(line_of(daemon, *text, key), key + "=" + printable(value, 20),
                     "block, reject, apply-policy");
    return value;
  };
  if (set("ImplicitPolicyTarget", "block") == "allow" ||
      set("PresentDevicePolicy", "apply-policy") == "allow" ||
      set("InsertedDevicePolicy", "apply-policy") == "allow")
    return fail(fmt::format("USBGuard は、規則にない装置も通します（{}）", daemon),
                fmt::format("USBGuard lets in devices that no rule names ({})", daemon));
  std::vector<std::string> files;
  const std::string rules =
      settings["RuleFile"].empty() ? "/etc/usbguard/rules.conf" : settings["RuleFile"];
  const std::string folder =
      settings["RuleFolder"].empty() ? "/etc/usbguard/rules.d" : settings["RuleFolder"];
  if (machine.exists(rules)) files.push_back(rules);
  std::ranges::copy(files_in(machine, folder, ".conf"), std::back_inserter(files));
  for (const std::string& path : files) {
    const auto lines = machine.read(path);
    if (!lines) return unreadable(path, lines.error());
    std::size_t number = 0;
    for (const std::string_view line : split(std::string_view(*lines), '\n')) {
      ++number;
      if (!lets_in_any(trim(line))) continue;
      machine.compared(fmt::format("{}:{}", path, number), printable(line, 60), "allow id ...");
      return fail(fmt::format("USBGuard の規則が、どの装置でも通します（{}:{}）", path, number),
                  fmt::format("a rule of USBGuard lets in any device ({}:{})", path, number));
    }
  }
  return pass("USBGuard が許可した装置だけを通します",
              "USBGuard lets approved devices through only");
}

/// The files of modprobe.d(5) in its order: by their names, of one name the first folder's alone.
std::vector<std::string> modprobe_files(const Machine& machine) {
  std::map<std::string, std::string> by_name;
  for (const char* folder : {"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                             "/usr/lib/modprobe.d", "/lib/modprobe.d"})
    for (const std::string& path : files_in(machine, folder, ".conf"))
      by_name.try_emplace(path.substr(path.rfind('/') + 1), path);
  std::vector<std::string> paths;
  for (auto& [name, path] : by_name) paths.push_back(std::move(path));
  return paths;
}

/// The list of a kernel that has USB storage in itself; nothing where none does.
std::optional<std::string> built_in_storage(const Machine& machine) {
  for (const char* folder : {"/lib/modules", "/usr/lib/modules"})
    if (const auto kernels = machine.list(folder))
      for (const std::string& kernel : *kernels) {
        std::string path = fmt::format("{}/{}/modules.builtin", folder, kernel);
        const auto text = machine.read(path);
        if (text && text->contains("/usb-storage.ko")) return path;
      }
  return std::nullopt;
}

Finding usb_storage(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.container())
    return not_applicable("コンテナに USB はありません", "a container has no USB");
  if (note_unit(machine, "usbguard.service", {"usbguard-daemon"}) == UnitState::enabled)
    return by_usbguard(machine);
  if (const auto kernel = built_in_storage(machine)) {
    machine.compared(*kernel, "usb-storage.ko", "not built in");
    return fail(
        fmt::format("カーネルに USB 記憶装置が組み込まれていて、modprobe では止められません（{}）",
                    *kernel),
        fmt::format("USB storage is built into the kernel, and modprobe can't block it ({})",
                    *kernel));
  }
  std::set<std::string_view> blacklisted;
  bool decided = false;  // by the first "install" that there is (modprobe.d(5))
  for (const std::string& path : modprobe_files(machine)) {
    const auto text = machine.read(path);
    if (!text) return unreadable(path, text.error());
    for (const std::string_view line : split(*text, '\n')) {
      const auto parts = words(line);
      if (parts.size() < 2) continue;
      const bool storage = parts[1] == "usb-storage" || parts[1] == "usb_storage";
      const bool install = parts.size() >= 3 && parts[0] == "install" && storage && !decided;
      decided = decided || install;
      const bool blocked = install && parts.size() == 3 &&
                           (parts[2].ends_with("/false") || parts[2].ends_with("/true"));
      // A list keeps a module from being loaded for its device, not for another module: uas
      // brings usb-storage in with it.
      if (parts.size() == 2 && parts[0] == "blacklist" && (storage || parts[1] == "uas"))
        blacklisted.insert(storage ? "usb-storage" : "uas");
      if (blacklisted.size() != 2 && !blocked) continue;
      machine.compared(line_of(path, *text, trim(line)), std::string(trim(line)),
                       "install usb-storage /bin/false, blacklist usb-storage + uas");
      return pass(fmt::format("USB 記憶装置は使えません（{}）", path),
                  fmt::format("USB storage is blocked ({})", path));
    }
  }
  note_count(machine, "/etc/modprobe.d", "install|blacklist usb-storage, uas", blacklisted.size(),
             ">= 2");
  if (machine.exists("/sys/bus") && !machine.exists("/sys/bus/usb"))
    return not_applicable("USB がありません", "there is no USB");
  return fail("どの USB 記憶装置でも使えます", "any USB storage can be used");
}

Finding tmp_protection(const Look& look) {
  const auto folder = look.machine.facts("/tmp");
  if (!folder) return unreadable("/tmp", folder.error());
  look.machine.compared("/tmp", fmt::format("{:04o}", folder->mode & 07777U), "1777");
  if (folder->others_may(02) && (folder->mode & S_ISVTX) == 0)
    return fail(
        "/tmp のファイルを、ほかの利用者が消したり差し替えたりできます（スティッキービットなし）",
        "other users can delete or swap files in /tmp (no sticky bit)");
  const auto text = look.machine.read("/proc/self/mountinfo");
  if (!text) return unreadable("/proc/self/mountinfo", text.error());
  std::optional<Mount> tmp;
  for (Mount& mount : parse_mountinfo(*text))
    if (mount.point == "/tmp") tmp = std::move(mount);
  look.machine.compared("/proc/self/mountinfo",
                        "/tmp: " + (tmp ? tmp->options : std::string("not mounted")),
                        "nosuid,nodev");
  if (!tmp) return fail("/tmp が独立していません", "/tmp is not mounted on its own");
  if (!tmp->has("nosuid") || !tmp->has("nodev"))
    return fail(fmt::format("/tmp に nosuid・nodev が付いていません（{}）", tmp->options),
                fmt::format("/tmp lacks nosuid or nodev ({})", tmp->options));
  return pass(fmt::format("/tmp は独立しています（{}）", tmp->options),
              fmt::format("/tmp is on its own ({})", tmp->options));
}

constexpr std::array kDataChecks{
    HostCheck{"disk-encryption", disk_encryption, {"/proc/self/mountinfo"}},
    HostCheck{"swap-encryption", swap_encryption, {"/proc/swaps"}},
    HostCheck{"home-permissions", home_permissions, {"/etc/passwd"}},
    HostCheck{"backup-tool",
              backup_tool,
              {"/var/lib/dpkg/status", "/usr/bin/", "/usr/local/bin/", "/opt/", "/etc/cron",
               "/var/spool/cron/", "/etc/systemd/system"}},
    HostCheck{"usb-storage",
              usb_storage,
              {"/etc/modprobe.d", "/usr/local/lib/modprobe.d", "/etc/systemd/system",
               "/usr/lib/systemd/system"}},
    HostCheck{"tmp-protection", tmp_protection, {"/proc/self/mountinfo"}},
    HostCheck{"umask", umask_default, {"/etc/login.defs", "/etc/pam.d/"}},
};

}  // namespace

std::span<const HostCheck> data_checks() { return kDataChecks; }

}  // namespace sekisho
