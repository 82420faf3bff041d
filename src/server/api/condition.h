// SPDX-License-Identifier: Apache-2.0
// Conditional requests (RFC 9110, 13): what a client says that it knows, held against what is so.
// A change is decided by the version of what it changes, which is read inside the change itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/call.h"

namespace sekisho {

/// The entity tags of an If-Match or If-None-Match.
struct EntityTags {
  struct Tag {
    std::string text;  // between the quotes
    bool weak = false;
  };
  bool given = false;
  bool any = false;      // "*"
  bool readable = true;  // what can't be read whole matches nothing
  std::vector<Tag> tags;
};
EntityTags read_entity_tags(std::string_view header);

/// What can be changed of one kind of resource.
struct Versioned {
  enum class By : std::uint8_t { nothing, id, person };
  std::string_view name;  // x-version in api.yaml
  std::string_view sql;   // gives all that a change could overwrite
  By by;                  // what its one parameter is
};
/// Null when there is no such kind.
const Versioned* versioned(std::string_view name);
/// Changes with anything that a change could overwrite, and only then; nothing when the resource
/// isn't there.
Result<std::optional<std::string>> version_of(const Versioned& kind, const Call& call);

/// What a request makes its answer depend on.
class Precondition {
 public:
  explicit Precondition(const HttpRequest& request);
  bool given() const { return match_.given || none_match_.given; }

  /// Whether a change may be made to a resource of this version.
  bool allows_change(const std::optional<std::string>& version) const;
  /// For a GET that gives this tag: 412 or 304 when it says that instead, else 0.
  unsigned instead_of(std::string_view tag) const;

 private:
  EntityTags match_;
  EntityTags none_match_;
};

/// Without quotes: the version, if there is one, and what this body alone has.
std::string entity_tag(const std::optional<std::string>& version, std::string_view body);

}  // namespace sekisho
