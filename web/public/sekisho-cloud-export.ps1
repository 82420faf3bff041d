# Sekisho: reads settings of Microsoft 365 and writes them into two files for "sekisho cloud check" and for the console.
# It changes nothing: every call is a GET or a Get- command, and the rights that it asks for can only read.
# Microsoft 365 の設定を読み、Sekisho に渡す二つのファイルを書き出します。何も変更しません。
#
#   powershell -ExecutionPolicy Bypass -File .\sekisho-cloud-export.ps1
#
# Needs Windows PowerShell 5.1 or later and these modules of Microsoft (Install-Module NAME -Scope CurrentUser):
#   Microsoft.Graph.Authentication, and for mail and Teams ExchangeOnlineManagement and MicrosoftTeams.
# Sign in as Global Reader (グローバル閲覧者). Without Entra ID P1 it works too: what the contract lacks is left out.
param(
  [string]$Folder = (Get-Location).Path,
  [switch]$NoMail,
  [switch]$NoTeams,
  [switch]$NoDevices,
  [switch]$Yes
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
# Windows PowerShell 5.1 would write a list as an object with a count.
Remove-TypeData System.Array -ErrorAction SilentlyContinue
$Japanese = (Get-UICulture).Name -like 'ja*'
function Say([string]$Ja, [string]$En) { if ($Japanese) { Write-Host $Ja } else { Write-Host $En } }

$Scopes = @('User.Read.All', 'GroupMember.Read.All', 'RoleManagement.Read.Directory', 'Policy.Read.All', 'Organization.Read.All', 'AuditLog.Read.All', 'SharePointTenantSettings.Read.All', 'PrivilegedEligibilitySchedule.Read.AzureADGroup')
if (-not $NoDevices) { $Scopes += 'DeviceManagementConfiguration.Read.All', 'DeviceManagementManagedDevices.Read.All' }

Say '読むもの:' 'What is read:'
Say '  人の名前、サインイン名、有効か、ゲストか' '  people: name, sign-in name, whether enabled, whether a guest'
Say '  条件付きアクセス、セキュリティの既定値、契約（プラン）' '  conditional access, security defaults, what was bought (plans)'
Say '  それらが名指しするグループの人、管理者の役割を持つ人と、有効にできる人（PIM）' '  who is in the groups that these name, who has a role of administrators or can take one up (PIM)'
Say '  多要素認証を登録しているか（P1 の契約がある場合）、ユーザーごとの設定（500 人まで）' '  who has registered a second factor (with a P1 contract), and the setting of each person (up to 500)'
Say '  ゲストと社員にできること、SharePoint の共有' '  what guests and staff may do, sharing in SharePoint'
if (-not $NoDevices) { Say '  Intune: コンプライアンスの方針、管理している端末の名前と状態（使っていなければ -NoDevices）' '  Intune: compliance policies, names and state of managed devices (not in use: -NoDevices)' }
if (-not $NoMail) { Say '  メール: 自動転送、共有、フィルター、監査、DKIM の署名' '  mail: forwarding, sharing, filters, auditing, DKIM signing' }
if (-not $NoTeams) { Say '  Teams: 会議のポリシー、外部とのやりとり' '  Teams: meeting policies, whom it talks to outside' }
Say '読まないもの: メールの本文、ファイル、予定、パスワード、鍵' 'What is not read: mail, files, calendars, passwords, keys'
Say '変えるもの: なし' 'What is changed: nothing'
if (-not $Yes) {
  if ($Japanese) { $answer = Read-Host '続けますか [y/N]' } else { $answer = Read-Host 'Go on? [y/N]' }
  if ($answer -notmatch '^[yYｙＹ]') { return }
}

# Where something can't be read it says so in its place, and the rest is read all the same.
$Unreadable = @{ error = 'not read' }
function Read-Or([scriptblock]$Read) {
  try { & $Read } catch { Say "  読めません: $($_.Exception.Message)" "  can't be read: $($_.Exception.Message)"; $Unreadable }
}

# All pages of a list; a page may be empty. Sign-ins go to no other host than Graph's.
function Get-All([string]$Path) {
  $all = New-Object System.Collections.ArrayList
  $next = "https://graph.microsoft.com/v1.0/$Path"
  while ($next) {
    if (-not $next.StartsWith('https://graph.microsoft.com/')) { throw 'the next page is of another host' }
    $page = $null
    for ($try = 1; -not $page; $try++) {
      try { $page = Invoke-MgGraphRequest -Method GET -Uri $next -OutputType PSObject }
      catch { if ($try -ge 5 -or "$($_.Exception.Message)" -notmatch '429|TooManyRequests') { throw }; Start-Sleep -Seconds (10 * $try) }
    }
    foreach ($one in @($page.value)) { if ($null -ne $one) { [void]$all.Add($one) } }
    $next = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' } else { $null }
  }
  # With the comma a list stays a list, also of one.
  , $all.ToArray()
}

function Get-One([string]$Path, [string]$Version = 'v1.0') { Invoke-MgGraphRequest -Method GET -Uri "https://graph.microsoft.com/$Version/$Path" -OutputType PSObject }

function Write-File([string]$Name, $Content) {
  $path = Join-Path $Folder $Name
  [IO.File]::WriteAllText($path, (ConvertTo-Json $Content -Depth 20), (New-Object Text.UTF8Encoding $false))
  Say "書きました: $path" "Written: $path"
}

function Get-Now { (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture) }

# --- People and sign-in
Connect-MgGraph -Scopes $Scopes -NoWelcome | Out-Null
try {
  $Tenant = (Get-MgContext).TenantId
  $users = Read-Or { Get-All 'users?$select=id,displayName,userPrincipalName,accountEnabled,userType&$top=999' }
  $policies = Read-Or { Get-All 'identity/conditionalAccess/policies' }
  $roles = Read-Or {
    $list = New-Object System.Collections.ArrayList
    foreach ($role in (Get-All 'directoryRoles?$select=id,displayName,roleTemplateId')) {
      $members = Get-All "directoryRoles/$($role.id)/members?`$select=id"
      [void]$list.Add(@{ roleTemplateId = $role.roleTemplateId; displayName = $role.displayName; members = $members })
    }
    , $list.ToArray()
  }
  # Who can take up a role whenever they like (PIM, with P2): no more than their ids.
  $eligible = Read-Or {
    $list = New-Object System.Collections.ArrayList
    foreach ($one in (Get-All 'roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal')) {
      [void]$list.Add(@{ principalId = $one.principalId; roleDefinitionId = $one.roleDefinitionId; directoryScopeId = $one.directoryScopeId; principal = @{ '@odata.type' = $one.principal.'@odata.type' } })
    }
    , $list.ToArray()
  }
  # Only the groups that something hangs on: those that policies name, and those that hold a role or can take one up.
  $wanted = New-Object 'System.Collections.Generic.HashSet[string]'
  if ($policies -is [array]) {
    foreach ($policy in $policies) {
      foreach ($id in @($policy.conditions.users.includeGroups) + @($policy.conditions.users.excludeGroups)) { if ($id) { [void]$wanted.Add($id) } }
    }
  }
  if ($roles -is [array]) {
    foreach ($role in $roles) { foreach ($member in $role.members) { if ($member.'@odata.type' -eq '#microsoft.graph.group') { [void]$wanted.Add($member.id) } } }
  }
  if ($eligible -is [array]) {
    foreach ($one in $eligible) { if ($one.principal.'@odata.type' -eq '#microsoft.graph.group') { [void]$wanted.Add($one.principalId) } }
  }
  $groups = Read-Or {
    $list = New-Object System.Collections.ArrayList
    foreach ($id in $wanted) {
      # Its name is nice to have; with the people of groups within it.
      try { $name = (Get-One "groups/$($id)?`$select=displayName").displayName } catch { $name = '' }; $members = New-Object System.Collections.ArrayList
      foreach ($one in (Get-All "groups/$id/transitiveMembers/microsoft.graph.user?`$select=id&`$top=999")) { [void]$members.Add(@{ '@odata.type' = '#microsoft.graph.user'; id = $one.id }) }
      $group = @{ id = $id; displayName = $name; members = $members.ToArray() }
      # Who can join it, or a group within it, at will (PIM, with P2): nothing is said where that can't be read.
      try {
        $joins = New-Object System.Collections.ArrayList
        foreach ($one in @($id) + @((Get-All "groups/$id/transitiveMembers/microsoft.graph.group?`$select=id") | ForEach-Object { $_.id })) {
          foreach ($who in (Get-All "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?`$filter=groupId eq '$one'")) { [void]$joins.Add(@{ principalId = $who.principalId; accessId = $who.accessId }) }
        }
        $group.eligibleMembers = $joins.ToArray() } catch { Write-Verbose "$($_.Exception.Message)" }
      [void]$list.Add($group)
    }
    , $list.ToArray()
  }
  $people = [ordered]@{
    sekisho                   = 'entra-people'
    tenantId                  = $Tenant
    readAt                    = Get-Now
    users                     = $users
    groups                    = $groups
    directoryRoles            = $roles
    eligibleRoles             = $eligible
    conditionalAccessPolicies = $policies
    securityDefaults          = Read-Or { @{ isEnabled = (Get-One 'policies/identitySecurityDefaultsEnforcementPolicy').isEnabled } }
    authorizationPolicy       = Read-Or { Get-One 'policies/authorizationPolicy' | Select-Object guestUserRoleId, allowInvitesFrom, defaultUserRolePermissions }
    subscribedSkus            = Read-Or { Get-All 'subscribedSkus' }
    perUserMfa                = Read-Or { if (@($users).Count -gt 500) { throw 'more than 500 people' }; , @(foreach ($one in $users) { if ($one.accountEnabled) { @{ id = $one.id; perUserMfaState = (Get-One "users/$($one.id)/authentication/requirements" 'beta').perUserMfaState } } }) }
    registration              = Read-Or { Get-All 'reports/authenticationMethods/userRegistrationDetails?$select=id,isMfaCapable' }
  }
  # What can't be read of these isn't spoken of: the service may not be in use.
  $more = @{ sharepointSettings = { Get-One 'admin/sharepoint/settings' | Select-Object sharingCapability, sharingDomainRestrictionMode, isResharingByExternalUsersEnabled, isLegacyAuthProtocolsEnabled, isUnmanagedSyncAppForTenantRestricted, idleSessionSignOut } }
  if (-not $NoDevices) {
    $more.deviceManagementSettings = { Get-One 'deviceManagement/settings' | Select-Object secureByDefault }
    $more.deviceCompliancePolicies = { Get-All 'deviceManagement/deviceCompliancePolicies?$expand=assignments' }
    $more.managedDevices = { Get-All 'deviceManagement/managedDevices?$select=id,deviceName,operatingSystem,complianceState,lastSyncDateTime' }
  }
  foreach ($name in @($more.Keys)) {
    $read = Read-Or $more[$name]
    if (-not [object]::ReferenceEquals($read, $Unreadable)) { $people[$name] = $read }
  }
  Write-File 'sekisho-people.json' $people
}
finally { Disconnect-MgGraph | Out-Null }

# --- Mail and Teams, in the form that ScubaGear writes them
$settings = [ordered]@{ module_version = 'sekisho-cloud-export 1'; timestamp_zulu = Get-Now; tenant_details = @(@{ TenantId = $Tenant }) }
$worked = New-Object System.Collections.ArrayList; $failed = New-Object System.Collections.ArrayList
function Add-Section([string]$Key, [string]$Command, [string[]]$Fields) {
  try { $settings[$Key] = @(& $Command | Select-Object -Property $Fields -ExcludeProperty Description, Comments, CreatedBy, LastModifiedBy); [void]$worked.Add($Command) }
  catch { Say "  $Command は読めません" "  $Command can't be read"; [void]$failed.Add($Command) }
}
function Add-Result([string]$Product) {
  $settings["${Product}_successful_commands"] = @($worked)
  $settings["${Product}_unsuccessful_commands"] = @($failed)
  $worked.Clear(); $failed.Clear()
}
if (-not $NoMail -and (Get-Module -ListAvailable ExchangeOnlineManagement)) {
  Connect-ExchangeOnline -ShowBanner:$false
  try {
    Add-Section 'remote_domains' 'Get-RemoteDomain' @('DomainName', 'AutoForwardEnabled')
    Add-Section 'accepted_domains' 'Get-AcceptedDomain' @('DomainName', 'DomainType')
    Add-Section 'transport_config' 'Get-TransportConfig' @('SmtpClientAuthenticationDisabled')
    Add-Section 'org_config' 'Get-OrganizationConfig' @('AuditDisabled', 'OAuth2ClientProfileEnabled')
    Add-Section 'sharing_policy' 'Get-SharingPolicy' @('Enabled', 'Domains', 'Default')
    Add-Section 'conn_filter' 'Get-HostedConnectionFilterPolicy' @('EnableSafeList', 'IPAllowList')
    Add-Section 'dkim_config' 'Get-DkimSigningConfig' @('Domain', 'Enabled')
    Add-Section 'transport_rule' 'Get-TransportRule' @('*')
    Add-Section 'admin_audit_log_config' 'Get-AdminAuditLogConfig' @('UnifiedAuditLogIngestionEnabled')
    Add-Result 'exo'
  }
  finally { Disconnect-ExchangeOnline -Confirm:$false | Out-Null }
}
if (-not $NoTeams -and (Get-Module -ListAvailable MicrosoftTeams)) {
  Connect-MicrosoftTeams | Out-Null
  try {
    Add-Section 'meeting_policies' 'Get-CsTeamsMeetingPolicy' @('Identity', 'AllowAnonymousUsersToStartMeeting', 'AllowAnonymousUsersToJoinMeeting', 'AutoAdmittedUsers', 'AllowPSTNUsersToBypassLobby', 'AllowExternalParticipantGiveRequestControl', 'AllowCloudRecording', 'NewMeetingRecordingExpirationDays')
    Add-Section 'federation_configuration' 'Get-CsTenantFederationConfiguration' @('AllowFederatedUsers', 'AllowTeamsConsumer', 'AllowTeamsConsumerInbound', 'AllowedDomains')
    Add-Result 'teams'
  }
  finally { Disconnect-MicrosoftTeams | Out-Null }
}
if ($settings.Contains('exo_successful_commands') -or $settings.Contains('teams_successful_commands')) { Write-File 'sekisho-settings.json' $settings }
Say 'できたファイルを「クラウドと会議」で一緒に選んでください。' 'Choose the files together on the page "Clouds and meetings".'
Say '人の名前が入っています。読ませたら消してください。' 'They hold names of people: delete them once they were read.'
