// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "databases.h"
#include "store/audit.h"
#include "store/copy.h"
#include "store/id.h"
#include "store/replaced.h"

namespace sekisho {
namespace {

Evidence answer(std::string check) {
  return {
      kOrganisation,
      std::move(check),
      {Verdict::pass, {"はい", "Yes"}, Compared{.source = Compared::Source::person, .place = "花"}},
      *parse_time("2026-11-24T00:00:00Z"),
      *parse_time("2027-11-24T00:00:00Z"),
      "person:花"};
}

Evidence seen(const char* at, Verdict verdict) {
  const Time time = *parse_time(at);
  return {{"host:a"},
          "updates",
          {verdict, {"件", "n"}, Compared{.place = "/var/lib/dpkg/status", .seen = at}},
          time,
          time + std::chrono::days(2),
          "collector:host"};
}

/// The rows that were written after a change, in that order.
std::vector<KeptEvidence> written_after(Database& database, std::int64_t change) {
  std::vector<KeptEvidence> list;
  const auto rows = database.query(
      std::string("SELECT ") + kEvidenceColumns + " FROM evidence WHERE change > ? ORDER BY change",
      {change});
  EXPECT_TRUE(rows);
  if (rows)
    for (const Row& row : *rows) list.push_back(kept_evidence(row));
  return list;
}

using Stores = Databases;
SEKISHO_BOTH_DATABASES(Stores);

TEST_P(Stores, KeepEvidenceInOrderAcrossOpenings) {
  {
    const auto store = open();
    ASSERT_TRUE(append_evidence(*store, {answer("a"), answer("b'; DROP TABLE evidence; --")}));
    ASSERT_TRUE(set_setting(*store, "method", "vpn"));
    ASSERT_TRUE(set_setting(*store, "method", "cloud"));
  }
  const auto store = open();
  const auto evidence = all_evidence(*store);
  ASSERT_EQ(evidence->size(), 2U);
  EXPECT_EQ((*evidence)[1].check, "b'; DROP TABLE evidence; --");
  EXPECT_EQ((*evidence)[0].source, "person:花");
  EXPECT_EQ((*evidence)[0].detail(), (Text{"はい", "Yes"}));
  EXPECT_EQ((*evidence)[0].valid_until, *parse_time("2027-11-24T00:00:00Z"));
  EXPECT_EQ(settings(*store)->at("method"), "cloud");
}

TEST_P(Stores, EvidenceAndAuditCannotBeChangedOrRemoved) {
  const auto store = open();
  ASSERT_TRUE(append_evidence(*store, {answer("a")}));
  EXPECT_FALSE(store->query("UPDATE evidence SET verdict = 'fail'"));
  EXPECT_FALSE(store->query("UPDATE evidence SET valid_until = 1"));
  EXPECT_FALSE(store->query("DELETE FROM evidence"));
  ASSERT_TRUE(
      store->query("INSERT INTO audit (at, actor, action, item, detail, previous, hash) VALUES (1, "
                   "'', '', '', '', '', '')"));
  EXPECT_FALSE(store->query("UPDATE audit SET actor = 'x'"));
  EXPECT_FALSE(store->query("DELETE FROM audit"));
}

// Whoever has the file drops the triggers first; the chain shows what they did then.
TEST_P(Stores, AnAuditLogShowsEveryEntryThatDoesNotFollow) {
  const auto store = open();
  for (int i = 1; i <= 4; ++i)
    ASSERT_TRUE(
        append_audit(*store, Time(std::chrono::seconds(i)), "a", "b", std::to_string(i), "{}"));
  const auto whole = verify_audit(*store);
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->first_broken);
  EXPECT_EQ(whole->entries, 4);
  const bool sqlite = store->kind() == Database::Kind::sqlite;
  ASSERT_TRUE(store->script(
      sqlite ? "DROP TRIGGER audit_stays; DROP TRIGGER audit_remains;"
             : "DROP TRIGGER audit_stays ON audit; DROP TRIGGER audit_remains ON audit;"));
  const auto after = [&](const std::string& change) {
    std::optional<std::int64_t> broken;
    (void)store->write([&]() -> Result<void> {
      EXPECT_TRUE(store->execute(change)) << change;
      broken = verify_audit(*store)->first_broken;
      return failure("", "");  // and back again
    });
    return broken;
  };
  for (const char* column : {"actor", "action", "item", "detail", "previous", "hash"})
    EXPECT_EQ(after(std::string("UPDATE audit SET ") + column + " = 'x' WHERE id = 2"), 2)
        << column;
  EXPECT_EQ(after("UPDATE audit SET at = 9 WHERE id = 2"), 2);
  EXPECT_EQ(after("DELETE FROM audit WHERE id = 1"), 2);
  EXPECT_EQ(after("DELETE FROM audit WHERE id = 3"), 4);
}

TEST_P(Stores, WhatIsOverMayBeDeletedAndNothingElse) {
  const auto store = open();
  ASSERT_TRUE(append_evidence(*store, {seen("2026-11-01T00:00:00Z", Verdict::pass),
                                       seen("2026-11-20T00:00:00Z", Verdict::fail)}));
  const auto left = [&] { return store->query("SELECT 1 FROM evidence")->size(); };
  const Time over = *parse_time("2026-11-10T00:00:00Z");
  const auto horizon =
      std::chrono::duration_cast<std::chrono::seconds>(over.time_since_epoch()).count();
  ASSERT_TRUE(set_setting(*store, "retention.horizon", std::to_string(horizon)));
  EXPECT_FALSE(store->query("DELETE FROM evidence"));
  EXPECT_EQ(left(), 2U);
  EXPECT_TRUE(store->execute("DELETE FROM evidence WHERE valid_until < ?", {horizon}));
  EXPECT_EQ(left(), 1U);
  const auto subject = store->query("SELECT subject FROM evidence")->front().text(0);
  ASSERT_TRUE(
      store->execute("INSERT INTO device (subject, name, state, created_at, erased) VALUES "
                     "(?, '', 'retired', 1, 1)",
                     {subject}));
  EXPECT_TRUE(store->query("DELETE FROM evidence"));
  EXPECT_EQ(left(), 0U);
}

// Names give way to a number, everything else stays, and the chain is whole.
TEST_P(Stores, AnAuditLogWithoutSomebodysNameIsWhole) {
  const auto store = open();
  const auto add = [&](const char* actor, const char* action, const char* item,
                       const char* detail) {
    ASSERT_TRUE(append_audit(*store, Time(std::chrono::seconds(7)), actor, action, item, detail));
  };
  add("林 <hayashi@a.jp>", "remarked", "disk-encryption", R"({"note":"小林さんに聞いた"})");
  add("小林 <k.hayashi@a.jp>", "told", "hayashi@a.jp",
      R"({"to":"林 <hayashi@a.jp>","hayashi@a.jp":["x hayashi@a.jp, y"]})");
  add("Mori <m@a.jp>", "person-changed", "hayashi@a.jp", R"({"renamed":{"from":"林","to":"森"}})");
  add("Mori <m@a.jp>", "assigned", "m@a.jp", R"({"to":"林","seal":"林"})");
  add("林 <hayashi@a.jp>", "sign-in", "hayashi@a.jp", R"({"from":"198.51.100.7"})");
  add("Mori <m@a.jp>", "device-changed", "machine:9", R"({"name":"林のパソコン"})");
  add("Mori <m@a.jp>", "device-changed", "machine:8", R"({"name":"林のパソコン"})");
  add("Mori <m@a.jp>", "x", "m@a.jp", "not JSON: hayashi@a.jp");
  const std::string before = verify_audit(*store)->last_hash;
  const auto redact = [&](const KnownAs& who, const char* with) {
    std::int64_t changed = -1;
    (void)store->write([&]() -> Result<void> {
      const auto done = redact_audit(*store, Time(std::chrono::seconds(9)), "b", who, with);
      changed = done.value_or(-1);
      return done ? Result<void>() : std::unexpected(done.error());
    });
    return changed;
  };
  EXPECT_EQ(redact({"hayashi@a.jp", {"machine:9"}}, "person-3"), 5);
  const auto said = [&](int id) {
    const auto row =
        store->query("SELECT actor, item, detail FROM audit WHERE id = ?", {std::int64_t{id}});
    return row->front().text(0) + "|" + row->front().text(1) + "|" + row->front().text(2);
  };
  EXPECT_EQ(said(1), R"(person-3|disk-encryption|{"note":"小林さんに聞いた"})");
  EXPECT_EQ(said(2),
            R"(小林 <k.hayashi@a.jp>|person-3|{"to":"person-3","hayashi@a.jp":["x person-3, y"]})");
  EXPECT_EQ(said(3), R"(Mori <m@a.jp>|person-3|{"renamed":{"from":"person-3","to":"person-3"}})");
  // A name may be anybody's: what isn't about that person stays.
  EXPECT_EQ(said(4), R"(Mori <m@a.jp>|m@a.jp|{"to":"林","seal":"林"})");
  EXPECT_EQ(said(5), R"(person-3|person-3|{"from":""})");
  EXPECT_EQ(said(6), R"(Mori <m@a.jp>|machine:9|{"name":"person-3"})");
  EXPECT_EQ(said(7), R"(Mori <m@a.jp>|machine:8|{"name":"林のパソコン"})");
  EXPECT_EQ(said(8), "Mori <m@a.jp>|m@a.jp|not JSON: hayashi@a.jp");
  // A second one, in entries that were changed before as well; and the seals stay as they are.
  EXPECT_EQ(redact({"k.hayashi@a.jp", {}}, "person-4"), 1);
  EXPECT_EQ(redact({"nobody@a.jp", {}}, "person-5"), 0);
  EXPECT_EQ(redact({"entries", {}}, "person-6"), 0);
  add("Mori <m@a.jp>", "after", "x", "{}");
  const auto check = verify_audit(*store);
  EXPECT_TRUE(check->intact());
  EXPECT_EQ(check->redacted, 5);
  EXPECT_EQ(store->query("SELECT hash FROM audit WHERE id = 8")->front().text(0), before);

  // Nobody hides a change behind it, neither before the next one is forgotten nor after.
  const auto broken = [&](const std::string& change) {
    bool found = false;
    (void)store->write([&]() -> Result<void> {
      EXPECT_TRUE(store->execute(change)) << change;
      found = !verify_audit(*store)->intact();
      EXPECT_EQ(redact({"m@a.jp", {}}, "person-7"), -1) << change;
      return failure("", "");
    });
    return found;
  };
  EXPECT_TRUE(broken("UPDATE audit SET actor = 'me', redacted = 1 WHERE id = 8"));
  EXPECT_TRUE(broken("UPDATE audit SET item = 'me', redacted = 1 WHERE id = 2"));
  EXPECT_TRUE(broken("UPDATE audit SET redacted = 1 WHERE id = 7"));
  EXPECT_FALSE(store->query("UPDATE audit SET actor = 'me' WHERE id = 8"));
  EXPECT_FALSE(store->query("UPDATE audit SET hash = 'x', redacted = 1 WHERE id = 2"));
  EXPECT_FALSE(store->query("UPDATE audit SET redacted = 0 WHERE id = 2"));
}

TEST_P(Stores, AFactSeenAgainMovesItsEndAndAnythingElseIsNew) {
  const auto store = open();
  const auto first = append_evidence(*store, {seen("2026-11-01T00:00:00Z", Verdict::pass)});
  const auto again = append_evidence(*store, {seen("2026-11-02T00:00:00Z", Verdict::pass)});
  EXPECT_EQ(*first, *again);
  // After a gap longer than it held, nobody knows what was true between: a new row.
  const auto late = append_evidence(*store, {seen("2026-11-09T00:00:00Z", Verdict::pass)});
  EXPECT_NE(*late, *again);
  const auto worse = append_evidence(*store, {seen("2026-11-10T00:00:00Z", Verdict::fail)});
  EXPECT_NE(*worse, *late);
  // A person's answer is never merged.
  EXPECT_NE(*append_evidence(*store, {answer("a")}), *append_evidence(*store, {answer("a")}));
  const auto after = written_after(*store, 1);
  ASSERT_EQ(after.size(), 5U);
  EXPECT_EQ(after[0].id, first->front());
  EXPECT_EQ(after[0].first_at, *parse_time("2026-11-01T00:00:00Z"));
  EXPECT_EQ(after[0].evidence.observed_at, *parse_time("2026-11-02T00:00:00Z"));
}

/// A row that is seen again says what it was held against then; one from before says that it isn't
/// told.
TEST_P(Stores, ARowSaysWhatItWasHeldAgainstWhenItWasLastSeen) {
  const auto store = open();
  const auto basis = [&] { return all_evidence(*store)->front().basis(); };
  ASSERT_TRUE(append_evidence(*store, {seen("2026-11-24T00:00:00Z", Verdict::pass)}));
  EXPECT_EQ(basis().list().at(0).seen, "2026-11-24T00:00:00Z");
  ASSERT_TRUE(append_evidence(*store, {seen("2026-11-24T06:00:00Z", Verdict::pass)}));
  EXPECT_EQ(all_evidence(*store)->size(), 1U);
  EXPECT_EQ(basis().list().at(0).seen, "2026-11-24T06:00:00Z");
  ASSERT_TRUE(store->query("UPDATE evidence SET basis = ''"));
  EXPECT_EQ(all_evidence(*store)->front().verdict(), Verdict::pass);
  EXPECT_EQ(basis().list().at(0).source, Compared::Source::earlier);
}

TEST_P(Stores, WhatArrivesLateIsNotTheNewest) {
  const auto store = open();
  const auto put = [&](const char* at, Verdict verdict) {
    return append_evidence(*store, {seen(at, verdict)})->front();
  };
  const auto first = put("2026-11-01T00:00:00Z", Verdict::pass);
  EXPECT_EQ(put("2026-11-02T12:00:00Z", Verdict::pass), first);
  EXPECT_EQ(put("2026-11-02T00:00:00Z", Verdict::pass), first) << "one of those in between";
  EXPECT_EQ(written_after(*store, 0)[0].evidence.observed_at, *parse_time("2026-11-02T12:00:00Z"));
  EXPECT_EQ(written_after(*store, 0)[0].change, 2) << "it changed nothing";
  const auto late = put("2026-11-02T06:00:00Z", Verdict::fail);
  EXPECT_NE(late, first);
  EXPECT_EQ(put("2026-11-03T00:00:00Z", Verdict::pass), first) << "goes on from what was seen last";
  EXPECT_NE(put("2026-10-31T00:00:00Z", Verdict::pass), first) << "before it began";
}

TEST_P(Stores, WhatIsReadForTheBoardIsWhatWasWritten) {
  const auto store = open();
  ASSERT_TRUE(append_evidence(*store, {seen("2026-11-01T00:00:00Z", Verdict::pass), answer("a")}));
  ASSERT_TRUE(append_evidence(*store, {seen("2026-11-02T00:00:00Z", Verdict::pass)}));
  std::vector<KeptSighting> list;
  ASSERT_TRUE(sightings_since(*store, 1, [&](const KeptSighting& one) { list.push_back(one); }));
  ASSERT_EQ(list.size(), 2U) << "each row once, at its last change";
  EXPECT_EQ(list[0].check, "a");
  EXPECT_EQ(list[0].sighting.valid_until, *parse_time("2027-11-24T00:00:00Z"));
  EXPECT_EQ(list[1].change, 3);
  EXPECT_EQ(list[1].subject.value, "host:a");
  EXPECT_EQ(list[1].sighting.verdict, Verdict::pass);
  EXPECT_EQ(list[1].sighting.first_at, *parse_time("2026-11-01T00:00:00Z"));
  EXPECT_EQ(list[1].sighting.observed_at, *parse_time("2026-11-02T00:00:00Z"));
  EXPECT_EQ(list[1].sighting.valid_until, *parse_time("2026-11-04T00:00:00Z"));
}

/// What the board reads of an answer without its basis is what its basis says (evidence/partly.h).
TEST_P(Stores, TheBoardIsToldWhatIsHalfDone) {
  const auto store = open();
  using Source = Compared::Source;
  std::vector<bool> wanted;
  for (const Source source : {Source::person, Source::file})
    for (const Verdict verdict : {Verdict::fail, Verdict::pass})
      for (const char* said : {"partly", "no", "partly no", R"(","seen":"partly")"}) {
        Evidence one = answer("q" + std::to_string(wanted.size()));
        one.judgement = {verdict,
                         {R"("seen":"partly")", R"("source":"person","seen":"partly")"},
                         Compared{.source = source, .place = "hana", .seen = said}};
        ASSERT_TRUE(append_evidence(*store, {one}));
        wanted.push_back(said_partly(one));
      }
  EXPECT_EQ(std::ranges::count(wanted, true), 1);
  std::vector<bool> read;
  ASSERT_TRUE(sightings_since(
      *store, 0, [&](const KeptSighting& one) { read.push_back(one.sighting.partly); }));
  EXPECT_EQ(read, wanted);
}

TEST_P(Stores, AFailedChangeLeavesNothing) {
  const auto store = open();
  EXPECT_FALSE(store->write([&]() -> Result<void> {
    EXPECT_TRUE(set_setting(*store, "a", "1"));
    return failure("", "");
  }));
  EXPECT_TRUE(settings(*store)->empty());
}

TEST_P(Stores, TwoWritersLoseNothingAndEveryChangeHasItsNumber) {
  constexpr int kEach = 25;
  ASSERT_TRUE(open());
  const auto write = [&](const char* name) {
    const auto store = open();
    for (int i = 0; i < kEach; ++i) ASSERT_TRUE(append_evidence(*store, {answer(name)}));
  };
  std::thread other([&] { write("a"); });
  write("b");
  other.join();
  std::int64_t next = 0;
  for (const KeptEvidence& kept : written_after(*open(), 0)) EXPECT_EQ(kept.change, ++next);
  EXPECT_EQ(next, 2 * kEach);
}

TEST_P(Stores, EachEarlierVersionIsBroughtUpToDate) {
  const auto old = connect_database(where());
  ASSERT_TRUE((*old)->migrate(1));
  ASSERT_TRUE((*old)->query(
      "INSERT INTO evidence (subject, check_id, verdict, observed_at, valid_until, source, "
      "detail_ja, "
      "detail_en) VALUES ('organisation', 'a', 'pass', 5, 9, 'person:花', 'はい', 'Yes')"));
  ASSERT_TRUE((*old)->query("INSERT INTO setting (name, value) VALUES ('method', 'vpn')"));
  const auto store = open();
  const auto kept = written_after(*store, 0);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].first_at, Time(std::chrono::seconds(5)));
  EXPECT_EQ(kept[0].evidence.detail().ja, "はい");
  EXPECT_EQ(settings(*store)->at("method"), "vpn");
  const auto added = append_evidence(*store, {answer("b")});
  ASSERT_TRUE(added) << added.error().describe(Lang::en);
}

