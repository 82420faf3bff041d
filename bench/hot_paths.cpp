// SPDX-License-Identifier: Apache-2.0
// The parts of a check that could become slow: reading what is built in, package lists, assessing.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "assess/assess.h"
#include "assess/ledger.h"
#include "collect/host/parse.h"
#include "collect/inventory/components.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"
#include "report/report.h"

namespace {

using namespace sekisho;

void load_embedded_guideline(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load_guideline(embedded_guideline()));
}
BENCHMARK(load_embedded_guideline)->Unit(benchmark::kMillisecond);

void read_exploited_feed(benchmark::State& state) {
  for (auto _ : state) {
    const auto document = parse_json("kev", embedded_exploited(), kFeedLimits);
    benchmark::DoNotOptimize(read_exploited(*document));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(embedded_exploited().size()));
}
BENCHMARK(read_exploited_feed)->Unit(benchmark::kMillisecond);

void assess_everything(benchmark::State& state) {
  const auto guideline = load_guideline(embedded_guideline());
  std::vector<Evidence> evidence;
  for (const CheckSpec& check : guideline->checks)
    evidence.push_back({kOrganisation, check.id,
                        Judgement::without_basis(Verdict::fail, {"ja", "en"}), Time{},
                        Time{} + std::chrono::days(1), "bench"});
  for (auto _ : state)
    benchmark::DoNotOptimize(assess(*guideline, evidence, {kOrganisation, {}, {}, Time{}}));
}
BENCHMARK(assess_everything)->Unit(benchmark::kMicrosecond);

/// Evidence of `devices` machines, each with every automatic check once.
std::vector<Evidence> fleet_evidence(const Guideline& guideline, int devices) {
  std::vector<Evidence> evidence;
  for (int device = 0; device < devices; ++device)
    for (const CheckSpec& check : guideline.checks)
      if (!check.asked)
        evidence.push_back(
            {{fmt::format("host:pc-{:06}", device)},
             check.id,
             Judgement::kept(device % 9 == 0 ? Verdict::fail : Verdict::pass, {}, Basis{}),
             Time{},
             Time{} + std::chrono::days(1 + device % 30),
             "bench"});
  return evidence;
}

void take_all(Ledger& ledger, const std::vector<Evidence>& evidence) {
  std::int64_t id = 0;
  for (const Evidence& one : evidence)
    ledger.take(one.subject, one.check,
                {++id, one.observed_at, one.observed_at, one.valid_until, one.verdict()});
}

