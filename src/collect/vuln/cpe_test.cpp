// SPDX-License-Identifier: Apache-2.0
// Names against NISTIR 7695 and 7696: by hand, and generated ones against a slow reference that is
// written from the tables of the document, with regular expressions.
#include "collect/vuln/cpe.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <regex>
#include <vector>

namespace sekisho {
namespace {

TEST(Cpe, IsReadWithItsEscapes) {
  const auto cpe = parse_cpe("cpe:2.3:a:Ivanti:connect_secure:22.7:r2.4:*:*:*:*:*:*");
  ASSERT_TRUE(cpe);
  EXPECT_EQ(cpe->vendor.text(), "ivanti");
  EXPECT_EQ(cpe->full_version(), "22.7 r2.4");
  EXPECT_EQ(parse_cpe(R"(cpe:2.3:a:a\:b:c\\d:1\.0:-:*:*:*:*:*:*)")->vendor.text(), "a:b");
  EXPECT_EQ(parse_cpe(R"(cpe:2.3:a:a\:b:c\\d:1\.0:-:*:*:*:*:*:*)")->full_version(), "1.0");
  EXPECT_EQ(parse_cpe(R"(cpe:2.3:a:a:notepad\+\+:1:-:*:*:*:*:*:*)")->product.text(), "notepad++");
  const auto literal = parse_cpe(R"(cpe:2.3:a:a:b:\*:\-:*:*:*:*:*:*)");
  EXPECT_FALSE(literal->version.is_any() || literal->update.is_none());
  EXPECT_EQ(literal->version.text(), "*");
  for (const char* wrong :
       {"", "cpe:2.3:a:vendor:product:1", "cpe:2.3:x:vendor:product:1:*:*:*:*:*:*:*",
        "cpe:2.3:a:vendor:product:1:*:*:*:*:*:*:*:*", "cpe:2.3:a::product:1:*:*:*:*:*:*:*",
        "cpe:2.3:a:ve ndor:product:1:*:*:*:*:*:*:*", "cpe:2.3:a:vendor:product:1:*:*:*:*:*:*:\\",
        "cpe:2.3:a:vendor:product:1*1:*:*:*:*:*:*:*", "cpe:2.3:*:v:p:1:*:*:*:*:*:*:*"})
    EXPECT_FALSE(parse_cpe(wrong)) << wrong;
}

TEST(Cpe, IsReadFromTheOlderUri) {
  const auto cpe = parse_cpe("cpe:/a:hp:insight%2b:7.4.0.1570:-:~~online~win2003~x64~");
  ASSERT_TRUE(cpe);
  EXPECT_EQ(cpe->product.text(), "insight+");
  EXPECT_TRUE(cpe->update.is_none());
  EXPECT_TRUE(cpe->edition.is_any());
  EXPECT_EQ(cpe->sw_edition.text(), "online");
  EXPECT_EQ(cpe->target_sw.text(), "win2003");
  EXPECT_EQ(cpe->target_hw.text(), "x64");
  EXPECT_TRUE(cpe->other.is_any());
  EXPECT_TRUE(parse_cpe("cpe:/o:x:y")->version.is_any());
  EXPECT_TRUE(parse_cpe("cpe:/a:x:y:9.%02")->version.wild());
  for (const char* wrong : {"cpe:/", "cpe:/x:a:b", "cpe:/a:a:b:%4", "cpe:/a:a:b:c:d:e:f:g",
                            "cpe:/a:a:b:c:d:~1~2~3~4~5~6"})
    EXPECT_FALSE(parse_cpe(wrong)) << wrong;
}

/// What one value of a name means, in the reference's own words.
enum class Meaning : std::uint8_t { any, none, text, wild };
struct Value {
  Meaning meaning = Meaning::any;
  std::string head, body, tail;  // * or ? at the beginning, the text unescaped, * or ? at the end
  std::string formatted() const {
    if (meaning == Meaning::any) return "*";
    if (meaning == Meaning::none) return "-";
    std::string out = head;
    for (const char c : body) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && (c != '.' && c != '_')) out += '\\';
      out += c;
    }
    return out + tail;
  }
};

std::string regex_of(const std::string& special) {
  return special.contains('*') ? ".*" : ".{0," + std::to_string(special.size()) + "}";
}

