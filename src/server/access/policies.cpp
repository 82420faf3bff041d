// SPDX-License-Identifier: Apache-2.0
// The policy in force, as administrators read and save it.
#include <algorithm>

#include <fmt/format.h>

#include "access/policy_form.h"
#include "server/access/facts.h"
#include "server/access/handlers.h"
#include "server/access/live_desk.h"
#include "server/access/past.h"
#include "server/access/policy_view.h"
#include "server/access/what_if.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNamed = 200;  // of those who would be locked out, or let in

/// What is saved, or comes with the method in use.
struct InForce {
  std::string source = "none";  // saved, built_in, none
  std::string text;
};

InForce in_force(const Organisation& organisation, const std::optional<SavedPolicy>& saved) {
  if (saved) return {"saved", saved->text};
  if (organisation.methods.size() != 1) return {};
  return {"built_in", std::string(built_in_policy(organisation.methods.front()->id))};
}

std::optional<Policy> policy_of(const Guideline& guideline, const std::string& text) {
  const auto document = parse_yaml("policy", text, kPolicyLimits);
  if (!document) return std::nullopt;
  auto policy = read_policy(*document, guideline);
  return policy ? std::optional(std::move(*policy)) : std::nullopt;
}

/// The form and the words of a text; null for what this version can't read, and where there is
/// none.
void add_read(json::object& to, const Guideline& guideline, const std::string& text) {
  const auto policy = policy_of(guideline, text);
  to["form"] = policy ? json::value(policy_form(*policy)) : json::value(nullptr);
  to["words"] = policy ? json::value(policy_view(*policy)) : json::value(nullptr);
}

bool knows_countries(const Call& call) {
  return call.shop.desk == nullptr || call.shop.desk->knows_countries();
}

