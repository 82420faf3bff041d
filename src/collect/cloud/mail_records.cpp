// SPF and DMARC as mail servers judge them (RFC 7208, RFC 7489): of two records none counts.
#include <algorithm>

#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

using Tags = std::map<std::string, std::string, std::less<>>;

/// v=DMARC1 first and as it stands, then tags; nothing for what is none.
std::optional<Tags> dmarc_tags(std::string_view record) {
  Tags tags;
  bool first = true;
  for (const std::string_view part : split(record, ';')) {
    const std::size_t equals = part.find('=');
    const std::string_view name = trim(part.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : trim(part.substr(equals + 1));
    if (first && (name != "v" || value != "DMARC1")) return std::nullopt;
    first = false;
    if (!name.empty()) tags.emplace(lower(name), lower(value));
  }
  return tags;
}

std::vector<Tags> dmarc_records(const DomainRecords& domain) {
  std::vector<Tags> found;
  for (const std::string& record : domain.records)
    if (auto tags = dmarc_tags(trim(record))) found.push_back(std::move(*tags));
  return found;
}

MailPolicy policy_named(std::string_view name) {
  if (name == "reject") return MailPolicy::reject;
  return name == "quarantine" ? MailPolicy::quarantine : MailPolicy::none;
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

MailPolicy policy_of(const Tags& tags, const DomainRecords& domain) {
  const std::string below = tag(tags, "sp");
  MailPolicy policy = policy_named(is_of_parent(domain) && !below.empty() ? below : tag(tags, "p"));
  const std::string share = tag(tags, "pct");
  if ((!share.empty() && share != "100") || tag(tags, "t") == "y") policy = weaker(policy);
  return policy;
}

std::vector<std::string> spf_records(const DomainRecords& domain) {
  std::vector<std::string> found;
  for (const std::string& record : domain.records) {
    const std::string small = lower(trim(record));
    if (small == "v=spf1" || small.starts_with("v=spf1 ")) found.push_back(small);
  }
  return found;
}

Finding nothing_asked(const std::string& domain) {
  return unknown(fmt::format("{} の DNS の答えがエクスポートにありません", domain),
                 fmt::format("the export has no answer of DNS for {}", domain));
}

}  // namespace

MailPolicy dmarc_policy(const DomainRecords& domain) {
  if (!domain.asked) return MailPolicy::unsure;
  const std::vector<Tags> records = dmarc_records(domain);
  return records.size() == 1 ? policy_of(records.front(), domain) : MailPolicy::none;
}

Finding judge_dmarc(const DomainRecords& domain) {
  const std::string name = printable(domain.domain, 120);
  if (!domain.asked) return nothing_asked(name);
  const std::vector<Tags> records = dmarc_records(domain);
  if (records.size() > 1)
    return bad(
        fmt::format("{} に DMARC のレコードが {} 個あり、どれも効きません", name, records.size()),
        fmt::format("{} has {} DMARC records, so none of them counts", name, records.size()),
        std::to_string(records.size()), "1");
  if (records.empty())
    return bad(fmt::format("{} に DMARC がありません", name),
               fmt::format("{} has no DMARC record", name), "0", "1");
  const MailPolicy policy = policy_of(records.front(), domain);
  if (policy == MailPolicy::none)
    return bad(fmt::format("{} の DMARC は、なりすましを止めません", name),
               fmt::format("DMARC of {} stops no spoofed email", name), "none",
               "quarantine, reject");
  return good(fmt::format("{} の DMARC は、なりすましを止めます", name),
              fmt::format("DMARC of {} stops spoofed email", name),
              policy == MailPolicy::reject ? "reject" : "quarantine", "quarantine, reject");
}

Finding judge_spf(const DomainRecords& domain, MailPolicy dmarc) {
  const std::string name = printable(domain.domain, 120);
  if (!domain.asked) return nothing_asked(name);
  const std::vector<std::string> records = spf_records(domain);
  if (records.size() != 1)
    return bad(
        fmt::format("{} の SPF のレコードは {} 個です（1 個だけが効きます）", name, records.size()),
        fmt::format("{} has {} SPF records (exactly one counts)", name, records.size()),
        std::to_string(records.size()), "1");
  std::string_view all;
  bool redirect = false;
  for (const std::string_view part : words(records.front())) {
    redirect = redirect || part.starts_with("redirect=");
    if (part == "all" || (part.size() == 4 && part.ends_with("all"))) {
      all = part;
      break;
    }
  }
  if (all.empty() && redirect)
    return unknown(fmt::format("{} の SPF は別のドメインに任せています", name),
                   fmt::format("SPF of {} is left to another domain", name));
  if (all == "-all")
    return good(fmt::format("{} の SPF は、ほかからの送信を断ります", name),
                fmt::format("SPF of {} refuses all others", name), "-all", "-all");
  if (all == "~all" && (dmarc == MailPolicy::quarantine || dmarc == MailPolicy::reject))
    return good(fmt::format("{} の SPF（~all）は DMARC と合わせて効きます", name),
                fmt::format("SPF of {} (~all) holds together with its DMARC", name), "~all",
                "-all, ~all + DMARC");
  if (all == "~all" && dmarc == MailPolicy::unsure)
    return unknown(fmt::format("{} の SPF は ~all で、DMARC が分かりません", name),
                   fmt::format("SPF of {} ends in ~all, and its DMARC isn't known", name));
  return bad(
      fmt::format("{} の SPF は、ほかからの送信を断りません（{}）", name,
                  all.empty() ? "all なし" : all),
      fmt::format("SPF of {} doesn't refuse others ({})", name, all.empty() ? "no all" : all),
      std::string(all), "-all, ~all + DMARC");
}

}  // namespace sekisho
