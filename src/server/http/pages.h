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
  /// A file, or the one page of the console for every other path.
  HttpReply reply(const HttpRequest& request) const;

 private:
  struct File {
    std::string type;
    std::string etag;
    std::string_view bytes;
    std::vector<std::pair<std::string_view, std::string_view>> coded;  // content coding, bytes
  };
  std::unordered_map<std::string, File> files_;
};

}  // namespace sekisho
