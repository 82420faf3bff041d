// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/live/accounts.h"

#include <windows.h>
// These need windows.h before them.
#include <lm.h>
#include <ntsecapi.h>
#include <sddl.h>

#include <array>
#include <memory>
#include <set>
#include <span>

#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

/// Memory that the network management functions gave.
using NetBuffer = std::unique_ptr<BYTE, decltype([](BYTE* p) { ::NetApiBufferFree(p); })>;

std::string sid_text(PSID sid) {
  wchar_t* raw = nullptr;
  if (::ConvertSidToStringSidW(sid, &raw) == 0) return {};
  std::string text = utf8(raw);
  ::LocalFree(raw);
  return text;
}

/// The SID of an account of this machine, whose names go before others'.
std::string sid_of_account(const wchar_t* name) {
  std::array<BYTE, SECURITY_MAX_SID_SIZE> sid{};
  DWORD size = sid.size();
  std::array<wchar_t, 256> domain{};
  DWORD domain_size = domain.size();
  SID_NAME_USE use{};
  if (::LookupAccountNameW(nullptr, name, sid.data(), &size, domain.data(), &domain_size, &use) ==
      0)
    return {};
  return sid_text(sid.data());
}

std::wstring administrators_group() {
  std::array<BYTE, SECURITY_MAX_SID_SIZE> sid{};
  DWORD size = sid.size();
  std::array<wchar_t, 256> name{};
  std::array<wchar_t, 256> domain{};
  DWORD name_size = name.size();
  DWORD domain_size = domain.size();
  SID_NAME_USE use{};
  if (::CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid.data(), &size) == 0 ||
      ::LookupAccountSidW(nullptr, sid.data(), name.data(), &name_size, domain.data(), &domain_size,
                          &use) == 0)
    return {};
  return name.data();
}

/// The SIDs of accounts that are off; nothing where the accounts can't be listed.
std::optional<std::set<std::string>> read_local_accounts(WindowsFacts& facts) {
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  const NET_API_STATUS status = ::NetUserEnum(nullptr, 3, FILTER_NORMAL_ACCOUNT, &raw,
                                              MAX_PREFERRED_LENGTH, &count, &total, nullptr);
  const NetBuffer holder(raw);
  if (status != NERR_Success || raw == nullptr) return std::nullopt;
  std::set<std::string> off;
  facts.without_password.emplace();
  facts.guest = false;
  for (const auto& account : std::span(reinterpret_cast<const USER_INFO_3*>(raw), count)) {
    if ((account.usri3_flags & UF_ACCOUNTDISABLE) != 0) {
      std::string sid = sid_of_account(account.usri3_name);
      if (sid.empty()) return std::nullopt;
      off.insert(std::move(sid));
      continue;
    }
    if (account.usri3_user_id == DOMAIN_USER_RID_GUEST) facts.guest = true;
    if ((account.usri3_flags & UF_PASSWD_NOTREQD) != 0)
      facts.without_password->push_back(printable(utf8(account.usri3_name), 200));
  }
  return off;
}

WindowsFacts::Member member_of(const LOCALGROUP_MEMBERS_INFO_2& info, const std::string& sid) {
  const SID_NAME_USE use = info.lgrmi2_sidusage;
  std::string name = printable(utf8(info.lgrmi2_domainandname), 200);
  // Roles of Entra have no name here.
  if (sid.starts_with("S-1-12-1-") && use != SidTypeUser)
    return {sid, WindowsFacts::Member::Kind::staff};
  if (name.empty() || use == SidTypeUnknown || use == SidTypeDeletedAccount) name = sid;
  const bool group = use == SidTypeGroup || use == SidTypeAlias || use == SidTypeWellKnownGroup;
  return {std::move(name), member_kind(sid, group)};
}

void read_administrators(const std::set<std::string>& off, WindowsFacts& facts) {
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  if (::NetLocalGroupGetMembers(nullptr, administrators_group().c_str(), 2, &raw,
                                MAX_PREFERRED_LENGTH, &count, &total, nullptr) != NERR_Success)
    return;
  const NetBuffer members(raw);
  std::vector<WindowsFacts::Member> list;
  for (const auto& info :
       std::span(reinterpret_cast<const LOCALGROUP_MEMBERS_INFO_2*>(raw), count)) {
    const std::string sid = sid_text(info.lgrmi2_sid);
    if (sid.empty()) return;
    if (!off.contains(sid)) list.push_back(member_of(info, sid));
  }
  facts.administrators = std::move(list);
}

}  // namespace

void read_accounts(WindowsFacts& facts) {
  if (const auto off = read_local_accounts(facts))
    read_administrators(*off, facts);
  else
    facts.without_password.reset();
  BYTE* raw = nullptr;
  if (::NetUserModalsGet(nullptr, 0, &raw) == NERR_Success) {
    const NetBuffer modals(raw);
    facts.shortest_password =
        reinterpret_cast<const USER_MODALS_INFO_0*>(raw)->usrmod0_min_passwd_len;
  }
  if (::NetUserModalsGet(nullptr, 3, &raw) == NERR_Success) {
    const NetBuffer modals(raw);
    const auto* lockout = reinterpret_cast<const USER_MODALS_INFO_3*>(raw);
    facts.tries = lockout->usrmod3_lockout_threshold;
    facts.lockout = lockout->usrmod3_lockout_duration == TIMEQ_FOREVER
                        ? 0
                        : std::int64_t{lockout->usrmod3_lockout_duration};
  }
}

void read_shares(WindowsFacts& facts) {
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  if (::NetShareEnum(nullptr, 1, &raw, MAX_PREFERRED_LENGTH, &count, &total, nullptr) !=
      NERR_Success)
    return;
  const NetBuffer shares(raw);
  facts.shares.emplace();
  // Besides its kind a type says whether the share is temporary, and whether it is Windows' own.
  constexpr DWORD kKind = 0xFF;
  for (const auto& share : std::span(reinterpret_cast<const SHARE_INFO_1*>(raw), count))
    if ((share.shi1_type & kKind) == STYPE_DISKTREE && (share.shi1_type & STYPE_SPECIAL) == 0)
      facts.shares->push_back(printable(utf8(share.shi1_netname), 200));
}

void read_audit_policy(WindowsFacts& facts) {
  // Audit_Logon_Logon (ntsecapi.h).
  static constexpr GUID kLogon{
      0x0cce9215, 0x69ae, 0x11d9, {0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30}};
  AUDIT_POLICY_INFORMATION* policy = nullptr;
  if (::AuditQuerySystemPolicy(&kLogon, 1, &policy) == 0 || policy == nullptr) return;
  facts.audited.emplace();
  if ((policy->AuditingInformation & POLICY_AUDIT_EVENT_SUCCESS) != 0)
    facts.audited->emplace_back("logon");
  ::AuditFree(policy);
}

}  // namespace sekisho
