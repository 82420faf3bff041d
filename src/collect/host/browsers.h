// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the browsers of a machine, and what their owner's policies and each
// person's profiles say.
#pragma once

#include <boost/json.hpp>

#include "collect/host/look.h"

namespace sekisho {

/// Browsers of one family keep policies and profiles in the same places.
enum class BrowserFamily : std::uint8_t { firefox, chrome, chromium, edge, brave, vivaldi };
std::string_view name(BrowserFamily family);

/// Policies as a browser reads them, one file each.
struct BrowserPolicy {
  std::string path;
  BrowserFamily family = BrowserFamily::firefox;
  bool managed = true;  // nobody can change it; else it is a default ("recommended")
  boost::json::object values;
};

/// A preference of Firefox, and where it stands: a person's profile, or a file for all.
struct Preference {
  std::string path;
  std::string name;
  std::string value;  // as JavaScript writes it, strings without their quotes
};

/// Preferences of a profile of Chrome and what is built like it, or what new profiles begin with.
struct ChromeProfile {
  std::string path;
  BrowserFamily family = BrowserFamily::chrome;
  boost::json::object values;
};

struct Browsers {
  std::set<BrowserFamily> installed;
  std::vector<BrowserPolicy> policies;
  std::vector<Preference> preferences;
  std::vector<ChromeProfile> profiles;
};

/// Everything of them, whether or not a browser is installed where this program looks. What is
/// there and can't be read is a gap.
Browsers browsers_of(const Machine& machine);

/// Folders of Firefox's profiles, and those where Chrome's keep the certificates of one person.
std::vector<std::string> firefox_profiles(const Machine& machine);

/// Flatpak keeps the settings of its programs where this program doesn't look.
void note_flatpak(const Machine& machine, const std::string& id);
/// One of rpm's and apk's packages is there; a list that can't be read is a gap.
bool in_other_packages(const Machine& machine, std::initializer_list<const char*> names);

/// What holds an object's member to be off: false or 0.
bool is_false(const boost::json::object& values, std::string_view key);
/// Its text; empty where it has none.
std::string text_of(const boost::json::object& values, std::string_view key);

}  // namespace sekisho
