// SPDX-License-Identifier: Apache-2.0
// What a rule asks, in words.
#include <fmt/format.h>

#include "access/policy.h"
#include "guideline/roles.h"

namespace sekisho {
namespace {

constexpr std::array<std::string_view, 4> kRolesJa{"システム・セキュリティ管理者", "経営者",
                                                   "テレワーク勤務者", "監査者"};

std::string role_ja(const std::string& name) {
  for (std::size_t i = 0; i < kPersonRoles.size(); ++i)
    if (kPersonRoles.at(i) == name) return std::string(kRolesJa.at(i));
  return name;
}

Text who_words(const Policy& policy, const AccessRule& rule) {
  std::vector<std::string> ja;
  std::vector<std::string> en;
  for (std::size_t i = 0; i < policy.principals().size(); ++i) {
    if (!rule.who.test(i)) continue;
    const Principal& one = policy.principals()[i];
    const bool group = one.kind == PrincipalKind::group;
    ja.push_back(group                             ? fmt::format("グループ「{}」", one.name)
                 : one.kind == PrincipalKind::role ? role_ja(one.name)
                                                   : one.name);
    en.push_back(group ? fmt::format("group '{}'", one.name) : one.name);
  }
  return {"使える人: " + join(ja, "、"), "who: " + join(en, ", ")};
}

Text device_words(const AccessRule& rule) {
  return {fmt::format("端末: {}{}",
                      rule.any_device ? "登録済みのどの端末でも" : "本人の端末として登録したもの",
                      rule.own_devices ? "（私物も可）" : "（私物は不可）"),
          fmt::format("device: {}; {}",
                      rule.any_device ? "any that is registered" : "one registered to the person",
                      rule.own_devices ? "their own (BYOD) too" : "none of their own (BYOD)")};
}

Text measure_line(const Policy& policy, const Demanded& demanded) {
  const Requirement& of = *policy.measures().at(demanded.measure);
  Text text{fmt::format("対策 {}: {}", of.id, of.text.ja),
            fmt::format("measure {}: {}", of.id, of.text.en)};
  if (demanded.grace.count() > 0) {
    const Text grace = words(demanded.grace);
    text.ja += fmt::format("（できなくなってから {}は猶予）", grace.ja);
    text.en += fmt::format(" (may lapse for {})", grace.en);
  }
  return text;
}

}  // namespace

Text label(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::application: return {"アプリケーション", "application"};
    case ResourceKind::server: return {"サーバー", "server"};
    case ResourceKind::network: return {"ネットワーク", "network"};
  }
  return {};
}

Text words(std::chrono::seconds length) {
  const auto in = [&](std::int64_t unit, const char* ja, const char* en) -> Text {
    const std::int64_t number = length.count() / unit;
    return {fmt::format("{} {}", number, ja),
            fmt::format("{} {}{}", number, en, number == 1 ? "" : "s")};
  };
  if (length.count() % 86400 == 0) return in(86400, "日", "day");
  if (length.count() % 3600 == 0) return in(3600, "時間", "hour");
  if (length.count() % 60 == 0) return in(60, "分", "minute");
  return in(1, "秒", "second");
}

std::vector<Text> words(const Policy& policy, const AccessRule& rule) {
  std::vector<Text> lines{who_words(policy, rule), device_words(rule)};
  for (const Demanded& demanded : rule.measures) lines.push_back(measure_line(policy, demanded));
  const Text age = words(rule.evidence_age);
  lines.push_back({fmt::format("確認の新しさ: {}以内に確かめた結果だけを認める", age.ja),
                   fmt::format("evidence: not older than {}", age.en)});
  const auto factor = [&](const char* ja, const char* en, std::chrono::seconds within) {
    const Text length = words(within);
    lines.push_back({fmt::format("{}: {}以内に示すこと", ja, length.ja),
                     fmt::format("{}: shown within {}", en, length.en)});
  };
  if (rule.second_factor) factor("二要素認証", "second factor", *rule.second_factor);
  if (rule.passkey) factor("パスキー", "passkey", *rule.passkey);
  if (!rule.second_factor && !rule.passkey)
    lines.push_back({"二要素認証: 求めない", "second factor: not asked"});
  if (rule.hours) {
    const Text hours = rule.hours->words();
    lines.push_back({"時間: " + hours.ja, "hours: " + hours.en});
  }
  std::vector<std::string> list;
  for (const NetworkRange& range : rule.networks) list.push_back(range.text());
  if (!list.empty())
    lines.push_back({"ネットワーク: " + join(list, "、"), "networks: " + join(list, ", ")});
  list.clear();
  for (const CountryCode& code : rule.countries) list.push_back(code.text());
  if (!list.empty()) lines.push_back({"国: " + join(list, "、"), "countries: " + join(list, ", ")});
  return lines;
}

}  // namespace sekisho
