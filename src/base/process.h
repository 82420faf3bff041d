// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

/// What a program printed and how it ended.
struct ProcessOutput {
  int exit_code = 0;
  std::string out;
  std::string err;
};

enum class ProcessProblem : std::uint8_t {
  missing,    // no such program, or not executable by us
  timed_out,  // killed with its children at the bound
  too_much,   // printed more than allowed; killed
  failed,     // could not be started, or ended by a signal
};

struct ProcessLimits {
  std::chrono::milliseconds time{2000};
  std::size_t output_bytes = std::size_t{4} << 20U;
};

/// Runs `arguments[0]` (an absolute path) without a shell, with no input, in a new process group,
/// and with no environment but PATH, LC_ALL=C and `environment` ("NAME=value"). `told` is called
/// with all that it has said of itself (stderr) so far, whenever that has become more.
std::expected<ProcessOutput, ProcessProblem> run_process(
    const std::vector<std::string>& arguments, const ProcessLimits& limits = {},
    const std::vector<std::string>& environment = {},
    const std::function<void(std::string_view)>& told = {});

}  // namespace sekisho
