// SPDX-License-Identifier: Apache-2.0
#include "server/own_tls.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/file.h"
#include "collect/agent/keys.h"

namespace sekisho {
namespace {

constexpr std::chrono::days kRenewedBeforeEnd{30};
constexpr std::chrono::days kAuthorityRenewedBeforeEnd{120};
constexpr std::size_t kMostPem = 100'000;

/// What a certificate was made for: kept beside it, in a form that is compared whole.
std::string names_of(const std::vector<std::string>& hosts) {
  return fmt::format("{}\n", fmt::join(hosts, "\n"));
}

/// Names that are not addresses: those an authority has to be made for.
std::vector<std::string> only_names(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const std::string& host : hosts)
    if (!is_inside_address(host)) names.push_back(host);
  return names;
}

struct Files {
  std::filesystem::path folder;
  std::string read(const char* name) const {
    auto text = read_input_file(folder / name, kMostPem);
    return text ? *text : std::string();
  }
  Result<void> write(const char* name, const std::string& text, unsigned mode) const {
    return write_file_atomically(folder / name, text, mode);
  }
};

bool lasts(const std::string& pem, Time now, std::chrono::days before_end) {
  const auto certificate = read_certificate(pem);
  return certificate && certificate->not_after > now + before_end;
}

/// Every name that is asked for stands in what it was made for.
bool made_for(const std::string& kept, const std::vector<std::string>& hosts) {
  const std::string all = "\n" + kept;
  return std::ranges::all_of(hosts, [&](const std::string& host) {
    return all.find("\n" + host + "\n") != std::string::npos;
  });
}

Result<Authority> kept_authority(const Files& files, const std::vector<std::string>& names,
                                 Time now, bool& made) {
  const std::string pem = files.read("authority.pem");
  if (lasts(pem, now, kAuthorityRenewedBeforeEnd) &&
      made_for(files.read("authority.names"), names)) {
    auto kept = Authority::from_pem(files.read("authority.key"), pem);
    if (kept) return kept;
  }
  made = true;
  auto fresh = Authority::make(now, names);
  if (!fresh) return fresh;
  // The certificate last: what is there whole is believed.
  if (auto kept = files.write("authority.key", fresh->key_pem(), 0600); !kept)
    return std::unexpected(kept.error());
  if (auto kept = files.write("authority.names", names_of(names), 0644); !kept)
    return std::unexpected(kept.error());
  if (auto kept = files.write("authority.pem", fresh->certificate().pem, 0644); !kept)
    return std::unexpected(kept.error());
  return fresh;
}

}  // namespace

Result<OwnTls> keep_own_tls(const std::filesystem::path& folder,
                            const std::vector<std::string>& hosts, Time now) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  const Files files{folder};
  OwnTls own{folder / "authority.pem", folder / "server.pem", folder / "server.key"};
  auto authority = kept_authority(files, only_names(hosts), now, own.made_anew);
  if (!authority) return std::unexpected(authority.error());
  const std::string shown = files.read("server.pem");
  if (!own.made_anew && lasts(shown, now, kRenewedBeforeEnd) &&
      files.read("server.names") == names_of(hosts) && KeyPair::from_pem(files.read("server.key")))
    return own;
  const auto key = KeyPair::make();
  if (!key) return std::unexpected(key.error());
  const auto certificate = authority->certify_server(*key, hosts, now);
  if (!certificate) return std::unexpected(certificate.error());
  for (const auto& [name, text, mode] :
       std::initializer_list<std::tuple<const char*, std::string, unsigned>>{
           {"server.key", key->pem(), 0600},
           {"server.names", names_of(hosts), 0644},
           {"server.pem", certificate->pem + authority->certificate().pem, 0644}})
    if (auto kept = files.write(name, text, mode); !kept) return std::unexpected(kept.error());
  return own;
}

}  // namespace sekisho
