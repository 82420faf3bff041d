// SPDX-License-Identifier: Apache-2.0
// The built console: files packed into the program by web/pack.mjs.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/http/http.h"

namespace sekisho {

class Pages {
 public:
  static Result<Pages> load();
  /// A file, or the one page of the console for its routes; anything else isn't there, which
  /// browsers are shown by that page.
  HttpReply reply(const HttpRequest& request) const;
  /// A file as it is; empty when it isn't there.
  std::string_view file(const std::string& path) const;

 private:
  struct File {
    std::string type;
    std::string etag;
    std::string_view bytes;
    std::vector<std::pair<std::string_view, std::string_view>> coded;  // content coding, bytes
  };
  bool is_route(std::string_view path) const;
  HttpReply console(unsigned status) const;

  std::unordered_map<std::string, File> files_;
  /// Segments of web/src/routes.json; one that begins with ':' stands for any.
  std::vector<std::vector<std::string>> routes_;
};

}  // namespace sekisho
