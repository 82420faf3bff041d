// SPDX-License-Identifier: Apache-2.0
#include "access/user_agent.h"

#include <utility>

namespace sekisho {
namespace {

using Marks = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The name of the first mark that is in it: those that are in others' too come last.
std::string_view first_of(std::string_view text, Marks marks) {
  for (const auto& [mark, name] : marks)
    if (text.find(mark) != std::string_view::npos) return name;
  return {};
}

}  // namespace

UserAgentWords read_user_agent(std::string_view text) {
  UserAgentWords words;
  words.browser = first_of(text, {{"Edg", "Edge"},
                                  {"OPR/", "Opera"},
                                  {"Vivaldi/", "Vivaldi"},
                                  {"SamsungBrowser/", "Samsung Internet"},
                                  {"Firefox/", "Firefox"},
                                  {"FxiOS/", "Firefox"},
                                  {"CriOS/", "Chrome"},
                                  {"Chrome/", "Chrome"},
                                  {"Safari/", "Safari"},
                                  {"OpenSSH", "OpenSSH"},
                                  {"curl/", "curl"}});
  words.system = first_of(text, {{"iPhone", "iOS"},
                                 {"iPad", "iPadOS"},
                                 {"Android", "Android"},
                                 {"CrOS", "ChromeOS"},
                                 {"Windows", "Windows"},
                                 {"Mac OS X", "macOS"},
                                 {"Linux", "Linux"}});
  if (words.system.empty()) return words;
  const bool tablet = words.system == "iPadOS" ||
                      (words.system == "Android" && text.find("Mobile") == std::string_view::npos);
  const bool telephone = words.system == "iOS" || words.system == "Android";
  words.kind = tablet ? "tablet" : telephone ? "telephone" : "computer";
  return words;
}

SignInAgent agent_of(std::string_view text) {
  const UserAgentWords words = read_user_agent(text);
  return {RiskValue::of(text), RiskValue::of(words.browser), RiskValue::of(words.system),
          RiskValue::of(words.kind)};
}

}  // namespace sekisho
