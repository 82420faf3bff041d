// SPDX-License-Identifier: Apache-2.0
// Accounts, groups and their passwords, read as the C library reads them (glibc's nss_files): what
// it takes as an entry is one here, however it is spelled.
#include <cstdlib>

#include "collect/host/parse.h"

namespace sekisho {
namespace {

/// A number of the C library (strtoul, held within 32 bits): blanks and a sign may stand before it.
/// Nothing when there is none, or more than that.
std::optional<std::uint32_t> id_number(std::string_view field) {
  const std::string text(field);
  char* end = nullptr;
  const unsigned long value = std::strtoul(text.c_str(), &end, 10);
  if (end == text.c_str() || end != text.c_str() + text.size()) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(value, 0xFFFFFFFFUL));
}

/// It is written as everybody writes it, so that every library reads the same.
bool plain_number(std::string_view field) {
  return !field.empty() && field.size() <= 10 && whole_number(field) < 0xFFFFFFFFLL &&
         field.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Calls `visit` with the fields of each line that has any, and its number; at most `most` fields,
/// the last with all colons that follow.
void each_entry(std::string_view text, std::size_t most, const auto& visit) {
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    const std::size_t start = line.find_first_not_of(" \t\n\v\f\r");
    if (start == std::string_view::npos || line[start] == '#') continue;
    line.remove_prefix(start);
    std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() > most) {
      const auto last = static_cast<std::size_t>(fields[most - 1].data() - line.data());
      fields.resize(most);
      fields.back() = line.substr(last);
    }
    visit(fields, number);
  }
}

/// "+", "+name", "-name": of NIS, or not of it.
bool of_nis(std::string_view name) { return name.starts_with('+') || name.starts_with('-'); }

}  // namespace

Entries<Account> parse_passwd(std::string_view text) {
  Entries<Account> file;
  each_entry(text, 7, [&](std::vector<std::string_view>& fields, std::size_t number) {
    // What is missing at the end of a line is empty.
    const bool whole = fields.size() >= 4;
    fields.resize(7);
    const auto uid = id_number(fields[2]);
    const auto gid = id_number(fields[3]);
    if (fields[0].empty() || of_nis(fields[0]) || !whole || !plain_number(fields[2]) ||
        !plain_number(fields[3]) || text.contains('\0'))
      file.unclear.push_back(number);
    if (fields[0].empty() || of_nis(fields[0]) || !whole || !uid || !gid) return;
    file.list.push_back({std::string(fields[0]), std::string(fields[1]), *uid, *gid,
                         std::string(fields[4]), std::string(fields[5]),
                         std::string(trim(fields[6]))});
  });
  return file;
}

Entries<Group> parse_group(std::string_view text) {
  Entries<Group> file;
  each_entry(text, 4, [&](std::vector<std::string_view>& fields, std::size_t number) {
    const bool whole = fields.size() >= 3;
    fields.resize(4);
    const auto gid = id_number(fields[2]);
    if (fields[0].empty() || of_nis(fields[0]) || !whole || !plain_number(fields[2]) ||
        text.contains('\0'))
      file.unclear.push_back(number);
    if (fields[0].empty() || of_nis(fields[0]) || !whole || !gid) return;
    Group group{std::string(fields[0]), *gid, {}, std::string(fields[1])};
    for (const std::string_view member : split(fields[3], ','))
      if (!trim(member).empty()) group.members.emplace_back(trim(member));
    file.list.push_back(std::move(group));
  });
  return file;
}

Entries<Secret> parse_shadow(std::string_view text) {
  Entries<Secret> file;
  each_entry(text, 9, [&](const std::vector<std::string_view>& fields, std::size_t number) {
    // Its numbers don't say whether somebody gets in: a line with a name and a password counts.
    if (fields.size() < 2 || fields[0].empty() || of_nis(fields[0]))
      file.unclear.push_back(number);
    else
      file.list.push_back({std::string(fields[0]), std::string(fields[1])});
  });
  return file;
}

namespace {

/// The number after `name` up to the next '$'; `otherwise` where there is none.
std::int64_t cost_of(std::string_view text, std::string_view name, std::int64_t otherwise) {
  if (!text.starts_with(name)) return otherwise;
  text.remove_prefix(name.size());
  return whole_number(text.substr(0, text.find('$')));
}

}  // namespace

Hash read_hash(std::string_view stored) {
  using enum Hash::Strength;
  while (stored.starts_with('!')) stored.remove_prefix(1);
  if (stored.empty() || stored.starts_with('*')) return {"locked", none, {}};
  // "_" is BSDi's; DES and bigcrypt have no sign of their own. What is shorter fits no password.
  if (stored.starts_with('_')) return {"BSDi DES", weak, {}};
  if (!stored.starts_with('$'))
    return stored.size() >= 13 ? Hash{"DES", weak, {}} : Hash{"locked", none, {}};
  const std::size_t end = stored.find('$', 1);
  const std::string_view sign = stored.substr(1, end == std::string_view::npos ? 0 : end - 1);
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : stored.substr(end + 1);
  if (sign == "1") return {"MD5", weak, {}};
  if (sign == "3") return {"NT", weak, {}};
  if (sign == "sha1") return {"SHA-1", weak, {}};
  if (stored.starts_with("$md5")) return {"SunMD5", weak, {}};
  if (sign == "2" || sign == "2x") return {"bcrypt " + std::string(sign), weak, {}};
  if (sign == "2a" || sign == "2b" || sign == "2y")
    return {"bcrypt", priced, whole_number(rest.substr(0, rest.find('$')))};
  if (sign == "5" || sign == "6")
    return {sign == "6" ? "SHA-512" : "SHA-256", priced, cost_of(rest, "rounds=", 5000)};
  if (sign == "y") return {"yescrypt", strong, {}};
  if (sign == "gy") return {"gost-yescrypt", strong, {}};
  if (sign == "7") return {"scrypt", strong, {}};
  return {"?", unknown, {}};
}

}  // namespace sekisho
