// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the lists of ScubaGear's export, each with the commands that fill it. What
// a command failed to read is not readable, and an empty list counts only where its command is said
// to have worked.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "collect/cloud/entra.h"
#include "collect/cloud/export_place.h"
#include "collect/cloud/plain.h"

namespace sekisho {

struct MailSettings;

class ScubaFile {
 public:
  explicit ScubaFile(const boost::json::value& root);
  static bool is_one(const boost::json::value& root);

  const ExportPlace& root() const { return root_; }
  /// Whether a product ("aad") was exported, or tried.
  bool tried(std::string_view product) const { return tried_.contains(product); }
  /// A field, unless one of the commands that fill it failed.
  ExportPlace field(std::string_view key, std::initializer_list<std::string_view> commands) const;
  CloudSetting<std::vector<ExportPlace>> list(
      std::string_view key, std::string_view has,
      std::initializer_list<std::string_view> commands) const;
  /// The only object of a list.
  ExportPlace only(std::string_view key, std::string_view has,
                   std::initializer_list<std::string_view> commands) const;
  bool worked(std::string_view command) const { return worked_.contains(command); }
  PlainSource plain_source() const { return {root_, worked_, failed_}; }

 private:
  ExportPlace root_;
  std::set<std::string, std::less<>> tried_;
  std::set<std::string, std::less<>> worked_;
  std::set<std::string, std::less<>> failed_;
};

std::string text_or(const ExportPlace& place, const std::string& otherwise = {});

void read_scuba_rights(const ScubaFile& file, Entra& entra);
void read_scuba_protection(const ScubaFile& file, MailSettings& mail);

}  // namespace sekisho
