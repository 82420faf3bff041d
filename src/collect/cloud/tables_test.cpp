// SPDX-License-Identifier: Apache-2.0
// Tables of Japanese services, files in a zip, setting guides, and the list of all settings.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iconv.h>
#include <zip.h>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/setting_advice.h"
#include "collect/cloud/setting_guide.h"
#include "collect/cloud/zip_files.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

std::string in_shift_jis(std::string_view text) {
  const iconv_t conversion = ::iconv_open("CP932", "UTF-8");
  std::string from(text), to(text.size() * 2, '\0');
  char* in = from.data();
  char* out = to.data();
  std::size_t left = from.size(), room = to.size();
  EXPECT_NE(::iconv(conversion, &in, &left, &out, &room), static_cast<std::size_t>(-1));
  ::iconv_close(conversion);
  to.resize(to.size() - room);
  return to;
}

constexpr const char* kHeading =
    "日時,レベル,サービス,ユーザー,モジュール,アクション,結果,補足\r\n";
const std::string kLog =
    std::string(kHeading) +
    "2026/11/20 09:00:00,重要,Common,admin,System Administration,configure external service "
    "security settings,SUCCESS,\"外部サイトへの埋め込み: enable, 公開URLの発行: enable, Webhook: "
    "enable\"\r\n"
    "2026/11/25 09:00:00,重要,Common,admin,System Administration,configure external service "
    "security settings,SUCCESS,\"外部サイトへの埋め込み: disable, 公開URLの発行: disable, Webhook: "
    "disable\"\r\n"
    "2026/11/26 09:00:00,重要,Common,admin,System Administration,configure security "
    "setting,SUCCESS,\"2要素認証: disable, ユーザーパスワードの最小文字数: 8\"\r\n";

TEST(Tables, TheNewestChangeInCybozusAuditLogCounts) {
  for (const std::string& bytes : {kLog, "\xEF\xBB\xBF" + kLog, in_shift_jis(kLog)}) {
    const CloudReading reading = read({{"log.csv", bytes}});
    EXPECT_EQ(reading.read, std::set{CloudService::cybozu});
    EXPECT_EQ(row(reading, "cybozu.public").finding.verdict, Verdict::pass);
    EXPECT_EQ(row(reading, "cybozu.mfa").finding.verdict, Verdict::fail);
    EXPECT_EQ(row(reading, "cybozu.password").finding.verdict, Verdict::fail);
  }
}

TEST(Tables, WhatNobodyChangedIsNotKnownAndFailedChangesDontCount) {
  const std::string tried =
      std::string(kHeading) +
      "2026/11/26 09:00:00,重要,Common,admin,System Administration,configure external service "
      "security settings,FAILED,\"外部サイトへの埋め込み: disable, 公開URLの発行: disable, "
      "Webhook: "
      "disable\"\r\n";
  const CloudReading reading = read({{"log.csv", tried}});
  for (const char* id : {"cybozu.public", "cybozu.mfa", "cybozu.password"})
    EXPECT_EQ(row(reading, id).finding.verdict, Verdict::unknown) << id;
  std::string on = kLog;
  on.replace(on.find("2要素認証: disable"), std::string_view("2要素認証: disable").size(),
             "2要素認証: enable");
  EXPECT_EQ(row(read({{"log.csv", on}}), "cybozu.mfa").finding.verdict, Verdict::unknown)
      << "that it may be used says not that everybody does";
}

TEST(Tables, ChatworksListNamesWhoHasNoSecondFactor) {
  const std::string list =
      "名前,メールアドレス,二段階認証\r\n花子,hana@example.jp,未設定\r\n太郎,t@example.jp,"
      "設定済み\r\n";
  for (const std::string& bytes : {list, in_shift_jis(list)}) {
    const Finding found = row(read({{"users.csv", bytes}}), "chatwork.mfa").finding;
    EXPECT_EQ(found.verdict, Verdict::fail);
    EXPECT_THAT(found.fact.en, testing::HasSubstr("花子"));
    EXPECT_THAT(found.fact.en, testing::Not(testing::HasSubstr("hana@")));
  }
  const std::string all = "名前,二段階認証\r\n花子,設定済み\r\n";
  EXPECT_EQ(row(read({{"users.csv", all}}), "chatwork.mfa").finding.verdict, Verdict::unknown)
      << "the table doesn't say when it was made";
}

