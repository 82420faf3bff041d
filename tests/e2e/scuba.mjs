// SPDX-License-Identifier: Apache-2.0
// ScubaGear's published verdicts on its published sample, beside what `sekisho cloud check` says of
// the same export. Most are a row of Sekisho's; what Sekisho doesn't judge, because it isn't among
// what small firms need, is derived from the export here, so that the comparison is whole.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { binary, run } from './sekisho.mjs';

const at = (name) => new URL(`data/${name}`, import.meta.url);
export const published = () => JSON.parse(readFileSync(at('scubagear-verdicts.json'), 'utf8'));
export const sample = () =>
  JSON.parse(gunzipSync(readFileSync(at('m365-settings.json.gz'))).toString('utf8'));

/** A list of one that became an object is a list. */
const list = (value) =>
  Array.isArray(value) ? value.filter((one) => one !== null) : value == null ? [] : [value];
const every = (values, test) => values.length > 0 && values.every(test);
const any = (value, word) => list(value).some((one) => one.toLowerCase() === word.toLowerCase());

/** An enabled policy for everybody and everything, without exceptions. */
const forAll = (policy) => {
  const { Users: users = {}, Applications: applications = {} } = policy.Conditions;
  return (
    policy.State === 'enabled' &&
    any(users.IncludeUsers, 'All') &&
    any(applications.IncludeApplications, 'All') &&
    ['ExcludeUsers', 'ExcludeGroups', 'ExcludeRoles'].every((out) => list(users[out]).length === 0) &&
    list(applications.ExcludeApplications).length === 0
  );
};
const strong = (policy) =>
  every(list(policy.GrantControls?.AuthenticationStrength?.AllowedCombinations), (one) =>
    ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor'].includes(one),
  );
const told = (settings, rule, roles) =>
  list(settings.privileged_roles)
    .filter(roles)
    .flatMap((role) => list(role.Rules))
    .filter((one) => one.Id === rule)
    .every((one) => list(one.NotificationRecipients).length > 0);
const isGlobal = (role) => role.DisplayName === 'Global Administrator';

const US_KINDS = [
  'U.S. Social Security Number (SSN)',
  'U.S. Individual Taxpayer Identification Number (ITIN)',
  'Credit Card Number',
];
/** Rules of the policies that are on, with the kinds of information that each looks for. */
function dlpRules(settings) {
  const on = new Set(
    list(settings.dlp_compliance_policies)
      .filter((one) => one.Enabled && one.Mode === 'Enable')
      .map((one) => one.Name),
  );
  return list(settings.dlp_compliance_rules)
    .filter((rule) => !rule.Disabled && on.has(rule.ParentPolicyName))
    .map((rule) => ({
      ...rule,
      kinds: rule.IsAdvancedRule
        ? US_KINDS.filter((kind) => rule.AdvancedRule.includes(kind))
        : list(rule.ContentContainsSensitiveInformation).map((one) => one.name),
    }));
}
const whole = (settings) =>
  dlpRules(settings).filter((rule) => US_KINDS.every((kind) => rule.kinds.includes(kind)));
const contacts = (settings, tag, wanted) =>
  every(list(settings.dmarc_records), (record) =>
    every(list(record.rdata), (text) =>
      text.split(';').some((part) => part.trim().startsWith(`${tag}=`) && wanted(part)),
    ),
  );
const tenantApp = (settings, name) =>
  list(settings.tenant_app_settings).find((one) => one.SettingName === name)?.SettingValue;
const environment = (settings) => list(settings.environment_creation)[0];
const dlpOfApps = (settings) => list(settings.dlp_policies).flatMap((one) => list(one.value));
const globalOf = (settings, name) => list(settings[name]).find((one) => one.Identity === 'Global');

