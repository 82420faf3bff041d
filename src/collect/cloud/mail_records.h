// SPDX-License-Identifier: Apache-2.0
// What DNS says of a domain's email, judged as receiving servers do: SPF (RFC 7208), DKIM keys
// (RFC 6376) and DMARC (RFC 7489).
#pragma once

#include <string_view>
#include <vector>

#include "collect/cloud/judge.h"

namespace sekisho {

/// What receivers do with email from a stranger's server.
enum class SpfWorth : std::uint8_t {
  none,     // there is no record
  several,  // of two none counts
  error,    // it can't be evaluated, so it is as none
  open,     // it lets a great part of the internet send
  weak,     // nothing is refused
  soft,     // marked, and refused together with DMARC
  refuses,
  unsure,  // left to another domain whose records aren't here
};
struct SpfFound {
  SpfWorth worth = SpfWorth::none;
  bool unseen = false;  // it takes in others whose records aren't here
};
/// `zone` has the records of whatever other domains are known.
SpfFound spf_worth(const DomainRecords& domain, const std::vector<DomainRecords>& zone);

/// What email servers do with mail that claims to be of a domain, and of those below it.
enum class MailPolicy : std::uint8_t { none, quarantine, reject, unsure };
MailPolicy dmarc_policy(const DomainRecords& domain);

enum class DkimWorth : std::uint8_t { none, revoked, testing, unsure, good };
DkimWorth dkim_worth(const DomainRecords& domain);

Finding judge_dmarc(const DomainRecords& domain);
Finding judge_spf(const DomainRecords& domain, MailPolicy dmarc,
                  const std::vector<DomainRecords>& zone = {});
Finding judge_dkim(const DomainRecords& domain, const std::vector<std::string>& enabled);

}  // namespace sekisho
