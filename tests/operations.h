// SPDX-License-Identifier: Apache-2.0
// Every operation of the API with a body that fits it, more or less, as its document says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/base.h"

namespace sekisho {

/// Something that fits a schema of the API's document, more or less.
inline boost::json::value sample(const boost::json::value& document,
                                 const boost::json::value& schema, int depth = 0) {
  const auto& o = schema.as_object();
  if (const auto* ref = o.if_contains("$ref")) {
    const boost::json::value* at = &document;
    for (const std::string_view part : split(std::string_view(ref->as_string()).substr(2), '/'))
      at = &at->at(part);
    return depth > 8 ? boost::json::value() : sample(document, *at, depth + 1);
  }
  if (const auto* one = o.if_contains("enum")) return one->as_array().front();
  if (const auto* one = o.if_contains("const")) return *one;
  const auto* type = o.if_contains("type");
  if (type == nullptr) return boost::json::object();
  const std::string_view name =
      type->is_array() ? type->as_array().front().as_string() : type->as_string();
  if (name == "object") {
    boost::json::object out;
    if (const auto* properties = o.if_contains("properties"))
      for (const auto& [key, value] : properties->as_object())
        out[key] = key == "email" ? boost::json::value("x@firm.example")
                                  : sample(document, value, depth + 1);
    return out;
  }
  if (name == "array") return boost::json::array{sample(document, o.at("items"), depth + 1)};
  if (name == "integer" || name == "number") return 1;
  if (name == "boolean") return true;
  return "x";
}

struct Called {
  std::string id;
  std::string method;
  std::string path;  // with {parameters}
  std::string body;  // that fits
  std::string type;
};

inline std::vector<Called> all_calls(const boost::json::value& document) {
  std::vector<Called> calls;
  for (const auto& [path, entry] : document.at("paths").as_object())
    for (const auto& [method, operation] : entry.as_object()) {
      if (method == "parameters") continue;
      Called call{std::string(operation.at("operationId").as_string()), {}, path, {}, {}};
      for (const char c : std::string_view(method)) call.method += static_cast<char>(c - 32);
      if (const auto* body = operation.as_object().if_contains("requestBody")) {
        const auto& content = body->at("content").as_object();
        call.type = content.begin()->key();
        const auto* schema = content.begin()->value().as_object().if_contains("schema");
        if (call.type == "application/json" && schema != nullptr)
          call.body = boost::json::serialize(sample(document, *schema));
        else
          call.body = "bytes";
      }
      calls.push_back(std::move(call));
    }
  return calls;
}

inline std::string filled(std::string path, std::string_view with) {
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{'))
    path.replace(at, path.find('}', at) - at + 1, with);
  return path;
}

}  // namespace sekisho
