// What webhooks are told, with text of people that means something to each receiver.
#include "server/outbox/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "server/http/secrets.h"
#include "server/outbox/mail.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

const std::string kHostile =
    "<!channel> <https://evil.example|ここ> [x](https://evil.example) [toall] [To:1] **b** & \"q\"";

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
  return json::parse(post_for({kind, "https://x.example/"}, happening(), "").body);
}

TEST(Hooks, SlackSeesNoMentionAndNoLinkInWhatPeopleWrote) {
  const std::string text(posted(HookKind::slack).at("text").as_string());
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt; &lt;https://evil.example|ここ&gt;"));
  EXPECT_THAT(text, HasSubstr("&amp;"));
  EXPECT_EQ(text.find_first_of("<>"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("https://sekisho.firm.example/incidents"));
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
  EXPECT_THAT(lines, testing::ElementsAre("報告がありました", kHostile, "二行目",
                                          "Something was reported", kHostile));
  EXPECT_EQ(card.at("actions").at(0).at("url"), "https://sekisho.firm.example/incidents");
}

TEST(Hooks, ChatworkGetsAFormWithoutTagsOfOthersAndItsToken) {
  const Post post =
      post_for({HookKind::chatwork, "https://api.chatwork.com/v2/rooms/1/messages", "secret"},
               happening(), "");
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

TEST(Hooks, JsonIsSignedAsStandardWebhooksSays) {
  const std::string secret = new_hook_secret();
  ASSERT_TRUE(secret.starts_with("whsec_"));
  const Post post = post_for({HookKind::json, "https://x.example/"}, happening(), secret);
  EXPECT_EQ(json::parse(post.body).at("data").at("incident"), 7);
  EXPECT_THAT(post.headers, testing::Contains("webhook-id: msg_1_2"));
  EXPECT_THAT(post.headers, testing::Contains("webhook-timestamp: 1795737600"));
  EXPECT_THAT(post.headers, testing::Contains(testing::StartsWith("webhook-signature: v1,")));
  EXPECT_EQ(post_for({HookKind::json, "https://x.example/"}, happening(), "").headers.size(), 1)
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
}

}  // namespace
}  // namespace sekisho
