// SPDX-License-Identifier: Apache-2.0
// What people do with the checklist: answer, attach proof, hand over, remark.
#include <algorithm>

#include <fmt/format.h>

#include "base/characters.h"
#include "collect/attest/attest.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/http/secrets.h"
#include "server/organisation/handlers.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct Given {
  std::string reply;
  std::vector<std::size_t> parts;
  std::string note;
  std::optional<Day> until;
  std::optional<std::int64_t> attachment;
};

/// Answers and remarks are for those who manage, and for whoever has been given the item.
Result<void> may_work_on(Call& call, const std::string& item, Problem& why) {
  if (call.who.has("administrator") || call.who.has("executive")) return {};
  const auto mine = call.db.query("SELECT 1 FROM assignment WHERE item = ? AND person_id = ?",
                                  {item, call.who.person});
  if (!mine) return std::unexpected(mine.error());
  return mine->empty() ? stop(why, forbidden().error()) : Result<void>();
}

/// Nobody's proof is another's.
Result<void> must_own_attachment(Call& call, const Given& given, Problem& why) {
  if (!given.attachment) return {};
  const auto own = call.db.query("SELECT 1 FROM attachment WHERE id = ? AND person_id = ?",
                                 {*given.attachment, call.who.person});
  if (!own) return std::unexpected(own.error());
  if (own->empty())
    return stop(
        why, wrong_at("/attachment", "添付がありません。", "there is no such attachment.").error());
  return {};
}

Result<void> keep_answer(Call& call, const Evidence& evidence, const Given& given) {
  return call.db.write([&]() -> Result<void> {
    const auto ids = append_evidence(call.db, {evidence});
    if (!ids) return std::unexpected(ids.error());
    if (auto kept = call.db.execute(
            "INSERT INTO answer (evidence_id, person_id, note, attachment_id) VALUES (?, ?, ?, ?)",
            {ids->front(), call.who.person, given.note, value_of(given.attachment)});
        !kept)
      return kept;
    return audit(call, "answered", evidence.check, {{"reply", given.reply}, {"note", given.note}});
  });
}

Outcome answer(Call& call) {
  const auto given = read_body<Given>(call, [](const Node& node) {
    node.only({"reply", "parts", "note", "until", "attachment"});
    Given one{clean_text(node.at("reply"), 20), {}, {}, {}, {}};
    if (const auto parts = node.find("parts"))
      for (const Node& part : parts->items())
        one.parts.push_back(static_cast<std::size_t>(part.integer(0, 8)));
    if (const auto note = node.find("note")) one.note = clean_text(*note, 1900, true);
    if (one.reply == "not_applicable" && trim(one.note).empty())
      node.find("note").value_or(node).report("対象外なら、その理由をメモに書いてください。",
                                              "say in the note why it does not apply.");
    if (const auto until = node.find("until")) {
      one.until = parse_day(clean_text(*until, 20));
      if (!one.until) until->report("日付は 2027-03-31 の形です。", "a day looks like 2027-03-31.");
    }
    if (const auto file = node.find("attachment")) one.attachment = file->integer(1, INT64_MAX);
    return one;
  });
  if (!given) return std::unexpected(given.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  if (given->until && calendar->end(*given->until) <= call.now)
    return wrong_at("/until", "期限の日がもう過ぎています。",
                    "the day until which it holds has passed.");
  auto evidence = attest(
      call.guideline(),
      {call.parameter(0), given->reply, call.who.name, given->note, given->until, given->parts},
      call.now, *calendar);
  if (!evidence) return invalid(evidence.error());
  // Named by a number that nobody chooses: a name is whatever its bearer likes.
  evidence->source = fmt::format("person:#{}", call.who.person);
  evidence->judgement = {evidence->verdict(), evidence->detail(),
                         Compared{.source = Compared::Source::person,
                                  .seen = evidence->basis().list().front().seen,
                                  .day = calendar->day(call.now)}};
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto may = may_work_on(call, evidence->check, why); !may) return may;
    if (auto own = must_own_attachment(call, *given, why); !own) return own;
    return keep_answer(call, *evidence, *given);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done,
                 reply_json(json::object{{"valid_until", json_time(evidence->valid_until)}}, 201));
}

