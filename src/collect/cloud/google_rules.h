// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what of Google Workspace is good for whom, a rule each.
#pragma once

#include <string_view>
#include <vector>

#include "collect/cloud/google.h"

namespace sekisho {

/// A field's value, good or bad; what is neither isn't understood.
struct GoogleTerm {
  std::string_view setting;
  std::string_view field;
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;  // "*": all others; "<": a number below the good one
};

struct GoogleRule {
  std::string_view id;
  std::string_view service;  // of which it is; empty: of the accounts
  std::vector<GoogleTerm> terms;
  Text is;
  Text is_not;
  bool any = false;  // one good term is enough
  bool administrators = false;
};

const std::vector<GoogleRule>& google_rules();

}  // namespace sekisho