TEST_P(Stores, DevicesOfTheSecondVersionAreKept) {
  const auto old = connect_database(where());
  ASSERT_TRUE((*old)->migrate(2));
  ASSERT_TRUE(
      (*old)->query("INSERT INTO device (subject, name, state, created_at) VALUES "
                    "('host:pc', 'pc', 'active', 7)"));
  const auto rows = open()->query(
      "SELECT name, created_at, system_name, seen_at, sequence, node_key FROM device");
  ASSERT_TRUE(rows) << rows.error().describe(Lang::en);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().text(0), "pc");
  EXPECT_EQ(rows->front().integer(1), 7);
  EXPECT_EQ(rows->front().text(2), "");
  EXPECT_TRUE(rows->front().null(3));
  EXPECT_EQ(rows->front().integer(4), 0);
}

// What people answered, were given and said before the ids of measures changed is found by the new
// ones; the log of what was done stays as it was written.
TEST_P(Stores, WhatWasKeptByFormerIdsIsFoundByThoseOfNow) {
  const auto old = connect_database(where());
  ASSERT_TRUE((*old)->migrate(10));
  const auto say = [&](const std::string& sql) {
    const auto done = (*old)->query(sql);
    ASSERT_TRUE(done) << sql << done.error().describe(Lang::en);
  };
  say("INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
      "VALUES ('a@example.jp', '花', 'administrator', 'ja', 'active', 0, '', 1)");
  int change = 0;
  for (const char* check :
       {"ask-admin-B-3", "ask-worker-L-1", "ask-admin-C-2", "ask-admin-B-9", "firewall", "ask-mdm"})
    say(
        fmt::format("INSERT INTO evidence (change, subject, check_id, verdict, first_at, "
                    "observed_at, valid_until, source, detail_ja, detail_en) VALUES ({}, "
                    "'organisation', '{}', 'pass', 5, 5, 9, 'person:花', 'はい', 'Yes')",
                    ++change, check));
  say("INSERT INTO assignment (item, person_id, due, at) VALUES ('exec-A-1', 1, '2027-03-31', 7)");
  say("INSERT INTO assignment (item, person_id, due, at) VALUES ('5-4', 1, NULL, 7)");
  say("INSERT INTO remark (item, person_id, at, text) VALUES ('ask-admin-B-3', 1, 7, 'x')");
  say("INSERT INTO incident (kind, case_number, person_id, at, state, text, done) VALUES "
      "('malware', 5, 1, 7, 'open', '', '1 4')");
  say("INSERT INTO audit (at, actor, action, item, detail, previous, hash) VALUES (1, 'x', "
      "'answered', 'ask-admin-B-3', '', '', '')");
  const auto store = open();
  const auto list = [&](const std::string& sql) {
    const auto rows = store->query(sql);
    EXPECT_TRUE(rows) << rows.error().describe(Lang::en);
    std::vector<std::string> found;
    for (const Row& row : *rows) found.push_back(row.text(0));
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(list("SELECT check_id FROM evidence ORDER BY id"),
            (Names{"ask-SK-admin-B3", "ask-SK-worker-L1", "ask-admin-C-2", "ask-admin-B-9",
                   "firewall", "ask-mdm"}));
  EXPECT_EQ(list("SELECT item FROM assignment ORDER BY item"), (Names{"5-4", "SK-exec-A1"}));
  EXPECT_EQ(list("SELECT item FROM remark"), Names{"ask-SK-admin-B3"});
  EXPECT_EQ(list("SELECT item FROM audit"), Names{"ask-admin-B-3"});
  EXPECT_EQ(list("SELECT duty FROM incident"), Names{""});
  EXPECT_FALSE(store->query("UPDATE evidence SET check_id = 'x'")) << "evidence is only added to";
}

TEST_P(Stores, MoveAndBackupBringEverything) {
  const auto store = open();
  const std::string odd("a\0b'\"\\ 花", 10);
  ASSERT_TRUE(append_evidence(*store, {answer("a"), answer("b")}));
  ASSERT_TRUE(store->query(
      "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
      "VALUES ('a@example.jp', '花', 'administrator', 'ja', 'active', 0, '', 1)"));
  ASSERT_TRUE(store->query(
      "INSERT INTO attachment (name, type, size, sha256, content, person_id, at) VALUES "
      "('f', 't', 10, 's', ?, 1, 1)",
      {Bytes{odd}}));
  ASSERT_TRUE(backup_database(*store, root().at("/copy.db")));
  EXPECT_FALSE(backup_database(*store, root().at("/copy.db"))) << "it must not write over a backup";
  const auto copy = open_database(root().at("/copy.db").string());
  ASSERT_TRUE(copy);
  EXPECT_EQ(all_evidence(**copy)->size(), 2U);
  EXPECT_EQ((*copy)->query("SELECT content FROM attachment")->front().text(0), odd);
  EXPECT_FALSE(copy_database(**copy, *store)) << "it must not mix two installations";
  EXPECT_TRUE(append_evidence(**copy, {answer("c")}));
}

TEST(Store, IsReadableByItsOwnerOnly) {
  const TempRoot root;
  ASSERT_TRUE(open_database(root.at("/deep/er/s.db").string()));
  struct stat status{};
  ::stat(root.at("/deep/er/s.db").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Store, RefusesANewerFileAndWhatIsNoDatabase) {
  const TempRoot root;
  const auto open = [&](const char* name) { return open_database(root.at(name).string()); };
  ASSERT_TRUE(open("/s.db"));
  ASSERT_TRUE((*connect_database(root.at("/s.db").string()))->script("PRAGMA user_version = 999"));
  EXPECT_THAT(open("/s.db").error().describe(Lang::en), testing::HasSubstr("newer Sekisho"));
  root.add("/text.db",
           "this is no database, but long enough to look like one to a careless reader\n");
  EXPECT_FALSE(open("/text.db"));
  EXPECT_FALSE(open_database("/proc/none/s.db"));
  root.add("/link.db -> s.db");
  EXPECT_FALSE(open("/link.db")) << "a link could lead anywhere";
}

namespace fs = std::filesystem;

fs::path beside(const fs::path& file, const char* end) { return {file.string() + end}; }

/// What somebody does to a file while it is open, and how it is put right.
struct Mishap {
  const char* what;
  std::function<void(const fs::path& file)> happens, put_right;
};

std::vector<Mishap> mishaps() {
  const auto move = [](const char* from, const char* to) {
    return [=](const fs::path& file) { fs::rename(beside(file, from), beside(file, to)); };
  };
  const auto move_folder = [](const char* from, const char* to) {
    return [=](const fs::path& file) {
      fs::rename(beside(file.parent_path(), from), beside(file.parent_path(), to));
    };
  };
  return {{"moved away", move("", ".away"), move(".away", "")},
          {"its log moved away", move("-wal", ".away"), move(".away", "-wal")},
          {"a copy in its place",
           [=](const fs::path& file) {
             fs::copy_file(file, beside(file, ".copy"));
             move("", ".away")(file);
             move(".copy", "")(file);
           },
           move(".away", "")},
          {"its folder moved away", move_folder("", ".away"), move_folder(".away", "")}};
}

/// One change after which nobody else writes; `before(n)` is called before its n-th step.
Result<void> change(Database& db, bool alone, const std::function<void(int)>& before) {
  before(0);
  if (alone) return db.execute("INSERT INTO setting (name, value) VALUES ('new', '')");
  auto begun = db.begin_change();
  if (!begun) return std::unexpected(begun.error());
  before(1);
  if (auto set = set_setting(db, "new", "1"); !set) return set;
  before(2);
  return begun->commit();
}

void survives(const Mishap& mishap, int step, bool alone) {
  const TempRoot root;
  const fs::path file = root.at("/data/s.db");
  const auto db = open_database(file.string());
  ASSERT_TRUE(db);
  ASSERT_TRUE(set_setting(**db, "acknowledged", "yes"));
  const auto done = change(**db, alone, [&](int at) {
    if (at == step) mishap.happens(file);
  });
  ASSERT_FALSE(done);
  EXPECT_TRUE(says_replaced(done.error())) << done.error().describe(Lang::en);
  EXPECT_EQ(done.error().fault, Fault::unavailable);
  EXPECT_TRUE((*db)->idle());
  const bool there = fs::exists(file);
  const auto other = connect_database(file.string());
  ASSERT_FALSE(other);
  EXPECT_TRUE(says_replaced(other.error())) << other.error().describe(Lang::en);
  EXPECT_EQ(fs::exists(file), there) << "it was made anew";
  mishap.put_right(file);
  EXPECT_TRUE(set_setting(**db, "later", "1")) << "it goes on";
  const auto again = open_database(file.string());
  ASSERT_TRUE(again) << again.error().describe(Lang::en);
  const auto kept = settings(**again);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->contains("acknowledged") && kept->contains("later"));
  EXPECT_FALSE(kept->contains("new"));
}

TEST(Store, WritesNothingIntoAFileThatIsNoLongerInItsPlace) {
  for (const Mishap& mishap : mishaps())
    for (int step = 0; step < 4; ++step) {
      SCOPED_TRACE(fmt::format("{}, step {}", mishap.what, step));
      survives(mishap, step % 3, step == 3);
    }
}

TEST(Store, OnceNobodyHasItOpenAnotherFileMayTakeItsPlace) {
  const TempRoot root;
  const fs::path file = root.at("/s.db");
  ASSERT_TRUE(open_database(file.string()));
  fs::rename(file, beside(file, ".away"));
  EXPECT_TRUE(open_database(file.string()));
}

TEST(Store, SaysInWordsWhatIsWrongWithAFile) {
  const TempRoot root;
  const auto why = [&](const char* name) {
    const auto opened = open_database(root.at(name).string());
    return opened ? std::string() : opened.error().describe(Lang::en);
  };
  root.add("/text.db", std::string(5000, 'x'));
  EXPECT_THAT(why("/text.db"), testing::HasSubstr("is damaged, or is none of Sekisho's"));
  ASSERT_EQ(why("/s.db"), "");
  // Its first page says what it holds.
  std::fstream(root.at("/s.db"), std::ios::in | std::ios::out | std::ios::binary).seekp(100)
      << std::string(3000, 'x');
  EXPECT_THAT(why("/s.db"), testing::HasSubstr("is damaged, or is none of Sekisho's"));
  // What is left of one whose file is gone.
  root.add("/gone.db-wal", "log");
  EXPECT_THAT(why("/gone.db"), testing::HasSubstr("the record file is gone"));
  EXPECT_FALSE(std::filesystem::exists(root.at("/gone.db")));
}

/// An id of one table is no id of another, and no number.
TEST(Ids, AreTakenForNothingElse) {
  static_assert(!std::is_convertible_v<PersonId, DeviceId>);
  static_assert(!std::is_constructible_v<PersonId, DeviceId>);
  static_assert(!std::is_convertible_v<std::int64_t, PersonId>);
  static_assert(!std::is_convertible_v<PersonId, std::int64_t>);
  static_assert(!std::equality_comparable_with<PersonId, SessionId>);
  EXPECT_FALSE(PersonId());
  EXPECT_TRUE(PersonId(7));
  EXPECT_EQ(fmt::format("{}", DeviceId(7)), "7");
  EXPECT_EQ(boost::json::serialize(boost::json::object{{"id", DeviceId(7)}}), R"({"id":7})");
  EXPECT_EQ(std::get<std::int64_t>(Value(DeviceId(7))), 7);
}

}  // namespace
}  // namespace sekisho