/// The two whose settings stand in tables, each in its four states; what no table can tell is said.
TEST(Tables, AreGoodBadAbsentAndUnreadable) {
  const auto log = [](std::string_view action, const std::string& words) {
    return fmt::format(
        "{}2026/11/26 09:00:00,重要,Common,admin,System Administration,{},SUCCESS,"
        "\"{}\"\r\n",
        kHeading, action, words);
  };
  const auto of_log = [&](std::string_view id, std::string_view action, const std::string& words) {
    return row(read({{"log.csv", log(action, words)}}), id).finding.verdict;
  };
  constexpr std::string_view kOthers = "configure external service security settings";
  const auto open = [&](const char* word) {
    return of_log(
        "cybozu.public", kOthers,
        fmt::format("外部サイトへの埋め込み: {0}, 公開URLの発行: {0}, Webhook: {0}", word));
  };
  EXPECT_EQ(open("disable"), Verdict::pass);
  EXPECT_EQ(open("enable"), Verdict::fail);
  EXPECT_EQ(open("new word"), Verdict::unknown);
  EXPECT_EQ(of_log("cybozu.public", kOthers, "Webhook: disable"), Verdict::unknown);
  constexpr std::string_view kSignIn = "configure security setting";
  EXPECT_EQ(of_log("cybozu.mfa", kSignIn, "2要素認証: disable"), Verdict::fail);
  EXPECT_EQ(of_log("cybozu.mfa", kSignIn, "2要素認証: new"), Verdict::unknown);
  EXPECT_EQ(of_log("cybozu.mfa", kSignIn, "ほか: disable"), Verdict::unknown);
  EXPECT_EQ(of_log("cybozu.mfa", kSignIn, "2要素認証: enable"), Verdict::unknown)
      << "no log says that everybody uses it";
  const auto person = [](const char* word) {
    return row(read({{"users.csv", fmt::format("名前,二段階認証\r\n花子,{}\r\n", word)}}),
               "chatwork.mfa")
        .finding.verdict;
  };
  EXPECT_EQ(person("未設定"), Verdict::fail);
  EXPECT_EQ(person(""), Verdict::unknown);
  EXPECT_EQ(person("new word"), Verdict::unknown);
  EXPECT_EQ(person("設定済み"), Verdict::unknown) << "the table doesn't say when it was made";
}

TEST(Tables, OtherTablesPagesAndPapersAreToldApart) {
  const auto why = [](const char* bytes) {
    const auto reading = read_clouds({{"f", bytes}}, {}, kNow);
    return reading ? std::string() : reading.error().message.en;
  };
  EXPECT_THAT(why("a,b\n1,2\n"), testing::HasSubstr("tables"));
  EXPECT_THAT(why("<!DOCTYPE html><p>Sign in"), testing::HasSubstr("web page"));
  EXPECT_THAT(why("%PDF-1.7"), testing::HasSubstr("PDF"));
  EXPECT_THAT(why(R"({"policies": 1})"), testing::HasSubstr("can be read"));
  EXPECT_THAT(why(R"({"sekisho": "zoomm"})"), testing::HasSubstr("did you mean 'zoom'?"));
  EXPECT_THAT(why(R"({"sekisho": "entra-poeple"})"), testing::HasSubstr("'entra-people'"));
  EXPECT_THAT(why(R"({"sekisho": "skype"})"), testing::HasSubstr("no such name"));
}

/// A zip of files by name.
std::string zipped(const std::vector<std::pair<std::string, std::string>>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* kept = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* archive = zip_open_from_source(kept, ZIP_TRUNCATE, &error);
  zip_source_keep(kept);
  for (const auto& [name, bytes] : entries)
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0),
                 0);
  EXPECT_EQ(zip_close(archive), 0);
  zip_source_open(kept);
  zip_source_seek(kept, 0, SEEK_END);
  std::string out(static_cast<std::size_t>(zip_source_tell(kept)), '\0');
  zip_source_seek(kept, 0, SEEK_SET);
  zip_source_read(kept, out.data(), out.size());
  zip_source_close(kept);
  zip_source_free(kept);
  return out;
}

