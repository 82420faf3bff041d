// SPDX-License-Identifier: Apache-2.0
#include "access/policy_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "access/policy_lines.h"
#include "access/test_guideline.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Policy taken(const Document& document) {
  auto policy = read_policy(document, shipped_guideline());
  if (!policy) throw std::runtime_error(first_of(policy.error()).describe(Lang::en));
  return std::move(*policy);
}
Policy from_text(std::string_view text) {
  const auto document = parse_yaml("p.yaml", text, kPolicyLimits);
  if (!document) throw std::runtime_error(document.error().describe(Lang::en) + std::string(text));
  return taken(*document);
}
Policy from_form(const json::value& form) { return taken(Document{"/form", form, {}}); }

/// Policies made at random, by all that a form can say.
class Forms {
 public:
  explicit Forms(std::uint64_t seed) : random_(seed) {}

  json::object next() {
    json::array resources;
    for (std::int64_t i = 0, count = pick(1, 4); i < count; ++i)
      resources.emplace_back(rule(fmt::format("r{}-{}", i, pick(0, 99))));
    return {{"policy", json::object{{"name", line()}, {"about", text()}}},
            {"resources", std::move(resources)}};
  }
  /// One field of one resource is another.
  json::object changed(json::object form) {
    json::array& rules = form.at("resources").as_array();
    json::object& one =
        rules.at(static_cast<std::size_t>(pick(0, std::ssize(rules) - 1))).as_object();
    const json::object other = rule(std::string(one.at("id").as_string()));
    switch (pick(0, 9)) {
      case 0: rules.emplace_back(rule("added")); return form;
      case 1:
        if (rules.size() > 1) rules.erase(rules.begin());
        return form;
      case 2: std::swap(rules.front(), rules.back()); return form;
      case 3: one.at("id") = "renamed"; return form;
      case 4: form.at("policy").as_object().at("about") = text(); return form;
      default: break;
    }
    for (const char* key : {"name", "because", "kind", "who", "device", "own_devices", "evidence",
                            "passkey", "measures", "hours", "networks", "countries"}) {
      if (!seldom()) continue;
      if (const auto* value = other.if_contains(key))
        one.insert_or_assign(key, *value);
      else
        one.erase(key);
    }
    return form;
  }

  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }

 private:
  bool seldom() { return pick(0, 3) == 0; }
  template <std::size_t N>
  std::string one_of(const std::array<const char*, N>& of) {
    return of.at(static_cast<std::size_t>(pick(0, N - 1)));
  }
  json::object text() {
    // What a YAML reader could take for something else.
    constexpr std::array kTexts{"plain",      "顧客管理",   "a: b", "a #b",     "'quoted'", "no",
                                "\"12\"",     "- item",     "{a}",  "[b]",      "0x12",     "1.5",
                                "two\nlines", "@at",        "50%",  "yes",      "a\\b",     "~",
                                "null",       "、: # 「」", "|",    "> folded", "&a *b",    "!tag"};
    const std::string ja = one_of(kTexts);
    return {{"ja", ja}, {"en", seldom() ? one_of(kTexts) : ja}};
  }
  json::object line() {
    json::object of = text();
    for (auto& [key, value] : of)
      if (value.as_string().find('\n') != std::string::npos) value = "one line";
    return of;
  }
  std::string length() {
    return fmt::format("{} {}", pick(1, 300), one_of(std::array{"minutes", "hours", "days", "日"}));
  }
  json::array some(std::initializer_list<const char*> of, std::int64_t least) {
    json::array all;
    for (const char* one : of)
      if (pick(0, 1) == 0 || (std::ssize(all) < least && one == *(of.end() - 1)))
        all.emplace_back(one);
    return all;
  }
  json::array measures() {
    json::array all;
    for (const char* id : {"5-1", "5-2", "SK-worker-K2", "8-3"}) {
      if (pick(0, 1) == 0 && std::string_view(id) != "8-3") continue;
      json::object one{{"id", id}};
      if (pick(0, 1) == 0) one["grace"] = length();
      if (pick(0, 1) == 0)
        all.insert(all.begin(), std::move(one));
      else
        all.emplace_back(std::move(one));
    }
    return all;
  }
  json::object rule(std::string_view id) {
    json::object out{{"id", id}, {"name", line()}};
    if (seldom()) out["because"] = text();
    out["kind"] = one_of(std::array{"application", "server", "network"});
    out["sensitivity"] = one_of(std::array{"low", "middle", "high"});
    out["who"] = json::object{{"roles", some({"executive", "administrator", "teleworker"}, 1)},
                              {"groups", some({"sales", "営業: 部", "no", "7"}, 0)},
                              {"people", some({"aoi@example.jp", "a'b@example.jp"}, 0)}};
    out["device"] = one_of(std::array{"registered", "any"});
    out["own_devices"] = pick(0, 1) == 0;
    out["evidence"] = length();
    out["second_factor"] = seldom() && out["sensitivity"] != "high" ? "none" : length();
    if (seldom()) out["passkey"] = length();
    out["measures"] = measures();
    if (seldom())
      out["hours"] = json::object{{"days", some({"mon", "火", "sat", "sun"}, 1)},
                                  {"from", fmt::format("{:02}:{:02}", pick(0, 11), pick(0, 59))},
                                  {"to", one_of(std::array{"24:00", "12:00", "19:30"})}};
    if (seldom()) out["networks"] = some({"192.0.2.0/24", "::1", "2001:db8::/32"}, 1);
    if (seldom()) out["countries"] = some({"NO", "JP"}, 1);
    return out;
  }

  std::mt19937_64 random_;
};

