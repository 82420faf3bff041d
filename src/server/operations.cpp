// SPDX-License-Identifier: Apache-2.0
#include "server/access/handlers.h"
#include "server/clouds/handlers.h"
#include "server/devices/handlers.h"
#include "server/directory/handlers.h"
#include "server/feeds/handlers.h"
#include "server/gate/handlers.h"
#include "server/line/handlers.h"
#include "server/organisation/handlers.h"
#include "server/outbox/handlers.h"
#include "server/people/handlers.h"
#include "server/privacy/handlers.h"

extern "C" {
// NOLINTBEGIN(modernize-avoid-c-arrays): linker symbols
extern const char access_api_begin[], access_api_end[];
extern const char api_api_begin[], api_api_end[];
extern const char clouds_api_begin[], clouds_api_end[];
extern const char devices_api_begin[], devices_api_end[];
extern const char directory_api_begin[], directory_api_end[];
extern const char feeds_api_begin[], feeds_api_end[];
extern const char gate_api_begin[], gate_api_end[];
extern const char line_api_begin[], line_api_end[];
extern const char organisation_api_begin[], organisation_api_end[];
extern const char outbox_api_begin[], outbox_api_end[];
extern const char people_api_begin[], people_api_end[];
extern const char privacy_api_begin[], privacy_api_end[];
// NOLINTEND(modernize-avoid-c-arrays)
}

namespace sekisho {

std::vector<std::string_view> all_documents() {
  return {{api_api_begin, api_api_end},         {people_api_begin, people_api_end},
          {privacy_api_begin, privacy_api_end}, {organisation_api_begin, organisation_api_end},
          {devices_api_begin, devices_api_end}, {line_api_begin, line_api_end},
          {gate_api_begin, gate_api_end},       {outbox_api_begin, outbox_api_end},
          {feeds_api_begin, feeds_api_end},     {directory_api_begin, directory_api_end},
          {clouds_api_begin, clouds_api_end},   {access_api_begin, access_api_end}};
}

Handlers all_handlers() {
  Handlers handlers;
  for (auto* add : {add_newcomers,
                    add_sign_in,
                    add_oidc,
                    add_proof,
                    add_factors,
                    add_me,
                    add_people,
                    add_audit_log,
                    add_organisation,
                    add_standing,
                    add_work,
                    add_devices,
                    add_enrolments,
                    add_lists,
                    add_appliances,
                    add_software,
                    add_device_care,
                    add_line,
                    add_line_risk,
                    add_incidents,
                    add_reports,
                    add_notices,
                    add_feeds,
                    add_privacy,
                    add_reach,
                    add_invitations,
                    add_setup,
                    add_questions,
                    add_emergency_access,
                    add_emergency,
                    add_my_page,
                    add_assignments,
                    add_directory,
                    add_company_accounts,
                    add_clouds,
                    add_access_policy,
                    add_suspensions,
                    add_groups,
                    add_access_list,
                    add_live_list,
                    add_timeline,
                    add_risks,
                    add_confirmations,
                    add_gate})
    add(handlers);
  return handlers;
}

}  // namespace sekisho
