// SPDX-License-Identifier: Apache-2.0
// sekisho access risk: how likely it is that somebody else acts as a person, and the signs.
#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "cli/program.h"
#include "cli/records.h"
#include "server/access/facts.h"
#include "server/line/line.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string sign_line(const App& app, const RiskSign& sign) {
  const std::string set_aside =
      sign.silenced   ? app.tr("（数えない設定）", " (silenced)")
      : sign.answered ? app.tr("（二要素認証で答えた）", " (answered by a second factor)")
                      : "";
  return fmt::format("  {:>3} {}{} [{}]\n",
                     sign.silenced || sign.answered ? 0 : weight(sign.signal),
                     words(sign.signal).in(app.lang), set_aside, name(sign.signal));
}

std::string risk_json(const AccessPerson& person, const AssessedRisk& risk, Time at) {
  json::array signs;
  for (const RiskSign& sign : risk.signs)
    signs.emplace_back(json::object{
        {"signal", name(sign.signal)},
        {"weight", weight(sign.signal)},
        {"text", json::object{{"ja", words(sign.signal).ja}, {"en", words(sign.signal).en}}},
        {"silenced", sign.silenced},
        {"answered", sign.answered}});
  return json::serialize(json::object{{"at", format_time(at)},
                                      {"person", json::object{{"id", person.id.number()},
                                                              {"email", person.email},
                                                              {"name", person.name}}},
                                      {"risk", name(risk.risk)},
                                      {"points", risk.points},
                                      {"known", risk.unlikeness.has_value()},
                                      {"signs", std::move(signs)}}) +
         "\n";
}

}  // namespace

Text label(ImpersonationRisk risk) {
  switch (risk) {
    case ImpersonationRisk::low: return {"低い", "low"};
    case ImpersonationRisk::raised: return {"いつもと違う", "raised"};
    case ImpersonationRisk::high: return {"高い", "high"};
    case ImpersonationRisk::confirmed: return {"兆候が複数", "confirmed"};
  }
  return {};
}

Result<AssessedRisk> risk_now(const App& app, const AccessOptions& options,
                              const Guideline& guideline, const AccessPerson& person,
                              const AccessDevice* device, Time at) {
  std::optional<ClientAddress> from;
  if (!options.from.empty()) {
    from = ClientAddress::parse(options.from);
    if (!from)
      return failure("--from が IP アドレスではありません。", "--from is not an IP address.",
                     printable(options.from, 80));
  }
  const auto db =
      existing_database(options.database.empty() ? store_file(app).string() : options.database);
  if (!db) return std::unexpected(db.error());
  AccessFacts facts(guideline);
  RiskKeeper keeper(Whereabouts::open(
      options.places, [&app](const Text& what) { (void)app.complain({what, {}}); }));
  if (const auto read = facts.update(**db, at); !read) return std::unexpected(read.error());
  if (const auto read = keeper.update(**db, facts.policy(), facts.calendar(), true, at); !read)
    return std::unexpected(read.error());
  const auto found = found_at_line(**db);
  if (!found) return std::unexpected(found.error());
  keeper.take(*found, at);
  std::optional<LiveDevice> with;
  if (device != nullptr) with = LiveDevice(device->id.number());
  return keeper.assess(static_cast<RiskPerson>(person.id.number()), with, from,
                       *keeper.board(facts.standings(at), at), at);
}

int access_risk(const App& app, const AccessOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto records = records_of(app, options, *guideline);
  if (!records) return app.complain(records.error());
  const auto person = person_named(*records, options.person);
  if (!person) return app.complain(person.error());
  const AccessDevice* device = nullptr;
  if (!options.device.empty()) {
    const auto found = device_named(*records, options.device);
    if (!found) return app.complain(found.error());
    device = *found;
  }
  const auto at = access_time(options.at, records->organisation.calendar);
  if (!at) return app.complain(at.error());
  const auto risk = risk_now(app, options, *guideline, **person, device, *at);
  if (!risk) return app.complain(risk.error());
  if (options.json) return App::say(risk_json(**person, *risk, *at));
  std::string out =
      fmt::format(fmt::runtime(app.tr("{}（{}）のなりすましの疑い: {}（{} 点）\n",
                                      "Risk that somebody else acts as {} ({}): {} ({} points)\n")),
                  printable((*person)->name), printable((*person)->email),
                  label(risk->risk).in(app.lang), risk->points);
  for (const RiskSign& sign : risk->signs) out += sign_line(app, sign);
  if (risk->signs.empty()) out += app.tr("  兆候はありません。\n", "  There are no signs.\n");
  if (!risk->unlikeness)
    out += app.tr("  サインインの履歴が少ないため、いつもと違うかどうかはまだ分かりません。\n",
                  "  There are too few sign-ins to tell what is unlike them.\n");
  return App::say(out);
}

}  // namespace sekisho
