// SPDX-License-Identifier: Apache-2.0
// Lists of devices as others export them, the names of systems in them, and SBOMs.
#include "collect/inventory/inventory.h"
#include "collect/inventory/purl.h"
#include "collect/inventory/sbom.h"
#include "collect/inventory/written.h"
#include "collect/vuln/embedded.h"
#include "fuzz.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const auto feed = read_support(*parse_json("eol", embedded_support(), kFeedLimits));
  const std::string_view text = text_of(data, size);
  if (const auto devices = read_device_list(text))
    for (const ListedDevice& device : *devices) {
      require(!device.name.empty() && is_valid_utf8(device.name));
      (void)support_of(*feed, device.system, device.version, Day{});
    }
  (void)support_of(*feed, std::string(text.substr(0, size / 2)), std::string(text.substr(size / 2)),
                   Day{});
  if (const auto url = parse_purl(text)) require(!url->name.empty());
  if (const auto sbom = read_cyclonedx(text))
    for (const Component& one : sbom->components) {
      require(!one.name.empty() && is_valid_utf8(one.name));
      static_cast<void>(judge(one, Feeds{}));
    }
  static const auto guideline = load_guideline(embedded_guideline());
  for (const Appliance& kind : guideline->appliances) {
    (void)firmware_words(kind, text);
    (void)kind.cpe_of(text.substr(0, 200));
  }
  for (const Software& software : guideline->software) (void)program_version(software, text, text);
  return 0;
}
