// SPDX-License-Identifier: Apache-2.0
// The audit log as people read it: searched, a page at a time, or all of it to take away.
#include <fmt/format.h>

#include "base/csv.h"
#include "server/api/fields.h"
#include "server/api/moments.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostTaken = 100'000;  // lines of one file
constexpr std::size_t kLongestSearch = 200;

/// What is asked for, as the end of a statement.
struct Asked {
  std::string where = "id < ?";
  Values values;
};

/// Days are the organisation's: from the first moment of one to the last of the other.
std::expected<Asked, Problem> asked(Call& call, std::int64_t before) {
  Asked one{.values = {before}};
  if (const auto text = call.query("q"); text && !text->empty()) {
    if (text->size() > kLongestSearch)
      return problem(422, "検索の言葉が長すぎます。", "that is too long to search for.");
    // Only what is typed counts: % and _ have no meaning of their own.
    std::string pattern = "%";
    for (const char c : lower(*text))
      pattern += (c == '%' || c == '_' || c == '!' ? std::string("!") : std::string()) + c;
    one.where +=
        " AND (lower(actor) LIKE ? ESCAPE '!' OR lower(item) LIKE ? ESCAPE '!' OR lower(detail) "
        "LIKE ? ESCAPE '!' OR action LIKE ? ESCAPE '!' OR item = ?)";
    for (int i = 0; i < 4; ++i) one.values.emplace_back(pattern + "%");
    // Whoever has an address in hand finds what was tried with it, though the log doesn't name it.
    const auto stand_in = stands_for(call.db, lower(trim(*text)));
    if (!stand_in) return broken(stand_in.error());
    one.values.emplace_back(*stand_in);
  }
  if (const auto action = call.query("action"); action && !action->empty()) {
    one.where += " AND action = ?";
    one.values.emplace_back(*action);
  }
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto span = span_asked(call.request.query, *calendar);
  if (!span) return std::unexpected(span.error());
  const auto bound = [&](const std::optional<Time>& time, const char* condition) {
    if (!time) return;
    one.where += condition;
    one.values.emplace_back(value_of(*time));
  };
  bound(span->since, " AND at >= ?");
  bound(span->until, " AND at < ?");
  return one;
}

constexpr const char* kColumns =
    "SELECT id, at, actor, action, item, detail, hash FROM audit WHERE ";

/// Oldest last, as on the page.
Outcome take_audit(Call& call, const Asked& which) {
  std::string csv =
      "\xEF\xBB\xBF" + csv_row({"id", "at", "actor", "action", "item", "detail", "hash"});
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  Values values = which.values;
  values.emplace_back(kMostTaken);
  const auto read = call.db.each(
      kColumns + which.where + " ORDER BY id DESC LIMIT ?", values, [&](const Row& row) {
        csv += csv_row({row.text(0), moment_there(*calendar, row.time(1)), row.text(2), row.text(3),
                        row.text(4), row.text(5), row.text(6)});
        return true;
      });
  if (!read) return broken(read.error());
  return Reply{200,
               "text/csv; charset=utf-8",
               std::move(csv),
               {{"content-disposition", "attachment; filename=\"sekisho-audit.csv\""}}};
}

Outcome list_audit(Call& call) {
  const auto page = page_of(call, 100);
  if (!page) return std::unexpected(page.error());
  auto which = asked(call, page->after == 0 ? INT64_MAX : page->after);
  if (!which) return std::unexpected(which.error());
  if (call.query("format") == "csv") return take_audit(call, *which);
  which->values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  const auto rows =
      call.db.query(kColumns + which->where + " ORDER BY id DESC LIMIT ?", which->values);
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows) {
    const auto detail = parse_json("", row.text(5));
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"at", json_time(row.time(1))},
                                    {"actor", row.text(2)},
                                    {"action", row.text(3)},
                                    {"item", row.text(4)},
                                    {"detail", detail ? detail->root : json::object()},
                                    {"hash", row.text(6)}});
  }
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

Outcome check_audit(Call& call) {
  const auto check = verify_audit(call.db);
  if (!check) return broken(check.error());
  return reply_json(
      json::object{{"entries", check->entries},
                   {"intact", check->intact()},
                   {"first_broken", !check->first_broken ? json::value(nullptr)
                                                         : json::value(*check->first_broken)},
                   {"redacted", check->redacted},
                   {"last_hash", check->last_hash}});
}

}  // namespace

void add_audit_log(Handlers& handlers) {
  handlers.insert({{"listAudit", list_audit}, {"checkAudit", check_audit}});
}

}  // namespace sekisho
