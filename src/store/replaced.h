// SPDX-License-Identifier: Apache-2.0
// Whether the file of records that is open is still the one in its place.
#pragma once

#include "base/base.h"

namespace sekisho {

/// Somebody moved the file away, deleted it, or put another in its place: what would be written is
/// found by nobody, so nothing is, until the file is back or the program has started anew.
inline const Text kReplaced{
    "記録のファイルが、開いているものと入れ替わったか、なくなりました。元に戻すか、止めてから正しい"
    "ファイルを置いて起動し直してください。",
    "the record file was replaced or removed while it is open; put it back, or stop, put the right "
    "file in its place and start again."};

inline bool says_replaced(const Error& error) { return error.message.en == kReplaced.en; }

}  // namespace sekisho
