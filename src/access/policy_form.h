// SPDX-License-Identifier: Apache-2.0
// A policy as a form has it, and back to the text that people write. Both are read by read_policy
// alone: the form is the same document as JSON, with each thing in its one spelling.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "access/policy.h"

namespace sekisho {

/// {policy: {name, about}, resources: […]} with the fields of docs/access.md, in the order there.
/// Names and reasons are in both languages, lengths in the largest unit that is whole ("12 hours"),
/// days as mon … sun; `who` has its three lists, and what a rule doesn't ask for is not there.
boost::json::object policy_form(const Policy& policy);

/// The policy as text, written anew.
std::string policy_text(const Policy& policy);

/// A policy's text after a change.
struct RevisedPolicy {
  std::string text;
  std::vector<std::string> lost;  // comments of the text before that are no more in it, in order
};
/// `before` changed so that it says what `wanted` says: what stays the same keeps its lines, with
/// their comments. Text that is laid out otherwise than in docs/access.md, or isn't a policy, is
/// written anew; what stood above it in comments stays.
RevisedPolicy revise_policy(std::string_view before, const Policy& wanted);

}  // namespace sekisho
