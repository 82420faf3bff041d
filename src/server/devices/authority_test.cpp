// SPDX-License-Identifier: Apache-2.0
// Eleven years by the day: devices that come and go, a server that is begun anew and set back, and
// a clock that is wrong now and then. Nobody who renews in time is ever cut off.
#include "server/devices/authority.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <random>
#include <set>

#include "collect/agent/agent.h"
#include "databases.h"
#include "server/devices/agents.h"

namespace sekisho {
namespace {

using std::chrono::days;
using std::chrono::hours;

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* x509) const { X509_free(x509); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using Pem = std::unique_ptr<X509, Free>;

std::vector<Pem> all_of(const std::string& pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Pem> list;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    list.emplace_back(one);
  return list;
}

/// As TLS does it: a chain to one of those that are believed, at this time.
bool holds(const std::string& certificate, const std::string& believed, Time now) {
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  for (const Pem& one : all_of(believed)) X509_STORE_add_cert(store.get(), one.get());
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), now.time_since_epoch().count());
  const auto shown = all_of(certificate);
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), shown.front().get(), nullptr);
  return X509_verify_cert(context.get()) == 1;
}

class Succession : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    db_ = open();
    ASSERT_TRUE(db_);
  }
  Authorities now_is(Time now) {
    auto there = organisation_authorities(*db_, now);
    EXPECT_TRUE(there) << there.error().describe(Lang::en);
    return std::move(*there);
  }
  std::string server_shows(const Authorities& all, Time now) const {
    return all.current.certify_server(key_, {"127.0.0.1"}, now)->pem;
  }
  /// Everything but the keys' pairs as it is kept, to be set back to.
  Settings kept() { return *settings(*db_); }

  std::unique_ptr<Database> db_;
  KeyPair key_ = *KeyPair::make();
  const Time start_ = *parse_time("2026-11-24T09:00:00Z");
};
SEKISHO_BOTH_DATABASES(Succession);

struct RemoteDevice {
  KeyPair key = *KeyPair::make();
  std::string certificate;
  std::string believed;
  Time ends;
  Time away_until;

  void take(const Authorities& all, Time now) {
    const auto given = all.current.certify(key.request(), "device", now);
    certificate = given->pem;
    ends = given->not_after;
    believed = all.believed();
  }
};

TEST_P(Succession, NobodyWhoRenewsInTimeIsEverCutOff) {
  std::mt19937 random(postgres() ? 2 : 1);
  std::vector<RemoteDevice> devices(6);
  std::string turns;
  std::set<std::string> used;
  const int last = postgres() ? 9 * 365 + 200 : 11 * 365;
  for (RemoteDevice& one : devices) one.take(now_is(start_), start_);
  for (int day = postgres() ? 8 * 365 - 10 : 0; day < last;
       day += 1 + static_cast<int>(random() % 3)) {
    const Time now = start_ + days(day);
    // For a moment the clock is years ahead, or behind.
    if (random() % 50 == 0) (void)now_is(now + days(random() % 4000));
    if (random() % 50 == 0) (void)now_is(now - days(random() % 400));
    const Authorities all = now_is(now);
    if (turns.empty()) turns = all.turns;
    ASSERT_EQ(all.turns, turns) << "devices would be taken for copies";
    used.insert(all.current.certificate().fingerprint);
    const std::string shown = server_shows(all, now);
    for (RemoteDevice& one : devices) {
      if (day == 0 || (postgres() && one.ends <= now)) one.take(all, now);
      if (now < one.away_until) continue;
      ASSERT_GT(one.ends, now) << day;
      ASSERT_TRUE(holds(shown, one.believed, now)) << "the server, day " << day;
      ASSERT_TRUE(holds(one.certificate, all.believed(), now)) << "a device, day " << day;
      if (one.ends - now <= kRenewBefore) one.take(all, now);
      if (random() % 40 == 0) one.away_until = now + days(random() % 28);
    }
    ASSERT_GT(all.current.certificate().not_after, now + days(91)) << day;
    ASSERT_LE(all_of(all.believed()).size(), 3U);
    // Whoever is let in anew now and then.
    if (random() % 30 == 0) devices.at(random() % devices.size()).take(all, now);
  }
  EXPECT_EQ(used.size(), 2U);
}

TEST_P(Succession, AClockThatIsAheadForAMomentChangesNobodysAuthority) {
  const std::string first = now_is(start_).current.certificate().fingerprint;
  for (int year = 1; year < 10; ++year)
    EXPECT_EQ(now_is(start_ + days(365 * year)).current.certificate().fingerprint, first);
  const Authorities all = now_is(start_ + hours(1));
  EXPECT_EQ(all.current.certificate().fingerprint, first);
  EXPECT_FALSE(all.next) << "one of the future";
  EXPECT_EQ(all_of(all.believed()).size(), 1U);
}

TEST_P(Succession, AKeyThatCannotBeReadCertifiesNobodyAndStaysAsItIs) {
  (void)now_is(start_);
  const Guideline guideline;
  ServerOptions options;
  options.clock = [this] { return start_; };
  const std::string good = kept().at("agents.key");
  for (const std::string& broken :
       {std::string("x"), good.substr(0, good.size() / 2), KeyPair::make()->pem()}) {
    ASSERT_TRUE(set_setting(*db_, "agents.key", broken));
    for (const Time time : {start_, start_ + days(3640)})
      EXPECT_FALSE(organisation_authorities(*db_, time));
    // None is made in its place, and nobody listens to devices without one.
    EXPECT_EQ(kept().at("agents.key"), broken);
    EXPECT_FALSE(Agents::open(*db_, guideline, options));
  }
  ASSERT_TRUE(set_setting(*db_, "agents.key", good));
  EXPECT_EQ(now_is(start_).current.key_pem(), good);
}

TEST_P(Succession, WritesNothingWhileThereIsNothingToDo) {
  (void)now_is(start_);
  const auto before = kept();
  for (int day = 0; day < 2900; day += 7) (void)now_is(start_ + days(day));
  EXPECT_EQ(kept(), before);
  (void)now_is(start_ + days(2930));
  const auto offered = kept();
  EXPECT_NE(offered, before);
  for (int hour = 0; hour < 5; ++hour) (void)now_is(start_ + days(2930) + hours(hour));
  EXPECT_EQ(kept(), offered) << "a day counts once";
}

}  // namespace
}  // namespace sekisho
