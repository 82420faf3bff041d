// SPDX-License-Identifier: Apache-2.0
// With which eyes something was seen. A reader that is mended may see otherwise what it called good
// before; so what older readers let pass counts no more once a newer version runs, until it is
// looked at again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace sekisho {

/// From `number` on, these checks ("" for all of them, else ids with spaces between) may be called
/// worse than before, of the same machine, list or report.
struct ReadersChange {
  std::int64_t number = 0;
  std::string_view checks;

  [[nodiscard]] constexpr bool of(std::string_view check) const {
    if (checks.empty()) return true;
    for (std::string_view rest = checks; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (rest.substr(0, end) == check) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  }
};

/// Whoever changes what judges is asked by `scripts/readers` whether a line is due here, and the
/// test of its name fails until it is answered. A line needs one in CHANGELOG.md: which greens may
/// turn.
inline constexpr std::array kReadersHistory{
    // What can't be placed or read whole, or rests on a list that is too old, passes no more.
    ReadersChange{1, ""},
    // Accounts, PAM, sudo, polkit, umask, ssh keys, units, schedules, apt's policy, backups, Wi-Fi
    // and packages are read whole, with what stands beside them; so is Windows.
    ReadersChange{2, ""},
    // How long sudo lets one password do, and where a system goes at its start.
    ReadersChange{3, ""},
    // Clouds: what wasn't read of sign-in isn't off, a name isn't an id, mail rules are read with
    // their conditions, mail records as receivers do, and Zoom's settings as far as they reach.
    ReadersChange{4,
                  "cloud-mfa-everyone cloud-mfa-admins cloud-old-sign-in cloud-device-code "
                  "cloud-outside-chat cloud-mail-senders cloud-mail-filter cloud-mail-outside-mark "
                  "meeting-lobby meeting-passcode meeting-recording"},
    // Clouds: whole domains and programs past the email filter, and strangers in Teams' meetings.
    ReadersChange{5, "cloud-mail-filter meeting-lobby"},
    // Clouds: who can take up a role (PIM) counts as who holds it, and no list counts that isn't
    // whole or is an error.
    ReadersChange{6,
                  "cloud-mfa-everyone cloud-mfa-admins cloud-mfa-registered cloud-admin-count "
                  "cloud-old-sign-in cloud-device-code cloud-managed-devices"},
    // What tried to find greens that aren't so found: versions of gear by all that stands beside
    // them; packages by the source that their distribution names; the firewall at every port;
    // Windows: updates that are held back, every program that is exploited, other offices; Linux:
    // PAM's and sudo's other ways, and every place that proxies, authorities, browsers, macros,
    // VPNs
    // and listeners are told by. A person's word doesn't outweigh a list that is too old, and a
    // version with words of doubt is none.
    ReadersChange{7,
                  "firewall security-updates known-exploited os-support office-macros "
                  "software-office listening-file-sharing listening-database listening-legacy "
                  "listening-remote-desktop proxy software-vpn empty-passwords sudo-passwordless "
                  "password-lockout privileged-groups usb-storage home-permissions "
                  "antivirus-signatures backup-tool package-sources automatic-updates https-trust "
                  "safe-browsing password-manager vpn-configuration ssh-root-login ssh-passwords "
                  "time-sync"},
    // Clouds: who can join a group at will (PIM for Groups) counts as who is in it.
    ReadersChange{8,
                  "cloud-mfa-everyone cloud-mfa-admins cloud-admin-count cloud-old-sign-in "
                  "cloud-device-code"},
    // Clouds: lists of people and of members that contradict themselves, what Zoom refused, and
    // words that aren't known prove nothing; disabled administrators don't count, and four are
    // enough.
    ReadersChange{9,
                  "cloud-mfa-everyone cloud-mfa-admins cloud-mfa-registered cloud-admin-count "
                  "cloud-old-sign-in cloud-device-code cloud-password cloud-app-consent "
                  "cloud-public-links cloud-link-default cloud-guests cloud-calendar "
                  "cloud-outside-chat cloud-mail-forward cloud-mail-filter meeting-lobby "
                  "meeting-passcode meeting-control meeting-locked meeting-recording"},
    // Clouds: members without a kind, rules of Intune's that leave out or are of another system,
    // policies of one id, and words that aren't known prove nothing.
    // Linux: values and lines as apt, doas, agetty and pacman write and cut them, and addresses
    // that an interface may have tomorrow.
    ReadersChange{10,
                  "firewall package-sources automatic-updates sudo-passwordless "
                  "privileged-groups automatic-login cloud-mfa-everyone cloud-mfa-admins "
                  "cloud-old-sign-in cloud-device-code cloud-managed-devices cloud-app-consent "
                  "cloud-calendar cloud-public-links cloud-mail-forward meeting-lobby"},
};
inline constexpr std::int64_t kReaders = kReadersHistory.back().number;

/// Whether what readers of that number let pass of a check counts no more.
template <typename History = decltype(kReadersHistory)>
constexpr bool read_otherwise_since(std::int64_t number, std::string_view check,
                                    const History& history = kReadersHistory) {
  return std::ranges::any_of(history, [&](const ReadersChange& change) {
    return change.number > number && change.of(check);
  });
}

/// What is known of a check that only older readers let pass.
inline Text seen_by_older_readers() {
  return {"古いバージョンの Sekisho が確かめた結果なので、今は数えません。次の報告で確かめ直します",
          "an older version of Sekisho looked at this, so it no longer counts; it will be looked "
          "at again with the next report"};
}
/// The same of a device whose own program is older.
inline Text seen_by_older_agent() {
  return {
      "この端末の sekisho が古いバージョンなので、良いとは言えません。端末の sekisho を更新して"
      "ください",
      "this device runs an older version of sekisho, whose word for good doesn't count here; "
      "update sekisho on the device"};
}

}  // namespace sekisho
