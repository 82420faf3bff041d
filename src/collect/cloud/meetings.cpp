// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/meetings.h"

#include "collect/cloud/cloud_limits.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

bool is_named(const Document& document, const char* name) {
  return ExportPlace(document.root).at("sekisho").text().is(name);
}

/// The newer name of a setting, else the one that it had before.
CloudSetting<bool> first_of_two(const ExportPlace& a, const ExportPlace& b) {
  const CloudSetting<bool> found = a.boolean();
  return found.lacks(Lack::absent) ? b.boolean() : found;
}

CloudSetting<bool> forced_sign_on(const ExportPlace& sso) {
  const CloudSetting<bool> on = sso.at("enable").boolean();
  if (on.value() == nullptr || !*on.value()) return on;
  return sso.at("require_sso_for_domains").boolean();
}

Finding judge_two_factor(const ZoomSettings& zoom) {
  if (zoom.company_sign_on.is(true))
    return good("会社のサインオンだけで入れます", "only the company's sign-on lets people in",
                "true", "true");
  return judged(zoom.two_factor, [](const std::string& who) {
    if (same_name(who, "all"))
      return good("全員に多要素認証が求められます", "a second factor is demanded of everyone", who,
                  "all");
    if (same_name(who, "none"))
      return bad("誰にも多要素認証が求められません", "a second factor is demanded of nobody", who,
                 "all");
    if (same_name(who, "group") || same_name(who, "role"))
      return bad("一部の人にだけ多要素認証が求められます",
                 "a second factor is demanded of some only", who, "all");
    return lacking(Lack::not_readable);
  });
}

Finding judge_length(const CloudSetting<std::int64_t>& length, std::int64_t least) {
  return judged(length, [&](std::int64_t value) {
    const std::string seen = std::to_string(value);
    const std::string limit = std::to_string(least);
    if (value < least)
      return bad(fmt::format("{} 文字で足ります", value),
                 fmt::format("{} characters are enough", value), seen, limit);
    return good(fmt::format("{} 文字以上が必要です", value),
                fmt::format("{} characters are needed", value), seen, limit);
  });
}

Finding judge_waiting(const ZoomSettings& zoom) {
  // Who waits, and whether anybody does, stands there alone; the older place says neither.
  if (!zoom.security_read && zoom.waiting_room.is(true)) return lacking(Lack::not_readable);
  if (zoom.waiting_room.is(false) && zoom.some_protection.is(true)) {
    if (zoom.passcode.is(false))
      return good("ほかの守りがない会議は、Zoom が待合室に入れます",
                  "Zoom puts meetings without other protection behind the waiting room", "true",
                  "true");
    return unknown("待合室は使っていません。パスコードの付く会議には、待たずに入れます",
                   "the waiting room is off; nobody waits for a meeting that has a passcode");
  }
  if (zoom.waiting_room.is(true) && zoom.waiting.value() != nullptr && *zoom.waiting.value() > 1)
    return bad("決めたドメインの人は、待たずに会議に入れます",
               "people of some domains enter meetings without waiting",
               std::to_string(*zoom.waiting.value()), "0, 1");
  if (zoom.waiting_room.is(true) && zoom.waiting.value() == nullptr)
    return lacking(zoom.waiting.lack());
  return safe_when(zoom.waiting_room, true,
                   {"待合室で待ちます", "participants wait in the waiting room"},
                   {"待たずに会議に入れます", "strangers enter meetings without waiting"});
}

/// A lock keeps a setting as it is: whether that is good hangs on what it is.
Finding judge_lock(const ZoomSettings& zoom, const CloudSetting<bool>& lock,
                   const CloudSetting<bool>& setting) {
  Finding locked = safe_when(lock, true, {"固定されています", "it is locked"},
                             {"使う人が外せます", "users can undo it"});
  if (locked.verdict != Verdict::pass) return locked;
  if (!zoom.security_read && setting.is(true)) return lacking(Lack::not_readable);
  return judged(setting, [&](bool on) { return on ? locked : lacking(Lack::not_applicable); });
}

