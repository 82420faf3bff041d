// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/mail_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sekisho {
namespace {

DomainRecords records_of(std::string domain, std::vector<std::string> records) {
  return {std::move(domain), std::move(records), true, {}};
}

SpfWorth spf(std::vector<std::string> records, const std::vector<DomainRecords>& zone = {}) {
  return spf_worth(records_of("a.example", std::move(records)), zone).worth;
}

TEST(MailRecords, SpfThatLetsTheInternetSendIsOpen) {
  for (const char* open :
       {"v=spf1 +all", "v=spf1 ip4:0.0.0.0/0 -all", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all",
        "v=spf1 mx ip6:::/0 -all", "v=spf1 a/0 -all", "v=spf1 a:x.example//0 -all"})
    EXPECT_EQ(spf({open}), SpfWorth::open) << open;
  EXPECT_EQ(spf({"v=spf1 ?ip4:0.0.0.0/0 -all"}), SpfWorth::weak);
  EXPECT_EQ(spf({"v=spf1 -ip4:0.0.0.0/0 -all"}), SpfWorth::refuses);
  EXPECT_EQ(spf({"v=spf1 include:b.example -all"}, {records_of("b.example", {"v=spf1 +all"})}),
            SpfWorth::open);
}

TEST(MailRecords, SpfThatReceiversCantEvaluateIsNone) {
  std::string eleven = "v=spf1";
  for (int i = 0; i < 11; ++i) eleven += " include:x.example";
  for (const std::string& error :
       {eleven + " -all", std::string("v=spf1 foo:bar.example -all"),
        std::string("v=spf1 ip4:1.2.3 -all"), std::string("v=spf1 ip4:1.2.3.4/33 -all"),
        std::string("v=spf1 include: -all"), std::string("v=spf1 -all all=x all:y"),
        std::string("v=spf1 redirect=a.example redirect=b.example"),
        std::string("v=spf1 include:x -all"), std::string("v=spf1 mx:%x -all")})
    EXPECT_EQ(spf({error}), SpfWorth::error) << error;
  std::string ten = "v=spf1";
  for (int i = 0; i < 10; ++i) ten += " include:x.example";
  EXPECT_EQ(spf({ten + " -all"}), SpfWorth::refuses);
  EXPECT_EQ(spf({"v=spf1 include:b.example -all"}, {records_of("b.example", {})}), SpfWorth::error);
  EXPECT_EQ(spf({"v=spf1 x-new=1 exists:%{i}.x.example -all"}), SpfWorth::refuses);
}

TEST(MailRecords, DkimKeysThatDontCountAreTold) {
  const auto dkim = [](std::vector<std::string> records) {
    return dkim_worth(records_of("a.example", std::move(records)));
  };
  EXPECT_EQ(dkim({"v=DKIM1; k=rsa; p=MIIB"}), DkimWorth::good);
  EXPECT_EQ(dkim({"k=rsa; p=MIIB"}), DkimWorth::good) << "v may be left out";
  EXPECT_EQ(dkim({"v=DKIM1; p="}), DkimWorth::revoked);
  EXPECT_EQ(dkim({"v=DKIM1; p=MIIB", "v=DKIM1; p="}), DkimWorth::unsure);
  EXPECT_EQ(dkim({"v=DKIM1; t=y:s; p=MIIB"}), DkimWorth::testing);
  EXPECT_EQ(dkim({"v=DKIM1; p=MIIB; p=MIIC"}), DkimWorth::unsure);
  EXPECT_EQ(dkim({"v=DKIM1; s=tlsrpt; p=MIIB"}), DkimWorth::unsure);
  EXPECT_EQ(dkim({"site-verification=1"}), DkimWorth::none);
  EXPECT_EQ(dkim({}), DkimWorth::none);
}

/// RFC 7208's check_host, for one address at a time.
class Receiver {
 public:
  explicit Receiver(const std::vector<DomainRecords>& zone) : zone_(zone) {}

  std::string check(const std::string& domain, bool four, std::uint32_t top) {
    lookups_ = 0;
    return host(domain, four, top);
  }

 private:
  std::string host(const std::string& domain, bool four, std::uint32_t top) {
    std::vector<std::string> records;
    for (const DomainRecords& one : zone_)
      if (one.domain == domain)
        for (const std::string& text : one.records)
          if (text == "v=spf1" || text.starts_with("v=spf1 ")) records.push_back(text);
    if (records.empty()) return "none";
    if (records.size() > 1) return "permerror";
    std::string redirect;
    const std::vector<std::string_view> terms = words(records.front());
    for (const std::string_view term : terms)
      if (term.contains("bogus")) return "permerror";
    for (std::size_t i = 1; i < terms.size(); ++i) {
      std::string_view term = terms[i];
      if (term.starts_with("redirect=")) {
        redirect = term.substr(9);
        continue;
      }
      char qualifier = '+';
      if (std::string_view("+-~?").contains(term[0])) {
        qualifier = term[0];
        term.remove_prefix(1);
      }
      bool matches = term == "all";
      if (term.starts_with("include:")) {
        if (++lookups_ > 10) return "permerror";
        const std::string inner = host(std::string(term.substr(8)), four, top);
        if (inner == "permerror" || inner == "none") return "permerror";
        matches = inner == "pass";
      } else if (term.starts_with("ip")) {
        matches = (term[2] == '4') == four && in(term.substr(4), four, top);
      }
      if (matches) return result(qualifier);
    }
    if (redirect.empty()) return "neutral";
    if (++lookups_ > 10) return "permerror";
    const std::string other = host(redirect, four, top);
    return other == "none" ? "permerror" : other;
  }

