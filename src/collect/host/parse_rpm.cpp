// SPDX-License-Identifier: Apache-2.0
// Packages of distributions other than Debian's: rpm's database in SQLite, and apk's text.
#include <sqlite3.h>

#include <algorithm>
#include <memory>

#include "collect/host/parse.h"

namespace sekisho {
namespace {

// Tags and types of rpm's headers (rpmtag.h, "RPM header format").
constexpr std::uint32_t kName = 1000;
constexpr std::uint32_t kVersion = 1001;
constexpr std::uint32_t kRelease = 1002;
constexpr std::uint32_t kEpoch = 1003;
constexpr std::uint32_t kVendor = 1011;
constexpr std::uint32_t kArch = 1022;
constexpr std::uint32_t kSourceRpm = 1044;
constexpr std::uint32_t kModularityLabel = 5096;
constexpr std::uint32_t kInt32 = 4;
constexpr std::uint32_t kString = 6;

constexpr std::size_t kMostTags = 65'536;
constexpr std::size_t kEntry = 16;

/// Four bytes, the highest first; they must be there.
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = (value << 8U) | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// An index of tags, then the data that they point into.
class Header {
 public:
  explicit Header(std::string_view blob) {
    if (blob.size() < 8) return;
    const std::size_t tags = number_at(blob, 0);
    const std::size_t bytes = number_at(blob, 4);
    if (tags > kMostTags || blob.size() != 8 + tags * kEntry + bytes) return;
    index_ = blob.substr(8, tags * kEntry);
    data_ = blob.substr(8 + tags * kEntry);
    whole_ = true;
  }

  /// Every entry is where it says it is, and no tag that is read here stands twice.
  bool whole() const { return whole_; }

  /// A string; empty where it isn't there. Nothing where it isn't one.
  std::optional<std::string> text(std::uint32_t tag) const {
    const auto entry = find(tag);
    if (!entry) return std::string();
    if (entry->type != kString || entry->count != 1 || entry->offset >= data_.size())
      return std::nullopt;
    const std::string_view rest = data_.substr(entry->offset);
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(rest.substr(0, end));
  }
  std::optional<std::uint32_t> number(std::uint32_t tag, std::uint32_t otherwise) const {
    const auto entry = find(tag);
    if (!entry) return otherwise;
    if (entry->type != kInt32 || entry->count != 1 || entry->offset + std::size_t{4} > data_.size())
      return std::nullopt;
    return number_at(data_, entry->offset);
  }

 private:
  struct Entry {
    std::uint32_t type, offset, count;
  };
  std::optional<Entry> find(std::uint32_t tag) const {
    for (std::size_t at = 0; at < index_.size(); at += kEntry)
      if (number_at(index_, at) == tag)
        return Entry{number_at(index_, at + 4), number_at(index_, at + 8),
                     number_at(index_, at + 12)};
    return std::nullopt;
  }

  std::string_view index_, data_;
  bool whole_ = false;
};

/// "glibc-2.34-60.el9.src.rpm": the name of the source, and its version with its release.
std::pair<std::string, std::string> source_of(std::string_view file) {
  const std::size_t release = file.rfind('-');
  const std::size_t version =
      release == std::string_view::npos || release == 0 ? release : file.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return {};
  std::string_view rest = file.substr(version + 1);
  for (const std::string_view end : {".src.rpm", ".nosrc.rpm"})
    if (rest.ends_with(end)) rest.remove_suffix(end.size());
  return {std::string(file.substr(0, version)), std::string(rest)};
}

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

}  // namespace

std::optional<Package> parse_rpm_header(std::string_view blob) {
  const Header header(blob);
  if (!header.whole()) return std::nullopt;
  const auto name = header.text(kName);
  const auto version = header.text(kVersion);
  const auto release = header.text(kRelease);
  const auto epoch = header.number(kEpoch, 0);
  const auto vendor = header.text(kVendor);
  const auto arch = header.text(kArch);
  const auto file = header.text(kSourceRpm);
  const auto module = header.text(kModularityLabel);
  if (!name || !version || !release || !epoch || !vendor || !arch || !file || !module ||
      name->empty() || version->empty() || release->empty())
    return std::nullopt;
  Package package;
  package.name = *name;
  package.architecture = *arch;
  package.version =
      (*epoch > 0 ? std::to_string(*epoch) + ":" : std::string()) + *version + "-" + *release;
  package.maintainer = *vendor;
  std::tie(package.source, package.source_version) = source_of(*file);
  package.kind = Package::Kind::rpm;
  package.module = *module;
  return package;
}

std::optional<PackageList> read_rpm_database(std::string bytes) {
  constexpr std::size_t kHead = 100;
  if (bytes.size() < kHead || !bytes.starts_with(std::string_view("SQLite format 3\0", 16)))
    return std::nullopt;
  // Its log of writes was taken in when it was closed; in memory there is none to be had.
  bytes[18] = bytes[19] = 1;
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE, nullptr);
  const Connection database(opened, &sqlite3_close);
  if (status != SQLITE_OK) return std::nullopt;
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, 1 << 28);
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(opened, "main", reinterpret_cast<unsigned char*>(bytes.data()), size,
                          size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
    return std::nullopt;
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "SELECT blob FROM Packages", -1, &prepared, nullptr) != SQLITE_OK)
    return std::nullopt;
  const Statement rows(prepared, &sqlite3_finalize);
  PackageList list;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    const void* blob = sqlite3_column_blob(prepared, 0);
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
    auto package = parse_rpm_header({static_cast<const char*>(blob), blob == nullptr ? 0 : length});
    if (!package) return std::nullopt;
    // Keys that packages are signed with stand among them.
    if (package->name != "gpg-pubkey") list.by_name.emplace(package->name, std::move(*package));
  }
  if (step != SQLITE_DONE) return std::nullopt;
  return list;
}

std::optional<PackageList> parse_apk_installed(std::string_view text) {
  PackageList list;
  Package package;
  const auto finish = [&] {
    const bool any = !package.name.empty() || !package.version.empty();
    const bool whole = !package.name.empty() && !package.version.empty();
    if (whole) {
      package.kind = Package::Kind::apk;
      if (package.source.empty()) package.source = package.name;
      package.source_version = package.version;
      list.by_name.emplace(package.name, std::move(package));
    }
    package = {};
    return whole || !any;
  };
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() && !finish()) return std::nullopt;
    if (line.size() < 2 || line[1] != ':') {
      if (!line.empty()) return std::nullopt;
      continue;
    }
    std::string value(line.substr(2));
    if (line[0] == 'P')
      package.name = std::move(value);
    else if (line[0] == 'V')
      package.version = std::move(value);
    else if (line[0] == 'A')
      package.architecture = std::move(value);
    else if (line[0] == 'm')
      package.maintainer = std::move(value);
    else if (line[0] == 'o')
      package.source = std::move(value);
  }
  if (!finish()) return std::nullopt;
  return list;
}

}  // namespace sekisho
