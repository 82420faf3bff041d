// SPDX-License-Identifier: Apache-2.0
// SharePoint's and OneDrive's settings, of which PowerShell and Graph tell the same by other names.
#include "collect/cloud/microsoft365.h"

namespace sekisho {
namespace {

/// A number, or the name of that number.
CloudSetting<std::int64_t> numbered(const ExportPlace& place,
                                    std::initializer_list<std::string_view> names) {
  const CloudSetting<std::string> name = place.text();
  if (name.value() != nullptr) {
    std::int64_t number = 0;
    for (const std::string_view one : names) {
      if (same_name(one, *name.value())) return number;
      ++number;
    }
  }
  return place.integer();
}

CloudSetting<std::int64_t> sharing_level(const ExportPlace& place) {
  return numbered(place, {"Disabled", "ExternalUserSharingOnly", "ExternalUserAndGuestSharing",
                          "ExistingExternalUserSharingOnly"});
}

CloudSetting<std::int64_t> domain_mode(const ExportPlace& place) {
  return numbered(place, {"None", "AllowList", "BlockList"});
}

CloudSetting<std::int64_t> link_right(const ExportPlace& place) {
  return numbered(place, {"None", "View", "Edit"});
}

}  // namespace

SharePointSettings read_sharing_of_powershell(const ExportPlace& tenant) {
  SharePointSettings sharing;
  sharing.sharing = sharing_level(tenant.at("SharingCapability"));
  sharing.onedrive = sharing_level(tenant.at("ODBSharingCapability"));
  if (sharing.onedrive.lacks(Lack::absent))
    sharing.onedrive = sharing_level(tenant.at("OneDriveSharingCapability"));
  sharing.link_type = numbered(tenant.at("DefaultSharingLinkType"),
                               {"None", "Direct", "Internal", "AnonymousAccess"});
  sharing.link_right = link_right(tenant.at("DefaultLinkPermission"));
  sharing.anyone_files = link_right(tenant.at("FileAnonymousLinkType"));
  sharing.anyone_folders = link_right(tenant.at("FolderAnonymousLinkType"));
  sharing.anyone_days = tenant.at("RequireAnonymousLinksExpireInDays").integer();
  sharing.domain_mode = domain_mode(tenant.at("SharingDomainRestrictionMode"));
  const auto prevented = tenant.at("PreventExternalUsersFromResharing").boolean();
  sharing.guests_pass_on = prevented.value() == nullptr ? CloudSetting<bool>(prevented.lack())
                                                        : CloudSetting<bool>(!*prevented.value());
  sharing.old_sign_in = tenant.at("LegacyAuthProtocolsEnabled").boolean();
  return sharing;
}

SharePointSettings read_sharing_of_graph(const ExportPlace& settings) {
  SharePointSettings sharing;
  sharing.sharing = sharing_level(settings.at("sharingCapability"));
  sharing.domain_mode = domain_mode(settings.at("sharingDomainRestrictionMode"));
  sharing.guests_pass_on = settings.at("isResharingByExternalUsersEnabled").boolean();
  sharing.old_sign_in = settings.at("isLegacyAuthProtocolsEnabled").boolean();
  sharing.by_graph = true;
  return sharing;
}

}  // namespace sekisho
