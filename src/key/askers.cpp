// SPDX-License-Identifier: Apache-2.0
#include "key/askers.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/file.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostSeats = 64;
constexpr std::size_t kMostSeatBytes = 65'536;

/// Whether a seat's file has the line ACTIVE_UID= with this user, and that one alone.
bool sits_at(std::string_view seat, uid_t user) {
  constexpr std::string_view kActive = "ACTIVE_UID=";
  bool sits = false;
  int lines = 0;
  while (!seat.empty()) {
    const std::size_t end = std::min(seat.find('\n'), seat.size());
    std::string_view line = seat.substr(0, end);
    seat.remove_prefix(std::min(end + 1, seat.size()));
    if (!line.starts_with(kActive)) continue;
    ++lines;
    line.remove_prefix(kActive.size());
    uid_t found = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), found);
    sits = read.ec == std::errc() && read.ptr == line.data() + line.size() && found == user;
  }
  return sits && lines == 1;
}

}  // namespace

bool Askers::may_ask(uid_t user) const {
  if (user == 0) return true;
  if (!named_.empty()) return std::ranges::find(named_, user) != named_.end();
  std::error_code error;
  std::size_t seats = 0;
  for (std::filesystem::directory_iterator it(seats_, error), end; !error && it != end;
       it.increment(error)) {
    if (++seats > kMostSeats) return false;
    const auto seat = read_regular_file(it->path(), kMostSeatBytes);
    if (seat && sits_at(*seat, user)) return true;
  }
  return false;
}

}  // namespace sekisho