Outcome list_built_in_policies(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const Organisation organisation = organisation_of(call.guideline(), *kept);
  json::array items;
  for (const Method& method : call.guideline().methods) {
    const std::string text(built_in_policy(method.id));
    json::object item{
        {"method", method.id},
        {"name", json_text(method.name)},
        {"in_use", std::ranges::find(organisation.methods, &method) != organisation.methods.end()},
        {"text", text}};
    add_read(item, call.guideline(), text);
    items.emplace_back(std::move(item));
  }
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome get_access_policy(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto saved = saved_policy(call.db);
  if (!saved) return broken(saved.error());
  const InForce there = in_force(organisation_of(call.guideline(), *kept), *saved);
  const auto rows = call.db.query(
      "SELECT a.saved_at, a.saved_by, p.name FROM access_policy a JOIN person p ON p.id = "
      "a.saved_by ORDER BY a.id DESC LIMIT 1");
  if (!rows) return broken(rows.error());
  json::object out{{"source", there.source},
                   {"text", there.text},
                   {"countries", knows_countries(call)},
                   {"saved_at", nullptr},
                   {"saved_by", nullptr}};
  add_read(out, call.guideline(), there.text);
  if (!rows->empty()) {
    out["saved_at"] = json_time(rows->front().time(0));
    out["saved_by"] =
        json::object{{"id", rows->front().integer(1)}, {"name", rows->front().text(2)}};
  }
  return reply_json(out);
}

Outcome list_access_policies(Call& call) {
  const auto page = page_of(call, 20, 100);
  if (!page) return std::unexpected(page.error());
  const auto rows = call.db.query(
      "SELECT a.id, a.text, a.saved_at, a.saved_by, p.name FROM access_policy a JOIN person p ON "
      "p.id = a.saved_by WHERE a.id < ? ORDER BY a.id DESC LIMIT ?",
      {page->after == 0 ? INT64_MAX : page->after, static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(
        json::object{{"id", row.integer(0)},
                     {"text", row.text(1)},
                     {"saved_at", json_time(row.time(2))},
                     {"saved_by", json::object{{"id", row.integer(3)}, {"name", row.text(4)}}}});
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

/// Of a person on a device, or of a device's own.
template <typename Of>
json::value ref(const Of* one) {
  if (one == nullptr) return nullptr;
  return json::object{{"id", one->id}, {"name", one->name}};
}

/// Who, where, and what is then said to them.
json::object change_json(const Policy& policy, const AccessPerson* person,
                         const std::string& resource, const AccessDecision& decision) {
  json::array codes;
  for (const AccessReason& reason : decision.reasons) codes.emplace_back(name(reason.code));
  return {{"person", ref(person)},
          {"resource", resource},
          {"answer", name(decision.answer)},
          {"codes", std::move(codes)},
          {"reasons", reasons_view(policy, decision.reasons)}};
}

json::object changes_json(const Policy& policy, const std::vector<AccessChange>& changes) {
  json::array items;
  for (std::size_t i = 0; i < std::min(changes.size(), kMostNamed); ++i)
    items.emplace_back(
        change_json(policy, changes[i].person, changes[i].resource, changes[i].decision));
  return {{"count", changes.size()}, {"items", std::move(items)}};
}

json::object past_changes_json(const Policy& policy, const std::vector<PastChange>& changes) {
  json::array items;
  for (std::size_t i = 0; i < std::min(changes.size(), kMostNamed); ++i) {
    const PastChange& one = changes[i];
    json::object item = change_json(policy, one.person, one.resource, one.decision);
    item["device"] = ref(one.device);
    item["times"] = one.times;
    item["last_at"] = json_time(one.last);
    items.emplace_back(std::move(item));
  }
  return {{"count", changes.size()}, {"items", std::move(items)}};
}

json::object past_json(const Policy& policy, const PastComparison& past) {
  return {{"days", kPastLooked.count()},
          {"decisions", past.decisions},
          {"locked_out", past_changes_json(policy, past.locked_out)},
          {"let_in", past_changes_json(policy, past.let_in)}};
}

json::object comparison_json(const Policy& policy, const AccessComparison& all, bool you_now,
                             bool saved) {
  json::array closed;
  for (const std::string& one : all.closed_to_administrators) closed.emplace_back(one);
  return {{"saved", saved},
          {"people", all.people},
          {"reached", json::object{{"before", all.in_before}, {"after", all.in_after}}},
          {"locked_out", changes_json(policy, all.locked_out)},
          {"let_in", changes_json(policy, all.let_in)},
          {"administrators", json::object{{"all", all.administrators},
                                          {"before", all.administrators_before},
                                          {"after", all.administrators_in}}},
          {"closed_to_administrators", std::move(closed)},
          {"you_now", you_now},
          {"words", policy_view(policy)},
          {"past", nullptr}};
}

/// A policy with slips, as fields of the body: of a text each with its line, of a form at its
/// place.
Problem with_slips(std::vector<Error> slips) {
  return {422, {"ポリシーに誤りがあります。", "the policy has slips."}, std::move(slips)};
}

/// `place` is where a rule's countries stand, by its number.
template <typename Place>
std::expected<std::shared_ptr<const Policy>, Problem> policy_from(Call& call,
                                                                  const Document& document,
                                                                  Place place) {
  auto policy = read_policy(document, call.guideline());
  if (!policy) return std::unexpected(with_slips(std::move(policy.error())));
  std::vector<Error> slips;
  for (std::size_t i = 0; i < policy->rules().size() && !knows_countries(call); ++i)
    if (const AccessRule& rule = policy->rules()[i]; !rule.countries.empty())
      slips.push_back(
          {{rule.id.text() + ": このサーバーには接続元の国が分からないため、countries を書くと"
                             "誰も使えなくなります。国の分かるファイル（*.mmdb）を serve の "
                             "--places で指定してください。",
            rule.id.text() + ": this server can't tell from which country somebody comes, so with "
                             "countries nobody would get in. Give serve a file that tells "
                             "(*.mmdb) with --places."},
           place(i)});
  if (!slips.empty()) return std::unexpected(with_slips(std::move(slips)));
  return std::make_shared<const Policy>(std::move(*policy));
}

std::expected<std::shared_ptr<const Policy>, Problem> policy_from(Call& call,
                                                                  const std::string& text) {
  const auto document = parse_yaml("policy", text, kPolicyLimits);
  if (!document) return std::unexpected(with_slips({document.error()}));
  return policy_from(call, *document, [](std::size_t) { return std::string("/text"); });
}

/// A draft as it is sent: its text, and the form that it shall say.
struct DraftBody {
  std::string text;
  std::optional<json::value> form;
};

DraftBody draft_body(const Node& node) {
  node.only({"text", "form"});
  DraftBody body;
  const Node text = node.at("text");
  // Where nothing is in force, a form begins with no text.
  if (const auto* given = text.value().if_string(); given == nullptr || !given->empty())
    body.text = text.string();
  if (const auto form = node.find("form")) body.form = form->value();
  return body;
}

Outcome draft_access_policy(Call& call) {
  const auto body = read_body<DraftBody>(call, draft_body);
  if (!body) return std::unexpected(body.error());
  const auto policy =
      body->form ? policy_from(
                       call, Document{"/form", *body->form, {}},
                       [](std::size_t i) { return fmt::format("/form/resources/{}/countries", i); })
                 : policy_from(call, body->text);
  if (!policy) return std::unexpected(policy.error());
  const RevisedPolicy revised = revise_policy(body->text, **policy);
  json::array lost;
  for (const std::string& comment : revised.lost) lost.emplace_back(comment);
  return reply_json(json::object{{"text", revised.text},
                                 {"form", policy_form(**policy)},
                                 {"words", policy_view(**policy)},
                                 {"lost", std::move(lost)}});
}

std::string policy_body(const Node& node) {
  node.only({"text"});
  return node.at("text").string();
}

/// Whether who saves it could use anything by it now, from where they are.
bool reaches_now(const Call& call, const AccessRecords& records,
                 std::shared_ptr<const Policy> policy) {
  AccessContext here{.now = call.now,
                     .from = ClientAddress::parse(call.request.peer),
                     .risk = ImpersonationRisk::low};
  if (here.from && call.shop.desk != nullptr) here.country = call.shop.desk->country_of(*here.from);
  return reaches_anything(records, std::move(policy), call.who.person, here);
}

/// With try=yes it is only said what it would change.
Outcome save_access_policy(Call& call) {
  const auto text = read_body<std::string>(call, policy_body);
  if (!text) return std::unexpected(text.error());
  const auto policy = policy_from(call, *text);
  if (!policy) return std::unexpected(policy.error());
  const auto records = read_access_records(call.db, call.guideline());
  if (!records) return broken(records.error());
  // What is in force may have slips that came with another version: then nobody is in by it.
  auto before = policy_in_force(call.guideline(), records->organisation, records->policy);
  if (!before) before = std::make_shared<const Policy>(Policy::none(call.guideline()));
  const AccessComparison all = compare_policies(*records, *before, *policy, call.now);
  const bool you_now = reaches_now(call, *records, *policy);
  if (call.query("try") == "yes") {
    const auto past = past_decisions(call.db, call.now - kPastLooked);
    if (!past) return broken(past.error());
    json::object out = comparison_json(**policy, all, you_now, false);
    out["past"] = past_json(**policy, compare_past(*records, *past, *before, *policy));
    return reply_json(out);
  }
  if (all.administrators_before > 0 && all.locks_out_all_administrators())
    return problem(409,
                   "このポリシーでは、管理者の誰も、どの対象も使えなくなります。保存していません。",
                   "under this policy no administrator could reach anything any more; it was not "
                   "saved.");
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto kept =
            call.db.execute("INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, ?, ?)",
                            {*text, value_of(call.now), call.who.person});
        !kept)
      return kept;
    return audit(call, "access-policy-saved", (*policy)->name().en,
                 {{"resources", (*policy)->rules().size()},
                  {"locked_out", all.locked_out.size()},
                  {"let_in", all.let_in.size()}});
  });
  return written(done, reply_json(comparison_json(**policy, all, you_now, true)));
}

}  // namespace

void add_access_policy(Handlers& handlers) {
  handlers.insert({{"getAccessPolicy", get_access_policy},
                   {"saveAccessPolicy", save_access_policy},
                   {"draftAccessPolicy", draft_access_policy},
                   {"listBuiltInPolicies", list_built_in_policies},
                   {"listAccessPolicies", list_access_policies}});
}

}  // namespace sekisho
