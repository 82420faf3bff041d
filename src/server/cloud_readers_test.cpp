// SPDX-License-Identifier: Apache-2.0
// Clouds that the server reads by itself: when, what becomes of it, and who is told when it can't;
// with a clock that the test holds and a stand-in for the services.
#include "server/clouds/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "guideline/embedded.h"
#include "office.h"
#include "server/clouds/handlers.h"
#include "server/clouds/reading.h"
#include "temp_root.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

class CloudReaderJob : public testing::Test {
 protected:
  Office office_;
  Visitor admin_ = office_.administrator();
  std::unique_ptr<Database> db_ = office_.beside();
  TempRoot root_;
  ServerOptions options_ = [this] {
    ServerOptions options;
    options.clock = [this] { return office_.time; };
    return options;
  }();
  Board board_{Office::guideline(), [this] { return connect_database(office_.database()); },
               [this] { return office_.time; }, *load_cloud_checks(embedded_guideline())};
  KeptAnswers elsewhere_{[](const std::string&) { return Result<json::value>(nullptr); },
                         [] { return std::chrono::steady_clock::time_point(); }};
  Shop shop_{Office::guideline(), options_, board_, elsewhere_};
  Pool pool_{[this] { return connect_database(office_.database()); }};
  std::string folder_ = root_.at("/clouds").string();

  /// What the service answers, and how often it was asked.
  std::function<Result<CloudFile>()> answer_ = [this] { return Result<CloudFile>(zoom()); };
  int asked_ = 0;
  CloudReaders readers_{shop_, pool_, folder_,
                        [this](const CloudCredential&) {
                          ++asked_;
                          return answer_();
                        },
                        [] { return std::uint64_t{0}; }};

  void SetUp() override {
    root_.add("/clouds/zoom.json|0600",
              R"({"service":"zoom","account":"a","client":"c","secret":"QmFkU2VjcmV0"})");
    ASSERT_TRUE(
        db_->execute("INSERT INTO setting (name, value) VALUES ('smtp.url', "
                     "'smtp://127.0.0.1:9'), ('smtp.from', 'a@firm.example')"));
  }

  CloudFile zoom(bool waiting_room = true) const {
    return {
        "zoom",
        json::serialize(json::object{
            {"sekisho", "zoom"},
            {"readAt", format_time(office_.time)},
            {"meetingSecurity",
             json::object{
                 {"meeting_security",
                  json::object{{"waiting_room", waiting_room},
                               {"waiting_room_settings",
                                json::object{{"participants_to_place_in_waiting_room", 0}}}}}}}})};
  }
  void look() {
    const auto read = read_due_clouds(readers_);
    ASSERT_TRUE(read) << read.error().describe(Lang::en);
  }
  ReaderState state() {
    const auto job = job_state(*db_, "clouds/zoom");
    EXPECT_TRUE(job);
    return job && *job ? parse_reader_state((*job)->seen) : ReaderState();
  }
  Time due() { return (*job_state(*db_, "clouds/zoom"))->due; }
  std::size_t letters() {
    return db_->query("SELECT id FROM outbox WHERE event = 'clouds'")->size();
  }
};

TEST_F(CloudReaderJob, IsReadAtOnceAndThenEachWeekByNobody) {
  look();
  EXPECT_EQ(asked_, 1);
  const auto kept = kept_reading(*db_);
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->by, "");
  EXPECT_EQ(services_of(kept_rows_of(**kept)), std::set{CloudService::zoom});
  EXPECT_EQ(state().succeeded, office_.time);
  EXPECT_EQ(state().claim, "");
  EXPECT_EQ(due(), office_.time + days(7));
  office_.time += days(6);
  look();
  EXPECT_EQ(asked_, 1);
  office_.time += days(1);
  look();
  EXPECT_EQ(asked_, 2);
}

