// SPDX-License-Identifier: Apache-2.0
// What directories write: read whole, or refused.
#include <gtest/gtest.h>

#include <random>

#include "server/directory/filter.h"
#include "server/directory/group.h"
#include "server/directory/user.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using Comparisons = std::vector<Comparison>;

TEST(ScimFilter, ReadsWhatDirectoriesAsk) {
  const std::vector<std::pair<const char*, Comparisons>> all{
      {R"(userName eq "a@firm.example")", {{"username", "a@firm.example"}}},
      {R"(USERNAME Eq "A")", {{"username", "A"}}},
      {R"(  userName  eq  "a b"  )", {{"username", "a b"}}},
      {R"(externalId eq "\"\\\u3042")", {{"externalid", "\"\\あ"}}},
      {R"(active eq true)", {{"active", true}}},
      {R"(active eq False and userName eq "x")", {{"active", false}, {"username", "x"}}},
      {R"(emails.value eq "a")", {{"emails.value", "a"}}},
      {R"(emails[type eq "work"].value eq "a")", {{"emails.value", "a"}}},
      {R"(urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a")", {{"username", "a"}}}};
  for (const auto& [text, wanted] : all) {
    const auto read = read_filter(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, wanted) << text;
  }
}

TEST(ScimFilter, RefusesWhatItCantReadWhole) {
  for (const char* text : {"",
                           " ",
                           "userName",
                           "userName eq",
                           "userName eq a",
                           R"(userName eq "a)",
                           R"(userName eq "a\)",
                           R"(userName ne "a")",
                           R"(userName co "a")",
                           R"(userName sw "")",
                           "userName pr",
                           R"(userName eq "a" or userName eq "b")",
                           R"(not (userName eq "a"))",
                           R"((userName eq "a"))",
                           R"(userName eq "a" and)",
                           R"(userName eq "a" x)",
                           R"(eq "a")",
                           R"(userName eq 'a')",
                           R"(userNameeq "a")",
                           R"(userName eq"a")",
                           R"(userName eq "a"and active eq true)",
                           R"(userName eq null)",
                           R"(emails[type eq "work".value eq "a")",
                           R"(emails[].value eq "a")",
                           R"(1userName eq "a")",
                           "userName eq \"a\x01\"",
                           "userName eq \"\xff\"",
                           R"(userName eq truex)"})
    EXPECT_FALSE(read_filter(text)) << text;
  EXPECT_FALSE(read_filter("userName eq \"" + std::string(2000, 'a') + "\""));
  EXPECT_TRUE(read_path(R"(emails[type eq "work"].value)"));
  EXPECT_TRUE(read_path("name.givenName"));
  for (const char* text : {"", "a b", "a.", ".a", "a..b", "a[b]", "a[b eq 1]", "a]", "a.b.c"})
    EXPECT_FALSE(read_path(text)) << text;
}

/// Whatever text is compared with: read back, it is the same.
TEST(ScimFilter, ComparesWithAnyText) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a",       "\"",   "\\", " and ", "]", "あ",
                                        "\\u0041", "true", "[",  "\n",    " "};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint32_t size = random() % 8; size > 0; --size)
      text += pieces[random() % pieces.size()];
    const std::string written = json::serialize(json::value(text));
    const auto read = read_filter("userName eq " + written + " and externalId eq " + written);
    ASSERT_TRUE(read) << written;
    EXPECT_EQ(*read, (Comparisons{{"username", text}, {"externalid", text}}));
  }
}

