#include "store/clickhouse.h"

#include <curl/curl.h>

#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace sekisho {
namespace {

static_assert(std::endian::native == std::endian::little);

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

constexpr std::size_t kMostReason = 4096;

struct Answer {
  CURL* curl = nullptr;
  std::string bytes;
  std::size_t numbers = 0;
  bool with_text = false;
  const ClickHouse::TakeRow* take = nullptr;  // null: an answer without rows
  std::optional<Error> error;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& answer = *static_cast<Answer*>(into);
  long status = 0;
  curl_easy_getinfo(answer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 || answer.take == nullptr) {  // why not; the beginning says enough
    answer.bytes.append(
        data, std::min(size * count, kMostReason - std::min(kMostReason, answer.bytes.size())));
    return size * count;
  }
  answer.bytes.append(data, size * count);
  std::string_view rest = answer.bytes;
  if (auto taken = take_rows(rest, answer.numbers, answer.with_text, *answer.take); !taken) {
    answer.error = taken.error();
    return 0;  // ends the transfer
  }
  answer.bytes.erase(0, answer.bytes.size() - rest.size());
  return size * count;
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_URLDECODE) != CURLUE_OK || text == nullptr) return {};
  std::string value = text;
  curl_free(text);
  return value;
}

std::unexpected<Error> not_answered(std::string_view why) {
  const std::string shown = printable(why, 300);
  return failure("ClickHouse が使えません（" + shown + "）。",
                 "ClickHouse cannot be used (" + shown + ").");
}

}  // namespace

Result<ClickHouse> ClickHouse::at(const ClickHouseOptions& options) {
  const auto refused = [&](const char* ja, const char* en) {
    return failure(ja, en, printable(options.address, 120));
  };
  const Url url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, options.address.c_str(), 0) != CURLUE_OK)
    return refused("ClickHouse の場所は http://user@127.0.0.1:8123/sekisho の形で書いてください。",
                   "write where ClickHouse is like http://user@127.0.0.1:8123/sekisho.");
  if (!part_of(url.get(), CURLUPART_PASSWORD).empty())
    return failure("ClickHouse のパスワードは、アドレスではなくファイルに書いてください。",
                   "write the password of ClickHouse in a file, not in its address.");
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  if (scheme != "https" &&
      !(scheme == "http" && (host == "127.0.0.1" || host == "[::1]" || host == "localhost")))
    return refused("ほかの機械の ClickHouse へは https:// を使ってください。",
                   "use https:// for ClickHouse on another machine.");
  const std::string path = part_of(url.get(), CURLUPART_PATH);
  const std::string database = path.size() > 1 ? path.substr(1) : "default";
  if (database.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != std::string::npos)
    return refused("データベースの名前には英数字と _ だけを使ってください。",
                   "use letters, digits and _ alone in the database's name.");
  ClickHouse made;
  made.user_ = part_of(url.get(), CURLUPART_USER);
  if (made.user_.empty()) made.user_ = "default";
  made.password_ = options.password;
  const std::string port = part_of(url.get(), CURLUPART_PORT);
  // It waits for the end, so that a query that fails halfway is not taken for a short answer.
  made.url_ = fmt::format("{}://{}{}/?database={}&wait_end_of_query=1&buffer_size=1048576", scheme,
                          host, port.empty() ? "" : ":" + port, database);
  return made;
}

Result<void> ClickHouse::run(std::string_view sql, std::string_view rows) const {
  return each(rows.empty() ? std::string(sql) : fmt::format("{}\n{}", sql, rows), 0, false, {});
}

Result<void> ClickHouse::each(const std::string& sql, std::size_t numbers, bool with_text,
                              const TakeRow& take) const {
  const Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return not_answered("curl");
  List headers(nullptr, curl_slist_free_all);
  for (const std::string& line :
       {"X-ClickHouse-User: " + user_, "X-ClickHouse-Key: " + password_, std::string("Expect:")}) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return not_answered("curl");
    (void)headers.release();
    headers.reset(longer);
  }
  Answer answer;
  answer.curl = curl.get();
  answer.numbers = numbers;
  answer.with_text = with_text;
  if (take) answer.take = &take;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url_.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, sql.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sql.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (answer.error) return std::unexpected(*answer.error);
  if (code != CURLE_OK) return not_answered(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return not_answered(trim(std::string_view(answer.bytes)));
  if (answer.take != nullptr && !answer.bytes.empty()) return not_answered("a row is cut short");
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
