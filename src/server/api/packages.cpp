// SPDX-License-Identifier: Apache-2.0
#include "server/api/packages.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/file.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostPackageBytes = std::size_t{256} << 20U;

constexpr std::array<std::pair<const char*, const char*>, 4> kNames{
    {{"windows", "sekisho.exe"},
     {"windows-zip", "sekisho-windows.zip"},
     {"windows-msi", "sekisho.msi"},
     {"debian", "sekisho-agent.deb"}}};

HttpReply plain_text(unsigned status, const char* text) {
  return {status, {{"content-type", "text/plain; charset=utf-8"}}, text};
}

}  // namespace

std::optional<std::string> sum_of(std::string_view sums, std::string_view name) {
  constexpr std::size_t kHexDigits = 64;
  for (const std::string_view line : split(sums, '\n')) {
    if (line.size() <= kHexDigits + 2 || line[kHexDigits] != ' ') continue;
    // The second mark is a star where a file was read as binary.
    if (line.substr(kHexDigits + 2) != name ||
        (line[kHexDigits + 1] != ' ' && line[kHexDigits + 1] != '*'))
      continue;
    const std::string_view sum = line.substr(0, kHexDigits);
    if (sum.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    return std::string(sum);
  }
  return std::nullopt;
}

Result<std::shared_ptr<Packages>> Packages::open(const std::filesystem::path& folder) {
  auto packages = std::make_shared<Packages>();
  packages->folder_ = folder;
  std::error_code error;
  if (!std::filesystem::exists(folder / "SHA256SUMS", error)) return packages;
  const auto sums = read_input_file(folder / "SHA256SUMS", 100'000);
  if (!sums) return std::unexpected(sums.error());
  for (const auto& [kind, name] : kNames) {
    const auto sum = sum_of(*sums, name);
    const auto bytes = std::filesystem::file_size(folder / name, error);
    if (!sum || error) continue;
    packages->packages_.push_back({kind, name, bytes, *sum});
  }
  packages->read_.resize(packages->packages_.size());
  return packages;
}

std::string_view Packages::content(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (!read_.at(index)) {
    const Package& package = packages_.at(index);
    auto bytes = read_input_file(folder_ / package.name, kMostPackageBytes);
    if (!bytes || hex(sha256(*bytes)) != package.sha256) return {};
    read_.at(index) = std::make_unique<const std::string>(std::move(*bytes));
  }
  return *read_.at(index);
}

HttpReply Packages::reply(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD")
    return {405, {{"allow", "GET, HEAD"}}, "", {}};
  const std::string_view name = std::string_view(request.path).substr(kDownloads.size());
  const auto found = std::ranges::find(packages_, name, &Package::name);
  if (found == packages_.end()) return plain_text(404, "not found\n");
  const auto bytes = content(static_cast<std::size_t>(found - packages_.begin()));
  if (bytes.empty())
    return plain_text(503, "This file is not what its sum says. Run make packages again.\n");
  return {200,
          {{"content-type", "application/octet-stream"},
           {"content-disposition", fmt::format("attachment; filename=\"{}\"", found->name)},
           {"cache-control", "no-cache"}},
          "",
          bytes};
}

}  // namespace sekisho