  static std::string result(char qualifier) {
    return qualifier == '+'   ? "pass"
           : qualifier == '-' ? "fail"
           : qualifier == '~' ? "softfail"
                              : "neutral";
  }

  static bool in(std::string_view network, bool four, std::uint32_t top) {
    const std::size_t slash = network.find('/');
    const auto prefix = static_cast<unsigned>(whole_number(network.substr(slash + 1)));
    std::uint32_t base = 0;
    if (four) {
      for (const std::string_view part : split(network.substr(0, slash), '.'))
        base = base * 256 + static_cast<std::uint32_t>(whole_number(part));
    }
    return prefix == 0 || (base >> (32U - prefix)) == (top >> (32U - prefix));
  }

  const std::vector<DomainRecords>& zone_;
  int lookups_ = 0;
};

std::string drawn_record(std::mt19937& random) {
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  std::string record = "v=spf1";
  const unsigned count = below(5);
  for (unsigned i = 0; i < count; ++i) {
    const std::string qualifier = below(4) != 0 ? "" : std::string(1, "-~?"[below(3)]);
    const unsigned kind = below(12);
    if (kind < 5)
      record += fmt::format(" {}ip4:{}.2.3.4/{}", qualifier, below(256),
                            std::array<int, 8>{0, 1, 2, 16, 20, 24, 28, 32}.at(below(8)));
    else if (kind == 5)
      record += fmt::format(" {}ip6:::/{}", qualifier, below(3));
    else if (kind < 11)
      record += fmt::format(" {}include:d{}.example", qualifier, below(6));
    else
      record += " bogus:x.example";
  }
  if (below(5) != 0)
    record += std::array<const char*, 6>{" -all", " -all", " -all", " ~all", " ?all", " +all"}.at(
        below(6));
  else if (below(2) != 0)
    record += fmt::format(" redirect=d{}.example", below(6));
  return record;
}

TEST(MailRecords, SpfIsWorthWhatAReceiverMakesOfStrangers) {
  std::mt19937 random(7208);
  std::map<SpfWorth, int> met;
  for (int round = 0; round < 1000; ++round) {
    std::vector<DomainRecords> zone;
    for (int d = 0; d < 6; ++d) {
      std::vector<std::string> records;
      for (unsigned i = 0; i < (random() % 12 == 0 ? 2U : random() % 12 == 0 ? 0U : 1U); ++i)
        records.push_back(drawn_record(random));
      zone.push_back(records_of(fmt::format("d{}.example", d), std::move(records)));
    }
    const SpfFound found = spf_worth(zone[0], zone);
    ++met[found.worth];
    Receiver receiver(zone);
    std::map<std::string, int> of_four, of_six;
    for (int i = 0; i < 120; ++i) {
      ++of_four[receiver.check("d0.example", true, static_cast<std::uint32_t>(random()))];
      ++of_six[receiver.check("d0.example", false, static_cast<std::uint32_t>(random()))];
    }
    std::string text;
    for (const DomainRecords& one : zone)
      for (const std::string& record : one.records) text += one.domain + " " + record + "\n";
    // Never better than what a receiver does.
    if (found.worth == SpfWorth::refuses) {
      EXPECT_GT(of_four["fail"], 110) << text;
      EXPECT_GT(of_six["fail"], 110) << text;
    }
    if (found.worth == SpfWorth::soft) {
      EXPECT_GT(of_four["softfail"] + of_four["fail"], 110) << text;
      EXPECT_GT(of_six["softfail"] + of_six["fail"], 110) << text;
    }
    // What is called an error is one, or matches everybody before it is met.
    if (found.worth == SpfWorth::error) {
      EXPECT_TRUE(of_four["permerror"] > 0 || of_six["permerror"] > 0 ||
                  of_four["fail"] + of_six["fail"] < 240 || text.contains("-include"))
          << text;
    }
    if (found.worth == SpfWorth::none) {
      EXPECT_EQ(of_four["none"], 120) << text;
    }
  }
  for (const SpfWorth each : {SpfWorth::refuses, SpfWorth::soft, SpfWorth::weak, SpfWorth::open,
                              SpfWorth::error, SpfWorth::none, SpfWorth::several})
    EXPECT_GT(met[each], 10) << static_cast<int>(each);
}

}  // namespace
}  // namespace sekisho
