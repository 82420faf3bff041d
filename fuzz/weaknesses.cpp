// SPDX-License-Identifier: Apache-2.0
// CVE records as NVD serves them, OSV's records and archives, the kept forms, and CPE names.
#include "collect/vuln/weaknesses.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/osv_list.h"
#include "collect/vuln/vuldef.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto cpe = parse_cpe(text)) {
    require(relation(cpe->vendor, cpe->vendor) ==
            (cpe->vendor.wild() ? CpeRelation::undefined : CpeRelation::equal));
    require(CpeValue::parse(cpe->product.formatted()) == cpe->product);
    static_cast<void>(Weaknesses().of(installed_of(*cpe, "windows")));
  }
  const auto held = [](const auto& all) {
    // What was taken is kept as it is.
    auto again = [&] {
      if constexpr (requires { all.ecosystem(); })
        return OsvList(all.ecosystem());
      else
        return std::remove_cvref_t<decltype(all)>();
    }();
    require(again.add_serialised(all.serialised()).has_value());
    require(again.serialised() == all.serialised());
  };
  {
    Weaknesses nvd;
    Weaknesses kept;
    if (nvd.add_nvd(text)) held(nvd);
    if (kept.add_serialised(text)) held(kept);
    Installed installed{"fortinet", "fortios"};
    installed.version = Scheme::makers().read("7.4.1");
    static_cast<void>(nvd.of(installed));
  }
  {
    JvnNames rss;
    JvnNames kept;
    if (rss.add_rss(text)) held(rss);
    if (kept.add_serialised(text)) held(kept);
  }
  if (const auto records = read_vuldef(text)) {
    Weaknesses jvn;
    JvnNames names;
    for (const VuldefRecord& record : *records) {
      jvn.add_vuldef(record);
      names.add_vuldef(record);
    }
    held(jvn);
    held(names);
  }
  if (const auto range = read_version_words(text); range && range->to != VersionRange::Bound::none)
    require(!range->end.empty());
  for (const EcosystemFacts& one : kEcosystemFacts) {
    OsvList osv(one.ecosystem);
    OsvList archive(one.ecosystem);
    OsvList kept(one.ecosystem);
    if (osv.add_osv(text)) held(osv);
    if (archive.add_osv_archive(text)) held(archive);
    if (kept.add_serialised(text)) held(kept);
    static_cast<void>(osv.of("12", "glibc", "2.36-9"));
  }
  return 0;
}
