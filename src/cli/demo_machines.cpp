// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_machines.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/document.h"

extern "C" {
extern const char demo_windows_begin[];  // NOLINT(modernize-avoid-c-arrays): linker symbols
extern const char demo_windows_end[];    // NOLINT(modernize-avoid-c-arrays)
extern const char demo_states_begin[];   // NOLINT(modernize-avoid-c-arrays)
extern const char demo_states_end[];     // NOLINT(modernize-avoid-c-arrays)
}

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;

constexpr const char* kSource = "collector:agent";

/// A short name of a place in the registry, in full.
std::string in_full(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShort{
      {{R"(POL\)", R"(HKLM\SOFTWARE\Policies\Microsoft\)"},
       {R"(SW\)", R"(HKLM\SOFTWARE\)"},
       {R"(SVC\)", R"(HKLM\SYSTEM\CurrentControlSet\Services\)"},
       {R"(P\)", R"(HKU\S-1-5-21-1-2-3-1001\)"}}};
  for (const auto& [name, full] : kShort)
    if (path.starts_with(name)) return std::string(full) + std::string(path.substr(name.size()));
  return std::string(path);
}

void change(json::object& into, std::string_view key, const json::value& value) {
  if (value.is_null())
    into.erase(key);
  else
    into[key] = value;
}

json::object part(const json::object& of, std::string_view key) {
  const auto* found = of.if_contains(key);
  return found == nullptr ? json::object() : found->as_object();
}
double number(const json::object& of, std::string_view key) {
  const auto* found = of.if_contains(key);
  return found == nullptr ? 0 : found->to_number<double>();
}

/// A fact that stays for a while, as it is kept.
struct Open {
  KeptEvidence row;
  std::chrono::seconds holds{};
};

}  // namespace

Result<DemoMachines> DemoMachines::load(const Guideline& guideline, const Feeds& feeds) {
  DemoMachines all(guideline, feeds);
  const auto sound = parse_json("windows.json", {demo_windows_begin, demo_windows_end});
  if (!sound) return std::unexpected(sound.error());
  all.sound_ = sound->root.as_object();
  const auto document = parse_yaml("states.yaml", {demo_states_begin, demo_states_end});
  if (!document) return std::unexpected(document.error());
  for (const auto& [key, into] :
       {std::pair("systems", &all.systems_), std::pair("states", &all.states_)})
    for (const auto& [id, value] : document->root.at(key).as_object()) {
      const json::object& one = value.as_object();
      into->push_back({std::string(id), number(one, "share") / 100, number(one, "days"),
                       part(one, "registry"), part(one, "facts"), part(one, "ago"),
                       part(one, "ahead")});
    }
  return all;
}

const DemoMachines::State* DemoMachines::system(const std::string& id) const {
  const auto found = std::ranges::find(systems_, id, &State::id);
  return found == systems_.end() ? nullptr : &*found;
}

Result<WindowsFacts> DemoMachines::facts(const Pc& pc, const std::vector<bool>& has,
                                         Time at) const {
  json::object machine = sound_;
  json::object registry = machine.at("registry").as_object();
  machine["computer"] = pc.computer;
  machine["searched_at"] = format_time(at - std::chrono::hours(9));
  machine["patched_at"] = format_time(at - days(6));
  const auto take = [&](const State& state) {
    for (const auto& [path, value] : state.registry) change(registry, in_full(path), value);
    for (const auto& [fact, value] : state.facts) change(machine, fact, value);
    const auto put = [&](std::string_view name, Time moment) {
      (name.contains('\\') ? registry : machine)[in_full(name)] = format_time(moment);
    };
    for (const auto& [name, many] : state.ago) put(name, at - days(many.to_number<int>()));
    for (const auto& [name, many] : state.ahead) put(name, at + days(many.to_number<int>()));
  };
  if (const State* system = this->system(pc.system)) take(*system);
  for (std::size_t i = 0; i < has.size(); ++i)
    if (has[i]) take(states_[i]);
  machine["registry"] = std::move(registry);
  return read_windows_facts(json::serialize(machine));
}

Result<WindowsName> DemoMachines::name_of(const Pc& pc) const {
  const auto read = facts(pc, {}, pc.last);
  if (!read) return std::unexpected(read.error());
  return windows_name(*read);
}

Result<std::vector<Evidence>> DemoMachines::look(const Pc& pc, const std::vector<bool>& has,
                                                 Time at) {
  const auto read = facts(pc, has, at);
  if (!read) return std::unexpected(read.error());
  feeds_.support.as_of = feeds_.exploited.as_of = Calendar().day(at);
  std::vector<Evidence> found =
      collect_windows(*read, *guideline_, feeds_, pc.subject, at).evidence;
  for (Evidence& one : found) one.source = kSource;
  return found;
}

Result<std::vector<KeptEvidence>> DemoMachines::year(const Pc& pc, std::mt19937& random) {
  const auto chance = [&] { return std::uniform_real_distribution<>(0, 1)(random); };
  std::vector<bool> has;
  for (const State& state : states_)
    has.push_back(chance() < std::min(0.95, state.share * (2.6 - 1.6 * pc.care)));
  std::map<std::string, Open> open;
  std::vector<KeptEvidence> rows;
  const auto close = [&](Open& one, Time last) {
    one.row.evidence.observed_at = last;
    one.row.evidence.valid_until = last + one.holds;
    rows.push_back(std::move(one.row));
  };
  const auto report = [&](Time at) -> Result<void> {
    auto found = look(pc, has, at);
    if (!found) return std::unexpected(found.error());
    for (Evidence& one : *found) {
      const auto holds = one.valid_until - at;
      Open fresh{{0, 0, at, std::move(one)}, holds};
      const auto [place, first] = open.try_emplace(fresh.row.evidence.check, fresh);
      if (first) continue;
      Open& before = place->second;
      if (before.row.evidence.verdict() == fresh.row.evidence.verdict())
        fresh.row.first_at = before.row.first_at;
      else
        close(before, at - days(1));
      before = std::move(fresh);
    }
    return {};
  };
  if (auto seen = report(pc.first); !seen) return std::unexpected(seen.error());
  for (Time at = pc.first + days(1); at < pc.last; at += days(1)) {
    bool changed = false;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const State& state = states_[i];
      const double goes = (0.4 + 1.2 * pc.care) / state.days;
      const double comes = state.share / (1 - state.share) / state.days;
      if (chance() >= (has[i] ? goes : comes)) continue;
      has[i] = !has[i];
      changed = true;
    }
    if (!changed) continue;
    if (auto seen = report(at); !seen) return std::unexpected(seen.error());
  }
  if (pc.last > pc.first)
    if (auto seen = report(pc.last); !seen) return std::unexpected(seen.error());
  for (auto& [check, one] : open) close(one, pc.last);
  return rows;
}

}  // namespace sekisho