TEST(Zip, ItsFilesAreReadTogetherAndOthersPassedOver) {
  const std::string zip = zipped({{"../../etc/export.json", json::serialize(sound_export())},
                                  {"people.json", json::serialize(sound_people())},
                                  {"Reports/BaselineReports.html", "<html>report</html>"},
                                  {"__MACOSX/._people.json", "{"}});
  const CloudReading reading = read({{"all.zip", zip}});
  EXPECT_EQ(row(reading, "m365.mfa_all").finding.verdict, Verdict::pass);
  EXPECT_FALSE(read_clouds({{"none.zip", zipped({{"a.txt", "words"}})}}, {}, kNow));
}

TEST(Zip, WhatIsBrokenOrTooLargeInsideIsRefused) {
  const std::string sound = zipped({{"zoom.json", std::string(100'000, ' ')}});
  for (std::size_t cut = 4; cut < sound.size(); cut += 7)
    EXPECT_FALSE(read_clouds({{"z", sound.substr(0, cut)}}, {}, kNow)) << cut;
  const auto bomb = unzipped({"bomb.zip", zipped({{"a", std::string(60 << 20, ' ')}})});
  ASSERT_FALSE(bomb);
  EXPECT_THAT(bomb.error().message.en, testing::HasSubstr("too large"));
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 201; ++i) many.emplace_back(std::to_string(i), "{}");
  EXPECT_FALSE(unzipped({"many.zip", zipped(many)}));
  EXPECT_FALSE(read_clouds({{"in.zip", zipped({{"inner.zip", sound}})}}, {}, kNow))
      << "a zip in a zip isn't opened";
}

CloudChecks checks_of_clouds() {
  auto loaded = load_cloud_checks(embedded_guideline());
  EXPECT_TRUE(loaded);
  return loaded ? std::move(*loaded) : CloudChecks();
}

TEST(SettingGuides, OfMeetingsAnswerTheHandbookItemByItem) {
  for (const SettingGuide& guide : setting_guides()) {
    std::set<std::string_view> handbook;
    for (const GuideLine& line : guide.lines) {
      handbook.insert(line.handbook);
      EXPECT_NE(cloud_item(line.item), nullptr) << line.item;
    }
    EXPECT_EQ(handbook, (std::set<std::string_view>{"3-3", "3-4", "3-5", "8-5"}));
  }
}

TEST(SettingGuides, HaveEveryItemWithAllThatIsToBeSaidOfIt) {
  const CloudChecks checks = checks_of_clouds();
  std::set<std::string_view> told;
  for (const ServiceGuide& guide : service_guides(checks)) {
    EXPECT_FALSE(guide.lines.empty()) << guide.id;
    for (const ServiceGuideLine& line : guide.lines) {
      told.insert(line.item->id);
      EXPECT_EQ(line.item->service, guide.service) << line.item->id;
      for (const Text& text : {line.set, line.why, line.item->title, line.item->where})
        EXPECT_FALSE(text.ja.empty() || text.en.empty()) << line.item->id;
    }
  }
  for (const CloudItem& item : cloud_items()) EXPECT_TRUE(told.contains(item.id)) << item.id;
  for (const auto& some : {microsoft_advice(), google_advice(), service_advice()})
    for (const SettingAdvice& one : some) EXPECT_NE(cloud_item(one.item), nullptr) << one.item;
  EXPECT_EQ(setting_source("m365.mfa_all"), "CISA MS.AAD.3.2v2; CIS Microsoft 365 7.0: 5.2.2.2");
  EXPECT_EQ(setting_source("box.mfa"), "");
}

TEST(SettingGuides, SayWhatIsRightWhatIsOpenAndWhatWasNeverRead) {
  const json::array guides = setting_guides_json(checks_of_clouds(), [](std::string_view item) {
    if (item == "google.meet_join") return std::optional(Verdict::fail);
    return item == "zoom.waiting_room" ? std::optional(Verdict::pass) : std::nullopt;
  });
  const auto guide = [&](std::string_view id) {
    for (const json::value& one : guides)
      if (one.at("id").as_string() == id) return one.as_object();
    return json::object();
  };
  EXPECT_EQ(guide("zoom").at("right").to_number<int>(), 1);
  EXPECT_TRUE(guide("zoom").at("lines").at(1).at("verdict").is_null());
  // A setting that two items of the handbook ask for is one that is open.
  EXPECT_EQ(guide("meet").at("open").to_number<int>(), 1);
  EXPECT_EQ(guide("google").at("open").to_number<int>(), 0);
}

TEST(Settings, EachOfTheListIsJudgedSomewhereOrLeftOutForAReason) {
  std::ifstream file(SEKISHO_SOURCE_DIR "/src/collect/cloud/settings.tsv");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  std::set<std::string, std::less<>> judged_as;
  std::size_t count = 0;
  while (std::getline(file, line)) {
    const std::vector<std::string_view> cells = split(line, '\t');
    ASSERT_EQ(cells.size(), 5U) << line;
    ++count;
    EXPECT_NE(cells[3].empty(), cells[4].empty()) << line;
    if (cells[3].empty()) continue;
    EXPECT_NE(cloud_item(cells[3]), nullptr) << line;
    judged_as.emplace(cells[3]);
  }
  EXPECT_EQ(count, 218U);
  for (const CloudItem& item : cloud_items())
    if (item.id != "github.members" && item.id != "dropbox.link_default") {
      EXPECT_TRUE(judged_as.contains(item.id)) << item.id;
    }
}

/// Each setting that matters most is an item of a service whose test tries all of its items good,
/// bad, absent and unreadable, and fails for one that it leaves out; the others are named here with
/// the test that has them.
TEST(Settings, EachSevereOneIsTriedInItsFourStates) {
  const std::set<std::string_view> elsewhere{
      "cybozu.mfa", "cybozu.public", "chatwork.mfa",  // Tables.AreGoodBadAbsentAndUnreadable
      "google.mfa_user"};                             // Google.PeopleAreRegisteredAndCounted
  std::ifstream file(SEKISHO_SOURCE_DIR "/src/collect/cloud/settings.tsv");
  std::string line;
  std::set<std::string> severe;
  while (std::getline(file, line)) {
    const std::vector<std::string_view> cells = split(line, '\t');
    if (cells.at(1) == "S1" && !cells.at(3).empty()) severe.emplace(cells.at(3));
  }
  for (const CloudItem& item : cloud_items())
    if (item.severe) severe.emplace(item.id);
  EXPECT_GE(severe.size(), 36U);
  for (const std::string& id : severe) {
    const CloudItem* item = cloud_item(id);
    ASSERT_NE(item, nullptr) << id;
    EXPECT_TRUE(item->service < CloudService::cybozu || elsewhere.contains(item->id)) << id;
    EXPECT_NE(id, "webex.recording") << "which no test turns: nothing tells it";
    EXPECT_NE(id, "google.admin_count");
    EXPECT_NE(id, "m365.break_glass");
  }
}

/// Of each service's entries: good, bad, absent and unreadable.
TEST(Settings, PlacesInAnswersAreGoodBadAbsentAndUnreadable) {
  struct Place {
    std::string_view id;
    const char* good;
    const char* bad;
  };
  const std::vector<Place> places{
      {"zoom.auth_join", R"({"sekisho": "zoom", "meetingAuthentication":
          {"meeting_authentication": true, "authentication_options": [
            {"type": "enforce_login_with_same_account", "default_option": true},
            {"type": "enforce_login_with_domains", "domains": "firm.example"}]}})",
       R"({"sekisho": "zoom", "meetingAuthentication": {"meeting_authentication": false}})"},
      {"zoom.pmi_use", R"({"sekisho": "zoom", "settings": {"schedule_meeting":
          {"use_pmi_for_scheduled_meetings": false, "use_pmi_for_instant_meetings": false}}})",
       R"({"sekisho": "zoom", "settings": {"schedule_meeting":
          {"use_pmi_for_scheduled_meetings": false, "use_pmi_for_instant_meetings": true}}})"},
      {"zoom.rename", R"({"sekisho": "zoom", "settings": {"in_meeting":
          {"allow_participants_to_rename": false}}})",
       R"({"sekisho": "zoom", "settings": {"in_meeting": {"allow_participants_to_rename": true}}})"},
      {"zoom.files", R"({"sekisho": "zoom", "settings": {"in_meeting": {"file_transfer": false}}})",
       R"({"sekisho": "zoom", "settings": {"in_meeting": {"file_transfer": true}}})"},
      {"zoom.topic", R"({"sekisho": "zoom", "settings": {"schedule_meeting":
          {"not_store_meeting_topic": true}}})",
       R"({"sekisho": "zoom", "settings": {"schedule_meeting": {"not_store_meeting_topic": false}}})"},
      {"zoom.rec_auth", R"({"sekisho": "zoom", "recordingAuthentication":
          {"recording_authentication": true,
           "authentication_options": [{"type": "internally"}]}})",
       R"({"sekisho": "zoom", "recordingAuthentication": {"recording_authentication": false}})"},
      {"webex.capture", R"({"sekisho": "webex", "commonSettings": {"securityOptions":
          {"allowMobileScreenCapture": false}}})",
       R"({"sekisho": "webex", "commonSettings": {"securityOptions":
          {"allowMobileScreenCapture": true}}})"},
      {"box.link_custom", R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_open_custom_urls_disabled": {"is_used": true, "value": true}}}})",
       R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_open_custom_urls_disabled": {"is_used": true, "value": false}}}})"},
      {"box.link_expiry", R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_public_shared_links_expiration_enabled": {"is_used": true, "value": true},
           "public_shared_links_expiration_days": {"is_used": true, "value": 30}}}})",
       R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_public_shared_links_expiration_enabled": {"is_used": true, "value": true},
           "public_shared_links_expiration_days": {"is_used": true, "value": 90}}}})"},
      {"box.invite", R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_invite_privilege_restricted": {"is_used": true, "value": true}}}})",
       R"({"sekisho": "box", "configuration": {"content_and_sharing":
          {"is_invite_privilege_restricted": {"is_used": true, "value": false}}}})"},
      {"dropbox.folder_join", R"({"sekisho": "dropbox", "teamInfo": {"policies": {"sharing":
          {"shared_folder_join_policy": {".tag": "from_team_only"}}}}})",
       R"({"sekisho": "dropbox", "teamInfo": {"policies": {"sharing":
          {"shared_folder_join_policy": {".tag": "from_anyone"}}}}})"},
      {"dropbox.emm", R"({"sekisho": "dropbox", "teamInfo": {"policies":
          {"emm_state": {".tag": "required"}}}})",
       R"({"sekisho": "dropbox", "teamInfo": {"policies": {"emm_state": {".tag": "optional"}}}})"},
      {"github.default_right", R"({"sekisho": "github", "organization":
          {"default_repository_permission": "read"}})",
       R"({"sekisho": "github", "organization": {"default_repository_permission": "write"}})"},
      {"github.fork", R"({"sekisho": "github", "organization":
          {"members_can_fork_private_repositories": false}})",
       R"({"sekisho": "github", "organization": {"members_can_fork_private_repositories": true}})"}};
  for (const Place& place : places) {
    const auto verdict = [&](json::object all) {
      all["readAt"] = "2026-11-26T00:00:00Z";
      return row(read({{"s.json", json::serialize(all)}}), place.id).finding.verdict;
    };
    const json::object sound = parsed(place.good).get_object();
    EXPECT_EQ(verdict(sound), Verdict::pass) << place.id;
    EXPECT_EQ(verdict(parsed(place.bad).get_object()), Verdict::fail) << place.id;
    json::object empty{{"sekisho", sound.at("sekisho")}};
    EXPECT_EQ(verdict(empty), Verdict::unknown) << place.id;
    for (const auto& member : sound)
      if (member.key() != "sekisho")
        for (const char* odd : {"null", R"("@{x=y}")", R"({"odd": 1})"}) {
          empty[member.key()] = parsed(odd);
          EXPECT_EQ(verdict(empty), Verdict::unknown) << place.id << odd;
        }
  }
  for (const CloudItem& item : cloud_items())
    if (item.service >= CloudService::zoom && item.check.empty()) {
      EXPECT_NE(std::ranges::find(places, item.id, &Place::id), places.end()) << item.id;
    }
}

}  // namespace
}  // namespace sekisho
