// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/inventory.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/table.h"
#include "collect/vuln/version.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongestCell = 200;
constexpr std::size_t kMostProblems = 20;

enum class Column : std::uint8_t { name, serial, id, system, edition, version, build, user };
constexpr std::size_t kColumns = 8;
constexpr std::size_t kMostLinesAbove = 10;  // a title, Export-Csv's type

/// What columns are called, in lower case and without blanks: in Microsoft Intune's export of all
/// devices, in exports of Japanese asset managers, and in tables that people make. The earlier of
/// two names counts when a list has both.
struct Heading {
  std::string_view name;
  Column column;
};
constexpr std::array kHeadings{Heading{"devicename", Column::name},
                               Heading{"端末名", Column::name},
                               Heading{"端末機名", Column::name},
                               Heading{"コンピューター名", Column::name},
                               Heading{"コンピュータ名", Column::name},
                               Heading{"pc名", Column::name},
                               Heading{"デバイス名", Column::name},
                               Heading{"機器名", Column::name},
                               Heading{"マシン名", Column::name},
                               Heading{"hostname", Column::name},
                               Heading{"ホスト名", Column::name},
                               Heading{"computername", Column::name},
                               Heading{"displayname", Column::name},
                               Heading{"name", Column::name},
                               Heading{"名前", Column::name},
                               Heading{"serialnumber", Column::serial},
                               Heading{"シリアル番号", Column::serial},
                               Heading{"シリアルナンバー", Column::serial},
                               Heading{"製造番号", Column::serial},
                               Heading{"資産番号", Column::serial},
                               Heading{"管理番号", Column::serial},
                               Heading{"assettag", Column::serial},
                               Heading{"serial", Column::serial},
                               Heading{"deviceid", Column::id},
                               Heading{"デバイスid", Column::id},
                               Heading{"端末id", Column::id},
                               Heading{"id", Column::id},
                               Heading{"os", Column::system},
                               Heading{"os名", Column::system},
                               Heading{"osの名称", Column::system},
                               Heading{"os種別", Column::system},
                               Heading{"operatingsystem", Column::system},
                               Heading{"オペレーティングシステム", Column::system},
                               Heading{"osplatform", Column::system},
                               Heading{"osname", Column::system},
                               Heading{"os名称", Column::system},
                               Heading{"skufamily", Column::edition},
                               Heading{"osedition", Column::edition},
                               Heading{"エディション", Column::edition},
                               Heading{"osエディション", Column::edition},
                               Heading{"osversion", Column::version},
                               Heading{"osバージョン", Column::version},
                               Heading{"osのバージョン", Column::version},
                               Heading{"operatingsystemversion", Column::version},
                               Heading{"osバージョン名", Column::version},
                               Heading{"バージョン", Column::version},
                               Heading{"version", Column::version},
                               Heading{"osビルド", Column::build},
                               Heading{"osビルド番号", Column::build},
                               Heading{"osのビルド", Column::build},
                               Heading{"ビルド番号", Column::build},
                               Heading{"ビルド", Column::build},
                               Heading{"osbuild", Column::build},
                               Heading{"osbuildnumber", Column::build},
                               Heading{"buildnumber", Column::build},
                               Heading{"primaryuserupn", Column::user},
                               Heading{"primaryuseremailaddress", Column::user},
                               Heading{"userprincipalname", Column::user},
                               Heading{"メールアドレス", Column::user},
                               Heading{"email", Column::user},
                               Heading{"emailaddress", Column::user},
                               Heading{"使用者", Column::user},
                               Heading{"利用者", Column::user},
                               Heading{"ユーザー名", Column::user},
                               Heading{"ユーザ名", Column::user},
                               Heading{"ユーザー", Column::user},
                               Heading{"user", Column::user},
                               Heading{"username", Column::user},
                               Heading{"primaryuserdisplayname", Column::user}};

/// Lower case, and without blanks, hyphens and underscores.
std::string plain_heading(std::string_view text) {
  std::string out;
  for (const char c : lower(plain_width(text)))
    if (c != ' ' && c != '_' && c != '-') out += c;
  return out;
}

/// Where each column stands; -1 where there is none.
using Places = std::array<std::ptrdiff_t, kColumns>;
Places places_of(const TableRow& headings) {
  Places places;
  places.fill(-1);
  std::vector<std::string> names;
  for (const std::string& cell : headings.cells) names.push_back(plain_heading(cell));
  for (const Heading& heading : kHeadings) {
    std::ptrdiff_t& place = places.at(static_cast<std::size_t>(heading.column));
    const auto found = std::ranges::find(names, heading.name);
    if (place < 0 && found != names.end()) place = found - names.begin();
  }
  return places;
}

