// SPDX-License-Identifier: Apache-2.0
// How the organisation stands, as the API shows it: built for one request.
#pragma once

#include <map>
#include <unordered_map>

#include "server/api/call.h"

namespace sekisho {

/// A measure or a handbook item, by its id in the API (admin-C-2, 5-4); both null for neither.
struct RequirementRef {
  const Measure* measure = nullptr;
  const HandbookItem* item = nullptr;

  const Requirement* get() const {
    return measure != nullptr ? static_cast<const Requirement*>(measure) : item;
  }
};
RequirementRef find_requirement(const Guideline& guideline, std::string_view id);
/// The id under which something can be assigned and remarked upon, by any name that it has or had;
/// empty where there is no such thing.
std::string item_named(const Shop& shop, std::string_view id);
/// A check of a machine, a question, or a check of clouds.
const CheckSpec* find_check(const Shop& shop, std::string_view id);

class View {
 public:
  /// Reads what the database adds to the board: settings, assignments, the evidence behind it.
  static Result<View> make(Call& call, std::shared_ptr<const Standing> standing);

  const Organisation& organisation() const { return organisation_; }
  const Standing& board() const { return *board_; }

  template <typename T>
  Applicability applies(const T& requirement) const {
    return applicability(board_->guideline(), requirement, organisation_.methods,
                         organisation_.situations);
  }
  /// One requirement with its status, share, checks and who has it.
  boost::json::object requirement(const Measure& measure) const;
  boost::json::object requirement(const HandbookItem& item) const;
  /// One check: the organisation's verdict, the counts, and what was seen where one fact says all.
  boost::json::object check(const CheckSpec& spec) const;
  boost::json::object action(const FleetAction& action) const;
  /// {"person", "due"} or null.
  boost::json::value assignment(const std::string& item) const;
  std::string due(const std::string& item) const;
  /// All of these, by the item.
  const std::map<std::string, boost::json::object>& assignments() const { return assignments_; }

 private:
  boost::json::object base(const Requirement& requirement,
                           const Applicability& applicability) const;
  Result<void> load_evidence(Call& call);

  std::shared_ptr<const Standing> board_;
  Organisation organisation_;
  std::map<std::string, boost::json::object> assignments_;
  std::unordered_map<std::int64_t, boost::json::object> evidence_;
  std::vector<Fleet::CheckStanding> asked_;  // the organisation's answers
  std::vector<Fleet::CheckStanding> only_;   // of the one machine, where there is one
};

/// What a verdict rests on, with its words.
boost::json::object json_basis(const Basis& basis);
/// Evidence rows as JSON, by id, with note and attachment where a person answered.
Result<std::unordered_map<std::int64_t, boost::json::object>> evidence_json(
    Database& db, const std::vector<std::int64_t>& ids);

boost::json::object json_share(const Share& share);
boost::json::object json_tally(const Tally& tally);
/// The mean of some shares.
Share mean(const std::vector<Share>& shares);

/// Runs `show` with a View of how things stand now; its Result becomes the reply.
template <typename Show>
Outcome with_view(Call& call, Show show) {
  auto standing = call.shop.board.look(call.db);
  if (!standing) return broken(standing.error());
  auto view = View::make(call, std::move(*standing));
  if (!view) return broken(view.error());
  return show(*view);
}

}  // namespace sekisho
