// SPDX-License-Identifier: Apache-2.0
// If-Match and If-None-Match: what is read of them is what was written, or nothing.
#include "server/api/condition.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const EntityTags read = read_entity_tags(text);
  require(read.readable || (read.tags.empty() && !read.any));
  require(!read.any || read.tags.empty());
  std::string written;
  for (const EntityTags::Tag& tag : read.tags) {
    require(tag.text.find('"') == std::string::npos);
    written +=
        (written.empty() ? "" : ", ") + std::string(tag.weak ? "W/" : "") + "\"" + tag.text + "\"";
  }
  if (!read.tags.empty()) {
    const EntityTags again = read_entity_tags(written);
    require(again.readable && again.tags.size() == read.tags.size());
    for (std::size_t i = 0; i < read.tags.size(); ++i)
      require(again.tags[i].text == read.tags[i].text && again.tags[i].weak == read.tags[i].weak);
  }
  return 0;
}
