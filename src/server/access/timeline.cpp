// SPDX-License-Identifier: Apache-2.0
// The timeline of access: what was decided and cut, what was suspended and restored by hand, when
// emergency access was open, and which policy came into force, as one list.
#include <algorithm>
#include <functional>

#include "base/csv.h"
#include "server/access/handlers.h"
#include "server/access/names.h"
#include "server/access/policy_view.h"
#include "server/api/fields.h"
#include "server/api/moments.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// Of a list, or a file: so many moments of a kind.
constexpr std::int64_t kMostRead = 10'000;
constexpr std::size_t kMostTaken = 10'000;

struct Moment {
  /// allow, step_up, deny, cut, uncut, suspended, restored, emergency_opened, emergency_over,
  /// policy
  std::string kind;
  Time at;
  Time last_at;
  std::int64_t event = 0;  // 0: none of access_event
  std::int64_t count = 1;
  std::int64_t person = 0;
  std::int64_t device = 0;
  std::string resource;
  std::string enforcer;
  std::string from;
  std::string codes;
  std::int64_t by = 0;  // who suspended, restored, ended or saved; 0: the command line, or nobody
  std::string note;     // why it was suspended, or opened
};

struct Asked {
  std::string kind;
  std::string resource;
  std::int64_t person = 0;
  std::int64_t device = 0;
  Span span;
  std::string search;
  Meant meant;

  bool wants(std::string_view one) const { return kind.empty() || kind == one; }
  bool is(const Moment& one) const {
    if (!wants(one.kind) || (span.since && one.last_at < *span.since) ||
        (span.until && one.at >= *span.until))
      return false;
    if ((person != 0 && one.person != person) || (device != 0 && one.device != device) ||
        (!resource.empty() && one.resource != resource))
      return false;
    return search.empty() || meant.people.contains(one.person) ||
           meant.devices.contains(one.device) || one.resource.contains(search) ||
           one.from.starts_with(search) || lower(one.note).contains(search);
  }
};

std::expected<Asked, Problem> asked(Call& call) {
  const auto text = [&](std::string_view name) { return call.query(name).value_or(""); };
  Asked one;
  one.kind = text("kind");
  one.resource = text("resource");
  one.person = wanted_id(call, "person");
  one.device = wanted_id(call, "device");
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto span = span_asked(call.request.query, *calendar);
  if (!span) return std::unexpected(span.error());
  one.span = *span;
  one.search = lower(text("q"));
  if (one.search.empty()) return one;
  auto meant = meant_by(call.db, one.search);
  if (!meant) return broken(meant.error());
  one.meant = std::move(*meant);
  return one;
}

/// Takes those that are asked for, until there are `most`.
class Taking {
 public:
  Taking(const Asked& asked, std::size_t most) : asked_(asked), most_(most) {}
  /// False: there is no room for more.
  bool take(Moment one) {
    if (asked_.is(one)) all_.push_back(std::move(one));
    return ++looked_ < kMostRead && all_.size() < most_;
  }
  std::vector<Moment> all() && { return std::move(all_); }

 private:
  const Asked& asked_;
  std::size_t most_;
  std::int64_t looked_ = 0;
  std::vector<Moment> all_;
};

/// By an index where there is one for what is asked.
Result<std::vector<Moment>> decided(Database& db, const Asked& asked, std::size_t most) {
  std::string where = "id > 0";
  Values values;
  const auto and_is = [&](const char* column, Value value) {
    where += std::string(" AND ") + column + " = ?";
    values.push_back(std::move(value));
  };
  if (asked.person != 0) and_is("person_id", asked.person);
  if (asked.device != 0) and_is("device_id", asked.device);
  if (!asked.resource.empty()) and_is("resource", asked.resource);
  if (!asked.kind.empty()) and_is("kind", asked.kind);
  if (asked.span.since) {
    where += " AND last_at >= ?";
    values.emplace_back(value_of(*asked.span.since));
  }
  if (asked.span.until) {
    where += " AND first_at < ?";
    values.emplace_back(value_of(*asked.span.until));
  }
  Taking taking(asked, most);
  const auto read = db.each(
      "SELECT id, kind, first_at, last_at, count, person_id, device_id, resource, enforcer, "
      "origin, codes FROM access_event WHERE " +
          where + " ORDER BY id DESC",
      values, [&](const Row& row) {
        Moment one;
        one.event = row.integer(0);
        one.kind = row.text(1);
        one.at = row.time(2);
        one.last_at = row.time(3);
        one.count = row.integer(4);
        one.person = row.integer(5);
        one.device = row.integer(6);
        one.resource = row.text(7);
        one.enforcer = row.text(8);
        one.from = row.text(9);
        one.codes = row.text(10);
        return taking.take(std::move(one));
      });
  if (!read) return std::unexpected(read.error());
  return std::move(taking).all();
}

