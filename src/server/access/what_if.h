// SPDX-License-Identifier: Apache-2.0
// Two policies beside each other: everybody in use, on each device that is registered to them, at
// every resource, at best: with a second factor shown where there is one, at an hour and from a
// place that the rule allows, and nothing said against the person.
#pragma once

#include "server/access/records.h"

namespace sekisho {

struct AccessChange {
  const AccessPerson* person = nullptr;  // of the records
  std::string resource;
  AccessDecision decision;  // under the new policy
};

struct AccessComparison {
  std::vector<AccessChange> locked_out;
  std::vector<AccessChange> let_in;
  std::size_t people = 0;
  std::size_t in_before = 0;
  std::size_t in_after = 0;
  std::size_t administrators = 0;
  std::size_t administrators_before = 0;  // who reach some resource
  std::size_t administrators_in = 0;      // the same, under the new policy
  std::vector<std::string>
      closed_to_administrators{};  // resources that name them, and none gets in

  /// Nobody could mend it afterwards.
  bool locks_out_all_administrators() const { return administrators_in == 0; }
};

/// `records` outlive what is given.
AccessComparison compare_policies(const AccessRecords& records,
                                  std::shared_ptr<const Policy> old_one,
                                  std::shared_ptr<const Policy> new_one, Time at);

/// Whether this person gets in anywhere in this context, with a second factor shown where there is
/// one.
bool reaches_anything(const AccessRecords& records, std::shared_ptr<const Policy> policy,
                      PersonId who, const AccessContext& context);

}  // namespace sekisho
