// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/gzip.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostAside = 100;
constexpr std::string_view kEnd = ".json.gz";

std::string name_of(std::int64_t sequence) { return fmt::format("{:012}{}", sequence, kEnd); }

Result<std::vector<std::int64_t>> sequences_in(Disk& disk, const std::filesystem::path& folder) {
  const auto names = disk.list(folder);
  if (!names) return std::unexpected(names.error());
  std::vector<std::int64_t> list;
  for (const std::string& name : *names) {
    if (!name.ends_with(kEnd)) continue;
    const auto sequence = whole_number(std::string_view(name).substr(0, name.size() - kEnd.size()));
    if (sequence > 0) list.push_back(sequence);
  }
  std::ranges::sort(list);
  return list;
}

}  // namespace

std::filesystem::path ReportQueue::file(std::int64_t sequence) const {
  return folder_ / name_of(sequence);
}

Result<void> ReportQueue::add(std::int64_t sequence, const SignedReport& report) const {
  if (auto made = disk_->make_folder(folder_); !made) return made;
  return disk_->write(file(sequence), gzip(write_delivery({Time(), "-", {report}}), 6));
}

Result<std::vector<std::int64_t>> ReportQueue::waiting() const {
  return sequences_in(*disk_, folder_);
}

std::expected<SignedReport, Unsendable> ReportQueue::at(std::int64_t sequence) const {
  const auto bytes = disk_->read(file(sequence), kMostFileBytes);
  if (!bytes) switch (bytes.error()) {
      case FileProblem::missing: return std::unexpected(Unsendable::gone);
      case FileProblem::special:
      case FileProblem::too_large: return std::unexpected(Unsendable::broken);
      case FileProblem::denied:
      case FileProblem::unreadable: return std::unexpected(Unsendable::not_now);
    }
  const auto text = gunzip(*bytes, kMostDeliveryBytes);
  if (!text) return std::unexpected(Unsendable::broken);
  auto delivery = read_delivery(*text);
  if (!delivery || delivery->reports.size() != 1) return std::unexpected(Unsendable::broken);
  return std::move(delivery->reports.front());
}

void ReportQueue::remove(std::int64_t sequence) const { disk_->remove(file(sequence)); }

Result<void> ReportQueue::set_aside(std::int64_t sequence) const {
  const auto aside = folder_.parent_path() / (folder_.filename().string() + ".broken");
  if (auto made = disk_->make_folder(aside); !made) return made;
  if (auto moved = disk_->rename(file(sequence), aside / name_of(sequence)); !moved) return moved;
  auto list = sequences_in(*disk_, aside).value_or(std::vector<std::int64_t>());
  for (; list.size() > kMostAside; list.erase(list.begin()))
    disk_->remove(aside / name_of(list.front()));
  return {};
}

}  // namespace sekisho