Result<std::vector<Moment>> by_hand(Database& db, const Asked& asked) {
  Taking taking(asked, kMostTaken);
  const auto read = db.each(
      "SELECT person_id, device_id, reason, begun_at, begun_by, restored_at, restored_by FROM "
      "access_suspension WHERE id > 0 ORDER BY id DESC LIMIT ?",
      {kMostRead}, [&](const Row& row) {
        Moment one;
        one.person = row.null(0) ? 0 : row.integer(0);
        one.device = row.null(1) ? 0 : row.integer(1);
        one.kind = "suspended";
        one.note = row.text(2);
        one.at = one.last_at = row.time(3);
        one.by = row.null(4) ? 0 : row.integer(4);
        bool more = taking.take(one);
        if (more && !row.null(5)) {
          one.kind = "restored";
          one.note.clear();
          one.at = one.last_at = row.time(5);
          one.by = row.null(6) ? 0 : row.integer(6);
          more = taking.take(std::move(one));
        }
        return more;
      });
  if (!read) return std::unexpected(read.error());
  return std::move(taking).all();
}

/// By a code: its account is the person, and what is open at applications besides has lines of its
/// own.
Result<std::vector<Moment>> emergencies(Database& db, const Asked& asked, Time now) {
  Taking taking(asked, kMostTaken);
  const auto read = db.each(
      "SELECT person_id, reason, opened_at, opened_from, open_until, ended_at, ended_by FROM "
      "emergency_seal WHERE opened_at > 0 ORDER BY id DESC LIMIT ?",
      {kMostRead}, [&](const Row& row) {
        Moment one;
        one.person = row.integer(0);
        one.kind = "emergency_opened";
        one.note = row.text(1);
        one.at = one.last_at = row.time(2);
        one.from = row.text(3);
        bool more = taking.take(one);
        const Time over = row.null(5) ? row.time(4) : row.time(5);
        if (more && over <= now) {
          one.kind = "emergency_over";
          one.note.clear();
          one.from.clear();
          one.at = one.last_at = over;
          one.by = row.null(6) ? 0 : row.integer(6);
          more = taking.take(std::move(one));
        }
        return more;
      });
  if (!read) return std::unexpected(read.error());
  return std::move(taking).all();
}

Result<std::vector<Moment>> policies_saved(Database& db, const Asked& asked) {
  Taking taking(asked, kMostTaken);
  const auto read =
      db.each("SELECT saved_at, saved_by FROM access_policy WHERE id > 0 ORDER BY id DESC LIMIT ?",
              {kMostRead}, [&](const Row& row) {
                Moment one;
                one.kind = "policy";
                one.at = one.last_at = row.time(0);
                one.by = row.integer(1);
                return taking.take(std::move(one));
              });
  if (!read) return std::unexpected(read.error());
  return std::move(taking).all();
}

/// The newest first, by when they began; at most `most`.
Result<std::vector<Moment>> moments(Database& db, const Asked& asked, std::size_t most, Time now) {
  std::vector<Moment> all;
  const auto join_in = [&](Result<std::vector<Moment>> some) -> Result<void> {
    if (!some) return std::unexpected(some.error());
    std::ranges::move(*some, std::back_inserter(all));
    return {};
  };
  if (auto done = join_in(decided(db, asked, most)); !done) return std::unexpected(done.error());
  if (auto done = join_in(by_hand(db, asked)); !done) return std::unexpected(done.error());
  if (auto done = join_in(emergencies(db, asked, now)); !done) return std::unexpected(done.error());
  if (auto done = join_in(policies_saved(db, asked)); !done) return std::unexpected(done.error());
  std::ranges::stable_sort(all, std::greater<>(), &Moment::at);
  if (all.size() > most) all.resize(most);
  return all;
}

