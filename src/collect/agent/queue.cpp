#include "collect/agent/queue.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/gzip.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{1} << 20U;
constexpr std::string_view kEnd = ".json.gz";

}  // namespace

std::filesystem::path ReportQueue::file(std::int64_t sequence) const {
  return folder_ / fmt::format("{:012}{}", sequence, kEnd);
}

Result<void> ReportQueue::add(std::int64_t sequence, const SignedReport& report) const {
  if (auto made = make_private_folder(folder_); !made) return made;
  return write_file_atomically(file(sequence), gzip(write_delivery({Time(), "-", {report}}), 6),
                               0600);
}

Result<std::vector<std::int64_t>> ReportQueue::waiting() const {
  std::vector<std::int64_t> list;
  std::error_code error;
  if (!std::filesystem::exists(folder_, error)) return list;
  std::filesystem::directory_iterator entries(folder_, error);
  if (error)
    return failure("待ち行列を読めません。", "the queue cannot be read.", folder_.string());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kEnd)) continue;
    const auto sequence = whole_number(std::string_view(name).substr(0, name.size() - kEnd.size()));
    if (sequence > 0) list.push_back(sequence);
  }
  std::ranges::sort(list);
  return list;
}

std::optional<SignedReport> ReportQueue::at(std::int64_t sequence) const {
  const auto bytes = read_regular_file(file(sequence), kMostFileBytes);
  if (!bytes) return std::nullopt;
  const auto text = gunzip(*bytes, kMostDeliveryBytes);
  if (!text) return std::nullopt;
  auto delivery = read_delivery(*text);
  if (!delivery || delivery->reports.size() != 1) return std::nullopt;
  return std::move(delivery->reports.front());
}

void ReportQueue::remove(std::int64_t sequence) const {
  std::error_code ignored;
  std::filesystem::remove(file(sequence), ignored);
}

}  // namespace sekisho