/// All evidence of 100,000 devices from nothing to every requirement's status.
void fold_100000_devices(benchmark::State& state) {
  const auto guideline = load_guideline(embedded_guideline());
  const auto evidence = fleet_evidence(*guideline, 100'000);
  for (auto _ : state) {
    Ledger ledger(*guideline);
    take_all(ledger, evidence);
    benchmark::DoNotOptimize(ledger.settle(Time{}));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(evidence.size()));
}
BENCHMARK(fold_100000_devices)->Unit(benchmark::kMillisecond)->Iterations(1);

/// One more piece of evidence on top of that, and a new standing for all readers.
void fold_one_more_into_100000(benchmark::State& state) {
  const auto guideline = load_guideline(embedded_guideline());
  const auto evidence = fleet_evidence(*guideline, 100'000);
  Ledger ledger(*guideline);
  take_all(ledger, evidence);
  auto standing = ledger.settle(Time{});
  auto id = static_cast<std::int64_t>(evidence.size());
  std::size_t next = 0;
  for (auto _ : state) {
    const Evidence& one = evidence[next++ % evidence.size()];
    ledger.take(one.subject, one.check,
                {++id, one.observed_at, one.observed_at, one.valid_until, one.verdict()});
    standing = ledger.settle(Time{});
  }
}
BENCHMARK(fold_one_more_into_100000)->Unit(benchmark::kMicrosecond);

void compare_debian_versions(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(compare_versions("1:2.39.5-0+deb12u3", "1:2.39.5-0+deb12u2~bpo1"));
}
BENCHMARK(compare_debian_versions);

void read_package_index(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += fmt::format(
        "Package: p{}\nSource: s\nVersion: 1.2-{}\nArchitecture: amd64\nDescription: words\n more "
        "words\n\n",
        i, i);
  for (auto _ : state) {
    PackageIndex index;
    parse_packages_index(text, index);
    benchmark::DoNotOptimize(index);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(read_package_index)->Unit(benchmark::kMillisecond);

/// `count` CVE records of about the size and shape of NVD's (2.2 KB, two ranges and one exact
/// version each), over 20,000 products.
std::string nvd_feed(int first, int count) {
  const std::string words(1400, 'w');
  std::string text = R"({"format":"NVD_CVE","version":"2.0","vulnerabilities":[)";
  for (int i = first; i < first + count; ++i) {
    const int product = i % 20'000;
    if (i > first) text += ',';
    text += fmt::format(
        R"({{"cve":{{"id":"CVE-{}-{}","published":"2024-01-01T00:00:00.000","vulnStatus":"Analyzed","descriptions":[{{"lang":"en","value":"{}"}}],)"
        R"("metrics":{{"cvssMetricV31":[{{"source":"nvd@nist.gov","type":"Primary","cvssData":{{"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":{}.{}}}}}]}},)"
        R"("configurations":[{{"nodes":[{{"operator":"OR","negate":false,"cpeMatch":[)"
        R"({{"vulnerable":true,"criteria":"cpe:2.3:a:vendor{}:product{}:*:*:*:*:*:*:*:*","versionStartIncluding":"{}.0","versionEndExcluding":"{}.{}","matchCriteriaId":"A1"}},)"
        R"({{"vulnerable":true,"criteria":"cpe:2.3:a:vendor{}:product{}:*:*:*:*:*:*:*:*","versionEndIncluding":"{}.9","matchCriteriaId":"A2"}},)"
        R"({{"vulnerable":true,"criteria":"cpe:2.3:a:vendor{}:product{}:{}.1:p1:*:*:*:*:*:*","matchCriteriaId":"A3"}}]}}]}}]}}}})",
        2000 + i / 20'000, 10'000 + i % 20'000, words, i % 10, i % 7, product % 3000, product,
        i % 9, i % 9, i % 30, product % 3000, product, i % 3, product % 3000, product, i % 9);
  }
  return text + "]}";
}

/// As NVD gives them: one file for each year.
void load_250000_cves(benchmark::State& state) {
  std::vector<std::string> files;
  std::int64_t bytes = 0;
  for (int i = 0; i < 25; ++i) {
    files.push_back(nvd_feed(i * 10'000, 10'000));
    bytes += static_cast<std::int64_t>(files.back().size());
  }
  for (auto _ : state) {
    Weaknesses all;
    for (const std::string& file : files)
      if (!all.add_nvd(file)) state.SkipWithError("refused");
    state.counters["cves"] = static_cast<double>(all.size());
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK(load_250000_cves)->Unit(benchmark::kSecond);

void load_250000_kept_cves(benchmark::State& state) {
  Weaknesses all;
  if (!all.add_nvd(nvd_feed(0, 250'000))) state.SkipWithError("refused");
  const std::string kept = all.serialised();
  for (auto _ : state) {
    Weaknesses again;
    benchmark::DoNotOptimize(again.add_serialised(kept));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kept.size()));
}
BENCHMARK(load_250000_kept_cves)->Unit(benchmark::kSecond);

void match_100000_products(benchmark::State& state) {
  Weaknesses all;
  if (!all.add_nvd(nvd_feed(0, 250'000))) state.SkipWithError("refused");
  std::size_t found = 0;
  for (auto _ : state) {
    found = 0;
    for (int i = 0; i < 100'000; ++i) {
      const int product = i % 20'000;
      Installed one{fmt::format("vendor{}", product % 3000), fmt::format("product{}", product)};
      one.version = Scheme::makers().read(fmt::format("{}.{}", i % 9, i % 31));
      one.platform = "windows";
      found += all.of(one).open.size();
    }
  }
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(match_100000_products)->Unit(benchmark::kSecond);

/// What package URLs and OSV's records call an ecosystem, and how its versions are written.
struct Spelling {
  Ecosystem ecosystem;
  const char* purl;
  const char* release;
  const char* name;
  const char* version;
};
constexpr std::array<Spelling, kEcosystems> kSpellings{{
    {Ecosystem::debian, "pkg:deb/debian/p{}@{}?distro=debian-12", "12", "p{}", "{}.{}-1+deb12u{}"},
    {Ecosystem::ubuntu, "pkg:deb/ubuntu/p{}@{}?distro=ubuntu-24.04", "24.04", "p{}",
     "{}.{}-1ubuntu{}"},
    {Ecosystem::almalinux, "pkg:rpm/almalinux/p{}@{}?distro=almalinux-9.3", "9", "p{}",
     "{}.{}-{}.el9"},
    {Ecosystem::npm, "pkg:npm/%40s/p{}@{}", "", "@s/p{}", "{}.{}.0-rc.{}"},
    {Ecosystem::pypi, "pkg:pypi/p{}@{}", "", "p{}", "{}.{}.post{}"},
    {Ecosystem::maven, "pkg:maven/org.g/p{}@{}", "", "org.g:p{}", "{}.{}.{}.RELEASE"},
    {Ecosystem::go, "pkg:golang/example.jp/g/p{}@v{}", "", "example.jp/g/p{}", "{}.{}.{}"},
}};

Feeds osv_feeds(int records) {
  Feeds feeds;
  std::array<std::shared_ptr<OsvList>, kEcosystems> lists;
  for (const Spelling& one : kSpellings)
    lists.at(static_cast<std::size_t>(one.ecosystem)) = std::make_shared<OsvList>(one.ecosystem);
  for (int i = 0; i < records; ++i) {
    const Spelling& one = kSpellings.at(static_cast<std::size_t>(i) % kEcosystems);
    const std::string fixed =
        fmt::format(fmt::runtime(one.version), i % 10, i / 10 % 20, i / 200 % 6);
    lists.at(static_cast<std::size_t>(one.ecosystem))
        ->add({fmt::format("R-{}", i),
               {},
               {fmt::format("CVE-2024-{}", i)},
               {{one.ecosystem,
                 one.release,
                 fmt::format(fmt::runtime(one.name), i / 7 % 5'000),
                 {{"0", fixed, OsvSpan::End::fixed}}}},
               {one.ecosystem},
               false,
               {}});
  }
  for (std::size_t i = 0; i < kEcosystems; ++i) feeds.osv.at(i) = lists.at(i);
  return feeds;
}

void judge_100000_components_by_250000_records(benchmark::State& state) {
  const Feeds feeds = osv_feeds(250'000);
  std::vector<Component> components;
  for (int i = 0; i < 100'000; ++i) {
    const Spelling& one = kSpellings.at(static_cast<std::size_t>(i) % kEcosystems);
    const std::string version =
        fmt::format(fmt::runtime(one.version), i % 9, i / 9 % 21, i / 189 % 5);
    components.push_back(
        {"x", version, "", fmt::format(fmt::runtime(one.purl), i / 7 % 6'000, version)});
  }
  std::size_t known = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    known = found = 0;
    for (const Component& one : components) {
      const ComponentJudgement judgement = judge(one, feeds);
      known += judgement.known ? 1U : 0U;
      found += judgement.open.size();
    }
  }
  state.counters["known"] = static_cast<double>(known);
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(judge_100000_components_by_250000_records)->Unit(benchmark::kSecond);

void load_250000_kept_records(benchmark::State& state) {
  const Feeds feeds = osv_feeds(250'000);
  std::vector<std::string> kept;
  for (const auto& list : feeds.osv) kept.push_back(list->serialised());
  for (auto _ : state)
    for (std::size_t i = 0; i < kEcosystems; ++i) {
      OsvList again(static_cast<Ecosystem>(i));
      benchmark::DoNotOptimize(again.add_serialised(kept[i]));
    }
}
BENCHMARK(load_250000_kept_records)->Unit(benchmark::kSecond);

}  // namespace

BENCHMARK_MAIN();
