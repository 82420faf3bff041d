// SPDX-License-Identifier: Apache-2.0
// The public data set of sign-ins, as CSV (Wiefling et al., "Pump Up Password Security!", ACM TOPS
// 2022; das-group/rba-dataset): read line by line, so that a file of any length takes no more
// memory than its longest line may.
#pragma once

#include "access/risk_history.h"

namespace sekisho {

struct RiskRow {
  SignIn attempt;
  bool of_attacker = false;  // "Is Attack IP"
  bool takeover = false;     // "Is Account Takeover"
};

/// Reads rows after the header, which says where each column is.
class RiskCsv {
 public:
  static constexpr std::size_t kLongestLine = 16'384;
  static constexpr std::size_t kMostColumns = 64;

  /// Refused where a column lacks, or is there twice.
  static Result<RiskCsv> begin(std::string_view header);
  /// Refused where anything in it isn't clear; the words say which column.
  Result<RiskRow> row(std::string_view line) const;

 private:
  enum class Column : std::uint8_t {
    time,
    user,
    address,
    country,
    system,
    agent,
    browser,
    os,
    kind,
    success,
    attack,
    takeover
  };
  static constexpr std::size_t kColumns = 12;
  static constexpr std::array<std::string_view, kColumns> kNames{"Login Timestamp",
                                                                 "User ID",
                                                                 "IP Address",
                                                                 "Country",
                                                                 "ASN",
                                                                 "User Agent String",
                                                                 "Browser Name and Version",
                                                                 "OS Name and Version",
                                                                 "Device Type",
                                                                 "Login Successful",
                                                                 "Is Attack IP",
                                                                 "Is Account Takeover"};

  std::array<std::size_t, kColumns> places_{};
  std::size_t columns_ = 0;
};

/// The cells of one line of RFC 4180; nothing where quotes don't end, or cells are too many.
std::optional<std::vector<std::string>> csv_cells(std::string_view line);
/// "Chrome Mobile 81.0.4044" without its version: what stays through updates.
std::string_view without_version(std::string_view name);

}  // namespace sekisho