/** Of each policy the row that answers the same question, or how it derives. */
const WAYS = {
  'MS.AAD.1.1v1': 'm365.legacy_auth',
  'MS.AAD.2.1v1': 'm365.risk_user',
  'MS.AAD.2.3v1': 'm365.risk_signin',
  'MS.AAD.3.1v1': (s) => list(s.conditional_access_policies).some((p) => forAll(p) && strong(p)),
  'MS.AAD.3.2v2': 'm365.mfa_all',
  'MS.AAD.3.3v2': 'm365.authenticator_context',
  'MS.AAD.3.4v1': 'm365.mfa_migration',
  'MS.AAD.3.5v2': 'm365.weak_methods',
  'MS.AAD.3.6v1': 'm365.mfa_admin_strong',
  'MS.AAD.3.7v1': 'm365.managed_device',
  'MS.AAD.3.8v1': 'm365.register_security_info',
  // Who the account is that the policy leaves out isn't in the export, so the row says "not known".
  'MS.AAD.3.9v1': (s) =>
    list(s.conditional_access_policies).some(
      (p) => forAll(p) && p.Conditions.AuthenticationFlows?.TransferMethods === 'deviceCodeFlow',
    ),
  'MS.AAD.5.1v1': 'm365.register_apps',
  'MS.AAD.5.2v1': 'm365.user_consent',
  'MS.AAD.5.3v1': 'm365.admin_consent',
  'MS.AAD.6.1v1': 'm365.password_expiry',
  'MS.AAD.7.1v1': 'm365.admin_count',
  // Sekisho doesn't ask it of fewer than five administrators.
  'MS.AAD.7.2v1': (s) => {
    const people = Object.values(s.privileged_users);
    const all = people.filter((one) => any(one.roles, 'Global Administrator')).length;
    return all >= 2 && all <= 8 && all <= people.length - all;
  },
  'MS.AAD.7.3v1': 'm365.admin_cloud_only',
  'MS.AAD.7.4v1': 'm365.admin_permanent',
  'MS.AAD.7.5v1': 'm365.admin_outside_pim',
  'MS.AAD.7.6v1': 'm365.admin_approval',
  'MS.AAD.7.7v1': (s) =>
    told(s, 'Notification_Admin_Admin_Assignment', () => true) &&
    told(s, 'Notification_Admin_Admin_Eligibility', () => true),
  'MS.AAD.7.8v1': (s) => told(s, 'Notification_Admin_EndUser_Assignment', isGlobal),
  'MS.AAD.7.9v1': (s) => told(s, 'Notification_Admin_EndUser_Assignment', (role) => !isGlobal(role)),
  'MS.AAD.8.1v1': 'm365.guest_rights',
  'MS.AAD.8.2v1': 'm365.guest_invite',
  'MS.DEFENDER.1.1v1': (s) =>
    ['Standard', 'Strict'].every((kind) =>
      [...list(s.protection_policy_rules), ...list(s.atp_policy_rules)].some(
        (rule) => rule.Identity.startsWith(kind) && rule.State === 'Enabled',
      ),
    ),
  'MS.DEFENDER.1.2v1': 'exo.preset',
  'MS.DEFENDER.1.3v1': 'exo.preset',
  'MS.DEFENDER.3.1v1': 'exo.safe_attachments',
  'MS.DEFENDER.4.1v2': (s) => US_KINDS.every((kind) => dlpRules(s).some((rule) => rule.kinds.includes(kind))),
  'MS.DEFENDER.4.2v1': (s) => {
    const names = new Set(whole(s).map((rule) => rule.ParentPolicyName));
    const policies = list(s.dlp_compliance_policies).filter((one) => names.has(one.Name));
    return [
      'ExchangeLocation',
      'SharePointLocation',
      'OneDriveLocation',
      'TeamsLocation',
      'EndpointDlpLocation',
    ].every((place) => policies.some((one) => any(one[place], 'All')));
  },
  'MS.DEFENDER.4.3v1': (s) => every(whole(s), (rule) => rule.BlockAccess && rule.BlockAccessScope === 'All'),
  'MS.DEFENDER.4.4v1': (s) => every(whole(s), (rule) => list(rule.NotifyUser).length > 0),
  'MS.DEFENDER.5.1v1': 'exo.alerts',
  'MS.DEFENDER.6.1v1': 'exo.unified_audit',
  'MS.EXO.1.1v2': 'exo.autoforward',
  'MS.EXO.2.2v3': 'exo.spf',
  'MS.EXO.3.1v1': 'exo.dkim',
  'MS.EXO.4.1v1': 'exo.dmarc',
  'MS.EXO.4.2v1': 'exo.dmarc',
  'MS.EXO.4.3v1': (s) => contacts(s, 'rua', (part) => part.includes('mailto:reports@dmarc.cyber.dhs.gov')),
  'MS.EXO.4.4v1': (s) =>
    contacts(s, 'rua', (part) => part.split('@').length > 2) &&
    contacts(s, 'ruf', (part) => part.split('@').length > 1),
  'MS.EXO.5.1v1': 'exo.smtp_auth',
  'MS.EXO.6.1v1': 'exo.contact_share',
  'MS.EXO.6.2v1': 'exo.calendar_share',
  'MS.EXO.7.1v1': 'exo.external_tag',
  'MS.EXO.13.1v1': 'exo.mailbox_audit',
  'MS.POWERPLATFORM.1.1v1': (s) => environment(s).disableEnvironmentCreationByNonAdminUsers === true,
  'MS.POWERPLATFORM.1.2v1': (s) => environment(s).disableTrialEnvironmentCreationByNonAdminUsers === true,
  'MS.POWERPLATFORM.2.1v1': (s) => dlpOfApps(s).some((one) => one.environmentType === 'AllEnvironments'),
  'MS.POWERPLATFORM.2.2v1': (s) => dlpOfApps(s).some((one) => one.environmentType === 'AllEnvironments'),
  // With no policy at all nothing is blocked; the sample has none.
  'MS.POWERPLATFORM.2.3v1': (s) => (dlpOfApps(s).length === 0 ? false : undefined),
  'MS.POWERPLATFORM.3.1v1': (s) => list(s.tenant_isolation)[0].properties.isDisabled === false,
  'MS.POWERPLATFORM.5.1v1': (s) => environment(s).disablePortalsCreationByNonAdminUsers === true,
  'MS.POWERPLATFORM.6.1v1': (s) => environment(s).powerPlatform.powerApps.disableShareWithEveryone === true,
  'MS.SHAREPOINT.1.1v1': 'spo.sharing',
  'MS.SHAREPOINT.1.2v1': 'spo.onedrive',
  'MS.SHAREPOINT.1.3v1': 'spo.new_guests',
  'MS.SHAREPOINT.2.1v1': 'spo.link_type',
  'MS.SHAREPOINT.2.2v1': 'spo.link_right',
  'MS.SHAREPOINT.3.1v1': 'spo.anyone_expiry',
  'MS.SHAREPOINT.3.2v1': 'spo.anyone_right',
  'MS.SHAREPOINT.3.3v1': 'spo.guest_reauth',
  'MS.TEAMS.1.1v1': 'teams.control',
  'MS.TEAMS.1.2v2': 'teams.anon_start',
  'MS.TEAMS.1.3v1': 'teams.lobby',
  'MS.TEAMS.1.4v1': 'teams.lobby',
  'MS.TEAMS.1.5v1': 'teams.pstn',
  // Sekisho takes an end of recordings as well, and looks at policies beside Global.
  'MS.TEAMS.1.6v1': (s) => globalOf(s, 'meeting_policies').AllowCloudRecording === false,
  'MS.TEAMS.1.7v2': (s) => globalOf(s, 'broadcast_policies').BroadcastRecordingMode !== 'AlwaysEnabled',
  'MS.TEAMS.2.1v2': 'teams.federation',
  'MS.TEAMS.2.2v2': 'teams.consumer_in',
  'MS.TEAMS.2.3v2': 'teams.consumer_out',
  'MS.TEAMS.4.1v1': 'teams.email',
  'MS.TEAMS.5.1v2': (s) => tenantApp(s, 'DefaultApp') === 'None',
  'MS.TEAMS.5.2v2': 'teams.apps',
  'MS.TEAMS.5.3v2': 'teams.custom_apps',
};

