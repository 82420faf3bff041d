// The parts of a check that could become slow: reading what is built in, package lists, assessing.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include "assess/assess.h"
#include "assess/fleet.h"
#include "collect/host/parse.h"
#include "collect/vuln/embedded.h"
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
    evidence.push_back({kOrganisation,
                        check.id,
                        Verdict::fail,
                        Time{},
                        Time{} + std::chrono::days(1),
                        "bench",
                        {"ja", "en"}});
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
        evidence.push_back({{fmt::format("host:pc-{:06}", device)},
                            check.id,
                            device % 9 == 0 ? Verdict::fail : Verdict::pass,
                            Time{},
                            Time{} + std::chrono::days(1 + device % 30),
                            "bench",
                            {}});
  return evidence;
}

/// All evidence of 100,000 devices from nothing to every requirement's status.
void fold_100000_devices(benchmark::State& state) {
  const auto guideline = load_guideline(embedded_guideline());
  const auto evidence = fleet_evidence(*guideline, 100'000);
  for (auto _ : state) {
    Fleet fleet(*guideline);
    for (const Evidence& one : evidence) fleet.add(one);
    benchmark::DoNotOptimize(standing_on(*guideline, fleet, Day{}));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(evidence.size()));
}
BENCHMARK(fold_100000_devices)->Unit(benchmark::kMillisecond)->Iterations(1);

/// One more piece of evidence on top of that, and every requirement's status again.
void fold_one_more_into_100000(benchmark::State& state) {
  const auto guideline = load_guideline(embedded_guideline());
  Fleet fleet(*guideline);
  const auto evidence = fleet_evidence(*guideline, 100'000);
  for (const Evidence& one : evidence) fleet.add(one);
  std::size_t next = 0;
  for (auto _ : state) {
    fleet.add(evidence[next++ % evidence.size()]);
    benchmark::DoNotOptimize(standing_on(*guideline, fleet, Day{}));
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

}  // namespace

BENCHMARK_MAIN();
