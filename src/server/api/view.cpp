// SPDX-License-Identifier: Apache-2.0
#include "server/api/view.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/api/effort.h"

namespace sekisho {

namespace json = boost::json;

RequirementRef find_requirement(const Guideline& guideline, std::string_view id) {
  if (const HandbookItem* item = guideline.handbook_item(id)) return {nullptr, item};
  return {guideline.measure(id), nullptr};
}

const CheckSpec* find_check(const Shop& shop, std::string_view id) {
  const CheckSpec* check = shop.guideline.check(id);
  return check != nullptr ? check : shop.board.clouds().check(id);
}

std::string item_named(const Shop& shop, std::string_view id) {
  if (const Requirement* found = find_requirement(shop.guideline, id).get()) return found->ascii;
  const CheckSpec* check = find_check(shop, id);
  return check == nullptr ? std::string() : check->id;
}

json::object json_share(const Share& share) {
  return {{"met", share.met}, {"failing", share.failing}, {"unknown", share.unknown}};
}

json::object json_tally(const Tally& tally) {
  json::object out;
  for (const Verdict verdict :
       {Verdict::pass, Verdict::fail, Verdict::not_applicable, Verdict::unknown})
    out[name(verdict)] = tally.of(verdict);
  return out;
}

Share mean(const std::vector<Share>& shares) {
  Share sum;
  double count = 0;
  for (const Share& share : shares) {
    if (share.met + share.failing + share.unknown == 0) continue;  // not applicable
    sum.met += share.met;
    sum.failing += share.failing;
    sum.unknown += share.unknown;
    ++count;
  }
  if (count > 0) sum = {sum.met / count, sum.failing / count, sum.unknown / count};
  return sum;
}

json::object json_basis(const Basis& basis) {
  json::object out = to_json(basis);
  json::array lines;
  for (const Text& line : words(basis)) lines.emplace_back(json_text(line));
  out["words"] = std::move(lines);
  return out;
}

namespace {

/// As it was kept, with the name that the person who said it has by now.
Basis shown_basis(const Row& row) {
  Basis kept = Judgement::kept(verdict_named(row.text(1)).value_or(Verdict::unknown), {},
                               kept_basis(row.text(12)))
                   .basis();
  if (row.null(11)) return kept;
  Basis basis;
  for (Compared one : kept.list()) {
    if (one.source == Compared::Source::person && one.place.empty()) one.place = row.text(11);
    basis.add(std::move(one));
  }
  basis.count_more(kept.more());
  return basis;
}

}  // namespace

Result<std::unordered_map<std::int64_t, json::object>> evidence_json(
    Database& db, const std::vector<std::int64_t>& ids) {
  std::unordered_map<std::int64_t, json::object> found;
  if (ids.empty()) return found;
  // Ids are our own numbers, so that they can stand in the text.
  const auto rows = db.query(fmt::format(
      "SELECT e.id, e.verdict, e.first_at, e.observed_at, e.valid_until, e.source, e.detail_ja, "
      "e.detail_en, a.note, a.attachment_id, f.name, p.name, e.basis FROM evidence e LEFT JOIN "
      "answer a ON "
      "a.evidence_id = e.id LEFT JOIN attachment f ON f.id = a.attachment_id LEFT JOIN person p ON "
      "p.id = a.person_id WHERE e.id IN ({})",
      fmt::join(ids, ",")));
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows) {
    json::object out{{"id", row.integer(0)},
                     {"verdict", row.text(1)},
                     {"first_at", json_time(row.time(2))},
                     {"observed_at", json_time(row.time(3))},
                     {"valid_until", json_time(row.time(4))},
                     {"source", row.text(5)},
                     {"detail", json_text({row.text(6), row.text(7)})},
                     {"basis", json_basis(shown_basis(row))},
                     {"by", row.null(11) ? json::value(nullptr) : json::value(row.text(11))},
                     {"note", row.text(8)},
                     {"attachment", nullptr}};
    if (!row.null(9))
      out["attachment"] = json::object{{"id", row.integer(9)}, {"name", row.text(10)}};
    found.emplace(row.integer(0), std::move(out));
  }
  return found;
}

