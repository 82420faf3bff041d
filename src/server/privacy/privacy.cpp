// SPDX-License-Identifier: Apache-2.0
// What is kept of people: for how long, all that is kept of one, and forgetting who left.
#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/people/identity.h"
#include "server/privacy/forget.h"
#include "server/privacy/handlers.h"
#include "server/privacy/kept.h"
#include "server/privacy/retention.h"

namespace sekisho {

std::string retention_setting(const RetentionKind& kind) {
  return fmt::format("retention.{}", kind.id);
}

std::chrono::days kept_for(const Settings& settings, const RetentionKind& kind) {
  const auto found = settings.find(retention_setting(kind));
  const auto days = found == settings.end() ? kind.standard : whole_number(found->second);
  return std::chrono::days(std::clamp<std::int64_t>(days, kind.least, kind.most));
}

namespace {

namespace json = boost::json;

/// For anybody: who is asked to let a device in reads it before.
Outcome show_privacy(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  json::array kinds;
  for (const RetentionKind& kind : kRetentionKinds)
    kinds.emplace_back(json::object{{"id", kind.id},
                                    {"days", kept_for(*kept, kind).count()},
                                    {"standard", kind.standard},
                                    {"least", kind.least},
                                    {"most", kind.most}});
  json::array looks;
  for (const CheckSpec& check : call.guideline().checks)
    if (!check.asked) looks.emplace_back(json_text(check.title));
  return reply_json(json::object{{"organisation", organisation_of(call.guideline(), *kept).name},
                                 {"kinds", std::move(kinds)},
                                 {"looks", std::move(looks)}});
}

/// None: as it was.
using Days = std::array<std::optional<std::int64_t>, kRetentionKinds.size()>;

Outcome replace_retention(Call& call) {
  const auto given = read_body<Days>(call, [](const Node& node) {
    Days days{};
    node.only({"findings", "incidents", "devices", "people", "sign_ins"});
    for (std::size_t i = 0; i < days.size(); ++i) {
      const RetentionKind& kind = kRetentionKinds[i];
      if (i < kAlwaysSet || node.find(kind.id))
        days[i] = node.at(kind.id).integer(kind.least, kind.most);
    }
    return days;
  });
  if (!given) return std::unexpected(given.error());
  const auto done = call.db.write([&]() -> Result<void> {
    json::object detail;
    for (std::size_t i = 0; i < given->size(); ++i) {
      const RetentionKind& kind = kRetentionKinds[i];
      if (!(*given)[i]) continue;
      detail[kind.id] = *(*given)[i];
      if (auto set = set_setting(call.db, retention_setting(kind), std::to_string(*(*given)[i]));
          !set)
        return set;
    }
    return audit(call, "retention-changed", "", std::move(detail));
  });
  return written(done, reply_nothing());
}

Outcome data_of(Call& call, PersonId person) {
  auto data = kept_of(call.db, person, call.now);
  if (!data) return broken(data.error());
  if (data->empty()) return not_found();
  Reply reply = reply_json(*data);
  reply.headers.emplace_back("content-disposition", "attachment; filename=\"sekisho-data.json\"");
  return reply;
}

Outcome my_data(Call& call) { return data_of(call, call.who.person); }

/// What one takes of another's is written down.
Outcome persons_data(Call& call) {
  const auto person = call.id<PersonId>(0);
  auto reply = data_of(call, person);
  if (!reply) return reply;
  const auto noted = call.db.write(
      [&] { return audit(call, "person-data-taken", fmt::format("person-{}", person)); });
  return written(noted, std::move(*reply));
}

Outcome erase(Call& call) {
  const auto person = call.id<PersonId>(0);
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query("SELECT state FROM person WHERE id = ?", {person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty() || rows->front().text(0) == "erased") return stop(why, not_found().error());
    if (rows->front().text(0) != "disabled")
      return stop(why, {409,
                        {"先にそのメンバーを停止してください。退職した人の情報だけを消せます。",
                         "disable that person first: only who left can be forgotten."},
                        {}});
    return forget_person(call.db, person, fmt::format("{} <{}>", call.who.name, call.who.email),
                         call.now);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_privacy(Handlers& handlers) {
  handlers.insert({{"getPrivacy", show_privacy},
                   {"replaceRetention", replace_retention},
                   {"getMyData", my_data},
                   {"getPersonData", persons_data},
                   {"erasePerson", erase}});
}

}  // namespace sekisho
