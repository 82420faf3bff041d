// SPDX-License-Identifier: Apache-2.0
// Levels of sharing aren't in the order of their numbers: 0 nobody outside, 3 guests that are
// there, 1 new guests too, 2 anybody.
#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

constexpr std::int64_t kNobody = 0;
constexpr std::int64_t kNewGuests = 1;
constexpr std::int64_t kAnybody = 2;
constexpr std::int64_t kKnownGuests = 3;

Finding judge_level(std::int64_t level) {
  const std::string seen = std::to_string(level);
  switch (level) {
    case kNobody:
      return good("社外と共有できません", "nothing can be shared outside", seen, "0, 1, 3");
    case kKnownGuests:
      return good("登録済みのゲストとだけ共有できます",
                  "only guests that are there can be given files", seen, "0, 1, 3");
    case kNewGuests:
      return good("共有できるのは、本人確認をしたゲストまでです",
                  "only guests who prove who they are can be given files", seen, "0, 1, 3");
    case kAnybody:
      return bad("リンクを知っている誰にでも開けるリンクを作れます",
                 "links can be made that anybody who has them can open", seen, "0, 1, 3");
    default: return lacking(Lack::not_readable);
  }
}

/// OneDrive can share no wider than SharePoint: where Graph doesn't tell its own level, it is
/// within that one.
bool within_sharepoint(const SharePointSettings& sharing) {
  const std::int64_t* level = sharing.sharing.value();
  return sharing.by_graph && sharing.onedrive.lacks(Lack::absent) && level != nullptr &&
         (*level == kNobody || *level == kKnownGuests || *level == kNewGuests);
}

Finding judge_onedrive(const SharePointSettings& sharing) {
  if (within_sharepoint(sharing))
    return good("SharePoint より広くは共有できず、誰でも開けるリンクは作れません",
                "it can share no wider than SharePoint, and make no links for anybody",
                std::to_string(*sharing.sharing.value()), "0, 1, 3");
  return judged(sharing.onedrive, judge_level);
}

/// Whether links for anybody can be made in either place.
CloudSetting<bool> anybody(const SharePointSettings& sharing) {
  for (const auto* level : {&sharing.sharing, &sharing.onedrive})
    if (level->is(kAnybody)) return true;
  if (within_sharepoint(sharing)) return false;
  for (const auto* level : {&sharing.sharing, &sharing.onedrive})
    if (level->value() == nullptr) return level->lack();
  return false;
}

/// What only matters where links for anybody can be made.
template <typename Judge>
Finding where_anybody(const SharePointSettings& sharing, Judge judge) {
  return judged(anybody(sharing), [&](bool open) {
    return open ? judge()
                : not_applicable("誰でも開けるリンクは作れません",
                                 "no links for anybody can be made");
  });
}

Finding judge_days(std::int64_t days) {
  const std::string seen = std::to_string(days);
  if (days < 1)
    return bad("誰でも開けるリンクに期限がありません", "links for anybody never end", seen, "1-30");
  if (days > kMostLinkDays)
    return bad(fmt::format("誰でも開けるリンクが {} 日も残ります", days),
               fmt::format("links for anybody last {} days", days), seen, "1-30");
  return good(fmt::format("誰でも開けるリンクは {} 日で切れます", days),
              fmt::format("links for anybody end after {} days", days), seen, "1-30");
}

Finding judge_right(const CloudSetting<std::int64_t>& right) {
  return judged(right, [](std::int64_t value) {
    const std::string seen = std::to_string(value);
    if (value == 1) return good("見るだけです", "for viewing alone", seen, "1");
    if (value == 2) return bad("書き換えもできます", "they allow editing", seen, "1");
    return lacking(Lack::not_readable);
  });
}

Finding judge_new_guests(const SharePointSettings& sharing) {
  const auto level = [&](const CloudSetting<std::int64_t>& one) {
    return judged(one, [&](std::int64_t value) {
      const std::string seen = std::to_string(value);
      if (value == kNobody || value == kKnownGuests)
        return good("新しいゲストへは共有できません", "nothing can be shared with new guests", seen,
                    "0, 3");
      if (value != kNewGuests && value != kAnybody) return lacking(Lack::not_readable);
      return judged(sharing.domain_mode, [&](std::int64_t mode) {
        if (mode == 1)
          return good("新しいゲストは、名前を挙げたドメインの人に限られます",
                      "new guests are limited to domains by name", std::to_string(mode), "1");
        return bad("どのドメインの人でも、新しいゲストとして招けます",
                   "people of any domain can become new guests", std::to_string(mode), "1");
      });
    });
  };
  if (within_sharepoint(sharing)) return level(sharing.sharing);
  return worst_of({level(sharing.sharing), level(sharing.onedrive)});
}

Finding judge_link_type(std::int64_t type) {
  const std::string seen = std::to_string(type);
  if (type == 1) return good("指定した人だけです", "for people by name", seen, "1");
  if (type == 2)
    return bad("社内の全員に開けるリンクになります", "new links open to everyone in the firm", seen,
               "1");
  if (type == 3)
    return bad("誰にでも開けるリンクになります", "new links open to anybody", seen, "1");
  return lacking(Lack::not_readable);
}

}  // namespace

void judge_sharepoint(const Microsoft365& tenant, CloudRows& rows) {
  const SharePointSettings& sharing = tenant.sharing;
  rows.add("spo.sharing", judged(sharing.sharing, judge_level));
  rows.add("spo.onedrive", judge_onedrive(sharing));
  rows.add("spo.anyone_expiry",
           where_anybody(sharing, [&] { return judged(sharing.anyone_days, judge_days); }));
  rows.add(
      "spo.anyone_right", where_anybody(sharing, [&] {
        return worst_of({judge_right(sharing.anyone_files), judge_right(sharing.anyone_folders)});
      }));
  rows.add("spo.link_type", judged(sharing.link_type, judge_link_type));
  rows.add("spo.link_right", judge_right(sharing.link_right));
  rows.add("spo.new_guests", judge_new_guests(sharing));
  const bool closed =
      sharing.sharing.is(kNobody) && (sharing.onedrive.is(kNobody) || within_sharepoint(sharing));
  rows.add("spo.reshare",
           closed ? lacking(Lack::not_applicable)
                  : safe_when(sharing.guests_pass_on, false,
                              {"ゲストはファイルを人に渡せません", "guests can't pass files on"},
                              {"ゲストがファイルをほかの人に渡せます",
                               "guests can pass files on to others"}));
  rows.add("spo.legacy_auth", safe_when(sharing.old_sign_in, false,
                                        {"古い方式では接続できません", "old sign-in is off"},
                                        {"多要素認証のできない古い方式で接続できます",
                                         "old sign-in without a second factor is possible"}));
}

}  // namespace sekisho
