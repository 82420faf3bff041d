// SPDX-License-Identifier: Apache-2.0
// Who vouches for the sites that this machine speaks to: authorities beside the system's own.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/browsers.h"
#include "collect/host/environment.h"

namespace sekisho {
namespace {

constexpr std::array kBundles{"/etc/ssl/certs/ca-certificates.crt",
                              "/etc/pki/tls/certs/ca-bundle.crt",
                              "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                              "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
constexpr const char* kPackaged = "/usr/share/ca-certificates";
constexpr std::size_t kBundleBytes = std::size_t{16} << 20U;

/// The certificates of a PEM text, each as its base64 alone (RFC 7468).
std::vector<std::string> certificates(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string_view::npos;) {
    at += kBegin.size();
    const std::size_t end = std::min(text.find(kEnd, at), text.size());
    std::string one;
    for (const char c : text.substr(at, end - at))
      if (c > ' ') one += c;
    found.push_back(std::move(one));
    at = end;
  }
  return found;
}

/// Everything below a folder; of its folders at most 64.
std::vector<std::string> files_below(const Machine& machine, const std::string& folder) {
  std::vector<std::string> files;
  std::vector<std::string> folders{folder};
  for (std::size_t i = 0; i < folders.size() && i < 64; ++i) {
    const auto names = machine.list(folders[i]);
    if (!names) continue;
    for (const std::string& name : *names) {
      std::string path = folders[i] + "/" + name;
      const auto facts = machine.facts(path);
      (facts && S_ISDIR(facts->mode) ? folders : files).push_back(std::move(path));
    }
  }
  return files;
}

using Certificates = std::set<std::string, std::less<>>;

/// Those of the system's package, and of an administrator's folder, which is counted by itself.
Certificates known_certificates(const Machine& machine) {
  Certificates known;
  for (const char* folder : {kPackaged, "/usr/local/share/ca-certificates",
                             "/usr/share/pki/ca-trust-source", "/usr/share/pki/trust"})
    for (const std::string& path : files_below(machine, folder))
      if (const auto text = machine.read(path, kBundleBytes))
        for (std::string& one : certificates(*text)) known.insert(std::move(one));
  return known;
}

/// Bundles hold authorities that no file brought.
void foreign_in_bundles(const Machine& machine, const Certificates& known,
                        std::vector<std::string>& added) {
  std::set<std::string> had;  // several names of one file
  for (const char* path : kBundles) {
    const auto text = machine.read(path, kBundleBytes);
    if (!text || !had.insert(*text).second) continue;
    const auto all = certificates(*text);
    if (all.empty()) continue;
    if (known.empty()) {
      machine.not_understood(path);
      continue;
    }
    const auto foreign =
        std::ranges::count_if(all, [&](const std::string& one) { return !known.contains(one); });
    if (foreign > 0) added.push_back(fmt::format("{} ({})", path, foreign));
  }
}

/// The package's own files; what else lies among them, somebody put there. Where dpkg doesn't tell,
/// they are Mozilla's.
void added_to_package(const Machine& machine, std::vector<std::string>& added) {
  const auto text = machine.read("/etc/ca-certificates.conf");
  if (!text) return;
  std::set<std::string_view> own;
  const auto list = machine.read("/var/lib/dpkg/info/ca-certificates.list");
  if (list)
    for (const std::string_view line : split(std::string_view(*list), '\n')) own.insert(trim(line));
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    const std::string_view name = trim(line);
    if (name.empty() || name.starts_with('#') || name.starts_with('!')) continue;
    const std::string path = fmt::format("{}/{}", kPackaged, name);
    if (!machine.exists(path)) continue;
    if (list ? !own.contains(path) : !name.starts_with("mozilla/")) added.push_back(path);
  }
}

/// "deadbeef.0": by such a name OpenSSL finds an authority (openssl-rehash(1)).
bool is_hash_name(std::string_view name) {
  if (name.size() < 10 || name[8] != '.') return false;
  return std::ranges::all_of(
             name.substr(0, 8),
             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) &&
         whole_number(name.substr(9)) >= 0;
}

/// What lies in OpenSSL's folder itself, neither a link to what is counted elsewhere nor known.
void added_to_folder(const Machine& machine, const Certificates& known,
                     std::vector<std::string>& added) {
  const std::string folder = "/etc/ssl/certs";
  const auto names = machine.list(folder);
  if (!names) return;
  const auto& packages = machine.packages();
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    const bool hash = is_hash_name(name);
    if (!hash && !name.ends_with(".pem") && !name.ends_with(".crt") && !name.ends_with(".cer"))
      continue;
    if (among(kBundles, path)) continue;
    // Debian's own key of this machine, which vouches for itself alone (ssl-cert).
    if (packages && packages->find("ssl-cert") != nullptr && name == "ssl-cert-snakeoil.pem")
      continue;
    std::string target = machine.link_target(path);
    if (target.starts_with(folder + "/")) target = target.substr(folder.size() + 1);
    // Another name of what stands beside it.
    if (!target.empty() && !target.contains('/') && target != name) continue;
    if (target.starts_with(std::string(kPackaged) + "/") ||
        target.starts_with("/usr/local/share/ca-certificates/"))
      continue;
    const auto text = machine.read(path, kBundleBytes);
    if (!text) continue;
    const auto all = certificates(*text);
    if (!all.empty() &&
        std::ranges::all_of(all, [&](const std::string& one) { return known.contains(one); }))
      continue;
    if (hash)
      added.push_back(path);
    else if (!all.empty())
      machine.not_understood(path);
  }
}

