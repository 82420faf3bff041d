// SPDX-License-Identifier: Apache-2.0
// Line-based files of a machine: accounts, settings, packages, mounts, sockets.
#include "collect/host/firewalld.h"
#include "collect/host/parse.h"
#include "collect/host/polkit.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  for (const Account& account : parse_passwd(text).list) require(!account.name.empty());
  for (const Group& group : parse_group(text).list) require(!group.name.empty());
  for (const Secret& one : parse_shadow(text).list) {
    require(!one.name.empty());
    require(!read_hash(one.stored).name.empty());
  }
  (void)plain_polkit(polkit_code(text), false);
  parse_assignments(text);
  ini_value(parse_ini(text), "a", "b");
  login_defs_value(text, "UMASK");
  AptSettings settings;
  parse_apt_conf(text, settings);
  parse_dpkg_status(text);
  PackageIndex index;
  parse_packages_index(text, index);
  if (const auto apk = parse_apk_installed(text))
    for (const auto& [name, package] : apk->by_name)
      require(!name.empty() && !package.version.empty());
  filter::parse_zone(text);
  filter::parse_zone_service(text);
  parse_mountinfo(text);
  for (const Listener& listener : parse_listeners(text, false)) require(listener.port != 0);
  parse_listeners(text, true);
  require(!proxy_host(text).contains('@'));
  return 0;
}
