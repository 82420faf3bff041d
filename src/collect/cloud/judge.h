// SPDX-License-Identifier: Apache-2.0
// Internal to the room: how rows are made.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "collect/cloud/cloud.h"
#include "collect/cloud/microsoft365.h"

namespace sekisho {

/// What there is to say where a setting has no value.
Finding lacking(Lack lack);

/// A verdict with what was seen and what it was held against.
inline Finding good(std::string ja, std::string en, std::string seen, std::string limit) {
  return pass(
      std::move(ja), std::move(en),
      Compared{
          .source = Compared::Source::entry, .seen = std::move(seen), .limit = std::move(limit)});
}
inline Finding bad(std::string ja, std::string en, std::string seen, std::string limit) {
  Finding finding = fail(std::move(ja), std::move(en));
  finding.basis = Compared{
      .source = Compared::Source::entry, .seen = std::move(seen), .limit = std::move(limit)};
  return finding;
}

/// What `judge` makes of a value, and what its lack says otherwise.
template <typename T, typename Judge>
Finding judged(const CloudSetting<T>& setting, Judge judge) {
  return setting.value() == nullptr ? lacking(setting.lack()) : judge(*setting.value());
}

/// A switch that is safe in one position.
Finding safe_when(const CloudSetting<bool>& setting, bool wanted, const Text& is,
                  const Text& is_not);

/// The worst: what fails before what isn't known before what is good.
Finding worst_of(std::vector<Finding> findings);

/// Of whom a second factor is demanded: those of `all` people who are left out, or may be.
Finding second_factor_of(const std::vector<PersonLeftOut>& left, std::size_t all);
/// People who are in groups, but not in the list of people: it isn't of everybody.
Finding not_everybody(std::size_t missing);
/// Who hasn't registered a second factor, and of how many that isn't known.
Finding registered_of(const std::vector<std::string>& without, std::size_t unsure, std::size_t all);
/// Whether there are enough administrators with all rights, and not too many.
Finding administrators_of(std::size_t count, const Text& what);
/// Whether one is a declared account for emergencies, by its id or the name it signs in with.
bool is_emergency(const CloudDeclared& declared, std::string_view sign_in, std::string_view id);

class CloudRows {
 public:
  explicit CloudRows(std::string source) : source_(std::move(source)) {}
  void add(std::string_view id, Finding finding, std::vector<PersonLeftOut> people = {});
  std::vector<CloudRow> take() { return std::move(rows_); }

 private:
  std::string source_;
  std::vector<CloudRow> rows_;
};

void judge_entra(const Microsoft365& tenant, const CloudDeclared& declared, CloudRows& rows);
void judge_mail(const Microsoft365& tenant, CloudRows& rows);
void judge_sharepoint(const Microsoft365& tenant, CloudRows& rows);
void judge_teams(const Microsoft365& tenant, CloudRows& rows);
void judge_intune(const Microsoft365& tenant, CloudRows& rows);
/// Policies and roles beyond who has a second factor.
void judge_rights(const Microsoft365& tenant, const CloudDeclared& declared, CloudRows& rows);
/// The settings of a service that a few fields decide.
void judge_plain(const Microsoft365& tenant, CloudService service, CloudRows& rows);

}  // namespace sekisho