std::string at(const TableRow& row, const Places& places, Column column) {
  const std::ptrdiff_t place = places.at(static_cast<std::size_t>(column));
  if (place < 0 || static_cast<std::size_t>(place) >= row.cells.size()) return {};
  return printable(row.cells[static_cast<std::size_t>(place)], kLongestCell);
}

std::unexpected<std::vector<Error>> only(Error error) {
  return std::unexpected(std::vector{std::move(error)});
}

/// Notes what is wrong with a device by its line.
void check(const ListedDevice& device, std::set<std::string>& seen, std::vector<Error>& problems) {
  const auto wrong = [&](std::string ja, std::string en) {
    if (problems.size() < kMostProblems)
      problems.push_back({{std::move(ja), std::move(en)}, fmt::format("{}", device.line)});
  };
  if (device.name.empty())
    wrong("端末の名前がありません。", "the device has no name.");
  else if (!seen.insert(lower(device.name)).second)
    wrong(fmt::format("「{}」が二度出てきます。", device.name),
          fmt::format("'{}' is there twice.", device.name));
}

bool has_both(const Places& places) {
  return places.at(static_cast<std::size_t>(Column::name)) >= 0 &&
         places.at(static_cast<std::size_t>(Column::system)) >= 0;
}

/// A device of a row; nothing of one that is blank or no row of the table.
std::optional<ListedDevice> device_of(const TableRow& row, const Places& places) {
  const bool blank = std::ranges::all_of(row.cells, &std::string::empty);
  // "Total: 12", in a table of several columns.
  if (blank || row.cells.size() == 1) return std::nullopt;
  ListedDevice device{row.line,
                      at(row, places, Column::name),
                      at(row, places, Column::serial),
                      at(row, places, Column::system),
                      at(row, places, Column::version),
                      at(row, places, Column::user)};
  if (device.serial.empty()) device.serial = at(row, places, Column::id);
  if (const std::string edition = at(row, places, Column::edition);
      !edition.empty() && !device.system.empty() && lower(device.system) != lower(edition))
    device.system += " " + edition;
  if (const std::string build = at(row, places, Column::build);
      !build.empty() && !device.version.contains(build))
    device.version += (device.version.empty() ? "" : " ") + build;
  // One whose system nobody knows is a device all the same.
  if (device.system.empty()) device.system = "?";
  return device;
}

/// Phones are all called iPhone: devices of one name are told apart by what numbers them.
void tell_apart(std::vector<ListedDevice>& devices) {
  std::map<std::string, std::size_t> names;
  for (const ListedDevice& one : devices) ++names[lower(one.name)];
  for (ListedDevice& one : devices)
    if (names[lower(one.name)] > 1 && !one.name.empty() && !one.serial.empty())
      one.name += " (" + one.serial + ")";
}

}  // namespace

std::expected<std::vector<ListedDevice>, std::vector<Error>> read_device_list(
    std::string_view bytes) {
  if (bytes.size() > kMostListBytes)
    return only(
        {{"一覧が大きすぎます（上限 8 MB）。", "the list is too large (at most 8 MB)."}, {}});
  const auto text = decoded_text(bytes);
  if (!text)
    return only({{"文字コードが分かりません。UTF-8 か Shift_JIS の CSV で保存してください。",
                  "its encoding is not known; save it as CSV in UTF-8."},
                 {}});
  const auto rows = read_table(*text);
  if (!rows) return only(rows.error());
  if (rows->empty()) return only({{"一覧が空です。", "the list is empty."}, {}});
  auto headings = rows->begin();
  while (headings != rows->end() && !has_both(places_of(*headings)) &&
         headings - rows->begin() < static_cast<std::ptrdiff_t>(kMostLinesAbove))
    ++headings;
  if (headings == rows->end() || !has_both(places_of(*headings))) headings = rows->begin();
  const Places places = places_of(*headings);
  for (const auto& [column, ja, en] :
       {std::tuple(Column::name, "端末名", "a device's name"), {Column::system, "OS", "its OS"}})
    if (places.at(static_cast<std::size_t>(column)) < 0)
      return only({{fmt::format("最初の行に「{}」の見出しがありません。", ja),
                    fmt::format("the first line has no heading for {}.", en)},
                   "1"});
  if (static_cast<std::size_t>(rows->end() - headings) - 1 > kMostListedDevices)
    return only(
        {{"端末が多すぎます（上限 10,000 台）。", "there are too many devices (at most 10,000)."},
         {}});
  std::vector<ListedDevice> devices;
  std::vector<Error> problems;
  for (auto row = headings + 1; row != rows->end(); ++row)
    if (auto device = device_of(*row, places)) devices.push_back(std::move(*device));
  tell_apart(devices);
  std::set<std::string> seen;
  for (const ListedDevice& device : devices) check(device, seen, problems);
  if (devices.empty() && problems.empty())
    return only({{"端末が一台もありません。", "it lists no device."}, {}});
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return devices;
}

}  // namespace sekisho
