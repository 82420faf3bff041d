// SPDX-License-Identifier: Apache-2.0
#include "base/document.h"

#include "base/nearest.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

TEST(Document, AKeyWithoutAValueHasItsOwnLine) {
  const auto document = parse_yaml("f", "a: 1\nb:\nc:\n  d:\n\ne: 2\n");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->places.at("/b"), "f:2");
  EXPECT_EQ(document->places.at("/c/d"), "f:4");
  EXPECT_EQ(document->places.at("/e"), "f:6");
}

TEST(NearestWord, IsOneSlipAwayOrNone) {
  const std::vector<std::string> known{"registered", "any"};
  EXPECT_EQ(nearest_word("registred", known), "registered");
  EXPECT_EQ(nearest_word("ani", known), "any");
  EXPECT_EQ(nearest_word("all", known), "");
  EXPECT_EQ(nearest_word("", known), "");
  EXPECT_EQ(nearest_word("any", {}), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'a'), known), "");
}

TEST(Problems, AreKeptUpToABoundAndCountedBeyond) {
  std::string text = "[";
  for (int i = 0; i < 5'000; ++i) text += i == 0 ? "{}" : ",{}";
  const auto document = parse_json("list", text + "]");
  ASSERT_TRUE(document);
  std::vector<Error> problems;
  for (const Node& node : Node(*document, problems).items()) static_cast<void>(node.at("name"));
  ASSERT_EQ(problems.size(), kMostProblemsKept + 1);
  EXPECT_EQ(problems.front().where, "list/0/name") << "where it should be";
  EXPECT_EQ(problems.back().message.en, "there are 4900 more problems.");
  EXPECT_EQ(first_of(problems).message.en, "'name' is missing. (4999 more problems)");
}

TEST(Problems, ThatFitAreNotCounted) {
  const auto document = parse_json("list", "[{},{}]");
  std::vector<Error> problems;
  for (const Node& node : Node(*document, problems).items()) static_cast<void>(node.at("name"));
  EXPECT_EQ(problems.size(), 2);
  EXPECT_EQ(first_of(problems).message.en, "'name' is missing. (1 more problems)");
  problems.pop_back();
  EXPECT_EQ(first_of(problems).message.en, "'name' is missing.");
}

}  // namespace
}  // namespace sekisho
