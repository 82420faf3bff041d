// SPDX-License-Identifier: Apache-2.0
// What a directory reads of this server before it begins (RFC 7643, 5 to 7).
#pragma once

#include <string>

#include <boost/json.hpp>

namespace sekisho {

/// `at`: https://…/scim/v2
boost::json::object service_provider_config(const std::string& at);
boost::json::object user_resource_type(const std::string& at);
boost::json::object group_resource_type(const std::string& at);
boost::json::object user_schema(const std::string& at);
boost::json::object group_schema(const std::string& at);
/// RFC 7644, 3.4.2.
boost::json::object list_response(boost::json::array items, std::int64_t all, std::int64_t from);

}  // namespace sekisho
