// Zoom and Webex: what their administrators' pages answer, saved under names in a file of
// Sekisho's:
//
//   {"sekisho": "zoom", "readAt": "2026-11-27T00:00:00Z", "settings": {...},
//    "meetingSecurity": {"meeting_security": {...}}, "lockSettings": {...}}
//   {"sekisho": "webex", "readAt": "...", "commonSettings": {...}}
#pragma once

#include <optional>
#include <string>

#include "base/document.h"
#include "base/time.h"
#include "collect/cloud/export_place.h"
#include "collect/cloud/judge.h"

namespace sekisho {

struct ZoomSettings {
  std::optional<Time> read_at;
  Setting<std::string> two_factor = Lack::absent;  // all, group, role, none
  Setting<bool> company_sign_on = Lack::absent;    // forced for the firm's domains
  Setting<std::int64_t> password_length = Lack::absent;
  Setting<bool> waiting_room = Lack::absent;
  Setting<bool> some_protection =
      Lack::absent;  // Zoom adds a waiting room where nothing else is on
  Setting<bool> before_host = Lack::absent;
  Setting<bool> passcode = Lack::absent;
  Setting<bool> instant_passcode = Lack::absent;
  Setting<std::string> sharing = Lack::absent;  // host, all
  Setting<bool> remote_control = Lack::absent;
  Setting<bool> recording = Lack::absent;
  Setting<bool> recording_passcode = Lack::absent;
  Setting<bool> recording_ends = Lack::absent;
  Setting<bool> waiting_room_locked = Lack::absent;
  Setting<bool> passcode_locked = Lack::absent;
};
bool is_zoom(const Document& document);
ZoomSettings read_zoom(const Document& document);
void judge_zoom(const ZoomSettings& zoom, CloudRows& rows);

struct WebexSettings {
  std::optional<Time> read_at;
  Setting<bool> sign_in = Lack::absent;
  Setting<bool> before_host = Lack::absent;
  Setting<bool> first_presents = Lack::absent;
  Setting<bool> unlisted = Lack::absent;
  Setting<bool> strong_password = Lack::absent;
  Setting<std::int64_t> password_length = Lack::absent;
};
bool is_webex(const Document& document);
WebexSettings read_webex(const Document& document);
void judge_webex(const WebexSettings& webex, CloudRows& rows);

}  // namespace sekisho
