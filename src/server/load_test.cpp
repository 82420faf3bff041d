// SPDX-License-Identifier: Apache-2.0
// A whole server under load: people, outsiders and devices at once, over real connections, while
// jobs run, files are read anew and in the end somebody stops it. Nothing that it acknowledged is
// lost; under the thread sanitizer (scripts/test) no two threads touch the same thing.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "collect/agent/device.h"
#include "loopback.h"
#include "office.h"

namespace sekisho {
namespace {

namespace json = boost::json;

unsigned short port_of(const std::string& url) {
  return static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));
}

class Load : public testing::Test {
 protected:
  Load()
      : office_([](ServerOptions& options) {
          options.clock = [] { return now(); };
          options.stopwatch = [] { return std::chrono::steady_clock::now(); };
          options.agents.on = true;
          options.agents.port = 0;
          options.agents.content = [] { return std::vector{ContentFile{"a.json", "{}"}}; };
        }),
        port_(port_of(office_.server().address())) {
    office_.time = now();
    admin_ = office_.administrator();
    worker_ = office_.newcomer(admin_, "worker@firm.example", {"teleworker"});
  }

  unsigned ask(const Visitor& who, const std::string& method, const std::string& path,
               const std::string& body = {}) const {
    const std::string headers =
        fmt::format("Cookie: {}\r\nX-Sekisho-Csrf: {}\r\n{}", who.cookie, who.csrf,
                    body.empty() ? "" : "Content-Type: application/json\r\n");
    return status_of(Asking(port_, "/api/v1" + path, headers, method, body).reply());
  }
  /// One that was acknowledged has to be there in the end.
  void acknowledged(unsigned status, const std::string& what) {
    EXPECT_NE(status, 500U) << what;
    if (status != 201) return;
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(what);
  }

  void one_person(int number) {
    const Visitor& who = number % 2 == 0 ? admin_ : worker_;
    for (int i = 0; !over_; ++i) {
      for (const char* path : {"/home", "/devices", "/me", "/checklist", "/line", "/audit"})
        EXPECT_NE(ask(who, "GET", path), 500U) << path;
      const std::string text = fmt::format("remark {} {}", number, i);
      acknowledged(ask(admin_, "POST", "/items/ask-SK-admin-B2/remarks",
                       json::serialize(json::object{{"text", text}})),
                   text);
      (void)ask(admin_, "POST", "/checks/ask-SK-admin-B2/answers",
                i % 2 == 0 ? R"({"reply":"yes"})" : R"({"reply":"no"})");
      if (number == 0)
        (void)ask(
            admin_, "PUT", "/organisation",
            R"({"name":"F","industry":"","size":"","methods":["vpn"],"situations":{},"ready":true})");
      ++rounds_;
    }
  }

  void one_outsider(int number) {
    while (!over_) {
      (void)ask({}, "POST", "/sign-in", R"({"email":"admin@firm.example","password":"wrong"})");
      (void)Asking(port_, "/nothing", "X: ", "GET").answered();
      EXPECT_NE(ask({}, "GET", "/state"), 500U) << number;
      ++rounds_;
    }
  }

  void one_device(const std::string& link, char machine) {
    const TempRoot folder;
    const MachineFacts facts{"pc", std::string(64, machine), {"debian", "12", "Debian 12"}};
    auto device = Device::enrol(folder.path() / "agent", *read_link(link), facts);
    ASSERT_TRUE(device) << device.error().describe(Lang::en);
    while (!over_) {
      EXPECT_TRUE(device->add(facts, now(),
                              {{"disk-encryption",
                                rounds_ % 2 == 0 ? Verdict::pass : Verdict::fail,
                                {"見た", "seen"}}}));
      if (const auto sent = device->send(now())) reports_ += static_cast<int>(sent->reports);
      (void)device->fetch_content(now());
      ++rounds_;
    }
  }
  Office office_;
  unsigned short port_;
  Visitor admin_;
  Visitor worker_;
  std::atomic<bool> over_ = false;
  std::atomic<int> rounds_ = 0;
  std::atomic<int> reports_ = 0;
  std::mutex mutex_;
  std::set<std::string> acknowledged_;
};

TEST_F(Load, EverythingAtOnceLosesNothing) {
  std::vector<std::string> links;
  for (int i = 0; i < 2; ++i) {
    const auto made = office_.must(admin_, "POST", "/enrolments", {{"person", 1}});
    links.emplace_back(made.at("link").as_string());
  }
  std::atomic<int> ticks = 0;
  std::jthread running([&] { EXPECT_TRUE(office_.server().run([&] { ++ticks; })); });
  std::vector<std::jthread> crowd;
  for (int i = 0; i < 5; ++i) crowd.emplace_back([&, i] { one_person(i); });
  for (int i = 0; i < 2; ++i) crowd.emplace_back([&, i] { one_outsider(i); });
  char machine = 'a';
  for (const std::string& link : links)
    crowd.emplace_back([&, link, which = machine++] { one_device(link, which); });
  while (ticks < 3 || rounds_ < 60 || reports_ < 4) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::raise(SIGHUP);
  }
  // In the middle of all that.
  office_.server().stop();
  running.join();
  over_ = true;
  crowd.clear();
  EXPECT_GT(acknowledged_.size(), 3U);
  const auto rows = office_.beside()->query("SELECT text FROM remark");
  ASSERT_TRUE(rows);
  std::multiset<std::string> there;
  for (const Row& row : *rows) there.insert(row.text(0));
  for (const std::string& text : acknowledged_) EXPECT_EQ(there.count(text), 1U) << text;
  EXPECT_GE(office_.count("device"), 2);
}

}  // namespace
}  // namespace sekisho