struct Handing {
  std::optional<PersonId> person;
  std::optional<std::string> due;
};

/// What something is called, for who hasn't seen its number.
Text title_of(const Shop& shop, const std::string& item) {
  if (const Requirement* found = find_requirement(shop.guideline, item).get()) return found->text;
  const CheckSpec* check = find_check(shop, item);
  return check == nullptr ? Text{item, item} : check->title;
}

Result<void> tell_owner(Call& call, const std::string& item, PersonId person,
                        const std::optional<std::string>& due) {
  const Text title = title_of(call.shop, item);
  const CheckSpec* check = call.guideline().check(item);
  const bool asked = check != nullptr && check->asked;
  return tell_person(
      call.db, call.now, person, "assigned",
      {asked ? "質問に答えてください" : "担当になりました",
       asked ? "A question for you" : "Something was handed to you"},
      {fmt::format("{} さんから: {}\n{}", call.who.name, title.ja,
                   due ? "期限: " + *due + "\n" : ""),
       fmt::format("From {}: {}\n{}", call.who.name, title.en, due ? "Due: " + *due + "\n" : "")},
      asked ? "/questions?who=mine" : "/mine");
}

Outcome assign(Call& call) {
  const std::string item = item_named(call.shop, call.parameter(0));
  if (item.empty()) return not_found();
  const auto given = read_body<Handing>(call, [](const Node& node) {
    node.only({"person", "due"});
    Handing one;
    if (const auto person = node.find("person")) one.person = read_id<PersonId>(*person);
    if (const auto due = node.find("due")) {
      const auto day = parse_day(clean_text(*due, 20));
      if (!day) due->report("日付は 2027-03-31 の形です。", "a day looks like 2027-03-31.");
      one.due = format_day(day.value_or(Day()));
    }
    return one;
  });
  if (!given) return std::unexpected(given.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    std::string name;
    const auto had = call.db.query("SELECT person_id, due FROM assignment WHERE item = ?", {item});
    if (!had) return std::unexpected(had.error());
    // A day that stands already may stay when somebody else takes over.
    const bool same_day =
        !had->empty() && !had->front().null(1) && had->front().text(1) == given->due;
    if (given->due && !same_day && *given->due < format_day(calendar->day(call.now)))
      return stop(why, {422,
                        {"期限がもう過ぎています。今日かそれより後の日にしてください。",
                         "the due date has passed; choose today or later."},
                        {}});
    std::optional<PersonId> before;
    if (!had->empty() && !had->front().null(0)) before = had->front().id<PersonId>(0);
    if (given->person) {
      const auto there =
          call.db.query("SELECT name, email, roles FROM person WHERE id = ? AND state = 'active'",
                        {*given->person});
      if (!there) return std::unexpected(there.error());
      if (there->empty())
        return stop(why,
                    wrong_at("/person", "その人はいません。", "there is no such person.").error());
      const std::string roles = there->front().text(2);
      if (std::ranges::all_of(words(roles),
                              [](std::string_view role) { return role == "auditor"; }))
        return stop(
            why, wrong_at("/person",
                          "監査だけの役割の人は、答えることも直すこともできません。ほかの人を選んで"
                          "ください。",
                          "who only audits can neither answer nor mend; choose somebody else.")
                     .error());
      name = fmt::format("{} <{}>", there->front().text(0), there->front().text(1));
    }
    if (auto set =
            call.db.execute("INSERT INTO assignment (item, person_id, due, at) VALUES (?, ?, ?, ?) "
                            "ON CONFLICT (item) DO UPDATE SET "
                            "person_id = excluded.person_id, due = excluded.due, at = excluded.at",
                            {item, value_of(given->person),
                             given->due ? Value(*given->due) : Value(), value_of(call.now)});
        !set)
      return set;
    if (given->person && *given->person != call.who.person && given->person != before)
      if (auto told = tell_owner(call, item, *given->person, given->due); !told) return told;
    return audit(call, "assigned", item, {{"to", name}, {"due", given->due.value_or("")}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// Whose an item is now, for whoever changes it on the condition that it is still so.
Outcome assignment(Call& call) {
  const std::string item = item_named(call.shop, call.parameter(0));
  if (item.empty()) return not_found();
  return with_view(call, [&](const View& view) -> Outcome {
    return reply_json(json::object{{"assignment", view.assignment(item)}});
  });
}

/// How a question is answered now, for those who may answer it.
Outcome current_answer(Call& call) {
  const CheckSpec* spec = call.guideline().check(call.parameter(0));
  if (spec == nullptr || !spec->asked) return not_found();
  Problem why;
  const auto may = may_work_on(call, spec->id, why);
  if (!may) return why.text.empty() ? broken(may.error()) : Outcome(std::unexpected(why));
  return with_view(call,
                   [&](const View& view) -> Outcome { return reply_json(view.check(*spec)); });
}

Outcome remark(Call& call) {
  const std::string item = item_named(call.shop, call.parameter(0));
  if (item.empty()) return not_found();
  const auto text = read_body<std::string>(call, [](const Node& node) {
    node.only({"text"});
    return clean_text(node.at("text"), kLongestText);
  });
  if (!text) return std::unexpected(text.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto may = may_work_on(call, item, why); !may) return may;
    if (auto kept =
            call.db.execute("INSERT INTO remark (item, person_id, at, text) VALUES (?, ?, ?, ?)",
                            {item, call.who.person, value_of(call.now), *text});
        !kept)
      return kept;
    return audit(call, "remarked", item);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"at", json_time(call.now)}}, 201));
}

