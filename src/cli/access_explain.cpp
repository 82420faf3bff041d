// SPDX-License-Identifier: Apache-2.0
// sekisho access explain
#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "cli/program.h"
#include "report/report.h"
#include "server/api/moments.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// The one of this name. The first of the names that each has is its own alone, and goes before a
/// name that several may have.
template <typename T, typename Names>
Result<const T*> the_one(const std::vector<T>& all, const std::string& name, Names names,
                         const Text& none, const Text& several) {
  constexpr std::size_t kTold = 5;
  std::vector<const T*> found;
  std::vector<std::string> known;
  for (const T& one : all) {
    const auto called = names(one);
    known.insert(known.end(), called.begin(), called.end());
    if (called.front() == lower(name)) return &one;
    if (std::ranges::find(called, lower(name)) != called.end()) found.push_back(&one);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    const Text near = nearest(lower(name), known);
    return std::unexpected(Error{{none.ja + near.ja, none.en + (near.empty() ? "" : " " + near.en)},
                                 printable(name, 80)});
  }
  std::vector<std::string> own;
  for (const T* one : found)
    if (own.size() < kTold) own.push_back(printable(names(*one).front(), 80));
  return std::unexpected(
      Error{{several.ja + join(own, "、"), several.en + join(own, ", ")}, printable(name, 80)});
}

/// All that was asked, found.
struct Explained {
  const AccessRecords& records;
  const NamedPolicy& policy;
  const AccessPerson& person;
  const AccessDevice& device;
  AccessWorld world;
  AccessRequest request;
  AccessDecision decision;
  AccessAnswer after_factor = AccessAnswer::deny;  // once the best second factor was shown
  std::vector<RiskSign> signs{};                   // of the risk, where it wasn't given

  const AccessRule* rule() const { return world.snapshot->at(request.resource); }
};

Result<AccessContext> context_of(const AccessOptions& options, Time at) {
  AccessContext context{.now = at};
  if (!options.from.empty()) {
    context.from = ClientAddress::parse(options.from);
    if (!context.from)
      return failure("--from が IP アドレスではありません。", "--from is not an IP address.",
                     printable(options.from, 80));
  }
  if (!options.country.empty()) {
    context.country = CountryCode::parse(options.country);
    if (!context.country)
      return failure("--country は JP のような大文字二文字です。",
                     "--country is two capital letters such as JP.",
                     printable(options.country, 80));
  }
  context.risk = impersonation_risk_named(options.risk);
  return context;
}

FactorsShown best_factors(const AccessPerson& person, Time at) {
  return {person.has_code ? at : Time::min(), person.has_passkey ? at : Time::min()};
}

/// What the answer takes for granted.
Text assumed(const AccessOptions& options) {
  return {fmt::format(
              "前提: サインイン済み、二要素認証は{}、なりすましの疑いは{}{}。",
              options.factor == "none" ? "まだ示していない" : "今示した（" + options.factor + "）",
              options.risk.empty() ? "サインインの履歴から" : " " + options.risk,
              options.from.empty() ? "、接続元のアドレスは不明" : ""),
          fmt::format(
              "Taken for granted: signed in, second factor {}, risk of impersonation {}{}.",
              options.factor == "none" ? "not shown yet" : "just shown (" + options.factor + ")",
              options.risk.empty() ? "by the history of sign-ins" : options.risk,
              options.from.empty() ? ", client's address not known" : "")};
}

std::string as_text(const App& app, const AccessOptions& options, const Explained& q) {
  const Lang lang = app.lang;
  const AccessRule* rule = q.rule();
  const Calendar& calendar = q.records.organisation.calendar;
  const std::string what = rule == nullptr ? printable(options.resource, 80)
                                           : rule->name.in(lang) + " (" + rule->id.text() + ")";
  std::string out =
      fmt::format("{}: {}\n",
                  fmt::format(fmt::runtime(app.tr("{}（{}）が {} から {}", "{} ({}) on {} to {}")),
                              printable(q.person.name), printable(q.person.email),
                              printable(q.device.name), what),
                  label(q.decision.answer).in(lang));
  if (q.decision.answer == AccessAnswer::step_up && q.after_factor == AccessAnswer::allow)
    out += app.tr("二要素認証を示せば使えます。\n", "Allowed once the second factor is shown.\n");
  out += fmt::format("{} {}, {}\n\n", calendar.format_minute(q.request.context.now),
                     app.tr("の時点", "as at then"),
                     fmt::format(fmt::runtime(app.tr("ポリシー: {}", "policy: {}")),
                                 q.policy.policy->name().in(lang)));
  for (const AccessReason& reason : q.decision.reasons) {
    out += fmt::format("  {} {} [{}]\n", leaves(reason.code) == AccessAnswer::allow ? "!" : "✗",
                       words(*q.policy.policy, rule, calendar, reason).in(lang), name(reason.code));
    if (!speaks_of_risk(reason.code)) continue;
    for (const RiskSign& sign : q.signs)
      if (!sign.silenced && !sign.answered)
        out += fmt::format("      - {} [{}]\n", words(sign.signal).in(lang), name(sign.signal));
  }
  if (q.decision.reasons.empty())
    out += app.tr("  求められることはすべて満たされています。\n", "  All that is asked is met.\n");
  if (rule != nullptr) {
    out += app.tr("\nこの対象が求めること:\n", "\nWhat it asks:\n");
    for (const Text& line : words(*q.policy.policy, *rule)) out += "  - " + line.in(lang) + "\n";
  }
  return out + "\n" + assumed(options).in(lang) + "\n" + not_enforced().in(lang) + "\n";
}