/// Authorities of browsers' own: by policies, and in the databases of NSS, which hold one that
/// somebody trusts under the number CKT_NSS_TRUSTED_DELEGATOR (NSS's pkcs11n.h).
void added_to_browsers(const Machine& machine, std::vector<std::string>& added) {
  for (const BrowserPolicy& policy : browsers_of(machine).policies) {
    const auto* place = policy.values.if_contains("Certificates");
    const auto* install = place != nullptr && place->is_object()
                              ? place->get_object().if_contains("Install")
                              : nullptr;
    for (const auto* list : {install, policy.values.if_contains("CACertificates"),
                             policy.values.if_contains("CACertificatesWithConstraints"),
                             policy.values.if_contains("CAHintCertificates")})
      if (list != nullptr && list->is_array() && !list->get_array().empty()) {
        added.push_back(policy.path);
        break;
      }
  }
  std::vector<std::string> databases{"/etc/pki/nssdb/cert9.db"};
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    for (const char* place :
         {"/.pki/nssdb", "/.local/share/pki/nssdb", "/snap/chromium/current/.pki/nssdb"})
      databases.push_back(person.home + place + "/cert9.db");
  for (const std::string& profile : firefox_profiles(machine))
    databases.push_back(profile + "/cert9.db");
  for (const std::string& path : databases) {
    const auto bytes = machine.read(path, std::size_t{64} << 20U);
    if (!bytes) continue;
    if (!bytes->starts_with("SQLite format 3") || bytes->contains("\xCE\x53\x43\x52"))
      machine.not_understood(path, "NSS");
  }
}

/// Variables by which programs take other lists than the system's.
void added_by_environment(const Machine& machine, std::vector<std::string>& added) {
  constexpr std::array<std::string_view, 10> kLists{
      "SSL_CERT_FILE",  "SSL_CERT_DIR",  "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",  "GIT_SSL_CAINFO",
      "GIT_SSL_CAPATH", "AWS_CA_BUNDLE", "PIP_CERT",       "NODE_EXTRA_CA_CERTS", "DENO_CERT"};
  for (const EnvironmentText& text : environment_texts(machine))
    for (const std::string_view line : split(std::string_view(text.text), '\n'))
      for (const Assigned& one : assigned_in(line)) {
        if (!among(kLists, one.name) || one.value.empty()) continue;
        const bool of_system = among(kBundles, one.value) || one.value == "/etc/ssl/certs" ||
                               one.value == "/etc/ssl/certs/";
        if (!of_system) added.push_back(fmt::format("{} ({})", text.place, one.name));
      }
}

/// Where an administrator's authorities lie, by Debian, Red Hat, SUSE, Arch and Alpine.
void added_to_folders(const Machine& machine, std::vector<std::string>& added) {
  struct Anchors {
    const char* folder;
    bool any_name;  // update-ca-trust and its like take files of any name
  };
  constexpr std::array<Anchors, 9> kPlaces{
      {{"/usr/local/share/ca-certificates", false},
       {"/etc/pki/ca-trust/source/anchors", true},
       {"/etc/pki/ca-trust/source", true},
       {"/usr/share/pki/ca-trust-source/anchors", true},
       {"/etc/pki/trust/anchors", true},
       {"/usr/share/pki/trust/anchors", true},
       {"/etc/ca-certificates/trust-source/anchors", true},
       {"/etc/ca-certificates/trust-source", true},
       {"/usr/share/ca-certificates/trust-source/anchors", true}}};
  for (const Anchors& place : kPlaces) {
    const std::size_t before = added.size();
    std::vector<std::string> folders{place.folder};
    for (std::size_t i = 0; i < folders.size() && i < 64; ++i) {
      const auto names = machine.list(folders[i]);
      if (!names) continue;
      for (const std::string& name : *names) {
        const std::string path = folders[i] + "/" + name;
        const auto facts = machine.facts(path);
        const bool folder = facts && S_ISDIR(facts->mode);
        const bool certificate =
            name.ends_with(".crt") || name.ends_with(".pem") || name.ends_with(".cer");
        // Red Hat's link to its own old list.
        const bool readme = name.starts_with("README") || name == "ca-bundle.legacy.crt";
        if (folder && std::string_view(place.folder).ends_with("source")) continue;
        if (folder)
          folders.push_back(path);
        else if (certificate || (place.any_name && !readme))
          added.push_back(path);
      }
    }
    if (machine.exists(place.folder))
      note_count(machine, place.folder, "*.crt, *.pem, *.cer", added.size() - before, "0");
  }
}

}  // namespace

Finding https_trust(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> added;
  added_to_folders(machine, added);
  const Certificates known = known_certificates(machine);
  foreign_in_bundles(machine, known, added);
  added_to_package(machine, added);
  added_to_folder(machine, known, added);
  added_to_browsers(machine, added);
  added_by_environment(machine, added);
  note_count(machine, "*/ca-certificates, */ca-trust, */pki/trust", "added", added.size(), "0");
  if (!added.empty())
    return fail(fmt::format("OS にない認証局が足されています: {}", listed(added)),
                fmt::format("authorities were added to the system's own: {}", listed(added)));
  if (machine.exists("/nix/store"))
    return unknown("NixOS では一覧に組み込まれています。security.pki の設定を確かめてください",
                   "on NixOS they are built into the list; see the settings under security.pki");
  if (!machine.exists("/etc/ssl/certs") && !machine.exists("/etc/pki"))
    return not_applicable("認証局の一覧がありません", "there is no list of authorities");
  return pass("足された認証局はありません", "no authority was added");
}

}  // namespace sekisho
