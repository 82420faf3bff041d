#include "base/document.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

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
