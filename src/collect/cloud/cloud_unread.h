// SPDX-License-Identifier: Apache-2.0
// What an export couldn't read is unknown: each place of a file in each state in which it can lack,
// one after the other, and what became of the rows. For tests.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "collect/cloud/cloud_tenant.h"

namespace sekisho::tenant {

/// The state of one place, put there by what stands around it: its parent and its name.
struct Unread {
  const char* name;
  void (*put)(json::object&, const std::string&);
  bool of_lists_only = false;
};
inline const std::vector<Unread>& unread_states() {
  static const std::vector<Unread> all{
      {"absent", [](json::object& in, const std::string& key) { in.erase(key); }},
      {"null", [](json::object& in, const std::string& key) { in[key] = nullptr; }},
      {"error",
       [](json::object& in, const std::string& key) { in[key] = {{"error", "403 Forbidden"}}; }},
      {"Graph's error",
       [](json::object& in, const std::string& key) {
         in[key] = {{"error", {{"code", "Forbidden"}, {"message", "x"}, {"id", "x"}}}};
       }},
      {"word", [](json::object& in, const std::string& key) { in[key] = "@{Id=x}"; }},
      {"number", [](json::object& in, const std::string& key) { in[key] = 7; }},
      {"other object",
       [](json::object& in, const std::string& key) { in[key] = {{"odd", {{"odd", 1}}}}; }},
      {"[null]", [](json::object& in, const std::string& key) { in[key] = json::array{nullptr}; },
       true},
      {"list of an error",
       [](json::object& in, const std::string& key) {
         in[key] = json::array{json::object{{"error", "403"}}};
       },
       true},
      {"next page",
       [](json::object& in, const std::string& key) { in[key + "@odata.nextLink"] = "https://x"; },
       true},
      {"page of several",
       [](json::object& in, const std::string& key) {
         in[key] = {{"value", in.at(key)}, {"@odata.nextLink", "https://x"}};
       },
       true},
      {"list of a page of several",
       [](json::object& in, const std::string& key) {
         in[key] = json::array{json::object{{"value", in.at(key)}, {"nextLink", "https://x"}}};
       },
       true},
      {"another count",
       [](json::object& in, const std::string& key) { in[key + "@odata.count"] = 4711; }, true},
      {"cut",
       [](json::object& in, const std::string& key) {
         in[key] = {{"value", in.at(key)}, {"Count", 4711}};
       },
       true}};
  return all;
}

/// What isn't a setting but says what the file is.
inline bool is_of_file(std::string_view name) {
  return name == "sekisho" || name == "readAt" || name == "tenantId" || name == "module_version" ||
         name.starts_with("timestamp") || name == "tenant_details" || name.contains("_commands");
}

/// Calls `use` for each list or object of a file that is at most so deep, with its pointer.
inline void each_place(const json::object& in, std::size_t deep, const std::string& pointer,
                       const std::function<void(const std::string&, bool)>& use) {
  for (const auto& member : in) {
    const std::string name = member.key();
    if (is_of_file(name) || !member.value().is_structured()) continue;
    use(pointer + "/" + name, member.value().is_array());
    if (deep <= 1) continue;
    if (const json::object* inner = member.value().if_object())
      each_place(*inner, deep - 1, pointer + "/" + name, use);
    if (const json::array* list = member.value().if_array())
      for (std::size_t i = 0; i < list->size(); ++i)
        if (const json::object* inner = (*list)[i].if_object())
          each_place(*inner, deep - 1, pointer + "/" + name + "/" + std::to_string(i), use);
  }
}

inline json::object with_unread(const json::object& file, const std::string& pointer,
                                const Unread& state) {
  json::value whole(file);
  const std::size_t slash = pointer.rfind('/');
  json::value& parent = slash == 0 ? whole : whole.at_pointer(pointer.substr(0, slash));
  state.put(parent.get_object(), pointer.substr(slash + 1));
  return whole.get_object();
}

inline CloudReading read_all(const std::vector<json::object>& all,
                             const CloudDeclared& declared = {}) {
  std::vector<CloudFile> list;
  for (const json::object& one : all) list.push_back({"x.json", json::serialize(one)});
  return read(list, declared);
}

/// An item and a place without which it isn't what it is with it.
using Decider = std::pair<std::string, std::string>;
/// Of one of `files`: never does a row pass, fail or not apply for sure by what couldn't be read.
/// `but` are states that say something, by the last name of the place. Returns what decides what.
inline std::set<Decider> expect_unread_is_unknown(
    const std::vector<json::object>& files, std::size_t deep,
    const std::function<bool(const std::string& place, std::string_view state,
                             const CloudRow& row)>& but = {}) {
  std::set<Decider> deciders;
  const CloudReading before = read_all(files);
  for (std::size_t file = 0; file < files.size(); ++file)
    each_place(files[file], deep, "", [&](const std::string& place, bool list) {
      std::set<std::string> decided;
      for (const Unread& state : unread_states()) {
        if (state.of_lists_only && !list) continue;
        std::vector<json::object> changed = files;
        changed[file] = with_unread(files[file], place, state);
        const CloudReading after = read_all(changed);
        for (const CloudRow& was : before.rows) {
          if (was.finding.verdict != Verdict::pass && was.finding.verdict != Verdict::fail)
            continue;
          const CloudRow& is = row_if_any(after, was.item->id);
          if (is.item == nullptr || (but && but(place, state.name, is))) continue;
          const std::string told = std::string(was.item->id) + " " + place + " " + state.name +
                                   ": " + is.finding.fact.en;
          const bool same = is.finding.verdict == was.finding.verdict;
          EXPECT_TRUE(same || is.finding.verdict == Verdict::unknown) << told;
          if (std::string_view(state.name) == "absent" && !same) decided.emplace(was.item->id);
          if (decided.contains(std::string(was.item->id))) {
            EXPECT_EQ(is.finding.verdict, Verdict::unknown) << told;
            for (const PersonLeftOut& one : is.people)
              EXPECT_FALSE(one.sure && !one.emergency) << told << " " << one.name;
          }
        }
      }
      for (const std::string& id : decided) deciders.emplace(id, place);
    });
  return deciders;
}

}  // namespace sekisho::tenant
