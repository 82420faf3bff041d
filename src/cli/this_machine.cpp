// SPDX-License-Identifier: Apache-2.0
#include "cli/this_machine.h"

#include <malloc.h>

#include "base/crypto.h"
#include "collect/host/host.h"

namespace sekisho {
namespace {

/// Which installation this is: of the system's machine-id (machine-id(5)), which is not told
/// itself.
MachineFacts facts_of(const Machine& machine) {
  MachineFacts facts;
  const SubjectId subject = host_subject(machine);
  facts.host = printable(subject.value.substr(subject.value.find(':') + 1), 100);
  const auto id = machine.read("/etc/machine-id", 4096);
  facts.machine = hex(sha256("sekisho device " + std::string(id ? trim(*id) : facts.host)));
  auto text = machine.read("/etc/os-release");
  if (!text) text = machine.read("/usr/lib/os-release");
  if (text) {
    auto release = parse_assignments(*text);
    facts.system = {printable(release["ID"], 40), printable(release["VERSION_ID"], 40),
                    printable(release["PRETTY_NAME"], 100)};
  }
  return facts;
}

}  // namespace

void spare_memory() {
  ::mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): no thread is there yet
}
void give_back_memory() { ::malloc_trim(0); }

std::string agent_folder() { return "/var/lib/sekisho-agent"; }

MachineFacts facts_of_this_machine() { return facts_of(Machine("/")); }

/// Debian's and Ubuntu's packages by their package URLs (purl-spec, type deb), which name the
/// source as others do; a package of another distribution is named alone.
std::string software_of_this_machine() {
  const Machine machine("/");
  const auto& packages = machine.packages();
  if (!packages) return {};
  const AgentSystem system = facts_of(machine).system;
  std::vector<InstalledSoftware> software;
  for (const auto& [name, package] : packages->by_name) {
    std::string purl;
    if (system.id == "debian" || system.id == "ubuntu") {
      purl = fmt::format("pkg:deb/{0}/{1}@{2}?arch={3}&distro={0}-{4}", system.id,
                         percent_encoded(name), percent_encoded(package.version),
                         percent_encoded(package.architecture), percent_encoded(system.version));
      if (package.source != name || package.source_version != package.version)
        purl += "&upstream=" + percent_encoded(package.source + "@" + package.source_version);
    }
    software.push_back({name, package.version, std::move(purl)});
  }
  return write_sbom(std::move(software));
}

Sight look_at_this_machine(std::shared_ptr<const Guideline> guideline,
                           std::shared_ptr<const Feeds> feeds, Time now) {
  const auto machine = std::make_shared<const Machine>("/");
  Sight sight{facts_of(*machine), {}};
  for (const Evidence& one : collect_host(machine, std::move(guideline), std::move(feeds),
                                          kOrganisation, now, host_checks()))
    sight.records.push_back({one.check, one.verdict(), one.detail(), one.basis()});
  return sight;
}

}  // namespace sekisho