struct Names {
  explicit Names(Database& db) : people(db, "person"), devices(db, "device") {}
  Named people;
  Named devices;
};

Result<json::object> moment_json(const Call& call, const Moment& one, Names& names) {
  const auto who = names.people.of(one.person);
  if (!who) return std::unexpected(who.error());
  const auto with = names.devices.of(one.device);
  if (!with) return std::unexpected(with.error());
  const auto by = names.people.of(one.by);
  if (!by) return std::unexpected(by.error());
  return json::object{{"event", one.event == 0 ? json::value(nullptr) : json::value(one.event)},
                      {"kind", one.kind},
                      {"at", json_time(one.at)},
                      {"last_at", json_time(one.last_at)},
                      {"count", one.count},
                      {"person", *who},
                      {"device", *with},
                      {"resource", one.resource},
                      {"enforcer", one.enforcer},
                      {"from", one.from},
                      {"reasons", reasons_view(call.guideline(), one.codes)},
                      {"by", *by},
                      {"note", one.note}};
}

std::string kind_words(const std::string& kind, Lang lang) {
  struct Word {
    std::string_view kind, ja, en;
  };
  constexpr std::array<Word, 10> kWords{
      {{"allow", "許可", "let in"},
       {"step_up", "追加の確認", "step up"},
       {"deny", "拒否", "denied"},
       {"cut", "切断", "cut"},
       {"uncut", "切断できず", "not cut"},
       {"suspended", "一時停止", "suspended"},
       {"restored", "解除", "restored"},
       {"emergency_opened", "緊急アクセス開始", "emergency opened"},
       {"emergency_over", "緊急アクセス終了", "emergency over"},
       {"policy", "ポリシーの変更", "policy saved"}}};
  const auto found = std::ranges::find(kWords, kind, &Word::kind);
  if (found == kWords.end()) return kind;
  return std::string(lang == Lang::ja ? found->ja : found->en);
}

Outcome take_timeline(Call& call, const std::vector<Moment>& all) {
  const Lang lang = call.who.lang;
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  Names names(call.db);
  std::string csv =
      kCsvStart + csv_row({tr("開始", "at"), tr("最後", "last"), tr("回数", "times"),
                           tr("できごと", "what"), tr("利用者", "person"), tr("端末", "device"),
                           tr("対象", "resource"), tr("連携", "adapter"), tr("接続元", "from"),
                           tr("理由", "why"), tr("操作した人", "by"), tr("コード", "codes")});
  for (const Moment& one : all) {
    const auto who = names.people.name(one.person);
    const auto with = names.devices.name(one.device);
    const auto by = names.people.name(one.by);
    if (!who || !with || !by) return broken(!who ? who.error() : !with ? with.error() : by.error());
    csv += csv_row({moment_there(*calendar, one.at), moment_there(*calendar, one.last_at),
                    std::to_string(one.count), kind_words(one.kind, lang), *who, *with,
                    one.resource, one.enforcer, one.from,
                    one.note.empty() ? reasons_text(call.guideline(), one.codes, lang) : one.note,
                    *by, one.codes});
  }
  return Reply{200,
               "text/csv; charset=utf-8",
               std::move(csv),
               {{"content-disposition", "attachment; filename=\"sekisho-access.csv\""}}};
}

/// `after` is a place in the list.
Outcome list_timeline(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  const auto which = asked(call);
  if (!which) return std::unexpected(which.error());
  const bool all_of_it = call.query("format") == "csv";
  const auto first = std::min(static_cast<std::size_t>(page->after), kMostTaken);
  const auto all =
      moments(call.db, *which, all_of_it ? kMostTaken : first + page->limit + 1, call.now);
  if (!all) return broken(all.error());
  if (all_of_it) return take_timeline(call, *all);
  Names names(call.db);
  json::array items;
  const std::size_t last = std::min(first + page->limit, all->size());
  for (std::size_t i = std::min(first, last); i < last; ++i) {
    auto one = moment_json(call, (*all)[i], names);
    if (!one) return broken(one.error());
    items.emplace_back(std::move(*one));
  }
  return reply_json(
      json::object{{"items", std::move(items)},
                   {"next", last < all->size() ? json::value(last) : json::value(nullptr)}});
}

}  // namespace

void add_timeline(Handlers& handlers) { handlers.insert({{"listAccessTimeline", list_timeline}}); }

}  // namespace sekisho