json::value patch_of(json::array operations) {
  return json::object{{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                      {"Operations", std::move(operations)}};
}
json::object operation_of(const char* op, const char* path, const json::value& value) {
  return {{"op", op}, {"path", path}, {"value", value}};
}

TEST(ScimPatch, ReadsTheFormsOfEntraIdAndOkta) {
  const UserEdit out{.active = false};
  for (const json::object& one :
       {operation_of("replace", "active", false), operation_of("Replace", "active", "False"),
        operation_of("REPLACE", "Active", "false"), operation_of("add", "active", "FALSE"),
        operation_of("replace", "urn:ietf:params:scim:schemas:core:2.0:User:active", false),
        json::object{{"op", "replace"}, {"value", {{"active", false}}}},
        json::object{{"op", "Add"}, {"value", {{"active", "False"}}}},
        json::object{{"OP", "replace"}, {"Path", "active"}, {"Value", false}}}) {
    const auto read = read_patch(patch_of({one}));
    ASSERT_TRUE(read) << json::serialize(one);
    EXPECT_EQ(*read, out) << json::serialize(one);
  }
  const auto read = read_patch(patch_of(
      {operation_of("Replace", "displayName", "鈴木 一郎"),
       operation_of("Add", R"(emails[type eq "work"].value)", "S@Firm.example"),
       operation_of("Add", R"(emails[type eq "home"].value)", "home@x.example"),
       operation_of("Add", R"(phoneNumbers[type eq "work"].value)", "03"),
       operation_of("Replace", "userName", "s@firm.example"),
       operation_of("Remove", "externalId", nullptr),
       json::object{
           {"op", "Add"},
           {"value",
            {{"name.givenName", "x"},
             {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "y"},
             {"externalId", "e1"}}}}}));
  ASSERT_TRUE(read) << read.error().text.en;
  EXPECT_EQ(*read, (UserEdit{.user_name = "s@firm.example",
                             .external_id = "e1",
                             .name = "鈴木 一郎",
                             .given = "x",
                             .email = "s@firm.example"}));
}

/// What is meant for nobody to stay must never be read as nothing.
TEST(ScimPatch, RefusesWhatItCantReadWhole) {
  for (const json::value& body :
       {json::value(),
        json::value(json::object()),
        patch_of({}),
        patch_of({7}),
        patch_of({json::object()}),
        patch_of({operation_of("delete", "active", false)}),
        patch_of({operation_of("replace", "active", "no")}),
        patch_of({operation_of("replace", "active", 0)}),
        patch_of({operation_of("replace", "active", nullptr)}),
        patch_of({operation_of("replace", "active", json::array{false})}),
        patch_of({operation_of("replace", "active.value", false)}),
        patch_of({operation_of("replace", R"(active[value eq true])", false)}),
        patch_of({operation_of("remove", "active", nullptr)}),
        patch_of({operation_of("remove", "userName", nullptr)}),
        patch_of({operation_of("replace", "active x", false)}),
        patch_of({operation_of("replace", "", false)}),
        patch_of({json::object{{"op", "replace"}, {"path", 7}, {"value", false}}}),
        patch_of({json::object{{"op", "replace"}, {"value", false}}}),
        patch_of({json::object{{"op", "replace"}, {"path", "active"}}}),
        patch_of(
            {json::object{{"op", "replace"}, {"value", {{"active", true}, {"Active", false}}}}}),
        patch_of(
            {operation_of("replace", "active", false), operation_of("replace", "active", "x")}),
        patch_of({operation_of("replace", "userName", "")}),
        patch_of({operation_of("replace", "userName", "a\nb")}),
        patch_of({operation_of("replace", R"(emails[type eq "work"].value)", "x")}),
        patch_of({operation_of("replace", "displayName", "<a@b.example>")}),
        patch_of(json::array(101, operation_of("replace", "active", false)))})
    EXPECT_FALSE(read_patch(body)) << json::serialize(body);
}

json::object user(json::object given) {
  given["schemas"] = json::array{"urn:ietf:params:scim:schemas:core:2.0:User"};
  return given;
}

TEST(ScimUser, GoesByTheAddressOfWork) {
  const auto email = [](const json::array& emails) {
    const auto read = read_user(user({{"userName", "u"}, {"emails", emails}}));
    return read ? read->email.value_or("") : "refused";
  };
  const json::object home{{"value", "h@x.example"}, {"type", "home"}};
  const json::object work{{"value", "w@x.example"}, {"type", "Work"}};
  const json::object first{{"value", "p@x.example"}, {"primary", "True"}};
  EXPECT_EQ(email({home, work}), "w@x.example");
  EXPECT_EQ(email({work, first, home}), "p@x.example");
  EXPECT_EQ(email({home}), "h@x.example");
  EXPECT_EQ(email({}), "");
  EXPECT_EQ(email({json::object{{"value", "x"}}}), "refused");
  EXPECT_FALSE(read_user(user({{"displayName", "x"}})));
  EXPECT_FALSE(read_user(json::object{{"userName", "u"}})) << "without its schema";
  const auto name = [](json::object given) {
    given["userName"] = "u";
    const auto read = read_user(user(std::move(given)));
    return read->name.value_or(joined_name(read->family.value_or(""), read->given.value_or("")));
  };
  EXPECT_EQ(name({{"name", {{"familyName", "鈴木"}, {"givenName", "一郎"}}}}), "鈴木 一郎");
  EXPECT_EQ(name({{"name", {{"familyName", "Suzuki"}, {"givenName", "Ichiro"}}}}), "Ichiro Suzuki");
  EXPECT_EQ(name({{"name", {{"formatted", "F"}}}, {"displayName", "D"}}), "D");
  EXPECT_EQ(name({{"displayName", "D"}, {"name", {{"formatted", "F"}}}}), "D");
}

TEST(ScimGroup, ReadsTheFormsOfEntraIdAndOkta) {
  using Kind = MembersChange::Kind;
  const json::array two{json::object{{"value", "5"}},
                        json::object{{"value", "7"}, {"type", "User"}, {"display", "x"}}};
  const PersonId five(5);
  const PersonId seven(7);
  const std::vector<std::pair<json::object, GroupEdit>> all{
      // Entra ID
      {operation_of("Add", "members", two), {.members = {{Kind::add, {five, seven}}}}},
      {operation_of("Remove", "members", two), {.members = {{Kind::remove, {five, seven}}}}},
      {operation_of("Replace", "displayName", "板"), {.name = "板"}},
      {operation_of("add", "externalId", "g-1"), {.external_id = "g-1"}},
      // Okta
      {json::object{{"op", "replace"}, {"value", {{"id", "1"}, {"displayName", "b"}}}},
       {.name = "b"}},
      {json::object{{"op", "remove"}, {"path", R"(members[value eq "5"])"}},
       {.members = {{Kind::remove, {five}}}}},
      {operation_of("replace", "members", two), {.members = {{Kind::set, {five, seven}}}}},
      // RFC 7644, 3.5.2
      {json::object{{"op", "add"}, {"value", {{"members", two}}}},
       {.members = {{Kind::add, {five, seven}}}}},
      {json::object{{"op", "remove"}, {"path", "members"}}, {.members = {{Kind::set, {}}}}},
      {json::object{{"op", "remove"},
                    {"path", "urn:ietf:params:scim:schemas:core:2.0:Group:externalId"}},
       {.external_id = ""}}};
  for (const auto& [operation, wanted] : all) {
    const auto read = read_group_patch(patch_of({operation}));
    ASSERT_TRUE(read) << json::serialize(operation) << " " << read.error().text.en;
    EXPECT_EQ(*read, wanted) << json::serialize(operation);
  }
  const auto whole = read_group(
      json::object{{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Group"}},
                   {"displayName", "b"},
                   {"externalId", "g"},
                   {"members", two}});
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole,
            (GroupEdit{.name = "b", .external_id = "g", .members = {{Kind::set, {five, seven}}}}));
}

/// Whoever is meant to be out must not stay in because a removal was read as nothing.
TEST(ScimGroup, RefusesWhatItCantReadWhole) {
  for (const json::object& one :
       {operation_of("add", "members", "5"),
        operation_of("add", "members", json::array{"5"}),
        operation_of("remove", "members", json::array{json::object{{"id", "5"}}}),
        operation_of("add", "members", json::array{json::object{{"value", "x"}}}),
        operation_of("add", "members", json::array{json::object{{"value", 5}}}),
        operation_of("add", "members", json::array{json::object{{"value", "-5"}}}),
        operation_of("add", "members",
                     json::array{json::object{{"value", "5"}, {"type", "Group"}}}),
        operation_of("replace", R"(members[value eq "5"])", json::array()),
        operation_of("replace", "members.value", "5"),
        operation_of("replace", "id", "5"),
        json::object{{"op", "remove"}, {"path", "members.value"}},
        json::object{{"op", "remove"}, {"path", R"(members[type eq "User"])"}},
        json::object{{"op", "remove"}, {"path", R"(members[value eq "5" and type eq "User"])"}},
        json::object{{"op", "remove"}, {"path", R"(members[value eq "x"])"}},
        json::object{{"op", "remove"}, {"path", "displayName"}},
        json::object{{"op", "remove"}, {"path", "id"}},
        json::object{{"op", "remove"}},
        operation_of("replace", "displayName", ""),
        operation_of("replace", "displayName", "a\nb"),
        json::object{{"op", "add"},
                     {"value", {{"members", json::array()}, {"Members", json::array()}}}}})
    EXPECT_FALSE(read_group_patch(patch_of({one}))) << json::serialize(one);
  EXPECT_FALSE(read_group(json::object{{"displayName", "x"}})) << "without its schema";
  EXPECT_FALSE(read_group(
      json::object{{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Group"}}}));
}

}  // namespace
}  // namespace sekisho
