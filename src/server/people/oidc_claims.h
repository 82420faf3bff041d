// SPDX-License-Identifier: Apache-2.0
// What may be relied upon of what a provider says of a person: the address, and the groups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/base.h"

namespace sekisho {

/// An address as somebody's own, or why it isn't.
struct SaidAddress {
  std::string email;      // in small letters; empty: none that counts
  Text why{};             // it doesn't
  bool may_come = false;  // nothing is said against it: userinfo may say more
  std::string said{};     // whether it counts or not
};
/// `trusted`: the provider's addresses count without its word for each.
SaidAddress address_in(const boost::json::value& claims, bool trusted);

/// The groups that a claim names: a text or a list of them; a dot leads into an object
/// (realm_access.roles) where no claim has the whole name. Nothing where the claim isn't there; an
/// error where it isn't given whole (Entra ID leaves out what is too long).
Result<std::optional<std::vector<std::string>>> groups_in(const boost::json::value& claims,
                                                          const std::string& name);

/// `claims` with what userinfo adds. The address and what is said of it stay together, from the one
/// or from the other; nothing else but groups is taken.
boost::json::object with_userinfo(const boost::json::value& claims,
                                  const boost::json::value& userinfo, const std::string& groups);

}  // namespace sekisho
