// SPDX-License-Identifier: Apache-2.0
// sekisho access suspend and restore: at the server's command line, where whoever suspends can
// always restore. A server that runs follows the records, and cuts.
#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "cli/records.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// A person or a device of the records.
struct Suspended {
  const AccessPerson* person = nullptr;
  const AccessDevice* device = nullptr;

  const char* column() const { return person != nullptr ? "person_id" : "device_id"; }
  std::int64_t number() const {
    return person != nullptr ? person->id.number() : device->id.number();
  }
  std::string name() const { return person != nullptr ? person->email : device->subject.value; }
};

Result<Suspended> suspended_by(const AccessRecords& records, const AccessOptions& options) {
  if (options.person.empty() == options.device.empty())
    return failure("--person か --device のどちらか一つを指定してください。",
                   "name one of --person and --device.");
  Suspended which;
  if (options.device.empty()) {
    const auto person = person_named(records, options.person);
    if (!person) return std::unexpected(person.error());
    which.person = *person;
  } else {
    const auto device = device_named(records, options.device);
    if (!device) return std::unexpected(device.error());
    which.device = *device;
  }
  return which;
}

bool last_administrator(const AccessRecords& records, const AccessPerson& person, Time at) {
  return person.administrator() &&
         std::ranges::none_of(records.people, [&](const AccessPerson& other) {
           return other.id != person.id && other.administrator() && at >= other.suspended_until;
         });
}

/// What both commands begin with: the server's records, and of whom they are asked.
struct AskedSuspension {
  std::unique_ptr<Guideline> guideline;  // the records point into it
  std::unique_ptr<Database> db;
  AccessRecords records;
  Suspended which;  // of the records
};
Result<AskedSuspension> asked_suspension(const App& app, const AccessOptions& options) {
  AskedSuspension asked;
  auto guideline = app.guideline();
  if (!guideline) return std::unexpected(guideline.error());
  asked.guideline = std::make_unique<Guideline>(std::move(*guideline));
  auto db =
      existing_database(options.database.empty() ? store_file(app).string() : options.database);
  if (!db) return std::unexpected(db.error());
  asked.db = std::move(*db);
  auto records = read_access_records(*asked.db, *asked.guideline);
  if (!records) return std::unexpected(records.error());
  asked.records = std::move(*records);
  const auto which = suspended_by(asked.records, options);
  if (!which) return std::unexpected(which.error());
  asked.which = *which;
  return asked;
}

}  // namespace

int access_suspend(const App& app, const AccessOptions& options) {
  const auto asked = asked_suspension(app, options);
  if (!asked) return app.complain(asked.error());
  const auto& [guideline, db, records, which] = *asked;
  constexpr std::size_t kMostReason = 1000;
  if (options.reason.size() > kMostReason)
    return app.complain({{"--reason が長すぎます（1,000 バイトまで）。",
                          "--reason is too long: 1,000 bytes at most."},
                         ""});
  const Time at = now();
  std::optional<Time> until;
  if (!options.until.empty()) {
    const auto time = access_time(options.until, records.organisation.calendar);
    if (!time) return app.complain(time.error());
    until = *time;
  }
  if (until && *until <= at)
    return app.complain(
        {{"--until はこれからの時刻にしてください。", "let --until be a time to come."},
         printable(options.until, 80)});
  if (which.person != nullptr && last_administrator(records, *which.person, at))
    return app.complain(
        {{"使える管理者が一人もいなくなるため、止められません。",
          "no administrator would be left who is not suspended; nothing was suspended."},
         which.name()});
  const auto done = db->write([&]() -> Result<void> {
    if (auto kept = db->execute(
            fmt::format("INSERT INTO access_suspension ({}, reason, begun_at, ends_at) VALUES (?, "
                        "?, ?, ?)",
                        which.column()),
            {which.number(), printable(options.reason, kMostReason), value_of(at),
             until ? value_of(*until) : Value(std::monostate())});
        !kept)
      return kept;
    return append_audit(
        *db, at, "", "access-suspended", which.name(),
        json::serialize(json::object{
            {"reason", options.reason},
            {"until", until ? json::value(format_time(*until)) : json::value(nullptr)}}));
  });
  if (!done) return app.complain(done.error());
  return App::say(fmt::format(
      fmt::runtime(app.tr("{} のアクセスを一時停止しました。\n", "Access of {} is suspended.\n")),
      printable(which.name())));
}

int access_restore(const App& app, const AccessOptions& options) {
  const auto asked = asked_suspension(app, options);
  if (!asked) return app.complain(asked.error());
  const auto& [guideline, db, records, which] = *asked;
  std::size_t ended = 0;
  const auto done = db->write([&]() -> Result<void> {
    const auto rows = db->query(
        fmt::format("UPDATE access_suspension SET restored_at = ? WHERE {} = ? AND restored_at IS "
                    "NULL RETURNING id",
                    which.column()),
        {value_of(now()), which.number()});
    if (!rows) return std::unexpected(rows.error());
    ended = rows->size();
    if (ended == 0) return {};
    return append_audit(*db, now(), "", "access-restored", which.name(), "{}");
  });
  if (!done) return app.complain(done.error());
  if (ended == 0)
    return app.complain({{"一時停止されていません。", "not suspended now."}, which.name()});
  return App::say(fmt::format(
      fmt::runtime(app.tr("{} の一時停止を解除しました。\n", "Access of {} is restored.\n")),
      printable(which.name())));
}

}  // namespace sekisho
