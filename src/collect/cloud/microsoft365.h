// SPDX-License-Identifier: Apache-2.0
// A Microsoft 365 tenant's settings, as far as an export holds what is judged. Nothing else of the
// export is kept: it has names, keys and paths that nobody needs here.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/document.h"
#include "base/time.h"
#include "collect/cloud/cloud_service.h"
#include "collect/cloud/entra.h"
#include "collect/cloud/plain.h"

namespace sekisho {

struct GuestSettings {
  CloudSetting<std::string> rights = Lack::absent;  // the id of the guests' role
  CloudSetting<std::string> inviters = Lack::absent;
  CloudSetting<std::vector<std::string>> consent =
      Lack::absent;  // what staff may grant to applications
};

/// TXT records of one domain, by the name that was asked.
struct DomainRecords {
  std::string domain;
  std::vector<std::string> records;
  bool asked = false;       // an answer came, be it that there is nothing
  std::string answered_by;  // the name whose records these are; empty where it isn't said
};

struct ForwardingRule {
  std::string name;
  bool enabled = true;
  std::vector<std::string> copies_to;  // addresses that get a copy or the mail itself
  bool skips_filter = false;           // for email that isn't between colleagues
  bool marks_outside = false;          // puts a word before subjects of all mail from outside
  bool understood = true;
};

/// As it holds at a time, where that is known.
ForwardingRule read_mail_rule(const ExportPlace& place, const std::optional<Time>& time);

struct RemoteDomain {
  std::string domain;
  CloudSetting<bool> forwards = Lack::absent;
};

struct MailSettings {
  CloudSetting<std::vector<RemoteDomain>> remote_domains = Lack::absent;
  CloudSetting<std::vector<ForwardingRule>> rules = Lack::absent;
  CloudSetting<std::vector<std::string>> domains = Lack::absent;
  CloudSetting<std::vector<DomainRecords>> spf = Lack::absent;
  CloudSetting<std::vector<DomainRecords>> dkim = Lack::absent;
  CloudSetting<std::vector<DomainRecords>> dmarc = Lack::absent;
  CloudSetting<std::vector<std::string>> dkim_enabled = Lack::absent;  // domains
  CloudSetting<bool> smtp_auth_off = Lack::absent;
  CloudSetting<bool> modern_sign_in = Lack::absent;
  CloudSetting<bool> audit_off = Lack::absent;
  CloudSetting<bool> audit_log = Lack::absent;
  CloudSetting<std::vector<std::string>> calendars =
      Lack::absent;  // "domain:what" of enabled policies
  CloudSetting<std::vector<std::string>> let_in = Lack::absent;  // addresses past the filter
  CloudSetting<bool> safe_list = Lack::absent;
  /// Rules of preset protection that are on, for all of the firm.
  CloudSetting<bool> preset = Lack::absent;
  CloudSetting<bool> preset_links = Lack::absent;                // of links and attachments
  CloudSetting<std::vector<std::string>> alerts = Lack::absent;  // that are on, by name
};

struct SharePointSettings {
  CloudSetting<std::int64_t> sharing = Lack::absent;
  CloudSetting<std::int64_t> onedrive = Lack::absent;
  CloudSetting<std::int64_t> link_type = Lack::absent;
  CloudSetting<std::int64_t> link_right = Lack::absent;
  CloudSetting<std::int64_t> anyone_days = Lack::absent;
  CloudSetting<std::int64_t> anyone_files = Lack::absent;
  CloudSetting<std::int64_t> anyone_folders = Lack::absent;
  CloudSetting<std::int64_t> domain_mode = Lack::absent;
  CloudSetting<bool> guests_pass_on = Lack::absent;
  CloudSetting<bool> old_sign_in = Lack::absent;
  bool by_graph = false;  // which has no level of OneDrive's own
};

/// As SharePoint's PowerShell has them ("SharingCapability"), and as Graph does
/// ("sharingCapability" of admin/sharepoint/settings, which has no level of OneDrive and no
/// defaults of links).
SharePointSettings read_sharing_of_powershell(const ExportPlace& tenant);
SharePointSettings read_sharing_of_graph(const ExportPlace& settings);

struct MeetingPolicy {
  std::string name;
  bool global = false;
  CloudSetting<bool> strangers_start = Lack::absent;
  CloudSetting<bool> strangers_join = Lack::absent;
  CloudSetting<std::string> lobby = Lack::absent;
  CloudSetting<bool> phones_pass = Lack::absent;
  CloudSetting<bool> outsiders_control = Lack::absent;
  CloudSetting<bool> recording = Lack::absent;
  CloudSetting<std::int64_t> recording_days = Lack::absent;
};

struct TeamsSettings {
  CloudSetting<std::vector<MeetingPolicy>> meetings = Lack::absent;
  CloudSetting<bool> federation = Lack::absent;
  CloudSetting<bool> federation_limited = Lack::absent;  // to domains by name
  CloudSetting<bool> private_accounts = Lack::absent;
  CloudSetting<bool> private_accounts_write = Lack::absent;
  CloudSetting<std::string> other_apps = Lack::absent;
};

struct CompliancePolicy {
  std::string name;
  std::string platform;  // windows, ios, macos or android; empty: not told
  CloudSetting<bool> assigned = Lack::absent;
  CloudSetting<bool> password = Lack::absent;
  CloudSetting<bool> encryption = Lack::absent;
};

struct ManagedDevice {
  std::string name;
  std::string platform;  // as of a policy
  std::optional<Time> seen;
  CloudSetting<bool> compliant = Lack::absent;
};

struct IntuneSettings {
  CloudSetting<std::vector<CompliancePolicy>> policies = Lack::absent;
  CloudSetting<std::vector<ManagedDevice>> devices = Lack::absent;
};

struct Microsoft365 {
  std::string tenant;              // its id, in small letters; empty where the export doesn't say
  std::optional<Time> read_at;     // when the export was made
  bool has_people_file = false;    // some of it is of Sekisho's own file
  bool has_settings_file = false;  // some of it is of ScubaGear's, with services beside Entra
  std::set<CloudService> held;     // what of it was exported, or tried
  Entra entra;
  GuestSettings guests;
  MailSettings mail;
  SharePointSettings sharing;
  TeamsSettings teams;
  IntuneSettings intune;
  PlainValues plain;
};

/// Whether a document is ScubaGear's ProviderSettingsExport, of either generation.
bool is_scubagear(const Document& document);
Microsoft365 read_scubagear(const Document& document);

/// Whether a document is Sekisho's own file of people, groups and roles.
bool is_entra_people(const Document& document);
Microsoft365 read_entra_people(const Document& document);

/// Puts what two files of one tenant say together; an error where it isn't one tenant for sure, or
/// both have the settings of its services.
Result<Microsoft365> joined(Microsoft365 a, Microsoft365 b);

}  // namespace sekisho