json::object both(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

std::string as_json(const AccessOptions& options, const Explained& q) {
  json::array reasons;
  const AccessRule* rule = q.rule();
  for (const AccessReason& reason : q.decision.reasons) {
    json::object one{
        {"code", name(reason.code)},
        {"leaves", name(leaves(reason.code))},
        {"text", both(words(*q.policy.policy, rule, q.records.organisation.calendar, reason))}};
    if (name(reason.code).starts_with("measure_"))
      one["measure"] = q.policy.policy->measures().at(reason.measure)->id;
    if (reason.code == AccessReasonCode::measure_in_grace) one["until"] = format_time(reason.until);
    reasons.emplace_back(std::move(one));
  }
  json::array signs;
  for (const RiskSign& sign : q.signs)
    if (!sign.silenced && !sign.answered) signs.emplace_back(name(sign.signal));
  json::object out{
      {"at", format_time(q.request.context.now)},
      {"person",
       json::object{{"id", q.person.id}, {"email", q.person.email}, {"name", q.person.name}}},
      {"device",
       json::object{
           {"id", q.device.id}, {"subject", q.device.subject.value}, {"name", q.device.name}}},
      {"resource", options.resource},
      {"policy", q.policy.source},
      {"answer", name(q.decision.answer)},
      {"after_factor", name(q.after_factor)},
      {"reasons", std::move(reasons)},
      {"signs", std::move(signs)},
      {"assumed",
       json::object{{"factor", options.factor}, {"risk", name(*q.request.context.risk)}}},
      {"enforced", false}};
  return json::serialize(out) + "\n";
}

}  // namespace

Result<const AccessPerson*> person_named(const AccessRecords& records, const std::string& name) {
  return the_one(
      records.people, name,
      [](const AccessPerson& one) { return std::vector{lower(one.email), lower(one.name)}; },
      {"その人は登録されていません。", "there is no such person."},
      {"同じ名前の人が複数います。次のどれかで指定してください: ",
       "several people have this name; name one of: "});
}

Result<const AccessDevice*> device_named(const AccessRecords& records, const std::string& name) {
  return the_one(records.devices, name,
                 [](const AccessDevice& one) {
                   return std::vector{lower(one.subject.value), lower(one.name)};
                 },
                 {"その端末は登録されていません。", "there is no such device."},
                 {"同じ名前の端末が複数あります。次のどれかで指定してください: ",
                  "several devices have this name; name one of: "});
}

Result<Time> access_time(const std::string& text, const Calendar& calendar) {
  if (text.empty()) return now();
  if (const auto time = parse_moment(text)) return *time;
  // "2026-11-27 18:00" of the organisation's calendar.
  if (text.size() == 16 && text[10] == ' ' && text[13] == ':') {
    const auto day = parse_day(std::string_view(text).substr(0, 10));
    const std::int64_t hour = whole_number(std::string_view(text).substr(11, 2));
    const std::int64_t minute = whole_number(std::string_view(text).substr(14));
    if (day && hour >= 0 && hour < 24 && minute >= 0 && minute < 60)
      return calendar.start(*day) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  }
  return failure("時刻は「2026-11-27 18:00」か 2026-11-27T18:00:00+09:00 の形で書いてください。",
                 "write a time like \"2026-11-27 18:00\" or 2026-11-27T18:00:00+09:00.",
                 printable(text, 80));
}

int access_explain(const App& app, const AccessOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto records = records_of(app, options, *guideline);
  if (!records) return app.complain(records.error());
  const auto policy = policy_in_force(app, *guideline, *records, options.policy, "--policy");
  if (!policy) return kExitError;
  const auto person = person_named(*records, options.person);
  if (!person) return app.complain(person.error());
  const auto device = device_named(*records, options.device);
  if (!device) return app.complain(device.error());
  const auto at = access_time(options.at, records->organisation.calendar);
  if (!at) return app.complain(at.error());
  auto context = context_of(options, *at);
  if (!context) return app.complain(context.error());
  std::vector<RiskSign> signs;
  if (options.risk.empty()) {
    auto risk = risk_now(app, options, *guideline, **person, *device, *at);
    if (!risk) return app.complain(risk.error());
    context->risk = risk->risk;
    signs = std::move(risk->signs);
  }

  Explained q{*records, *policy, **person, **device, access_world(*records, policy->policy, *at),
              {},       {}};
  q.signs = std::move(signs);
  const auto place = [](const auto& list, const auto* one) {
    return static_cast<std::size_t>(one - list.data());
  };
  const FactorsShown best = best_factors(**person, *at);
  AccessParty party{q.world.people[place(records->people, *person)],
                    q.world.devices[place(records->devices, *device)],
                    {options.factor == "code" ? best.code : Time::min(),
                     options.factor == "passkey" ? best.passkey : Time::min()},
                    Time::max()};
  q.request = {party, q.world.snapshot->resource(options.resource), *context};
  q.decision = decide(*q.world.snapshot, q.request);
  AccessRequest shown = q.request;
  shown.party.shown = best;
  q.after_factor = decide(*q.world.snapshot, shown).answer;
  if (q.rule() == nullptr && !options.json) {
    std::vector<std::string> ids;
    for (const AccessRule& rule : policy->policy->rules()) ids.push_back(rule.id.text());
    (void)app.complain(
        {{"このポリシーにある対象: " + join(ids, "、"), "this policy has: " + join(ids, ", ")},
         printable(options.resource, 80)});
  }
  return App::say(options.json ? as_json(options, q) : as_text(app, options, q),
                  q.decision.answer == AccessAnswer::allow ? kExitGood : kExitFailing);
}

}  // namespace sekisho
