// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/zip_files.h"

#include <zip.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace sekisho {
namespace {

constexpr zip_int64_t kMostEntries = 200;
constexpr std::size_t kMostRatio = 1000;

struct DiscardZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

std::unexpected<Error> refused(const std::string& name, Text why) {
  return std::unexpected(Error{std::move(why), name});
}

std::unexpected<Error> broken_zip(const std::string& name) {
  return refused(name, {"zip として読めません。", "this can't be read as a zip."});
}

/// What systems put beside the files of people.
bool is_of_system(std::string_view name) {
  return name.ends_with('/') || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store");
}

}  // namespace

bool is_zip(std::string_view bytes) { return bytes.starts_with("PK\x03\x04"); }

Result<std::vector<CloudFile>> unzipped(const CloudFile& file) {
  zip_source_t* source = zip_source_buffer_create(file.bytes.data(), file.bytes.size(), 0, nullptr);
  if (source == nullptr) return broken_zip(file.name);
  const std::unique_ptr<zip_t, DiscardZip> archive(
      zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, nullptr));
  if (!archive) {
    zip_source_free(source);
    return broken_zip(file.name);
  }
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > kMostEntries)
    return refused(file.name, {"zip のファイルが多すぎます（200 まで）。",
                               "there are too many files in the zip (200 at most)."});
  std::vector<CloudFile> files;
  std::size_t unpacked = 0;
  const std::size_t most = std::min(kMostExportBytes, file.bytes.size() * kMostRatio);
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto place = static_cast<zip_uint64_t>(i);
    zip_stat_t about;
    if (zip_stat_index(archive.get(), place, 0, &about) != 0 || about.name == nullptr)
      return broken_zip(file.name);
    const std::string_view inner = about.name;
    if (is_of_system(inner)) continue;
    // Its own word for its size is a bound that reading holds it to.
    if (about.size > most || unpacked + about.size > most)
      return refused(file.name, {"zip の中が大きすぎます（合わせて 64 MB まで）。",
                                 "the zip is too large inside (64 MB at most)."});
    unpacked += about.size;
    const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen_index(archive.get(), place, 0));
    if (!entry)
      return about.encryption_method != ZIP_EM_NONE
                 ? refused(file.name,
                           {"zip にパスワードが掛かっています。", "the zip has a password."})
                 : broken_zip(file.name);
    CloudFile one{file.name + ": " + printable(inner, 120), {}};
    one.bytes.resize(about.size);
    char over = 0;
    if (zip_fread(entry.get(), one.bytes.data(), one.bytes.size()) !=
            static_cast<zip_int64_t>(one.bytes.size()) ||
        zip_fread(entry.get(), &over, 1) != 0)
      return broken_zip(file.name);
    files.push_back(std::move(one));
  }
  return files;
}

}  // namespace sekisho