/// NISTIR 7696, table 6-2, line by line.
CpeRelation slow(const Value& source, const Value& target) {
  using enum CpeRelation;
  using enum Meaning;
  if (target.meaning == wild) return undefined;                                      // 4, 8, 11, 17
  if (source.meaning == any) return target.meaning == any ? equal : superset;        // 1 to 3
  if (target.meaning == any) return subset;                                          // 5, 13, 15
  if (source.meaning == none) return target.meaning == none ? equal : disjoint;      // 6, 7
  if (target.meaning == none) return disjoint;                                       // 12, 16
  if (source.meaning == text) return source.body == target.body ? equal : disjoint;  // 9, 10
  static std::map<std::string, std::regex> kept;
  std::string expression = regex_of(source.head);
  for (const char c : source.body)
    expression +=
        std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c) : std::string("\\") + c;
  expression += regex_of(source.tail);
  const auto [found, added] = kept.try_emplace(expression, expression);
  return std::regex_match(target.body, found->second) ? superset : disjoint;  // 14
}

/// NISTIR 7696, table 6-4.
CpeRelation slow(const std::vector<Value>& source, const std::vector<Value>& target) {
  using enum CpeRelation;
  std::map<CpeRelation, int> count;
  for (std::size_t i = 0; i < source.size(); ++i) ++count[slow(source[i], target[i])];
  const int all = static_cast<int>(source.size());
  if (count[disjoint] > 0) return disjoint;
  if (count[equal] == all) return equal;
  if (count[equal] + count[superset] == all) return superset;
  if (count[equal] + count[subset] == all) return subset;
  return undefined;
}

class CpeNames : public testing::Test {
 protected:
  Value value() {
    constexpr std::string_view kCharacters = "ab1.*?\\-:~+";
    switch (random() % 8) {
      case 0:
      case 1:
      case 2: return {};
      case 3: return {Meaning::none, {}, {}, {}};
      default: break;
    }
    Value one{Meaning::text, {}, {}, {}};
    for (auto left = 1 + random() % 3; left > 0; --left)
      one.body += kCharacters[random() % (random() % 3 == 0 ? kCharacters.size() : 3)];
    if (random() % 4 == 0) {
      one.meaning = Meaning::wild;
      if (random() % 2 == 0)
        one.head = random() % 2 == 0 ? "*" : std::string(1 + random() % 2, '?');
      if (random() % 2 == 0)
        one.tail = random() % 2 == 0 ? "*" : std::string(1 + random() % 2, '?');
      if (one.head.empty() && one.tail.empty()) one.meaning = Meaning::text;
    }
    return one;
  }
  /// Mostly the same, so that not all pairs are disjoint.
  Value near(const Value& other) {
    if (random() % 6 == 0) return value();
    Value one = other;
    if (one.meaning == Meaning::wild && random() % 2 == 0)
      return {Meaning::text, {}, "ab" + one.body, {}};
    if (one.meaning == Meaning::wild)
      return {Meaning::text, {}, one.body + (random() % 2 == 0 ? "1" : ""), {}};
    if (random() % 8 == 0) return {};
    return one;
  }
  static std::string name(const std::vector<Value>& values) {
    std::string out = "cpe:2.3:a";
    for (const Value& one : values) out += ":" + one.formatted();
    return out;
  }

  std::mt19937 random{20261126};  // NOLINT(cert-msc51-cpp): the same names each time
};

/// A million with SEKISHO_LONG in the environment.
TEST_F(CpeNames, RelateAsTheReferenceSays) {
  const int pairs = std::getenv("SEKISHO_LONG") != nullptr ? 1'000'000 : 20'000;
  std::map<CpeRelation, int> seen;
  for (int i = 0; i < pairs; ++i) {
    std::vector<Value> a(10);
    std::vector<Value> b(10);
    for (std::size_t k = 0; k < a.size(); ++k) {
      a[k] = value();
      b[k] = near(a[k]);
    }
    const auto left = parse_cpe(name(a));
    const auto right = parse_cpe(name(b));
    ASSERT_TRUE(left && right) << name(a) << " " << name(b);
    const CpeRelation expected = slow(a, b);
    ++seen[expected];
    ASSERT_EQ(static_cast<int>(relation(*left, *right)), static_cast<int>(expected))
        << name(a) << " " << name(b);
    ASSERT_EQ(static_cast<int>(relation(left->vendor, right->vendor)),
              static_cast<int>(slow(a[0], b[0])))
        << a[0].formatted() << " " << b[0].formatted();
  }
  EXPECT_EQ(seen.size(), 5) << "every relation is among them";
}

}  // namespace
}  // namespace sekisho
