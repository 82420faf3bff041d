// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_clouds.h"

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/cloud/cloud.h"
#include "guideline/embedded.h"
#include "server/clouds/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// As Entra answers of a person.
json::object person(const std::string& id, const char* name, const std::string& address,
                    bool guest = false) {
  return {{"id", id},
          {"displayName", name},
          {"userPrincipalName", address},
          {"accountEnabled", true},
          {"userType", guest ? "Guest" : "Member"}};
}

/// A small tenant without conditional access, where the second factor is set for each person: two
/// are left out.
CloudFile people_of_microsoft365(const std::string& when) {
  struct Known {
    const char* name;
    const char* address;
    const char* state;
  };
  constexpr std::array<Known, 8> kKnown{{{"山田 花", "admin@akatsuki.example", "enforced"},
                                         {"佐藤 誠", "executive@akatsuki.example", "enforced"},
                                         {"鈴木 健", "worker@akatsuki.example", "disabled"},
                                         {"高橋 恵", "auditor@akatsuki.example", "enforced"},
                                         {"田中 美咲", "tanaka@akatsuki.example", "enforced"},
                                         {"伊藤 翔太", "ito@akatsuki.example", "disabled"},
                                         {"渡辺 陽子", "watanabe@akatsuki.example", "enforced"},
                                         {"山本 大輔", "yamamoto@akatsuki.example", "enforced"}}};
  json::array users, factors;
  json::array administrators;
  for (std::size_t i = 0; i < kKnown.size(); ++i) {
    const std::string id = fmt::format("demo-{}", i);
    users.emplace_back(person(id, kKnown.at(i).name, kKnown.at(i).address));
    factors.emplace_back(json::object{{"id", id}, {"perUserMfaState", kKnown.at(i).state}});
    if (i < 2)
      administrators.emplace_back(
          json::object{{"@odata.type", "#microsoft.graph.user"}, {"id", id}});
  }
  return {"people.json",
          json::serialize(json::object{
              {"sekisho", "entra-people"},
              {"readAt", when},
              {"users", std::move(users)},
              {"groups", json::array{}},
              {"directoryRoles",
               json::array{json::object{{"roleTemplateId", "62e90394-69f5-4237-9190-012177145e10"},
                                        {"members", std::move(administrators)}}}},
              {"eligibleRoles", json::array{}},
              {"securityDefaults", {{"isEnabled", false}}},
              {"perUserMfa", std::move(factors)},
              {"conditionalAccessPolicies", json::array{}}})};
}

CloudFile zoom(const std::string& when, bool waiting_room) {
  return {
      "zoom.json",
      json::serialize(json::object{
          {"sekisho", "zoom"},
          {"readAt", when},
          {"settings",
           {{"security",
             {{"sign_in_with_two_factor_auth", "all"},
              {"password_requirement", {{"minimum_password_length", 12}}}}},
            {"schedule_meeting",
             {{"join_before_host", !waiting_room},
              {"require_password_for_instant_meetings", true}}},
            {"in_meeting", {{"who_can_share_screen", "host"}, {"remote_control", false}}},
            {"recording",
             {{"cloud_recording", true},
              {"auto_delete_cmr", false},
              {"required_password_for_shared_cloud_recordings", true}}}}},
          {"meetingSecurity",
           {{"meeting_security",
             {{"waiting_room", waiting_room},
              {"meeting_password", true},
              {"auto_security", false},
              {"waiting_room_settings", {{"participants_to_place_in_waiting_room", 0}}},
              {"pmi_password", true},
              {"phone_password", true},
              {"meeting_password_requirement", {{"length", 6}, {"only_allow_numeric", false}}}}}}},
          {"lockSettings",
           {{"meeting_security", {{"waiting_room", true}, {"meeting_password", true}}}}}})};
}

struct Entry {
  const char* name;
  const char* provider;
  const char* settings;
  bool in_use;
  const char* users;
  const char* grade;
  const char* theirs;
  const char* ours;
  const char* certificates;
  int review;  // days from today; 0: none
};

/// What the firm wrote down. The certificates are made up, and say so.
constexpr std::array<Entry, 5> kEntries{
    {{"Microsoft 365", "Microsoft", R"(["entra"])", true, "全社員 / everybody", "permission",
      "設備、サービスの更新、障害からの復旧", "アカウントと権限、公開範囲、消したデータの復元",
      R"([{"kind":"ismap","number":"見本 / demo","until":"2027-09-30","seen_on":"2026-10-01"}])",
      150},
     {"Zoom", "Zoom", R"(["zoom"])", true, "営業と採用 / sales, recruiting", "free",
      "会議のサーバーと暗号化", "会議の設定、録画の置き場所と消去",
      R"([{"kind":"soc2","number":"見本 / demo","until":null,"seen_on":"2026-10-01"}])", 9},
     {"Box", "Box", R"(["box"])", true, "設計部 / design", "never", "設備と更新",
      "フォルダーの権限、社外との共有",
      R"([{"kind":"isms","number":"見本 / demo","until":"2026-03-31","seen_on":"2025-10-01"}])",
      200},
     {"会計ソフト（見本） / Accounting (demo)", "", "[]", true, "経理 / accounting", "", "", "",
      "[]", 0},
     {"Slack", "Slack", R"(["slack"])", false, "", "free", "", "", "[]", 0}}};

}  // namespace

Result<void> demo_clouds(const Guideline& guideline, Database& db, PersonId by, Day today,
                         Time now) {
  constexpr std::chrono::days kBefore{8};
  constexpr std::chrono::days kAgo{1};
  const auto clouds = load_cloud_checks(embedded_guideline());
  if (!clouds) return std::unexpected(clouds.error());
  for (const Entry& one : kEntries) {
    const std::string review =
        one.review == 0 ? "" : format_day(today + std::chrono::days(one.review));
    if (auto made = db.execute(
            "INSERT INTO cloud_service (name, provider, settings, in_use, users, owner_id, grade, "
            "theirs, ours, certificates, reviewed_on, review_on, version, reminded_of) VALUES (?, "
            "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '')",
            {std::string(one.name), std::string(one.provider), std::string(one.settings),
             std::int64_t{one.in_use}, std::string(one.users),
             one.review == 0 ? Value() : Value(by), std::string(one.grade), std::string(one.theirs),
             std::string(one.ours), std::string(one.certificates),
             format_day(today - std::chrono::days(150)), review});
        !made)
      return made;
  }
  for (const bool later : {false, true}) {
    const Time when = now - (later ? kAgo : kBefore);
    const std::string stamp = format_time(when);
    const auto reading =
        read_clouds({people_of_microsoft365(stamp), zoom(stamp, !later)}, {}, when);
    if (!reading) return std::unexpected(reading.error());
    if (auto kept = keep_reading({guideline, *clouds, db, when}, by, {}, *reading); !kept)
      return kept;
  }
  return {};
}

}  // namespace sekisho
