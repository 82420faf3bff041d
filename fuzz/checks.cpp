// SPDX-License-Identifier: Apache-2.0
// Every check on a system whose files are all the same noise: the readers inside the checks too.
#include "collect/host/host.h"
#include "collect/vuln/embedded.h"
#include "fuzz.h"
#include "guideline/embedded.h"
#include "temp_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const Guideline guideline = *load_guideline(embedded_guideline());
  static const Feeds feeds{*read_support(*parse_json("eol", embedded_support(), kFeedLimits)),
                           *read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits)),
                           {},
                           {},
                           {},
                           {}};
  static const TempRoot root;
  for (const char* path : {"/etc/apt/sources.list",
                           "/etc/apt/sources.list.d/a.list",
                           "/etc/apt/sources.list.d/a.sources",
                           "/etc/resolv.conf",
                           "/etc/sudoers",
                           "/etc/doas.conf",
                           "/usr/bin/sudo",
                           "/usr/bin/doas",
                           "/etc/modprobe.d/a.conf",
                           "/etc/os-release",
                           "/var/lib/ubuntu-advantage/status.json",
                           "/etc/passwd",
                           "/etc/shadow",
                           "/etc/group",
                           "/etc/ssh/sshd_config",
                           "/usr/sbin/sshd",
                           "/etc/chromium/policies/managed/a.json",
                           "/etc/firefox/policies/policies.json",
                           "/opt/firefox/firefox",
                           "/proc/swaps",
                           "/proc/self/mountinfo",
                           "/proc/net/tcp",
                           "/etc/crontab",
                           "/etc/ufw/ufw.conf",
                           "/etc/default/ufw",
                           "/etc/pam.d/common-auth",
                           "/etc/systemd/resolved.conf"})
    root.add(path, text_of(data, size));
  const Machine machine(root.path());
  const SecurityIndex security;
  for (const HostCheck& check : host_checks()) {
    const Finding finding = judged(check, {machine, security, guideline, feeds, Time{}});
    require(!finding.fact.en.empty() && is_valid_utf8(finding.fact.en) &&
            is_valid_utf8(finding.fact.ja));
  }
  return 0;
}
