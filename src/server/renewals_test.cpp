// SPDX-License-Identifier: Apache-2.0
// What agents are shown, by a clock that goes where the test sets it: the certificate is renewed in
// good time, for new connections, while old ones go on.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "office.h"

namespace sekisho {
namespace {

using std::chrono::days;

struct Free {
  void operator()(SSL_CTX* tls) const { SSL_CTX_free(tls); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* x509) const { X509_free(x509); }
};

/// A connection to where agents report; it believes whatever it is shown.
class Agent {
 public:
  explicit Agent(std::string where)
      : tls_(SSL_CTX_new(TLS_client_method())), bio_(BIO_new_ssl_connect(tls_.get())) {
    // As BIO_set_conn_hostname, which casts const away.
    BIO_ctrl(bio_.get(), BIO_C_SET_CONNECT, 0, where.data());
    connected_ = BIO_do_connect(bio_.get()) == 1;
  }
  bool connected() const { return connected_; }
  Time shown_until() const { return moment(&X509_get0_notAfter); }
  Time shown_from() const { return moment(&X509_get0_notBefore); }
  /// The status line of an answer.
  std::string ask() {
    constexpr std::string_view kAsked =
        "GET /agent/v1/authority HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    std::array<char, 4096> answer{};
    BIO_write(bio_.get(), kAsked.data(), static_cast<int>(kAsked.size()));
    const int count = BIO_read(bio_.get(), answer.data(), static_cast<int>(answer.size()));
    const std::string_view said(answer.data(), static_cast<std::size_t>(std::max(count, 0)));
    return std::string(said.substr(0, said.find('\r')));
  }

 private:
  Time moment(const ASN1_TIME* (*which)(const X509*)) const {
    SSL* ssl = nullptr;
    BIO_get_ssl(bio_.get(), &ssl);
    const std::unique_ptr<X509, Free> shown(SSL_get1_peer_certificate(ssl));
    std::tm parts{};
    if (!shown || ASN1_TIME_to_tm(which(shown.get()), &parts) != 1) return {};
    return std::chrono::floor<std::chrono::seconds>(
        std::chrono::system_clock::from_time_t(::timegm(&parts)));
  }

