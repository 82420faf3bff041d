// SPDX-License-Identifier: Apache-2.0
// DMARC and DKIM as receiving servers judge them: of two records none counts, a doubled tag makes a
// record none, and what is only tried counts as nothing.
#include "collect/cloud/mail_records.h"

#include <algorithm>

namespace sekisho {
namespace {

using Tags = std::map<std::string, std::string, std::less<>>;

/// "name=value; …" (RFC 6376, 3.2); nothing where a name comes twice, is none, or has no value.
std::optional<Tags> tags_of(std::string_view record) {
  Tags tags;
  for (const std::string_view part : split(record, ';')) {
    if (trim(part).empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view name = trim(part.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) return std::nullopt;
    if (!tags.emplace(lower(name), trim(part.substr(equals + 1))).second) return std::nullopt;
  }
  return tags;
}

/// Whether a record begins as its kind does: the version first, and as it stands.
bool begins_with_version(std::string_view record, std::string_view version) {
  const std::string_view first = record.substr(0, record.find(';'));
  const std::size_t equals = first.find('=');
  if (equals == std::string_view::npos || !first.starts_with('v')) return false;
  return trim(first.substr(0, equals)) == "v" && trim(first.substr(equals + 1)) == version;
}

std::vector<std::string> dmarc_records(const DomainRecords& domain) {
  std::vector<std::string> found;
  for (const std::string& record : domain.records)
    if (begins_with_version(record, "DMARC1")) found.push_back(record);
  return found;
}

std::optional<MailPolicy> policy_named(const std::string& name) {
  const std::string small = lower(name);
  if (small == "reject") return MailPolicy::reject;
  if (small == "quarantine") return MailPolicy::quarantine;
  return small == "none" ? std::optional(MailPolicy::none) : std::nullopt;
}

/// For what isn't within pct, and while it is only tried, the next weaker policy holds.
MailPolicy weaker(MailPolicy policy) {
  return policy == MailPolicy::reject ? MailPolicy::quarantine : MailPolicy::none;
}

std::string tag(const Tags& tags, std::string_view name) {
  const auto found = tags.find(name);
  return found == tags.end() ? std::string() : found->second;
}

/// A record of the organisation's own domain says by `sp` what holds for those below it.
bool is_of_parent(const DomainRecords& domain) {
  return !domain.answered_by.empty() && domain.answered_by != "_dmarc." + domain.domain;
}

struct Dmarc {
  MailPolicy own = MailPolicy::none;
  MailPolicy below = MailPolicy::none;  // of names below this one
};

/// Without a policy that is one, nothing is stopped (RFC 7489, 6.6.3); a share that is none is 100.
Dmarc dmarc_of(const std::string& record, const DomainRecords& domain) {
  const auto tags = tags_of(record);
  if (!tags) return {};
  const auto p = policy_named(tag(*tags, "p"));
  const std::string said_below = tag(*tags, "sp");
  const auto sp = said_below.empty() ? p : policy_named(said_below);
  if (!p || !sp) return {};
  const std::string share = tag(*tags, "pct");
  const std::int64_t percent = whole_number(share);
  const bool part = percent >= 0 && percent < 100;
  const bool tried = lower(tag(*tags, "t")) == "y";
  const auto held = [&](MailPolicy policy) { return part || tried ? weaker(policy) : policy; };
  const MailPolicy unnamed = policy_named(tag(*tags, "np")).value_or(*sp);
  return {held(is_of_parent(domain) ? *sp : *p), held(std::min(*sp, unnamed))};
}

Finding no_answer(const std::string& domain) {
  return unknown(fmt::format("{} の DNS の答えがエクスポートにありません", domain),
                 fmt::format("the export has no answer of DNS for {}", domain));
}

bool is_base64(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=' || c == ' ' || c == '\t';
  };
  return std::ranges::all_of(text, fits);
}

/// One key record (RFC 6376, 3.6.1); nothing for a record that is none.
std::optional<DkimWorth> key_worth(std::string_view record) {
  const auto tags = tags_of(record);
  const bool versioned = begins_with_version(record, "DKIM1");
  if (!tags) return versioned ? std::optional(DkimWorth::unsure) : std::nullopt;
  if (!tags->contains("p")) return versioned ? std::optional(DkimWorth::unsure) : std::nullopt;
  if (tags->contains("v") && !versioned) return std::nullopt;
  const std::string key = tag(*tags, "p");
  const std::string kind = lower(tag(*tags, "k"));
  if (key.empty()) return DkimWorth::revoked;
  if (!is_base64(key) || (!kind.empty() && kind != "rsa" && kind != "ed25519"))
    return DkimWorth::unsure;
  const std::string flags = lower(tag(*tags, "t"));
  for (const std::string_view flag : split(flags, ':'))
    if (trim(flag) == "y") return DkimWorth::testing;
  const std::string services = lower(tag(*tags, "s"));
  bool of_mail = services.empty();
  for (const std::string_view one : split(services, ':'))
    of_mail = of_mail || trim(one) == "*" || trim(one) == "email";
  return of_mail ? DkimWorth::good : DkimWorth::unsure;
}

}  // namespace

MailPolicy dmarc_policy(const DomainRecords& domain) {
  if (!domain.asked) return MailPolicy::unsure;
  const std::vector<std::string> records = dmarc_records(domain);
  return records.size() == 1 ? dmarc_of(records.front(), domain).own : MailPolicy::none;
}

Finding judge_dmarc(const DomainRecords& domain) {
  const std::string name = printable(domain.domain, 120);
  if (!domain.asked) return no_answer(name);
  const std::vector<std::string> records = dmarc_records(domain);
  if (records.size() > 1)
    return bad(
        fmt::format("{} に DMARC のレコードが {} 個あり、どれも効きません", name, records.size()),
        fmt::format("{} has {} DMARC records, so none of them counts", name, records.size()),
        std::to_string(records.size()), "1");
  if (records.empty())
    return bad(fmt::format("{} に DMARC がありません", name),
               fmt::format("{} has no DMARC record", name), "0", "1");
  const Dmarc found = dmarc_of(records.front(), domain);
  if (found.own == MailPolicy::none)
    return bad(fmt::format("{} の DMARC は、なりすましを止めません", name),
               fmt::format("DMARC of {} stops no spoofed email", name), "none",
               "quarantine, reject");
  if (found.below == MailPolicy::none)
    return bad(fmt::format("{} の DMARC は、サブドメインを名乗るなりすましを止めません", name),
               fmt::format("DMARC of {} stops no email that poses as a name below it", name),
               "sp=none", "quarantine, reject");
  return good(fmt::format("{} の DMARC は、なりすましを止めます", name),
              fmt::format("DMARC of {} stops spoofed email", name),
              found.own == MailPolicy::reject ? "reject" : "quarantine", "quarantine, reject");
}

DkimWorth dkim_worth(const DomainRecords& domain) {
  std::optional<DkimWorth> found;
  for (const std::string& record : domain.records) {
    const auto worth = key_worth(record);
    if (!worth) continue;
    // Of two keys in one place it isn't said which is taken.
    found = !found || *found == *worth ? *worth : DkimWorth::unsure;
  }
  return found.value_or(DkimWorth::none);
}

Finding judge_dkim(const DomainRecords& domain, const std::vector<std::string>& enabled) {
  const std::string name = printable(domain.domain, 120);
  if (std::ranges::find(enabled, domain.domain) == enabled.end())
    return bad(fmt::format("{} のメールに署名していません（DKIM）", name),
               fmt::format("email of {} isn't signed (DKIM)", name), "false", "true");
  if (!domain.asked) return no_answer(name);
  switch (dkim_worth(domain)) {
    case DkimWorth::none:
      return bad(fmt::format("{} の署名の鍵が DNS にありません（DKIM）", name),
                 fmt::format("the key of {} isn't in DNS (DKIM)", name), "0", "1");
    case DkimWorth::revoked:
      return bad(fmt::format("{} の署名の鍵は取り消されています（DKIM）", name),
                 fmt::format("the key of {} is revoked (DKIM)", name), "p=", "p=…");
    case DkimWorth::testing:
      return bad(fmt::format("{} の署名は試験中で、数えられません（DKIM t=y）", name),
                 fmt::format("signatures of {} are in testing and don't count (DKIM t=y)", name),
                 "t=y", "");
    case DkimWorth::unsure:
      return unknown(fmt::format("{} の署名の鍵を読み取れません（DKIM）", name),
                     fmt::format("the key of {} could not be read (DKIM)", name));
    case DkimWorth::good: break;
  }
  return good(fmt::format("{} のメールは署名されます（DKIM）", name),
              fmt::format("email of {} is signed (DKIM)", name), "p=…", "p=…");
}

}  // namespace sekisho