TEST(PolicyForm, WhatIsWrittenIsReadAsTheSame) {
  Forms forms(1);
  for (int i = 0; i < 150; ++i) {
    const Policy policy = from_form(forms.next());
    const json::object form = policy_form(policy);
    ASSERT_EQ(policy_form(from_form(form)), form);
    const std::string text = policy_text(policy);
    ASSERT_EQ(policy_form(from_text(text)), form) << text;
    ASSERT_EQ(policy_text(from_text(text)), text);
  }
}

TEST(PolicyForm, AnyChangeOfATextSaysWhatIsWantedAndLeavesTheRest) {
  Forms forms(2);
  int anew = 0;
  for (int i = 0; i < 150; ++i) {
    const Policy before = from_form(forms.next());
    // As somebody would write beside it.
    std::string text = "# top\n";
    std::size_t comments = 1;
    const std::string written = policy_text(before);
    for (const std::string_view line : split(std::string_view(written), '\n')) {
      if (line.empty()) continue;
      text += fmt::format("{}  # c{}\n", line, comments++);
      if (forms.pick(0, 5) == 0)
        text += fmt::format("{}# c{}\n\n", std::string(line.size() - trim(line).size(), ' '),
                            comments++);
    }
    ASSERT_EQ(policy_form(from_text(text)), policy_form(before)) << text;
    ASSERT_EQ(comments_of(text).size(), comments);
    const Policy wanted = from_form(forms.changed(policy_form(before)));
    const RevisedPolicy revised = revise_policy(text, wanted);
    ASSERT_EQ(policy_form(from_text(revised.text)), policy_form(wanted)) << text << "=>\n"
                                                                         << revised.text;
    ASSERT_EQ(comments_of(revised.text).size() + revised.lost.size(), comments) << text << "=>\n"
                                                                                << revised.text;
    EXPECT_THAT(revised.text, HasSubstr("# top"));
    if (revised.lost.size() + 1 == comments) ++anew;
  }
  EXPECT_LT(anew, 3) << "nothing but one rule may have gone";
}

std::string vpn() { return std::string(built_in_policy("vpn")); }

