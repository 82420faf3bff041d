// SPDX-License-Identifier: Apache-2.0
// Readers of rules: packet filters, sudoers, PAM, sshd, apt and systemd.
#include "collect/host/firewall.h"
#include "collect/host/pam.h"
#include "collect/host/sshd.h"
#include "collect/host/sudo.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string text(text_of(data, size));
  filter::Ruleset rules;
  filter::parse_iptables(text, (size & 1U) != 0, rules);
  if (auto nft = filter::parse_nft(text, text)) rules.chains.merge(nft->chains);
  const filter::Outcome outcome =
      filter::walk(rules, {false, false, {0, 1}, {0, 2}, 40000, 22, "eth0"});
  require(outcome.accepted || outcome.refused);
  parse_sudoers_lines(text);
  parse_pam(text);
  parse_sshd_config(text);
  parse_systemd(text);
  parse_sudo_list(text);
  for (const auto& [path, content] : parse_cat_config(text, "systemd/journald.conf"))
    require(path.starts_with('/') && content.size() <= text.size());
  AptSettings settings;
  parse_apt_conf(text, settings);
  return 0;
}
