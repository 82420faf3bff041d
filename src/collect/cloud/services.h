// SPDX-License-Identifier: Apache-2.0
// Services of which a few settings decide: GitHub, an AWS account, Box, Dropbox and Slack. Each
// file holds answers of the vendor's API under names:
//
//   {"sekisho": "github", "readAt": "…", "organization": {…}, "membersWithout2fa": [{"login"}]}
//   {"sekisho": "aws", "readAt": "…", "accountId": "…", "publicAccessBlock": {…},
//    "accountSummary": {…}}
//   {"sekisho": "box", "readAt": "…", "enterpriseId": "…", "configuration": {…}}
//   {"sekisho": "dropbox", "readAt": "…", "teamInfo": {…}}
//   {"sekisho": "slack", "readAt": "…", "users": {"members": […]}}
#pragma once

#include <optional>
#include <vector>

#include "base/document.h"
#include "base/time.h"
#include "collect/cloud/judge.h"

namespace sekisho {

struct JudgedService {
  CloudService service = CloudService::github;
  std::optional<Time> read_at;
  std::vector<CloudRow> rows;
  std::string account = {};  // whose it is, in small letters; empty where the file doesn't say
};
/// Nothing for a file of none of these.
std::optional<JudgedService> judge_service(const Document& document);

}  // namespace sekisho
