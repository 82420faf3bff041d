// SPDX-License-Identifier: Apache-2.0
// What Graph tells of SharePoint, guests and staff: the same rows as of the export, by other names.
#include <gtest/gtest.h>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/cloud_unread.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

json::object graph_people() {
  json::object all = sound_people();
  all["sharepointSettings"] = parsed(R"({"sharingCapability": "externalUserSharingOnly",
    "sharingDomainRestrictionMode": "allowList", "isResharingByExternalUsersEnabled": false,
    "isLegacyAuthProtocolsEnabled": false, "isUnmanagedSyncAppForTenantRestricted": true,
    "idleSessionSignOut": {"isEnabled": true}})");
  all["authorizationPolicy"] = parsed(R"({
    "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
    "allowInvitesFrom": "adminsAndGuestInviters", "defaultUserRolePermissions": {
      "allowedToCreateApps": false, "allowedToCreateTenants": false,
      "permissionGrantPoliciesAssigned": []}})");
  return all;
}

Finding told_by_graph(std::string_view id, const Change& change = nullptr) {
  json::object all = graph_people();
  if (change) change(all);
  return row(read_all({all}), id).finding;
}

struct GraphTurn {
  std::string_view id;
  std::string at;
  const char* bad;
};

TEST(SharingSettings, ByGraphAreGoodBadAbsentAndUnreadable) {
  const std::string spo = "/sharepointSettings/";
  const std::string may = "/authorizationPolicy/";
  const std::vector<GraphTurn> turns{
      {"spo.sharing", spo + "sharingCapability", R"("externalUserAndGuestSharing")"},
      {"spo.new_guests", spo + "sharingDomainRestrictionMode", R"("blockList")"},
      {"spo.reshare", spo + "isResharingByExternalUsersEnabled", "true"},
      {"spo.legacy_auth", spo + "isLegacyAuthProtocolsEnabled", "true"},
      {"spo.sync", spo + "isUnmanagedSyncAppForTenantRestricted", "false"},
      {"spo.idle", spo + "idleSessionSignOut", R"({"isEnabled": false})"},
      {"m365.guest_rights", may + "guestUserRoleId", R"("a0b1b346-4d3e-4e8b-98f8-753987be4970")"},
      {"m365.guest_invite", may + "allowInvitesFrom", R"("everyone")"},
      {"m365.user_consent", may + "defaultUserRolePermissions/permissionGrantPoliciesAssigned",
       R"(["ManagePermissionGrantsForSelf.microsoft-user-default-low"])"},
      {"m365.register_apps", may + "defaultUserRolePermissions/allowedToCreateApps", "true"},
      {"m365.create_tenants", may + "defaultUserRolePermissions/allowedToCreateTenants", "true"}};
  for (const GraphTurn& turn : turns) {
    EXPECT_EQ(told_by_graph(turn.id).verdict, Verdict::pass) << turn.id;
    EXPECT_EQ(told_by_graph(turn.id, set(turn.at, turn.bad)).verdict, Verdict::fail) << turn.id;
    EXPECT_EQ(told_by_graph(turn.id, without(turn.at)).verdict, Verdict::unknown) << turn.id;
    for (const char* odd : {"null", R"({"odd": 1})", R"("@{x=y}")", "[null]"})
      EXPECT_EQ(told_by_graph(turn.id, set(turn.at, odd)).verdict, Verdict::unknown)
          << turn.id << odd;
  }
  for (const char* section : {"/sharepointSettings", "/authorizationPolicy"})
    for (const GraphTurn& turn : turns)
      if (turn.at.starts_with(section)) {
        EXPECT_EQ(told_by_graph(turn.id, set(section, R"({"error": "403"})")).verdict,
                  Verdict::unknown)
            << turn.id;
      }
}

TEST(SharingSettings, WhatGraphDoesNotTellIsNotKnownButForOneDrivesBound) {
  for (const char* id : {"spo.link_type", "spo.link_right", "spo.infected", "spo.guest_expiry"})
    EXPECT_EQ(told_by_graph(id).verdict, Verdict::unknown) << id;
  // OneDrive shares no wider than SharePoint.
  EXPECT_EQ(told_by_graph("spo.onedrive").verdict, Verdict::pass);
  EXPECT_EQ(told_by_graph("spo.anyone_expiry").verdict, Verdict::not_applicable);
  const Change open =
      set("/sharepointSettings/sharingCapability", R"("externalUserAndGuestSharing")");
  EXPECT_EQ(told_by_graph("spo.onedrive", open).verdict, Verdict::unknown);
  EXPECT_EQ(told_by_graph("spo.anyone_expiry", open).verdict, Verdict::unknown);
  EXPECT_EQ(told_by_graph("spo.onedrive", without("/sharepointSettings/sharingCapability")).verdict,
            Verdict::unknown);
}

TEST(SharingSettings, NothingIsSaidOfSharePointWhereNobodyAsked) {
  EXPECT_FALSE(read_all({sound_people()}).read.contains(CloudService::sharepoint));
  EXPECT_TRUE(read_all({graph_people()}).read.contains(CloudService::sharepoint));
}

TEST(SharingSettings, TheNewerOfGraphAndTheExportHoldsAndEachFillsTheOther) {
  const auto both = [](const char* graph_at, std::string_view id) {
    json::object settings = sound_export();
    json::object people = graph_people();
    people["readAt"] = graph_at;
    people["sharepointSettings"].get_object()["sharingCapability"] = "externalUserAndGuestSharing";
    return row(read(files(settings, people)), id).finding.verdict;
  };
  constexpr const char* kBefore = "2026-11-25T00:00:00Z";
  constexpr const char* kAfter = "2026-11-26T12:00:00Z";
  EXPECT_EQ(both(kBefore, "spo.sharing"), Verdict::pass);
  EXPECT_EQ(both(kAfter, "spo.sharing"), Verdict::fail);
  // Graph says nothing of these: the export does, whichever is newer.
  for (const char* time : {kBefore, kAfter})
    for (const char* id : {"spo.link_type", "spo.onedrive", "exo.autoforward", "teams.lobby"})
      EXPECT_EQ(both(time, id), Verdict::pass) << id << time;
}

}  // namespace
}  // namespace sekisho