/// The bytes are kept as they are, and only ever given back as a download.
Outcome attach(Call& call) {
  const auto name = call.query("name");
  if (!name || trim(*name).empty() || characters(*name) > 200 || !is_plain_line(*name))
    return problem(422, "見える文字だけの、200 文字までのファイル名を付けてください。",
                   "give the file a name of at most 200 characters, all of them visible.");
  if (call.request.body.empty()) return problem(422, "ファイルが空です。", "the file is empty.");
  // No folder of anybody's, and nothing that a header could trip over.
  std::string plain;
  for (const char c : *name)
    if (c == '/' || c == '\\')
      plain.clear();
    else if (c != '"')
      plain += c;
  if (trim(plain).empty()) return problem(422, "ファイル名が空です。", "the file's name is empty.");
  constexpr std::int64_t kMostBytes = std::int64_t{500} << 20U;
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto used = call.db.query(
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM attachment WHERE person_id = ?",
        {call.who.person});
    if (!used) return std::unexpected(used.error());
    if (used->front().integer(0) > kMostBytes)
      return stop(why,
                  {413, {"添付の合計が多すぎます。", "your attachments take too much room."}, {}});
    const auto rows = call.db.query(
        "INSERT INTO attachment (name, type, size, sha256, content, person_id, at) VALUES (?, ?, "
        "?, ?, ?, ?, ?) RETURNING id",
        {plain, std::string("application/octet-stream"),
         static_cast<std::int64_t>(call.request.body.size()), secret_hash(call.request.body),
         Bytes{call.request.body}, call.who.person, value_of(call.now)});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "attached", plain, {{"sha256", secret_hash(call.request.body)}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(
      done,
      reply_json(json::object{{"id", id}, {"name", plain}, {"size", call.request.body.size()}},
                 201));
}

Outcome attachment(Call& call) {
  const auto rows = call.db.query("SELECT name, content, person_id FROM attachment WHERE id = ?",
                                  {call.id<AttachmentId>(0)});
  if (!rows) return broken(rows.error());
  if (rows->empty()) return not_found();
  const Row& row = rows->front();
  if (!call.who.sees_all() && row.id<PersonId>(2) != call.who.person) return not_found();
  return Reply{
      200,
      "application/octet-stream",
      row.text(1),
      {{"content-disposition", "attachment; filename*=UTF-8''" + percent_encoded(row.text(0))},
       {"content-security-policy", "default-src 'none'; sandbox"}}};
}

}  // namespace

void add_work(Handlers& handlers) {
  handlers.insert({{"answerCheck", answer},
                   {"getAnswer", current_answer},
                   {"assign", assign},
                   {"getAssignment", assignment},
                   {"remark", remark},
                   {"attach", attach},
                   {"getAttachment", attachment}});
}

}  // namespace sekisho