Finding judge_passcode(const ZoomSettings& zoom) {
  return worst_of({judge_length(zoom.passcode_length, kShortestZoomPasscode),
                   safe_when(zoom.digits_only, false,
                             {"数字だけではありません", "passcodes aren't digits alone"},
                             {"数字だけのパスコードになります", "passcodes are digits alone"})});
}

/// Whether recordings end in time.
CloudSetting<bool> recording_ends(const ZoomSettings& zoom) {
  if (!zoom.recording_ends.is(true)) return zoom.recording_ends;
  if (zoom.recording_days.value() == nullptr) return zoom.recording_days.lack();
  return *zoom.recording_days.value() >= 1 && *zoom.recording_days.value() <= kMostRecordingDays;
}

Finding judge_zoom_recording(const ZoomSettings& zoom) {
  const CloudSetting<bool> ends = recording_ends(zoom);
  if (zoom.recording.is(false))
    return good("クラウドに録画できません", "meetings can't be recorded in the cloud", "false",
                "false");
  if (zoom.recording_passcode.is(true) || ends.is(true))
    return good("録画にパスコードか期限があります", "recordings have a passcode or an end", "true",
                "true");
  for (const CloudSetting<bool>* one : {&zoom.recording, &zoom.recording_passcode, &ends})
    if (one->value() == nullptr) return lacking(one->lack());
  return bad("録画にパスコードも期限（120 日まで）もありません",
             "recordings have neither a passcode nor an end within 120 days", "false", "true");
}

/// Whom Zoom lets in as one who signed in, where that is demanded: anybody with an account of
/// Zoom's is anybody in the world.
Finding judge_signed_in(const ExportPlace& answer) {
  const auto options = answer.at("authentication_options").objects("type");
  return judged(options, [](const std::vector<ExportPlace>& all) {
    bool anybody = false, unclear = all.empty();
    for (const ExportPlace& one : all) {
      // Hosts choose among those that they see, and begin with the default.
      if (one.at("visible").boolean().is(false) && !one.at("default_option").boolean().is(true))
        continue;
      const auto type = one.at("type").text();
      const auto is = [&](std::string_view name) {
        return type.value() != nullptr && same_name(*type.value(), name);
      };
      const auto domains = one.at("domains").text();
      const std::string_view named =
          domains.value() == nullptr ? std::string_view() : trim(*domains.value());
      anybody =
          anybody || is("enforce_login") || (is("enforce_login_with_domains") && named == "*");
      unclear =
          unclear || !(is("enforce_login") || is("enforce_login_with_same_account") ||
                       is("internally") || (is("enforce_login_with_domains") && !named.empty()));
    }
    if (anybody)
      return bad("Zoom のアカウントさえあれば、社外の誰でも「サインインした人」になります",
                 "anybody in the world with an account of Zoom's counts as signed in",
                 "enforce_login", "enforce_login_with_same_account");
    if (unclear) return lacking(Lack::not_readable);
    return good("会社のアカウントか、決めたドメインの人だけが入れます",
                "only the firm's own accounts, or people of domains by name, get in", "true",
                "true");
  });
}

/// "all" of the older form is every personal room.
CloudSetting<bool> own_room(const ExportPlace& security, const ExportPlace& schedule) {
  const CloudSetting<bool> found = security.at("pmi_password").boolean();
  if (!found.lacks(Lack::absent)) return found;
  const auto older = schedule.at("require_password_for_pmi_meetings").text();
  if (older.value() == nullptr) return older.lack();
  if (same_name(*older.value(), "all")) return true;
  if (same_name(*older.value(), "none") || same_name(*older.value(), "jbh_only")) return false;
  return Lack::not_readable;
}

/// Zoom's refusals have no form of their own: an answer without what was asked for is one.
ExportPlace security_of(const ExportPlace& answer) {
  const ExportPlace security = answer.at("meeting_security");
  return answer.is_there() && security.is_absent() ? ExportPlace(Lack::not_readable) : security;
}

}  // namespace

bool is_zoom(const Document& document) { return is_named(document, "zoom"); }
bool is_webex(const Document& document) { return is_named(document, "webex"); }

