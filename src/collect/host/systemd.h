// SPDX-License-Identifier: Apache-2.0
// Internal to the room: settings as systemd finds them: below /etc, /run and /usr/lib, with
// drop-ins in the order in which they count, masks and links. Its units are in units.h.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// A setting, and the file and line that decided.
struct Decided {
  std::string value;
  std::string place;  // "path:line"; empty where nothing is set and the default holds
};

/// Files of a configuration in the order in which systemd reads them, as `systemd-analyze
/// cat-config systemd/journald.conf` prints them; `name` is "systemd/journald.conf".
std::vector<std::string> systemd_files(const Machine& machine, std::string_view name);

/// A line of a unit or configuration file.
struct SystemdLine {
  std::string section;
  std::string key;
  std::string value;
  std::size_t number = 0;
};
std::vector<SystemdLine> parse_systemd(std::string_view text);

/// All lines of a configuration that set `key` in `section`, in order, with their places.
std::vector<Decided> systemd_settings(const Machine& machine, std::string_view name,
                                      std::string_view section, std::string_view key);

/// The files of `systemd-analyze cat-config NAME`, with their content.
std::vector<std::pair<std::string, std::string>> parse_cat_config(std::string_view text,
                                                                  std::string_view name);

/// A place for a sentence where a program and its files don't agree; the program's word counts.
std::string disagreement(std::string_view program, std::string_view said, std::string_view read_at,
                         std::string_view read);

/// A link to /dev/null, or an empty file, hides what stands below it; a small root may have no
/// /dev.
bool is_mask(const Machine& machine, const std::string& path);
/// A file, or a link that leads nowhere here.
bool there(const Machine& machine, const std::string& path);
/// The drop-ins of `folders`, by name; of one name the earlier folder's counts.
std::vector<std::string> drop_ins(const Machine& machine, const std::vector<std::string>& folders);
/// All lines of `files` that set `key` in `section`, in order.
std::vector<Decided> settings_of(const Machine& machine, const std::vector<std::string>& files,
                                 std::string_view section, std::string_view key);

/// Yes, no, or neither, of the words that systemd takes for a boolean.
std::optional<bool> systemd_boolean(std::string_view text);

}  // namespace sekisho
