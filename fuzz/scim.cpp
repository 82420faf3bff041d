// SPDX-License-Identifier: Apache-2.0
// What a directory sends: a filter, a path, or a body. What is read of a filter, written again,
// reads the same; what a body says of somebody can be kept.
#include "fuzz.h"
#include "server/api/fields.h"
#include "server/directory/filter.h"
#include "server/directory/group.h"
#include "server/directory/user.h"

namespace {

using namespace sekisho;

std::string written(const std::vector<Comparison>& all) {
  std::string text;
  for (const Comparison& one : all) {
    const auto* words = std::get_if<std::string>(&one.value);
    text += (text.empty() ? "" : " and ") + one.attribute + " eq ";
    text += words != nullptr ? boost::json::serialize(boost::json::value(*words))
                             : std::string(std::get<bool>(one.value) ? "true" : "false");
  }
  return text;
}

void can_be_kept(const ScimResult<UserEdit>& edit) {
  if (!edit) {
    require(edit.error().status == 400 && !edit.error().text.empty());
    return;
  }
  require(!edit->email || is_email(*edit->email));
  require(!edit->user_name || (!edit->user_name->empty() && is_plain_line(*edit->user_name)));
  require(!edit->name ||
          (is_plain_line(*edit->name) && edit->name->find('@') == std::string::npos));
}

void can_be_kept(const ScimResult<GroupEdit>& edit) {
  if (!edit) {
    require(edit.error().status == 400 && !edit.error().text.empty());
    return;
  }
  require(!edit->name || (!edit->name->empty() && is_plain_line(*edit->name)));
  for (const MembersChange& one : edit->members)
    for (const PersonId person : one.whom) require(person.number() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto filter = read_filter(text)) {
    const std::string again = written(*filter);
    if (again.size() <= 1000) require(read_filter(again) == *filter);
  }
  (void)read_path(text);
  if (const auto body = parse_json("", text, {65'536, 2000, 12})) {
    can_be_kept(read_user(body->root));
    can_be_kept(read_patch(body->root));
    can_be_kept(read_group(body->root));
    can_be_kept(read_group_patch(body->root));
  }
  return 0;
}