  std::unique_ptr<SSL_CTX, Free> tls_;
  std::unique_ptr<BIO, Free> bio_;
  bool connected_ = false;
};

TEST(Renewals, ACertificateForAgentsNeverEndsWhileTheServerRuns) {
  const TempRoot root;
  const Time start = *parse_time("2026-11-24T00:00:00Z");
  std::atomic<Time> time = start;
  ServerOptions options;
  options.listen.port = 0;
  options.agents.on = true;
  options.agents.port = 0;
  options.agents.content = [] { return std::vector<ContentFile>(); };
  options.database = root.at("/s.db").string();
  options.clock = [&] { return time.load(); };
  auto server = Server::open(Office::guideline(), std::move(options));
  ASSERT_TRUE(server);
  const std::string where = (*server)->agents_address().substr(std::string_view("https://").size());
  const std::jthread running([&] { EXPECT_TRUE((*server)->run([] {})); });
  const auto shown = [&](auto is_right) {
    for (int i = 0; i < 1200; ++i) {
      const Agent agent(where);
      if (agent.connected() && is_right(agent)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };
  Agent old(where);
  ASSERT_TRUE(old.connected());
  EXPECT_EQ(old.ask(), "HTTP/1.1 200 OK");
  const Time first = old.shown_until();
  EXPECT_GT(first, start + days(89));
  time = first - days(29);
  EXPECT_TRUE(shown([&](const Agent& agent) { return agent.shown_until() > first + days(30); }));
  EXPECT_EQ(old.ask(), "HTTP/1.1 200 OK") << "the old connection goes on";
  // A clock that was ahead for a while, and is right again.
  time = start + days(1000);
  EXPECT_TRUE(shown([&](const Agent& agent) { return agent.shown_from() > start + days(900); }));
  time = start + days(61);
  EXPECT_TRUE(shown([&](const Agent& agent) {
    return agent.shown_from() <= time.load() && agent.shown_until() > time.load();
  }));
  (*server)->stop();
}

/// Whatever comes to pass in the end does so within a minute.
bool in_the_end(const auto& is_so) {
  for (int i = 0; i < 1200 && !is_so(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return is_so();
}

TEST(Renewals, EverySecretInAFileIsReadAnewWhileTheServerRuns) {
  const TempRoot root;
  ServerOptions options;
  options.listen.port = 0;
  options.database = root.at("/s.db").string();
  std::vector<std::string> told;
  std::mutex mutex;
  options.tell = [&](const Text& text) {
    const std::scoped_lock lock(mutex);
    told.push_back(text.en);
  };
  std::vector<std::pair<std::string, std::shared_ptr<SecretFile>>> secrets;
  for (std::shared_ptr<SecretFile>* one : {&options.oidc.secret_file, &options.line_secret_file}) {
    const std::string path = root.at(fmt::format("/secret{}", secrets.size())).string();
    ASSERT_TRUE(write_file_atomically(path, "first", 0600));
    *one = *SecretFile::open(path);
    secrets.emplace_back(path, *one);
  }
  auto server = Server::open(Office::guideline(), std::move(options));
  ASSERT_TRUE(server);
  const std::jthread running([&] { EXPECT_TRUE((*server)->run([] {})); });
  for (const auto& [path, secret] : secrets) {
    ASSERT_TRUE(write_file_atomically(path, "second", 0600));
    EXPECT_TRUE(in_the_end([&] { return secret->value() == "second"; })) << path;
    ASSERT_TRUE(write_file_atomically(path, "", 0600));
  }
  const auto count = [&] {
    const std::scoped_lock lock(mutex);
    return std::ranges::count_if(
        told, [](const std::string& text) { return text.contains("the old one stays in use"); });
  };
  EXPECT_TRUE(in_the_end([&] { return count() == 2; }));
  std::this_thread::sleep_for(std::chrono::seconds(5));
  EXPECT_EQ(count(), 2) << "told once, not at each look";
  for (const auto& [path, secret] : secrets) EXPECT_EQ(secret->value(), "second") << path;
  (*server)->stop();
}

/// Reads lists as slowly as the test wants it to, and remembers who did.
struct Lists {
  std::mutex mutex;
  std::condition_variable changed;
  bool slow = false;
  std::string stamp = "first";
  int waiting = 0;
  std::vector<std::thread::id> readers;

  FeedsInUse::Newest read() {
    std::unique_lock lock(mutex);
    readers.push_back(std::this_thread::get_id());
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [&] { return !slow; });
    --waiting;
    if (stamp == "broken") return failure("壊れています。", "it is broken.");
    Feeds all;
    all.stamp = stamp;
    return std::make_shared<const Feeds>(std::move(all));
  }
  void now(bool is_slow, const std::string& is) {
    const std::scoped_lock lock(mutex);
    slow = is_slow;
    stamp = is;
    changed.notify_all();
  }
};

TEST(Renewals, NobodyWhoAsksReadsListsOrWaitsForThem) {
  Lists lists;
  Office office([&](ServerOptions& options) { options.feeds = [&lists] { return lists.read(); }; });
  ASSERT_EQ(lists.readers.size(), 1U) << "once, at the start";
  Visitor admin = office.administrator();
  const std::jthread running([&] { EXPECT_TRUE(office.server().run([] {})); });
  lists.now(true, "second");
  {
    std::unique_lock lock(lists.mutex);
    EXPECT_TRUE(
        lists.changed.wait_for(lock, std::chrono::minutes(1), [&] { return lists.waiting > 0; }));
  }
  // Each of these judges by lists, while others are being read that never end.
  const std::string cyclonedx =
      R"({"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"application","name":"x","version":"1"}]})";
  EXPECT_TRUE(
      office.beside()->execute("INSERT INTO device (subject, name, state, created_at) VALUES "
                               "('device:1', 'd', 'active', 0)"));
  const std::string id = "1";
  EXPECT_EQ(office.ask(admin, "GET", "/feeds").status, 200U);
  EXPECT_EQ(office.ask(admin, "GET", "/devices/" + id).status, 200U);
  EXPECT_LT(office
                .ask(admin, "PUT", "/devices/" + id + "/software", cyclonedx,
                     {{"content-type", "application/octet-stream"}})
                .status,
            500U);
  lists.now(false, "broken");
  EXPECT_TRUE(in_the_end([&] {
    return office
               .ask(admin, "PUT", "/devices/" + id + "/software", cyclonedx,
                    {{"content-type", "application/octet-stream"}})
               .status == 503;
  })) << "lists in pieces judge nothing";
  const std::scoped_lock lock(lists.mutex);
  for (const std::thread::id& reader : lists.readers)
    if (&reader != lists.readers.data()) {
      EXPECT_NE(reader, std::this_thread::get_id());
    }
  office.server().stop();
}

}  // namespace
}  // namespace sekisho
