// Whether it is ready, with databases that hang and jobs that don't come by.
#include "server/health.h"

#include <gtest/gtest.h>

#include <future>

#include "temp_root.h"

namespace sekisho {
namespace {

using std::chrono::minutes;
using std::chrono::steady_clock;

class HealthTest : public testing::Test {
 protected:
  HealthTest() {
    options_.database = root_.at("/s.db").string();
    options_.feeds_folder = root_.at("/").string();
    options_.stopwatch = [this] { return steady_clock::time_point(time_.load()); };
    options_.connect = [this](const std::string& where) {
      ++opened_;
      if (hangs_) released_.wait();
      return connect_database(where);
    };
    EXPECT_TRUE(open_database(options_.database));
  }
  /// As of now, what was seen being kept for a second; however slow this machine is.
  static Health later(HealthWatch& watch) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    return settled(watch);
  }
  static Health settled(HealthWatch& watch) {
    Health seen = watch.look();
    for (int i = 0; i < 600 && seen.code == "database-slow"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      seen = watch.look();
    }
    return seen;
  }

  TempRoot root_;
  std::atomic<steady_clock::duration> time_{std::chrono::hours(1)};
  std::atomic<bool> hangs_{false};
  std::atomic<int> opened_{0};
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  ServerOptions options_;
  Pool pool_{[this] { return options_.connect(options_.database); }};
};

TEST_F(HealthTest, ItIsReadyWhileItServesAndItsJobsComeBy) {
  HealthWatch watch(options_, pool_);
  EXPECT_EQ(settled(watch).code, "starting");
  watch.begins();
  watch.alive("jobs");
  watch.alive("outbox");
  EXPECT_EQ(later(watch).code, "");
  EXPECT_EQ(settled(watch).devices, 0);
  time_ = time_.load() + minutes(9);
  watch.alive("jobs");
  EXPECT_TRUE(watch.jobs_alive());
  time_ = time_.load() + minutes(2);
  EXPECT_FALSE(watch.jobs_alive()) << "the outbox has not come by";
  EXPECT_EQ(later(watch).code, "jobs-stalled");
  watch.alive("outbox");
  EXPECT_EQ(later(watch).code, "");
  watch.ends();
  EXPECT_EQ(later(watch).code, "stopping");
}

TEST_F(HealthTest, ADatabaseThatHangsKeepsNobodyAndIsAskedOnce) {
  HealthWatch watch(options_, pool_);
  watch.begins();
  ASSERT_EQ(settled(watch).code, "");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  hangs_ = true;
  const int before = opened_;
  std::vector<std::future<std::string>> asked;
  asked.reserve(40);
  for (int i = 0; i < 40; ++i)
    asked.push_back(std::async(std::launch::async, [&] { return watch.look().code; }));
  for (auto& one : asked) EXPECT_EQ(one.get(), "database-slow");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(watch.look().code, "database-slow");
  EXPECT_EQ(opened_ - before, 1);
  release_.set_value();
  EXPECT_EQ(settled(watch).code, "");
}

TEST_F(HealthTest, AFileThatWasPutInTheOthersPlaceIsFoundOut) {
  HealthWatch watch(options_, pool_);
  watch.begins();
  const auto copy = root_.at("/older.db");
  ASSERT_TRUE(open_database(copy.string()));
  ASSERT_EQ(settled(watch).code, "");
  std::filesystem::rename(copy, options_.database);
  EXPECT_EQ(later(watch).code, "database-replaced");
  std::filesystem::remove(options_.database);
  EXPECT_NE(later(watch).code, "");
}

}  // namespace
}  // namespace sekisho