TEST_F(CloudReaderJob, OnlyWhereThereIsACredentialThatNobodyElseReads) {
  std::filesystem::permissions(folder_ + "/zoom.json", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  look();
  EXPECT_EQ(asked_, 0);
  ASSERT_TRUE(state().error);
  EXPECT_THAT(state().error->en, testing::HasSubstr("others may read it"));
  EXPECT_THAT(write_reader_state(state()), testing::Not(testing::HasSubstr("QmFkU2VjcmV0")));
  std::filesystem::remove(folder_ + "/zoom.json");
  office_.time += days(30);
  look();
  EXPECT_EQ(asked_, 0);
}

TEST_F(CloudReaderJob, IsTriedAgainEverLaterAndToldOnceAfterTheThirdTime) {
  answer_ = [] { return Result<CloudFile>(failure("断られました。", "it refused.", "zoom.us")); };
  look();
  EXPECT_EQ(due(), office_.time + minutes(15));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(letters(), 0U);
    office_.time = due();
    look();
  }
  const std::size_t told = letters();
  EXPECT_GT(told, 0U);
  for (int i = 0; i < 10; ++i) {
    office_.time = due();
    look();
  }
  EXPECT_EQ(letters(), told);
  EXPECT_EQ(due(), office_.time + hours(24));
  EXPECT_EQ(state().failures, 13);
  EXPECT_FALSE(state().succeeded);
  answer_ = [this] { return Result<CloudFile>(zoom()); };
  office_.time = due();
  look();
  EXPECT_EQ(state().failures, 0);
  EXPECT_FALSE(state().error);
}

TEST_F(CloudReaderJob, WhatIsKnownStaysWhileTheServiceAnswersInPart) {
  const auto waiting_room = [&] {
    for (const KeptRow& row : kept_rows_of(**kept_reading(*db_)))
      if (row.item->id == "zoom.waiting_room") return row.verdict;
    return Verdict::not_applicable;
  };
  look();
  ASSERT_EQ(waiting_room(), Verdict::pass);
  answer_ = [this] {
    CloudFile file = zoom();
    json::object all = json::parse(file.bytes).as_object();
    all["settings"] = json::parse(R"({"schedule_meeting":{"join_before_host":false}})");
    all["meetingSecurity"] = json::object{{"error", "the service is busy"}, {"later", true}};
    return Result<CloudFile>(CloudFile{file.name, json::serialize(all)});
  };
  const Time week = due();
  office_.time = week;
  look();
  EXPECT_EQ(state().failures, 1);
  EXPECT_EQ(due(), office_.time + minutes(15));
  EXPECT_EQ(waiting_room(), Verdict::pass);
  // It goes on so: what it does answer is taken, and it is asked again soon.
  for (int i = 0; i < 2; ++i) {
    office_.time = due();
    look();
  }
  EXPECT_EQ(state().failures, 0);
  ASSERT_TRUE(state().error);
  EXPECT_EQ(due(), office_.time + hours(24));
}

TEST_F(CloudReaderJob, OfSeveralServersOneReads) {
  answer_ = [this] {
    look();
    return Result<CloudFile>(zoom());
  };
  look();
  EXPECT_EQ(asked_, 1);
}

TEST_F(CloudReaderJob, WhoeverTookTooLongKeepsNothingOverWhatWasReadMeanwhile) {
  answer_ = [this] {
    if (asked_ > 1) return Result<CloudFile>(zoom());
    office_.time += hours(1);
    look();
    return Result<CloudFile>(failure("遅すぎました。", "it was too late."));
  };
  look();
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(state().failures, 0);
  EXPECT_TRUE(state().succeeded);
}

TEST_F(CloudReaderJob, WhatWasCutOffAsTheServerEndedIsGivenBack) {
  std::stop_source ending;
  answer_ = [this, &ending] {
    ending.request_stop();
    return Result<CloudFile>(zoom());
  };
  CloudReaders ends = readers_;
  ends.quit = ending.get_token();
  ASSERT_TRUE(read_due_clouds(ends));
  EXPECT_EQ(asked_, 1);
  EXPECT_FALSE(*kept_reading(*db_)) << "half of it may be missing";
  EXPECT_EQ(state(), ReaderState());
  look();
  EXPECT_EQ(asked_, 2);
  EXPECT_TRUE(state().succeeded);
}

