// SPDX-License-Identifier: Apache-2.0
// Lists of people that somebody pastes or uploads, and the sums of packages.
#include "fuzz.h"
#include "server/api/fields.h"
#include "server/api/packages.h"
#include "server/people/people_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto people = read_people_list(text)) {
    require(!people->empty() && people->size() <= kMostListedPeople);
    for (const ListedPerson& one : *people) {
      require(is_email(one.email) && !one.name.empty() && is_plain_line(one.name));
      require(one.name.find_first_of("<>@") == std::string::npos && !one.roles.empty());
    }
  } else {
    require(!people.error().empty());
  }
  if (const auto sum = sum_of(text, "sekisho.deb")) require(sum->size() == 64);
  return 0;
}
