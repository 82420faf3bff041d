// SPDX-License-Identifier: Apache-2.0
// What webhooks are told, with text of people that means something to each receiver.
#include "server/outbox/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "server/http/secrets.h"
#include "server/outbox/harmless.h"
#include "server/outbox/mail.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

const std::string kHostile =
    "<!channel> <https://evil.example|ここ> [x](https://evil.example) [toall] [To:1] **b** & \"q\"";

const Time kTried = *parse_time("2026-11-27T00:20:00Z");

Happening happening() {
  return {.id = "msg_1_2",
          .at = *parse_time("2026-11-27T00:00:00Z"),
          .event = "incident",
          .title = {"報告がありました", "Something was reported"},
          .body = {kHostile + "\n二行目", kHostile},
          .link = "https://sekisho.firm.example/incidents",
          .data = R"({"incident": 7})"};
}

json::value posted(HookKind kind) {
  return json::parse(post_for({kind, "https://x.example/"}, happening(), "", kTried).body);
}

TEST(Hooks, SlackSeesNoMentionAndNoLinkInWhatPeopleWrote) {
  const json::value post = posted(HookKind::slack);
  std::string text(post.at("text").as_string());
  EXPECT_EQ(post.at("mrkdwn"), false);
  EXPECT_EQ(text.find_first_of("<>*_~`"), std::string::npos);
  const json::array& blocks = post.at("blocks").as_array();
  ASSERT_EQ(blocks.size(), 2);
  EXPECT_EQ(blocks[0].at("text").at("type"), "plain_text");
  text = blocks[0].at("text").at("text").as_string();
  EXPECT_EQ(text.find_first_of("<>"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt;"));
  EXPECT_THAT(text, HasSubstr("&amp;"));
  EXPECT_EQ(blocks[1].at("text").at("text"),
            "<https://sekisho.firm.example/incidents|関所を開く / Open Sekisho>");
}

TEST(Hooks, SlackTakesALongNoticeInPiecesAndNoMoreThanItMay) {
  Happening told = happening();
  for (int i = 0; i < 4000; ++i) told.body.ja += i % 50 == 0 ? "\n" : "長い文";
  told.body.en = std::string(200'000, 'x');
  const json::value post =
      json::parse(post_for({HookKind::slack, "https://x.example/"}, told, "", kTried).body);
  const json::array& blocks = post.at("blocks").as_array();
  EXPECT_EQ(blocks.size(), 50);
  for (const json::value& block : blocks) {
    const std::string text(block.at("text").at("text").as_string());
    EXPECT_LE(text.size(), 3000U);
    EXPECT_TRUE(is_valid_utf8(text));
  }
}

/// What programs make links of: a scheme with what follows it, and names with a dot.
bool has_link(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t i = 2; i + 1 < text.size(); ++i) {
    const char next = text[i + 1];
    if (text[i] == ':' && letter(text[i - 1]) && letter(text[i - 2]) &&
        (letter(next) || next == '/' || next == '+' || (next >= '0' && next <= '9')))
      return true;
    if (text[i] == '.' && text[i - 1] != ' ' && letter(next)) return true;
  }
  return false;
}

TEST(Hooks, NoNameIsALinkToAnyReceiverNorInMail) {
  constexpr std::array kNames{"https://evil.example/login",
                              "HTTPS://EVIL.EXAMPLE",
                              "[x](https://evil.example)",
                              "evil.example",
                              "www.evil.example",
                              "mailto:a@evil.example",
                              "tel:+81312345678",
                              "javascript:alert(1)",
                              "http://192.0.2.1/",
                              "a b.c d..e 例.jp",
                              "<a href=https://evil.example>x</a>"};
  for (const std::string name : kNames) {
    ASSERT_TRUE(has_link(name)) << name;
    Happening told = happening();
    told.link = "";
    told.title = {name, name};
    told.body = {name + " さん: 紛失\n" + name, name + ": lost\n" + name};
    for (const HookKind kind : {HookKind::slack, HookKind::teams, HookKind::line_works}) {
      const std::string url = "https://x.example/";
      json::value post = json::parse(post_for({kind, url}, told, "", kTried).body);
      // Teams' own addresses say what its card is.
      if (kind == HookKind::teams) post = post.at("attachments").at(0).at("content").at("body");
      std::string text = json::serialize(post);
      for (std::size_t at = 0; (at = text.find("\":", at)) != std::string::npos;)
        text.replace(at, 2, "\" ");
      EXPECT_FALSE(has_link(text)) << text;
    }
    const std::string chat =
        post_for({HookKind::chatwork, "https://api.chatwork.com/v2/rooms/1/messages"}, told, "",
                 kTried)
            .body.substr(5);
    std::string form;
    for (const std::string_view line : split(chat, '%'))
      form += line.starts_with("0A") ? " " + std::string(line.substr(2)) : "%" + std::string(line);
    const auto text = percent_decoded(form.substr(1));
    ASSERT_TRUE(text) << form;
    EXPECT_FALSE(has_link(*text)) << *text;
    const std::string mail = mail_text("a@firm.example", "b@firm.example",
                                       {told.title, told.body, "", std::nullopt}, kTried);
    std::size_t parts = 0;
    for (std::size_t at = mail.find("base64\r\n\r\n"); at != std::string::npos;
         at = mail.find("base64\r\n\r\n", at + 1), ++parts) {
      std::string coded = mail.substr(at + 10, mail.find("--", at) - at - 10);
      std::erase_if(coded, [](char c) { return c == '\r' || c == '\n' || c == '='; });
      std::ranges::replace(coded, '+', '-');
      std::ranges::replace(coded, '/', '_');
      const auto part = from_base64url(coded);
      ASSERT_TRUE(part);
      if (part->starts_with("<!doctype")) {
        EXPECT_THAT(*part, Not(HasSubstr("<a ")));
      }
      // What the page itself says of its letters and form has colons and dots that lead nowhere.
      EXPECT_FALSE(has_link(part->substr(part->find("em\">") + 1))) << *part;
    }
    EXPECT_EQ(parts, 2U);
  }
}

TEST(Hooks, WhatOnlyLooksLikeALinkReadsAsBefore) {
  EXPECT_EQ(without_links("C:\\Users\\a 12:30 1.2.3 v2.0 e. g. 例: 文。\nsudo: no"),
            "C:\\Users\\a 12:30 1.2.3 v2.0 e. g. 例: 文。\nsudo: no");
  EXPECT_EQ(without_links(""), "");
  EXPECT_EQ(without_links("."), ".");
  EXPECT_EQ(without_links(":"), ":");
  EXPECT_EQ(without_links("a.b"), "a.\u200Bb");
}

TEST(Hooks, TeamsShowsEachLineAsItStands) {
  const json::value post = posted(HookKind::teams);
  const auto& card = post.at("attachments").at(0).at("content").as_object();
  std::vector<std::string> lines;
  for (const json::value& block : card.at("body").as_array()) {
    EXPECT_EQ(block.at("type"), "RichTextBlock") << "a TextBlock reads Markdown";
    for (const json::value& run : block.at("inlines").as_array()) {
      EXPECT_EQ(run.at("type"), "TextRun");
      lines.emplace_back(run.at("text").as_string());
    }
  }
  EXPECT_THAT(lines, testing::ElementsAre("報告がありました", without_links(kHostile), "二行目",
                                          "Something was reported", without_links(kHostile)));
  EXPECT_EQ(card.at("actions").at(0).at("url"), "https://sekisho.firm.example/incidents");
}

TEST(Hooks, ChatworkGetsAFormWithoutTagsOfOthersAndItsToken) {
  const Post post =
      post_for({HookKind::chatwork, "https://api.chatwork.com/v2/rooms/1/messages", "secret"},
               happening(), "", kTried);
  EXPECT_THAT(post.headers, testing::Contains("X-ChatWorkToken: secret"));
  EXPECT_THAT(post.headers, testing::Contains("Content-Type: application/x-www-form-urlencoded"));
  ASSERT_TRUE(post.body.starts_with("body="));
  std::string form = post.body.substr(5);
  for (std::size_t at = form.find("%0A"); at != std::string::npos; at = form.find("%0A"))
    form.replace(at, 3, " ");
  const auto text = percent_decoded(form);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, Not(HasSubstr("[toall]")));
  EXPECT_THAT(*text, HasSubstr("［toall］"));
  EXPECT_TRUE(text->starts_with("[info][title]報告がありました")) << *text;
}

TEST(Hooks, LineWorksGetsATitleATextAndAButton) {
  const json::value post = posted(HookKind::line_works);
  EXPECT_EQ(post.at("title"), "報告がありました / Something was reported");
  EXPECT_THAT(std::string(post.at("body").at("text").as_string()), HasSubstr("二行目"));
  EXPECT_EQ(post.at("button").at("url"), "https://sekisho.firm.example/incidents");
}

TEST(Hooks, JsonIsSignedAsStandardWebhooksSaysAsOfTheTry) {
  const std::string secret = new_hook_secret();
  ASSERT_TRUE(secret.starts_with("whsec_"));
  const auto post = [&](Time at) {
    return post_for({HookKind::json, "https://x.example/"}, happening(), secret, at);
  };
  EXPECT_EQ(json::parse(post(kTried).body).at("data").at("incident"), 7);
  EXPECT_EQ(json::parse(post(kTried).body).at("at"), "2026-11-27T00:00:00Z") << "when it was";
  EXPECT_THAT(post(kTried).headers, testing::Contains("webhook-id: msg_1_2"));
  EXPECT_THAT(post(kTried).headers, testing::Contains("webhook-timestamp: 1795738800"));
  EXPECT_THAT(post(kTried).headers,
              testing::Contains(testing::StartsWith("webhook-signature: v1,")));
  // Another try is of another time, signed anew, of the same message.
  const Post again = post(kTried + std::chrono::hours(3));
  EXPECT_EQ(again.body, post(kTried).body);
  EXPECT_THAT(again.headers, testing::Contains("webhook-id: msg_1_2"));
  EXPECT_THAT(again.headers, testing::Contains("webhook-timestamp: 1795749600"));
  EXPECT_NE(again.headers.back(), post(kTried).headers.back());
  EXPECT_EQ(
      post_for({HookKind::json, "https://x.example/"}, happening(), "", kTried).headers.size(), 1)
      << "nothing to sign with";
}

TEST(Hooks, AChatworkTokenGoesNowhereElse) {
  EXPECT_TRUE(hook_url_allowed(HookKind::chatwork, "https://api.chatwork.com/v2/rooms/1/messages"));
  for (const char* url :
       {"https://api.chatwork.com.evil.example/v2/rooms/1/messages", "https://api.chatwork.com/",
        "https://evil.example/v2/rooms/1/messages", "http://api.chatwork.com/v2/rooms/1/messages"})
    EXPECT_FALSE(hook_url_allowed(HookKind::chatwork, url)) << url;
  EXPECT_FALSE(hook_url_allowed(HookKind::json, "http://x.example/"));
}

TEST(Mail, LinesAreShortAndTheHtmlSaysWhatTheTextSays) {
  const Time at = *parse_time("2026-11-27T00:00:00Z");
  const std::string text =
      mail_text("a@firm.example", "b@firm.example",
                {{std::string(200, 'a') + "関所からのお知らせ関所からのお知らせ", "x"},
                 {"<b>本文</b>\nhttps://x.example/?a=1&b=2\n", "body"},
                 "https://sekisho.firm.example/",
                 Lang::ja},
                at);
  for (const std::string_view line : split(text, '\n'))
    EXPECT_LE(line.size(), 77) << line;  // with its CR
  EXPECT_THAT(text, HasSubstr("@firm.example>\r\nMIME-Version: 1.0"));
  EXPECT_THAT(text, Not(HasSubstr("boundary=\"\"")));
  EXPECT_THAT(text, Not(HasSubstr("List-Unsubscribe")));
}

TEST(Mail, WhatComesEachWeekSaysHowToBeRidOfIt) {
  const std::string text =
      mail_text("a?b&c@firm.example", "b@firm.example",
                {{"週", "week"}, {"本文", "body"}, "", Lang::ja, true}, kTried);
  EXPECT_THAT(text, HasSubstr("\r\nList-Unsubscribe: "
                              "<mailto:a%3Fb%26c@firm.example?subject=unsubscribe>\r\n"));
}

TEST(Mail, WhoSignsInIsNoPartOfAnAddressThatIsShown) {
  const auto of = [](const char* url, const char* user) {
    return mail_server({{"smtp.url", url}, {"smtp.user", user}, {"smtp.password", "kept"}});
  };
  for (const char* url : {"smtp://u:geheim@mail.example", "smtp://u:geheim%40x@mail.example"}) {
    EXPECT_EQ(of(url, "").url, "smtp://mail.example") << url;
    EXPECT_EQ(of(url, "").user, "u");
    EXPECT_THAT(of(url, "").password, testing::StartsWith("geh"));
    EXPECT_EQ(of(url, "own").user, "own");
    EXPECT_EQ(of(url, "own").password, "kept");
  }
  // One that nobody can read holds no password either.
  EXPECT_EQ(of("smtp://u:geh@eim@mail.example", "").url, "smtp://mail.example");
  EXPECT_EQ(of("smtps://mail.example:465/x@y", "").url, "smtps://mail.example:465/x@y");
}

}  // namespace
}  // namespace sekisho