ZoomSettings read_zoom(const Document& document) {
  const ExportPlace root(document.root);
  const ExportPlace all = root.at("settings");
  const ExportPlace security = security_of(root.at("meetingSecurity"));
  const ExportPlace locks = root.at("lockSettings");
  ZoomSettings zoom;
  zoom.read_at = export_time(root.at("readAt"));
  zoom.account = export_id(root.at("accountId"));
  zoom.more = judge_places(CloudService::zoom, root);
  for (auto& [id, finding] : zoom.more)
    for (const auto& [of, section] : {std::pair{"zoom.auth_join", "meetingAuthentication"},
                                      std::pair{"zoom.rec_auth", "recordingAuthentication"}})
      if (id == of && finding.verdict == Verdict::pass) finding = judge_signed_in(root.at(section));
  zoom.two_factor = all.at("security").at("sign_in_with_two_factor_auth").text();
  zoom.company_sign_on = forced_sign_on(all.at("security").at("signin_with_sso"));
  zoom.password_length =
      all.at("security").at("password_requirement").at("minimum_password_length").integer();
  zoom.security_read = security.is_object();
  zoom.waiting_room =
      first_of_two(security.at("waiting_room"), all.at("in_meeting").at("waiting_room"));
  zoom.waiting =
      security.at("waiting_room_settings").at("participants_to_place_in_waiting_room").integer();
  zoom.some_protection = security.at("auto_security").boolean();
  const ExportPlace schedule = all.at("schedule_meeting");
  zoom.before_host = schedule.at("join_before_host").boolean();
  zoom.passcode = first_of_two(security.at("meeting_password"),
                               schedule.at("require_password_for_scheduling_new_meetings"));
  zoom.instant_passcode = schedule.at("require_password_for_instant_meetings").boolean();
  zoom.own_room_passcode = own_room(security, schedule);
  zoom.phone_passcode = security.at("phone_password").boolean();
  const ExportPlace demanded = security.at("meeting_password_requirement");
  zoom.passcode_length = demanded.at("length").integer();
  zoom.digits_only = demanded.at("only_allow_numeric").boolean();
  zoom.sharing = all.at("in_meeting").at("who_can_share_screen").text();
  zoom.remote_control = all.at("in_meeting").at("remote_control").boolean();
  const ExportPlace recording = all.at("recording");
  zoom.recording = recording.at("cloud_recording").boolean();
  zoom.recording_passcode = recording.at("required_password_for_shared_cloud_recordings").boolean();
  zoom.recording_ends = recording.at("auto_delete_cmr").boolean();
  zoom.recording_days = recording.at("auto_delete_cmr_days").integer();
  zoom.waiting_room_locked = first_of_two(locks.at("meeting_security").at("waiting_room"),
                                          locks.at("in_meeting").at("waiting_room"));
  zoom.passcode_locked =
      first_of_two(locks.at("meeting_security").at("meeting_password"),
                   locks.at("schedule_meeting").at("require_password_for_scheduling_new_meetings"));
  return zoom;
}

