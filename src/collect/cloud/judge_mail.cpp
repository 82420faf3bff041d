// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "collect/cloud/mail_records.h"

namespace sekisho {
namespace {

/// Whether an address is of one of the firm's own domains.
bool is_own(const std::string& address, const std::vector<std::string>& domains) {
  const std::size_t at = address.rfind('@');
  return at != std::string::npos &&
         std::ranges::find(domains, lower(std::string_view(address).substr(at + 1))) !=
             domains.end();
}

Finding judge_forwarding(const std::vector<RemoteDomain>& domains) {
  std::vector<std::string> open;
  bool all_others = false;  // what holds for domains that aren't named
  for (const RemoteDomain& one : domains) {
    if (one.forwards.value() == nullptr) return lacking(one.forwards.lack());
    if (*one.forwards.value()) open.push_back(one.domain);
    all_others = all_others || one.domain == "*";
  }
  if (!open.empty())
    return bad(fmt::format("社外への自動転送ができます: {}", listed(open)),
               fmt::format("email can be forwarded outside automatically: {}", listed(open)),
               "true", "false");
  if (!all_others)
    return unknown("ほかのすべてのドメインへの設定（*）がエクスポートにありません",
                   "the export doesn't say what holds for all other domains (*)");
  return good("社外への自動転送はできません", "email can't be forwarded outside automatically",
              "false", "false");
}

Finding judge_copies(const std::vector<ForwardingRule>& rules,
                     const CloudSetting<std::vector<std::string>>& domains) {
  std::vector<std::string> outside;
  std::size_t unclear = 0;
  for (const ForwardingRule& rule : rules) {
    if (!rule.enabled) continue;
    if (!rule.understood) ++unclear;
    const bool leaves = std::ranges::any_of(rule.copies_to, [&](const std::string& address) {
      return domains.value() == nullptr || !is_own(address, *domains.value());
    });
    if (leaves && domains.value() == nullptr)
      ++unclear;
    else if (leaves)
      outside.push_back(rule.name);
  }
  if (!outside.empty())
    return bad(fmt::format("メールを社外へコピーするルールがあります: {}", listed(outside)),
               fmt::format("rules copy email outside: {}", listed(outside)),
               std::to_string(outside.size()), "0");
  if (unclear > 0)
    return unknown("どこへコピーするか読み取れないルールがあります",
                   "it isn't known where some rules copy email to");
  return good("メールを社外へコピーするルールはありません", "no rule copies email outside", "0",
              "0");
}

Finding judge_bypass(const std::vector<ForwardingRule>& rules) {
  std::vector<std::string> names;
  bool unclear = false;
  for (const ForwardingRule& rule : rules) {
    if (rule.enabled && rule.skips_filter) names.push_back(rule.name);
    unclear = unclear || (rule.enabled && !rule.understood);
  }
  if (!names.empty())
    return bad(fmt::format("迷惑メール対策を通さないルールがあります: {}", listed(names)),
               fmt::format("rules let email past the filter: {}", listed(names)),
               std::to_string(names.size()), "0");
  if (unclear) return unknown("読み取れないルールがあります", "some rules could not be read");
  return good("迷惑メール対策を通さないルールはありません", "no rule goes past the filter", "0",
              "0");
}

Finding judge_mark(const std::vector<ForwardingRule>& rules) {
  const auto marks = std::ranges::any_of(
      rules, [](const ForwardingRule& one) { return one.enabled && one.marks_outside; });
  if (marks)
    return good("社外からのメールの件名に目印が付きます", "email from outside is marked", "1", "1");
  // Outlook may mark it by itself, which this export doesn't hold.
  return unknown(
      "目印のルールはありません。Outlook の外部の印が有効かは、エクスポートでは分かりません",
      "no rule marks it; whether Outlook's external tag is on isn't in the export");
}

/// Words of Set-SharingPolicy for what is shared, in small letters, that show no contents.
bool is_known_sharing(std::string_view words) {
  return std::ranges::all_of(split(words, ','), [](std::string_view word) {
    return trim(word) == "calendarsharingfreebusysimple" || trim(word) == "contactssharing";
  });
}

Finding judge_calendars(const std::vector<std::string>& open) {
  std::vector<std::string> names;
  bool odd = false;
  for (const std::string& one : open) {
    const std::string small = lower(one);
    if (!small.starts_with("*:") && !small.starts_with("anonymous:")) continue;
    if (small.contains("freebusydetail") || small.contains("freebusyreviewer"))
      names.push_back(one.substr(0, one.find(':')));
    else
      odd = odd || !is_known_sharing(small.substr(small.find(':') + 1));
  }
  if (!names.empty())
    return bad("予定の中身を誰にでも公開できます",
               "the contents of calendars can be shown to anybody", listed(names),
               "FreeBusySimple");
  if (odd) return lacking(Lack::not_readable);
  return good("誰にでも公開できるのは、予定の有無までです",
              "anybody can be shown no more than free and busy", std::to_string(open.size()),
              "FreeBusySimple");
}

Finding judge_contacts(const std::vector<std::string>& open) {
  const auto shows = std::ranges::any_of(open, [](const std::string& one) {
    const std::string small = lower(one);
    return (small.starts_with("*:") || small.starts_with("anonymous:")) &&
           small.contains("contactssharing");
  });
  return shows ? bad("連絡先を誰にでも公開できます", "contacts can be shown to anybody", "1", "0")
               : good("連絡先は誰にでもは公開できません", "contacts can't be shown to anybody", "0",
                      "0");
}

/// Microsoft's alerts on forwarding and on accounts that somebody else took.
Finding judge_alerts(const std::vector<std::string>& on) {
  constexpr std::array<std::string_view, 7> kWanted{
      "Suspicious email sending patterns detected",
      "Suspicious Email Forwarding Activity",
      "Messages have been delayed",
      "Tenant restricted from sending unprovisioned email",
      "User restricted from sending email",
      "A potentially malicious URL click was detected",
      "Suspicious connector activity"};
  std::vector<std::string> off;
  for (const std::string_view one : kWanted)
    if (std::ranges::none_of(on, [&](const std::string& name) { return same_name(name, one); }))
      off.emplace_back(one);
  if (!off.empty())
    return bad(fmt::format("止まっている警告があります: {}", listed(off)),
               fmt::format("alerts are off: {}", listed(off)), std::to_string(off.size()), "0");
  return good("転送や乗っ取りの警告は有効です", "alerts on forwarding and takeovers are on",
              std::to_string(kWanted.size()), std::to_string(kWanted.size()));
}

const DomainRecords* of_domain(const std::vector<DomainRecords>& records,
                               const std::string& domain) {
  const auto found = std::ranges::find(records, domain, &DomainRecords::domain);
  return found == records.end() ? nullptr : &*found;
}

/// One verdict over all domains that mail is taken for; a domain without an answer isn't known.
template <typename Judge>
Finding over_domains(const MailSettings& mail,
                     const CloudSetting<std::vector<DomainRecords>>& records, Judge judge) {
  if (mail.domains.value() == nullptr) return lacking(mail.domains.lack());
  if (records.value() == nullptr) return lacking(records.lack());
  std::vector<Finding> findings;
  for (const std::string& domain : *mail.domains.value()) {
    const DomainRecords* one = of_domain(*records.value(), domain);
    findings.push_back(judge(one == nullptr ? DomainRecords{domain, {}, false, {}} : *one));
  }
  return worst_of(std::move(findings));
}

void judge_records(const MailSettings& mail, CloudRows& rows) {
  const auto dmarc_of = [&](const std::string& domain) {
    const DomainRecords* one =
        mail.dmarc.value() == nullptr ? nullptr : of_domain(*mail.dmarc.value(), domain);
    return one == nullptr ? MailPolicy::unsure : dmarc_policy(*one);
  };
  rows.add("exo.spf", over_domains(mail, mail.spf, [&](const DomainRecords& one) {
             return judge_spf(one, dmarc_of(one.domain), *mail.spf.value());
           }));
  rows.add("exo.dmarc", over_domains(mail, mail.dmarc, judge_dmarc));
  rows.add("exo.dkim", judged(mail.dkim_enabled, [&](const std::vector<std::string>& enabled) {
             return over_domains(mail, mail.dkim, [&](const DomainRecords& one) {
               return judge_dkim(one, enabled);
             });
           }));
}

}  // namespace

void judge_mail(const Microsoft365& tenant, CloudRows& rows) {
  const MailSettings& mail = tenant.mail;
  rows.add("exo.autoforward", judged(mail.remote_domains, judge_forwarding));
  rows.add("exo.redirect_rules", judged(mail.rules, [&](const auto& rules) {
             return judge_copies(rules, mail.domains);
           }));
  rows.add("exo.spam_bypass_rules", judged(mail.rules, judge_bypass));
  rows.add("exo.external_tag", judged(mail.rules, judge_mark));
  rows.add("exo.smtp_auth",
           safe_when(mail.smtp_auth_off, true, {"SMTP AUTH は無効です", "SMTP AUTH is off"},
                     {"パスワードだけでメールを送れます（SMTP AUTH）",
                      "email can be sent with a password alone (SMTP AUTH)"}));
  rows.add("exo.modern_auth", safe_when(mail.modern_sign_in, true,
                                        {"先進認証は有効です", "modern authentication is on"},
                                        {"先進認証が無効です", "modern authentication is off"}));
  rows.add("exo.mailbox_audit",
           safe_when(mail.audit_off, false,
                     {"メールボックスの監査は有効です", "auditing of mailboxes is on"},
                     {"メールボックスの監査が無効です", "auditing of mailboxes is off"}));
  rows.add("exo.unified_audit",
           safe_when(mail.audit_log, true, {"監査ログは有効です", "the audit log is on"},
                     {"監査ログが無効です", "the audit log is off"}));
  rows.add("exo.calendar_share", judged(mail.calendars, judge_calendars));
  rows.add("exo.contact_share", judged(mail.calendars, judge_contacts));
  const Text preset{"全員に標準か厳格の保護が効いています", "preset protection is on for everyone"};
  const Text no_preset{"標準か厳格の保護が、全員には効いていません",
                       "preset protection isn't on for everyone"};
  rows.add("exo.preset", worst_of({safe_when(mail.preset, true, preset, no_preset),
                                   safe_when(mail.preset_links, true, preset, no_preset)}));
  rows.add("exo.alerts", judged(mail.alerts, judge_alerts));
  rows.add("exo.ip_allow", judged(mail.let_in, [](const std::vector<std::string>& addresses) {
             if (addresses.empty())
               return good("迷惑メール対策を通さない IP アドレスはありません",
                           "no IP address goes past the filter", "0", "0");
             return bad("迷惑メール対策を通さない IP アドレスがあります",
                        "IP addresses go past the filter", std::to_string(addresses.size()), "0");
           }));
  rows.add("exo.safe_list", safe_when(mail.safe_list, false,
                                      {"セーフ リストは使っていません", "the safe list is off"},
                                      {"セーフ リストを使っています", "the safe list is on"}));
  judge_records(mail, rows);
}

}  // namespace sekisho
