// SPDX-License-Identifier: Apache-2.0
// What keeps data on the machine, and from walking out.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

using Drive = WindowsFacts::DriveProtection;

/// Programs that encrypt whole drives by themselves: Windows calls such a drive not encrypted.
/// Names that their installers list (beginnings, in lower case).
constexpr std::array<std::string_view, 13> kOtherEncryption{"veracrypt",
                                                            "truecrypt",
                                                            "diskcryptor",
                                                            "symantec encryption",
                                                            "pgp desktop",
                                                            "mcafee drive encryption",
                                                            "trellix drive encryption",
                                                            "sophos safeguard",
                                                            "check point full disk",
                                                            "eset full disk",
                                                            "bestcrypt volume",
                                                            "securedoc",
                                                            "dell encryption"};

std::optional<std::string> other_encryption(const FactsLook& look) {
  const auto* programs =
      look.glance(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr) return std::nullopt;
  for (const WindowsFacts::Program& program : *programs)
    if (std::ranges::any_of(kOtherEncryption, [name = lower(program.name)](std::string_view known) {
          return name.starts_with(known);
        }))
      return program.name;
  return std::nullopt;
}

Finding by_other(const std::string& program) {
  return unknown(
      fmt::format("BitLocker ではなく {} があります。暗号化されているか確かめてください", program),
      fmt::format("not by BitLocker, but there is {}: see that it encrypts the drive", program));
}

/// The drives beside that of Windows that aren't encrypted, or are not known to be.
Finding other_drives(const FactsLook& look) {
  std::vector<std::string> plain;
  const auto* drives = look.ask(&WindowsFacts::drives, "ほかのドライブの一覧", "the other drives");
  if (drives == nullptr) return FactsLook::undecided();
  for (const WindowsFacts::Drive& drive : *drives) {
    if (!drive.protection)
      look.note(fmt::format("{} の BitLocker の状態", drive.name),
                fmt::format("the state of BitLocker on {}", drive.name));
    else if (*drive.protection != Drive::on && *drive.protection != Drive::locked)
      plain.push_back(drive.name);
  }
  if (plain.empty())
    return pass("どのドライブも BitLocker で暗号化されています",
                "every drive is encrypted by BitLocker");
  if (const auto other = other_encryption(look)) return by_other(*other);
  return fail(fmt::format("暗号化されていないドライブがあります: {}", listed(plain)),
              fmt::format("drives that are not encrypted: {}", listed(plain)));
}

}  // namespace

Finding disk_encryption(const FactsLook& look) {
  const auto* system =
      look.ask(&WindowsFacts::system_drive, "BitLocker の状態", "the state of BitLocker");
  if (system == nullptr) return FactsLook::undecided();
  switch (*system) {
    case Drive::on:
    case Drive::locked: return other_drives(look);
    case Drive::changing:
      return fail("暗号化か復号の途中です", "encryption or decryption is under way");
    case Drive::suspended: return fail("BitLocker が一時停止しています", "BitLocker is suspended");
    case Drive::off: break;
  }
  if (const auto other = other_encryption(look)) return by_other(*other);
  return fail("Windows のドライブは暗号化されていません", "the drive of Windows is not encrypted");
}

Finding usb_storage(const FactsLook& look) {
  const std::string policies = R"(HKLM\SOFTWARE\Policies\Microsoft\)";
  const std::string access = policies + R"(Windows\RemovableStorageDevices\)";
  const std::string disks = access + R"({53f5630d-b6bf-11d0-94f2-00a0c91efb8b}\)";
  const bool no_writing = look.number(disks + "Deny_Write") == 1;
  if (look.number(access + "Deny_All") == 1 ||
      (no_writing && look.number(disks + "Deny_Read") == 1))
    return pass("ポリシーで取り外せる記憶装置が止められています",
                "a policy denies removable storage");
  const std::string restrictions = policies + R"(Windows\DeviceInstall\Restrictions\)";
  if (look.number(restrictions + "DenyRemovableDevices") == 1) {
    if (look.number(restrictions + "AllowAdminInstall") == 1)
      return unknown(
          "取り外せる装置を足せませんが、管理者は足せます。だれが管理者か確かめてください",
          "removable devices are kept out, but administrators may add them: see who they "
          "are");
    return pass("ポリシーで取り外せる装置を足せません", "a policy keeps removable devices out");
  }
  if (look.number(std::string(kManaged) + R"(System\AllowStorageCard)") == 0)
    return pass("管理（MDM）で取り外せる記憶装置が止められています",
                "the device management denies removable storage");
  // Disks that speak UAS have a driver of their own; older Windows has none for them.
  const auto driver = look.number(std::string(kServices) + R"(USBSTOR\Start)");
  const auto attached = look.number(std::string(kServices) + R"(UASPStor\Start)");
  if (driver == kDisabled && attached.value_or(kDisabled) == kDisabled)
    return pass("USB 記憶装置のドライバーが無効です", "the drivers of USB storage are disabled");
  // The half of it: nothing goes out, but what is on a stick comes in.
  if (no_writing ||
      look.number(std::string(kManaged) + R"(Storage\RemovableDiskDenyWriteAccess)") == 1)
    return unknown("USB 記憶装置への書き込みは止められていますが、読み込みはできます",
                   "writing to USB storage is denied, but what is on it can be read");
  if (look.first_number(
          {R"(HKLM\SYSTEM\CurrentControlSet\Policies\Microsoft\FVE\RDVDenyWriteAccess)",
           policies + R"(FVE\RDVDenyWriteAccess)"}) == 1)
    return unknown("暗号化のない USB 記憶装置への書き込みは止められていますが、読み込みはできます",
                   "only encrypted USB storage can be written to, but any can be read");
  if (driver == kDisabled)
    return fail("USB 記憶装置のドライバーは無効ですが、UAS の装置は使えます",
                "the driver of USB storage is disabled, but devices that speak UAS can be used");
  if (!driver) look.note("USB 記憶装置の設定", "the setting for USB storage");
  return look.lacking(fail("どの USB 記憶装置でも使えます", "any USB storage can be used"));
}

}  // namespace sekisho::judge