void judge_zoom(const ZoomSettings& zoom, CloudRows& rows) {
  for (const auto& [id, finding] : zoom.more) rows.add(id, finding);
  rows.add("zoom.mfa", judge_two_factor(zoom));
  rows.add("zoom.password", zoom.company_sign_on.is(true)
                                ? lacking(Lack::not_applicable)
                                : judge_length(zoom.password_length, kShortestPassword));
  rows.add("zoom.waiting_room", judge_waiting(zoom));
  rows.add("zoom.before_host",
           safe_when(zoom.before_host, false,
                     {"主催者より先に入れません", "nobody joins before the host"},
                     {"主催者より先に会議に入れます", "people can join before the host"}));
  rows.add(
      "zoom.meeting_password",
      safe_when(zoom.passcode, true, {"会議にパスコードが付きます", "meetings have a passcode"},
                {"パスコードのない会議ができます", "meetings can be without a passcode"}));
  rows.add(
      "zoom.instant_password",
      safe_when(zoom.instant_passcode, true,
                {"すぐ始める会議にもパスコードが付きます", "instant meetings have a passcode"},
                {"すぐ始める会議にパスコードがありません", "instant meetings have no passcode"}));
  rows.add(
      "zoom.pmi_password",
      safe_when(zoom.own_room_passcode, true,
                {"個人の会議室にパスコードが付きます", "personal rooms have a passcode"},
                {"個人の会議室にパスコードがありません", "personal rooms can be without one"}));
  rows.add("zoom.phone_password",
           safe_when(zoom.phone_passcode, true,
                     {"電話の人にもパスコードが必要です", "who joins by phone needs the passcode"},
                     {"電話ならパスコードなしで入れます", "who joins by phone needs no passcode"}));
  rows.add("zoom.passcode_length", judge_passcode(zoom));
  rows.add("zoom.share", judged(zoom.sharing, [](const std::string& who) {
             if (same_name(who, "host"))
               return good("画面を共有できるのは主催者だけです", "only the host shares the screen",
                           who, "host");
             if (same_name(who, "all"))
               return bad("誰でも画面を共有できます", "anybody can share the screen", who, "host");
             return lacking(Lack::not_readable);
           }));
  rows.add("zoom.remote_control",
           safe_when(zoom.remote_control, false,
                     {"ほかの人の画面は操作できません", "remote control is off"},
                     {"ほかの人の画面を操作できます", "remote control is on"}));
  rows.add("zoom.recording", judge_zoom_recording(zoom));
  rows.add("zoom.locked", worst_of({judge_lock(zoom, zoom.waiting_room_locked, zoom.waiting_room),
                                    judge_lock(zoom, zoom.passcode_locked, zoom.passcode)}));
}

WebexSettings read_webex(const Document& document) {
  const ExportPlace root(document.root);
  const ExportPlace security = root.at("commonSettings").at("securityOptions");
  WebexSettings webex;
  webex.read_at = export_time(root.at("readAt"));
  webex.account = export_id(root.at("siteUrl"));
  webex.more = judge_places(CloudService::webex, root);
  webex.sign_in = security.at("requireLoginBeforeAccess").boolean();
  webex.before_host = security.at("joinBeforeHost").boolean();
  webex.first_presents = security.at("firstAttendeeAsPresenter").boolean();
  webex.unlisted = security.at("unlistAllMeetings").boolean();
  webex.strong_password = security.at("requireStrongPassword").boolean();
  webex.password_length = security.at("passwordCriteria").at("minLength").integer();
  return webex;
}

void judge_webex(const WebexSettings& webex, CloudRows& rows) {
  for (const auto& [id, finding] : webex.more) rows.add(id, finding);
  rows.add("webex.login",
           safe_when(webex.sign_in, true, {"サインインが必要です", "people have to sign in"},
                     {"サインインせずに入れます", "people get in without signing in"}));
  rows.add("webex.before_host",
           safe_when(webex.before_host, false,
                     {"主催者より先に入れません", "nobody joins before the host"},
                     {"主催者より先に会議に入れます", "people can join before the host"}));
  rows.add(
      "webex.first_presenter",
      safe_when(webex.first_presents, false,
                {"最初の参加者が発表者になりません", "the first to join isn't the presenter"},
                {"最初の参加者が発表者になります", "the first to join becomes the presenter"}));
  rows.add("webex.unlisted",
           safe_when(webex.unlisted, true, {"会議は一覧に出ません", "meetings aren't listed"},
                     {"会議が一覧に出ます", "meetings are listed"}));
  rows.add("webex.password",
           worst_of({safe_when(webex.strong_password, true,
                               {"強いパスワードが必要です", "a strong password is demanded"},
                               {"弱いパスワードで会議を作れます", "weak passwords are taken"}),
                     judge_length(webex.password_length, kShortestMeetingPassword)}));
  rows.add("webex.recording",
           unknown("録画の守りは、Webex の API では読めません。画面で確かめてください",
                   "Webex's API doesn't tell how recordings are kept; see its page"));
}

}  // namespace sekisho
