// SPDX-License-Identifier: Apache-2.0
#include "store/clickhouse.h"

#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "net/net.h"

namespace sekisho {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kMostReason = 4096;

std::unexpected<Error> not_answered(std::string_view why) {
  const std::string shown = printable(why, 300);
  return failure("ClickHouse が使えません（" + shown + "）。",
                 "ClickHouse cannot be used (" + shown + ").");
}

}  // namespace

Result<ClickHouse> ClickHouse::at(const ClickHouseOptions& options) {
  const auto refused = [&](const char* ja, const char* en) {
    return failure(ja, en, shown_url(options.address, 120));
  };
  const auto url = parts_of(options.address);
  if (!url)
    return refused("ClickHouse の場所は http://user@127.0.0.1:8123/sekisho の形で書いてください。",
                   "write where ClickHouse is like http://user@127.0.0.1:8123/sekisho.");
  if (!url->password.empty())
    return failure("ClickHouse のパスワードは、アドレスではなくファイルに書いてください。",
                   "write the password of ClickHouse in a file, not in its address.");
  if (url->scheme != "https" && !(url->scheme == "http" && is_this_machine(url->host)))
    return refused("ほかの機械の ClickHouse へは https:// を使ってください。",
                   "use https:// for ClickHouse on another machine.");
  const std::string database = url->path.size() > 1 ? url->path.substr(1) : "default";
  if (database.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos)
    return refused("データベースの名前には英数字と _ だけを使ってください。",
                   "use letters, digits and _ alone in the database's name.");
  ClickHouse made;
  made.user_ = url->user.empty() ? "default" : url->user;
  made.password_ = options.password;
  // It waits for the end, so that a query that fails halfway is not taken for a short answer.
  made.url_ = fmt::format("{}://{}:{}/?database={}&wait_end_of_query=1&buffer_size=1048576",
                          url->scheme, url->host, url->port, database);
  return made;
}

Result<void> ClickHouse::run(std::string_view sql, std::string_view rows) const {
  return each(rows.empty() ? std::string(sql) : fmt::format("{}\n{}", sql, rows), 0, false, {});
}

Result<void> ClickHouse::each(const std::string& sql, std::size_t numbers, bool with_text,
                              const TakeRow& take) const {
  std::string bytes;  // what isn't a whole row yet, or why there are none
  std::optional<Error> error;
  Outgoing question{
      .url = url_,
      .protocols = "https,http",
      .headers = {"X-ClickHouse-User: " + user_, "X-ClickHouse-Key: " + password_, "Expect:"},
      .body = sql,
      .patience = {.whole = std::chrono::seconds(60)},
      .proxy = {.which = Proxy::Which::none}};
  question.take = [&](long status, std::string_view piece) {
    if (status != 200 || !take) {
      bytes.append(piece.substr(0, kMostReason - std::min(kMostReason, bytes.size())));
      return true;
    }
    bytes.append(piece);
    std::string_view rest = bytes;
    if (auto taken = take_rows(rest, numbers, with_text, take); !taken) {
      error = taken.error();
      return false;
    }
    bytes.erase(0, bytes.size() - rest.size());
    return true;
  };
  const auto answer = ask(question);
  if (error) return std::unexpected(*error);
  if (!answer) return not_answered(answer.error().text.en);
  if (answer->status != 200) return not_answered(trim(std::string_view(bytes)));
  if (take && !bytes.empty()) return not_answered("a row is cut short");
  return {};
}

Result<void> take_rows(std::string_view& bytes, std::size_t numbers, bool with_text,
                       const ClickHouse::TakeRow& take) {
  std::vector<std::int64_t> values(numbers);
  const std::size_t fixed = numbers * sizeof(std::int64_t);
  while (!bytes.empty() && bytes.size() >= fixed) {
    for (std::size_t i = 0; i < numbers; ++i)
      std::memcpy(&values[i], bytes.data() + i * sizeof values[i], sizeof values[i]);
    std::size_t at = fixed;
    std::uint64_t length = 0;
    if (with_text) {
      bool ends = false;
      for (unsigned shift = 0; !ends && at < bytes.size(); shift += 7) {
        if (shift > 28) return not_answered("a row's length is none");
        const auto byte = static_cast<std::uint8_t>(bytes[at++]);
        length |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        ends = byte < 0x80U;
      }
      if (length > kMostRowBytes) return not_answered("a row is too long");
      if (!ends || bytes.size() - at < length) return {};
    }
    if (at + length == 0) return {};  // rows of nothing have no end
    if (auto taken = take(values, bytes.substr(at, length)); !taken) return taken;
    bytes.remove_prefix(at + length);
  }
  return {};
}

void add_number(std::string& rows, std::int64_t value) {
  rows.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void add_text(std::string& rows, std::string_view value) {
  std::size_t length = value.size();
  for (; length >= 0x80U; length >>= 7U)
    rows.push_back(static_cast<char>((length & 0x7fU) | 0x80U));
  rows.push_back(static_cast<char>(length));
  rows.append(value);
}

}  // namespace sekisho