/// The lines that are in one text and not in the other.
std::vector<std::string> beyond(const std::string& text, const std::string& other) {
  std::vector<std::string> all;
  const auto lines = split(std::string_view(other), '\n');
  for (const std::string_view line : split(std::string_view(text), '\n'))
    if (std::ranges::find(lines, line) == lines.end()) all.emplace_back(line);
  return all;
}

TEST(PolicyForm, ABuiltInTextStaysAsItIsWhereNothingChanges) {
  for (const Method& method : shipped_guideline().methods) {
    const std::string text(built_in_policy(method.id));
    const RevisedPolicy revised = revise_policy(text, from_text(text));
    EXPECT_EQ(revised.text, text);
    EXPECT_THAT(revised.lost, IsEmpty());
  }
}

TEST(PolicyForm, OneChangeIsOneLineAndKeepsItsComment) {
  json::object form = policy_form(from_text(vpn()));
  json::array& rules = form.at("resources").as_array();
  rules[1].at("evidence") = "2 days";
  rules[1].at("measures").at(1).as_object()["grace"] = "30 minutes";
  rules[2].as_object()["hours"] =
      json::object{{"days", {"mon", "tue"}}, {"from", "08:00"}, {"to", "24:00"}};
  const RevisedPolicy revised = revise_policy(vpn(), from_form(form));
  EXPECT_THAT(revised.lost, IsEmpty());
  EXPECT_THAT(
      beyond(revised.text, vpn()),
      ElementsAre("    evidence: 2 days",
                  "      - {id: \"5-2\", grace: 30 minutes}  # 最新のセキュリティ更新 / the latest "
                  "security updates",
                  "    hours: {days: [mon, tue], from: \"08:00\", to: \"24:00\"}"));
  EXPECT_THAT(beyond(vpn(), revised.text), testing::SizeIs(1)) << "evidence: 3 days";
}

TEST(PolicyForm, CommentsOfWhatIsTakenOutAreNamed) {
  json::object form = policy_form(from_text(vpn()));
  json::array& asked = form.at("resources").at(0).at("measures").as_array();
  asked.erase(asked.begin() + 3);
  const RevisedPolicy revised = revise_policy(vpn(), from_form(form));
  EXPECT_THAT(revised.lost, ElementsAre("ディスクの暗号化 / the disk is encrypted"));
  EXPECT_THAT(beyond(revised.text, vpn()), IsEmpty());
}

TEST(PolicyForm, WhatIsLaidOutOtherwiseIsWrittenAnewAndSaysSo) {
  const std::string flow = "# mine\n" + json::serialize(policy_form(from_text(vpn()))) + " # one\n";
  json::object form = policy_form(from_text(flow));
  form.at("resources").at(0).at("kind") = "server";
  const RevisedPolicy revised = revise_policy(flow, from_form(form));
  EXPECT_EQ(policy_form(from_text(revised.text)), form);
  EXPECT_THAT(revised.text, testing::StartsWith("# mine\npolicy:\n"));
  EXPECT_THAT(revised.lost, ElementsAre("one"));
  EXPECT_EQ(policy_form(from_text(revise_policy("no policy: [", from_form(form)).text)), form);
}

TEST(PolicyForm, ASlipIsToldAtItsPlaceInTheForm) {
  json::object form = policy_form(from_text(vpn()));
  form.at("resources").at(1).at("evidence") = "soon";
  form.at("resources").at(2).at("measures").at(0).at("id") = "0-0";
  form.at("resources").at(0).as_object().erase("kind");
  const auto policy = read_policy(Document{"/form", form, {}}, shipped_guideline());
  ASSERT_FALSE(policy);
  std::vector<std::string> places;
  for (const Error& error : policy.error()) places.push_back(error.where);
  EXPECT_THAT(places, ElementsAre("/form/resources/0/kind", "/form/resources/1/evidence",
                                  "/form/resources/2/measures/0/id"));
}

}  // namespace
}  // namespace sekisho
