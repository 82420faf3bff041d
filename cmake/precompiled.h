// SPDX-License-Identifier: Apache-2.0
// What most files include and seldom changes.
#pragma once

#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
