// SPDX-License-Identifier: Apache-2.0
// Windows' registry, where a value is there, is not, or may not be read.
#pragma once

#include <windows.h>

#include <optional>
#include <string>
#include <vector>

#include "collect/windows/facts.h"

namespace sekisho {

class Key {
 public:
  /// In the view of 64 bits: that of 32 bits is below WOW6432Node.
  Key(HKEY root, const std::wstring& path);
  ~Key();
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  bool open() const { return key_ != nullptr; }
  /// It may be there, but was not opened.
  bool refused() const { return refused_; }

  struct Value {
    std::optional<RegistryValue> held;
    bool unread = false;  // it is there, or may be, and says nothing
  };
  Value value(const std::wstring& name) const;
  /// The names of the keys, or values, below; nothing where they can't be listed.
  std::optional<std::vector<std::wstring>> keys() const;
  std::optional<std::vector<std::wstring>> values() const;

 private:
  HKEY key_ = nullptr;
  bool refused_ = false;
};

/// A text of `key`; empty where there is none.
std::string text_of(const Key& key, const wchar_t* name, std::size_t most);

/// The people who are signed in at a desktop, by the SIDs of their loaded registry: services and
/// tasks that run as somebody have no environment of a session.
std::vector<std::string> signed_in();
/// Everything that checks ask for (wanted_registry()).
void read_registry(WindowsFacts& facts);
/// When the newest cumulative update was installed ("Package_for_RollupFix" of Component Based
/// Servicing); nothing where none is listed.
std::optional<Time> newest_cumulative_update();
/// Names of the firewall's rules that let in everything, of all that hold rules.
std::optional<std::vector<std::string>> open_firewall_rules();

}  // namespace sekisho