const UNWRAPPED = 'a list of one became an object in the sample, and ScubaGear read its values as records';
const TWO = 'the domain has two DMARC records, which email servers take as none (RFC 7489, 6.6.3)';
/** Why Sekisho says otherwise: ScubaGear is wrong in each. */
export const REASONS = {
  'MS.AAD.6.1v1': UNWRAPPED,
  'MS.EXO.3.1v1': UNWRAPPED,
  'MS.EXO.4.1v1': TWO,
  'MS.EXO.4.2v1': TWO,
  'MS.EXO.4.3v1': UNWRAPPED,
  'MS.EXO.4.4v1': UNWRAPPED,
};
export const NOT_IN_EXPORT = ['1.4v1', '1.5v1', '2.1v1', '2.2v1', '2.3v1'].map((one) => `MS.DEFENDER.${one}`);

/** The rows of one export, dated now. */
export function rowsOf(settings) {
  const where = mkdtempSync(join(tmpdir(), 'scuba-'));
  try {
    const path = join(where, 'export.json');
    const timestamp_zulu = new Date().toISOString().slice(0, 19) + 'Z';
    writeFileSync(path, JSON.stringify({ ...settings, timestamp_zulu }));
    const told = run(binary, ['cloud', 'check', path, '--json'], {
      env: { XDG_DATA_HOME: where, LANG: 'C.UTF-8' },
    });
    return new Map(JSON.parse(told.out).rows.map((row) => [row.id, row]));
  } finally {
    rmSync(where, { recursive: true });
  }
}

/** One line a verdict that was published: theirs, ours and how. */
export function sideBySide() {
  const settings = sample();
  // The sample answers for one of its domains in full; the others are not known, and left out here.
  const asked = list(settings.dmarc_records).map((one) => one.domain);
  const rows = rowsOf({
    ...settings,
    accepted_domains: settings.accepted_domains.filter((one) => asked.includes(one.DomainName)),
  });
  return Object.entries(published()).map(([policy, theirs]) => {
    const way = WAYS[policy];
    if (way === undefined)
      return {
        policy,
        theirs,
        ours: undefined,
        way: theirs === null ? 'not implemented there' : 'not in the export',
      };
    if (typeof way === 'function') return { policy, theirs, ours: way(settings), way: 'derived here' };
    const row = rows.get(way);
    const met = { pass: true, not_applicable: true, fail: false }[row?.verdict];
    return { policy, theirs, ours: met, way, fact: row?.fact.en };
  });
}
