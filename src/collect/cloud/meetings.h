// SPDX-License-Identifier: Apache-2.0
// Zoom and Webex: what their administrators' pages answer, saved under names in a file of
// Sekisho's:
//
//   {"sekisho": "zoom", "readAt": "2026-11-27T00:00:00Z", "accountId": "...", "settings": {...},
//    "meetingSecurity": {"meeting_security": {...}}, "lockSettings": {...}}
//   {"sekisho": "webex", "readAt": "...", "siteUrl": "...", "commonSettings": {...}}
#pragma once

#include <optional>
#include <string>

#include "base/document.h"
#include "base/time.h"
#include "collect/cloud/export_place.h"
#include "collect/cloud/judge.h"
#include "collect/cloud/plain.h"

namespace sekisho {

struct ZoomSettings {
  std::optional<Time> read_at;
  std::string account;  // in small letters; empty where the file doesn't say
  CloudSetting<std::string> two_factor = Lack::absent;  // all, group, role, none
  CloudSetting<bool> company_sign_on = Lack::absent;    // forced for the firm's domains
  CloudSetting<std::int64_t> password_length = Lack::absent;
  bool security_read = false;  // the part on meetings' security, which others only repeat, is there
  CloudSetting<bool> waiting_room = Lack::absent;
  CloudSetting<std::int64_t> waiting = Lack::absent;  // 0 all, 1 outsiders, 2 but for some domains
  CloudSetting<bool> some_protection =
      Lack::absent;  // Zoom adds a waiting room where nothing else is on
  CloudSetting<bool> before_host = Lack::absent;
  CloudSetting<bool> passcode = Lack::absent;
  CloudSetting<bool> instant_passcode = Lack::absent;
  CloudSetting<bool> own_room_passcode = Lack::absent;
  CloudSetting<bool> phone_passcode = Lack::absent;
  CloudSetting<std::int64_t> passcode_length = Lack::absent;
  CloudSetting<bool> digits_only = Lack::absent;
  CloudSetting<std::string> sharing = Lack::absent;  // host, all
  CloudSetting<bool> remote_control = Lack::absent;
  CloudSetting<bool> recording = Lack::absent;
  CloudSetting<bool> recording_passcode = Lack::absent;
  CloudSetting<bool> recording_ends = Lack::absent;
  CloudSetting<std::int64_t> recording_days = Lack::absent;
  CloudSetting<bool> waiting_room_locked = Lack::absent;
  CloudSetting<bool> passcode_locked = Lack::absent;
  std::vector<ItemFinding> more;
};
bool is_zoom(const Document& document);
ZoomSettings read_zoom(const Document& document);
void judge_zoom(const ZoomSettings& zoom, CloudRows& rows);

struct WebexSettings {
  std::optional<Time> read_at;
  std::string account;  // the site, in small letters; empty where the file doesn't say
  CloudSetting<bool> sign_in = Lack::absent;
  CloudSetting<bool> before_host = Lack::absent;
  CloudSetting<bool> first_presents = Lack::absent;
  CloudSetting<bool> unlisted = Lack::absent;
  CloudSetting<bool> strong_password = Lack::absent;
  CloudSetting<std::int64_t> password_length = Lack::absent;
  std::vector<ItemFinding> more;
};
bool is_webex(const Document& document);
WebexSettings read_webex(const Document& document);
void judge_webex(const WebexSettings& webex, CloudRows& rows);

}  // namespace sekisho
