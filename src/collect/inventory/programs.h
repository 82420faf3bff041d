// SPDX-License-Identifier: Apache-2.0
// Programs as Windows lists them, held against NVD's records under NVD's names of them; on a device
// as on the server.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collect/inventory/judgement.h"
#include "guideline/guideline.h"

namespace sekisho {

class Weaknesses;

/// A program of the list that Windows keeps, by NVD's names of it.
ComponentJudgement judge_program(const Software& software, const std::string& program,
                                 const std::string& version, const Weaknesses& weaknesses,
                                 std::string_view platform = {});

/// Whether NVD's records tell the versions of all these weaknesses under a name of that software:
/// those that they don't.
std::vector<std::string> untold(const Software& software, const std::string& program,
                                const std::string& version, const std::vector<std::string>& cves,
                                const Weaknesses& weaknesses, std::string_view platform = {});

/// All weaknesses of the list of attacks.
std::set<std::string, std::less<>> exploited_weaknesses(const ExploitedFeed& feed);

/// What a device needs of NVD's records to tell whether its programs are open to attacks: of the
/// programs that are watched, and of what is on the list of attacks. Some hundred records.
Weaknesses exploited_of_programs(const std::vector<Software>& software, const Feeds& feeds);

}  // namespace sekisho