Result<View> View::make(Call& call, std::shared_ptr<const Standing> standing) {
  View view;
  view.board_ = std::move(standing);
  const auto kept = settings(call.db);
  if (!kept) return std::unexpected(kept.error());
  view.organisation_ = organisation_of(view.board_->guideline(), *kept);
  const auto rows = call.db.query(
      "SELECT a.item, a.person_id, p.name, a.due, p.state FROM assignment a LEFT JOIN person p ON "
      "p.id = a.person_id");
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows) {
    json::object one{{"person", nullptr},
                     {"due", row.null(3) ? json::value(nullptr) : json::value(row.text(3))}};
    // Who has left owns nothing: whatever asks for the owner finds none, and can say who it was.
    if (!row.null(1) && row.text(4) == "active")
      one["person"] = json::object{{"id", row.integer(1)}, {"name", row.text(2)}};
    else if (!row.null(1))
      one["left"] = row.text(2);
    view.assignments_.emplace(row.text(0), std::move(one));
  }
  if (auto loaded = view.load_evidence(call); !loaded) return std::unexpected(loaded.error());
  return view;
}

Result<void> View::load_evidence(Call& call) {
  const Fleet& fleet = board_->fleet();
  asked_ = fleet.standings(kOrganisation);
  if (fleet.machines() == 1) {
    // Any machine that counts has a verdict for any machine's check.
    const auto& checks = board_->guideline().checks;
    for (std::size_t i = 0; i < checks.size() && only_.empty(); ++i)
      if (!checks[i].asked)
        for (const SubjectId& machine : fleet.machines_with(i, fleet.tally(i).verdict(), 1))
          only_ = fleet.standings(machine);
  }
  std::vector<std::int64_t> ids;
  for (const auto* list : {&asked_, &only_})
    for (const Fleet::CheckStanding& standing : *list)
      if (standing.id != 0) ids.push_back(standing.id);
  auto found = evidence_json(call.db, ids);
  if (!found) return std::unexpected(found.error());
  evidence_ = std::move(*found);
  return {};
}

json::value View::assignment(const std::string& item) const {
  const auto found = assignments_.find(item);
  return found == assignments_.end() ? json::value(nullptr) : json::value(found->second);
}

std::string View::due(const std::string& item) const {
  const auto found = assignments_.find(item);
  if (found == assignments_.end() || !found->second.at("due").is_string()) return {};
  return std::string(found->second.at("due").as_string());
}

json::object View::check(const CheckSpec& spec) const {
  const CheckPlaces& places = board_->fleet().places();
  const std::size_t place = places.by_id.at(spec.id);
  const Tally& tally = board_->fleet().tally(place);
  json::object out{{"id", spec.id},
                   {"asked", spec.asked},
                   {"verdict", name(tally.verdict())},
                   {"partly", tally.only_partly()},
                   {"tally", json_tally(tally)},
                   {"evidence", nullptr},
                   {"assignment", assignment(spec.id)}};
  const auto& list = places.organisations[place] ? asked_ : only_;
  if (place < list.size())
    if (const auto found = evidence_.find(list[place].id); found != evidence_.end()) {
      out["evidence"] = found->second;
      // Until when it counts, whatever was written.
      out["evidence"].as_object()["valid_until"] = json_time(list[place].valid_until);
    }
  return out;
}

json::object View::base(const Requirement& requirement, const Applicability& applicability) const {
  json::array checks;
  for (const std::string& id : requirement.checks)
    checks.emplace_back(check(*board_->guideline().check(id)));
  // Of clouds those alone of which something was seen: nobody who uses none reads of them.
  for (const std::string& id : board_->clouds().of(requirement))
    if (json::object one = check(*board_->clouds().check(id)); !one["evidence"].is_null())
      checks.emplace_back(std::move(one));
  const Status status =
      applicability.applies ? fold(board_->fleet(), requirement) : Status::not_applicable;
  return {
      {"id", requirement.ascii},
      {"status", name(status)},
      {"share", json_share(applicability.applies ? share(board_->fleet(), requirement) : Share{})},
      {"applies", applicability.applies},
      {"reason", applicability.reason.empty() ? json::value(nullptr)
                                              : json::value(json_text(applicability.reason))},
      {"checks", std::move(checks)},
      {"assignment", assignment(requirement.ascii)}};
}

json::object View::requirement(const Measure& measure) const {
  return base(measure, applies(measure));
}
json::object View::requirement(const HandbookItem& item) const { return base(item, applies(item)); }

json::object View::action(const FleetAction& action) const {
  json::array serves;
  for (const Requirement* requirement : action.serves) serves.emplace_back(requirement->ascii);
  json::object out = check(*action.check);
  out["priority"] = name(action.priority);
  out["importance"] = name(action.importance);
  out["difficulty"] = name(action.difficulty);
  out["effort"] = name(effort_of(action));
  out["serves"] = std::move(serves);
  return out;
}

}  // namespace sekisho