TEST_F(CloudReaderJob, WhatTheServiceDoesNotTellStandsAsItWasExported) {
  const auto verdict = [this](std::string_view id) {
    const auto kept = kept_reading(*db_);
    for (const KeptRow& row : kept_rows_of(**kept))
      if (row.item->id == id) return row.verdict;
    return Verdict::unknown;
  };
  look();
  EXPECT_EQ(verdict("zoom.waiting_room"), Verdict::pass);
  answer_ = [this] {
    return Result<CloudFile>(CloudFile{
        "zoom",
        json::serialize(json::object{
            {"sekisho", "zoom"},
            {"readAt", format_time(office_.time)},
            {"settings", json::object{{"in_meeting", json::object{{"remote_control", true}}}}}})});
  };
  office_.time += days(7);
  look();
  EXPECT_EQ(verdict("zoom.remote_control"), Verdict::fail);
  EXPECT_EQ(verdict("zoom.waiting_room"), Verdict::pass) << "it isn't in what was read now";
  answer_ = [this] { return Result<CloudFile>(zoom(false)); };
  office_.time += days(7);
  look();
  EXPECT_EQ(verdict("zoom.waiting_room"), Verdict::fail);
}

/// Another account's settings take the place of nothing that the server reads by itself.
TEST_F(CloudReaderJob, AnotherAccountsSettingsAreRefused) {
  const auto of = [this](const char* account, bool waiting_room) {
    json::object all = json::parse(zoom(waiting_room).bytes).as_object();
    if (*account != '\0') all["accountId"] = account;
    return Result<CloudFile>(CloudFile{"zoom", json::serialize(all)});
  };
  const auto waiting_room = [&] { return kept_rows_of(**kept_reading(*db_)).front(); };
  answer_ = [&] { return of("", false); };
  look();
  EXPECT_EQ(waiting_room().account, "") << "it doesn't say";
  for (const char* same : {"Firm", "firm"}) {
    answer_ = [&] { return of(same, true); };
    office_.time = due();
    look();
    ASSERT_FALSE(state().error);
    EXPECT_EQ(waiting_room().account, "firm");
  }
  for (const char* other : {"other", ""}) {
    answer_ = [&] { return of(other, false); };
    office_.time = due();
    look();
    ASSERT_TRUE(state().error) << other;
    EXPECT_THAT(state().error->en, testing::HasSubstr("firm"));
    EXPECT_EQ(waiting_room().account, "firm");
    for (const KeptRow& row : kept_rows_of(**kept_reading(*db_))) {
      if (row.item->id == "zoom.waiting_room") {
        EXPECT_EQ(row.verdict, Verdict::pass);
      }
    }
  }
}

TEST(CloudReaderState, SurvivesBeingWritten) {
  ReaderState one{*parse_time("2026-11-27T00:00:00Z"), *parse_time("2026-11-20T00:00:00Z"), 3,
                  Text{"断られました。", "it refused."}, "claim"};
  EXPECT_EQ(parse_reader_state(write_reader_state(one)), one);
  EXPECT_EQ(parse_reader_state("not json"), ReaderState());
}

TEST_F(CloudReaderJob, AReviewIsToldTwoWeeksBeforeAndOnce) {
  const auto calendar = calendar_of(*db_);
  ASSERT_TRUE(calendar);
  const Day today = calendar->day(office_.time);
  const auto enter = [&](const char* service, const Day& review, bool in_use) {
    ASSERT_TRUE(db_->execute(
        "INSERT INTO cloud_service (name, provider, settings, in_use, users, owner_id, grade, "
        "theirs, ours, certificates, reviewed_on, review_on, version, reminded_of) VALUES (?, '', "
        "'[]', ?, '', NULL, '', '', '', '[]', '', ?, 1, '')",
        {std::string(service), std::int64_t{in_use}, format_day(review)}));
  };
  enter("Kintone", today + days(15), true);
  enter("Old", today + days(1), false);
  const auto told = [&] {
    run_cloud_jobs(shop_, *db_, office_.time);
    return db_->query("SELECT id FROM outbox WHERE event = 'cloud-review'")->size();
  };
  EXPECT_EQ(told(), 0U) << "too early, and what is in no use isn't reviewed";
  office_.time += days(1);
  const std::size_t once = told();
  EXPECT_GT(once, 0U);
  office_.time += days(1);
  EXPECT_EQ(told(), once) << "nobody is told twice";
  ASSERT_TRUE(db_->execute("UPDATE cloud_service SET review_on = ? WHERE name = 'Kintone'",
                           {format_day(today + days(10))}));
  office_.time += days(1);
  EXPECT_EQ(told(), 2 * once) << "another day is told anew";
}

}  // namespace
}  // namespace sekisho
